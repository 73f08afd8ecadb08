package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/cmd/config"
	"fndeck/ui"
)

// authGroup is who one is in a context.
func (a *app) authGroup() *cobra.Command {
	group := &cobra.Command{
		Use: "auth", Short: "Sign in and out of contexts", RunE: needsCommand,
		Long:    "People sign in to a context, and stay so: their tokens lie in files of the state directory\nthat are theirs alone, and are renewed by whoever needs them. Applications and machines\nsign in by themselves; their tokens stay in memory.",
		Example: "  fndeck auth login prod\n  fndeck auth status",
	}
	group.AddCommand(a.authLogin(), a.authLogout(), a.authStatus(), a.authToken())
	return group
}

func (a *app) authLogin() *cobra.Command {
	var flow string
	command := &cobra.Command{
		Use: "login [CONTEXT]", Short: "Sign in, by device code or browser", Args: between(0, 1), ValidArgsFunction: a.completeContexts,
		Long:    "Signs a person in. Over SSH, or without a display, the device code goes first: open the\naddress anywhere and type the code. With --flow browser the address of the sign-in is\nprinted; from another machine either forward the port as shown, or paste the address that\nthe browser ended on.",
		Example: "  fndeck auth login prod\n  fndeck auth login prod --flow browser",
	}
	command.Flags().StringVar(&flow, "flow", "", "device_code or browser, whatever the context says")
	command.RunE = func(cmd *cobra.Command, args []string) error {
		x, err := a.personContext(args)
		if err != nil {
			return err
		}
		if !a.canAsk() {
			return &client.Error{Code: client.CodeUnauthenticated, Message: "signing in needs a terminal and a person", Hint: "run fndeck auth login " + x.Name + " in a terminal; scripts take client_secret or another flow without a person"}
		}
		desk, err := a.contextDesk()
		if err != nil {
			return err
		}
		way := auth.Flow(flow)
		switch {
		case way == "":
			way = desk.Flow(x)
		case !way.Interactive():
			return client.Invalidf("--flow %s: allowed are device_code and browser", flow)
		}
		told := teller{a: a}
		if err := desk.SignIn(cmd.Context(), x, way, told.show); err != nil {
			return err
		}
		a.note("signed in to %s", x.Name)
		return nil
	}
	return command
}

// personContext is a context where a person signs in.
func (a *app) personContext(args []string) (config.Context, error) {
	x, err := a.argumentOrChosen(args)
	switch {
	case err != nil:
		return x, err
	case x.Fault != nil:
		return x, x.Fault
	case x.Backend == config.BackendEmbedded:
		return x, client.Invalidf("%s is the engine of this machine: it needs no sign-in", x.Name)
	case !x.Identity.Flow.Interactive():
		return x, client.Invalidf("%s signs in by itself, by %s", x.Name, x.Identity.Flow)
	}
	return x, nil
}

// teller tells on a terminal what a sign-in needs, each thing once.
type teller struct {
	a    *app
	told string
}

func (t *teller) show(p auth.Prompt) {
	var lines []string
	switch {
	case p.Device != nil:
		lines = []string{"open  " + p.Device.Address, "type  " + p.Device.Code}
		if p.Device.Complete != "" {
			lines = append(lines, "or open "+p.Device.Complete)
		}
		lines = append(lines, fmt.Sprintf("you sign in at %s for the application %s; the code ends at %s", p.Device.Host, p.Device.ClientID, p.Device.Ends.Format(time.TimeOnly)))
	case p.Note != "":
		lines = []string{"note: " + p.Note}
	case p.Browser != nil:
		lines = []string{"open  " + p.Browser.Address}
		if p.Browser.NotListening != "" {
			lines = append(lines, p.Browser.NotListening)
		} else {
			lines = append(lines, "from another machine first: "+p.Browser.Tunnel)
		}
		lines = append(lines, "or paste the address that the browser ends on (it is not shown) and press enter")
	}
	text := strings.Join(lines, "\n")
	if text == t.told {
		return
	}
	first := t.told == ""
	t.told = text
	for _, line := range lines {
		t.a.say("%s", ui.Clean(line))
	}
	if first && p.Browser != nil {
		go t.takePasted(p.Browser.Paste)
	}
}

// takePasted reads pasted addresses until one is right. It ends with the process:
// a read of the terminal cannot be called off.
func (t *teller) takePasted(paste func(string) error) {
	for {
		text, err := t.a.readSecret()
		if err != nil {
			return
		}
		if err := paste(string(text)); err != nil {
			t.a.say("%s", ui.Clean(err.Error()))
			continue
		}
		return
	}
}

func (a *app) authLogout() *cobra.Command {
	return &cobra.Command{
		Use: "logout [CONTEXT]", Short: "Revoke a sign-in where the issuer can, and forget it", Args: between(0, 1),
		Long:    "Has the issuer take the sign-in back where it can, and deletes its file in any case. A\nconsole that is open sends nothing more from then on.",
		Example: "  fndeck auth logout prod", ValidArgsFunction: a.completeContexts,
		RunE: func(cmd *cobra.Command, args []string) error {
			x, err := a.personContext(args)
			if err != nil {
				return err
			}
			desk, err := a.contextDesk()
			if err != nil {
				return err
			}
			if err := desk.SignOut(cmd.Context(), x); err != nil {
				return err
			}
			a.note("signed out of %s", x.Name)
			return nil
		},
	}
}

