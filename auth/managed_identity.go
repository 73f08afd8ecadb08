package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"fndeck/auth/managed"
	"fndeck/auth/redact"
	"fndeck/auth/tokenstore"
	"fndeck/auth/wire"
)

// managedGrant is the identity that a cloud gives to the machine.
func managedGrant(i *issuer) grantFunc {
	return func(ctx context.Context, _ tokenstore.Set) (granted, error) {
		return i.askManaged(ctx)
	}
}

func (i *issuer) machine() managed.Machine {
	return managed.Machine{Getenv: i.getenv, Wait: i.clock.Wait}
}

// askManaged gets a token from whatever gives managed identities here.
func (i *issuer) askManaged(ctx context.Context) (granted, error) {
	answer, err := i.machine().Token(ctx, resourceOf(i.identity.Scopes), managed.ID(i.identity.Managed))
	var refusal *managed.Refusal
	switch {
	case ctx.Err() != nil:
		return granted{}, context.Cause(ctx)
	case errors.As(err, &refusal):
		return granted{}, &Error{
			Code: managedCode(refusal.Status), Status: refusal.Status, Server: redact.Line(refusal.Text), Err: err,
			Message: fmt.Sprintf("%s gave no token for the managed identity", refusal.Variant), Hint: "check which identities are assigned here, and the scopes",
		}
	case err != nil:
		return granted{}, &Error{Code: CodeUnavailable, Message: fmt.Sprintf("no managed identity: %s", redact.Line(err.Error())), Hint: "use another flow outside of Azure", Err: err}
	}
	now := i.clock.Now()
	life, note := wire.Lifetime(lifeOf(answer, now))
	g := granted{Set: tokenstore.Set{Access: answer.Access, Obtained: now, Ends: now.Add(life)}, link: answer.Variant}
	if note != "" {
		g.notes = append(g.notes, note)
	}
	return g, nil
}

// managedCode tells a service that has trouble from one that says no.
func managedCode(status int) Code {
	if status/100 == 5 || status == 404 || status == 410 || status == 429 {
		return CodeUnavailable
	}
	return CodeRefused
}

// lifeOf prefers the number of seconds: the end depends on two clocks.
func lifeOf(answer managed.Answer, now time.Time) any {
	if answer.In != nil || answer.On == nil {
		return answer.In
	}
	on, err := json.Number(strings.TrimSpace(fmt.Sprint(answer.On))).Int64()
	if err != nil {
		return nil
	}
	return json.Number(fmt.Sprint(on - now.Unix()))
}

// resourceOf is what older endpoints call the scope of an application: the same
// without "/.default".
func resourceOf(scopes []string) string {
	if len(scopes) == 0 {
		return ""
	}
	return strings.TrimSuffix(scopes[0], "/.default")
}
