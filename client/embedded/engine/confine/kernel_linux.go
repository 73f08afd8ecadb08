package confine

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Kernel is what this machine can enforce.
type Kernel struct {
	// Landlock is the version of its interface, 0 for none.
	Landlock int
	// Seccomp says that filters can be installed and this architecture's
	// numbers are known.
	Seccomp bool
	// Unshare are the flags with which a process gets a network of its own, see
	// ProbeNetwork; 0 if it does not.
	Unshare int
}

// Probe asks the kernel; version numbers do not tell.
func Probe() Kernel {
	var k Kernel
	const askVersion = 1 // LANDLOCK_CREATE_RULESET_VERSION
	if abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, askVersion); errno == 0 {
		k.Landlock = int(abi)
	}
	_, known := numbers[runtime.GOARCH]
	mode, err := unix.PrctlRetInt(unix.PR_GET_SECCOMP, 0, 0, 0, 0)
	k.Seccomp = known && err == nil && mode >= 0
	return k
}

// ProbeNetwork finds how a process gets a network of its own, in which there is
// nothing: as root by itself, else with a user namespace, where the system
// allows those. It tries, as no setting tells for certain.
func ProbeNetwork() (unshare int) {
	for _, flags := range []int{unix.CLONE_NEWNET, unix.CLONE_NEWUSER | unix.CLONE_NEWNET} {
		cmd := exec.Command("/bin/true")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: uintptr(flags)}
		if flags&unix.CLONE_NEWUSER != 0 {
			own := func(id int) []syscall.SysProcIDMap {
				return []syscall.SysProcIDMap{{ContainerID: id, HostID: id, Size: 1}}
			}
			cmd.SysProcAttr.UidMappings, cmd.SysProcAttr.GidMappings = own(os.Getuid()), own(os.Getgid())
		}
		if cmd.Run() == nil {
			return flags
		}
	}
	return 0
}
