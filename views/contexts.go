package views

import (
	"cmp"
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
)

// Contexts are those of the configuration, as the program opens them. Its methods
// are safe for concurrent use.
type Contexts interface {
	// All says how each stands, local first. It asks nobody far away.
	All() ([]Context, error)
	// Open reaches the backend of one, under its marks; what was opened is kept.
	Open(ctx context.Context, name string) (Opened, error)
	// SignIn signs a person in; show is told what to show, from one goroutine.
	SignIn(ctx context.Context, name string, show func(auth.Prompt)) error
	// SignOut revokes a sign-in where the issuer can, and forgets it.
	SignOut(ctx context.Context, name string) error
}

// Context is a context as it stands.
type Context struct {
	client.Description
	// Status is how its identity stands; NoSignIn is why nobody signs in there.
	Status   auth.Status
	NoSignIn string
	// Fault is why it cannot be used at all, nil if it can.
	Fault error
	// Trace has its requests; nil until it is opened.
	Trace *client.Trace
}

// Opened is the backend of a context, with what Options takes beside it.
type Opened struct {
	Backend client.Backend
	Lost    func() (text string, changed <-chan struct{})
}

// contextRow is a context with what its requests tell.
type contextRow struct {
	Context
	here bool
	// latency is what half of its newest requests took at most, 0 if there is none.
	latency time.Duration
	// lastError is its fault, else the newest request that failed, "" if none has.
	lastError string
}

// noSignIn is why nobody signs in to the engine of this machine.
const noSignIn = "the local engine needs no sign-in"

// newContexts is the @ page.
func newContexts(s *shell) *listScreen[contextRow] {
	return newListScreen(s, listSpec[contextRow]{
		title: "contexts", noun: "contexts", columns: contextColumns,
		id:    func(c contextRow) string { return c.Name },
		load:  func(context.Context) ([]contextRow, error) { return s.contextRows() },
		every: time.Second,
		commands: func(l *listScreen[contextRow]) []command {
			test := l.on("list.run", true, nil, s.testContext)
			test.label = "test"
			enter := l.on("list.open", true, nil, s.enterContext)
			enter.label = "switch"
			return []command{
				enter, test,
				l.on("app.signin", true, func(c contextRow) string { return c.NoSignIn }, func(c contextRow) tea.Cmd { return s.signIn(c.Name) }),
			}
		},
	})
}

// contextRows are the contexts of the configuration, or this one alone.
func (s *shell) contextRows() ([]contextRow, error) {
	all := []Context{{Description: s.backend.Describe(), NoSignIn: noSignIn, Trace: traceOf(s.backend)}}
	if s.contexts != nil {
		var err error
		if all, err = s.contexts.All(); err != nil {
			return nil, err
		}
	}
	here := s.backend.Describe().Name
	rows := make([]contextRow, 0, len(all))
	for _, c := range all {
		row := contextOf(c)
		row.here = c.Name == here
		rows = append(rows, row)
	}
	return rows, nil
}

func traceOf(b client.Backend) *client.Trace {
	if tracer, ok := b.(client.Tracer); ok {
		return tracer.Trace()
	}
	return nil
}

func contextOf(c Context) contextRow {
	row := contextRow{Context: c}
	if c.Fault != nil {
		row.lastError = client.Explain(c.Fault).Sentence
	}
	if c.Trace == nil {
		return row
	}
	var took []time.Duration
	for _, e := range c.Trace.Exchanges() {
		switch {
		case e.Open:
		case e.Failure != "":
			row.lastError = cmp.Or(row.lastError, e.Failure)
		default:
			took = append(took, e.Took)
		}
	}
	slices.Sort(took)
	if len(took) > 0 {
		row.latency = took[len(took)/2]
	}
	return row
}

// enterContext shows the functions of a context, this one or another.
func (s *shell) enterContext(c contextRow) tea.Cmd {
	if c.here {
		return s.switchTo(viewFunctions)
	}
	return s.toContext(c.Name)
}

