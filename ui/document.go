package ui

import "strings"

// NewDocument shows a text that does not grow: scrolled, searched and wrapped
// like a log, without times. dir is where a large one is kept. It may write to
// the disk, so it is not for the update loop.
func NewDocument(dir, text string) (*LogView, error) {
	var lines []LogLine
	for line := range strings.Lines(text) {
		lines = append(lines, LogLine{Text: strings.TrimRight(line, "\r\n")})
	}
	return staticView(dir, lines)
}

// Fact is one labelled line of a description. A Value of several lines stands
// under itself; a Fact without a label and value is an empty line.
type Fact struct {
	Label, Value string
	Tone         Tone
	// Bars says that Value is a row of bars, the newest at its end.
	Bars bool
}

// NewFacts is NewDocument for a description: labels at the left, values beside
// them.
func NewFacts(dir string, facts []Fact) (*LogView, error) {
	var lines []LogLine
	labels := 0
	for _, f := range facts {
		labels = max(labels, Width(Clean(f.Label)))
		label := f.Label
		for value := range strings.SplitSeq(strings.TrimRight(f.Value, "\n"), "\n") {
			lines = append(lines, LogLine{Source: label, Text: strings.TrimSuffix(value, "\r"), Tone: f.Tone, Bars: f.Bars})
			label = ""
		}
	}
	v, err := staticView(dir, lines)
	if err == nil {
		v.Labels, v.Wrap = labels, true
	}
	return v, err
}

func staticView(dir string, lines []LogLine) (*LogView, error) {
	buffer := NewLogBuffer(dir)
	if err := buffer.Append(lines); err != nil {
		return nil, err
	}
	v := &LogView{Buffer: buffer, Times: TimeOff, Static: true, paused: true, hit: -1, seek: -1}
	v.Sync()
	return v, nil
}

// Take replaces what is shown by newer text of the same kind and keeps the
// place, the search and how it is shown. The old text is forgotten.
func (v *LogView) Take(newer *LogView) error {
	old := v.Buffer
	v.Buffer, v.Labels = newer.Buffer, newer.Labels
	v.Sync()
	v.matches, v.scanned, v.hit, v.laid = nil, 0, -1, nil
	v.newScan()
	v.top = max(0, min(v.top, v.entries()-1))
	return old.Close()
}
