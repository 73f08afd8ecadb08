package forms

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/ui"
)

// hostileName is what nobody wants on a screen: a title change, a colour, bidi
// and an invalid byte.
const hostileName = "in\x1b]0;owned\x07\x1b[31mgest\u202e\xff"

// formKeys turns "ab<tab>c" into key presses.
func formKeys(script string) []tea.Msg {
	named := map[string]tea.Key{
		"tab": {Code: tea.KeyTab}, "enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape},
		"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "end": {Code: tea.KeyEnd},
		"space": {Code: tea.KeySpace, Text: " "},
		"c-s":   {Code: 's', Mod: tea.ModCtrl}, "c-u": {Code: 'u', Mod: tea.ModCtrl},
		"c-t": {Code: 't', Mod: tea.ModCtrl}, "c-r": {Code: 'r', Mod: tea.ModCtrl},
	}
	var msgs []tea.Msg
	for script != "" {
		if name, rest, found := strings.Cut(script[1:], ">"); found && script[0] == '<' {
			if key, ok := named[name]; ok {
				msgs, script = append(msgs, tea.KeyPressMsg(key)), rest
				continue
			}
		}
		r := []rune(script)[0]
		msgs = append(msgs, tea.KeyPressMsg{Code: r, Text: string(r)})
		script = script[len(string(r)):]
	}
	return msgs
}

// formRun is an overlay on its own, with its commands run in line.
type formRun struct {
	t       *testing.T
	overlay ui.Overlay
	pending []tea.Cmd
	closed  bool
	asked   *RunAction
}

func openForm(t *testing.T, overlay ui.Overlay, cmd tea.Cmd) *formRun {
	t.Helper()
	f := &formRun{t: t, overlay: overlay, pending: []tea.Cmd{cmd}}
	f.settle()
	return f
}

// burst sends keys before any command has run, as type-ahead does.
func (f *formRun) burst(script string) *formRun {
	f.t.Helper()
	for _, msg := range formKeys(script) {
		f.send(msg)
	}
	f.settle()
	return f
}

func (f *formRun) send(msg tea.Msg) {
	f.t.Helper()
	require.False(f.t, f.closed, "a message reached a form that had closed")
	cmd, done := f.overlay.Update(msg)
	f.closed = done
	f.pending = append(f.pending, cmd)
}

// settle runs the commands until none is left.
func (f *formRun) settle() {
	f.t.Helper()
	for len(f.pending) > 0 {
		cmd := f.pending[0]
		f.pending = f.pending[1:]
		if cmd == nil {
			continue
		}
		switch msg := cmd().(type) {
		case tea.BatchMsg:
			f.pending = append(f.pending, msg...)
		case RunAction:
			f.asked = &msg
		default:
			if !f.closed {
				f.send(msg)
			}
		}
	}
}

func (f *formRun) frame(width, height int) string {
	f.t.Helper()
	lines := f.overlay.View(ui.NewTheme(true, false), width, height)
	require.Len(f.t, lines, height)
	for i, line := range lines {
		require.LessOrEqual(f.t, ansi.StringWidth(line), width, "line %d of %dx%d: %q", i, width, height, line)
		require.NotContains(f.t, line, "\x1b]")
		lines[i] = strings.TrimRight(ansi.Strip(line), " ")
	}
	return strings.Join(lines, "\n")
}

func formDeps(t *testing.T, backend *fakeBackend) (Deps, *fakeClock) {
	t.Helper()
	oslo, err := time.LoadLocation("Europe/Oslo")
	require.NoError(t, err)
	clock := newFakeClock()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return Deps{Backend: backend, Clock: clock.Now, Zone: oslo, Ctx: ctx}, clock
}

func ingest() client.Function {
	return client.Function{ID: "1", Name: "ingest-pi", Status: client.FunctionReady, Version: 12}
}

func openCall(t *testing.T, backend *fakeBackend, data string) *formRun {
	d, _ := formDeps(t, backend)
	overlay, cmd := NewCall(d, ingest(), CallStart{Data: json.RawMessage(data)})
	return openForm(t, overlay, cmd)
}