// toContext switches to another context.
func (s *shell) toContext(name string) tea.Cmd {
	return func() tea.Msg { return deck.Switch{Name: name} }
}

var contextColumns = []listColumn[contextRow]{
	{
		Column: ui.Column{Title: "NAME", Key: "name", Priority: 1, Min: 10, Max: 32},
		cell: func(c contextRow, _ moment) ui.Cell {
			if c.here {
				return ui.Cell{Text: ui.Clean(c.Name), Tone: ui.ToneAccent}
			}
			return cells.Text(c.Name)
		},
	},
	{
		Column: ui.Column{Title: "BACKEND", Key: "backend", Priority: 1, Min: 8},
		cell:   func(c contextRow, _ moment) ui.Cell { return cells.Text(c.Kind) },
	},
	{
		Column: ui.Column{Title: "SIGNED IN", Key: "signed", Priority: 2, Min: 10},
		cell:   signedInCell,
	},
	{
		Column: ui.Column{Title: "MODE", Key: "mode", Priority: 2, Min: 9},
		cell:   func(c contextRow, _ moment) ui.Cell { return contextMode(c) },
	},
	{
		Column: ui.Column{Title: "LATENCY", Key: "latency", Priority: 3, Min: 7, Align: ui.AlignRight, Volatile: true},
		cell:   func(c contextRow, at moment) ui.Cell { return cells.Duration(at, c.latency) },
	},
	{
		Column: ui.Column{Title: "HOST", Key: "host", Priority: 3, Min: 10},
		cell:   func(c contextRow, _ moment) ui.Cell { return cells.Dim(c.Endpoint) },
	},
	{
		Column: ui.Column{Title: "LAST ERROR", Key: "error", Priority: 3, Min: 12, Grow: true},
		cell: func(c contextRow, _ moment) ui.Cell {
			return ui.Cell{Text: ui.Clean(cells.FirstLine(c.lastError)), Tone: ui.ToneBad}
		},
	},
}

func signedInCell(c contextRow, at moment) ui.Cell {
	switch {
	case c.Fault != nil:
		return cells.Dim("")
	case c.Status.Flow == "":
		return cells.Dim("not needed")
	}
	return ui.Cell{Text: ui.Clean(action.SignedIn(c.Status, at.Now)), Tone: identityTone(c.Status, at.Now)}
}

// identityTone warns of what the operator has to do something about.
func identityTone(status auth.Status, now time.Time) ui.Tone {
	switch {
	case status.SignIn:
		return ui.ToneBad
	case status.Problem != nil || status.Warning(now):
		return ui.ToneWarn
	}
	return ui.ToneText
}

func contextMode(c contextRow) ui.Cell {
	switch {
	case c.Fault != nil:
		return ui.Cell{Text: "broken", Tone: ui.ToneBad}
	case c.Locked != "" || c.ReadOnly != "":
		return ui.Cell{Text: "read-only", Tone: ui.ToneWarn}
	case c.Protected:
		return ui.Cell{Text: "protected", Tone: ui.ToneWarn}
	}
	return ui.Cell{Text: "open"}
}

// contextTested is the answer of a test.
type contextTested struct {
	name string
	took time.Duration
	err  error
}

