package doctor

import "golang.org/x/sys/unix"

// networkFileSystem names a file system that lies on another machine, empty for
// one of this machine. The numbers are of linux/magic.h and of the modules.
func networkFileSystem(s *unix.Statfs_t) string {
	const fuse, ceph, vboxsf = 0x65735546, 0x00c36400, 0x786f4256
	switch int64(s.Type) {
	case unix.NFS_SUPER_MAGIC:
		return "NFS"
	case unix.SMB_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC:
		return "SMB"
	case unix.V9FS_MAGIC:
		return "9P"
	case unix.AFS_SUPER_MAGIC, unix.AFS_FS_MAGIC, unix.CODA_SUPER_MAGIC, unix.NCP_SUPER_MAGIC:
		return "a network file system"
	case fuse:
		return "FUSE (sshfs and the like)"
	case ceph:
		return "Ceph"
	case vboxsf:
		return "a folder shared by VirtualBox"
	}
	return ""
}
