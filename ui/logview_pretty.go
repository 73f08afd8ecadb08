package ui

import (
	"bytes"
	"encoding/json"
	"strings"
)

const (
	// laidOutRows bounds the rows that are kept of lines that were laid out.
	laidOutRows = 20_000
	// deepest is how many cells a row of JSON is indented at most: a line may
	// open thousands of brackets.
	deepest = 24
)

// TogglePretty lays lines that are a JSON object or array out over several rows,
// or shows every line as it came. The line at the top stays at the top.
func (v *LogView) TogglePretty() { v.Pretty, v.sub = !v.Pretty, 0 }

// layout is a line's cleaned text in rows: one, or several when wrapping or when
// it is JSON that is laid out.
func (v *LogView) layout(at int, line LogLine) []string {
	rows := v.laidOut(at, line)
	if rows == nil {
		rows = []string{v.text(line)}
	}
	if !v.Wrap {
		return rows
	}
	if room := v.textWidth(); line.Bars {
		return []string{Cut(rows[0], max(0, Width(rows[0])-room), room)}
	}
	wrap := Wrap
	if v.Labels > 0 {
		wrap = WrapWords // What is described in words is read in words.
	}
	var wrapped []string
	for _, row := range rows {
		wrapped = append(wrapped, wrap(row, v.textWidth())...)
	}
	return wrapped
}

// laidOut is a line of JSON in rows; nil for other lines, and for one that is
// too long for the screen. A frame asks for a line more than once, so the
// answers are kept for a while.
func (v *LogView) laidOut(at int, line LogLine) []string {
	if !v.Pretty || line.More > 0 || !opensJSON(line.Text) {
		return nil
	}
	if rows, known := v.laid[at]; known {
		return rows
	}
	rows := indentJSON(line.Text)
	if v.laidRows += len(rows) + 1; v.laid == nil || v.laidRows > laidOutRows {
		v.laid, v.laidRows = map[int][]string{}, len(rows)+1
	}
	v.laid[at] = rows
	return rows
}

func opensJSON(text string) bool {
	text = strings.TrimLeft(text, " \t")
	return text != "" && (text[0] == '{' || text[0] == '[')
}

// indentJSON gives every member and element a row; nil if it is not JSON.
func indentJSON(text string) []string {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(strings.TrimSpace(text)), "", ""); err != nil {
		return nil // The line is shown as it came.
	}
	const by = 2
	depth := 0
	var rows []string
	for row := range strings.SplitSeq(b.String(), "\n") {
		if row[0] == '}' || row[0] == ']' {
			depth--
		}
		rows = append(rows, strings.Repeat(" ", min(deepest, by*depth))+Clean(row))
		// A string cannot end a row with a bracket: its quote does.
		if last := row[len(row)-1]; last == '{' || last == '[' {
			depth++
		}
	}
	return rows
}
