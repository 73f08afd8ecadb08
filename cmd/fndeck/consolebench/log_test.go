package consolebench

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// openCall opens a console on the calls and puts the cursor on the newest of a
// function.
func openCall(b *testing.B, p place, function string) *terminal {
	b.Helper()
	t := open(b, wire{}, p.env, fndeck(b))
	t.onRow(1)
	t.typed("2")
	t.until("calls", func() bool { return strings.Contains(t.row(1), "calls (500+)") })
	t.typed("/" + function + "\rg")
	t.until("its calls", func() bool {
		return strings.Contains(t.row(3)+t.row(4), function) && strings.Contains(t.row(1), " of ")
	})
	t.calm()
	return t
}

// logFile writes the long log as a plain file, for the floors.
func logFile(b *testing.B) string {
	b.Helper()
	name := filepath.Join(shared(b), "long.log")
	if _, err := os.Stat(name); err == nil {
		return name
	}
	file, err := os.Create(name)
	require.NoError(b, err)
	out := bufio.NewWriterSize(file, 1<<20)
	for n := range longLog {
		_, err := out.WriteString(logText(n) + "\n")
		require.NoError(b, err)
	}
	require.NoError(b, out.Flush())
	require.NoError(b, file.Close())
	return name
}

func logLineOf(n int) string { return fmt.Sprintf("line %07d", n) }

// BenchmarkLog opens a log of 1 000 000 lines, goes to its beginning and back, and
// searches it from the far end. All floors read the same text from a file that is
// in memory: tail, wc -l and grep.
func BenchmarkLog(b *testing.B) {
	p, file := callsPlace(b), logFile(b)
	ran(b, nil, "wc", "-l", file)
	var first, top, end, whole, literal, expression, progress, key times
	var tail, count, grep times
	var memory int64
	tool := func(name string, args ...string) time.Duration {
		path, err := exec.LookPath(name)
		require.NoError(b, err)
		return ran(b, nil, path, append(args, file)...)
	}
	for b.Loop() {
		tail = append(tail, tool("tail", "-n", "50"))
		count = append(count, tool("wc", "-l"))
		grep = append(grep, tool("grep", "-c", needle))
		t := openCall(b, p, "function-000008")
		before, _, _ := t.memory()

		start := time.Now()
		t.typed("l")
		first = append(first, t.contains(logLineOf(longLog-1)).Sub(start))
		t.calm()

		start = time.Now()
		t.typed("g")
		top = append(top, t.contains(logLineOf(0)).Sub(start))
		t.until("whole", func() bool { return !strings.Contains(t.row(height-1), "loading") })
		whole = append(whole, time.Since(start))
		t.calm()
		after, _, _ := t.memory()
		memory = after - before

		start = time.Now()
		t.typed("G")
		end = append(end, t.contains(logLineOf(longLog-1)).Sub(start))
		t.calm()

		start = time.Now()
		t.typed("g")
		key = append(key, t.contains(logLineOf(0)).Sub(start))
		t.typed("G")
		t.contains(logLineOf(longLog - 1))
		t.calm()

		// The prompt searches as it is typed into, so the last key begins the search.
		searched := func(text string) (took, shown time.Duration) {
			t.typed("/" + text[:len(text)-1])
			t.contains("/" + text[:len(text)-1])
			t.calm()
			start := time.Now()
			t.typed(text[len(text)-1:] + "\r")
			foot := func() string { return t.row(height - 1) }
			shown = t.until("progress", func() bool {
				return strings.Contains(foot(), "searching") || strings.Contains(foot(), "match")
			}).Sub(start)
			took = t.until("the end of the search", func() bool {
				return strings.Contains(foot(), "1 match") && !strings.Contains(foot(), "%")
			}).Sub(start)
			t.typed("\x1b")
			t.calm()
			return took, shown
		}
		took, _ := searched(needle)
		literal = append(literal, took)
		took, shown := searched("/nee+dl[e]$|nee+dle\\./")
		expression, progress = append(expression, took), append(progress, shown)
		t.close()
	}
	b.ReportMetric(0, "ns/op")
	for name, took := range map[string]times{
		"first-ms": first, "tail-ms": tail, "far-top-ms": top, "end-ms": end, "top-ms": key, "whole-ms": whole,
		"wc-ms": count, "literal-ms": literal, "grep-ms": grep, "regexp-ms": expression, "regexp-progress-ms": progress,
	} {
		b.ReportMetric(ms(took.at(0.5)), name)
	}
	b.ReportMetric(float64(whole.at(0.5))/float64(count.at(0.5)), "x-wc")
	b.ReportMetric(float64(literal.at(0.5))/float64(grep.at(0.5)), "x-grep")
	b.ReportMetric(mb(memory), "more-MB")
}
