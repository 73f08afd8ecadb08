package pack

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"fndeck/client"
)

// copyBytes is how much is copied between two looks at the context.
const copyBytes = 64 << 10

// Unpack extracts a zip into an existing empty folder. It writes through a
// handle that cannot leave dest, counts bytes as they come, and removes what it
// wrote when it fails. Files get mode 0600, or 0700 if they are executable,
// folders 0700. The error of a zip that is refused is a *client.Error of
// CodeInvalid or CodeLimit that names the entry. Nothing is synced to disk.
func Unpack(ctx context.Context, archive io.ReaderAt, size int64, dest string, limits Limits) error {
	limits = limits.orDefaults()
	members, err := openArchive(archive, size, limits)
	if err != nil {
		return refused("zip", err)
	}
	root, err := os.OpenRoot(dest)
	if err != nil {
		return fmt.Errorf("open the folder to unpack into: %w", err)
	}
	// Closing a handle that was only read from cannot lose anything.
	defer func() { _ = root.Close() }()
	if err := requireEmpty(root); err != nil {
		return err
	}
	if err := extract(ctx, root, members, limits.MaxBytes); err != nil {
		err = refused("zip", err)
		if left := removeAll(root); left != nil {
			return errors.Join(err, left)
		}
		return err
	}
	return nil
}

func requireEmpty(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return fmt.Errorf("open the folder to unpack into: %w", err)
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(1)
	if len(names) > 0 {
		return &client.Error{Code: client.CodeFailed, Message: "the folder to unpack into is not empty"}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the folder to unpack into: %w", err)
	}
	return nil
}

// removeAll empties a folder that was empty before.
func removeAll(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return fmt.Errorf("remove what was unpacked: %w", err)
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	for _, name := range names {
		err = errors.Join(err, root.RemoveAll(name))
	}
	if err != nil {
		return fmt.Errorf("remove what was unpacked: %w", err)
	}
	return nil
}

func extract(ctx context.Context, root *os.Root, members []member, maxBytes int64) error {
	budget := maxBytes
	buffer := make([]byte, copyBytes)
	for _, m := range members {
		if m.folder {
			if err := root.MkdirAll(m.path, 0o700); err != nil {
				return fmt.Errorf("make folder %s: %w", shorten(m.path), err)
			}
			continue
		}
		if err := extractFile(ctx, root, m, &budget, buffer); err != nil {
			return err
		}
	}
	return nil
}

func extractFile(ctx context.Context, root *os.Root, m member, budget *int64, buffer []byte) error {
	if dir := path.Dir(m.path); dir != "." {
		if err := root.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make folder %s: %w", shorten(dir), err)
		}
	}
	mode := os.FileMode(0o600)
	if m.file.Mode()&0o100 != 0 {
		mode = 0o700
	}
	out, err := root.OpenFile(m.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("unpack %s: %w", shorten(m.path), err)
	}
	err = copyEntry(ctx, out, m, budget, buffer)
	if closeErr := out.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("unpack %s: %w", shorten(m.path), closeErr)
	}
	return err
}

// copyEntry copies an entry's content and takes what it has from the budget. The
// sizes of headers are not believed: the reader stops at the first byte past the
// declared size, and the budget at the first past the limit.
func copyEntry(ctx context.Context, out io.Writer, m member, budget *int64, buffer []byte) error {
	in, err := m.file.Open()
	if err != nil {
		return entryFault(m, err)
	}
	defer func() { _ = in.Close() }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := in.Read(buffer)
		*budget -= int64(n)
		if *budget < 0 {
			return overLimit("entry %s brings the unpacked size over the limit", shorten(m.file.Name))
		}
		if _, werr := out.Write(buffer[:n]); werr != nil {
			return fmt.Errorf("unpack %s: %w", shorten(m.path), werr)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return entryFault(m, err)
		}
	}
}

// entryFault turns the zip reader's errors into what is wrong with the entry.
func entryFault(m member, err error) error {
	name := shorten(m.file.Name)
	switch {
	case errors.Is(err, zip.ErrChecksum):
		return refuse("entry %s is damaged: its checksum does not match", name)
	case errors.Is(err, zip.ErrFormat):
		return refuse("entry %s holds more than the %d bytes that it declares", name, m.file.UncompressedSize64)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return refuse("entry %s is cut off: it holds less than the %d bytes that it declares", name, m.file.UncompressedSize64)
	default:
		return refuse("entry %s is damaged: %v", name, err)
	}
}

// readMember reads a small entry whole, at most limit bytes.
func readMember(ctx context.Context, m member, limit int64) ([]byte, error) {
	var out bytes.Buffer
	budget := limit
	err := copyEntry(ctx, &out, m, &budget, make([]byte, copyBytes))
	return out.Bytes(), err
}