func (a *app) authStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status [CONTEXT]", Short: "Say who is signed in, how, and until when", Args: between(0, 1),
		Long:    "Says who is signed in, how, and until when. It asks for a token first, so that what it\nsays is true now, and ends with exit code 0 where there is one, 4 where nobody is signed in or\nthe issuer has refused, 6 where it cannot be reached. fndeck doctor --context NAME says more\nwhere it is not as it should be.",
		Example: "  fndeck auth status prod\n  fndeck auth status prod -o json || fndeck auth login prod", ValidArgsFunction: a.completeContexts,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.format(cmd.CommandPath())
			if err != nil {
				return err
			}
			x, err := a.argumentOrChosen(args)
			if err != nil {
				return err
			}
			s, missing, err := a.identitySheet(cmd.Context(), x)
			if err != nil {
				return err
			}
			if err := a.print(s, format); err != nil {
				return err
			}
			return missing
		},
	}
}

// identityFacts is an identity as `-o json` prints it.
type identityFacts struct {
	Context     string    `json:"context"`
	Flow        string    `json:"flow"`
	Link        string    `json:"link,omitempty"`
	Who         string    `json:"who,omitempty"`
	Issuer      string    `json:"issuer,omitempty"`
	Tenant      string    `json:"tenant,omitempty"`
	Scopes      []string  `json:"scopes,omitempty"`
	Ends        time.Time `json:"ends,omitzero"`
	Refreshable bool      `json:"refreshable"`
	SignIn      bool      `json:"signIn"`
	Problem     string    `json:"problem,omitempty"`
	Hint        string    `json:"hint,omitempty"`
	Links       []link    `json:"links,omitempty"`
	SkewSeconds int       `json:"skewSeconds,omitempty"`
	Notes       []string  `json:"notes,omitempty"`
}

// link is a link of the default chain, and why it gave no token.
type link struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// tellProblem says in full what stands in a column only. What is said is in an error that
// follows.
func (a *app) tellProblem(f *identityFacts, problem *auth.Error, said bool) {
	x := client.Explain(client.TokenError(problem))
	f.Problem, f.Hint = x.Sentence, x.Hint
	if !said {
		a.note("problem: %s", ui.Clean(x.Sentence))
	}
	if x.Hint != "" && !said {
		a.note("  %s", ui.Clean(x.Hint))
	}
	for _, l := range problem.Links {
		f.Links = append(f.Links, link(l))
		a.note("  %s: %s", l.Name, ui.Clean(l.Reason))
	}
}

// identitySheet asks for a token, so that what it says is true now; missing is why there
// is none.
func (a *app) identitySheet(ctx context.Context, x config.Context) (s sheet, missing, err error) {
	s = sheet{Header: []string{"CONTEXT", "FLOW", "WHO", "ISSUER", "STATE"}}
	if x.Backend == config.BackendEmbedded {
		s.Rows = []row{{Key: x.Name, Name: x.Name, Value: identityFacts{Context: x.Name}, Cells: []string{x.Name, "", "", "", "not needed"}}}
		return s, nil, nil
	}
	desk, err := a.contextDesk()
	if err != nil {
		return s, nil, err
	}
	source, err := desk.Source(x)
	if err != nil {
		return s, nil, err
	}
	if _, missing = source.Token(ctx); missing != nil && ctx.Err() != nil {
		return s, nil, missing
	}
	status := source.Status()
	f := identityFacts{
		Context: x.Name, Flow: string(status.Flow), Link: status.Link, Who: status.Who, Issuer: status.Issuer, Tenant: status.Tenant,
		Scopes: status.Scopes, Ends: status.Ends, Refreshable: status.Refreshable, SignIn: status.SignIn, Notes: status.Notes, SkewSeconds: int(status.Skew.Seconds()),
	}
	if status.Problem != nil {
		a.tellProblem(&f, status.Problem, missing != nil)
	}
	for _, note := range status.Notes {
		a.note("note: %s", ui.Clean(note))
	}
	s.Rows = []row{{Key: x.Name, Name: x.Name, Value: f, Cells: []string{x.Name, f.Flow, f.Who, f.Issuer, identityState(status, a.now())}}}
	if missing != nil {
		missing = client.TokenError(missing)
	}
	return s, missing, nil
}

// identityState is how an identity stands; who it is has a column of its own.
func identityState(s auth.Status, now time.Time) string {
	s.Who = ""
	text := action.SignedIn(s, now)
	if s.SignIn || s.Problem != nil || !s.Ends.After(now) {
		return text
	}
	return "good for " + text
}

func (a *app) authToken() *cobra.Command {
	return &cobra.Command{
		Use: "token [CONTEXT]", Short: "Print a token, for another program", Args: between(0, 1),
		Long:    "Prints a bearer token of the context on stdout. On a terminal it asks first: who looks over\nyour shoulder could use it until it ends.",
		Example: "  curl -H \"Authorization: Bearer $(fndeck auth token prod)\" https://api.cognitedata.com/api/v1/token/inspect", ValidArgsFunction: a.completeContexts,
		RunE: func(cmd *cobra.Command, args []string) error {
			x, err := a.argumentOrChosen(args)
			if err != nil {
				return err
			}
			if x.Backend == config.BackendEmbedded {
				return client.Invalidf("%s has no token to print: its clients read the one in the state directory", x.Name)
			}
			if a.outTerminal {
				if err := a.ask(cmd.Context(), action.Check{Question: "show a token of " + x.Name + " on this screen"}); err != nil {
					return err
				}
			}
			desk, err := a.contextDesk()
			if err != nil {
				return err
			}
			source, err := desk.Source(x)
			if err != nil {
				return err
			}
			token, err := source.Token(cmd.Context())
			if err != nil {
				return client.TokenError(err)
			}
			return a.write([]byte(token.Value.Reveal() + "\n"))
		},
	}
}

// removalCheck is what to ask before a context is removed, as the console does.
func removalCheck(x config.Context) action.Check {
	return action.CheckContext(client.Description{Name: x.Name, Protected: x.Protected}, action.Typed, "remove context "+x.Name+" from the configuration")
}
