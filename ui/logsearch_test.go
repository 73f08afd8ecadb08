package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzASearchOfManyLinesFindsWhatOneOfEachDoes compares the lines that are found
// together with those that match one by one.
func FuzzASearchOfManyLinesFindsWhatOneOfEachDoes(f *testing.F) {
	text := "Needle\nneedl\ne haystack\n10 \u212aELVIN kelvin\nM\u0130LAN milan\nneeneedle NEEDLE\n\nåsted ÅSTED\x00\xff"
	for _, search := range []string{"needle", "Needle", "ne", "e", "kelvin", "milan", "x", "!needle", "needle !nee", "needle hay", "åsted", "/nee+/", "-f nel", "12", `"needl e"`, "source:s3", "level:error"} {
		f.Add(search, text)
	}
	f.Fuzz(func(t *testing.T, search, text string) {
		filter, err := parseLineFilter(search)
		if err != nil || filter == nil {
			return // no valid search
		}
		b := NewLogBuffer(t.TempDir())
		defer func() { assert.NoError(t, b.Close()) }()
		var lines []LogLine
		var wanted []int
		for i, line := range strings.Split(text, "\n") {
			lines = append(lines, LogLine{Text: line, Source: fmt.Sprint("s", i), Time: time.Unix(0, 0x6e6565646c65)})
			if filter.matchLine(fmt.Sprint("s", i), line, line) {
				wanted = append(wanted, i)
			}
		}
		require.NoError(t, b.Append(lines))
		found, next := b.search(0, filter.search())
		assert.Equal(t, len(lines), next)
		assert.Equal(t, wanted, found)
	})
}

func TestAReplacedSearchStopsWithinItsStep(t *testing.T) {
	b := NewLogBuffer(t.TempDir())
	defer func() { assert.NoError(t, b.Close()) }()
	line := LogLine{Text: strings.Repeat("x", 1000)}
	for range 8 {
		require.NoError(t, b.Append(repeated(line, 1000)))
	}
	v := NewLogView(b, time.UTC)
	v.Sync()
	require.NoError(t, v.Search("x"))
	step := v.ScanStep()
	assert.Nil(t, v.ScanStep(), "one step at a time")
	require.NoError(t, v.Search("y"))
	found := step()
	assert.Less(t, found.next, 2000, "it ends at its next piece")
	v.Found(found)
	for step := v.ScanStep(); step != nil; step = v.ScanStep() {
		v.Found(step())
	}
	assert.Equal(t, b.Len(), v.scanned)
	assert.Empty(t, v.matches)
}

func repeated(line LogLine, n int) (lines []LogLine) {
	for range n {
		lines = append(lines, line)
	}
	return lines
}
