package views

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/several"
	"fndeck/ui"
	"fndeck/views/forms"
	"fndeck/views/standing"
)

// farBackend is a backend far away, whose identity stands as the test says.
type farBackend struct {
	*fakeBackend
	status auth.Status
	// noCalls is why the calls of all functions are not listed, "" if they are.
	noCalls string
}

func (b *farBackend) Calls(ctx context.Context, query client.CallQuery) (client.CallPage, error) {
	if b.noCalls != "" {
		return client.CallPage{}, &client.Error{Code: client.CodeUnsupported, Message: b.noCalls}
	}
	return b.fakeBackend.Calls(ctx, query)
}

func (b *farBackend) Identity() auth.Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status
}

// fakeContexts are local, prod, which may be signed in to, and broken.
type fakeContexts struct {
	local  *fakeBackend
	prod   *farBackend
	opened int
	// added, removed and signedOut are what was done, settings those of the newest that
	// was added, and refuseAdd why none is.
	added, removed, signedOut []string
	settings                  []forms.Setting
	refuseAdd                 error
	// marks are those of prod, where it is shown beside local.
	marks action.Marks
	// hold keeps the list of contexts back while it is open.
	hold  chan struct{}
	clock func() time.Time
	// signIn is how a sign-in goes.
	signIn func(ctx context.Context, show func(auth.Prompt)) error
}

func newFakeContexts() *fakeContexts {
	prod := sampleBackend(bubbleStart)
	prod.functions = prod.functions[:1]
	prod.functions[0].Name = "ingest-prod"
	prod.description = client.Description{Kind: "cognite", Name: "prod", Endpoint: "https://api.example"}
	return &fakeContexts{
		clock: func() time.Time { return bubbleStart },
		local: sampleBackend(bubbleStart),
		prod: &farBackend{fakeBackend: prod, status: auth.Status{
			Flow: auth.FlowDeviceCode, Who: "kari@acme.no", Ends: bubbleStart.Add(41*time.Minute + 30*time.Second), Refreshable: true,
		}},
	}
}

func (c *fakeContexts) All() ([]standing.Context, error) {
	if c.hold != nil {
		<-c.hold
	}
	broken := client.Description{Kind: "cognite", Name: "broken"}
	return []standing.Context{
		{Description: c.local.Describe(), NoSignIn: noSignIn},
		{Description: c.prod.Describe(), Status: c.prod.Identity()},
		{Description: broken, Fault: client.Invalidf("broken.yaml:1:1: unknown key"), NoSignIn: "it cannot be used"},
	}, nil
}

func (c *fakeContexts) Open(_ context.Context, name string) (standing.Opened, error) {
	switch name {
	case "local,prod":
		return standing.Opened{Backend: several.New([]several.Part{{Name: "local", Backend: c.local}, {Name: "prod", Backend: action.Guard(c.prod, c.marks)}}, c.clock, several.Patience)}, nil
	case "prod":
		c.opened++
		return standing.Opened{Backend: c.prod}, nil
	case "local":
		return standing.Opened{Backend: c.local}, nil
	}
	return standing.Opened{}, client.Invalidf("broken.yaml:1:1: unknown key")
}

func (c *fakeContexts) SignIn(ctx context.Context, _ string, show func(auth.Prompt)) error {
	return c.signIn(ctx, show)
}

func (c *fakeContexts) SignOut(_ context.Context, name string) error {
	c.signedOut = append(c.signedOut, name)
	return nil
}

func (c *fakeContexts) About(context.Context, string) []ui.Fact {
	return []ui.Fact{{Label: "Lacks", Value: "functionsAcl:WRITE"}}
}

func (c *fakeContexts) Add(name string, settings []forms.Setting) error {
	if c.refuseAdd != nil {
		return c.refuseAdd
	}
	c.added = append(c.added, name)
	c.settings = settings
	return nil
}

func (c *fakeContexts) Remove(name string) error {
	c.removed = append(c.removed, name)
	return nil
}

func (c *fakeContexts) perform(t *testing.T, width, height int, play func(s *stage)) {
	t.Helper()
	perform(t, c.local, width, height, Options{Contexts: c}, play)
}

// line types a command line and enters it.
func (s *stage) line(text string) {
	s.press(":")
	s.typed(text)
	s.press("enter")
}

func typed(line string) []string { return strings.Split(line, " ") }

