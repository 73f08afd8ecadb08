package views

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/views/cells"
	"fndeck/views/deck"
	"fndeck/views/forms"
	"fndeck/views/standing"
)

// noSignIn is why nobody signs in to the engine of this machine.
const noSignIn = "the local engine needs no sign-in"

// noConfiguration is why contexts come and go elsewhere.
const noConfiguration = "this console has no configuration to write contexts into"

// newContexts is the @ page.
func newContexts(s *shell) *listScreen[standing.Row] {
	return newListScreen(s, listSpec[standing.Row]{
		title: "contexts", noun: "contexts", columns: contextColumns,
		id:    func(c standing.Row) string { return c.Name },
		load:  func(context.Context) ([]standing.Row, error) { return s.contextRows() },
		every: time.Second, near: true,
		commands: func(l *listScreen[standing.Row]) []command {
			test := l.on("list.run", true, nil, s.testContext)
			test.label = "test"
			return []command{
				s.enterCommand(l), test,
				l.on("list.describe", true, nil, func(c standing.Row) tea.Cmd { return s.open(newContextPage(s, c)) }),
				s.newContext(),
				l.on("list.delete", false, standing.Row.Unremovable, s.removeContext),
				l.on("contexts.signout", false, func(c standing.Row) string { return c.NoSignIn }, s.signOut),
				l.on("app.signin", true, func(c standing.Row) string { return c.NoSignIn }, func(c standing.Row) tea.Cmd { return s.signIn(c.Name) }),
			}
		},
	})
}

// contextRows are the contexts of the configuration, or this one alone.
func (s *shell) contextRows() ([]standing.Row, error) {
	all := []standing.Context{{Description: s.backend.Describe(), NoSignIn: noSignIn, Fixed: noConfiguration, Trace: traceOf(s.backend)}}
	if s.contexts != nil {
		var err error
		if all, err = s.contexts.All(); err != nil {
			return nil, err
		}
	}
	return standing.Rows(all, s.backend.Describe().Name), nil
}

func traceOf(b client.Backend) *client.Trace {
	if tracer, ok := b.(client.Tracer); ok {
		return tracer.Trace()
	}
	return nil
}

// enterCommand shows the functions of the context under the cursor, or those of all
// marked ones side by side.
func (s *shell) enterCommand(l *listScreen[standing.Row]) command {
	enter := l.on("list.open", true, nil, s.enterContext)
	enter.label = "switch"
	if l.table.MarkCount() < 2 {
		return enter
	}
	return command{id: enter.id, label: "show side by side", hinted: true, urgent: true, run: func() tea.Cmd {
		var names []string
		for _, c := range l.marked() {
			names = append(names, c.Name)
		}
		name, err := s.chosenContexts(client.JoinContexts(names))
		if err != nil {
			s.say(err.Error(), ui.ToneWarn)
			return nil
		}
		return s.toContext(name)
	}}
}

// chosenContexts is the name that a console has which shows the contexts that were
// typed: one, several with commas, or all that can be used.
func (s *shell) chosenContexts(typed string) (string, error) {
	rows, err := s.contextRows()
	if err != nil {
		return "", err
	}
	name, unknown, known := standing.Choose(rows, typed)
	if unknown != "" {
		return "", unknownWord("context", unknown, known)
	}
	return name, nil
}

// withContext adds the column of the context, where several are shown.
func withContext[T any](s *shell, columns []listColumn[T], of func(T) string) []listColumn[T] {
	if _, shown := s.backend.(client.Holder); !shown {
		return columns
	}
	return slices.Insert(slices.Clone(columns), 1, listColumn[T]{
		Column: ui.Column{Title: "CONTEXT", Key: "context", Priority: 2, Min: 7, Max: 20},
		cell:   func(item T, _ moment) ui.Cell { return s.standing.Cell(of(item)) },
	})
}

// compareContexts tells which of the contexts that are shown have failed, or are
// back. The others go on.
func (s *shell) compareContexts() {
	failed, back := s.standing.Take(s.backend)
	for _, stands := range failed {
		s.errors.add(stands.Context, "read "+stands.Context, stands.Err)
		rows := " fails, its rows are those read last: "
		if stands.At.IsZero() {
			rows = " fails and has no rows here: "
		}
		s.say(stands.Context+rows+client.Explain(stands.Err).Sentence, ui.ToneBad)
	}
	for _, stands := range s.standing.Lacking() {
		s.say(stands.Context+" is left out of a list: "+stands.Lacks, ui.ToneWarn)
	}
	if len(back) > 0 {
		s.say(strings.Join(back, ", ")+" answers again", ui.ToneOK)
	}
}

// holding is the backend of the contexts that have the targets of all requests.
func (s *shell) holding(requests []forms.RunAction) client.Backend {
	var ids []string
	for _, r := range requests {
		ids = append(ids, r.Target.ID())
	}
	return client.Holding(s.backend, ids...)
}

