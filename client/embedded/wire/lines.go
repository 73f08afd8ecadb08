package wire

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"fndeck/client"
)

// DecodeLines reads one line of GET logs. It gives what encoding/json would, value
// or error, but reads the form in which an engine writes it several times faster:
// of a long log nothing else costs as much. Whatever has another form is left to
// encoding/json. The strings of the lines share one piece of memory.
func DecodeLines(data []byte) (Lines, error) {
	d := linesDecoder{text: string(data)}
	if batch, ok := d.batch(); ok {
		return batch, nil
	}
	var batch Lines
	err := json.Unmarshal(data, &batch)
	return batch, err
}

// linesDecoder goes through a line of GET logs from its beginning. Each of its
// methods reports whether it found what an engine writes there.
type linesDecoder struct {
	text string
	at   int
	// second is the time of the last line without its fraction, as it was written
	// and as it was read: most lines come in the same second as the one before.
	second string
	read   time.Time
}

const (
	// leastLine is about the length of a log line without text, mostLines how many
	// come in a line of the answer.
	leastLine = 128
	mostLines = 1000
)

func (d *linesDecoder) batch() (batch Lines, ok bool) {
	if !d.take(`{`) {
		return batch, false
	}
	if d.take(`"lines":[`) {
		batch.Lines = make([]client.LogLine, 0, min(mostLines, len(d.text)/leastLine+1))
		for {
			line, ok := d.line()
			if !ok {
				return batch, false
			}
			batch.Lines = append(batch.Lines, line)
			if !d.take(`,`) {
				break
			}
		}
		if !d.take(`]`) {
			return batch, false
		}
		batch.Ended = d.take(`,"ended":true`)
	} else {
		batch.Ended = d.take(`"ended":true`)
	}
	return batch, d.take(`}`) && d.at == len(d.text)
}

// line reads one log line, whose fields come in the order of the type.
func (d *linesDecoder) line() (line client.LogLine, ok bool) {
	ok = d.take(`{`)
	if ok && d.take(`"position":`) {
		line.Position, ok = d.number()
		ok = ok && d.take(`,`)
	}
	if ok && d.take(`"time":`) {
		line.Time, ok = d.time()
		ok = ok && d.take(`,`)
	}
	if ok && d.take(`"stream":`) {
		line.Stream, ok = d.string()
		ok = ok && d.take(`,`)
	}
	if ok = ok && d.take(`"text":`); ok {
		line.Text, ok = d.string()
	}
	if ok && d.take(`,"callId":`) {
		line.CallID, ok = d.string()
	}
	if ok && d.take(`,"functionId":`) {
		line.FunctionID, ok = d.string()
	}
	if ok && d.take(`,"functionName":`) {
		line.FunctionName, ok = d.string()
	}
	return line, ok && d.take(`}`)
}

// take goes behind what stands next if it is this.
func (d *linesDecoder) take(next string) bool {
	if !strings.HasPrefix(d.text[d.at:], next) {
		return false
	}
	d.at += len(next)
	return true
}

// number reads a number of at most 18 digits, which no int64 is too small for.
func (d *linesDecoder) number() (n int64, ok bool) {
	const most = 18
	from := d.at
	for d.at < len(d.text) && d.text[d.at] >= '0' && d.text[d.at] <= '9' && d.at-from < most {
		n = n*10 + int64(d.text[d.at]-'0')
		d.at++
	}
	return n, d.at > from && (d.text[from] != '0' || d.at == from+1)
}

// The form of a time: a second, a fraction of up to nine digits, and UTC.
const (
	secondForm   = "2006-01-02T15:04:05"
	secondDigits = "dddd-dd-ddTdd:dd:dd"
	mostFraction = 9
)

func (d *linesDecoder) time() (time.Time, bool) {
	if !d.take(`"`) || len(d.text)-d.at < len(secondForm) {
		return time.Time{}, false
	}
	second := d.text[d.at : d.at+len(secondForm)]
	if second != d.second {
		for i, form := range []byte(secondDigits) {
			if c := second[i]; c != form && (form != 'd' || c < '0' || c > '9') {
				return time.Time{}, false
			}
		}
		read, err := time.Parse(secondForm, second)
		if err != nil {
			return time.Time{}, false
		}
		d.second, d.read = second, read
	}
	d.at += len(secondForm)
	nanos := time.Duration(0)
	if d.take(`.`) {
		unit := time.Second / 10
		from := d.at
		for d.at < len(d.text) && d.text[d.at] >= '0' && d.text[d.at] <= '9' && d.at-from < mostFraction {
			nanos += unit * time.Duration(d.text[d.at]-'0')
			unit /= 10
			d.at++
		}
		if d.at == from {
			return time.Time{}, false
		}
	}
	return d.read.Add(nanos), d.take(`Z"`)
}

// string reads a string. One that holds a backslash or bytes that are no UTF-8 is
// read apart.
func (d *linesDecoder) string() (string, bool) {
	if !d.take(`"`) {
		return "", false
	}
	from, plain := d.at, true
	for d.at < len(d.text) {
		switch c := d.text[d.at]; {
		case c == '"':
			text := d.text[from:d.at]
			d.at++
			if plain || utf8.ValidString(text) && strings.IndexByte(text, '\\') < 0 {
				return text, true
			}
			return unquote(d.text[from-1 : d.at])
		case c < ' ':
			return "", false
		case c == '\\':
			plain = false
			d.at++
		case c >= utf8.RuneSelf:
			plain = false
		}
		d.at++
	}
	return "", false
}

// simpleEscapes are those of one character; at the same place stands what each
// means.
const (
	simpleEscapes  = `"\/bfnrt`
	simpleMeanings = "\"\\/\b\f\n\r\t"
)

// unquote reads a string with escapes: those that are common in logs by itself.
func unquote(quoted string) (string, bool) {
	inside := quoted[1 : len(quoted)-1]
	var b strings.Builder
	b.Grow(len(inside))
	for inside != "" {
		at := strings.IndexByte(inside, '\\')
		if at < 0 {
			b.WriteString(inside)
			break
		}
		b.WriteString(inside[:at])
		inside = inside[at+1:]
		if i := strings.IndexByte(simpleEscapes, inside[0]); i >= 0 {
			b.WriteByte(simpleMeanings[i])
			inside = inside[1:]
			continue
		}
		r, ok := lowRune(inside)
		if !ok {
			return unquoteAny(quoted)
		}
		b.WriteByte(r)
		inside = inside[len("u0000"):]
	}
	if text := b.String(); utf8.ValidString(text) {
		return text, true
	}
	return unquoteAny(quoted)
}

const hexDigits = "0123456789abcdef"

// lowRune reads uXXXX of an ASCII character, as an escape character has it.
func lowRune(escape string) (byte, bool) {
	const prefix = "u00"
	if len(escape) < len("u0000") || !strings.HasPrefix(escape, prefix) || escape[3] < '0' || escape[3] > '7' {
		return 0, false
	}
	low := strings.IndexByte(hexDigits, escape[4])
	return (escape[3]-'0')<<4 | byte(low), low >= 0
}

func unquoteAny(quoted string) (text string, ok bool) {
	err := json.Unmarshal([]byte(quoted), &text)
	return text, err == nil
}
