package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func searchAll(t *testing.T, v *LogView, text string) {
	t.Helper()
	require.NoError(t, v.Search(text))
	for step := v.ScanStep(); step != nil; step = v.ScanStep() {
		v.Found(step())
	}
}

func foot(v *LogView) string { return v.Status(NewTheme(true, false)) }

func TestSinceHidesTheLinesBeforeATime(t *testing.T) {
	v := newTestView(t, 100)
	shown(v, 5)
	v.Since(time.Unix(90, 0), "5m")
	assert.Equal(t, "since 5m  10 lines, following", foot(v))
	assert.Equal(t, "line 99", shown(v, 5)[4])
	v.Top()
	assert.Equal(t, "line 90", shown(v, 5)[0])
	v.Move(-1)
	assert.Equal(t, "line 90", shown(v, 5)[0])

	searchAll(t, v, "line")
	assert.Contains(t, foot(v), "10 matches")
	v.ToggleOnly()
	assert.Equal(t, []string{"line 90", "line 91"}, plainTexts(shown(v, 2)))
	require.True(t, v.Step(-1))
	assert.False(t, v.Step(-1), "what is hidden is not stepped to")

	v.Since(time.Time{}, "")
	v.Top()
	assert.Equal(t, "line 0", plainText(shown(v, 5)[0]))
}

func TestLinesThatComeLateStillCountAsOldForSince(t *testing.T) {
	v := newTestView(t, 10)
	v.Since(time.Unix(15, 0), "10:30")
	assert.Equal(t, []string{"No lines since 00:00:15.", ""}, plainTexts(shown(v, 2)))
	require.NoError(t, v.Buffer.Append(numbered(10, 10)))
	v.Sync()
	v.Top()
	assert.Equal(t, "line 15", shown(v, 2)[0])
}

func TestLinesWithoutATimeGoWithTheOneBeforeThem(t *testing.T) {
	b := NewLogBuffer(t.TempDir())
	require.NoError(t, b.Append([]LogLine{
		{Time: time.Unix(1, 0), Text: "old"},
		{Text: "  its trace"},
		{Time: time.Unix(9, 0), Text: "new"},
		{Text: "  and its"},
	}))
	v := NewLogView(b, time.UTC)
	v.Times = TimeOff
	v.Sync()
	v.Since(time.Unix(5, 0), "5m")
	assert.Equal(t, []string{"new", "  and its", ""}, shown(v, 3))
}

func TestWhatIsHiddenIsCountedAndComesBack(t *testing.T) {
	v := newTestView(t, 1204)
	shown(v, 3)
	v.Move(-100)
	v.ToggleHidden()
	assert.Equal(t, "1 204 hidden  0 lines, following", foot(v))
	require.NoError(t, v.Buffer.Append(numbered(1204, 2)))
	v.Sync()
	assert.Equal(t, []string{"line 1204", "line 1205", ""}, shown(v, 3))
	v.ToggleHidden()
	assert.Equal(t, "line 1205", shown(v, 3)[2])
	v.Top()
	assert.Equal(t, "line 0", shown(v, 3)[0])
}

func TestAMarkStandsWhereTheLogEndedAndScrollsWithIt(t *testing.T) {
	v := newTestView(t, 3)
	v.PutMark(time.Unix(3600, 0))
	assert.Equal(t, []string{"line 2", "── 01:00:00 " + strings.Repeat("─", 28)}, plainTexts(shown(v, 2)))
	require.NoError(t, v.Buffer.Append(numbered(3, 2)))
	v.Sync()
	rule := "── 01:00:00 " + strings.Repeat("─", 28)
	all := []string{"line 0", "line 1", "line 2", rule, "line 3", "line 4"}
	assert.Equal(t, all, plainTexts(shown(v, 6)))
	for from := 4; from >= 0; from-- {
		assert.Equal(t, all[from:from+2], plainTexts(shown(v, 2)))
		v.Move(-1)
	}
	for from := range 4 {
		assert.Equal(t, all[from:from+2], plainTexts(shown(v, 2)))
		v.Move(1)
	}
	assert.True(t, v.Following())

	searchAll(t, v, `/[04]$/`)
	v.ToggleOnly()
	assert.Equal(t, []string{"line 0", rule, "line 4"}, plainTexts(shown(v, 3)), "it stays among the lines that match")
	v.PutMark(time.Unix(0, 0))
	v.ToggleHidden()
	assert.Equal(t, []string{"Nothing has come since the rest was hid…", ""}, plainTexts(shown(v, 2)))
}

