package forms

import (
	"maps"
	"slices"
	"strings"
	"time"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/ui"
	"fndeck/ui/form"
)

// defaultEntry is the file that holds the entry point unless told otherwise.
const defaultEntry = "handler.py"

// uploadSettings is what a deploy is given beside the code: one description of each
// field, for the form of an upload and for that of the settings.
type uploadSettings struct {
	form *form.Form
	// check says what of a function is out of the backend's bounds.
	check        func(client.FunctionSpec) error
	name, entry  *form.Text
	runtime      *form.Choice
	secrets, env *form.Editor
	rareSettings
	// shown is the function that the fields were filled with, the zero one for none.
	shown client.Function
}

// newUploadSettings makes the fields. fn is the function to redeploy, nil for a
// new one, which then gets a name field with the value and check of name.
func newUploadSettings(d Deps, fn *client.Function, name form.FieldSpec, entry, runtime string) *uploadSettings {
	if entry == "" {
		entry = defaultEntry
	}
	s := &uploadSettings{check: d.Backend.Describe().CheckSpec}
	if fn != nil {
		s.shown = *fn
	}
	s.entry = form.NewText(form.FieldSpec{
		Label: "Entry file", Help: "the file in the folder that holds the entry point", Value: entry, Check: s.entryCheck,
	})
	s.secrets = form.NewEditor(form.FieldSpec{Label: "Secrets", Help: secretsHelp(fn), Check: s.pairCheck("secret", secretsSpec)})
	s.env = form.NewEditor(form.FieldSpec{
		Label: "Environment", Help: "NAME=value, one on each line; shown to all who see the function", Value: pairText(s.shown.EnvVars),
		Check: s.pairCheck("variable", func(env map[string]string) client.FunctionSpec { return client.FunctionSpec{EnvVars: env} }),
	})
	s.secrets.MaskAfter = '='
	if fn == nil {
		name.Label, name.Help = "Name", "what the function is called"
		judge := name.Check
		name.Check = func(value string) form.Report { return s.bounded(judge(value), client.FunctionSpec{Name: value}) }
		s.name = form.NewText(name)
	}
	if runtimes := withRuntime(d.Backend.Describe().Runtimes, runtime); len(runtimes) > 0 {
		s.runtime = form.NewChoice(form.FieldSpec{Label: "Runtime", Help: "which Python runs it", Value: runtime}, runtimes)
	}
	s.rareSettings = s.newRare(d, fn == nil)
	return s
}

// arrange puts the fields into the form of an upload.
func (s *uploadSettings) arrange(clock func() time.Time) {
	var fields []form.Field
	rare := []form.Field{s.description, s.owner, s.metadata}
	if s.name != nil {
		fields, rare = append(fields, s.name), append(rare, s.externalID) // Both are for the first deploy only.
	}
	fields = append(fields, s.entry)
	if s.runtime != nil {
		fields = append(fields, s.runtime)
	}
	fields = append(append(fields, s.secrets, s.env), folded(append(rare, s.builds()...))...)
	s.form = form.New(clock, append(fields, s.unheld()...)...)
	s.hideUnheld(s.form)
}

// bounded adds to a report what of a function is out of bounds; one that is wrong
// already stays.
func (s *uploadSettings) bounded(report form.Report, spec client.FunctionSpec) form.Report {
	if report.Error != "" || s.check == nil {
		return report
	}
	if err := s.check(spec); err != nil {
		return form.Report{Error: client.Explain(err).Sentence}
	}
	return report
}

// withRuntime keeps a runtime choosable that the backend no longer lists: the
// function has it, and a redeploy must not change it by itself.
func withRuntime(runtimes []string, present string) []string {
	if present == "" || len(runtimes) == 0 || slices.Contains(runtimes, present) {
		return runtimes
	}
	return append([]string{present}, runtimes...)
}

func secretsHelp(fn *client.Function) string {
	if fn == nil || len(fn.SecretNames) == 0 {
		return "name=value, one on each line; values are not shown again"
	}
	return "empty keeps those it has: " + strings.Join(fn.SecretNames, ", ")
}

// pairText writes a map as the lines that parsePairs reads.
func pairText(pairs map[string]string) string {
	lines := make([]string, 0, len(pairs))
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		lines = append(lines, name+"="+pairs[name])
	}
	return strings.Join(lines, "\n")
}

func (s *uploadSettings) entryCheck(value string) form.Report {
	switch {
	case strings.TrimSpace(value) == "":
		return form.Report{Error: "name the file that holds the entry point, such as " + defaultEntry}
	case strings.HasPrefix(value, "/") || slices.Contains(strings.Split(value, "/"), ".."):
		return form.Report{Error: "the entry file has to be inside the folder"}
	}
	return s.bounded(form.Report{}, client.FunctionSpec{FunctionPath: value})
}

