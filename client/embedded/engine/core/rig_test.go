//go:build linux

package core

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store"
	"fndeck/client/pack"
)

// wallClock is set by the test; it stands still in between.
type wallClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *wallClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *wallClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// rig is an engine in the test's own process.
type rig struct {
	*testing.T
	*Core
	clock *wallClock
	dir   string
	ctx   context.Context
	c     Config
}

var start = time.Date(2026, 11, 20, 8, 0, 30, 0, time.UTC)

func newRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	dir := t.TempDir()
	r := &rig{T: t, clock: &wallClock{now: start}, dir: dir, ctx: ctx}
	r.c = Config{StateDir: dir, KeyFile: filepath.Join(t.TempDir(), "key"), Clock: r.clock.Now, Logger: slog.New(slog.DiscardHandler), CallTimeout: time.Minute}
	if change != nil {
		change(&r.c)
	}
	r.open()
	t.Cleanup(func() { require.NoError(t, r.Core.Close()) })
	return r
}

func (r *rig) open() {
	r.Helper()
	e, err := Open(r.c)
	require.NoError(r, err)
	r.Core = e
}

// file uploads an archive of sources and returns its file id.
func (r *rig) file(sources map[string]string) int64 {
	r.Helper()
	files := map[string][]byte{}
	for name, text := range sources {
		files[name] = []byte(text)
	}
	zip, err := pack.FromFiles(files)
	require.NoError(r, err)
	return r.upload(string(zip))
}

func (r *rig) upload(zip string) int64 {
	r.Helper()
	f, right, err := r.CreateFile(NewFile{Name: "f.zip"})
	require.NoError(r, err)
	require.NoError(r, r.Upload(right, strings.NewReader(zip)))
	return f.ID
}

// deploy creates a function and waits for the deploy's end.
func (r *rig) deploy(n NewFunction, sources map[string]string) View {
	r.Helper()
	n.Name, n.FileID = "f", r.file(sources)
	v, err := r.Create(r.ctx, n)
	require.NoError(r, err)
	return r.settled(v.ID)
}

func (r *rig) handler(source string) View {
	r.Helper()
	v := r.deploy(NewFunction{}, map[string]string{"handler.py": source})
	require.Equal(r, store.Ready, v.Latest.Status, v.Latest.ErrorMessage)
	return v
}

// settled waits until no deploy of the function is under way.
func (r *rig) settled(id int64) View {
	r.Helper()
	for {
		changed := r.Store().Changed()
		v, err := r.View(id)
		require.NoError(r, err)
		if v.Latest.Status == store.Ready || v.Latest.Status == store.Failed {
			return v
		}
		select {
		case <-changed:
		case <-r.ctx.Done():
			r.Fatalf("version %d stays %s", v.Latest.Number, v.Latest.Status)
		}
	}
}

// call calls a function and waits for the end.
func (r *rig) call(id int64, data string) (store.Call, string) {
	r.Helper()
	c, err := r.Invoke(id, json.RawMessage(data))
	require.NoError(r, err)
	c, err = r.WaitCall(r.ctx, id, c.ID)
	require.NoError(r, err)
	_, response, err := r.Store().CallBodies(c.ID)
	require.NoError(r, err)
	return c, string(response)
}

func (r *rig) logOf(owner int64) string {
	r.Helper()
	lines, err := r.Store().Lines(owner, 0, 1_000_000)
	require.NoError(r, err)
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.Text + "\n")
	}
	return text.String()
}

// at sets the clock and waits until the scheduler has dealt with what is due.
func (r *rig) at(now time.Time) {
	r.Helper()
	r.clock.set(now)
	r.wakeScheduler()
	r.await(func() bool {
		due, err := r.Store().DueSchedules(now)
		require.NoError(r, err)
		return len(due) == 0
	})
}

// await waits until the condition holds. Most come to hold with a commit; that a
// process has gone is written nowhere, so it looks again now and then as well.
func (r *rig) await(holds func() bool) {
	r.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		changed := r.Store().Changed()
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-again.C:
		case <-r.ctx.Done():
			r.Fatal("it never came to hold")
		}
	}
}
