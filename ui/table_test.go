package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/ui/ordering"
)

// testRows are rows of id, state and a number.
type testRows [][3]string

func (r testRows) Len() int                  { return len(r) }
func (r testRows) ID(row int) string         { return r[row][0] }
func (r testRows) Cell(row, column int) Cell { return Cell{Text: r[row][column]} }

func (r testRows) Keys(rows []int32, column int) (keys []ordering.Key) {
	for _, row := range rows {
		keys = append(keys, ordering.Key{Text: r[row][column]})
	}
	return keys
}

func (r testRows) Still() Rows { return r }

func newTestTable(rows testRows) *Table {
	t := NewTable([]Column{
		{Title: "NAME", Key: "name", Priority: 1, Min: 8},
		{Title: "STATUS", Key: "status", Priority: 1, Min: 8},
		{Title: "CALLS", Key: "calls", Priority: 3, Min: 6, Align: AlignRight},
	})
	t.SetRows(rows, time.Unix(0, 0))
	t.View(NewTheme(true, false), 60, 6)
	return t
}

func frame(t *Table, width, height int) []string {
	lines := t.View(NewTheme(true, false), width, height)
	for i := range lines {
		lines[i] = plainText(lines[i])
	}
	return lines
}

var someRows = testRows{{"b", "Ready", "20"}, {"a", "Failed", "3"}, {"c", "Ready", "100"}}

func TestTheCursorFollowsItsRowThroughSortAndRefresh(t *testing.T) {
	table := newTestTable(someRows)
	table.Move(2)
	row, ok := table.Cursor()
	require.True(t, ok)
	require.Equal(t, "c", someRows.ID(row))

	table.Sort(0)
	assert.Equal(t, "3/3", table.Position())
	table.Sort(0)
	assert.Equal(t, "1/3", table.Position(), "the same column again turns the order round")
	assert.Contains(t, frame(table, 60, 6)[0], "NAME ↓")

	table.SetRows(testRows{{"x", "Ready", "1"}, {"c", "Failed", "100"}}, time.Unix(0, 0))
	row, ok = table.Cursor()
	require.True(t, ok)
	assert.Equal(t, 1, row)
}

func TestADeletedRowLeavesTheCursorInPlace(t *testing.T) {
	table := newTestTable(someRows)
	table.Move(1)
	table.SetRows(testRows{someRows[0], someRows[2]}, time.Unix(0, 0))
	_, ok := table.Cursor()
	assert.False(t, ok, "an action must not hit the row that moved under the cursor")
	assert.True(t, table.Gone())
	assert.Equal(t, "2/2", table.Position())
	table.Move(-1)
	_, ok = table.Cursor()
	assert.True(t, ok)
}

func TestAFilterThatHidesTheCursorsRowMovesTheCursorToTheRowWithTheMark(t *testing.T) {
	table := newTestTable(someRows)
	table.Move(1)
	require.NoError(t, table.Filter("c"))
	row, ok := table.Cursor()
	require.True(t, ok, "an action must find the row that carries the mark")
	assert.Equal(t, "c", someRows.ID(row))
	assert.Contains(t, frame(table, 60, 6)[1], "› c")

	require.NoError(t, table.Filter(""))
	row, ok = table.Cursor()
	require.True(t, ok)
	assert.Equal(t, "c", someRows.ID(row), "and it stays there when the filter goes")

	require.NoError(t, table.Filter("nothing"))
	require.NoError(t, table.Filter("Ready"))
	_, ok = table.Cursor()
	assert.True(t, ok, "also after a filter that left no row")
	table.SetRows(testRows{someRows[0], someRows[1]}, time.Unix(0, 0))
	table.Move(0)
	table.SetRows(testRows{someRows[1]}, time.Unix(0, 0))
	assert.True(t, table.Gone(), "a row that is deleted is still missed")
}

