package deck

import (
	"context"
	"errors"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// note is a console that notes what it is told.
type note struct {
	name  string
	heard []tea.Msg
	left  int
	from  Console
}

func (n *note) Init() tea.Cmd  { return nil }
func (n *note) View() tea.View { return tea.NewView(n.name) }
func (n *note) Leave() tea.Cmd { n.left++; return nil }
func (n *note) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	n.heard = append(n.heard, msg)
	return n, nil
}

func (n *note) Return(from Console) tea.Cmd {
	n.from = from
	return nil
}

type shared struct{}

func (shared) Shared() {}

// send hands a message to the deck, and what its commands answer after it.
func send(d *Deck, msg tea.Msg) {
	_, cmd := d.Update(msg)
	for cmd != nil {
		switch answer := cmd().(type) {
		case nil, tea.BatchMsg:
			return
		default:
			_, cmd = d.Update(answer)
		}
	}
}

func TestASwitchShowsTheOtherConsoleAndComesBackToTheOldOne(t *testing.T) {
	local, prod := &note{name: "local"}, &note{name: "prod"}
	opens := 0
	d := New(t.Context(), "local", local, func(context.Context, string) (Console, error) {
		opens++
		return prod, nil
	})
	send(d, Switch{Name: "prod"})
	assert.Equal(t, "prod", d.View().Content)
	assert.Equal(t, 1, local.left)
	assert.Equal(t, Console(local), prod.from)

	send(d, Switch{Name: "local"})
	send(d, Switch{Name: "prod"})
	assert.Equal(t, "prod", d.View().Content)
	assert.Equal(t, 1, opens, "what was opened stays open")
	assert.Len(t, d.Consoles(), 2)
}

func TestAContextThatCannotBeOpenedLeavesTheOldOneSeen(t *testing.T) {
	local := &note{name: "local"}
	broken := errors.New("broken")
	d := New(t.Context(), "local", local, func(context.Context, string) (Console, error) { return nil, broken })
	send(d, Switch{Name: "prod"})
	assert.Equal(t, "local", d.View().Content)
	assert.Equal(t, []tea.Msg{Refused{"prod", broken}}, local.heard)
	assert.Zero(t, local.left)
}

func TestWhoChangesHisMindBeforeAContextIsOpenStaysWhereHeWent(t *testing.T) {
	local, prod := &note{name: "local"}, &note{name: "prod"}
	d := New(t.Context(), "local", local, func(context.Context, string) (Console, error) { return prod, nil })
	_, opening := d.Update(Switch{Name: "prod"})
	require.NotNil(t, opening)
	_, again := d.Update(Switch{Name: "prod"})
	assert.Nil(t, again, "it is being opened already")
	send(d, Switch{Name: "local"})
	send(d, opening())
	assert.Equal(t, "local", d.View().Content)
}

func TestMessagesReachTheConsoleThatTheyAreFor(t *testing.T) {
	local, prod := &note{name: "local"}, &note{name: "prod"}
	d := New(t.Context(), "local", local, func(context.Context, string) (Console, error) { return prod, nil })
	send(d, Switch{Name: "prod"})
	local.heard, prod.heard = nil, nil

	send(d, Switch{Name: "local", Line: "calls"})
	assert.Equal(t, []tea.Msg{Arrived{"calls"}}, local.heard)
	send(d, Switch{Name: "prod"})
	local.heard, prod.heard = nil, nil

	bound := Bind(local, func() tea.Msg { return "done" })
	send(d, bound())
	send(d, "key")
	send(d, tea.WindowSizeMsg{Width: 80})
	send(d, shared{})
	assert.Equal(t, []tea.Msg{Owned{local, "done"}, tea.WindowSizeMsg{Width: 80}, shared{}}, local.heard)
	assert.Equal(t, []tea.Msg{"key", tea.WindowSizeMsg{Width: 80}, shared{}}, prod.heard)
	assert.Nil(t, Bind(local, nil))
	assert.Nil(t, Bind(local, func() tea.Msg { return nil })())
}