// enterContext shows the functions of a context, this one or another.
func (s *shell) enterContext(c standing.Row) tea.Cmd {
	if c.Here {
		return s.switchTo(viewFunctions)
	}
	return s.toContext(c.Name)
}

// toContext switches to another context.
func (s *shell) toContext(name string) tea.Cmd {
	return func() tea.Msg { return deck.Switch{Name: name} }
}

var contextColumns = []listColumn[standing.Row]{
	{
		Column: ui.Column{Title: "NAME", Key: "name", Priority: 1, Min: 10, Max: 32},
		cell:   func(c standing.Row, _ moment) ui.Cell { return c.NameCell() },
	},
	{
		Column: ui.Column{Title: "BACKEND", Key: "backend", Priority: 1, Min: 8},
		cell:   func(c standing.Row, _ moment) ui.Cell { return cells.Text(c.Kind) },
	},
	{
		Column: ui.Column{Title: "SIGNED IN", Key: "signed", Priority: 2, Min: 10},
		cell:   func(c standing.Row, at moment) ui.Cell { return c.SignedInCell(at.Now) },
	},
	{
		Column: ui.Column{Title: "MODE", Key: "mode", Priority: 2, Min: 9},
		cell:   func(c standing.Row, _ moment) ui.Cell { return c.ModeCell() },
	},
	{
		Column: ui.Column{Title: "LATENCY", Key: "latency", Priority: 3, Min: 7, Align: ui.AlignRight, Volatile: true},
		cell:   func(c standing.Row, at moment) ui.Cell { return cells.Duration(at, c.Latency) },
	},
	{
		Column: ui.Column{Title: "HOST", Key: "host", Priority: 3, Min: 10},
		cell:   func(c standing.Row, _ moment) ui.Cell { return cells.Dim(c.Endpoint) },
	},
	{
		Column: ui.Column{Title: "LAST ERROR", Key: "error", Priority: 3, Min: 12, Grow: true},
		cell:   func(c standing.Row, _ moment) ui.Cell { return c.ErrorCell() },
	},
}

// contextTested is the answer of a test.
type contextTested struct {
	name string
	took time.Duration
	err  error
}

// testContext asks a context something small and says how long that took.
func (s *shell) testContext(c standing.Row) tea.Cmd {
	ctx, clock, contexts, here := s.ctx, s.clock, s.contexts, s.backend
	return s.bind(func() tea.Msg {
		began := clock()
		backend := here
		if !c.Here {
			opened, err := contexts.Open(ctx, c.Name)
			if err != nil {
				return contextTested{name: c.Name, err: err}
			}
			backend = opened.Backend
		}
		_, err := backend.Functions(ctx)
		return contextTested{name: c.Name, took: clock().Sub(began), err: err}
	})
}

// signIn leads the operator through a sign-in to a context.
func (s *shell) signIn(name string) tea.Cmd {
	contexts := s.contexts
	return s.overlay(forms.NewSignIn(s.forms(), name, func(ctx context.Context, show func(auth.Prompt)) error {
		return contexts.SignIn(ctx, name, show)
	}))
}

// signInHere is the key for the context of this console.
func (s *shell) signInHere() command {
	c := command{id: "app.signin", reason: noSignIn}
	if _, side := s.backend.(client.Holder); side {
		return s.signInBeside(c)
	}
	if status, ok := client.IdentityOf(s.backend); ok && s.contexts != nil {
		name := s.backend.Describe().Name
		c.reason = ""
		c.urgent = status.SignIn
		c.label = "sign in to " + ui.Clean(name)
		c.run = func() tea.Cmd { return s.signIn(name) }
		if !status.Flow.Interactive() {
			c.reason = name + " signs in by itself, by " + strings.ReplaceAll(string(status.Flow), "_", " ")
		}
	}
	return c
}

// signInBeside is the key for the first of the contexts side by side that nobody is
// signed in to.
func (s *shell) signInBeside(c command) command {
	name := s.standing.SignedOut()
	if name == "" {
		c.reason = "none of the contexts shown here waits for a sign-in"
		return c
	}
	c.reason, c.urgent, c.label = "", true, "sign in to "+ui.Clean(name)
	c.run = func() tea.Cmd {
		rows, _ := s.contextRows() // Of what cannot be read the sign-in says so.
		for _, row := range rows {
			if row.Name == name && row.NoSignIn != "" {
				s.say(row.NoSignIn, ui.ToneWarn)
				return nil
			}
		}
		return s.signIn(name)
	}
	return c
}

// tellTested says how a test went.
func (s *shell) tellTested(t contextTested) {
	if t.err != nil {
		s.fail("test "+t.name, t.err)
		s.say(client.Explain(t.err).Sentence, ui.ToneBad)
		return
	}
	s.say(fmt.Sprintf("%s answered in %s", t.name, ui.Duration(t.took)), ui.ToneOK)
}

