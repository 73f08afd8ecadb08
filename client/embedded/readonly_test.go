//go:build linux

package embedded_test

import (
	"bytes"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/embedded"
	"fndeck/client/embedded/engine"
	"fndeck/client/embedded/engine/backup"
)

// mountReadOnly makes a directory unwritable even for root, until the returned
// function is called.
func mountReadOnly(t *testing.T, dir string) (undo func()) {
	t.Helper()
	if err := syscall.Mount(dir, dir, "", syscall.MS_BIND, ""); err != nil {
		t.Skip("mounts are not allowed here: ", err)
	}
	mounted := true
	undo = func() {
		if mounted {
			require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH))
		}
		mounted = false
	}
	t.Cleanup(undo)
	require.NoError(t, syscall.Mount("", dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	return undo
}

func TestAStateThatCannotBeWrittenIsStillShown(t *testing.T) {
	for name, end := range map[string]func(d *desk){
		"left in order":        func(d *desk) { require.NoError(d, embedded.Stop(d.ctx, d.o.StateDir)) },
		"left by a killed one": func(d *desk) { pid := d.pid(); d.kill(); d.gone(pid) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			f := d.deploy("def handle(data):\n    print('hello')\n    return 1\n")
			c := d.call(f)
			require.Empty(t, d.b.Describe().ReadOnly)
			end(d)
			undo := mountReadOnly(t, d.o.StateDir)
			d.reopen()
			assert.Contains(t, d.b.Describe().ReadOnly, "read-only: nothing can be written to "+d.o.StateDir)

			functions, err := d.b.Functions(d.ctx)
			require.NoError(t, err)
			require.Len(t, functions, 1)
			shown, err := d.b.Call(d.ctx, f.ID, c.ID)
			require.NoError(t, err)
			assert.Equal(t, client.CallCompleted, shown.Status)
			assert.Equal(t, []string{"hello"}, d.lines(c))

			refused := func(err error) {
				t.Helper()
				require.ErrorContains(t, err, "read-only: nothing can be written to "+d.o.StateDir+", its file system is mounted read-only")
			}
			_, err = d.b.Invoke(d.ctx, client.CallRequest{FunctionID: f.ID, Data: []byte(`{}`)})
			refused(err)
			_, err = d.b.Deploy(d.ctx, client.FunctionSpec{Name: "g"}, d.code("def handle(data): pass\n"), nil)
			refused(err)
			_, err = d.b.CreateSchedule(d.ctx, client.ScheduleSpec{Name: "s", FunctionID: f.ID, Cron: "* * * * *"})
			refused(err)
			refused(d.b.Delete(d.ctx, f.ID))

			saved := func(take func(io.Writer) error) {
				t.Helper()
				var b bytes.Buffer
				require.NoError(t, take(&b))
				m, err := backup.Read(d.ctx, &b, backup.Discard)
				require.NoError(t, err)
				assert.Equal(t, []int{1, 1}, []int{m.Functions, m.Calls})
			}
			saved(func(w io.Writer) error { return embedded.Backup(d.ctx, d.o.StateDir, w) })
			require.NoError(t, embedded.Stop(d.ctx, d.o.StateDir))
			saved(func(w io.Writer) error { return engine.Backup(d.ctx, d.o.StateDir, "test", time.Now(), w) })
			undo()
			d.reopen()
			assert.Empty(t, d.b.Describe().ReadOnly)
			assert.Equal(t, client.CallCompleted, d.call(f).Status)
		})
	}
}

func TestAStateOfAnotherUserIsRefusedInASentence(t *testing.T) {
	o := options(t)
	require.NoError(t, os.Mkdir(o.StateDir, 0o700))
	if err := os.Chown(o.StateDir, os.Getuid()+12345, -1); err != nil {
		t.Skip("giving a directory away is not allowed here: ", err)
	}
	_, err := embedded.Open(t.Context(), o)
	require.ErrorContains(t, err, o.StateDir+" belongs to another user")
	require.NoError(t, os.Chown(o.StateDir, os.Getuid(), -1))
}
