package confine

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Kernel is what this machine can enforce.
type Kernel struct {
	// Landlock is the version of its interface, 0 for none.
	Landlock int
	// Seccomp says that filters can be installed and this architecture's
	// numbers are known.
	Seccomp bool
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
