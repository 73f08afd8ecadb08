package consolebench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// usage is what a process has taken so far, from /proc.
type usage struct {
	cpu time.Duration
	// wakeups counts how often a thread of it was waited for and ran again.
	wakeups int64
}

// used reads what the program has taken.
func (t *terminal) used() usage {
	t.b.Helper()
	var u usage
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", t.cmd.Process.Pid))
	require.NoError(t.b, err)
	for _, task := range tasks {
		// A thread may end between the two reads; Go ends hardly any.
		if text, err := os.ReadFile(filepath.Join(task, "schedstat")); err == nil {
			nanos, _ := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
			u.cpu += time.Duration(nanos)
		}
		u.wakeups += field(filepath.Join(task, "status"), "voluntary_ctxt_switches")
	}
	return u
}

// memory is what the program has in memory now, its own alone and with the pages
// of its binary, and the most that it ever had, in bytes.
func (t *terminal) memory() (own, resident, peak int64) {
	status := fmt.Sprintf("/proc/%d/status", t.cmd.Process.Pid)
	return field(status, "RssAnon") << 10, field(status, "VmRSS") << 10, field(status, "VmHWM") << 10
}

// field reads a number of a status file, 0 if it is not there.
func field(file, name string) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n
		}
	}
	return 0
}

// calm waits until the program has nothing to do: what it reads and sorts behind
// the screen is over too. An engine that thinks about a long list is waited for.
func (t *terminal) calm() {
	const (
		look, idle = 250 * time.Millisecond, 3 * time.Millisecond
		inARow     = 8
	)
	quiet := 0
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		before := t.used().cpu
		<-time.After(look)
		if quiet++; t.used().cpu-before > idle {
			quiet = 0
		}
		if quiet == inARow {
			return
		}
	}
	t.b.Fatal("the program never comes to rest")
}
