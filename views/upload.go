package views

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/pack"
	"fndeck/ui"
)

// uploadStage is how far an upload has come.
type uploadStage int

const (
	picking uploadStage = iota
	scanning
	previewing
	settling
)

// uploadForm takes a folder or a zip from its path to a deploy: pick, preview,
// settings. Nothing leaves before ctrl+s on the settings. For an existing
// function it ends in a redeploy.
//
// Keys that arrive while the folder is read wait and are then given to what
// shows next, so that typing ahead is never lost. A question about findings
// takes no answer from them.
type uploadForm struct {
	d  deps
	fn *client.Function
	// functions are those that exist, as far as is known: one of the same name is
	// deployed again, for two of a name could not be told apart.
	functions []client.Function

	stage  uploadStage
	picker *ui.Picker
	// picked is true where the path came from the picker: esc goes back there.
	picked bool

	path     string
	takeBack []string
	scan     scanState
	preview  previewList
	settings *uploadSettings

	waiting []tea.Msg
	// accepted are the findings that got a yes; others need their own.
	accepted []pack.Finding
	// sending is true while ctrl+s waits for a second look at the folder, with
	// settings that change what is found.
	sending  bool
	question *ui.Confirm
	said     string
}

// The questions that an upload may ask.
const (
	askFindings = "findings"
	askDiscard  = "discard"
)

// newUploadForm makes the form. With a folder it starts at the preview; without
// one the picker begins at the folder of fn's last deploy, if that is known.
func newUploadForm(d deps, fn *client.Function, folder string) (*uploadForm, tea.Cmd) {
	u := &uploadForm{d: d, fn: fn}
	if folder != "" {
		u.path = folder
		return u, u.startScan()
	}
	start := ""
	if fn != nil {
		start = fn.Folder
	}
	base, err := os.Getwd()
	if err != nil {
		base = "/" // The working folder is gone; paths are then typed in full.
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "/"
	}
	var read tea.Cmd
	u.picker, read = ui.NewPicker(ui.PickerSpec{Path: start, Home: home, Base: base, List: ui.ListFolder})
	u.picked = true
	return u, tea.Batch(read, u.readRecent())
}

// recentFolders answers the upload that asked.
type recentFolders struct {
	owner     *uploadForm
	folders   []string
	functions []client.Function
}

// readRecent offers the folders that functions came from. Without an answer the
// picker offers none, which needs no words.
func (u *uploadForm) readRecent() tea.Cmd {
	backend, ctx := u.d.backend, u.d.ctx
	return func() tea.Msg {
		functions, err := backend.Functions(ctx)
		if err != nil {
			return recentFolders{owner: u}
		}
		var folders []string
		for _, fn := range functions {
			if fn.Folder != "" && !slices.Contains(folders, fn.Folder) {
				folders = append(folders, fn.Folder)
			}
		}
		return recentFolders{owner: u, folders: folders, functions: functions}
	}
}

// Title implements ui.Overlay.
func (u *uploadForm) Title() string {
	if fn := u.target(); fn != nil {
		return "redeploy " + nameAndVersion(*fn)
	}
	return "upload a new function"
}

// target is the function that is deployed again: the one that the form was
// opened for, else the one that has the name; nil makes a new one.
func (u *uploadForm) target() *client.Function {
	switch {
	case u.fn != nil:
		return u.fn
	case u.settings != nil:
		return u.namesake(u.settings.name.Value())
	case u.path != "":
		return u.namesake(folderName(u.path))
	}
	return nil
}

// namesake is the first function of a name.
func (u *uploadForm) namesake(name string) *client.Function {
	for i := range u.functions {
		if u.functions[i].Name == name {
			return &u.functions[i]
		}
	}
	return nil
}

// nameCheck says what the name means beside the functions that exist.
func (u *uploadForm) nameCheck(name string) ui.Report {
	report := nameCheck("the function")(name)
	fn, same := u.namesake(name), 0
	for _, other := range u.functions {
		if other.Name == name {
			same++
		}
	}
	switch {
	case report.Error != "" || fn == nil:
		return report
	case same > 1:
		return ui.Report{Error: ui.Grouped(int64(same)) + " functions have this name: take another, or redeploy the one that is meant"}
	}
	if reason := action.Redeploy.Reason(u.d.backend, action.Target{Function: fn}); reason != "" {
		return ui.Report{Error: "there is one of this name: " + reason}
	}
	return ui.Report{Notes: []ui.Remark{{
		Tone: ui.ToneWarn, Text: "redeploys " + nameAndVersion(*fn) + "; another name makes a new one", Short: "redeploys " + nameAndVersion(*fn),
	}}}
}

// Update implements ui.Overlay.
func (u *uploadForm) Update(msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case recentFolders:
		if msg.owner == u && u.picker != nil {
			u.picker.SetRecent(msg.folders)
		}
		if msg.owner == u && msg.functions != nil {
			u.functions = msg.functions
		}
		return nil, false
	case scanned:
		return u.tookScan(msg)
	case packed:
		return u.tookPack(msg)
	}
	if !isInput(msg) {
		// A listing of the picker, which may come when it is no longer on top.
		if u.picker != nil {
			return u.pick(msg)
		}
		return nil, false
	}
	if u.question != nil {
		return u.ask(msg)
	}
	if u.stage == picking {
		return u.pick(msg)
	}
	return u.input(msg)
}

func isInput(msg tea.Msg) bool {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return true
	}
	return false
}

