package forms

import (
	"maps"
	"slices"
	"strings"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/ui"
	"fndeck/ui/form"
)

// defaultEntry is the file that holds the entry point unless told otherwise.
const defaultEntry = "handler.py"

// uploadSettings is what a deploy is given beside the code.
type uploadSettings struct {
	form         *form.Form
	name, entry  *form.Text
	runtime      *form.Choice
	secrets, env *form.Editor
}

// newUploadSettings makes the fields. fn is the function to redeploy, nil for a
// new one, which then gets a name field with the value and check of name.
func newUploadSettings(d Deps, fn *client.Function, name form.FieldSpec, entry, runtime string) *uploadSettings {
	if entry == "" {
		entry = defaultEntry
	}
	s := &uploadSettings{
		entry: form.NewText(form.FieldSpec{
			Label: "Entry file", Help: "the file in the folder that holds the entry point", Value: entry, Check: entryCheck,
		}),
		secrets: form.NewEditor(form.FieldSpec{Label: "Secrets", Help: secretsHelp(fn), Check: pairCheck("secret")}),
		env:     form.NewEditor(form.FieldSpec{Label: "Environment", Help: "NAME=value, one on each line; shown to all who see the function", Value: envText(fn), Check: pairCheck("variable")}),
	}
	s.secrets.MaskAfter = '='
	var fields []form.Field
	if fn == nil {
		name.Label, name.Help = "Name", "what the function is called"
		s.name = form.NewText(name)
		fields = append(fields, s.name)
	}
	fields = append(fields, s.entry)
	if runtimes := withRuntime(d.Backend.Describe().Runtimes, runtime); len(runtimes) > 0 {
		s.runtime = form.NewChoice(form.FieldSpec{Label: "Runtime", Help: "which Python runs it", Value: runtime}, runtimes)
		fields = append(fields, s.runtime)
	}
	s.form = form.New(d.Clock, append(fields, s.secrets, s.env)...)
	return s
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

func envText(fn *client.Function) string {
	if fn == nil {
		return ""
	}
	return pairText(fn.EnvVars)
}

// pairText writes a map as the lines that parsePairs reads.
func pairText(pairs map[string]string) string {
	lines := make([]string, 0, len(pairs))
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		lines = append(lines, name+"="+pairs[name])
	}
	return strings.Join(lines, "\n")
}

func entryCheck(value string) form.Report {
	switch {
	case strings.TrimSpace(value) == "":
		return form.Report{Error: "name the file that holds the entry point, such as " + defaultEntry}
	case strings.HasPrefix(value, "/") || slices.Contains(strings.Split(value, "/"), ".."):
		return form.Report{Error: "the entry file has to be inside the folder"}
	}
	return form.Report{}
}

// pairCheck judges lines of name=value. Its sentences never repeat a value.
func pairCheck(noun string) func(string) form.Report {
	return func(value string) form.Report {
		pairs, fault := parsePairs(value)
		if fault != "" {
			return form.Report{Error: fault}
		}
		if len(pairs) == 0 {
			return form.Report{}
		}
		names := strings.Join(slices.Sorted(maps.Keys(pairs)), ", ")
		return form.Report{Notes: []form.Remark{{Tone: ui.ToneOK, Text: ui.Counted(len(pairs), noun) + ": " + names}}}
	}
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
	return client.FunctionSpec{
		Name: s.name.Value(), FunctionPath: s.entryPath(), Runtime: s.runtimeName(),
		Secrets: s.secretValues(), EnvVars: env,
	}
}

// change holds only what differs from what the function has.
func (s *uploadSettings) change(fn client.Function) client.SpecChange {
	change := client.SpecChange{Secrets: s.secretValues()}
	if path := s.entryPath(); path != fn.FunctionPath && (fn.FunctionPath != "" || path != defaultEntry) {
		change.FunctionPath = &path
	}
	if runtime := s.runtimeName(); runtime != "" && runtime != fn.Runtime {
		change.Runtime = &runtime
	}
	if env, _ := parsePairs(s.env.Value()); !maps.Equal(env, fn.EnvVars) {
		change.EnvVars = env
	}
	return change
}
