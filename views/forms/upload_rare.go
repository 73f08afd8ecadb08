package forms

import (
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/ui"
	"fndeck/ui/form"
)

// rareSettings are the settings that few functions need. Their fields stand below one
// line, the fold, until they are asked for.
type rareSettings struct {
	description, owner, externalID *form.Text
	metadata                       *form.Editor
	cpu, memory                    *sizeField
	index, extra                   *form.Editor
	// keepsSize is why the size cannot be changed, empty where it can.
	keepsSize string
}

// noIndex is what is typed to take package indexes away.
const noIndex = "none"

// newRare makes the fields, filled with what the function has.
func (s *uploadSettings) newRare(d Deps, created bool) rareSettings {
	about, fn := d.Backend.Describe(), s.shown
	bounded := func(spec func(string) client.FunctionSpec) func(string) form.Report {
		return func(value string) form.Report { return s.bounded(form.Report{}, spec(value)) }
	}
	r := rareSettings{
		description: form.NewText(form.FieldSpec{
			Label: "Description", Help: "what it is for; with owner and metadata it holds at once", Value: fn.Description,
			Check: bounded(func(v string) client.FunctionSpec { return client.FunctionSpec{Description: v} }),
		}),
		owner: form.NewText(form.FieldSpec{
			Label: "Owner", Help: "whose it is", Value: fn.Owner,
			Check: bounded(func(v string) client.FunctionSpec { return client.FunctionSpec{Owner: v} }),
		}),
		externalID: form.NewText(form.FieldSpec{
			Label: "External id", Help: "another name for programs, for as long as the function lives",
			Check: bounded(func(v string) client.FunctionSpec { return client.FunctionSpec{ExternalID: v} }),
		}),
		metadata: form.NewEditor(form.FieldSpec{
			Label: "Metadata", Help: "name=value, one on each line; -l name=value filters by it", Value: pairText(fn.Metadata),
			Check: s.pairCheck("pair", func(m map[string]string) client.FunctionSpec { return client.FunctionSpec{Metadata: m} }),
		}),
		index: newIndexField("Index URL", indexHelp(fn), 1),
		extra: newIndexField("Extra index", extraHelp(fn), maxExtraIndexes),
	}
	r.cpu = s.newSize(form.FieldSpec{Label: "CPU"}, about.CPUCores, "cores", fn.CPU, func(n float64) client.FunctionSpec { return client.FunctionSpec{CPU: n} })
	r.memory = s.newSize(form.FieldSpec{Label: "Memory"}, about.MemoryGB, "GB", fn.MemoryGB, func(n float64) client.FunctionSpec { return client.FunctionSpec{MemoryGB: n} })
	if !created {
		r.keepsSize = about.Missing[client.CanResize]
	}
	return r
}

// builds are the fields of what a function is built and run with.
func (r *rareSettings) builds() []form.Field {
	if r.keepsSize != "" {
		return []form.Field{r.index, r.extra, form.NewNote("Size", form.Remark{Tone: ui.ToneDim, Text: r.keepsSize, Short: "stays as it was created"})}
	}
	return []form.Field{r.cpu.field, r.memory.field, r.index, r.extra}
}

// folded puts fields below one line.
func folded(fields []form.Field) []form.Field {
	fold := form.NewFold(form.FieldSpec{Label: "More", Help: "what few functions need: enter or space shows it"}, fields...)
	return append([]form.Field{fold}, fields...)
}

// unheld says what of the settings is not in the form.
func (s *uploadSettings) unheld() []form.Field {
	var notes []form.Remark
	for _, kind := range []struct {
		name string
		have map[string]string
	}{{"environment", s.shown.EnvVars}, {"metadata", s.shown.Metadata}} {
		if !linesHold(kind.have) {
			notes = append(notes, form.Remark{Tone: ui.ToneWarn, Text: "the " + kind.name + " has values of several lines and stays: fndeck redeploy --same-code changes it"})
		}
	}
	if len(notes) == 0 {
		return nil
	}
	return []form.Field{form.NewNote("", notes...)}
}

// hideUnheld takes the fields out of a form that cannot hold what the function has.
func (s *uploadSettings) hideUnheld(f *form.Form) {
	f.Hide(s.env, !linesHold(s.shown.EnvVars))
	f.Hide(s.metadata, !linesHold(s.shown.Metadata))
}

// linesHold reports whether lines of name=value can hold all of a map.
func linesHold(pairs map[string]string) bool {
	back, fault := parsePairs(pairText(pairs))
	return fault == "" && maps.Equal(back, pairs)
}

// sizeField is a number above 0, or nothing.
type sizeField struct {
	field *form.Text
	was   float64
}

