// Package compare says how two calls differ.
package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	udiff "github.com/aymanbagabas/go-udiff"

	"fndeck/client"
	"fndeck/client/jsondata"
	"fndeck/ui"
)

// maxCompared is up to what size, in bytes, two texts are compared line by line:
// the time that takes grows with what differs.
const maxCompared = 1 << 20

// Calls lists what is told of two calls, side by side, and how far apart they are.
func Calls(a, b client.Call) []ui.Fact {
	facts := []ui.Fact{{Label: "", Value: fmt.Sprintf("%s  →  %s", a.ID, b.ID), Tone: ui.ToneDim}}
	add := func(label, left, right, apart string) {
		fact := ui.Fact{Label: label, Value: left}
		if left != right {
			fact.Value, fact.Tone = left+"  →  "+right, ui.ToneAccent
			if apart != "" {
				fact.Value += "   " + apart
			}
		}
		facts = append(facts, fact)
	}
	add("function", a.FunctionName, b.FunctionName, "")
	add("status", string(a.Status), string(b.Status), "")
	add("duration", ui.Duration(a.Duration), ui.Duration(b.Duration), times(a.Duration, b.Duration))
	add("version", version(a), version(b), "")
	add("started", utc(a.Started), utc(b.Started), ui.Duration(b.Started.Sub(a.Started).Abs())+" apart")
	add("log lines", lines(a), lines(b), "")
	add("memory", told(a.MaxRSSBytes, ui.Bytes), told(b.MaxRSSBytes, ui.Bytes), "")
	add("cpu", told(a.CPUTime, ui.Duration), told(b.CPUTime, ui.Duration), "")
	add("error", message(a), message(b), "")
	return facts
}

// told writes a value, of which 0 means that it is not known.
func told[N ~int64](n N, write func(N) string) string {
	if n == 0 {
		return "not told"
	}
	return write(n)
}

func lines(c client.Call) string {
	if c.LogLines < 0 {
		return "not told"
	}
	return ui.Grouped(c.LogLines)
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func version(c client.Call) string {
	if c.Version == 0 {
		return "not told"
	}
	return fmt.Sprintf("v%d", c.Version)
}

func message(c client.Call) string {
	if c.Error == nil {
		return "none"
	}
	line, _, _ := strings.Cut(c.Error.Message, "\n")
	return line
}

// times says how many times as long, or as fast, b took.
func times(a, b time.Duration) string {
	if a <= 0 || b <= 0 {
		return ""
	}
	const clearly = 0.5
	ratio := float64(b) / float64(a)
	if ratio < clearly {
		return ui.Rate(1/ratio) + " times as fast"
	}
	return ui.Rate(ratio) + " times as long"
}

// JSON lists the lines in which two documents differ, laid out alike, with some
// lines around them; what says what they are.
func JSON(what string, a, b json.RawMessage) []ui.Fact {
	say := func(format string, args ...any) []ui.Fact {
		return []ui.Fact{{Value: fmt.Sprintf(format, args...), Tone: ui.ToneDim}}
	}
	switch {
	case len(a) == 0 && len(b) == 0:
		return say("Neither call has a %s.", what)
	case bytes.Equal(a, b):
		return say("Both have the same %s, %s.", what, ui.Bytes(int64(len(a))))
	case len(a) > maxCompared || len(b) > maxCompared:
		return say("They have a different %s, of %s and %s; up to %s they are compared line by line.",
			what, ui.Bytes(int64(len(a))), ui.Bytes(int64(len(b))), ui.Bytes(maxCompared))
	}
	left, right := laidOut(a), laidOut(b)
	if left == right {
		return say("Both have the same %s, laid out differently.", what)
	}
	var facts []ui.Fact
	for line := range strings.Lines(udiff.Unified("first", "second", left, right)) {
		line = strings.TrimRight(line, "\n")
		fact := ui.Fact{Value: line}
		switch {
		case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"):
			continue
		case strings.HasPrefix(line, "@@"):
			fact.Tone = ui.ToneDim
		case strings.HasPrefix(line, "-"):
			fact.Tone = ui.ToneBad
		case strings.HasPrefix(line, "+"):
			fact.Tone = ui.ToneOK
		}
		facts = append(facts, fact)
	}
	return facts
}

// Same reports whether two documents say the same, however they are laid out.
func Same(a, b json.RawMessage) bool { return bytes.Equal(a, b) || laidOut(a) == laidOut(b) }

// laidOut is a document with a line for each value; what is not JSON stays as it is.
func laidOut(raw json.RawMessage) string {
	tidy, err := jsondata.Tidy(raw)
	if err != nil {
		tidy = raw
	}
	return strings.TrimRight(string(tidy), "\n") + "\n"
}
