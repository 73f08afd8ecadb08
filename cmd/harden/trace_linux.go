package harden

import "golang.org/x/sys/unix"

// refuseTracing keeps other processes of the user, and core files, from the
// secrets in memory. Where the kernel refuses, the program is no worse off.
func refuseTracing() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
