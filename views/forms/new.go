package forms

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/template"
	"fndeck/ui"
	"fndeck/ui/form"
)

// newForm makes a function from a template. The folder follows the name until it
// is typed itself.
type newForm struct {
	form         *form.Form
	template     *form.Choice
	name, folder *form.Text
	runtime      *form.Choice
	functions    []client.Function
	// base is where folders lie that are not named whole, home what ~ stands for.
	base, home string
	// proposed is the folder that was proposed last.
	proposed string
}

// newName is the name that a new function is proposed.
const newName = "hello"

// NewFunction makes the form. functions are those that exist, as far as is known.
func NewFunction(d Deps, functions []client.Function) (ui.Overlay, tea.Cmd) {
	base, err := os.Getwd()
	if err != nil {
		base = "/" // The working folder is gone; the path is then typed in full.
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "~" // Without a home the sign stands for itself.
	}
	n := &newForm{functions: functions, base: base, home: home}
	var names []string
	for _, t := range template.All() {
		names = append(names, t.Name)
	}
	n.template = form.NewChoice(form.FieldSpec{Label: "Template", Help: "what to begin with", Check: templateCheck}, names)
	n.name = form.NewText(form.FieldSpec{Label: "Name", Help: "what the function is called", Value: newName, Check: n.checkName})
	n.name.Selected = true
	n.proposed = n.folderFor(newName)
	n.folder = form.NewText(form.FieldSpec{Label: "Folder", Help: "an empty or a new folder; nothing is overwritten", Value: n.proposed, Check: n.checkFolder})
	fields := []form.Field{n.template, n.name, n.folder}
	if runtimes := d.Backend.Describe().Runtimes; len(runtimes) > 0 {
		n.runtime = form.NewChoice(form.FieldSpec{Label: "Runtime", Help: "which Python runs it"}, runtimes)
		fields = append(fields, n.runtime)
	}
	n.form = form.New(d.Clock, fields...)
	return n, nil
}

func templateCheck(name string) form.Report {
	t, err := template.Find(name)
	if err != nil {
		return form.Report{Error: client.Explain(err).Sentence}
	}
	return form.Report{Notes: []form.Remark{{Tone: ui.ToneInfo, Text: t.Help}}}
}

func (n *newForm) checkName(name string) form.Report {
	report := nameCheck("the function")(name)
	taken := slices.ContainsFunc(n.functions, func(f client.Function) bool { return f.Name == name })
	if report.Error == "" && taken {
		report.Error = "there is one of this name: take another"
	}
	return report
}

// checkFolder says where that is; whether it is free is looked at once it is
// written, for a check must not wait for a disk.
func (n *newForm) checkFolder(typed string) form.Report {
	if strings.TrimSpace(typed) == "" {
		return form.Report{Error: "name the folder that the function is written into"}
	}
	return form.Report{Notes: []form.Remark{{Tone: ui.ToneDim, Text: n.whole(typed)}}}
}

// folderFor is the folder that is proposed for a name.
func (n *newForm) folderFor(name string) string {
	safe := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:`, r) || r < ' ' {
			return '-'
		}
		return r
	}, name)
	return "." + string(filepath.Separator) + cmp.Or(strings.Trim(safe, "."), newName)
}

// whole is the absolute path of what was typed.
func (n *newForm) whole(typed string) string {
	typed = strings.TrimSpace(typed)
	if rest, ok := strings.CutPrefix(typed, "~"); ok && (rest == "" || rest[0] == filepath.Separator) {
		typed = n.home + rest
	}
	if filepath.IsAbs(typed) {
		return filepath.Clean(typed)
	}
	return filepath.Join(n.base, typed)
}

// Title implements ui.Overlay.
func (n *newForm) Title() string { return "new function" }

// Hints implements ui.Overlay.
func (n *newForm) Hints() []ui.Hint { return n.form.Hints("write and deploy") }

// View implements ui.Overlay.
func (n *newForm) View(theme *ui.Theme, width, height int) []string {
	return n.form.View(theme, width, height)
}

// Update implements ui.Overlay.
func (n *newForm) Update(msg tea.Msg) (tea.Cmd, bool) {
	if !isInput(msg) {
		return nil, false
	}
	switch n.form.Update(msg) {
	case form.Cancelled:
		return nil, true
	case form.Submitted:
		values := action.Values{Template: n.template.Value(), Folder: n.whole(n.folder.Value()), Spec: client.FunctionSpec{Name: n.name.Value()}}
		if n.runtime != nil {
			values.Spec.Runtime = n.runtime.Value()
		}
		return run(RunAction{Action: action.New, Values: values, Origin: n}), true
	}
	if n.folder.Value() == n.proposed {
		n.proposed = n.folderFor(n.name.Value())
		n.folder.SetValue(n.proposed)
	}
	return nil, false
}

// Refused implements Refusable.
func (n *newForm) Refused(why string) { n.form.Refused(why) }
