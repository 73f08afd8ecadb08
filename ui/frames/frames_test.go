package frames

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// page shows the text that it was last sent.
type page string

func (p page) Init() tea.Cmd { return nil }
func (p page) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if next, ok := msg.(page); ok {
		return next, nil
	}
	return p, nil
}

func (p page) View() tea.View {
	v := tea.NewView(string(p))
	v.AltScreen = true
	return v
}

// glass is a terminal that counts writes and can refuse to take more.
type glass struct {
	mu     sync.Mutex
	free   *sync.Cond
	held   bool
	vt     *vt.Emulator
	writes int
	bytes  bytes.Buffer
}

func newGlass(width, height int) *glass {
	g := &glass{vt: vt.NewEmulator(width, height)}
	g.free = sync.NewCond(&g.mu)
	_, _ = g.vt.WriteString("\x1b[20h")
	go func() { _, _ = io.Copy(io.Discard, g.vt) }() // answers that nobody reads would block it
	return g
}

func (g *glass) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.held {
		g.free.Wait()
	}
	g.writes++
	g.bytes.Write(p)
	return g.vt.Write(p)
}

func (g *glass) hold(held bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = held
	g.free.Broadcast()
}

func (g *glass) text() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.vt.Render()
}

func (g *glass) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.writes
}

func (g *glass) written() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bytes.String()
}

// show runs a program on a glass inside a bubble of fake time. A nil pacer is
// the library as it is.
func show(t *testing.T, g *glass, pacer *Pacer, test func(p *tea.Program)) {
	t.Helper()
	options := []tea.ProgramOption{
		tea.WithInput(nil), tea.WithWindowSize(g.vt.Width(), g.vt.Height()), tea.WithoutSignalHandler(),
		tea.WithEnvironment([]string{"TERM=xterm-256color", "SSH_TTY=1", "TERM_PROGRAM=none"}),
	}
	var model tea.Model = page("start")
	if pacer == nil {
		options = append(options, tea.WithOutput(g))
	} else {
		model = pacer.Model(model)
		options = append(options, tea.WithOutput(pacer.Output()), tea.WithFilter(pacer.Filter))
	}
	program := tea.NewProgram(model, options...)
	if pacer != nil {
		pacer.Attach(program)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := program.Run()
		ended <- err
	}()
	rest()
	test(program)
	g.hold(false)
	program.Quit()
	assert.NoError(t, <-ended)
	if pacer != nil {
		pacer.Close()
	}
	assert.NoError(t, g.vt.InputPipe().(io.Closer).Close())
}

// rest lets everything that was caused come to the screen.
func rest() {
	synctest.Wait()
	<-time.After(100 * time.Millisecond)
	synctest.Wait()
}

func TestScreensEqualThoseOfTheStockRenderer(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"ready", "函数", "e\u0301tat", "\x1b[31mred\x1b[0m", "👩‍🚀 x", "", "     ", "-----", "a\tb"}
	var steps []tea.Msg
	for range 60 {
		if random.IntN(6) == 0 {
			steps = append(steps, tea.WindowSizeMsg{Width: 20 + random.IntN(60), Height: 3 + random.IntN(20)})
			continue
		}
		var text strings.Builder
		for range random.IntN(20) {
			for range random.IntN(8) {
				text.WriteString(words[random.IntN(len(words))] + " ")
			}
			text.WriteString("\n")
		}
		steps = append(steps, page(text.String()))
	}
	play := func(pacer func(*glass) *Pacer) (screens []string) {
		synctest.Test(t, func(t *testing.T) {
			g := newGlass(80, 24)
			show(t, g, pacer(g), func(p *tea.Program) {
				for _, step := range steps {
					if size, ok := step.(tea.WindowSizeMsg); ok {
						g.mu.Lock()
						g.vt.Resize(size.Width, size.Height)
						g.mu.Unlock()
					}
					p.Send(step)
					rest()
					screens = append(screens, g.text())
				}
			})
		})
		return screens
	}
	stock := play(func(*glass) *Pacer { return nil })
	ours := play(func(g *glass) *Pacer { return New(g) })
	require.Len(t, ours, len(stock))
	for i := range stock {
		require.Equal(t, stock[i], ours[i], "after step %d", i)
	}
}

func TestNothingIsDrawnAndNothingWakesWhileNothingChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGlass(80, 24)
		pacer := New(g)
		show(t, g, pacer, func(p *tea.Program) {
			before, start := g.count(), time.Now()
			p.Send("a message that changes no view")
			<-time.After(time.Hour)
			assert.Equal(t, before, g.count())
			assert.Equal(t, time.Hour, time.Since(start), "the bubble's clock jumps only where no timer waits")
			assert.Empty(t, pacer.wanted, "no frame is wanted though nothing changed")
		})
	})
}