func TestSwitchingToAContextShowsItsFunctionsAndComingBackFindsThePlace(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 120, 24, func(s *stage) {
		s.press(typed("/ i n g e s t enter down")...)
		s.press("@")
		assert.Contains(t, s.screen.text(), "contexts (3)")
		assert.Contains(t, s.screen.text(), "local *", "which one is shown must not hang on a colour")
		assert.Contains(t, s.screen.text(), "kari@acme.no 41m")
		assert.Contains(t, s.screen.text(), "broken.yaml:1:1: unknown key")
		s.press("down", "enter")
		assert.Contains(t, s.screen.text(), "ingest-prod")
		assert.Contains(t, s.screen.text(), "functions (1)")
		header := strings.Split(s.screen.text(), "\n")[0]
		assert.Contains(t, header, "prod")
		assert.Contains(t, header, "kari@acme.no 41m")

		s.line("ctx local")
		assert.Contains(t, s.screen.text(), "contexts (3)", "local is as it was left")
		s.press("esc")
		assert.Contains(t, s.screen.text(), "functions (3 of 5) > /ingest")
		assert.Contains(t, s.screen.text(), "› ingest-ims")
		s.line("ctx prod")
		assert.Contains(t, s.screen.text(), "ingest-prod")
		assert.Equal(t, 1, c.opened)
	})
}

func TestACommandLineGoesToAnotherContextAndIsDoneThere(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 120, 24, func(s *stage) {
		s.line("calls ingest-prod @prod")
		assert.Contains(t, s.screen.text(), "calls ingest-prod")
		s.line("calls @nowhere")
		assert.Contains(t, s.screen.text(), "nowhere")
		assert.Contains(t, s.screen.text(), "calls ingest-prod")
	})
}

func TestABrokenContextStaysWhereItIs(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 120, 24, func(s *stage) {
		s.press(typed("@ end enter")...)
		assert.Contains(t, s.screen.text(), "broken.yaml:1:1: unknown key")
		assert.Contains(t, s.screen.text(), "contexts (3)")
		s.press("a")
		assert.Contains(t, s.screen.text(), "it cannot be used")
	})
}

func TestACodeIsShownLargeAndCopiedAndThePersonIsSignedIn(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 80, 24, func(s *stage) {
		approved := make(chan struct{})
		c.signIn = func(ctx context.Context, show func(auth.Prompt)) error {
			show(auth.Prompt{Device: &auth.DevicePrompt{
				Asker: auth.Asker{Host: "login.example", ClientID: "fndeck", Scopes: []string{"openid"}},
				Code:  "F3K9-QXTZ", Address: "https://login.example/device", Ends: bubbleStart.Add(15 * time.Minute), State: auth.DeviceWaiting,
			}})
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-approved:
				return nil
			}
		}
		s.press(typed("@ down a")...)
		text := s.screen.text()
		assert.Contains(t, text, "https://login.example/device")
		assert.Contains(t, text, "F3K9-QXTZ")
		assert.Contains(t, text, "████ ███  █  █")
		assert.Contains(t, text, "waiting for approval, 14m59s left")
		assert.Contains(t, text, "at login.example for client fndeck, scopes openid")
		s.press("c")
		assert.Contains(t, s.screen.text(), "the code copied, 9 B")
		close(approved)
		s.rest()
		assert.Contains(t, s.screen.text(), "signed in to prod")
		assert.Contains(t, s.screen.text(), "contexts (3)")
	})
}

func TestASmallTerminalShowsTheWholeAddressOfACode(t *testing.T) {
	c := newFakeContexts()
	c.signIn = func(ctx context.Context, show func(auth.Prompt)) error {
		show(auth.Prompt{Device: &auth.DevicePrompt{
			Asker: auth.Asker{Host: "login.microsoftonline.example"}, Code: "F3K9-QXTZ",
			Address: "https://login.microsoftonline.example/common/oauth2/deviceauth", Ends: bubbleStart.Add(time.Minute),
		}})
		<-ctx.Done()
		return ctx.Err()
	}
	c.perform(t, 40, 10, func(s *stage) {
		s.press(typed("@ down a")...)
		text := strings.Join(strings.Fields(s.screen.text()), "")
		assert.Contains(t, text, "https://login.microsoftonline.example/common/oauth2/deviceauth")
		assert.Contains(t, text, "typeF3K9-QXTZ")
	})
}

func TestWhatIsToKnowOfASignInIsSaidWithIt(t *testing.T) {
	c := newFakeContexts()
	c.signIn = func(_ context.Context, show func(auth.Prompt)) error {
		show(auth.Prompt{Device: &auth.DevicePrompt{Code: "F3K9-QXTZ"}})
		show(auth.Prompt{Note: "not sealed: the keyring is locked"})
		return nil
	}
	c.perform(t, 100, 24, func(s *stage) {
		s.press(typed("@ down a")...)
		assert.Contains(t, s.screen.text(), "signed in to prod; not sealed: the keyring is locked")
	})
}

