//go:build !linux

package doctor

import "golang.org/x/sys/unix"

// networkFileSystem names a file system that lies on another machine, empty for
// one of this machine.
func networkFileSystem(s *unix.Statfs_t) string {
	switch name := unix.ByteSliceToString(s.Fstypename[:]); name {
	case "nfs", "smbfs", "afpfs", "webdav", "macfuse", "osxfuse":
		return name
	}
	return ""
}
