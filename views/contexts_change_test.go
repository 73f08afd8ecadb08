package views

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/views/forms"
)

func TestAContextIsAddedByAFormThatAsksForWhatItsFlowNeeds(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 120, 40, func(s *stage) {
		s.press("@", "n")
		screen := s.screen.text()
		assert.Contains(t, screen, "new context")
		assert.Contains(t, screen, "Client id", "the device code is proposed")
		assert.NotContains(t, screen, "Client secret")
		s.typed("prod")
		assert.Contains(t, s.screen.text(), "there is one of this name: take another")
		s.typed("-eu")
		s.press("tab")
		s.typed("westeurope-1")
		s.press("tab")
		s.typed("acme")
		s.press("tab", "right", "tab", "right")
		assert.Contains(t, s.screen.text(), "User's token", "on behalf of asks for it")
		s.press("right")
		assert.NotContains(t, s.screen.text(), "User's token")
		assert.NotContains(t, s.screen.text(), "Client id")
		s.press("tab")
		s.typed("inline:hunter2")
		assert.Contains(t, s.screen.text(), "a secret is not written into a form")
		s.press("ctrl+u")
		s.typed("env:TOKEN")

		c.refuseAdd = client.Invalidf("prod-eu.yaml is there already")
		s.press("ctrl+s")
		assert.Contains(t, s.screen.text(), "prod-eu.yaml is there already")
		assert.Contains(t, s.screen.text(), "westeurope-1", "nothing that was typed is lost")
		c.refuseAdd = nil
		s.press("ctrl+s")
		assert.Equal(t, []string{"prod-eu"}, c.added)
		assert.Equal(t, []forms.Setting{
			{Key: "cluster", Value: "westeurope-1"},
			{Key: "auth.flow", Value: "token"},
			{Key: "project", Value: "acme"},
			{Key: "cloud", Value: "azure"},
			{Key: "auth.token", Value: "env:TOKEN"},
		}, c.settings)
		assert.Contains(t, s.screen.text(), "added prod-eu")
	})
}

func TestAnAddedContextThatAPersonSignsInToOffersThat(t *testing.T) {
	c := newFakeContexts()
	c.signIn = func(ctx context.Context, show func(auth.Prompt)) error {
		show(auth.Prompt{Device: &auth.DevicePrompt{Code: "F3K9-QXTZ", Ends: bubbleStart.Add(15 * time.Minute)}})
		<-ctx.Done()
		return ctx.Err()
	}
	c.perform(t, 120, 24, func(s *stage) {
		s.press("@")
		s.program.Send(forms.AddContext{Name: "prod"})
		s.rest()
		assert.Contains(t, s.screen.text(), "sign in to prod")
		s.press("esc")
	})
}

func TestAContextIsRemovedOnceItsNameIsTyped(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 120, 24, func(s *stage) {
		s.press(typed("@ ctrl+d")...)
		assert.Contains(t, s.screen.text(), "local is shown here: switch to another one first")
		s.press("down", "ctrl+d")
		assert.Contains(t, s.screen.text(), "remove prod?")
		s.rest()
		s.typed("prod")
		s.press("enter")
		assert.Equal(t, []string{"prod"}, c.removed)
		assert.Contains(t, s.screen.text(), "removed prod")
	})
}

func TestSigningOutAsksFirst(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 120, 24, func(s *stage) {
		s.press("@", "down")
		s.line("signout")
		assert.Contains(t, s.screen.text(), "sign out of prod?")
		assert.Empty(t, c.signedOut)
		s.rest()
		s.press("y")
		assert.Equal(t, []string{"prod"}, c.signedOut)
	})
}

func TestThePageOfAContextTellsWhoIsSignedInAndWhatIsLacking(t *testing.T) {
	c := newFakeContexts()
	c.prod.status.Issuer, c.prod.status.Scopes, c.prod.status.Notes = "login.example", []string{"openid", "profile"}, []string{"a lifetime was assumed"}
	c.prod.status.Problem = &auth.Error{Code: auth.CodeRefused, Message: "no link gave a token", Links: []auth.Link{{Name: "Azure CLI", Reason: "az is not installed"}}}
	c.perform(t, 120, 40, func(s *stage) {
		s.press("@", "down", "d")
		for _, text := range []string{
			"context prod", "kari@acme.no", "device code", "login.example", "openid", "renewed by itself", "a lifetime was assumed",
			"no link gave a token", "Azure CLI", "az is not installed", "functionsAcl:WRITE",
		} {
			assert.Contains(t, s.screen.text(), text)
		}
	})
}