// input routes a key or a paste once there is a path.
func (u *uploadForm) input(msg tea.Msg) (tea.Cmd, bool) {
	key, isKey := msg.(tea.KeyPressMsg)
	switch {
	case isKey && key.String() == "esc":
		return u.back()
	case u.stage == scanning || len(u.waiting) > 0:
		u.waiting = append(u.waiting, msg)
		return nil, false
	case u.stage == settling:
		return u.settle(msg)
	case isKey:
		return u.previewKey(key)
	}
	return nil, false
}

func (u *uploadForm) pick(msg tea.Msg) (tea.Cmd, bool) {
	cmd, event := u.picker.Update(msg)
	switch event {
	case ui.PickerCancelled:
		return u.leave()
	case ui.PickerPicked:
		if path := u.picker.Path(); path != u.path {
			u.path, u.takeBack = path, nil
		}
		u.waiting = append(u.waiting, u.picker.Rest()...)
		return tea.Batch(cmd, u.startScan()), false
	}
	return cmd, false
}

// back goes one step back; what was typed stays for the way forward.
func (u *uploadForm) back() (tea.Cmd, bool) {
	sending := u.sending
	u.waiting, u.sending, u.said = nil, false, ""
	if u.stage == settling {
		u.stage = previewing
		return nil, false
	}
	u.scan.stop()
	if sending {
		u.stage = settling
		return nil, false
	}
	if !u.picked {
		return u.leave()
	}
	u.stage = picking
	return nil, false
}

// leave closes the form, asking first if something was typed.
func (u *uploadForm) leave() (tea.Cmd, bool) {
	u.scan.stop()
	if u.settings == nil || !u.settings.form.Dirty() {
		return nil, true
	}
	u.question = ui.NewConfirm("", "Throw away what was typed for this upload?", "", u.d.clock)
	u.question.ID, u.question.Yes = askDiscard, "Throw away"
	u.question.SwallowTypeAhead()
	return nil, false
}

// ask hands a key to the open question and acts on its answer.
func (u *uploadForm) ask(msg tea.Msg) (tea.Cmd, bool) {
	answer, done := u.question.Update(msg)
	if !done {
		return nil, false
	}
	id := u.question.ID
	u.question = nil
	switch {
	case answer == nil:
		return nil, false
	case id == askDiscard:
		return nil, true
	}
	u.accepted = u.scan.preview.NeedConfirmation()
	return u.goOn()
}

// settle hands a key to the settings.
func (u *uploadForm) settle(msg tea.Msg) (tea.Cmd, bool) {
	if u.settings.form.Update(msg) != ui.FormSubmitted {
		return nil, false
	}
	if u.scan.options.FunctionPath != u.settings.entryPath() || u.scan.runtime != u.settings.runtimeName() {
		// What is found in the folder depends on these: look again before sending.
		u.sending = true
		return u.startScan(), false
	}
	return u.send()
}

// send ends the form with the deploy. It must not be reached with findings that
// block, or that need a yes and have none.
func (u *uploadForm) send() (tea.Cmd, bool) {
	u.sending = false
	if u.scan.code == nil || !u.clear() {
		u.stage = previewing
		return u.goOn()
	}
	u.stage = settling // Where it goes on if the deploy is refused.
	request := RunAction{Values: action.Values{Code: u.scan.code}, Origin: u}
	if fn := u.target(); fn == nil {
		request.Action = action.Deploy
		request.Values.Spec = u.settings.spec()
	} else {
		request.Action = action.Redeploy
		request.Target = action.Target{Function: fn}
		request.Values.Change = u.settings.change(*fn)
		if u.fn == nil && u.settings.env.Value() == "" {
			request.Values.Change.EnvVars = nil // The form did not show what it has.
		}
	}
	return run(request), true
}

// Refused implements Refusable.
func (u *uploadForm) Refused(why string) { u.settings.form.Refused(why) }

// clear reports whether no finding stands in the way.
func (u *uploadForm) clear() bool {
	found := u.scan.preview
	return len(found.Blocking()) == 0 && slices.Equal(u.accepted, found.NeedConfirmation())
}

// View implements ui.Overlay.
func (u *uploadForm) View(theme *ui.Theme, width, height int) []string {
	switch {
	case u.question != nil:
		return u.question.View(theme, width, height)
	case u.stage == picking:
		return u.picker.View(theme, width, height)
	case u.stage == scanning:
		lines := []string{theme.Dim.Render(ui.Truncate("  looking at "+ui.Clean(u.path), width))}
		if len(u.waiting) > 0 {
			lines = append(lines, theme.Dim.Render("  keys wait until it is read"))
		}
		return sized(lines, width, height)
	case u.stage == settling:
		return u.settings.form.View(theme, width, height)
	}
	return u.viewPreview(theme, width, height)
}

// Hints implements ui.Overlay.
func (u *uploadForm) Hints() []ui.Hint {
	switch {
	case u.question != nil:
		return u.question.Hints()
	case u.stage == picking:
		return u.picker.Hints()
	case u.stage == scanning:
		return []ui.Hint{{Key: "esc", Label: "stop"}}
	case u.stage == settling:
		return u.settings.form.Hints("deploy")
	}
	return u.previewHints()
}

// scanState is the newest look at the folder.
type scanState struct {
	// generation tells this look from earlier ones, whose answers are dropped.
	generation int
	cancel     context.CancelFunc
	options    pack.Options
	runtime    string
	preview    pack.Preview
	err        error
	packing    bool
	code       *client.Package
}

func (s *scanState) stop() {
	s.generation++
	s.packing = false
	if s.cancel != nil {
		s.cancel()
	}
}

// folderName is what a function from this path is called at first.
func folderName(path string) string {
	name := filepath.Base(path)
	if ext := filepath.Ext(name); ext == ".zip" || ext == ".ZIP" {
		name = name[:len(name)-len(ext)]
	}
	return name
}