func TestAPlaceIsReturnedToAlsoWhenOlderLinesHaveCome(t *testing.T) {
	part, whole := NewLogBuffer(t.TempDir()), NewLogBuffer(t.TempDir())
	require.NoError(t, part.Append(numbered(300, 200)))
	require.NoError(t, whole.Append(numbered(0, 500)))
	v := NewLogView(part, time.UTC)
	v.Times = TimeOff
	v.Sync()
	shown(v, 3)
	v.Move(-50)
	v.ToggleHidden()
	require.NoError(t, part.Append(numbered(500, 4)))
	require.NoError(t, whole.Append(numbered(500, 4)))
	v.Sync()
	v.Top()
	before, place := shown(v, 3), v.Place()
	v.Since(time.Unix(480, 0), "5m")
	v.Top()
	require.NoError(t, v.Swap(whole, 300))
	v.Return(place)
	assert.Equal(t, []string{"line 500", "line 501", "line 502"}, before)
	assert.Equal(t, before, shown(v, 3))
	assert.Equal(t, "500 hidden  paused  G resumes", foot(v))
}

func TestACopyHoldsWhatIsShownWithFullTimesInUTC(t *testing.T) {
	b := NewLogBuffer(t.TempDir())
	long := strings.Repeat("x", 200<<10)
	at := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.FixedZone("", 3600))
	require.NoError(t, b.Append([]LogLine{{Time: at, Source: "pi", Text: "one\x1b[31m"}, {Text: "  two"}, {Time: at, Source: "ims", Text: long}}))
	v := NewLogView(b, time.UTC)
	v.ShowSource = true
	v.Sync()
	var all, some strings.Builder
	n, err := v.Copy().Write(t.Context(), &all)
	require.NoError(t, err)
	assert.Equal(t, 3, n)
	const stamp = "2026-01-02T02:04:05.006000Z"
	assert.Equal(t, stamp+"  pi  one\x1b[31m\n  two\n"+stamp+"  ims  "+long+"\n", all.String())

	require.NoError(t, v.Search("/one|two/"))
	v.ToggleOnly()
	n, err = v.Copy().Write(t.Context(), &some)
	require.NoError(t, err)
	assert.Equal(t, 2, n, "also when the search has not come so far")

	c := v.Copy()
	require.NoError(t, b.Close())
	_, err = c.Write(t.Context(), &some)
	require.ErrorIs(t, err, ErrReadAnew)
}

func TestMarksAndHiddenLinesKeepTheirPlaceWhenOlderLinesCome(t *testing.T) {
	part, whole := NewLogBuffer(t.TempDir()), NewLogBuffer(t.TempDir())
	require.NoError(t, part.Append(numbered(300, 200)))
	require.NoError(t, whole.Append(numbered(0, 500)))
	v := NewLogView(part, time.UTC)
	v.Times = TimeOff
	v.Sync()
	v.PutMark(time.Unix(600, 0))
	v.Since(time.Unix(250, 0), "2h")
	require.NoError(t, v.Swap(whole, 300))
	assert.Contains(t, plainText(shown(v, 2)[1]), "── 00:10:00")
	v.Top()
	assert.Equal(t, "line 250", shown(v, 2)[0])
}

func plainTexts(rows []string) []string {
	for i, row := range rows {
		rows[i] = plainText(row)
	}
	return rows
}

func TestLevelsAndSourcesAreTermsOfASearch(t *testing.T) {
	b := NewLogBuffer(t.TempDir())
	lines := []LogLine{
		{Source: "ims", Text: "2026-01-02 10:00:00 WARNING disk low"},
		{Source: "ims", Text: "[warn] disk lower"},
		{Source: "pi", Text: `{"msg": "an ERROR of yours", "level": "warn"}`},
		{Source: "pi", Text: "ERROR no disk, level: fine"},
		{Source: "pi", Text: "level=critical msg=gone"},
		{Source: "pi", Text: "a forewarned man"},
		{Source: "pi", Text: strings.Repeat("words ", 30) + "WARN"},
	}
	require.NoError(t, b.Append(lines))
	v := NewLogView(b, time.UTC)
	v.Sync()
	for text, want := range map[string][]int{
		"level:warn": {0, 1, 2}, "level:WARNING": {0, 1, 2}, "level:error": {3}, "level:fatal": {4}, "level:info": nil,
		"source:ims": {0, 1}, "level:warn source:!ims": {2}, "level:warn lower": {1}, "!level:warn source:pi": {3, 4, 5, 6},
		"level: fine": {3}, `source:/^(pi|x)$/ level:error`: {3}, "url:http": nil,
	} {
		searchAll(t, v, text)
		assert.ElementsMatch(t, want, v.found(), text)
	}
	require.NoError(t, v.Search("C:disk"), "a colon after another word is text")
}

