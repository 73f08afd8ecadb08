package consolebench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// deployed puts a function into a state, unless it is there already.
func deployed(b *testing.B, p place, name, code string) {
	b.Helper()
	needPython(b)
	dir := filepath.Join(p.home, name)
	if _, err := os.Stat(dir); err == nil {
		return
	}
	require.NoError(b, os.Mkdir(dir, 0o700))
	require.NoError(b, os.WriteFile(filepath.Join(dir, "handler.py"), []byte(code), 0o600))
	ran(b, p.env, fndeck(b), "deploy", dir)
}

// needPython skips where no function can run.
func needPython(b *testing.B) {
	b.Helper()
	if exec.Command("python3", "-c", "import sys; sys.exit(sys.version_info < (3, 10))").Run() != nil {
		b.Skip("needs python3")
	}
}

// beat returns at once.
const beat = "def handle(client, data):\n    return data\n"

// beating calls a function each second until stopped.
func beating(b *testing.B, p place, name string) (stop func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				done <- nil
				return
			case <-tick.C:
			}
			call := exec.Command(fndeck(b), "call", name, "-d", "{}")
			call.Env = p.env
			if said, err := call.CombinedOutput(); err != nil {
				done <- fmt.Errorf("%w: %s", err, said)
				return
			}
		}
	}()
	return func() {
		cancel()
		require.NoError(b, <-done)
	}
}

// held is how long a key is held, and at what rate it repeats then.
const (
	held       = 5 * time.Second
	repeatRate = 30
)

// hold holds a key down and returns, for each repetition, how long it took until
// the list stood at least there.
func hold(t *terminal, key string, from int) (lags times) {
	t.watch()
	var pressed []time.Time
	tick := time.NewTicker(time.Second / repeatRate)
	defer tick.Stop()
	for range int(held.Seconds() * repeatRate) {
		<-tick.C
		pressed = append(pressed, time.Now())
		t.typed(key)
	}
	// A list that grows at its top moves the cursor's row down by itself.
	t.until("the last row", func() bool { return position(t.row(height-1)) >= from+len(pressed) })
	sights := t.sights()
	for n, start := range pressed {
		for _, s := range sights {
			if s.position >= from+n+1 {
				lags = append(lags, s.at.Sub(start))
				break
			}
		}
	}
	return lags
}

// BenchmarkHeldKey holds the cursor key for five seconds, alone and while the list
// is refreshed each second; the floor is a bare program that moves two rows.
func BenchmarkHeldKey(b *testing.B) {
	for _, c := range []struct {
		name  string
		beats bool
		wire  wire
	}{
		{"alone", false, wire{}},
		{"refreshed", true, wire{}},
		{"slow-line", false, wire{bytesPerSecond: 1_000_000 / 8, oneWay: 40 * time.Millisecond}},
	} {
		b.Run(c.name, func(b *testing.B) {
			each(b, func(b *testing.B, l list) {
				p := l.at(b)
				if c.beats {
					deployed(b, p, "beat", beat)
				}
				var ours, floor times
				var most time.Duration
				for b.Loop() {
					least := openBare(b, c.wire, twoRows)
					floor = append(floor, hold(least, "j", 0)...)
					least.close()
					t := l.open(b, c.wire, p)
					t.typed("g")
					t.onPosition(1)
					t.calm()
					if c.beats {
						stop := beating(b, p, "beat")
						ours = append(ours, hold(t, "j", 1)...)
						stop()
					} else {
						ours = append(ours, hold(t, "j", 1)...)
					}
					most = max(most, ours.at(1))
					t.close()
				}
				report(b, ours, floor)
				b.ReportMetric(ms(most), "most-ms")
			})
		})
	}
}

// burst prints linesPerSecond lines a second for burstSeconds, each with its own
// time, and says how many it printed.
const (
	linesPerSecond = 50_000
	burstSeconds   = 5
	burst          = `
import sys, time

def handle(client, data):
    rate, seconds, portion = 50000, 5, 500
    total, start = rate * seconds, time.perf_counter()
    for first in range(0, total, portion):
        ahead = first / rate - (time.perf_counter() - start)
        if ahead > 0:
            time.sleep(ahead)
        now = time.time_ns()
        sys.stdout.write(''.join(f'at {now} line {n:07d}\n' for n in range(first, first + portion)))
        sys.stdout.flush()
    return {'took': time.perf_counter() - start}
`
)

// BenchmarkFollow follows a function that prints 50 000 lines a second, on a
// terminal here and behind a line of 1 Mbit/s. Its floor is how old a line is when
// fndeck logs -f, piped, hands it over.
func BenchmarkFollow(b *testing.B) {
	p := stateOf(b, "follow", nothing)
	deployed(b, p, "burst", burst)
	for _, c := range []struct {
		name string
		wire wire
	}{{"here", wire{}}, {"slow-line", wire{bytesPerSecond: 1_000_000 / 8}}} {
		b.Run(c.name, func(b *testing.B) {
			var lags, floor times
			var cpu time.Duration
			var bytes int64
			var after time.Duration
			for b.Loop() {
				floor = append(floor, piped(b, p)...)
				t := open(b, c.wire, p.env, fndeck(b))
				t.onRow(1)
				t.typed("l")
				t.until("following", func() bool { return strings.Contains(t.row(height-1)+t.row(3)+t.row(2), "following") })
				t.calm()
				before, sent := t.used().cpu, t.sent()
				stop := t.ages(&lags)
				called(b, p)
				t.contains(fmt.Sprintf("line %07d", linesPerSecond*burstSeconds-1))
				stop()
				cpu, bytes = t.used().cpu-before, t.sent()-sent
				end := time.Now()
				after = t.rest(settled).Sub(end)
				t.close()
				// The engine may add a line of its own, that there is no client.
				assert.GreaterOrEqual(b, kept(b, p), int64(linesPerSecond*burstSeconds), "lines in the store")
			}
			report(b, lags, floor)
			b.ReportMetric(cpu.Seconds(), "cpu-s")
			b.ReportMetric(float64(bytes)/burstSeconds/1000, "kB/s")
			b.ReportMetric(ms(max(0, after)), "backlog-ms")
		})
	}
}