func TestASignInThatIsGivenUpOrFailsChangesNothing(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 80, 24, func(s *stage) {
		ended := make(chan error, 1)
		c.signIn = func(ctx context.Context, _ func(auth.Prompt)) error {
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		}
		s.press(typed("@ down a esc")...)
		assert.Contains(t, s.screen.text(), "contexts (3)")
		assert.ErrorIs(t, <-ended, context.Canceled)
		c.signIn = func(context.Context, func(auth.Prompt)) error {
			return client.TokenError(&auth.Error{Code: auth.CodeRefused, Message: "the client secret is wrong", Hint: "set a new one"})
		}
		s.press("a")
		assert.Contains(t, s.screen.text(), "the client secret is wrong")
		assert.Contains(t, s.screen.text(), "set a new one")
		s.press("esc")
		assert.Contains(t, s.screen.text(), "contexts (3)")
	})
}

func TestThePastedAddressIsTakenWithoutBeingShown(t *testing.T) {
	c := newFakeContexts()
	c.signIn = func(ctx context.Context, show func(auth.Prompt)) error {
		done := make(chan struct{})
		show(auth.Prompt{Browser: &auth.BrowserPrompt{
			Asker: auth.Asker{Host: "login.example", ClientID: "fndeck"}, Address: "https://login.example/authorize?state=1",
			Tunnel: "ssh -L 53000:127.0.0.1:53000 user@host", Ends: bubbleStart.Add(5 * time.Minute),
			Paste: func(text string) error {
				if text != "http://localhost:53000/?code=x" {
					return errors.New("this address belongs to another sign-in")
				}
				close(done)
				return nil
			},
		}})
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-done:
			return nil
		}
	}
	c.perform(t, 80, 24, func(s *stage) {
		s.press(typed("@ down a")...)
		assert.Contains(t, s.screen.text(), "ssh -L 53000:127.0.0.1:53000 user@host")
		s.press(typed("w r o n g enter")...)
		assert.Contains(t, s.screen.text(), "this address belongs to another sign-in")
		assert.NotContains(t, s.screen.text(), "wrong")
		s.press(strings.Split("http://localhost:53000/?code=x", "")...)
		assert.NotContains(t, s.screen.text(), "code=x")
		s.press("enter")
		assert.Contains(t, s.screen.text(), "signed in to prod")
	})
}

func TestWhoIsNotSignedInIsToldTheKeyAndWhatWasTypedIsStillThere(t *testing.T) {
	c := newFakeContexts()
	gone := &client.Error{Code: client.CodeUnauthenticated, Message: "the sign-in at login.example has ended", Hint: "fndeck auth login"}
	c.signIn = func(context.Context, func(auth.Prompt)) error { return nil }
	c.perform(t, 100, 24, func(s *stage) {
		c.prod.change(func() { c.prod.listErr = gone })
		s.line("ctx prod")
		assert.Contains(t, s.screen.text(), "the sign-in at login.example has ended.  a signs in to prod")
		c.prod.change(func() { c.prod.listErr = nil })
		s.press("a")
		assert.Contains(t, s.screen.text(), "signed in to prod")
		assert.Contains(t, s.screen.text(), "ingest-prod")

		c.prod.invoke = func(client.CallRequest) (client.Call, error) { return client.Call{}, gone }
		block := make(chan struct{})
		c.signIn = func(ctx context.Context, _ func(auth.Prompt)) error {
			select {
			case <-ctx.Done():
			case <-block:
			}
			return ctx.Err()
		}
		s.press(typed("i ctrl+u { } ctrl+s")...)
		assert.Contains(t, s.screen.text(), "sign in to prod")
		close(block)
		s.rest()
		assert.Contains(t, s.screen.text(), "{}", "the form is there again")
		assert.Contains(t, s.screen.text(), "call ingest-prod")
	})
}

func TestThePageOfABrokenContextSaysWhyOnce(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 80, 24, func(s *stage) {
		s.press("@", "G", "d")
		assert.Equal(t, 1, strings.Count(s.screen.text(), "broken.yaml:1:1: unknown key"), s.screen.text())
		assert.NotContains(t, s.screen.text(), "it cannot be used")
	})
}

func TestAnEmptyListOfDeploysOfSeveralContextsOffersNoUpload(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 80, 24, func(s *stage) {
		s.press("&")
		assert.Contains(t, s.screen.text(), "u uploads a folder")
		s.press("esc", ":")
		s.typed("ctx local,prod")
		s.press("enter", "&")
		assert.Contains(t, s.screen.text(), "No deploys yet.  r deploys a function again, in the list of functions")
	})
}