func TestAnEchoAndItsAnswerAreOnTheScreenAtOnceAndTheNextAfterTheGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGlass(80, 24)
		show(t, g, New(g), func(p *tea.Program) {
			for range 3 { // Each pause allows for it again.
				p.Send(page("echo"))
				synctest.Wait()
				assert.Contains(t, g.text(), "echo", "no time has passed")
				p.Send(page("answer"))
				synctest.Wait()
				assert.Contains(t, g.text(), "answer", "nothing was drawn in the gap before the echo")
				p.Send(page("third"))
				<-time.After(MinGap - time.Nanosecond)
				synctest.Wait()
				assert.NotContains(t, g.text(), "third", "the last frames have not had their time")
				<-time.After(time.Nanosecond)
				synctest.Wait()
				assert.Contains(t, g.text(), "third")
				rest()
			}
		})
	})
}

func TestChangesWithoutEndAreDrawnOnceInEachGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGlass(80, 24)
		show(t, g, New(g), func(p *tea.Program) {
			const gaps = 100
			before := g.count()
			for n := range gaps * 8 {
				p.Send(page(fmt.Sprint(n)))
				<-time.After(MinGap / 8)
			}
			synctest.Wait()
			assert.InDelta(t, gaps, g.count()-before, 2)
		})
	})
}

func TestASlowLineShowsTheNewestStateAndNoBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGlass(80, 24)
		show(t, g, New(g), func(p *tea.Program) {
			before := g.count()
			g.hold(true)
			for i := range 1000 {
				p.Send(page(fmt.Sprintf("state %04d", i)))
				<-time.After(MinGap)
			}
			g.hold(false)
			rest()
			assert.Contains(t, g.text(), "state 0999")
			assert.LessOrEqual(t, g.count()-before, 2, "the frame that was held and the newest one")
		})
	})
}

func TestALargeFrameWaitsForATerminalThatAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGlass(200, 50)
		show(t, g, New(g), func(p *tea.Program) {
			big := func(mark string) page { return page(strings.Repeat(strings.Repeat(mark, 150)+"\n", 40)) }
			p.Send(big("a"))
			rest()
			require.Equal(t, 1, strings.Count(g.written(), query), "the terminal is asked once whether it answers")
			p.Send(big("b"))
			rest()
			require.Contains(t, g.text(), "bbb", "a terminal that has not answered yet is not waited for")
			p.Send(uv.UnknownCsiEvent(answer))
			p.Send(big("c"))
			rest()
			require.Equal(t, 2, strings.Count(g.written(), query))
			p.Send(big("d"))
			p.Send(big("e"))
			rest()
			require.NotContains(t, g.text(), "eee", "the answer to c is still to come")
			p.Send(uv.UnknownCsiEvent(answer))
			rest()
			require.Contains(t, g.text(), "eee")
			require.NotContains(t, g.written(), "ddd", "what was overtaken is never sent")
			p.Send(big("f"))
			<-time.After(patience + time.Second)
			synctest.Wait()
			require.Contains(t, g.text(), "fff", "a lost answer does not stop the screen")
		})
	})
}

func TestTheEndWaitsForAnAnswerThatTheShellWouldGet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGlass(200, 50)
		start := time.Now()
		show(t, g, New(g), func(p *tea.Program) {
			p.Send(page(strings.Repeat(strings.Repeat("a", 150)+"\n", 40)))
			rest()
			start = time.Now()
		})
		assert.Equal(t, farewell, time.Since(start), "it never came")
	})
}

func TestALibraryWithoutTheFieldKeepsItsClock(t *testing.T) {
	assert.False(t, replaceClock(&struct{ other int }{}, nil))
	assert.False(t, replaceClock(&struct{ ticker int }{}, nil))
	assert.False(t, replaceClock(&struct{ ticker *time.Ticker }{time.NewTicker(time.Hour)}, nil))
	assert.True(t, replaceClock(tea.NewProgram(page("")), make(chan time.Time)))
}

func TestAFailedTerminalEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(failing{})
		_, err := l.Write([]byte("x"))
		require.NoError(t, err)
		synctest.Wait()
		_, err = l.Write([]byte("y"))
		assert.ErrorIs(t, err, io.ErrClosedPipe)
		assert.True(t, l.ready())
		l.close()
	})
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
