package wire

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"fndeck/client"
)

// AppendLines appends a line of GET logs, with its newline, as encoding/json
// writes it without escapes for HTML.
func AppendLines(b []byte, batch Lines) ([]byte, error) {
	start := len(b)
	b = append(b, '{')
	for i, line := range batch.Lines {
		before := ","
		if i == 0 {
			before = `"lines":[`
		}
		var err error
		if b, err = appendLine(append(b, before...), line); err != nil {
			return b[:start], err
		}
	}
	if len(batch.Lines) > 0 {
		b = append(b, ']')
	}
	if batch.Ended {
		if len(batch.Lines) > 0 {
			b = append(b, ',')
		}
		b = append(b, `"ended":true`...)
	}
	return append(b, "}\n"...), nil
}

func appendLine(b []byte, line client.LogLine) (_ []byte, err error) {
	b = append(b, '{')
	if line.Position != 0 {
		b = append(strconv.AppendInt(append(b, `"position":`...), line.Position, 10), ',')
	}
	if !line.Time.IsZero() {
		// A year of five digits is refused here as it is there.
		if b, err = line.Time.AppendText(append(b, `"time":"`...)); err != nil {
			return b, err
		}
		b = append(b, `",`...)
	}
	if line.Stream != "" {
		b = append(appendString(append(b, `"stream":`...), line.Stream), ',')
	}
	b = appendString(append(b, `"text":`...), line.Text)
	for _, field := range [...]struct{ name, value string }{
		{`,"callId":`, line.CallID}, {`,"functionId":`, line.FunctionID}, {`,"functionName":`, line.FunctionName},
	} {
		if field.value != "" {
			b = appendString(append(b, field.name...), field.value)
		}
	}
	return append(b, '}'), nil
}

// appendString quotes a string.
func appendString(b []byte, text string) []byte {
	start := len(b)
	b = append(b, '"')
	from, ascii := 0, true
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			ascii = ascii && c < utf8.RuneSelf
			continue
		}
		b = append(b, text[from:i]...)
		from = i + 1
		if at := strings.IndexByte(simpleMeanings, c); at >= 0 {
			b = append(b, '\\', simpleEscapes[at])
			continue
		}
		b = append(b, `\u00`...)
		b = append(b, hexDigits[c>>4], hexDigits[c&0xf])
	}
	b = append(append(b, text[from:]...), '"')
	if ascii || utf8.ValidString(text) && !strings.ContainsAny(text, lineSeparators) {
		return b
	}
	return appendAnyString(b[:start], text)
}

// lineSeparators are line ends to JavaScript, and escaped for it.
const lineSeparators = "\u2028\u2029"

func appendAnyString(b []byte, text string) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // A string can always be encoded, and a buffer written to.
	return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}
