package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// printer prints 100 MB without a newline.
const printer = `import sys


def handle(data):
    sys.stdout.write("needle at the start,")
    for _ in range(100):
        sys.stdout.write("0123456789" * 100_000)
    return {}
`

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMemory is the most that the console in the screen has had, in MB.
func (s screen) peakMemory() int {
	s.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.console()))
	require.NoError(s, err)
	found := peak.FindSubmatch(status)
	require.NotNil(s, found)
	kB, err := strconv.Atoi(string(found[1]))
	require.NoError(s, err)
	return kB / 1000
}

func TestALineOfAHundredMegabytesIsOpenedByItsEndAndSearchedWhole(t *testing.T) {
	needPython(t)
	home := t.TempDir()
	config := filepath.Join(home, ".config", "fndeck")
	require.NoError(t, os.MkdirAll(config, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(config, "config.yaml"), []byte("engine:\n  log_cap_mib: 200\n"), 0o600))
	dir := filepath.Join(home, "printer")
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "handler.py"), []byte(printer), 0o600))
	run := func(args ...string) {
		cmd := exec.Command(filepath.Join(binary(t), "fndeck"), args...)
		cmd.Env = homeless(home, binary(t))
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, "%.1000s", said)
	}
	run("deploy", dir)
	run("call", "printer", "-o", "name")

	s := openConsole(t, home, "80x24")
	s.sees(`printer +● Ready`)
	s.press("2")
	s.sees(`✓ Completed`)
	before := s.peakMemory()
	s.press("l")
	s.sees(`last 100 lines, ended`)
	assert.Less(t, s.peakMemory()-before, 50)

	s.press("/")
	s.typed(`"needle at the start"`)
	s.press("Enter")
	s.sees(`1 match`)
	s.press("N")
	s.sees(`needle at the start,0123`)
}
