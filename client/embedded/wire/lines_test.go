package wire

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// written are batches as an engine may send them.
func written() []Lines {
	at := time.Date(2026, 2, 28, 23, 59, 59, 123456000, time.UTC)
	return []Lines{
		{},
		{Ended: true},
		{Lines: []client.LogLine{{}}},
		{Lines: []client.LogLine{{Position: 1, Time: at, Stream: "stdout", Text: "rows=12 <ok> & done", CallID: "7", FunctionID: "3", FunctionName: "ingest"}}},
		{Ended: true, Lines: []client.LogLine{
			{Position: 2, Time: at.Add(time.Microsecond), Stream: "stderr", Text: "\x1b[31m\"quoted\" \\ \t\b\f\r\n/ \x7f"},
			{Position: 3, Time: at.Truncate(time.Second), Stream: "mark", Text: "åsted – 日本 \u2028 🙂"},
			{Position: 4, Time: at.Add(time.Hour), Stream: "build", Text: "half a rune \xe6\x97, and \\u0041"},
			{Position: 1<<63 - 1, Time: time.Date(9999, 1, 1, 0, 0, 0, 1, time.FixedZone("", 3600)), Text: "\x00"},
		}},
	}
}

func byJSON(t *testing.T, batch Lines) []byte {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(batch))
	return out.Bytes()
}

func TestABatchOfLogLinesIsWrittenAsBefore(t *testing.T) {
	for _, batch := range written() {
		ours, err := AppendLines([]byte("kept"), batch)
		require.NoError(t, err)
		assert.Equal(t, "kept"+string(byJSON(t, batch)), string(ours))
	}
	_, err := AppendLines(nil, Lines{Lines: []client.LogLine{{Time: time.Date(12_345, 1, 1, 0, 0, 0, 0, time.UTC)}}})
	assert.Error(t, err, "such a year cannot be read back")
}

func TestWhatAnEngineWritesIsReadWithoutTheSlowWay(t *testing.T) {
	d := linesDecoder{text: string(bytes.TrimSpace(byJSON(t, written()[3])))}
	batch, ok := d.batch()
	assert.True(t, ok)
	assert.Equal(t, written()[3], batch)
}

func TestBriefLinesAreFullAgainWhoeverTheyAreOf(t *testing.T) {
	of := func(calls ...string) Lines {
		var all []client.LogLine
		for _, call := range calls {
			line := client.LogLine{CallID: call, Text: "printed"}
			if call != "" {
				line.FunctionID, line.FunctionName = "f"+call, "name"+call
			}
			all = append(all, line)
		}
		return Lines{Lines: all}
	}
	for _, calls := range [][]string{nil, {"1"}, {"1", "1", "1"}, {"1", "2", "2", "1", "1"}, {"", ""}} {
		lines := of(calls...)
		lines.Full()
		require.Equal(t, of(calls...), lines, "what an engine sent that knows nothing of brief lines")
		lines.Brief()
		lines.Full()
		require.Equal(t, of(calls...), lines)
	}
}

// FuzzLinesAreReadAsJSON compares what is read with what encoding/json reads.
func FuzzLinesAreReadAsJSON(f *testing.F) {
	for _, batch := range written() {
		ours, err := AppendLines(nil, batch)
		require.NoError(f, err)
		f.Add(bytes.TrimSuffix(ours, []byte("\n")))
	}
	for _, other := range []string{
		``, `{`, `null`, `{}x`, `{"lines":[]}`, `{"lines":null}`, `{"lines":[{}]}`, `{"lines":[{"text":"a"},]}`, `{"lines":[{"text":"a"}],"ended":false}`,
		`{"ended":true,"lines":[{"text":"a"}]}`, `{"LINES":[{"Text":"a"}]}`, `{"lines":[{"text":"a","text":"b"}]}`, `{"lines":[{"text":"\ud83d\ude42 \ud83d \u00e5"}]}`,
		`{"lines":[{"text":"\x"}]}`, `{"lines":[{"text":"\"}]}`, `{"lines":[{"text":"\u00"}]}`, `{"lines":[{"text":"\u001B\u0000\u007f"}]}`,
		`{"lines":[{"position":01,"text":""}]}`, `{"lines":[{"position":0,"text":""}]}`, `{"lines":[{"position":-5,"text":""}]}`, `{"lines":[{"position":1e3,"text":""}]}`,
		`{"lines":[{"position":9999999999999999999,"text":""}]}`, `{"lines":[{"position":1.5,"text":""}]}`, `{"lines":[{"position":1,"other":2,"text":""}]}`,
		`{"lines":[{"time":"2026-02-29T00:00:00Z","text":""}]}`, `{"lines":[{"time":"2026-02-28T24:00:00Z","text":""}]}`, `{"lines":[{"time":"2026-02-28T23:59:60Z","text":""}]}`,
		`{"lines":[{"time":"2026-02-28T23:59:59,5Z","text":""}]}`, `{"lines":[{"time":"2026-02-28T23:59:59.Z","text":""}]}`, `{"lines":[{"time":"0000-01-01T00:00:00.1234567891Z","text":""}]}`,
		`{"lines":[{"time":"2026-02-28T23:59:59+01:00","text":""}]}`, `{"lines":[{"time":"0001-01-01T00:00:00Z","text":""}]}`, `{"lines":[{"time":null,"text":null}]}`,
	} {
		f.Add([]byte(other))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var wanted Lines
		refused := json.Unmarshal(data, &wanted)
		batch, err := DecodeLines(data)
		if refused != nil {
			require.EqualError(t, err, refused.Error())
			return
		}
		require.NoError(t, err)
		require.Equal(t, wanted, batch)
	})
}

// FuzzLinesAreWrittenAsJSON compares what is written with what encoding/json writes.
func FuzzLinesAreWrittenAsJSON(f *testing.F) {
	for _, batch := range written() {
		for _, l := range batch.Lines {
			f.Add(l.Position, l.Time.UnixNano(), l.Stream, l.Text, l.FunctionName, batch.Ended)
		}
	}
	f.Fuzz(func(t *testing.T, position, nanos int64, stream, text, name string, ended bool) {
		at := time.Unix(0, nanos).UTC()
		batch := Lines{Ended: ended, Lines: []client.LogLine{
			{Position: position, Time: at, Stream: stream, Text: text}, {Text: name, CallID: stream, FunctionID: text, FunctionName: name},
		}}
		ours, err := AppendLines(nil, batch)
		require.NoError(t, err)
		require.Equal(t, string(byJSON(t, batch)), string(ours))
	})
}
