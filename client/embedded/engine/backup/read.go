package backup

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Read reads a backup from its start to its end, hands each file to take, and
// checks it. Whoever keeps what take got must forget it if Read fails: only the
// end tells whether the whole is right.
func Read(ctx context.Context, from io.Reader, take func(e Entry, content io.Reader) error) (Manifest, error) {
	m, err := read(ctx, from, take)
	switch {
	case err == nil || ctx.Err() != nil:
		return m, err
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return m, errors.New("it was cut: its end is missing")
	case errors.Is(err, gzip.ErrHeader) || errors.Is(err, tar.ErrHeader):
		return m, errors.New("it is not a backup of fndeck, or it is damaged")
	case errors.Is(err, gzip.ErrChecksum):
		return m, errors.New("it is damaged: its checksum is wrong")
	}
	return m, err
}

func read(ctx context.Context, from io.Reader, take func(Entry, io.Reader) error) (m Manifest, err error) {
	packed := bufio.NewReaderSize(ending{ctx, from}, 1<<20)
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		return m, err
	}
	unpacked.Multistream(false)
	archive := tar.NewReader(unpacked)
	var found []Entry
	for {
		header, err := archive.Next()
		if err != nil {
			return m, err
		}
		if header.Name == manifestName {
			if m, err = takeManifest(archive, header); err != nil {
				return m, err
			}
			break
		}
		e, err := takeEntry(archive, header, found, take)
		if err != nil {
			return m, err
		}
		found = append(found, e)
	}
	if err := m.matches(found); err != nil {
		return m, err
	}
	if _, err := archive.Next(); !errors.Is(err, io.EOF) {
		return m, errors.New("something follows its manifest")
	}
	// To the end, where the checksum of the whole stands.
	if _, err := io.Copy(io.Discard, unpacked); err != nil {
		return m, err
	}
	if _, err := packed.ReadByte(); !errors.Is(err, io.EOF) {
		return m, errors.New("something follows its end")
	}
	return m, nil
}

func takeManifest(archive io.Reader, header *tar.Header) (m Manifest, err error) {
	if header.Size > maxManifest {
		return m, fmt.Errorf("its manifest has %d bytes", header.Size)
	}
	text, err := io.ReadAll(archive)
	if err != nil {
		return m, err
	}
	return readManifest(text)
}

// takeEntry takes one file. Only names that a backup can hold are taken, so
// that nothing can be written elsewhere.
func takeEntry(archive io.Reader, header *tar.Header, before []Entry, take func(Entry, io.Reader) error) (e Entry, err error) {
	sha, isCode := codeHash(header.Name)
	twice := slices.ContainsFunc(before, func(e Entry) bool { return e.Name == header.Name })
	if header.Typeflag != tar.TypeReg || twice || (header.Name != databaseName && !isCode) {
		return e, fmt.Errorf("it is not a backup of fndeck: it holds %q", header.Name)
	}
	e = Entry{Name: header.Name, SizeBytes: header.Size}
	h := sha256.New()
	if err := take(e, io.TeeReader(archive, h)); err != nil {
		return e, err
	}
	e.SHA256 = hex.EncodeToString(h.Sum(nil))
	if isCode && e.SHA256 != sha {
		return e, fmt.Errorf("it is damaged: the content of %s is not what its name says", e.Name)
	}
	return e, nil
}

// matches compares what a backup held with what its manifest says.
func (m Manifest) matches(found []Entry) error {
	for _, e := range m.Entries {
		i := slices.IndexFunc(found, func(have Entry) bool { return have.Name == e.Name })
		switch {
		case i < 0:
			return fmt.Errorf("it is damaged: %q is missing", e.Name)
		case found[i] != e:
			return fmt.Errorf("it is damaged: the hash of %q is wrong", e.Name)
		}
	}
	if len(found) != len(m.Entries) {
		return fmt.Errorf("it is damaged: it holds %d files and lists %d", len(found), len(m.Entries))
	}
	if !slices.ContainsFunc(found, func(e Entry) bool { return e.Name == databaseName }) {
		return errors.New("it is not a backup of fndeck: it holds no database")
	}
	return nil
}

// Discard takes nothing: with it Read only checks.
func Discard(_ Entry, content io.Reader) error {
	_, err := io.Copy(io.Discard, content)
	return err
}

// lacks returns the code archives that a database refers to and a backup
// neither holds nor reports as missing.
func (m Manifest) lacks(code []string) (names []string) {
	for _, sha := range code {
		held := slices.ContainsFunc(m.Entries, func(e Entry) bool { return strings.HasPrefix(e.Name, codePrefix+sha) })
		if !held && !slices.Contains(m.Missing, sha) {
			names = append(names, codeName(sha))
		}
	}
	return names
}