func TestFilterTermsAreAndedAndABadOneKeepsTheLastResult(t *testing.T) {
	cases := []struct {
		filter string
		want   []string
	}{
		{"", []string{"b", "a", "c"}},
		{"ready", []string{"b", "c"}},
		{"Ready", []string{"b", "c"}},
		{"READY", nil},
		{"!ready", []string{"a"}},
		{"status:ready calls:100", []string{"c"}},
		{"status:!ready", []string{"a"}},
		{"/^[ab]$/", []string{"b", "a"}},
		{"!/^[ab]$/", []string{"c"}},
		{"name:/[bc]/ ready", []string{"b", "c"}},
	}
	for _, c := range cases {
		table := newTestTable(someRows)
		require.NoError(t, table.Filter(c.filter), c.filter)
		var got []string
		table.Visible(func(row int) bool { got = append(got, someRows.ID(row)); return true })
		assert.Equal(t, c.want, got, c.filter)
	}
	table := newTestTable(someRows)
	require.NoError(t, table.Filter("ready"))
	require.ErrorContains(t, table.Filter("/re(/"), "missing closing")
	require.ErrorContains(t, table.Filter("stat:x"), "name, status, calls")
	shown, all := table.Counts()
	assert.Equal(t, [2]int{2, 3}, [2]int{shown, all})
	assert.Equal(t, "ready", table.Filtered())
}

func TestColumnsAreDroppedWholeByPriority(t *testing.T) {
	rows := testRows{{"ingest-pi-long-name", "Deploying", "123456"}}
	table := newTestTable(rows)
	assert.Contains(t, frame(table, 60, 3)[0], "CALLS")
	assert.NotContains(t, frame(table, 24, 3)[0], "CALLS")
	assert.Contains(t, frame(table, 24, 3)[1], "ingest")
	for width := range 80 {
		for _, line := range table.View(NewTheme(true, false), width, 3) {
			assert.LessOrEqual(t, Width(line), width)
		}
	}
}

func TestColumnsDoNotShrinkWhileDataChange(t *testing.T) {
	table := newTestTable(testRows{{"a-rather-long-name", "Ready", "1"}})
	before := strings.Index(frame(table, 60, 3)[0], "STATUS")
	table.SetRows(testRows{{"short", "Ready", "1"}}, time.Unix(0, 0))
	assert.Equal(t, before, strings.Index(frame(table, 60, 3)[0], "STATUS"))
}

func TestAChangedCellFlashesOnceAndATimeColumnNever(t *testing.T) {
	table := newTestTable(someRows)
	table.Columns[2].Volatile = true
	now := time.Unix(100, 0)
	table.SetRows(testRows{{"b", "Failed", "20"}, {"a", "Failed", "4"}}, now)
	assert.Equal(t, map[string]uint64{"b": 1 << 1}, table.flashes)
	table.EndFlash(now.Add(flashFor))
	assert.Zero(t, table.FlashUntil())
}

func TestDrawingCostsWhatIsShownNotWhatThereIs(t *testing.T) {
	var small, large testRows
	for i := range 100_000 {
		row := [3]string{fmt.Sprintf("fn-%06d", i), "Ready", "12"}
		if i < 60 {
			small = append(small, row)
		}
		large = append(large, row)
	}
	count := func(rows testRows) float64 {
		table := newTestTable(rows)
		theme := NewTheme(true, false)
		table.MoveTo(len(rows) / 2)
		return testing.AllocsPerRun(5, func() { table.View(theme, 160, 50) })
	}
	assert.InDelta(t, count(small), count(large), 50)
}

