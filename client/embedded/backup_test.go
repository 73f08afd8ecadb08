//go:build linux

package embedded_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/embedded"
	"fndeck/client/embedded/engine"
	"fndeck/client/embedded/engine/doctor"
	"fndeck/client/embedded/wire"
)

// load keeps an engine busy with calls, deploys and schedules until it is told
// to stop, and knows what the engine has acknowledged.
type load struct {
	d    *desk
	f    client.Function
	mu   sync.Mutex
	acks []string
	wg   sync.WaitGroup
	stop context.CancelFunc
}

func (d *desk) load(f client.Function) *load {
	ctx, stop := context.WithCancel(d.ctx)
	l := &load{d: d, f: f, stop: stop}
	work := []func(i int) error{
		func(int) error {
			c, err := d.b.Invoke(ctx, client.CallRequest{FunctionID: f.ID, Data: []byte(`{}`)})
			if err == nil {
				l.mu.Lock()
				l.acks = append(l.acks, c.ID)
				l.mu.Unlock()
			}
			return err
		},
		func(i int) error {
			_, err := d.b.Deploy(ctx, client.FunctionSpec{Name: fmt.Sprintf("f%d", i)}, d.code(fmt.Sprintf("def handle(data):\n    return %d\n", i)), nil)
			return err
		},
		func(i int) error {
			_, err := d.b.CreateSchedule(ctx, client.ScheduleSpec{Name: fmt.Sprintf("s%d", i), FunctionID: f.ID, Cron: "* * * * *"})
			return err
		},
	}
	for _, work := range work {
		l.wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := work(i); err != nil && ctx.Err() == nil {
					d.Error(err)
					return
				}
			}
		})
	}
	return l
}

func (l *load) acknowledged() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.acks...)
}

func (l *load) end() {
	l.stop()
	l.wg.Wait()
}

// awaitMore waits until the engine has acknowledged n calls more.
func (l *load) awaitMore(n int) {
	before := len(l.acknowledged())
	require.Eventually(l.d, func() bool { return len(l.acknowledged()) >= before+n }, time.Minute, 5*time.Millisecond)
}

func TestABackupOfABusyEngineIsRestoredElsewhereWithAllThatWasAcknowledged(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("def handle(data):\n    print('hello')\n    return 1\n")
	slow := d.deploy("import time\ndef handle(data):\n    time.sleep(3600)\n")
	endless := d.invoke(slow, `{}`)
	l := d.load(f)
	l.awaitMore(20)
	before := l.acknowledged()
	var archive bytes.Buffer
	require.NoError(t, embedded.Backup(d.ctx, d.o.StateDir, &archive))
	l.awaitMore(5) // nobody had to stop for it
	l.end()

	file := filepath.Join(t.TempDir(), "backup")
	require.NoError(t, os.WriteFile(file, archive.Bytes(), 0o600))
	_, _, err := engine.Restore(d.ctx, d.o.StateDir, file, time.Now())
	require.ErrorIs(t, err, engine.ErrLocked, "a running engine keeps its state")

	o := options(t)
	m, _, err := engine.Restore(d.ctx, o.StateDir, file, time.Now())
	require.NoError(t, err)
	assert.GreaterOrEqual(t, m.Calls, len(before))
	restored := doctor.Look(d.ctx, doctor.Setup{StateDir: o.StateDir, Version: "test", Env: os.Getenv, Clock: time.Now, Status: func(context.Context) (wire.Status, error) { return wire.Status{}, client.ErrNotFound }})
	for _, finding := range restored.Findings {
		assert.NotContains(t, finding.What+finding.Why, "damaged", "%+v", finding)
	}
	there := &desk{t, o, open(t, o), d.ctx}
	for _, id := range before {
		c, err := there.b.Call(d.ctx, f.ID, id)
		require.NoError(t, err, "call %s was acknowledged before the backup began", id)
		require.NotEqual(t, client.CallRunning, c.Status)
	}
	c, err := there.b.Call(d.ctx, slow.ID, endless.ID)
	require.NoError(t, err)
	assert.Equal(t, client.CallFailed, c.Status)
	assert.Contains(t, c.Error.Message, "engine restarted")
	assert.Equal(t, client.CallCompleted, there.call(f).Status, "what was restored runs")
}

func TestWithoutAnEngineTheStateIsBackedUpDirectly(t *testing.T) {
	d := newDesk(t)
	d.deploy("def handle(data):\n    return 1\n")
	require.ErrorIs(t, engine.Backup(d.ctx, d.o.StateDir, "test", time.Now(), &bytes.Buffer{}), engine.ErrLocked)
	require.NoError(t, embedded.Stop(d.ctx, d.o.StateDir))
	require.ErrorIs(t, embedded.Backup(d.ctx, d.o.StateDir, &bytes.Buffer{}), client.ErrNotFound)
	var archive bytes.Buffer
	require.NoError(t, engine.Backup(d.ctx, d.o.StateDir, "test", time.Now(), &archive))
	file := filepath.Join(t.TempDir(), "backup")
	require.NoError(t, os.WriteFile(file, archive.Bytes(), 0o600))
	m, aside, err := engine.Restore(d.ctx, d.o.StateDir, file, time.Now())
	require.NoError(t, err)
	assert.Equal(t, 1, m.Functions)
	assert.DirExists(t, aside)
}
