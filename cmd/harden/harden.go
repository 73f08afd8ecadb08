// Package harden closes a process to others before it does anything: it holds
// tokens and secrets.
package harden

import (
	"os"

	"golang.org/x/sys/unix"
)

// privateMask makes every file and directory that is created the operator's own.
const privateMask = 0o077

// Process sets what the whole process must have from its first step on.
func Process() {
	unix.Umask(privateMask)
	// A core file would hold secrets; without the limit the next line still
	// helps on Linux.
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	refuseTracing()
	// With these set, Bubble Tea writes traces and panic files with what is on
	// the screen. Unsetting a variable of one's own cannot fail.
	_ = os.Unsetenv("TEA_TRACE")
	_ = os.Unsetenv("TEA_DEBUG")
}