func TestManyRowsAreFilteredInTheBackgroundAndLateResultsAreDropped(t *testing.T) {
	var many testRows
	for i := range backgroundRows + 1 {
		many = append(many, [3]string{fmt.Sprintf("fn-%06d", i), "Ready", "12"})
	}
	table := newTestTable(many)
	require.Nil(t, table.Job(), "all rows in their own order need no job")
	table.MoveTo(7)

	require.NoError(t, table.Filter("fn-00000"))
	early := table.Job()
	require.NotNil(t, early)
	shown, _ := table.Counts()
	assert.Equal(t, len(many), shown, "until it is done everything stays as it was")
	require.NoError(t, table.Filter("fn-00000 !3"))
	job := table.Job()
	table.Take(early())
	assert.True(t, table.Busy(), "an overtaken result is dropped")
	table.Take(job())
	shown, _ = table.Counts()
	assert.Equal(t, 9, shown)
	assert.Contains(t, frame(table, 60, 12)[7], "› fn-000007")

	table.Sort(0)
	table.Sort(0)
	assert.Nil(t, table.Job(), "the few rows that are shown are sorted at once")
	assert.Contains(t, frame(table, 60, 12)[1], "fn-000009")
	require.NoError(t, table.Filter("fn-000009 !3"))
	assert.Nil(t, table.Job(), "a longer text is looked for in what is shown")
	shown, _ = table.Counts()
	assert.Equal(t, 1, shown)
	require.NoError(t, table.Filter("fn-00000 !3"))
	table.Take(table.Job()())
	shown, _ = table.Counts()
	assert.Equal(t, 9, shown, "a shorter text is looked for in all rows")
	assert.Contains(t, frame(table, 60, 12)[1], "fn-000009", "the order stays")

	newer := append(testRows{{"fn-000000", "Failed", "1"}}, many[1:]...)
	table.SetRows(newer, time.Unix(5, 0))
	assert.NotContains(t, strings.Join(frame(table, 60, 12), "\n"), "Failed")
	table.Take(table.Job()())
	assert.Contains(t, strings.Join(frame(table, 60, 12), "\n"), "Failed")
	assert.NotZero(t, table.FlashUntil())
}

func TestALineThatIsTheSameIsDrawnOnce(t *testing.T) {
	table, theme := newTestTable(someRows), NewTheme(true, false)
	lines := func() []string { return table.View(theme, 60, 6) }
	anew := func() []string {
		table.drawn = drawing{}
		return lines()
	}
	for what, change := range map[string]func(){
		"the cursor moves":   func() { table.Move(1) },
		"a row is marked":    func() { table.Mark() },
		"a cell changes":     func() { table.SetRows(testRows{{"b", "Failed", "20"}, {"a", "Failed", "3"}}, time.Unix(1, 0)) },
		"a flash ends":       func() { table.EndFlash(time.Unix(9, 0)) },
		"the theme changes":  func() { theme = NewTheme(false, true) },
		"the order changes":  func() { table.Sort(1) },
		"all columns appear": func() { table.Wide = true },
	} {
		lines()
		change()
		assert.Equal(t, lines(), anew(), what)
	}
}

func TestALongerFilterFindsNoRowThatAShorterOneDidNot(t *testing.T) {
	columns := []string{"name", "status"}
	for _, c := range []struct {
		wider, filter string
		narrows       bool
	}{
		{"", "a", true},
		{"a", "", false},
		{"a", "ab", true},
		{"ab", "a", false},
		{"a", "A", true},
		{"A", "a", false},
		{"A", "Ab", true},
		{"a", "a b", true},
		{"a b", "a", false},
		{"!a", "!ab", false},
		{"!a", "!a b", true},
		{"name:a", "name:ab", true},
		{"name:a", "status:ab", false},
		{"/a./", "/a./ b", true},
		{"/a./", "/a.b/", false},
		{"a", "/ab/", false},
	} {
		wider, err := ParseFilter(c.wider, columns)
		require.NoError(t, err)
		filter, err := ParseFilter(c.filter, columns)
		require.NoError(t, err)
		assert.Equal(t, c.narrows, filter.narrows(wider), "%q after %q", c.filter, c.wider)
	}
}

func TestTheCursorGoesToAnAwaitedRowWhenItAppearsUnlessItWasMoved(t *testing.T) {
	at := func(table *Table) string {
		row, ok := table.Cursor()
		require.True(t, ok)
		return table.Rows().ID(row)
	}
	more := append(testRows{{"new", "Queued", "0"}}, someRows...)
	table := newTestTable(someRows)
	table.Select("new")
	assert.Equal(t, "b", at(table), "it stays until the row is there")
	assert.False(t, table.Gone())
	table.SetRows(more, time.Unix(0, 0))
	assert.Equal(t, "new", at(table))

	table = newTestTable(someRows)
	table.Select("new")
	table.Move(1)
	table.SetRows(more, time.Unix(0, 0))
	assert.Equal(t, "a", at(table), "the hand on the cursor wins")
}
