package own

import (
	"os"
	"runtime"
	"strconv"
	"strings"

	"fndeck/client/embedded/wire"
)

// self is what the engine's own process uses of the machine. Only it may count
// its descriptors: it is closed to other processes, also to those of its user.
func self() wire.Process {
	p := wire.Process{Goroutines: runtime.NumGoroutine()}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil { // 0 where the system tells nothing, as below
		p.Descriptors = len(open)
	}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			pages, _ := strconv.ParseInt(fields[1], 10, 64) // resident; the kernel writes numbers
			p.ResidentBytes = pages * int64(os.Getpagesize())
		}
	}
	return p
}
