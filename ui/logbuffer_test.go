package ui

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// smallBuffer keeps about 80 kB, in files from the first line on.
func smallBuffer(t *testing.T) *LogBuffer {
	t.Helper()
	b := NewLogBuffer(t.TempDir())
	b.most = 80 << 10
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

// fillBuffer appends numbered lines of about 100 bytes.
func fillBuffer(t *testing.T, b *LogBuffer, n int) {
	t.Helper()
	pad := strings.Repeat(".", 80)
	from := b.Len()
	var lines []LogLine
	for i := range n {
		lines = append(lines, LogLine{Text: fmt.Sprintf("%06d %s", from+i, pad)})
	}
	require.NoError(t, b.Append(lines))
}

func TestAFullBufferLetsTheOldestLinesGoAndCountsThem(t *testing.T) {
	b := smallBuffer(t)
	fillBuffer(t, b, 500)
	assert.Zero(t, b.Dropped())
	fillBuffer(t, b, 5000)
	assert.Equal(t, 5500, b.Len())
	gone := b.Dropped()
	assert.InDelta(t, 4700, gone, 200)
	_, ok := b.Line(gone - 1)
	assert.False(t, ok)
	for _, i := range []int{gone, gone + 1, 5499} {
		line, ok := b.Line(i)
		require.True(t, ok)
		assert.Equal(t, fmt.Sprintf("%06d", i), line.Text[:6])
	}
	assert.Greater(t, len(b.chunks), 1)
	for _, c := range b.chunks {
		assert.NotNil(t, c.file, "a buffer of that size is on disk")
	}
}

func TestOneLineLargerThanTheBufferIsKept(t *testing.T) {
	b := smallBuffer(t)
	fillBuffer(t, b, 100)
	require.NoError(t, b.Append([]LogLine{{Text: strings.Repeat("x", 200<<10) + "end"}}))
	line, ok := b.Line(100)
	require.True(t, ok)
	assert.Equal(t, int64(200<<10+3-clipBytes), line.More)
	fillBuffer(t, b, 1)
	assert.Equal(t, 101, b.Dropped())
}

func TestAPausedViewStaysOnItsLinesWhileOlderOnesGo(t *testing.T) {
	b := smallBuffer(t)
	fillBuffer(t, b, 700)
	v := NewLogView(b, time.UTC)
	v.Times = TimeOff
	v.Sync()
	shown(v, 3)
	v.Move(-50)
	require.Equal(t, "000647", shown(v, 3)[0][:6])
	require.NoError(t, v.Search("00064"))
	for step := v.ScanStep(); step != nil; step = v.ScanStep() {
		v.Found(step())
	}
	fillBuffer(t, b, 300)
	v.Sync()
	require.Positive(t, b.Dropped())
	assert.Equal(t, "000647", plainText(shown(v, 3)[0])[:6])
	assert.Contains(t, v.Status(NewTheme(true, false)), fmt.Sprintf("dropped %d oldest", b.Dropped()))
	require.True(t, v.Step(1))
	v.ToggleOnly()
	assert.Equal(t, "000647", plainText(shown(v, 3)[0])[:6])

	fillBuffer(t, b, 5000)
	v.Sync()
	for step := v.ScanStep(); step != nil; step = v.ScanStep() {
		v.Found(step())
	}
	assert.Contains(t, v.Status(NewTheme(true, false)), "no match", "what is gone matches nothing")
	v.ToggleOnly()
	v.Top()
	assert.Equal(t, fmt.Sprintf("%06d", b.Dropped()), plainText(shown(v, 3)[0])[:6])
}

func TestGoingOnWithALongerBufferKeepsThePlace(t *testing.T) {
	part, whole := smallBuffer(t), NewLogBuffer(t.TempDir())
	fillBuffer(t, whole, 500)
	for i := 300; i < 500; i++ {
		line, _ := whole.Line(i)
		require.NoError(t, part.Append([]LogLine{line}))
	}
	for _, only := range []bool{false, true} {
		v := NewLogView(part, time.UTC)
		v.Times = TimeOff
		v.Sync()
		shown(v, 3)
		v.Move(-100)
		before := shown(v, 3)[0]
		if only {
			require.NoError(t, v.Search("/0$|[.]$/"))
			for step := v.ScanStep(); step != nil; step = v.ScanStep() {
				v.Found(step())
			}
			v.ToggleOnly()
			before = plainText(shown(v, 3)[0])
		}
		v.Buffer = NewLogBuffer(t.TempDir()) // Swap closes the buffer before.
		require.NoError(t, v.Swap(whole, 300))
		for step := v.ScanStep(); step != nil; step = v.ScanStep() {
			v.Found(step())
		}
		assert.Equal(t, plainText(before), plainText(shown(v, 3)[0]), "only matches: %v", only)
		v.Top()
		assert.Equal(t, "000000", plainText(shown(v, 3)[0])[:6])
	}
}

func TestABufferIsReadWhileItGrowsAndDrops(t *testing.T) {
	b := smallBuffer(t)
	fillBuffer(t, b, 10)
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				at := b.Len() - 1
				if line, ok := b.Line(at); ok {
					assert.Equal(t, fmt.Sprintf("%06d", at), line.Text[:6])
				}
				b.Match(b.Dropped(), func(_, _, text string) bool { return text == "" })
			}
		})
	}
	for range 200 {
		fillBuffer(t, b, 50)
	}
	close(done)
	readers.Wait()
	assert.Equal(t, 10010, b.Len())
}
