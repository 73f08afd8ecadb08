package pack

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"fndeck/client"
)

// The modes of packed files. Only whether a file can be executed is kept:
// everything else differs between machines and would change the hash.
const (
	plainMode      fs.FileMode = 0o644
	executableMode fs.FileMode = 0o755
)

// packedDate is the date of every packed file, the earliest that a zip can hold.
func packedDate() time.Time { return time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC) }

// Pack packs the previewed files. The same files give the same bytes: sorted,
// with fixed dates and modes. It refuses while findings block, and when a file
// is not the size that the preview told, because then something else would be
// uploaded than what was looked at. The whole archive is held in memory.
func (p Preview) Pack(ctx context.Context) (client.Package, error) {
	if blocking := p.Blocking(); len(blocking) > 0 {
		return client.Package{}, client.Invalidf("%s", blocking[0])
	}
	out := &limitedBuffer{limit: p.limits.MaxPackedBytes}
	w := newWriter(out)
	if err := p.fill(ctx, w); err != nil {
		return client.Package{}, err
	}
	if err := w.close(); err != nil {
		return client.Package{}, err
	}
	code := client.Package{Zip: out.buffer.Bytes(), SHA256: Hash(out.buffer.Bytes())}
	if !p.IsZip {
		code.Folder = p.Root
	}
	return code, nil
}

// Hash is the hex SHA-256 by which code is known.
func Hash(zip []byte) string {
	sum := sha256.Sum256(zip)
	return hex.EncodeToString(sum[:])
}

// FromFiles packs content that is in memory, by path, as Pack would pack a
// folder with it. A path that Unpack would refuse is an error.
func FromFiles(files map[string][]byte) ([]byte, error) {
	out := &limitedBuffer{limit: DefaultMaxPackedBytes}
	w, names := newWriter(out), newTree()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		clean, fault := cleanName(name)
		if fault == "" {
			fault = names.put(clean, false)
		}
		if fault != "" {
			return nil, client.Invalidf("file %s %s", shorten(name), fault)
		}
		if _, err := w.add(clean, plainMode, bytes.NewReader(files[name])); err != nil {
			return nil, err
		}
	}
	err := w.close()
	return out.buffer.Bytes(), err
}

// sink takes the files that would be packed, one after the other, and counts
// the bytes that it took of each.
type sink interface {
	add(name string, mode fs.FileMode, content io.Reader) (int64, error)
}

// fill hands the previewed files over.
func (p Preview) fill(ctx context.Context, w sink) error {
	switch {
	case p.IsZip:
		return p.packZip(ctx, w)
	case p.IsNotebook:
		return p.packMade(ctx, w)
	}
	return p.packFolder(ctx, w)
}

func (p Preview) packFolder(ctx context.Context, w sink) error {
	root, err := os.OpenRoot(p.Root)
	if err != nil {
		return fmt.Errorf("open the folder: %w", err)
	}
	defer func() { _ = root.Close() }()
	for _, f := range p.Files {
		if err := packFile(ctx, w, folder{root}, f); err != nil {
			return err
		}
	}
	return nil
}

func packFile(ctx context.Context, w sink, src folder, f File) error {
	file, info, err := src.open(f.Path)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return changed(f, "it cannot be read now: "+reason(err).Error())
	}
	defer func() { _ = file.Close() }()
	mode := plainMode
	if info.Mode()&0o100 != 0 {
		mode = executableMode
	}
	// One byte past the previewed size is enough to see that the file grew, and
	// a file that grows without end cannot hold the copy.
	n, err := w.add(f.Path, mode, io.LimitReader(withContext{ctx, file}, f.SizeBytes+1))
	switch {
	case err != nil:
		return err
	case n > f.SizeBytes:
		return changed(f, fmt.Sprintf("it had %d bytes and has more now", f.SizeBytes))
	case n < f.SizeBytes:
		return changed(f, fmt.Sprintf("it had %d bytes and has %d now", f.SizeBytes, n))
	}
	return nil
}

// packMade packs what was made of a notebook when it was looked at.
func (p Preview) packMade(_ context.Context, w sink) error {
	for _, f := range p.Files {
		if _, err := w.add(f.Path, plainMode, bytes.NewReader(p.made[f.Path])); err != nil {
			return err
		}
	}
	return nil
}

func changed(f File, how string) error {
	return &client.Error{
		Code:    client.CodeConflict,
		Message: fmt.Sprintf("%s changed since the preview: %s", shorten(f.Path), how),
		Hint:    "look at the folder again",
	}
}

// packZip packs a zip's content anew, so that it too has the same hash whatever
// packed it before.
func (p Preview) packZip(ctx context.Context, w sink) error {
	src, done, err := p.readZip(ctx)
	if err != nil {
		return err
	}
	defer done()
	src, _ = src.below(p.zipRoot)
	if len(src) != len(p.Files) {
		return changed(File{Path: filepath.Base(p.Root)}, "it holds other files now")
	}
	for _, f := range p.Files {
		m, found := src[f.Path]
		if !found || int64(m.file.UncompressedSize64) != f.SizeBytes {
			return changed(f, "the zip holds other files now")
		}
		if err := packMember(ctx, w, m); err != nil {
			return err
		}
	}
	return nil
}

func packMember(ctx context.Context, w sink, m member) error {
	in, err := m.file.Open()
	if err != nil {
		return entryFault(m, err)
	}
	defer func() { _ = in.Close() }()
	mode := plainMode
	if m.file.Mode()&0o100 != 0 {
		mode = executableMode
	}
	_, err = w.add(m.path, mode, withContext{ctx, in})
	return err
}

// writer writes deterministic entries.
type writer struct{ zip *zip.Writer }

func newWriter(out io.Writer) *writer { return &writer{zip.NewWriter(out)} }

func (w *writer) add(name string, mode fs.FileMode, content io.Reader) (int64, error) {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: packedDate()}
	header.SetMode(mode)
	out, err := w.zip.CreateHeader(header)
	if err != nil {
		return 0, fmt.Errorf("pack %s: %w", shorten(name), err)
	}
	n, err := io.Copy(out, content)
	if err != nil {
		return n, fmt.Errorf("pack %s: %w", shorten(name), err)
	}
	return n, nil
}

func (w *writer) close() error {
	if err := w.zip.Close(); err != nil {
		return fmt.Errorf("finish the zip: %w", err)
	}
	return nil
}

// limitedBuffer keeps the archive and refuses to grow past the limit.
type limitedBuffer struct {
	buffer bytes.Buffer
	limit  int64
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if size := int64(b.buffer.Len() + len(p)); size > b.limit {
		return 0, &client.Error{
			Code:    client.CodeLimit,
			Message: fmt.Sprintf("packed it has at least %s, the limit is %s", byteCount(size), byteCount(b.limit)),
		}
	}
	return b.buffer.Write(p)
}
