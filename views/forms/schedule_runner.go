package forms

import (
	"context"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/ui/form"
)

// scheduleRunner asks whom a schedule runs as, where that can be chosen. Nil asks
// nothing.
type scheduleRunner struct {
	who        *form.Choice
	id, secret *form.Text
}

// anotherClient is the choice of a client that is named with its secret.
const anotherClient = "a client with a secret"

func newScheduleRunner(d client.Description) *scheduleRunner {
	if d.RunsAs == "" || d.Missing[client.CanRunAs] != "" {
		return nil
	}
	r := &scheduleRunner{
		who: form.NewChoice(form.FieldSpec{
			Label: "Runs as", Help: "whose rights its runs have, while sign-in or secret is good",
		}, []string{d.RunsAs, anotherClient}),
		id:     form.NewText(form.FieldSpec{Label: "Client id", Help: "the application's id at the issuer", Check: needed("the client id")}),
		secret: form.NewText(form.FieldSpec{Label: "Secret", Help: secretHelp, Check: reference}),
	}
	return r
}

func (r *scheduleRunner) fields() []form.Field {
	if r == nil {
		return nil
	}
	return []form.Field{r.who, r.id, r.secret}
}

// follow shows the fields of a client where one is chosen.
func (r *scheduleRunner) follow(f *form.Form) {
	if r == nil {
		return
	}
	hidden := r.who.Index() == 0
	f.Hide(r.id, hidden)
	f.Hide(r.secret, hidden)
}

// named reports whether a client was named.
func (r *scheduleRunner) named() bool { return r != nil && r.who.Index() > 0 }

// runnerKnown answers the form whose request waits for the secret of a client.
type runnerKnown struct {
	owner   *scheduleForm
	request RunAction
	err     error
}

// resolve puts the client into a request. Its secret is read outside the update loop: a
// program may have to be run for it.
func (r *scheduleRunner) resolve(ctx context.Context, owner *scheduleForm, request RunAction) tea.Cmd {
	id, text := strings.TrimSpace(r.id.Value()), strings.TrimSpace(r.secret.Value())
	return func() tea.Msg {
		known := runnerKnown{owner: owner, request: request}
		secret, err := auth.ParseReference(text)
		if err == nil {
			known.request.Values.Schedule.ClientSecret, err = secret.Resolve(ctx, os.Getenv)
		}
		known.request.Values.Schedule.ClientID, known.err = id, err
		return known
	}
}