func TestACallSendsWhatWasTypedByteForByte(t *testing.T) {
	f := openCall(t, &fakeBackend{}, "").burst(`<c-u>{"n": 9007199254740993,  "z":-0, "big": 1e400}<c-s>`)
	require.NotNil(t, f.asked)
	assert.True(t, f.closed)
	assert.Equal(t, `{"n": 9007199254740993,  "z":-0, "big": 1e400}`, string(f.asked.Values.Data))
	assert.Equal(t, "functions.call", f.asked.Action.ID)
	assert.Equal(t, "1", f.asked.Target.Function.ID)

	f = openCall(t, &fakeBackend{}, "{\r\n\t\"a\": 1\r\n}").burst("<c-s>")
	require.NotNil(t, f.asked)
	assert.Equal(t, "{\r\n\t\"a\": 1\r\n}", string(f.asked.Values.Data), "data handed in stays as it was")
}

func TestACallNamesFunctionAndVersionAndBeginsWithAnEmptyObject(t *testing.T) {
	f := openCall(t, &fakeBackend{}, "")
	assert.Equal(t, "call ingest-pi v12", f.overlay.Title())
	f.burst("<c-s>")
	require.NotNil(t, f.asked)
	assert.Equal(t, "{}", string(f.asked.Values.Data))
}

func TestDataThatTheBackendWouldRefuseIsNotSent(t *testing.T) {
	for typed, reason := range map[string]string{
		"":                       "line 1 column 1",
		"[]":                     "object",
		"1":                      "object",
		"{'a': 1}":               "line 1 column 2",
		"{\"a\": NaN}":           "line 1 column 7",
		"{} x":                   "line 1 column 4",
		`{"a":"` + "\x1b" + `"}`: "line 1 column 7",
		`{"a":"` + strings.Repeat("x", 90) + `"}`: "limit is 64 bytes",
	} {
		f := openCall(t, &fakeBackend{description: client.Description{DataLimitBytes: 64}}, "{}")
		f.burst("<c-u>")
		f.send(tea.PasteMsg{Content: typed})
		f.burst("<c-s>")
		assert.Nil(t, f.asked, typed)
		assert.Contains(t, f.frame(120, 24), reason, typed)
	}
}

func TestALargePasteStaysTextAndCanBeSent(t *testing.T) {
	f := openCall(t, &fakeBackend{}, "{}").burst("<c-u>")
	paste := `{"a":"` + strings.Repeat("x", 200_000) + `"}`
	f.send(tea.PasteMsg{Content: paste})
	assert.Contains(t, f.frame(80, 24), "1 line, 200 kB: ctrl+o opens $EDITOR")
	f.burst("<c-s>")
	require.NotNil(t, f.asked)
	assert.Equal(t, paste, string(f.asked.Values.Data))

	f = openCall(t, &fakeBackend{}, "{}")
	f.send(tea.PasteMsg{Content: strings.Repeat("\x13\x1b:q\x1b[201~", 20_000)})
	assert.False(t, f.closed, "control characters of a paste are no keys")
	assert.Nil(t, f.asked)
}

func TestTidyKeepsTheSpellingOfNumbers(t *testing.T) {
	f := openCall(t, &fakeBackend{}, `{"b":1.0,"a":9007199254740993}`).burst("<c-t><c-s>")
	require.NotNil(t, f.asked)
	assert.Equal(t, "{\n  \"b\": 1.0,\n  \"a\": 9007199254740993\n}", string(f.asked.Values.Data))
}

func openSchedule(t *testing.T, fn *client.Function, functions ...client.Function) *formRun {
	d, _ := formDeps(t, &fakeBackend{})
	overlay, cmd := NewSchedule(d, fn, functions)
	return openForm(t, overlay, cmd)
}

func TestABurstOfKeysMakesASchedule(t *testing.T) {
	functions := []client.Function{ingest(), {ID: "2", Name: "score"}, {ID: "3", Name: "ingest-ims"}}
	f := openSchedule(t, nil, functions...).burst(`nightly<tab>ims<tab>0 6 * * MON-FRI<tab><c-u>{"x":1}<c-s>`)
	require.NotNil(t, f.asked)
	assert.Equal(t, "schedules.create", f.asked.Action.ID)
	assert.Equal(t, "3", f.asked.Target.Function.ID)
	spec := f.asked.Values.Schedule
	assert.Equal(t, "nightly", spec.Name)
	assert.Equal(t, "0 6 * * MON-FRI", spec.Cron)
	assert.Equal(t, "3", spec.FunctionID)
	assert.Equal(t, `{"x":1}`, string(spec.Data))
}

