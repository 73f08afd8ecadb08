package wire

import (
	"fmt"
	"os"
	"syscall"
)

// OwnDir makes a directory that only its owner can use, or checks that an
// existing one is that.
func OwnDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	case ok && int(stat.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to another user: choose another state directory with FNDECK_STATE_DIR", dir)
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%s can be used by others: chmod 700 %s", dir, dir)
	}
	return nil
}
