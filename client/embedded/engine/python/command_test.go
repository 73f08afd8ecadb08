package python

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheReasonOfAFailedBuildIsTheLineThatTheToolMarkedAsOne(t *testing.T) {
	for name, c := range map[string]struct{ output, want string }{
		"pip":                   {"Collecting x\nERROR: Could not find a version\nERROR: No matching distribution found for x\n", "No matching distribution found for x"},
		"pip, no index reached": {"WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<urllib3 object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused')': /simple/x/\nERROR: No matching distribution found for x\n", "a package index could not be reached (Connection refused): No matching distribution found for x"},
		"uv":                    {"Using CPython 3.12.1\n  × No solution found when resolving dependencies:\n  ╰─▶ Because x was not found in the package registry\n", "No solution found when resolving dependencies: Because x was not found in the package registry"},
		"uv, a plain error":     {"error: Failed to fetch: `http://127.0.0.1/simple/x/`\n  Caused by: timed out\n", "Failed to fetch: `http://127.0.0.1/simple/x/`: timed out"},
		"nothing marked":        {"Successfully installed x\n", ""},
		"without a line end":    {"ERROR: cut", "cut"},
	} {
		t.Run(name, func(t *testing.T) {
			var lines []string
			assert.Equal(t, c.want, relay(strings.NewReader(c.output), func(line string) { lines = append(lines, line) }))
			assert.Equal(t, strings.Split(strings.TrimSuffix(c.output, "\n"), "\n"), lines, "every line is handed over")
		})
	}
}
