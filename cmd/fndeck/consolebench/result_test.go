package consolebench

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkResult opens a JSON result of 40 MB, folds it and searches it. The
// floor is the time until the bytes are there.
func BenchmarkResult(b *testing.B) {
	p := callsPlace(b)
	path := newestResult(b, p)
	var first, engine, fold, search times
	var memory, most int64
	for b.Loop() {
		engine = append(engine, asked(b, p, path))
		t := openCall(b, p, "function-000009")
		before, _, _ := t.memory()
		start := time.Now()
		t.typed("\r")
		first = append(first, t.contains(`"item 0"`).Sub(start))
		t.calm()
		var after int64
		after, _, most = t.memory()
		memory = after - before

		start = time.Now()
		t.typed("Z")
		fold = append(fold, t.until("a fold", func() bool { return !strings.Contains(strings.Join(t.screen(), ""), `"item 0"`) }).Sub(start))
		t.typed("Z")
		t.contains(`"item 0"`)
		t.calm()

		start = time.Now()
		t.typed("/" + needle + "\r")
		search = append(search, t.until("the match", func() bool {
			return strings.Contains(strings.Join(t.screen()[3:height-1], ""), needle)
		}).Sub(start))
		t.close()
	}
	report(b, first, engine)
	b.ReportMetric(ms(fold.at(0.5)), "fold-ms")
	b.ReportMetric(ms(search.at(0.5)), "search-ms")
	b.ReportMetric(mb(memory), "more-MB")
	b.ReportMetric(mb(most), "peak-MB")
}

// newestResult is where the engine answers with the result of the newest call that
// the state was made with: later ones are of another function.
func newestResult(b *testing.B, p place) string {
	b.Helper()
	get := exec.Command(fndeck(b), "get", "calls", "--function", "function-000009", "--limit", "1", "-o", "json")
	get.Env = p.env
	said, err := get.Output()
	require.NoError(b, err)
	value := func(name string) string {
		_, rest, _ := strings.Cut(string(said), `"`+name+`":`)
		return strings.Trim(strings.TrimSpace(rest[:max(0, strings.IndexAny(rest, ",\n}"))]), `"`)
	}
	return "functions/" + value("functionId") + "/calls/" + value("id") + "/result"
}

// BenchmarkPaste pastes a JSON object of 1 MB into the form of a call.
func BenchmarkPaste(b *testing.B) {
	p := callsPlace(b)
	const size = 1 << 20
	var object strings.Builder
	object.WriteString("{")
	for n := 0; object.Len() < size; n++ {
		fmt.Fprintf(&object, "\"key %d\": \"%s\",\n", n, strings.Repeat("v", 60))
	}
	object.WriteString(`"last": "the end"}`)
	text := object.String()
	var landed times
	for b.Loop() {
		t := open(b, wire{}, p.env, fndeck(b))
		t.onRow(1)
		t.typed("i")
		t.contains("Data")
		t.calm()
		start := time.Now()
		t.typed("\x1b[200~" + text + "\x1b[201~")
		want := fmt.Sprintf("%d", 1+strings.Count(text, "\n"))
		landed = append(landed, t.until("the paste", func() bool {
			screen := strings.ReplaceAll(strings.Join(t.screen(), "\n"), " ", "")
			return strings.Contains(screen, want) || strings.Contains(screen, "theend")
		}).Sub(start))
		t.close()
	}
	report(b, landed, nil)
}
