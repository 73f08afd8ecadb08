//go:build !linux

package confine

// Kernel is what this machine can enforce: nothing, on this system.
type Kernel struct {
	Landlock int
	Seccomp  bool
	Unshare  int
}

// Probe finds nothing on this system.
func Probe() Kernel { return Kernel{} }

// ProbeNetwork finds nothing on this system.
func ProbeNetwork() (unshare int) { return 0 }
