// Package deck puts the consoles of several contexts behind one terminal. Each
// keeps its place; one is seen.
package deck

import (
	"context"

	tea "charm.land/bubbletea/v2"
)

// Console is the console of one context.
type Console interface {
	tea.Model
	// Leave ends what the console reads while nobody sees it. It does not wait.
	Leave() tea.Cmd
	// Return shows it, as it was left or for the first time, with what from has
	// learnt of the terminal.
	Return(from Console) tea.Cmd
}

// Switch asks for the console of another context. Line, if any, is what is to be
// done there: it comes to that console as Arrived.
type Switch struct{ Name, Line string }

// Arrived brings what is to be done to the console that is now seen.
type Arrived struct{ Line string }

// Refused answers a Switch that failed. It goes to the console that is seen.
type Refused struct {
	Name string
	Err  error
}

// Owned is a message for one console, seen or not.
type Owned struct {
	To   Console
	Body tea.Msg
}

// Bind has what a command answers go to one console: another may be seen by then.
func Bind(to Console, cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		msg := cmd()
		if msg == nil {
			return nil
		}
		return Owned{To: to, Body: msg}
	}
}

// Shared is a message that every console takes: it knows whether it is its own.
type Shared interface{ Shared() }

// Deck is the model that the program runs.
type Deck struct {
	ctx  context.Context
	open func(ctx context.Context, name string) (Console, error)
	seen Console
	// named are the consoles that were opened, by their contexts.
	named map[string]Console
	// awaited is the switch whose console is being opened, zero if none is.
	awaited Switch
}

var _ tea.Model = (*Deck)(nil)

// opened answers the opening of a console.
type opened struct {
	name    string
	console Console
	err     error
}

// New makes a deck that shows first, the console of the context name. open makes
// that of another; it runs outside the update loop.
func New(ctx context.Context, name string, first Console, open func(ctx context.Context, name string) (Console, error)) *Deck {
	return &Deck{ctx: ctx, open: open, seen: first, named: map[string]Console{name: first}}
}

// Init implements tea.Model.
func (d *Deck) Init() tea.Cmd { return d.seen.Init() }

// View implements tea.Model.
func (d *Deck) View() tea.View { return d.seen.View() }

// Consoles are all that were opened.
func (d *Deck) Consoles() []Console {
	var all []Console
	for _, c := range d.named {
		all = append(all, c)
	}
	return all
}

// Update implements tea.Model.
func (d *Deck) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case Switch:
		return d, d.change(msg)
	case opened:
		return d, d.opened(msg)
	case Owned:
		return d, update(msg.To, msg)
	case Shared, tea.WindowSizeMsg, tea.ColorProfileMsg, tea.BackgroundColorMsg, tea.FocusMsg, tea.BlurMsg:
		var cmds []tea.Cmd
		for _, c := range d.named {
			cmds = append(cmds, update(c, msg))
		}
		return d, tea.Batch(cmds...)
	}
	return d, update(d.seen, msg)
}

// update hands a message to a console, which stays the same model.
func update(c Console, msg tea.Msg) tea.Cmd {
	_, cmd := c.Update(msg)
	return cmd
}

// change shows another console. One that was never opened is opened outside the
// loop; the old one is seen until then.
func (d *Deck) change(to Switch) tea.Cmd {
	if c, known := d.named[to.Name]; known {
		d.awaited = Switch{}
		return d.show(c, to.Line)
	}
	if d.awaited.Name == to.Name {
		d.awaited = to
		return nil
	}
	d.awaited = to
	ctx, open, name := d.ctx, d.open, to.Name
	return func() tea.Msg {
		c, err := open(ctx, name)
		return opened{name, c, err}
	}
}

// opened takes a console that has come. One that nobody waits for any more is
// kept for when it is asked for again.
func (d *Deck) opened(msg opened) tea.Cmd {
	to := d.awaited
	wanted := to.Name == msg.name
	if wanted {
		d.awaited = Switch{}
	}
	if msg.err != nil {
		return update(d.seen, Refused{msg.name, msg.err})
	}
	d.named[msg.name] = msg.console
	if !wanted {
		return nil
	}
	return d.show(msg.console, to.Line)
}

func (d *Deck) show(c Console, line string) tea.Cmd {
	var cmds []tea.Cmd
	if from := d.seen; c != from {
		d.seen = c
		cmds = append(cmds, from.Leave(), c.Return(from))
	}
	if line != "" {
		cmds = append(cmds, update(c, Arrived{line}))
	}
	return tea.Batch(cmds...)
}
