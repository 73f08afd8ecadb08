package python

import (
	"context"
	"encoding/json"
	"os"
	"sync"
	"time"

	"github.com/google/renameio/v2"
)

// memory is what interpreters said of themselves when they were last run. A
// start with an unchanged machine then runs next to none of them.
type memory struct {
	mu    sync.Mutex
	known map[string]remembered
	dirty bool
}

// remembered is one interpreter, as long as its file stays the same.
type remembered struct {
	Changed time.Time
	Size    int64
	Runtime Runtime
}

// remember reads a memory; one that is missing or damaged is empty.
func remember(path string) *memory {
	m := &memory{known: map[string]remembered{}}
	if text, err := os.ReadFile(path); err == nil && json.Unmarshal(text, &m.known) != nil {
		m.known = map[string]remembered{}
	}
	return m
}

// save writes the memory back. Failing costs time at the next start, no more.
func (m *memory) save(path string) {
	text, err := json.Marshal(m.known)
	if err == nil && m.dirty {
		_ = renameio.WriteFile(path, text, 0o600)
	}
}

func (m *memory) probe(ctx context.Context, starter Starter, path string) Runtime {
	info, err := os.Stat(path)
	if err != nil {
		return Runtime{}
	}
	m.mu.Lock()
	have, ok := m.known[path]
	m.mu.Unlock()
	if ok && have.Size == info.Size() && have.Changed.Equal(info.ModTime()) {
		return have.Runtime
	}
	r := probe(ctx, starter, path)
	// A script is a shim: what it runs can change while it stays the same. And only
	// a whole answer is kept: what is missing may be installed, or a slow machine
	// may have kept it from answering.
	if r.CanBuild && r.HasVenv && !isScript(path) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.known[path], m.dirty = remembered{info.ModTime(), info.Size(), r}, true
	}
	return r
}

func isScript(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return true
	}
	defer func() { _ = f.Close() }() // only read
	var head [2]byte
	_, err = f.Read(head[:])
	return err != nil || string(head[:]) == "#!"
}