func TestTheCronFieldSaysWhenItFiresInBothZonesAndAcrossDST(t *testing.T) {
	fn := ingest()
	f := openSchedule(t, &fn).burst("n<tab><tab>0 6 * * *")
	frame := f.frame(100, 40)
	for _, said := range []string{
		"06:00 UTC", "08:00 in Oslo from 29 Mar, 07:00 until then", "UTC", "Oslo",
		"Sat 28 Mar 06:00  Sat 28 Mar 07:00", "Sun 29 Mar 06:00  Sun 29 Mar 08:00", "Wed  1 Apr 06:00  Wed  1 Apr 08:00",
	} {
		assert.Contains(t, frame, said)
	}
	f.burst("<c-u>0 25 * * *")
	assert.Contains(t, f.frame(100, 40), `hour 25 in field 2 of "0 25 * * *": allowed 0–23`)
	f.burst("<c-u>0 0 31 2 *")
	assert.Contains(t, f.frame(100, 40), "never fires")
	f.burst("<c-u>0 0 13 * FRI")
	assert.Contains(t, f.frame(100, 40), "either")
	words := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	assert.Contains(t, words(f.frame(60, 40)), "both day fields are set: it runs when either matches, on day 13 of every month and also every Friday")
	f.burst("<c-u>0 0 29 2 *")
	assert.Contains(t, f.frame(100, 40), "29 Feb 2028 00:00", "years show where they differ")
}

func TestAScheduleThatCannotBeCreatedIsNotSent(t *testing.T) {
	fn := ingest()
	for _, script := range []string{
		"<tab><tab>0 6 * * *<c-s>", "n<tab><tab>0 6 * *<c-s>", "n<tab><tab>@daily<c-s>",
		"n<tab><tab>TZ=UTC 0 6 * * *<c-s>", "n<tab><tab>0 6 * * *<tab><c-u>[]<c-s>", " n<tab><tab>0 6 * * *<c-s>",
	} {
		f := openSchedule(t, &fn).burst(script)
		assert.Nil(t, f.asked, script)
		assert.Contains(t, f.frame(80, 30), "not sent", script)
	}
	f := openSchedule(t, nil).burst("n<tab><tab>0 6 * * *<c-s>")
	assert.Nil(t, f.asked)
	assert.Contains(t, f.frame(80, 30), "no function to call")
}

func TestFunctionsOfOneNameStayApart(t *testing.T) {
	twins := []client.Function{{ID: "a1", Name: "twin"}, {ID: "b2", Name: "twin"}}
	f := openSchedule(t, &twins[1], twins...).burst("n<tab><tab>0 6 * * *<c-s>")
	require.NotNil(t, f.asked)
	assert.Equal(t, "b2", f.asked.Target.Function.ID)
}

func keptVersions() []client.Version {
	at := newFakeClock().Now()
	return []client.Version{
		{Number: 13, Status: client.FunctionFailed, Created: at.Add(-time.Hour), SizeBytes: 12_345, CodeSHA256: "deadbeefdeadbeef"},
		{Number: 12, Status: client.FunctionReady, Serving: true, Created: at.Add(-20 * time.Hour), SizeBytes: 12_300, CodeSHA256: "0123456789abcdef"},
		{Number: 11, Status: client.FunctionReady, Created: at.Add(-90 * time.Hour), SizeBytes: 981, CodeSHA256: "abc"},
	}
}

func TestRollBackBeginsAtTheVersionBeforeAndRefusesWhatCannotServe(t *testing.T) {
	d, _ := formDeps(t, &fakeBackend{versions: keptVersions()})
	overlay, cmd := NewRollback(d, ingest())
	f := openForm(t, overlay, cmd)
	frame := f.frame(80, 24)
	for _, shown := range []string{"› v11", "● Ready, serves", "✗ Failed", "20h", "3d", "12 kB", "deadbeefdead"} {
		assert.Contains(t, frame, shown)
	}
	assert.Contains(t, f.overlay.Hints(), ui.Hint{Key: "enter", Label: "make it serve"})
	f.burst("<up><enter>")
	assert.Contains(t, f.frame(80, 24), "v12 serves already")
	f.burst("<up>")
	assert.Contains(t, f.frame(80, 24), "v13 is Failed and cannot serve", "also before enter is tried")
	assert.NotContains(t, f.overlay.Hints(), ui.Hint{Key: "enter", Label: "make it serve"})
	f.burst("<enter>")
	assert.Contains(t, f.frame(80, 24), "v13 is Failed and cannot serve")
	require.False(t, f.closed)
	f.burst("<down><down><enter>")
	require.NotNil(t, f.asked)
	assert.Equal(t, "functions.rollback", f.asked.Action.ID)
	assert.Equal(t, 11, f.asked.Values.Version)
}

