package compare

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fndeck/client"
	"fndeck/ui"
)

// said is what a list of facts says, a line each.
func said(facts []ui.Fact) string {
	var lines []string
	for _, f := range facts {
		lines = append(lines, strings.TrimSpace(f.Label+" "+f.Value))
	}
	return strings.Join(lines, "\n")
}

func TestWhatDiffersOfTwoCallsStandsSideBySide(t *testing.T) {
	start := time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)
	a := client.Call{ID: "1", FunctionName: "f", Status: client.CallCompleted, Started: start, Duration: time.Second, Version: 3}
	b := client.Call{ID: "2", FunctionName: "f", Status: client.CallFailed, Started: start.Add(90 * time.Second), Duration: 2500 * time.Millisecond, Error: &client.Failure{Message: "KeyError: 'tag'\nmore"}}
	text := said(Calls(a, b))
	assert.Contains(t, text, "function f\n")
	assert.Contains(t, text, "status Completed  →  Failed")
	assert.Contains(t, text, "duration 1.0s  →  2.5s   2.5 times as long")
	assert.Contains(t, text, "version v3  →  not told")
	assert.Contains(t, text, "1m30s apart")
	assert.Contains(t, text, "error none  →  KeyError: 'tag'")
}

func TestTwoDocumentsAreComparedLineByLine(t *testing.T) {
	text := said(JSON("result", json.RawMessage(`{"rows":1204,"ok":true}`), json.RawMessage(`{"rows":1207,"ok":true}`)))
	assert.Contains(t, text, `-  "rows": 1204,`)
	assert.Contains(t, text, `+  "rows": 1207,`)
	assert.Contains(t, text, `"ok": true`)
	assert.NotContains(t, text, "+++")
}

func TestDocumentsThatNeedNoComparisonSayWhy(t *testing.T) {
	long := json.RawMessage(`"` + strings.Repeat("x", maxCompared) + `"`)
	for _, c := range []struct {
		a, b json.RawMessage
		says string
	}{
		{nil, nil, "Neither call has a result."},
		{json.RawMessage(`1`), json.RawMessage(`1`), "Both have the same result, 1 B."},
		{json.RawMessage(`[1,2]`), json.RawMessage(`[1, 2]`), "laid out differently"},
		{long, json.RawMessage(`1`), "up to 1.0 MB they are compared"},
		{json.RawMessage("not json"), json.RawMessage(`1`), "-not json"},
	} {
		assert.Contains(t, said(JSON("result", c.a, c.b)), c.says)
	}
}

func TestHowLongTheOtherTookIsReadAtAGlance(t *testing.T) {
	for want, took := range map[string]time.Duration{
		"2.5 times as long": 2500 * time.Millisecond, "0.9 times as long": 900 * time.Millisecond, "18 times as fast": 55 * time.Millisecond,
		"1 200 times as long": 20 * time.Minute, "": 0,
	} {
		assert.Equal(t, want, times(time.Second, took))
	}
}