// pairCheck judges lines of name=value, and by the bounds what they make of a function.
// Its sentences never repeat a value.
func (s *uploadSettings) pairCheck(noun string, spec func(map[string]string) client.FunctionSpec) func(string) form.Report {
	return func(value string) form.Report {
		pairs, fault := parsePairs(value)
		if fault != "" {
			return form.Report{Error: fault}
		}
		if len(pairs) == 0 {
			return form.Report{}
		}
		names := strings.Join(slices.Sorted(maps.Keys(pairs)), ", ")
		report := form.Report{Notes: []form.Remark{{Tone: ui.ToneOK, Text: ui.Counted(len(pairs), noun) + ": " + names}}}
		return s.bounded(report, spec(pairs))
	}
}

// secretsSpec is a function with secrets, of which only the values are left out.
func secretsSpec(pairs map[string]string) client.FunctionSpec {
	spec := client.FunctionSpec{Secrets: map[string]client.Secret{}}
	for name := range pairs {
		spec.Secrets[name] = client.Secret{}
	}
	return spec
}

// parsePairs reads name=value lines; empty lines are skipped. fault says what is
// wrong, without any value.
func parsePairs(text string) (pairs map[string]string, fault string) {
	pairs = map[string]string{}
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		_, twice := pairs[name]
		switch {
		case !found || name == "":
			return nil, lineFault(i, "write name=value")
		case name != ui.Clean(name) || strings.Contains(name, " "):
			return nil, lineFault(i, "a name has no spaces or hidden characters")
		case twice:
			return nil, lineFault(i, "the name "+name+" is there twice")
		}
		pairs[name] = value
	}
	return pairs, ""
}

func lineFault(index int, fault string) string {
	return "line " + ui.Grouped(int64(index+1)) + ": " + fault
}

func (s *uploadSettings) entryPath() string { return strings.TrimSpace(s.entry.Value()) }

func (s *uploadSettings) runtimeName() string {
	if s.runtime == nil {
		return ""
	}
	return s.runtime.Value()
}

// secretValues returns nil where none were typed: that leaves a function's
// secrets as they are.
func (s *uploadSettings) secretValues() map[string]client.Secret {
	pairs, _ := parsePairs(s.secrets.Value()) // The form lets nothing faulty through.
	if len(pairs) == 0 {
		return nil
	}
	secrets := make(map[string]client.Secret, len(pairs))
	for name, value := range pairs {
		secrets[name] = auth.NewSecret(value)
	}
	return secrets
}

// spec is what a new function is created with.
func (s *uploadSettings) spec() client.FunctionSpec {
	env, _ := parsePairs(s.env.Value())
	metadata, _ := parsePairs(s.metadata.Value())
	spec := client.FunctionSpec{
		Name: s.name.Value(), FunctionPath: s.entryPath(), Runtime: s.runtimeName(), Secrets: s.secretValues(), EnvVars: env,
		Description: s.description.Value(), Owner: s.owner.Value(), Metadata: metadata, ExternalID: strings.TrimSpace(s.externalID.Value()),
		CPU: s.cpu.number(), MemoryGB: s.memory.number(), ExtraIndexURLs: s.extraURLs(),
	}
	if index := s.indexURL(); index != nil {
		spec.IndexURL = *index
	}
	return spec
}

// change holds only what differs from what the function has. A field that was not
// filled with what the function has counts only where something stands in it.
func (s *uploadSettings) change(fn client.Function) client.SpecChange {
	change := client.SpecChange{Secrets: s.secretValues(), IndexURL: s.indexURL(), ExtraIndexURLs: s.extraURLs()}
	if path := s.entryPath(); path != fn.FunctionPath && (fn.FunctionPath != "" || path != defaultEntry) {
		change.FunctionPath = &path
	}
	if runtime := s.runtimeName(); runtime != "" && runtime != fn.Runtime {
		change.Runtime = &runtime
	}
	for _, text := range []struct {
		field    *form.Text
		was, has string
		to       **string
	}{
		{s.description, s.shown.Description, fn.Description, &change.Description},
		{s.owner, s.shown.Owner, fn.Owner, &change.Owner},
	} {
		if value := text.field.Value(); value != text.was && value != text.has {
			*text.to = &value
		}
	}
	change.EnvVars = changedPairs(s.env, s.shown.EnvVars, fn.EnvVars)
	change.Metadata = changedPairs(s.metadata, s.shown.Metadata, fn.Metadata)
	change.CPU, change.MemoryGB = s.cpu.changed(fn.CPU), s.memory.changed(fn.MemoryGB)
	return change
}

// changedPairs are the pairs of a field, nil where they are what was shown or what
// there is, and where lines could not hold what there is.
func changedPairs(field *form.Editor, shown, has map[string]string) map[string]string {
	pairs, _ := parsePairs(field.Value()) // The form lets nothing faulty through.
	if !linesHold(shown) || maps.Equal(pairs, shown) || maps.Equal(pairs, has) {
		return nil
	}
	return pairs
}
