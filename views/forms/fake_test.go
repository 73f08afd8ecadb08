package forms

import (
	"bytes"
	"context"
	"sync"
	"time"

	"fndeck/client"
	"fndeck/client/drift"
)

// fakeBackend is a backend that lists what it was given. The forms ask it for no
// more; what they end with is not carried out here.
type fakeBackend struct {
	client.Backend
	client.Redeployer
	client.Versioner

	mu          sync.Mutex
	description client.Description
	functions   []client.Function
	versions    []client.Version
	// code is what every version was packed of, nil where none is given back.
	code []byte
	// stored is file 1001 of the project.
	stored  []byte
	listErr error
}

func (f *fakeBackend) Describe() client.Description { return f.description }

// change edits what the backend holds, as something outside the console would.
func (f *fakeBackend) change(edit func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	edit()
}

func (f *fakeBackend) Functions(context.Context) ([]client.Function, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]client.Function(nil), f.functions...), f.listErr
}

func (f *fakeBackend) Versions(context.Context, string) ([]client.Version, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]client.Version(nil), f.versions...), f.listErr
}

// CodeFiles lists what code holds.
func (f *fakeBackend) CodeFiles(ctx context.Context, _ string, _ int) ([]client.CodeFile, error) {
	if f.code == nil {
		return nil, client.ErrUnsupported
	}
	files, err := drift.InZip(ctx, bytes.NewReader(f.code), int64(len(f.code)))
	var all []client.CodeFile
	for path, sum := range files {
		all = append(all, client.CodeFile{Path: path, SHA256: sum})
	}
	return all, err
}

// StoredCode knows one file.
func (f *fakeBackend) StoredCode(_ context.Context, id string) ([]byte, error) {
	if id != "1001" {
		return nil, &client.Error{Code: client.CodeNotFound, Message: "there is no file " + id}
	}
	return f.stored, nil
}

// Code is the code of every version.
func (f *fakeBackend) Code(context.Context, string, int) ([]byte, error) { return f.code, nil }

// fakeClock is a clock that moves when a test says so.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func newFakeClock() *fakeClock {
	return &fakeClock{now: time.Date(2026, 3, 27, 10, 30, 0, 0, time.UTC)}
}

// Now returns the time as the test has set it.
func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on.
func (c *fakeClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
