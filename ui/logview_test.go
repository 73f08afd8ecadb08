package ui

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func numbered(from, n int) []LogLine {
	var lines []LogLine
	for i := range n {
		lines = append(lines, LogLine{Time: time.Unix(int64(from+i), 0), Text: fmt.Sprintf("line %d", from+i)})
	}
	return lines
}

func newTestView(t *testing.T, n int) *LogView {
	t.Helper()
	b := NewLogBuffer(t.TempDir())
	require.NoError(t, b.Append(numbered(0, n)))
	v := NewLogView(b, time.UTC)
	v.Times = TimeOff
	v.Sync()
	return v
}

func shown(v *LogView, height int) []string {
	lines := v.View(NewTheme(true, false), 40, height, time.Unix(1000, 0))
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

func TestALogFollowsItsEndUntilItIsMovedUp(t *testing.T) {
	v := newTestView(t, 10)
	assert.Equal(t, []string{"line 7", "line 8", "line 9"}, shown(v, 3))

	v.Move(-2)
	assert.Equal(t, []string{"line 5", "line 6", "line 7"}, shown(v, 3))
	require.NoError(t, v.Buffer.Append(numbered(10, 1204)))
	v.Sync()
	assert.Equal(t, []string{"line 5", "line 6", "line 7"}, shown(v, 3), "a paused view never moves by itself")
	assert.Equal(t, "paused  ⇣ 1 204 new  G resumes", v.Status(NewTheme(true, false)))

	v.End()
	assert.Equal(t, "line 1213", shown(v, 3)[2])
	assert.True(t, v.Following())
}

func TestAViewTurnsWhereNoRowIsLeftOfWhatWasThere(t *testing.T) {
	v := newTestView(t, 10)
	shown(v, 3)
	grow := func(n int) bool {
		require.NoError(t, v.Buffer.Append(numbered(v.Buffer.Len(), n)))
		v.Sync()
		return v.Turned()
	}
	assert.False(t, grow(2))
	assert.True(t, grow(3))
	v.Sync()
	assert.False(t, v.Turned(), "nothing has come")
	v.Move(-1)
	assert.False(t, grow(3), "a paused view stays")
}

func TestReachingTheEndByHandResumes(t *testing.T) {
	v := newTestView(t, 10)
	shown(v, 3)
	v.Move(-1)
	assert.False(t, v.Following())
	v.Move(1)
	assert.True(t, v.Following())
}

func TestSearchMarksStepsAndHides(t *testing.T) {
	v := newTestView(t, 50)
	shown(v, 5)
	require.NoError(t, v.Search(`"line 1"`))
	for step := v.ScanStep(); step != nil; step = v.ScanStep() {
		v.Found(step())
	}
	assert.Contains(t, v.Status(NewTheme(true, false)), "11 match")
	require.True(t, v.Step(-1), "from the end back")
	assert.Contains(t, plainText(strings.Join(shown(v, 5), "|")), "line 19")
	require.True(t, v.Step(-1))
	v.ToggleOnly()
	v.Top()
	assert.Equal(t, "line 1", plainText(shown(v, 5)[0]))
	assert.Equal(t, "line 10", plainText(shown(v, 5)[1]))

	require.Error(t, v.Search("/(/"))
	assert.Equal(t, `"line 1"`, v.Searched(), "the last good search stays")
}

// plainText takes the styles out of a drawn line.
func plainText(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == 0x1b {
			for i < len(s) && s[i] != 'm' {
				i++
			}
			continue
		}
		b.WriteByte(s[i])
	}
	return strings.TrimRight(b.String(), " ")
}

func TestWrappedLinesScrollByRows(t *testing.T) {
	b := NewLogBuffer(t.TempDir())
	require.NoError(t, b.Append([]LogLine{{Text: strings.Repeat("a", 90)}, {Text: "end"}}))
	v := NewLogView(b, time.UTC)
	v.Times = TimeOff
	v.Sync()
	v.ToggleWrap()
	assert.Equal(t, []string{strings.Repeat("a", 10), "end"}, shown(v, 2))
	v.Move(-1)
	assert.Equal(t, []string{strings.Repeat("a", 40), strings.Repeat("a", 10)}, shown(v, 2))
	v.Move(-5)
	assert.Equal(t, []string{strings.Repeat("a", 40), strings.Repeat("a", 40)}, shown(v, 2))
}

func TestALargeLogGoesToAFileThatLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	b := NewLogBuffer(dir)
	long := strings.Repeat("x", 700)
	for i := range 4000 {
		require.NoError(t, b.Append([]LogLine{{Text: fmt.Sprintf("%d %s", i, long), Source: fmt.Sprintf("s%d", i%3)}}))
	}
	require.Equal(t, 4000, b.Len())
	for _, i := range []int{0, 1, 1600, 3999} {
		line, ok := b.Line(i)
		require.True(t, ok)
		assert.Equal(t, fmt.Sprintf("%d %s", i, long), line.Text)
		assert.Equal(t, fmt.Sprintf("s%d", i%3), line.Source)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
	require.NoError(t, b.Close())
}

func TestAHugeLineIsReadOnlyAsFarAsItIsShown(t *testing.T) {
	b := NewLogBuffer(t.TempDir())
	const size = 8 << 20
	require.NoError(t, b.Append([]LogLine{{Text: strings.Repeat("x", size-6) + "needle"}, {Text: "next"}}))
	v := NewLogView(b, time.UTC)
	v.Times = TimeOff
	v.Sync()
	line := shown(v, 2)[0]
	assert.Contains(t, plainText(line), "… +8 323 072 bytes")
	assert.LessOrEqual(t, Width(line), 40)
	got := testing.AllocsPerRun(5, func() { shown(v, 2) })
	assert.Less(t, got, 200.0)

	require.NoError(t, v.Search("needle"))
	for step := v.ScanStep(); step != nil; step = v.ScanStep() {
		v.Found(step())
	}
	assert.True(t, v.Step(1), "the part that is not shown is searched too")
}

func TestHostileLinesStayOneCellPerCell(t *testing.T) {
	for _, text := range hostile {
		b := NewLogBuffer(t.TempDir())
		require.NoError(t, b.Append([]LogLine{{Text: text, Source: text}, {Text: "below"}}))
		for _, wrap := range []bool{false, true} {
			v := NewLogView(b, time.UTC)
			v.ShowSource, v.Wrap = true, wrap
			v.Sync()
			for _, line := range v.View(NewTheme(true, false), 50, 6, time.Unix(0, 0)) {
				requireInert(t, plainText(line))
				assert.LessOrEqual(t, Width(line), 50, "%q", text)
			}
		}
	}
}

func TestAHugeLineIsKeptWithoutBeingCopied(t *testing.T) {
	b := NewLogBuffer(t.TempDir())
	const size = 64 << 20
	lines := []LogLine{{Text: strings.Repeat("x", size)}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, b.Append(lines))
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20))
	line, ok := b.Line(0)
	require.True(t, ok)
	assert.Equal(t, int64(size-clipBytes), line.More)
	require.NoError(t, b.Close())
}

func BenchmarkAMillionLines(b *testing.B) {
	buffer := NewLogBuffer(b.TempDir())
	batch := numbered(0, 1000)
	for range 1000 {
		require.NoError(b, buffer.Append(batch))
	}
	v := NewLogView(buffer, time.UTC)
	v.Sync()
	theme := NewTheme(true, false)
	b.Run("frame", func(b *testing.B) {
		for b.Loop() {
			v.View(theme, 160, 48, time.Unix(0, 0))
		}
	})
	b.Run("search", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, v.Search("999"))
			for step := v.ScanStep(); step != nil; step = v.ScanStep() {
				v.Found(step())
			}
		}
	})
}

func BenchmarkAListOf100000(b *testing.B) {
	var rows testRows
	for i := range 100_000 {
		rows = append(rows, [3]string{fmt.Sprintf("fn-%06d", i), "Ready", "12"})
	}
	table := newTestTable(rows)
	theme := NewTheme(true, false)
	b.Run("frame", func(b *testing.B) {
		for b.Loop() {
			table.Move(1)
			table.View(theme, 160, 50)
		}
	})
	b.Run("snapshot", func(b *testing.B) {
		for b.Loop() {
			table.SetRows(rows, time.Unix(0, 0))
		}
	})
}

func TestALogCountsItsMatchesInWords(t *testing.T) {
	buffer := NewLogBuffer(t.TempDir())
	require.NoError(t, buffer.Append([]LogLine{{Text: "one apple"}, {Text: "two pears"}, {Text: "two plums"}}))
	view := NewLogView(buffer, time.UTC)
	view.Sync()
	for search, want := range map[string]string{"kiwi": "no match  ", "apple": "1 match  ", "two": "2 matches  "} {
		require.NoError(t, view.Search(search))
		assert.Contains(t, view.Status(NewTheme(true, false)), "searching 0%", search)
		for step := view.ScanStep(); step != nil; step = view.ScanStep() {
			view.Found(step())
		}
		assert.Contains(t, view.Status(NewTheme(true, false)), want, search)
	}
}