// called calls burst and waits for its end.
func called(b *testing.B, p place) { ran(b, p.env, fndeck(b), "call", "burst", "-d", "{}") }

// ages notes, for each chunk that came, how old the newest line on the screen is.
func (t *terminal) ages(into *times) (stop func()) {
	ended := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		chunks := -1
		for {
			select {
			case <-ended:
				return
			case <-time.After(5 * time.Millisecond):
			}
			t.mu.Lock()
			if t.chunks != chunks {
				chunks = t.chunks
				if made, ok := newest(t.screen()); ok {
					*into = append(*into, t.at.Sub(made))
				}
			}
			t.mu.Unlock()
		}
	}()
	return func() {
		close(ended)
		<-done
	}
}

// newest is when the last line on the screen was printed.
func newest(lines []string) (time.Time, bool) {
	for n := len(lines) - 1; n >= 0; n-- {
		if made, ok := printed(lines[n]); ok {
			return made, true
		}
	}
	return time.Time{}, false
}

func printed(line string) (time.Time, bool) {
	_, rest, ok := strings.Cut(line, "at ") // Its length keeps the burst within the 10 MiB of a call's log.
	text, _, more := strings.Cut(rest, " line ")
	nanos, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(0, nanos), ok && more && err == nil
}

// piped follows the burst without a console and returns how old its lines were.
func piped(b *testing.B, p place) (ages times) {
	b.Helper()
	follow := exec.Command(fndeck(b), "logs", "burst", "-f", "--since", "1s")
	follow.Env = p.env
	out, err := follow.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, follow.Start())
	done := make(chan struct{})
	go func() {
		defer close(done)
		chunk := make([]byte, 256<<10)
		for {
			n, err := out.Read(chunk)
			now := time.Now()
			lines := strings.Split(string(chunk[:n]), "\n")
			if len(lines) > 2 {
				lines = lines[:len(lines)-1]
			}
			if made, ok := newest(lines); ok {
				ages = append(ages, now.Sub(made))
			}
			if err != nil {
				return
			}
		}
	}()
	<-time.After(settled)
	called(b, p)
	<-time.After(settled)
	require.NoError(b, follow.Process.Kill())
	<-done
	var exit *exec.ExitError
	if err := follow.Wait(); !errors.As(err, &exit) {
		require.NoError(b, err)
	}
	return ages
}

// kept is how many lines of the newest call the store has.
func kept(b *testing.B, p place) int64 {
	b.Helper()
	get := exec.Command(fndeck(b), "get", "calls", "-o", "json")
	get.Env = p.env
	said, err := get.Output()
	require.NoError(b, err)
	_, rest, _ := strings.Cut(string(said), `"logLines":`)
	digits := strings.TrimSpace(rest)
	end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
	n, err := strconv.ParseInt(digits[:max(end, 0)], 10, 64)
	require.NoError(b, err, string(said[:min(len(said), 600)]))
	return n
}

// BenchmarkIdle measures what the console does while nothing changes; the floor is
// the bare program that waits for a key.
func BenchmarkIdle(b *testing.B) {
	each(b, func(b *testing.B, l list) {
		const length = 10 * time.Second
		var ours, floor usage
		var bytes int64
		p := l.at(b)
		for b.Loop() {
			least, t := openBare(b, wire{}, oneCell), l.open(b, wire{}, p)
			t.calm()
			ours, floor, bytes = t.used(), least.used(), t.sent()
			<-time.After(length)
			ours, floor, bytes = since(t, ours), since(least, floor), t.sent()-bytes
			least.close()
			t.close()
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(bytes)/length.Seconds(), "B/s")
		b.ReportMetric(float64(ours.wakeups)/length.Seconds(), "wakeups/s")
		b.ReportMetric(float64(floor.wakeups)/length.Seconds(), "floor-wakeups/s")
		b.ReportMetric(100*ours.cpu.Seconds()/length.Seconds(), "%cpu")
	})
}

func since(t *terminal, before usage) usage {
	now := t.used()
	return usage{cpu: now.cpu - before.cpu, wakeups: now.wakeups - before.wakeups}
}

// BenchmarkOneCell makes one call of a function that is on the screen, and counts
// the bytes until the screen rests: a cell says Running, then what came of it.
func BenchmarkOneCell(b *testing.B) {
	p := stateOf(b, "cell", nothing)
	deployed(b, p, "beat", beat)
	var bytes []int64
	for b.Loop() {
		t := open(b, wire{}, p.env, fndeck(b))
		t.onRow(1)
		t.calm()
		for range 5 {
			before := t.sent()
			ran(b, p.env, fndeck(b), "call", "beat", "-d", "{}")
			t.rest(1500 * time.Millisecond)
			bytes = append(bytes, t.sent()-before)
		}
		t.close()
	}
	total := int64(0)
	for _, n := range bytes {
		total += n
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(total)/float64(len(bytes)), "B/call")
}