func (s *uploadSettings) newSize(spec form.FieldSpec, bounds client.Range, unit string, has float64, of func(float64) client.FunctionSpec) *sizeField {
	spec.Help = sizeHelp(bounds, unit, has)
	if has > 0 {
		spec.Value = strconv.FormatFloat(has, 'g', -1, 64)
	}
	spec.Check = func(value string) form.Report {
		n, fault := parseSize(value)
		if fault != "" {
			return form.Report{Error: fault}
		}
		return s.bounded(form.Report{}, of(n))
	}
	return &sizeField{field: form.NewText(spec), was: has}
}

func sizeHelp(bounds client.Range, unit string, has float64) string {
	empty := "empty leaves it to the backend"
	switch {
	case has > 0:
		empty = "empty keeps what it has"
	case bounds.Default > 0:
		empty = fmt.Sprintf("empty is %g", bounds.Default)
	}
	if bounds.Max > 0 {
		return fmt.Sprintf("%g to %g %s; %s", bounds.Min, bounds.Max, unit, empty)
	}
	return unit + ", such as 1.5; " + empty
}

// parseSize reads a number above 0; 0 for nothing.
func parseSize(text string) (n float64, fault string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, ""
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n > 0) || n > maxSize {
		return 0, "a number above 0 is expected, such as 1.5"
	}
	return n, ""
}

// maxSize is where a number is a slip of the keyboard, or none at all.
const maxSize = 1e6

func (s *sizeField) number() float64 {
	n, _ := parseSize(s.field.Value()) // The form lets nothing faulty through.
	return n
}

// changed is the number where it is neither what was shown nor what there is.
func (s *sizeField) changed(has float64) *float64 {
	n := s.number()
	if n == 0 || n == s.was || n == has {
		return nil
	}
	return &n
}

// maxExtraIndexes is more than any function has use for.
const maxExtraIndexes = 20

// newIndexField makes a field for package indexes, one on each line. A URL may hold a
// password, which nobody can tell while it is typed: all of it is masked, and the note
// below names the host once that is certain.
func newIndexField(label, help string, most int) *form.Editor {
	field := form.NewEditor(form.FieldSpec{Label: label, Help: help, Check: func(value string) form.Report { return indexCheck(value, most) }})
	field.MaskAfter = '/'
	return field
}

func indexHelp(fn client.Function) string {
	if fn.HasIndex {
		return "masked; empty keeps the one it has, " + noIndex + " takes it away"
	}
	return "https://host/path of a package index of its own, masked"
}

func extraHelp(fn client.Function) string {
	if fn.ExtraIndexes > 0 {
		return "masked; empty keeps the " + ui.Grouped(int64(fn.ExtraIndexes)) + " it has, " + noIndex + " takes them away"
	}
	return "further package indexes, one on each line, masked"
}

// indexLines are the URLs of a field; none is true where they are to be taken away.
func indexLines(text string) (urls []string, none bool) {
	if strings.TrimSpace(text) == noIndex {
		return nil, true
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			urls = append(urls, line)
		}
	}
	return urls, false
}

// indexCheck judges package indexes. Of what was typed it repeats hosts alone, and
// those only where a slash has ended them: what stands before could be a password.
func indexCheck(text string, most int) form.Report {
	urls, _ := indexLines(text)
	if len(urls) > most {
		return form.Report{Error: fmt.Sprintf("there are %d, allowed is %d", len(urls), most)}
	}
	var hosts []string
	for i, line := range urls {
		u, err := url.Parse(line)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return form.Report{Error: lineFault(i, "a URL such as https://host/path is expected")}
		}
		if u.Path != "" {
			host := u.Hostname()
			if u.User != nil {
				host += " with credentials"
			}
			hosts = append(hosts, host)
		}
	}
	if len(hosts) == 0 {
		return form.Report{}
	}
	return form.Report{Notes: []form.Remark{{Tone: ui.ToneOK, Text: "at " + strings.Join(hosts, ", ")}}}
}

// indexURL is the package index, empty to take it away, nil to leave it.
func (r *rareSettings) indexURL() *client.Secret {
	urls, none := indexLines(r.index.Value())
	if len(urls) == 0 && !none {
		return nil
	}
	secret := auth.NewSecret(strings.Join(urls, ""))
	return &secret
}

// extraURLs are the further package indexes, nil to leave them.
func (r *rareSettings) extraURLs() []client.Secret {
	urls, none := indexLines(r.extra.Value())
	if len(urls) == 0 && !none {
		return nil
	}
	secrets := make([]client.Secret, 0, len(urls))
	for _, u := range urls {
		secrets = append(secrets, auth.NewSecret(u))
	}
	return secrets
}
