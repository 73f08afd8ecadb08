package forms

import (
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/ui/form"
)

// settingsForm changes what a function is deployed with, and not its code. It is
// filled with what the function has: of its secrets that is the names, and a name
// without a value keeps the one there is.
type settingsForm struct {
	d      Deps
	fn     client.Function
	form   *form.Form
	upload *uploadSettings
}

// NewSettings makes the form.
func NewSettings(d Deps, fn client.Function) (ui.Overlay, tea.Cmd) {
	s := &settingsForm{d: d, fn: fn, upload: newUploadSettings(d, &fn, form.FieldSpec{}, fn.FunctionPath, fn.Runtime)}
	u := s.upload
	u.secrets = form.NewEditor(form.FieldSpec{
		Label: "Secrets", Help: "NAME keeps its value, NAME=value sets it, no line drops it",
		Value: strings.Join(fn.SecretNames, "\n"), Check: s.checkSecrets,
	})
	u.secrets.MaskAfter = '='
	fields := []form.Field{u.env, u.secrets, u.description, u.owner, u.metadata}
	if u.runtime != nil {
		fields = append(fields, u.runtime)
	}
	fields = append(append(fields, u.entry), folded(u.builds())...)
	s.form = form.New(d.Clock, append(fields, u.unheld()...)...)
	u.hideUnheld(s.form)
	return s, nil
}

// secretLines reads what became of the secrets. kept are the names that stand
// alone; fault says what is wrong, without any value.
func (s *settingsForm) secretLines(text string) (kept []string, set map[string]client.Secret, fault string) {
	set = map[string]client.Secret{}
	var pairs []string
	for line := range strings.SplitSeq(text, "\n") {
		name := strings.TrimSpace(line)
		switch {
		case strings.Contains(line, "="), name == "":
			pairs = append(pairs, line)
			continue
		case !slices.Contains(s.fn.SecretNames, name):
			return nil, nil, lineFault(len(pairs), "it has no secret of that name: write name=value")
		}
		kept, pairs = append(kept, name), append(pairs, "")
	}
	values, fault := parsePairs(strings.Join(pairs, "\n"))
	if fault != "" {
		return nil, nil, fault
	}
	for name, value := range values {
		if slices.Contains(kept, name) {
			return nil, nil, "the name " + name + " is there twice"
		}
		set[name] = auth.NewSecret(value)
	}
	return kept, set, ""
}

// checkSecrets says what happens to each secret, by name.
func (s *settingsForm) checkSecrets(text string) form.Report {
	kept, set, fault := s.secretLines(text)
	if fault != "" {
		return form.Report{Error: fault}
	}
	dropped := slices.DeleteFunc(slices.Clone(s.fn.SecretNames), func(name string) bool {
		_, replaced := set[name]
		return replaced || slices.Contains(kept, name)
	})
	var report form.Report
	for _, said := range []struct {
		word  string
		names []string
		tone  ui.Tone
	}{{"kept", kept, ui.ToneOK}, {"set", slices.Sorted(maps.Keys(set)), ui.ToneInfo}, {"dropped", dropped, ui.ToneWarn}} {
		if len(said.names) > 0 {
			report.Notes = append(report.Notes, form.Remark{Tone: said.tone, Text: said.word + ": " + strings.Join(said.names, ", ")})
		}
	}
	deployed := map[string]client.Secret{}
	for _, name := range append(kept, slices.Collect(maps.Keys(set))...) {
		deployed[name] = client.Secret{}
	}
	return s.upload.bounded(report, client.FunctionSpec{Secrets: deployed})
}

// change holds only what differs from what the function has.
func (s *settingsForm) change() client.SpecChange {
	change := s.upload.change(s.fn)
	change.Secrets = nil
	kept, set, _ := s.secretLines(s.upload.secrets.Value()) // The form lets nothing faulty through.
	if len(set) > 0 || len(kept) != len(s.fn.SecretNames) {
		change.Secrets, change.KeepSecrets = set, kept
	}
	return change
}

// Title implements ui.Overlay.
func (s *settingsForm) Title() string { return "settings of " + nameAndVersion(s.fn) }

// Hints implements ui.Overlay.
func (s *settingsForm) Hints() []ui.Hint { return s.form.Hints("deploy the same code") }

// View implements ui.Overlay.
func (s *settingsForm) View(theme *ui.Theme, width, height int) []string {
	return s.form.View(theme, width, height)
}

// Update implements ui.Overlay.
func (s *settingsForm) Update(msg tea.Msg) (tea.Cmd, bool) {
	if reopened(s.form, msg) || !isInput(msg) {
		return nil, false
	}
	switch s.form.Update(msg) {
	case form.Cancelled:
		return nil, true
	case form.Opening:
		return s.d.openEditor(s.form), false
	case form.Submitted:
		return run(RunAction{
			Action: action.ChangeSettings, Target: action.Target{Function: &s.fn},
			Values: action.Values{Change: s.change()}, Origin: s,
		}), true
	}
	return nil, false
}

// Refused implements Refusable.
func (s *settingsForm) Refused(why string) { s.form.Refused(why) }
