package backup

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"fndeck/client/embedded/engine/store"
)

// Source is the state to be backed up.
type Source struct {
	StateDir string
	// Scratch is where the snapshot lies meanwhile: a directory with room for
	// the database.
	Scratch string
	// Version is what the program calls itself.
	Version string
	Created time.Time
	// Snapshot writes the database to a file; nil reads it from StateDir.
	Snapshot func(ctx context.Context, to string) error
}

// Write writes a backup. The engine may run and be busy: what is written is the
// state at one moment.
func (s Source) Write(ctx context.Context, to io.Writer) (m Manifest, err error) {
	dir, err := os.MkdirTemp(s.Scratch, "backup-*")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	snapshot := filepath.Join(dir, databaseName)
	take := s.Snapshot
	if take == nil {
		take = func(ctx context.Context, to string) error { return store.Snapshot(ctx, s.StateDir, to) }
	}
	if err := take(ctx, snapshot); err != nil {
		return m, fmt.Errorf("take a snapshot of the state: %w", err)
	}
	held, err := store.Inspect(ctx, snapshot)
	if err != nil {
		return m, fmt.Errorf("the state is not fit for a backup: %w", err)
	}
	m = Manifest{
		Format: format, Layout: held.Layout, Version: s.Version, Created: s.Created.UTC(),
		Functions: held.Functions, Schedules: held.Schedules, Calls: held.Calls,
	}
	packed, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		return m, err
	}
	w := writer{ctx: ctx, tar: tar.NewWriter(packed), created: m.Created}
	if err := w.all(&m, snapshot, s.StateDir, held.Code); err != nil {
		return m, err
	}
	return m, errors.Join(w.tar.Close(), packed.Close())
}

// writer writes the entries of one backup.
type writer struct {
	ctx     context.Context
	tar     *tar.Writer
	created time.Time
}

func (w writer) all(m *Manifest, snapshot, stateDir string, code []string) error {
	e, err := w.file(databaseName, snapshot)
	if err != nil {
		return err
	}
	m.Entries = append(m.Entries, e)
	slices.Sort(code)
	for _, sha := range code {
		path := filepath.Join(stateDir, filepath.FromSlash(codeName(sha)))
		if have, err := hashOf(path); errors.Is(err, fs.ErrNotExist) || (err == nil && have != sha) {
			m.Missing = append(m.Missing, sha)
			continue
		} else if err != nil {
			return err
		}
		e, err := w.file(codeName(sha), path)
		if err != nil {
			return err
		}
		m.Entries = append(m.Entries, e)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := w.tar.WriteHeader(w.header(manifestName, int64(len(text)))); err != nil {
		return err
	}
	_, err = w.tar.Write(text)
	return err
}

func (w writer) header(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: w.created, Format: tar.FormatPAX}
}

func (w writer) file(name, path string) (e Entry, err error) {
	f, err := os.Open(path)
	if err != nil {
		return e, err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return e, err
	}
	if err := w.tar.WriteHeader(w.header(name, info.Size())); err != nil {
		return e, err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w.tar, h), ending{w.ctx, f})
	return Entry{Name: name, SizeBytes: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}

// ending is a reader that ends with its context.
type ending struct {
	ctx context.Context
	io.Reader
}

func (r ending) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(p)
}

func hashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}
