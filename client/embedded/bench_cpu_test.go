//go:build linux

package embedded_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"fndeck/client/embedded"
)

// spent is the processor time that processes have used, to the nanosecond: what
// others do on the machine changes a rate by far more than this.
type spent struct{ engine, workers, clients time.Duration }

// spentBy adds up what the engine, the processes below it and this one have used.
func spentBy(b *testing.B, o embedded.Options) (s spent) {
	b.Helper()
	status, err := embedded.Status(b.Context(), o.StateDir)
	require.NoError(b, err)
	s.engine, s.clients = processTime(b, status.PID), processTime(b, os.Getpid())
	for _, pid := range descendants(status.PID) {
		s.workers += processTime(b, pid)
	}
	return s
}

// perCall reports what was spent since a time, for each of so many calls.
func (s spent) perCall(b *testing.B, o embedded.Options, calls int) {
	b.Helper()
	now := spentBy(b, o)
	for name, used := range map[string]time.Duration{
		"engine-ms/call": now.engine - s.engine, "worker-ms/call": now.workers - s.workers, "client-ms/call": now.clients - s.clients,
	} {
		b.ReportMetric(ms(used)/float64(calls), name)
	}
}

// processTime is the clock of a process's processor time, see clock_getcpuclockid(3).
func processTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	const scheduled = 2
	var used unix.Timespec
	require.NoError(b, unix.ClockGettime(int32(^pid<<3|scheduled), &used))
	return time.Duration(used.Nano())
}

// descendants lists the processes that a process and its children have started.
func descendants(pid int) (all []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // the pattern is right
	for _, name := range tasks {
		text, _ := os.ReadFile(name) // it may have ended meanwhile
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				all = append(append(all, child), descendants(child)...)
			}
		}
	}
	return all
}
