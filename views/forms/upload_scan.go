package forms

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/pack"
	"fndeck/ui"
	"fndeck/ui/form"
)

// scanned and packed answer the upload that asked, for one generation of it.
type scanned struct {
	owner      *uploadForm
	generation int
	preview    pack.Preview
	err        error
}

type packed struct {
	owner      *uploadForm
	generation int
	code       client.Package
	err        error
}

// startScan looks at the folder outside the update loop. Leaving the stage
// cancels it at once; its answer is then dropped by generation.
func (u *uploadForm) startScan() tea.Cmd {
	u.scan.stop()
	ctx, cancel := context.WithCancel(u.d.Ctx)
	options, runtime := u.scanOptions()
	u.scan = scanState{generation: u.scan.generation, cancel: cancel, options: options, runtime: runtime}
	u.stage, u.said = scanning, ""
	generation, path := u.scan.generation, u.path
	return func() tea.Msg {
		options.Python = action.Interpreter(runtime) // It may run what it finds.
		preview, err := u.look(ctx, path, options)
		return scanned{owner: u, generation: generation, preview: preview, err: err}
	}
}

// look looks at what path names: a file of this machine, or one of the project.
func (u *uploadForm) look(ctx context.Context, path string, options pack.Options) (pack.Preview, error) {
	id, stored := strings.CutPrefix(path, storedPrefix)
	if !stored {
		return pack.Scan(ctx, path, options)
	}
	reader, err := client.As[client.FileReader](u.d.Backend, client.CanReadFiles)
	if err != nil {
		return pack.Preview{}, err
	}
	zip, err := reader.StoredCode(ctx, id)
	if err != nil {
		return pack.Preview{}, err
	}
	return pack.ScanZip(ctx, path, zip, options)
}

// sameOptions reports whether two looks would find the same in the same folder.
func sameOptions(a, b pack.Options) bool {
	return a.FunctionPath == b.FunctionPath && a.IndexURL == b.IndexURL && slices.Equal(a.ExtraIndexURLs, b.ExtraIndexURLs) &&
		a.KeptExtraIndexes == b.KeptExtraIndexes
}

// scanOptions are what the settings say, or what the function has.
func (u *uploadForm) scanOptions() (options pack.Options, runtime string) {
	options.TakeBack, options.Root = u.takeBack, u.root
	if fn := u.target(); fn != nil {
		options.KeptExtraIndexes = fn.ExtraIndexes
	}
	switch {
	case u.settings != nil:
		options.FunctionPath, runtime = u.settings.entryPath(), u.settings.runtimeName()
		if index := u.settings.indexURL(); index != nil {
			options.IndexURL = *index
		}
		if extra := u.settings.extraURLs(); extra != nil {
			options.ExtraIndexURLs, options.KeptExtraIndexes = extra, 0
		}
	case u.target() != nil:
		options.FunctionPath, runtime = u.target().FunctionPath, u.target().Runtime
	default:
		if runtimes := u.d.Backend.Describe().Runtimes; len(runtimes) > 0 {
			runtime = runtimes[0]
		}
	}
	return options, runtime
}

func (u *uploadForm) tookScan(msg scanned) (tea.Cmd, bool) {
	if msg.owner != u || msg.generation != u.scan.generation || u.stage != scanning {
		return nil, false
	}
	u.scan.preview, u.scan.err = msg.preview, msg.err
	u.stage = previewing
	before := u.preview
	u.preview = newPreviewList(msg.preview, u.takeBack)
	if before.root == u.preview.root {
		// The same folder again: the operator's place in it stays.
		u.preview.at, u.preview.top = 0, before.top
		u.preview.move(before.at)
	}
	if msg.err != nil || len(msg.preview.Blocking()) > 0 {
		u.sending = false
		return u.replay(nil)
	}
	u.scan.packing = true
	ctx, cancel := context.WithCancel(u.d.Ctx)
	u.scan.cancel = cancel
	generation, preview := u.scan.generation, msg.preview
	return u.replay(func() tea.Msg {
		defer cancel()
		code, err := preview.Pack(ctx)
		return packed{owner: u, generation: generation, code: code, err: err}
	})
}

func (u *uploadForm) tookPack(msg packed) (tea.Cmd, bool) {
	if msg.owner != u || msg.generation != u.scan.generation {
		return nil, false
	}
	u.scan.packing, u.scan.err = false, msg.err
	if msg.err != nil {
		u.sending, u.stage = false, previewing
		return u.replay(nil)
	}
	u.scan.code = &msg.code
	if u.sending {
		return u.send()
	}
	return u.replay(u.compare(msg.code))
}

// replay gives the keys that waited to what shows now, until one has to wait
// again or the form is over.
func (u *uploadForm) replay(first tea.Cmd) (tea.Cmd, bool) {
	cmds := []tea.Cmd{first}
	queue := u.waiting
	u.waiting = nil
	for i, msg := range queue {
		cmd, done := u.Update(msg)
		cmds = append(cmds, cmd)
		if done {
			return tea.Batch(cmds...), true
		}
		if len(u.waiting) > 0 || u.stage == scanning {
			u.waiting = append(u.waiting, queue[i+1:]...)
			break
		}
	}
	return tea.Batch(cmds...), false
}

// goOn leaves the preview for the settings, if nothing stands in the way.
func (u *uploadForm) goOn() (tea.Cmd, bool) {
	found := u.scan.preview
	switch blocking := len(found.Blocking()); {
	case u.scan.err != nil:
		u.said = "this cannot be sent: r looks again, esc goes back"
	case blocking > 0:
		u.said = ui.Counted(blocking, "finding") + " in the way: mend what is named, then r looks again"
	case !u.clear():
		u.askAboutFindings()
	default:
		u.openSettings()
	}
	return nil, false
}

// askAboutFindings shows the findings themselves: a yes to something unread is
// worth nothing.
func (u *uploadForm) askAboutFindings() {
	question := "Send it although:\n"
	for _, f := range u.scan.preview.NeedConfirmation() {
		question += "- " + action.Place(f) + f.Message + "\n"
	}
	u.question = form.NewConfirm("", question, "", u.d.Clock)
	u.question.ID, u.question.Yes = askFindings, "Send it"
	u.question.SwallowTypeAhead()
}

func (u *uploadForm) openSettings() {
	if u.settings == nil {
		name := form.FieldSpec{Value: u.proposedName(), Check: u.nameCheck}
		u.settings = newUploadSettings(u.d, u.fn, name, u.scan.options.FunctionPath, u.scan.runtime)
		u.settings.arrange(u.d.Clock)
	}
	u.stage, u.said = settling, ""
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
	// since sums up what differs from the version that serves, "" if nothing does or
	// it is not known.
	since string
}

func (s *scanState) stop() {
	s.generation++
	s.packing = false
	if s.cancel != nil {
		s.cancel()
	}
}
