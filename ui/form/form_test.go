package form

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hostileText is what nobody wants on a screen: a title change, a colour, a
// carriage return, bidi, a zero width space and an invalid byte.
const hostileText = "a\x1b]0;owned\x07\x1b[31m\rb\u202ec\u200b\xff"

// named are the keys that press knows by name.
var named = map[string]tea.Key{
	"tab": {Code: tea.KeyTab}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift},
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "backspace": {Code: tea.KeyBackspace},
	"delete": {Code: tea.KeyDelete}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd},
	"pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown},
}

// press makes the message of a key by its name, or of a character.
func press(name string) tea.KeyPressMsg {
	if key, ok := named[name]; ok {
		return tea.KeyPressMsg(key)
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(letter[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// keys turns "ab<tab>c" into messages.
func keys(script string) []tea.Msg {
	var msgs []tea.Msg
	for script != "" {
		if script[0] == '<' {
			name, rest, found := strings.Cut(script[1:], ">")
			if found && name != "" {
				msgs, script = append(msgs, press(name)), rest
				continue
			}
		}
		r := []rune(script)[0]
		msgs, script = append(msgs, press(string(r))), script[len(string(r)):]
	}
	return msgs
}

type testClock struct{ now time.Time }

func (c *testClock) Now() time.Time { return c.now }

func newTestClock() *testClock {
	return &testClock{now: time.Date(2026, 3, 27, 10, 30, 0, 0, time.UTC)}
}

func text(lines []string) string {
	plain := make([]string, len(lines))
	for i, line := range lines {
		plain[i] = strings.TrimRight(ansi.Strip(line), " ")
	}
	return strings.Join(plain, "\n")
}

func needed(value string) Report {
	if value == "" {
		return Report{Error: "a name is needed"}
	}
	return Report{}
}

type sampleForm struct {
	*Form
	name, token *Text
	runtime     *Choice
	data        *Editor
}

func newSample(clock func() time.Time) sampleForm {
	s := sampleForm{
		name:    NewText(FieldSpec{Label: "Name", Help: "what it is called", Check: needed}),
		runtime: NewChoice(FieldSpec{Label: "Runtime", Help: "which Python runs it"}, []string{"py312", "py311", "py310"}),
		token:   NewText(FieldSpec{Label: "Token", Help: "sent as it is"}),
		data:    NewEditor(FieldSpec{Label: "Data", Help: "one JSON object", Value: "{}"}),
	}
	s.Form = New(clock, s.name, s.runtime, s.token, s.data)
	return s
}

func TestABurstOfKeysFillsAWholeForm(t *testing.T) {
	s := newSample(newTestClock().Now)
	event := GoesOn
	for _, msg := range keys(`ingest-pi<tab>311<tab>s3cret<tab><ctrl+u>{<enter>  "a": 1<enter>}<ctrl+s>`) {
		require.Equal(t, GoesOn, event, "a key came after the form was over")
		event = s.Update(msg)
	}
	assert.Equal(t, Submitted, event)
	assert.Equal(t, "ingest-pi", s.name.Value())
	assert.Equal(t, "py311", s.runtime.Value())
	assert.Equal(t, "s3cret", s.token.Value())
	assert.Equal(t, "{\n  \"a\": 1\n}", s.data.Value(), "nothing is indented by itself")
}

func TestAFormWithAnErrorIsNotSentAndSaysWhy(t *testing.T) {
	s := newSample(newTestClock().Now)
	theme := ui.NewTheme(true, false)
	assert.NotContains(t, text(s.View(theme, 80, 24)), "a name is needed", "nothing was typed yet")
	for _, msg := range keys("<tab><tab><ctrl+s>") {
		assert.Equal(t, GoesOn, s.Update(msg))
	}
	frame := text(s.View(theme, 80, 24))
	assert.Contains(t, frame, "a name is needed")
	assert.Contains(t, frame, "not sent: 1 field to mend")
	for _, msg := range keys("x") {
		s.Update(msg)
	}
	assert.NotContains(t, text(s.View(theme, 80, 24)), "not sent")
	for _, msg := range keys("<backspace>") {
		s.Update(msg)
	}
	assert.NotContains(t, text(s.View(theme, 80, 24)), "not sent", "a new fault was not refused yet")
	for _, msg := range keys("<ctrl+s>") {
		s.Update(msg)
	}
	frame = text(s.View(theme, 80, 24))
	assert.Contains(t, frame, "not sent: 1 field to mend")
	s.Update(press("x"))
	assert.Equal(t, "x", s.name.Value(), "the focus went to the field to mend")
}

func TestEscapeAsksOnceBeforeItThrowsAwayWhatWasTyped(t *testing.T) {
	clock := newTestClock()
	s := newSample(clock.Now)
	assert.Equal(t, Cancelled, s.Update(press("esc")), "nothing was typed")

	s.Update(press("x"))
	require.Equal(t, GoesOn, s.Update(press("esc")))
	assert.Equal(t, GoesOn, s.Update(press("y")), "a key typed ahead is no answer")
	assert.Contains(t, text(s.View(ui.NewTheme(true, false), 80, 24)), "1 key typed ahead")
	clock.now = clock.now.Add(quietTime)
	require.Equal(t, GoesOn, s.Update(press("n")))
	s.Update(press("z"))
	assert.Equal(t, "xz", s.name.Value(), "the draft is still there")

	s.Update(press("esc"))
	clock.now = clock.now.Add(quietTime)
	assert.Equal(t, Cancelled, s.Update(press("y")))
}

func TestALargePasteIsInsertedAsTextAndSummarised(t *testing.T) {
	s := newSample(newTestClock().Now)
	s.Focus(s.data)
	s.Update(press("ctrl+u"))
	paste := strings.Repeat("\x1b[2J\x1b]0;owned\x07", 200_000/14)
	require.Equal(t, GoesOn, s.Update(tea.PasteMsg{Content: paste}))
	assert.Equal(t, paste, s.data.Value(), "byte for byte")
	frame := s.View(ui.NewTheme(true, false), 80, 24)
	assert.Contains(t, text(frame), "1 line, 200 kB: ctrl+o opens $EDITOR")
	assert.NotContains(t, strings.Join(frame, ""), "\x1b]")
	s.Update(press("x"))
	assert.Equal(t, paste, s.data.Value(), "a large text is not edited in place")
	assert.Contains(t, text(s.View(ui.NewTheme(true, false), 80, 24)), "ctrl+o opens $EDITOR, ctrl+u clears")
	s.Update(press("ctrl+u"))
	assert.Empty(t, s.data.Value())
}

func TestAFieldOfOneLineRefusesAPasteNobodyCouldSee(t *testing.T) {
	s := newSample(newTestClock().Now)
	s.Update(press("x"))
	s.Update(tea.PasteMsg{Content: strings.Repeat("y", 200_000)})
	assert.Equal(t, "x", s.name.Value())
	assert.Contains(t, text(s.View(ui.NewTheme(true, false), 80, 24)), "the paste was not taken")
}

func TestTheEditorKeepsEveryByteItWasGiven(t *testing.T) {
	for _, value := range []string{"", "{}", "a\tb", "a\r\nb", "\n\n", hostileText, "\ufeff{}", "\xff\xfe", "e\u0301", strings.Repeat("x\n", 600)} {
		e := NewEditor(FieldSpec{Value: value})
		e.update(press("up"))
		e.update(press("x"))
		e.update(press("backspace"))
		assert.Equal(t, value, e.Value())
	}
}

func TestTidyChangesTheTextOrSaysWhyNot(t *testing.T) {
	e := NewEditor(FieldSpec{Value: "abc"})
	e.Tidy = func(s string) (string, error) {
		if s == "abc" {
			return "ABC", nil
		}
		return "", errors.New("line 1 column 1: " + hostileText)
	}
	e.update(press("ctrl+t"))
	assert.Equal(t, "ABC", e.Value())
	e.update(press("ctrl+t"))
	assert.Equal(t, "ABC", e.Value())
	assert.Contains(t, text(e.draw(ui.NewTheme(true, false), 80, 5, true)), "not tidied: line 1 column 1")
}

func TestTheEditorHidesWhatFollowsTheSeparator(t *testing.T) {
	e := NewEditor(FieldSpec{})
	e.MaskAfter = '='
	for _, msg := range keys("KEY=hunter2<enter>B=x") {
		e.update(msg)
	}
	frame := text(e.draw(ui.NewTheme(true, false), 40, 5, true))
	assert.Contains(t, frame, "KEY=*******")
	assert.NotContains(t, frame, "hunter2")
	assert.Equal(t, "KEY=hunter2\nB=x", e.Value())
}

func TestHostileTextIsInertInEveryWidget(t *testing.T) {
	clock := newTestClock()
	theme := ui.NewTheme(true, false)
	report := func(string) Report {
		return Report{Error: hostileText, Notes: []Remark{{Tone: ui.ToneWarn, Text: hostileText}}}
	}
	form := New(clock.Now,
		NewText(FieldSpec{Label: "Name", Help: "h", Value: hostileText, Check: report}),
		NewChoice(FieldSpec{Label: "One", Value: hostileText, Check: report}, []string{hostileText}),
		NewEditor(FieldSpec{Label: "Data", Value: hostileText + "\n" + hostileText, Check: report}),
		NewNote("Note", Remark{Tone: ui.ToneText, Text: hostileText}))
	confirm := NewConfirm("delete", "delete "+hostileText, hostileText, clock.Now)
	picker, cmd := NewPicker(PickerSpec{Path: "/" + hostileText, Recent: []string{"/" + hostileText}, List: func(string) (Listing, error) {
		return Listing{Folders: []string{hostileText}, Files: []string{hostileText + ".zip"}}, errors.New(hostileText)
	}})
	picker.Update(cmd())
	for _, width := range []int{10, 40, 80, 160} {
		for name, lines := range map[string][]string{
			"form": form.View(theme, width, 30), "confirm": confirm.View(theme, width, 20), "picker": picker.View(theme, width, 20),
		} {
			for _, line := range lines {
				assert.LessOrEqual(t, ansi.StringWidth(line), width, name)
				for _, r := range ansi.Strip(line) {
					assert.False(t, r < ' ' || r == 0x202e || r == 0x200b || r == 0xfffd, "%s draws %q", name, line)
				}
				assert.NotContains(t, line, "\x1b]", name)
			}
		}
	}
}

func TestEveryWidgetIsExactAtEverySize(t *testing.T) {
	clock := newTestClock()
	theme := ui.NewTheme(false, true)
	s := newSample(clock.Now)
	for _, msg := range keys("name<tab><tab><tab>" + strings.Repeat("x漢<enter>", 30)) {
		s.Update(msg)
	}
	confirm := NewConfirm("t", strings.Repeat("delete it all ", 20), "漢字", clock.Now)
	confirm.SwallowTypeAhead()
	picker, cmd := NewPicker(PickerSpec{Path: "/漢", Recent: []string{"/漢/b"}, List: func(string) (Listing, error) {
		return Listing{Folders: []string{"漢", "漢字"}, More: true}, nil
	}})
	picker.Update(cmd())
	views := []func(*ui.Theme, int, int) []string{s.View, confirm.View, picker.View}
	for width := 0; width <= 500; width += 1 + width/9 {
		for height := 0; height <= 200; height += 1 + height/9 {
			for i, view := range views {
				lines := view(theme, width, height)
				require.Len(t, lines, height, "view %d at %dx%d", i, width, height)
				for _, line := range lines {
					require.LessOrEqual(t, ansi.StringWidth(line), width, "view %d at %dx%d: %q", i, width, height, line)
				}
			}
		}
	}
}

func TestASmallFormScrollsToTheFocusedField(t *testing.T) {
	s := newSample(newTestClock().Now)
	theme := ui.NewTheme(true, false)
	for _, label := range []string{"Name", "Runtime", "Token", "Data"} {
		frame := text(s.View(theme, 40, 6))
		assert.Contains(t, frame, "› "+label, "the focused field is on screen")
		s.Update(press("tab"))
	}
}

func FuzzTheBufferIsATextWithACursor(f *testing.F) {
	f.Add("héllo\nwörld", "x", uint16(0x1234))
	f.Add(hostileText, "\u0301", uint16(0xffff))
	const enough = 300 // The test itself deletes one by one, which is quadratic.
	f.Fuzz(func(t *testing.T, start, typed string, moves uint16) {
		if len(start)+len(typed) > enough {
			t.Skip()
		}
		b := newBuffer(start)
		require.Equal(t, start, b.value())
		names := []string{"left", "right", "home", "end"}
		for i := range 8 {
			b.edit(press(names[moves>>(2*i)&3]))
			if moves>>i&1 == 1 {
				b.vertical(i - 4)
			}
		}
		require.Equal(t, start, b.value(), "moving changes nothing")
		size := len(start)
		b.insert(typed)
		require.Len(t, b.value(), size+len(typed))
		require.Contains(t, b.value(), typed)
		require.Equal(t, len(b.value()), b.size)
		for range len(start) + len(typed) + 1 {
			b.backspace()
			require.Equal(t, len(b.value()), b.size)
			require.LessOrEqual(t, b.col, len(b.line()))
		}
		for range len(start) + 1 {
			b.deleteForward()
		}
		require.Equal(t, "", b.value(), fmt.Sprintf("%q", b.value()))
	})
}

func TestTypingReplacesAProposedTextAndAnyOtherKeyKeepsIt(t *testing.T) {
	propose := func() *Editor {
		e := NewEditor(FieldSpec{Label: "Data", Value: "{}"})
		e.Selected = true
		return e
	}
	typed := propose()
	for _, r := range `{"a":1}` {
		typed.update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	assert.Equal(t, `{"a":1}`, typed.Value())

	pasted := propose()
	pasted.update(tea.PasteMsg{Content: `{"b":2}`})
	assert.Equal(t, `{"b":2}`, pasted.Value())

	kept := propose()
	kept.update(tea.KeyPressMsg{Code: tea.KeyLeft})
	kept.update(tea.KeyPressMsg{Code: '"', Text: `"`})
	assert.Equal(t, `{"}`, kept.Value())
}

func TestAPasteOfAMegabyteLandsWholeAndCostsTheDrawNothing(t *testing.T) {
	checked := 0
	e := NewEditor(FieldSpec{Label: "Data", Value: "[]", Check: func(string) Report { checked++; return Report{} }})
	e.update(press("left"))
	paste := strings.Repeat("1,\r\n", 1<<18)
	checked = 0
	require.True(t, e.update(tea.PasteMsg{Content: paste}))
	assert.Equal(t, 1, checked, "the whole is looked at once")
	require.Equal(t, "["+strings.ReplaceAll(paste, "\r\n", "\n")+"]", e.Value())

	theme := ui.NewTheme(true, false)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	assert.True(t, e.dirty())
	assert.Contains(t, text(e.draw(theme, 60, 10, true)), "262 145 lines, 786 kB")
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(128<<10), "bytes that one draw takes")
}

func TestASummaryCountsLinesAndBytes(t *testing.T) {
	e := NewEditor(FieldSpec{Label: "Data", Value: strings.Repeat(strings.Repeat("x", 72)+"\n", 1203)})
	assert.Contains(t, text(e.draw(ui.NewTheme(true, false), 70, 4, true)), "1 204 lines, 88 kB: ctrl+o opens $EDITOR")
	e.SetValue(strings.Repeat("\n", editorLines-1))
	assert.Contains(t, text(e.draw(ui.NewTheme(true, false), 70, 4, true)), "500", "the last size that is edited in place")
}

func TestATextGoesToTheEditorAndComesBackByteForByte(t *testing.T) {
	s := newSample(newTestClock().Now)
	s.Focus(s.data)
	require.Equal(t, Opening, s.Update(press("ctrl+o")))
	given, name := s.Opened()
	assert.Equal(t, "{}", given)
	assert.Equal(t, "data.txt", name)
	for _, msg := range keys(":wq<enter><esc><ctrl+s>") {
		assert.Equal(t, GoesOn, s.Update(msg), "keys for an editor that has not come up are no keys of the form")
	}
	s.Reopened(hostileText, "")
	assert.Equal(t, hostileText, s.data.Value())
	s.Update(press("ctrl+o"))
	s.Reopened("", "exit status 1")
	assert.Equal(t, hostileText, s.data.Value())
	assert.Contains(t, text(s.View(ui.NewTheme(true, false), 80, 24)), "exit status 1")
}

func TestWhatIsMaskedIsNotWrittenToAFile(t *testing.T) {
	e := NewEditor(FieldSpec{Label: "Secrets", Value: "token=s3cret"})
	e.MaskAfter = '='
	f := New(newTestClock().Now, e)
	assert.Equal(t, GoesOn, f.Update(press("ctrl+o")))
	assert.Contains(t, text(f.View(ui.NewTheme(true, false), 80, 24)), "what is masked is not written to a file")
	for _, hint := range f.Hints("send") {
		assert.NotEqual(t, "ctrl+o", hint.Key)
	}
}

func TestAHiddenFieldIsNotThereButKeepsItsValue(t *testing.T) {
	s := newSample(newTestClock().Now)
	s.Hide(s.name, true)
	assert.NotContains(t, text(s.View(ui.NewTheme(true, false), 80, 24)), "Name")
	assert.Equal(t, Submitted, s.Update(press("ctrl+s")), "what is hidden cannot be wrong")
	s.Hide(s.name, false)
	assert.Equal(t, GoesOn, s.Update(press("ctrl+s")))
	s.Update(press("x"))
	assert.Equal(t, "x", s.name.Value())
}
