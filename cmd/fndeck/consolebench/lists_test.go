package consolebench

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	own "fndeck/client/embedded/wire"
)

// list is one of the two long lists.
type list struct {
	name string
	at   func(b *testing.B) place
	// open brings a console to the whole list.
	open func(b *testing.B, w wire, p place) *terminal
}

var lists = []list{
	{"functions", functionsPlace, openFunctions},
	{"calls", callsPlace, openCalls},
}

func openFunctions(b *testing.B, w wire, p place) *terminal {
	b.Helper()
	t := open(b, w, p.env, fndeck(b))
	t.onRow(1)
	t.calm()
	return t
}

// settled is for how long nothing comes when everything has.
const settled = 400 * time.Millisecond

// openCalls loads older calls until there are no more.
func openCalls(b *testing.B, w wire, p place) *terminal {
	b.Helper()
	t := open(b, w, p.env, fndeck(b))
	t.onRow(1)
	t.typed("2")
	t.until("calls", func() bool { return strings.Contains(t.row(1), "calls (500+)") })
	for n := 1000; n < 2*many; n *= 2 {
		t.typed("M")
		whole := n > many
		t.until("more calls", func() bool {
			if whole { // Some more were made since.
				return strings.Contains(t.row(1), "calls ("+grouped(many)[:4]) && !strings.Contains(t.row(1), "+)")
			}
			return strings.Contains(t.row(1), "calls ("+grouped(n)+"+)")
		})
	}
	t.calm()
	return t
}

func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + " " + text[i:]
	}
	return text
}

// each runs a benchmark for both lists.
func each(b *testing.B, run func(b *testing.B, l list)) {
	b.Helper()
	for _, l := range lists {
		b.Run(l.name, func(b *testing.B) { run(b, l) })
	}
}

// pressEvery is the pause between two keys of an operator who looks.
const pressEvery = 25 * time.Millisecond

// pressed presses a key again and again and returns how long each took to be on
// the screen and how many bytes it cost.
func pressed(t *terminal, key string, times_ int, next func(n int) int, from int) (took times, bytes int64) {
	at := from
	before := t.sent()
	for range times_ {
		at = next(at)
		start := time.Now()
		t.typed(key)
		took = append(took, t.onPosition(at).Sub(start))
		<-time.After(pressEvery)
	}
	t.rest(pressEvery)
	return took, (t.sent() - before) / int64(times_)
}

// onPosition waits for a position in the last line, whoever drew it.
func (t *terminal) onPosition(n int) time.Time {
	t.b.Helper()
	return t.until("position "+strconv.Itoa(n), func() bool { return position(t.row(height-1)) == n })
}

func next(n int) int { return n + 1 }

// BenchmarkCursorKey measures how long a cursor key takes to be on the screen,
// and its bytes: first inside the window, then where it scrolls.
func BenchmarkCursorKey(b *testing.B) {
	each(b, func(b *testing.B, l list) {
		t := l.open(b, wire{}, l.at(b))
		floor := openBare(b, wire{}, twoRows)
		var ours, least times
		var within, scrolled int64
		var cpu time.Duration
		for b.Loop() {
			took, _ := pressed(floor, "j", 100, next, 0)
			least = append(least, took...)
			before := t.used().cpu
			inside, bytes := pressed(t, "j", 40, next, 1)
			within = bytes
			beyond, bytes := pressed(t, "j", 60, next, 41)
			scrolled = bytes
			ours = append(append(ours, inside...), beyond...)
			cpu = (t.used().cpu - before) / 100
			t.typed("g")
			t.onRow(1)
			t.rest(settled)
			floor.close()
			floor = openBare(b, wire{}, twoRows)
		}
		report(b, ours, least)
		b.ReportMetric(ms(cpu), "cpu-ms/key")
		b.ReportMetric(float64(within), "B/key")
		b.ReportMetric(float64(scrolled), "B/scrolled-key")
	})
}

// position is where the cursor of the list is.
func (t *terminal) position() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return position(t.row(height - 1))
}

// BenchmarkPage measures page down; its floor writes a page of lines.
func BenchmarkPage(b *testing.B) {
	each(b, func(b *testing.B, l list) {
		t := l.open(b, wire{}, l.at(b))
		floor := openBare(b, wire{}, onePage)
		least, _ := pressed(floor, "j", 50, next, 0)
		var ours times
		var bytes int64
		t.typed("\x06")
		t.until("the second page", func() bool { return position(t.row(height-1)) > 1 })
		page := t.position() - 1 // Some lists have a line of figures above their rows.
		at := 1 + page
		for b.Loop() {
			took, each := pressed(t, "\x06", 40, func(n int) int { return n + page }, at)
			at += 40 * page
			ours, bytes = append(ours, took...), each
		}
		report(b, ours, least)
		b.ReportMetric(float64(bytes), "B/page")
	})
}