// testContext asks a context something small and says how long that took.
func (s *shell) testContext(c contextRow) tea.Cmd {
	ctx, clock, contexts, here := s.ctx, s.clock, s.contexts, s.backend
	return s.bind(func() tea.Msg {
		began := clock()
		backend := here
		if !c.here {
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
	if status, ok := client.IdentityOf(s.backend); ok && s.contexts != nil {
		name := s.backend.Describe().Name
		c.reason = ""
		c.urgent = status.SignIn
		c.run = func() tea.Cmd { return s.signIn(name) }
		if !status.Flow.Interactive() {
			c.reason = name + " signs in by itself, by " + strings.ReplaceAll(string(status.Flow), "_", " ")
		}
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

// noPromotion is why a function cannot go to another context, "" if it can. What that
// one takes is asked once it is chosen.
func (s *shell) noPromotion(f client.Function) string {
	if s.contexts == nil {
		return "there is no other context: fndeck context add makes one"
	}
	if f.Folder == "" {
		return "the folder that " + ui.Clean(f.Name) + " came from is not known"
	}
	return ""
}

// promote asks for the context that a function goes to.
func (s *shell) promote(f client.Function) tea.Cmd {
	rows, err := s.contextRows()
	if err != nil {
		s.fail("list the contexts", err)
		s.say(client.Explain(err).Sentence, ui.ToneBad)
		return nil
	}
	var names []string
	for _, c := range rows {
		if !c.here && c.Fault == nil {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		s.say("there is no other context that can be used: fndeck context add makes one", ui.ToneWarn)
		return nil
	}
	return s.overlay(forms.NewPromote(s.forms(), f, names))
}

// promoteOpened is the context that a function is promoted to.
type promoteOpened struct {
	to      forms.PromoteTo
	backend client.Backend
	err     error
}

// openFor opens the context that a function goes to, outside the loop.
func (s *shell) openFor(to forms.PromoteTo) tea.Cmd {
	ctx, contexts := s.ctx, s.contexts
	return s.bind(func() tea.Msg {
		opened, err := contexts.Open(ctx, to.Context)
		return promoteOpened{to: to, backend: opened.Backend, err: err}
	})
}

// promoteTo runs the action on the context that was opened, under its marks.
func (s *shell) promoteTo(o promoteOpened) tea.Cmd {
	if o.err != nil {
		s.fail("open "+o.to.Context, o.err)
		s.giveBack(o.to.Origin, client.Explain(o.err).Sentence)
		return nil
	}
	return s.start(forms.RunAction{
		Action: action.Promote, Target: action.Target{Function: &o.to.Function}, On: o.backend, Origin: o.to.Origin,
		Values: action.Values{To: o.to.Context, Data: o.to.Data},
	})
}

// bothCalled is what a function and its promoted twin answered.
type bothCalled struct {
	names   [2]string
	answers [2]action.Answer
	err     error
}

// callBoth waits until a promoted function is Ready, and calls both with the data that
// the form was given.
func (s *shell) callBoth(done actionDone) tea.Cmd {
	there, made, data := done.request.On, done.outcome.Function, done.request.Values.Data
	if there == nil || made == nil || data == nil {
		return nil
	}
	ctx, here, fn := s.ctx, s.backend, *done.request.Target.Function
	return s.bind(func() tea.Msg {
		both := bothCalled{names: [2]string{here.Describe().Name, there.Describe().Name}}
		var ready client.Function
		if ready, both.err = action.AwaitReady(ctx, there, made.ID, nil); both.err != nil {
			return both
		}
		for i, at := range []struct {
			backend client.Backend
			fn      client.Function
		}{{here, fn}, {there, ready}} {
			if both.answers[i], both.err = action.CallOnce(ctx, at.backend, at.fn, action.Values{Data: data}); both.err != nil {
				break
			}
		}
		return both
	})
}

// showBoth opens the page of what both answered.
func (s *shell) showBoth(both bothCalled) tea.Cmd {
	if both.err != nil {
		s.fail("compare "+both.names[0]+" and "+both.names[1], both.err)
		s.say(client.Explain(both.err).Sentence, ui.ToneBad)
		return nil
	}
	a, b := both.answers[0], both.answers[1]
	return s.open(comparisonPage(s, both.names[0]+" "+both.names[1], func(context.Context) ([2]calledOnce, error) {
		return [2]calledOnce{{call: a.Call, result: a.Result}, {call: b.Call, result: b.Result}}, nil
	}))
}
