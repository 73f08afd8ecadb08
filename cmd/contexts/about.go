package contexts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/ui"
)

// needed are the capabilities that the console works with, by access list, and what
// each is for (Cognite API reference 20230101, functions, files and sessions).
var needed = []struct {
	list    string
	actions []string
	use     string
}{
	{"functionsAcl", []string{"READ"}, "to see functions"},
	{"functionsAcl", []string{"WRITE"}, "to deploy, call and schedule"},
	{"filesAcl", []string{"READ", "WRITE"}, "to deploy"},
	{"sessionsAcl", []string{"CREATE"}, "to call and schedule"},
}

// About implements standing.Contexts.
func (b *Board) About(ctx context.Context, name string) []ui.Fact {
	opened, err := b.Open(ctx, name)
	if err != nil {
		return unanswered("Backend", err)
	}
	b.mu.Lock()
	guarded := b.open[name]
	b.mu.Unlock()
	far, ok := guarded.Backend.(remote)
	if !ok {
		d := opened.Backend.Describe()
		return []ui.Fact{{Label: "Isolation", Value: d.Isolation}, {Label: "Runtimes", Value: strings.Join(d.Runtimes, ", ")}}
	}
	return slices.Concat(far.activation(ctx), far.limits(ctx), far.rights(ctx))
}

// activation is whether functions can be used in the project.
func (r remote) activation(ctx context.Context) []ui.Fact {
	state, err := r.Status(ctx)
	if err != nil {
		return unanswered("Functions", err)
	}
	fact := ui.Fact{Label: "Functions", Value: state}
	if state != cognite.Activated {
		fact.Value, fact.Tone = state+": the project has to be activated before anything is deployed", ui.ToneWarn
	}
	return []ui.Fact{fact}
}

func (r remote) limits(ctx context.Context) []ui.Fact {
	limits, err := r.Limits(ctx)
	if err != nil {
		return unanswered("Limits", err)
	}
	call := "a call ends after " + ui.Duration(time.Duration(limits.TimeoutMinutes*float64(time.Minute)))
	if data := r.Describe().DataLimitBytes; data > 0 {
		call += fmt.Sprintf(", its data has at most %s", ui.Bytes(data))
	}
	return []ui.Fact{{Label: "Limits", Value: call}, {Label: "Runtimes", Value: strings.Join(limits.Runtimes, ", ")}}
}

// rights are whom the token is for by the service, and what it lacks.
func (r remote) rights(ctx context.Context) []ui.Fact {
	token, err := r.Inspect(ctx)
	if err != nil {
		return unanswered("Rights", err)
	}
	facts := []ui.Fact{{Label: "Subject", Value: token.Subject}, {Label: "Projects", Value: strings.Join(token.Projects, ", ")}}
	label := "Lacks"
	for _, n := range needed {
		if lacks := token.Lacks(n.list, n.actions...); len(lacks) > 0 {
			facts = append(facts, ui.Fact{Label: label, Value: strings.Join(lacks, ", ") + "  " + n.use, Tone: ui.ToneWarn})
			label = ""
		}
	}
	if label != "" {
		facts = append(facts, ui.Fact{Label: label, Value: "nothing that is needed here"})
	}
	return facts
}

// unanswered is what could not be learnt, with the reason.
func unanswered(label string, err error) []ui.Fact {
	x := client.Explain(err)
	return []ui.Fact{{Label: label, Value: strings.TrimSpace(x.Sentence + "\n" + x.Hint), Tone: ui.ToneWarn}}
}
