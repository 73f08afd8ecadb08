package forms

import (
	"os"
	"slices"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/pack"
	"fndeck/ui"
	"fndeck/ui/form"
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
	d  Deps
	fn *client.Function
	// functions are those that exist, as far as is known: one of the same name is
	// deployed again, for two of a name could not be told apart.
	functions []client.Function

	stage  uploadStage
	picker *form.Picker
	// picked is true where the path came from the picker: esc goes back there.
	picked bool

	path     string
	takeBack []string
	root     string // a folder inside the zip
	scan     scanState
	preview  previewList
	settings *uploadSettings

	waiting []tea.Msg
	// accepted are the findings that got a yes; others need their own.
	accepted []pack.Finding
	// sending is true while ctrl+s waits for a second look at the folder, with
	// settings that change what is found.
	sending  bool
	question *form.Confirm
	said     string
}

// The questions that an upload may ask.
const (
	askFindings = "findings"
	askDiscard  = "discard"
)

// NewUpload makes the form. With a folder it starts at the preview; without
// one the picker begins at the folder of fn's last deploy, if that is known.
func NewUpload(d Deps, fn *client.Function, folder string, functions []client.Function) (ui.Overlay, tea.Cmd) {
	u := &uploadForm{d: d, fn: fn, functions: functions}
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
	u.picker, read = form.NewPicker(form.PickerSpec{
		Path: start, Home: home, Base: base, List: form.ListFolder, Help: u.pickHelp(), Other: u.storedFile,
	})
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
	backend, ctx := u.d.Backend, u.d.Ctx
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
	case compared:
		u.tookComparison(msg)
		return nil, false
	}
	if u.settings != nil && reopened(u.settings.form, msg) {
		return nil, false
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
	case form.PickerCancelled:
		return u.leave()
	case form.PickerPicked:
		if path := u.picker.Path(); path != u.path {
			u.path, u.takeBack, u.root = path, nil, ""
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
	typed := u.picker != nil && u.picker.Dirty()
	if !typed && (u.settings == nil || !u.settings.form.Dirty()) {
		return nil, true
	}
	u.question = form.NewConfirm("", "Throw away what was typed for this upload?", "", u.d.Clock)
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
	switch u.settings.form.Update(msg) {
	case form.Opening:
		return u.d.openEditor(u.settings.form), false
	case form.Submitted:
	default:
		return nil, false
	}
	if options, runtime := u.scanOptions(); !sameOptions(u.scan.options, options) || u.scan.runtime != runtime {
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
	if fn := u.target(); fn != nil && u.fn == nil && u.settings.externalID.Value() != "" {
		u.settings.form.Refused(fn.Name + " exists: an external id is set by the first deploy only")
		return nil, false
	}
	request := RunAction{Values: action.Values{Code: u.scan.code}, Origin: u}
	if fn := u.target(); fn == nil {
		request.Action = action.Deploy
		request.Values.Spec = u.settings.spec()
	} else {
		request.Action = action.Redeploy
		request.Target = action.Target{Function: fn}
		request.Values.Change = u.settings.change(*fn)
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