// newContext is the key that adds a context.
func (s *shell) newContext() command {
	c := command{id: "list.new", label: "new context", hinted: true}
	if s.contexts == nil {
		c.reason = noConfiguration
	}
	c.run = func() tea.Cmd {
		names, _ := s.contextNames() // What is there already is refused again when it is written.
		return s.overlay(forms.NewContext(s.forms(), names))
	}
	return c
}

// contextChanged is the end of adding, removing or signing out of a context.
type contextChanged struct {
	name, said string
	// added says that a sign-in may be next; origin is the form that asked.
	added  bool
	origin forms.Refusable
	doing  string
	err    error
}

// addContext writes a context that was filled in.
func (s *shell) addContext(ask forms.AddContext) tea.Cmd {
	contexts := s.contexts
	return s.bind(func() tea.Msg {
		err := contexts.Add(ask.Name, ask.Settings)
		return contextChanged{name: ask.Name, said: "added " + ask.Name, added: true, origin: ask.Origin, doing: "add context", err: err}
	})
}

func (s *shell) removeContext(c standing.Row) tea.Cmd {
	return s.askContext(c, action.Typed, "remove", "its file goes; what was deployed there stays there", "removed", s.contexts.Remove)
}

func (s *shell) signOut(c standing.Row) tea.Cmd {
	ctx, contexts := s.ctx, s.contexts
	return s.askContext(c, action.Ask, "sign out of", "the tokens kept on this machine go, and are revoked where the issuer can", "signed out of",
		func(name string) error { return contexts.SignOut(ctx, name) })
}

// askContext does something to a context itself, after what its danger asks for.
func (s *shell) askContext(c standing.Row, danger action.Danger, doing, question, done string, do func(name string) error) tea.Cmd {
	check := action.CheckContext(c.Description, danger, question)
	check.Context = "" // The title names it already.
	dialog := s.question(doing+" "+ui.Clean(c.Name), check, sentenceCase(doing))
	name := c.Name
	s.pending = &pendingAction{id: dialog.ID, yes: func() tea.Cmd {
		return s.bind(func() tea.Msg {
			return contextChanged{name: name, said: done + " " + name, doing: doing, err: do(name)}
		})
	}}
	s.overlays = append(s.overlays, dialog)
	return nil
}

// tellChanged says what became of a context, and takes the configuration over.
func (s *shell) tellChanged(c contextChanged) tea.Cmd {
	if c.err != nil {
		s.fail(c.doing+" "+c.name, c.err)
		if why := client.Explain(c.err).Sentence; !s.giveBack(c.origin, why) {
			s.say(why, ui.ToneBad)
		}
		return s.refresh(nil)
	}
	var read tea.Cmd
	if s.file.reload != nil {
		read = s.readFile(true)
	}
	return tea.Batch(read, s.informed(func() tea.Cmd {
		s.say(ui.Clean(c.said), ui.ToneOK)
		refresh := s.refresh(nil)
		rows, _ := s.contextRows() // Of what cannot be read nobody can be signed in to.
		for _, row := range rows {
			if c.added && row.Name == c.name && row.NoSignIn == "" {
				return tea.Batch(refresh, s.signIn(c.name))
			}
		}
		return refresh
	}))
}

// newContextPage tells all of a context: what it is, how its identity stands, and
// what it answers of itself.
func newContextPage(s *shell, c standing.Row) *pageScreen[[]ui.Fact] {
	return newPage(s, pageSpec[[]ui.Fact]{
		title: "context " + ui.Clean(c.Name), tabs: []string{"Overview"}, every: aboutEvery,
		load: func(ctx context.Context) ([]ui.Fact, error) {
			if s.contexts == nil || c.Fault != nil {
				return nil, nil
			}
			return s.contexts.About(ctx, c.Name), nil
		},
		build: func(about []ui.Fact, at moment) ([]pageTab, error) {
			rows, err := s.contextRows()
			if err != nil {
				return nil, err
			}
			now := c.Context
			for _, row := range rows {
				if row.Name == c.Name {
					now = row.Context
				}
			}
			facts := now.Facts(at.Now, at.Zone)
			if len(about) > 0 {
				facts = append(append(facts, ui.Fact{}), about...)
			}
			return factTabs(s.stateDir, facts)
		},
		commands: func(*pageScreen[[]ui.Fact]) []command {
			signIn := command{id: "app.signin", hinted: true, reason: c.NoSignIn, run: func() tea.Cmd { return s.signIn(c.Name) }}
			return []command{signIn, {id: "contexts.signout", reason: c.NoSignIn, run: func() tea.Cmd { return s.signOut(c) }}}
		},
	})
}

// aboutEvery is how often the page of a context asks it anew.
const aboutEvery = 30 * time.Second
