package pack

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// asNobody does something with the file rights of another user. Only root can,
// and only for a thread, which ends with it.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can act as another user")
	}
	const nobody = 65534
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread is not used again
		_, err := unix.SetfsuidRetUid(nobody)
		if assert.NoError(t, err) {
			do()
		}
	}()
	<-done
}

func TestWhatAnotherUserMayNotReadIsNamedBeforeTheUpload(t *testing.T) {
	root, err := os.MkdirTemp("", "fndeck-pack-") // t.TempDir lies below a private folder
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(root)) })
	require.NoError(t, os.Chmod(root, 0o755))
	for name, mode := range map[string]os.FileMode{"handler.py": 0o644, "locked.txt": 0o600, "sub/a.py": 0o644, "sub/b.py": 0} {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(goodHandler), 0o600))
		require.NoError(t, os.Chmod(path, mode))
	}
	asNobody(t, func() {
		p, err := Scan(context.Background(), root, Options{})
		if assert.NoError(t, err) {
			assert.Equal(t, []string{"locked.txt: cannot be read: permission denied", "sub/b.py: cannot be read: permission denied"}, messages(p.Blocking()))
		}
	})
	require.NoError(t, os.Chmod(filepath.Join(root, "sub"), 0o700))
	asNobody(t, func() {
		p, err := Scan(context.Background(), root, Options{})
		if assert.NoError(t, err) {
			assert.Equal(t, []string{"sub: cannot be read: permission denied"}, messages(p.Blocking()))
		}
	})
	require.NoError(t, os.Chmod(filepath.Join(root, "handler.py"), 0o600))
	require.NoError(t, os.RemoveAll(filepath.Join(root, "sub")))
	require.NoError(t, os.Remove(filepath.Join(root, "locked.txt")))
	asNobody(t, func() {
		p, err := Scan(context.Background(), root, Options{})
		if assert.NoError(t, err) {
			assert.Contains(t, messages(p.Blocking()), "handler.py: cannot be read: permission denied")
		}
	})
}