func TestALevelInAFieldHasAColumnWhereThereIsRoom(t *testing.T) {
	b := NewLogBuffer(t.TempDir())
	require.NoError(t, b.Append([]LogLine{{Text: "INFO plain"}, {Text: "[error] plain too"}}))
	v := NewLogView(b, time.UTC)
	v.Times = TimeOff
	v.Sync()
	plain := func(width int) []string {
		var rows []string
		for _, row := range v.View(NewNeutralTheme(false), width, 5, time.Time{}) {
			rows = append(rows, strings.TrimRight(plainText(row), " "))
		}
		return rows
	}
	assert.Equal(t, []string{"INFO plain", "[error] plain too"}, plain(80)[:2], "they begin with it")
	require.NoError(t, b.Append([]LogLine{{Text: `{"msg": "no disk", "level": "warn"}`}, {Text: "severity=critical gone"}, {Text: "words"}}))
	v.Sync()
	want := []string{"INFO   INFO plain", "ERROR  [error] plain too", `WARN   {"msg": "no disk", "level": "warn"}`, "FATAL  severity=critical gone", "       words"}
	assert.Equal(t, want, plain(80))
	assert.Equal(t, `{"msg": "no disk", "level": "warn"}`, plain(79)[2])
	require.NoError(t, b.Append([]LogLine{{}, {}, {}, {}, {Text: "the end"}}))
	v.Sync()
	assert.Equal(t, "       the end", plain(80)[4], "the column stays")
}

func TestNothingThatAKeyDoesCostsMoreForAMillionLines(t *testing.T) {
	b := NewLogBuffer(t.TempDir())
	for from := 0; from < 1_000_000; from += 10_000 {
		require.NoError(t, b.Append(numbered(from, 10_000)))
	}
	v := NewLogView(b, time.UTC)
	v.Sync()
	shown(v, 48)
	for name, key := range map[string]func(){
		"since":  func() { v.Since(time.Unix(500_000, 0), "1h") },
		"all":    func() { v.Since(time.Time{}, "") },
		"hide":   v.ToggleHidden,
		"mark":   func() { v.PutMark(time.Unix(0, 0)) },
		"pretty": v.TogglePretty,
		"top":    v.Top,
		"end":    v.End,
		"up":     func() { v.Page(-1) },
		"grown":  v.Sync,
	} {
		allocations := testing.AllocsPerRun(10, key)
		assert.Less(t, allocations, 20_000.0, name)
	}
	assert.Less(t, testing.AllocsPerRun(10, func() { v.View(NewTheme(true, false), 40, 48, time.Unix(0, 0)) }), 5_000.0)
}

func TestPrettyLaysJSONOutAndLeavesOtherLines(t *testing.T) {
	b := NewLogBuffer(t.TempDir())
	require.NoError(t, b.Append([]LogLine{
		{Text: "plain"},
		{Text: `{"a": [1, {}], "b": "{", "c": {"d": null}}`},
		{Text: `{"cut":`},
		{Text: "[]"},
	}))
	v := NewLogView(b, time.UTC)
	v.Times = TimeOff
	v.Sync()
	raw := shown(v, 4)
	v.TogglePretty()
	all := []string{
		"plain", "{", `  "a": [`, "    1,", "    {}", "  ],", `  "b": "{",`, `  "c": {`, `    "d": null`, "  }", "}", `{"cut":`, "[]",
	}
	v.Top()
	assert.Equal(t, all, shown(v, len(all)))
	v.End()
	for from := len(all) - 3; from >= 0; from-- {
		assert.Equal(t, all[from:from+3], shown(v, 3))
		v.Move(-1)
	}
	searchAll(t, v, "null")
	require.True(t, v.Step(1))
	assert.Contains(t, strings.Join(plainTexts(shown(v, 12)), "\n"), "null")
	v.TogglePretty()
	assert.Equal(t, plainTexts(raw), plainTexts(shown(v, 4)))
}

func TestPrettyHoldsAgainstHostileJSON(t *testing.T) {
	b := NewLogBuffer(t.TempDir())
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	require.NoError(t, b.Append([]LogLine{
		{Text: deep},
		{Text: strings.Repeat("[", 20_000)},
		{Text: `["` + strings.Repeat("x", 100_000) + `"]`},
		{Text: "{\"\u202eright\": \"\x1b[31m\\u001b\"}"},
	}))
	v := NewLogView(b, time.UTC)
	v.Sync()
	v.TogglePretty()
	for _, wrap := range []bool{false, true} {
		v.Wrap = wrap
		v.End()
		for range 10 {
			for _, row := range v.View(NewTheme(true, false), 50, 20, time.Unix(0, 0)) {
				requireInert(t, plainText(row))
				assert.LessOrEqual(t, Width(row), 50)
			}
			v.Page(-1)
		}
	}
	v.Wrap = false
	v.Top()
	assert.Less(t, testing.AllocsPerRun(5, func() { shown(v, 20) }), 1000.0, fmt.Sprint("a line of ", len(deep), " brackets is laid out once"))
}
