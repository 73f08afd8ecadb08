package disk

import (
	"io/fs"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// FreeBytes is what this user can still write to the file system of a
// directory.
func FreeBytes(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// UsedBytes is what the files below a directory take, in blocks. What cannot be
// read, or goes meanwhile, is not counted.
func UsedBytes(dir string) (total int64) {
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // see above
		}
		if info, err := entry.Info(); err == nil {
			if stat, ok := info.Sys().(*syscall.Stat_t); ok {
				total += stat.Blocks * blockBytes
			}
		}
		return nil
	})
	return total
}

// blockBytes is the unit of st_blocks, whatever the file system's own is.
const blockBytes = 512