func TestRollBackSaysWhyThereIsNothingToChoose(t *testing.T) {
	for _, c := range []struct {
		backend *fakeBackend
		said    string
	}{
		{&fakeBackend{}, "nothing to go back to"},
		{&fakeBackend{listErr: errors.New("connection refused")}, "connection refused"},
		{&fakeBackend{description: client.Description{Missing: map[client.Capability]string{
			client.CanVersion: "Cognite keeps no versions",
		}}}, "Cognite keeps no versions"},
	} {
		d, _ := formDeps(t, c.backend)
		overlay, cmd := NewRollback(d, ingest())
		f := openForm(t, overlay, cmd).burst("<enter><down><up>")
		assert.Contains(t, f.frame(80, 24), c.said)
		c.backend.change(func() { c.backend.listErr, c.backend.versions = nil, keptVersions() })
		f.burst("<c-r><esc>")
		assert.True(t, f.closed)
	}
}

func TestHostileNamesAreInertInForms(t *testing.T) {
	fn := client.Function{ID: "1", Name: hostileName, Version: 3, DeployingVersion: 4, SecretNames: []string{hostileName}}
	version := client.Version{Number: 2, Status: hostileName, CodeSHA256: hostileName}
	d, _ := formDeps(t, &fakeBackend{versions: []client.Version{version}, functions: []client.Function{{Folder: "/" + hostileName}}})
	call, callCmd := NewCall(d, fn, CallStart{Data: json.RawMessage(hostileName)})
	schedule, scheduleCmd := NewSchedule(d, &fn, []client.Function{fn})
	rollback, rollbackCmd := NewRollback(d, fn)
	upload, uploadCmd := NewUpload(d, &fn, "", nil)
	for _, f := range []*formRun{
		openForm(t, call, callCmd), openForm(t, schedule, scheduleCmd), openForm(t, rollback, rollbackCmd), openForm(t, upload, uploadCmd),
	} {
		assert.Equal(t, ui.Clean(f.overlay.Title()), f.overlay.Title())
		f.burst("<enter>")
		for _, r := range f.frame(120, 40) {
			assert.False(t, r < ' ' && r != '\n' || r == 0x202e || r == 0xfffd, "%q", r)
		}
	}
}

func TestFormsDrawAtEverySize(t *testing.T) {
	fn := ingest()
	d, _ := formDeps(t, &fakeBackend{versions: keptVersions()})
	call, callCmd := NewCall(d, fn, CallStart{})
	schedule, scheduleCmd := NewSchedule(d, &fn, nil)
	rollback, rollbackCmd := NewRollback(d, fn)
	upload, uploadCmd := NewUpload(d, nil, uploadFolder(t, nil), nil)
	forms := []*formRun{
		openForm(t, call, callCmd), openForm(t, schedule, scheduleCmd).burst("n<tab><tab>0 6 * * *"),
		openForm(t, rollback, rollbackCmd), openForm(t, upload, uploadCmd),
	}
	for width := 0; width <= 500; width += 1 + width/5 {
		for height := 0; height <= 200; height += 1 + height/5 {
			for _, f := range forms {
				f.frame(width, height)
			}
		}
	}
}

func TestAVersionChosenBeforeTheListIsReadIsTheOneOfTheList(t *testing.T) {
	d, _ := formDeps(t, &fakeBackend{versions: keptVersions()})
	overlay, cmd := NewRollback(d, ingest())
	f := (&formRun{t: t, overlay: overlay, pending: []tea.Cmd{cmd}}).burst("<enter>")
	require.NotNil(t, f.asked)
	assert.Equal(t, 11, f.asked.Values.Version)
}
