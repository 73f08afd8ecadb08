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
	d                  Deps
	fn                 client.Function
	form               *form.Form
	description, owner *form.Text
	metadata           *form.Editor
	upload             *uploadSettings
	index              *form.Text
}

// noIndex is what is typed to take the package index away.
const noIndex = "none"

// NewSettings makes the form.
func NewSettings(d Deps, fn client.Function) (ui.Overlay, tea.Cmd) {
	s := &settingsForm{d: d, fn: fn, upload: newUploadSettings(d, &fn, form.FieldSpec{}, fn.FunctionPath, fn.Runtime)}
	s.description = form.NewText(form.FieldSpec{Label: "Description", Help: "what it is for; with owner and metadata it holds at once", Value: fn.Description})
	s.owner = form.NewText(form.FieldSpec{Label: "Owner", Help: "whose it is", Value: fn.Owner})
	s.metadata = form.NewEditor(form.FieldSpec{
		Label: "Metadata", Help: "name=value, one on each line; -l name=value filters by it", Value: pairText(fn.Metadata), Check: pairCheck("entry"),
	})
	s.upload.secrets = form.NewEditor(form.FieldSpec{
		Label: "Secrets", Help: "NAME keeps its value, NAME=value sets it, no line drops it",
		Value: strings.Join(fn.SecretNames, "\n"), Check: s.checkSecrets,
	})
	s.upload.secrets.MaskAfter = '='
	s.index = form.NewText(form.FieldSpec{Label: "Index URL", Help: indexHelp(fn), Check: indexCheck})
	fields := []form.Field{s.upload.env, s.upload.secrets, s.description, s.owner, s.metadata}
	if s.upload.runtime != nil {
		fields = append(fields, s.upload.runtime)
	}
	fields = append(fields, s.upload.entry, s.index)
	notes := s.unheld()
	if len(notes) > 0 {
		fields = append(fields, form.NewNote("", notes...))
	}
	s.form = form.New(d.Clock, fields...)
	s.form.Hide(s.upload.env, !linesHold(fn.EnvVars))
	s.form.Hide(s.metadata, !linesHold(fn.Metadata))
	return s, nil
}

// unheld says what of the settings is not in the form.
func (s *settingsForm) unheld() (notes []form.Remark) {
	for _, kind := range []struct {
		name string
		have map[string]string
	}{{"environment", s.fn.EnvVars}, {"metadata", s.fn.Metadata}} {
		if !linesHold(kind.have) {
			notes = append(notes, form.Remark{Tone: ui.ToneWarn, Text: "the " + kind.name + " has values of several lines and stays: fndeck redeploy --same-code changes it"})
		}
	}
	return notes
}

// linesHold reports whether lines of name=value can hold all of a map.
func linesHold(pairs map[string]string) bool {
	back, fault := parsePairs(pairText(pairs))
	return fault == "" && maps.Equal(back, pairs)
}

func indexHelp(fn client.Function) string {
	if fn.HasIndex {
		return "empty keeps the package index it has, " + noIndex + " takes it away"
	}
	return "a package index of its own; empty for none"
}

// indexCheck refuses what must not be shown: the field is not masked.
func indexCheck(value string) form.Report {
	if strings.Contains(value, "@") {
		return form.Report{Error: "a password would be seen here: fndeck redeploy --same-code --index-url @FILE takes one"}
	}
	return form.Report{}
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
	return report
}

// change holds only what differs from what the function has.
func (s *settingsForm) change() client.SpecChange {
	change := s.upload.change(s.fn)
	change.Secrets = nil
	if !linesHold(s.fn.EnvVars) {
		change.EnvVars = nil
	}
	kept, set, _ := s.secretLines(s.upload.secrets.Value()) // The form lets nothing faulty through.
	if len(set) > 0 || len(kept) != len(s.fn.SecretNames) {
		change.Secrets, change.KeepSecrets = set, kept
	}
	if text := s.description.Value(); text != s.fn.Description {
		change.Description = &text
	}
	if owner := s.owner.Value(); owner != s.fn.Owner {
		change.Owner = &owner
	}
	if metadata, _ := parsePairs(s.metadata.Value()); linesHold(s.fn.Metadata) && !maps.Equal(metadata, s.fn.Metadata) {
		change.Metadata = metadata
	}
	switch index := strings.TrimSpace(s.index.Value()); index {
	case "":
	case noIndex:
		change.IndexURL = new(client.Secret)
	default:
		secret := auth.NewSecret(index)
		change.IndexURL = &secret
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