// BenchmarkFilterKey measures a keystroke into the filter.
func BenchmarkFilterKey(b *testing.B) {
	each(b, func(b *testing.B, l list) {
		t := l.open(b, wire{}, l.at(b))
		floor := openBare(b, wire{}, oneCell)
		least, _ := pressed(floor, "j", 50, next, 0)
		var echoed, answered times
		for b.Loop() {
			t.typed("/")
			t.rest(100 * time.Millisecond)
			text := ""
			for _, key := range []string{"9", "9", "9"} {
				before := t.count()
				text += key
				start := time.Now()
				t.typed(key)
				echoed = append(echoed, t.contains("/"+text).Sub(start))
				answered = append(answered, t.until("another count", func() bool { return count(t.row(1)) != before }).Sub(start))
				t.rest(100 * time.Millisecond)
			}
			t.typed("\x1b")
			t.rest(settled)
			t.typed("\x1b")
			t.rest(settled)
		}
		report(b, answered, least)
		b.ReportMetric(ms(echoed.at(0.5)), "echo-ms")
		b.ReportMetric(ms(echoed.at(0.95)), "echo-p95-ms")
	})
}

// count is what the crumbs say of how many rows there are.
func count(crumbs string) string {
	_, rest, _ := strings.Cut(crumbs, "(")
	text, _, _ := strings.Cut(rest, ")")
	return text
}

func (t *terminal) count() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return count(t.row(1))
}

// BenchmarkSort measures sorting by each of three columns, and how long a cursor
// key takes meanwhile.
func BenchmarkSort(b *testing.B) {
	each(b, func(b *testing.B, l list) {
		t := l.open(b, wire{}, l.at(b))
		var ours, during times
		for b.Loop() {
			// By a text, the other way round, by a state, and back.
			for n, key := range []string{"N", "N", "S", "S"} {
				arrow := []string{"↑", "↓"}[n%2]
				start := time.Now()
				t.typed(key)
				t.typed("j")
				during = append(during, t.until("the key", func() bool { return position(t.row(height-1)) > 1 }).Sub(start))
				t.until("an order", func() bool {
					titles := t.row(2) + t.row(3) // Calls have a line over theirs.
					return strings.Contains(titles, arrow) && !strings.Contains(t.row(height-1), "sorting")
				})
				ours = append(ours, t.rest(200*time.Millisecond).Sub(start))
				t.typed("g")
				t.onRow(1)
			}
		}
		report(b, ours, nil)
		b.ReportMetric(ms(during.at(0.5)), "key-meanwhile-ms")
	})
}

// BenchmarkFullTable measures the time from the start of the console until its
// table is full; the floor is fndeck version. What the engine alone takes for the
// same answer stands beside it.
func BenchmarkFullTable(b *testing.B) {
	p := functionsPlace(b)
	c := callsPlace(b)
	for _, l := range []struct {
		name, path, keys string
		at               place
	}{{"functions", "functions", "", p}, {"calls", "calls?limit=500", "2", c}} {
		b.Run(l.name, func(b *testing.B) {
			var ours, floor, engine times
			for b.Loop() {
				floor = append(floor, ran(b, l.at.env, fndeck(b), "version"))
				engine = append(engine, asked(b, l.at, l.path))
				t := open(b, wire{}, l.at.env, fndeck(b))
				if l.keys != "" {
					t.onRow(1)
					start := time.Now()
					t.typed(l.keys)
					t.until("calls", func() bool { return strings.Contains(t.row(1), "calls (") && strings.TrimSpace(t.row(height-3)) != "" })
					t.from = start
				} else {
					t.until("a full table", func() bool { return position(t.row(height-1)) == 1 && strings.TrimSpace(t.row(height-3)) != "" })
				}
				t.mu.Lock()
				ours = append(ours, t.at.Sub(t.from))
				t.mu.Unlock()
				t.close()
			}
			report(b, ours, floor)
			b.ReportMetric(ms(engine.at(0.5)), "engine-ms")
		})
	}
}

// asked reads an answer of the engine and throws it away.
func asked(b *testing.B, p place, path string) time.Duration {
	b.Helper()
	socket, err := own.SocketPath(filepath.Join(p.home, "state"), func(name string) string {
		for _, pair := range p.env {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	})
	require.NoError(b, err)
	token, err := os.ReadFile(filepath.Join(p.home, "state", own.TokenFile))
	require.NoError(b, err)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://engine.local"+own.Prefix+path, nil)
	require.NoError(b, err)
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	start := time.Now()
	reply, err := (&http.Client{Transport: transport}).Do(request)
	require.NoError(b, err)
	_, err = io.Copy(io.Discard, reply.Body)
	require.NoError(b, err)
	require.Equal(b, http.StatusOK, reply.StatusCode)
	require.NoError(b, reply.Body.Close())
	return time.Since(start)
}

// BenchmarkMemory measures what is resident with the whole list on the screen;
// the floor is the console with an empty one.
func BenchmarkMemory(b *testing.B) {
	empty := stateOf(b, "empty", nothing)
	each(b, func(b *testing.B, l list) {
		p := l.at(b)
		var own, resident, peak, least int64
		for b.Loop() {
			t := open(b, wire{}, empty.env, fndeck(b))
			t.contains("No functions")
			t.rest(settled)
			_, least, _ = t.memory()
			t.close()
			t = l.open(b, wire{}, p)
			<-time.After(3 * time.Second)
			own, resident, peak = t.memory()
			t.close()
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(mb(resident), "MB")
		b.ReportMetric(mb(own), "own-MB")
		b.ReportMetric(mb(peak), "peak-MB")
		b.ReportMetric(mb(least), "floor-MB")
		b.ReportMetric(float64(resident)/float64(least), "x-floor")
	})
}

func mb(n int64) float64 { return float64(n) / 1e6 }
