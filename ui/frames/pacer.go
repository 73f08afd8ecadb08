package frames

import (
	"io"
	"os"
	"reflect"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
)

const (
	// MinGap is the time between two frames: a screen shows no more than 120 a second.
	// After a pause two may follow each other at once, because a key often has an echo
	// and an answer; the next waits until both have had their time.
	MinGap = 8 * time.Millisecond
	// firstTick is how long the renderer may take to draw for the first time.
	// One that has not by then keeps a clock of its own.
	firstTick = 5 * time.Second
	// farewell is how long the end waits for an answer of the terminal, which
	// would otherwise be typed into the shell.
	farewell = 300 * time.Millisecond
	// patience is how long a frame waits for an answer before the terminal is
	// taken to have lost the question.
	patience = 10 * time.Second
)

// Pacer decides when a program draws. Make it before the program, whose model,
// output and filter go through it, then Attach the program and run it.
type Pacer struct {
	line   *line
	output io.Writer
	clock  func() time.Time
	ticks  chan time.Time
	wanted chan struct{} // one request that nobody has taken yet
	done   chan struct{}
	loop   sync.WaitGroup

	program *tea.Program

	// The rest belongs to the update loop.
	shown   tea.View
	changed bool // the library may have changed what is on the screen
	leaving bool
}

// settled is sent through the update loop: when it is taken, every view that was
// made before is with the renderer.
type settled struct{}

// New makes a pacer for a program that draws to w, which is os.Stdout if nil.
func New(w io.Writer) *Pacer {
	if w == nil {
		w = os.Stdout
	}
	p := &Pacer{
		line: newLine(w), clock: systemClock,
		ticks: make(chan time.Time), wanted: make(chan struct{}, 1), done: make(chan struct{}),
	}
	p.output = p.line
	if f, ok := w.(*os.File); ok {
		p.output = terminal{f, p.line}
	}
	return p
}

// terminal is a line that the library can still ask for size and modes.
type terminal struct {
	*os.File
	line *line
}

func (t terminal) Write(p []byte) (int, error) { return t.line.Write(p) }

// Terminal is the file itself, for a program that the terminal is lent to.
func (t terminal) Terminal() *os.File { return t.File }

// Output is what the program is to write to.
func (p *Pacer) Output() io.Writer { return p.output }

// Model wraps the program's model, to see when its view changes.
func (p *Pacer) Model(m tea.Model) tea.Model { return paced{m, p} }

type paced struct {
	tea.Model
	pacer *Pacer
}

func (m paced) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	next, cmd := m.Model.Update(msg)
	return paced{next, m.pacer}, cmd
}

func (m paced) View() tea.View {
	v := m.Model.View()
	m.pacer.drawn(v)
	return v
}

// Attach takes over the clock of a program that has not started. Where that
// cannot be done the program draws by its own clock.
func (p *Pacer) Attach(program *tea.Program) {
	p.program = program
	if replaceClock(program, p.ticks) {
		p.loop.Go(p.pace)
		p.want()
	}
}

// Close ends the pacer once the program has ended, and sees its last words to
// the terminal.
func (p *Pacer) Close() {
	close(p.done)
	p.loop.Wait()
	p.line.close()
}

// Filter must be the program's message filter.
func (p *Pacer) Filter(_ tea.Model, msg tea.Msg) tea.Msg {
	switch m := msg.(type) {
	case nil, settled:
		return nil
	case uv.UnknownCsiEvent:
		if string(m) == answer {
			p.line.answered()
			return nil
		}
	case tea.KeyPressMsg, tea.KeyReleaseMsg, tea.PasteMsg:
		return msg
	case tea.WindowSizeMsg:
		p.line.resize(m.Width, m.Height)
	case tea.QuitMsg:
		if !p.leaving && p.line.asking() {
			p.leaving = true
			go p.leave()
			return nil
		}
	}
	name := reflect.TypeOf(msg)
	if name.PkgPath() == reflect.TypeFor[tea.QuitMsg]().PkgPath() {
		p.changed = true // a resize, a cleared screen, a mode: the renderer knows
		p.line.setDirect(handsOver(name.Name()))
	}
	return msg
}

// handsOver reports whether the library gives the terminal to somebody else
// while it handles the message.
func handsOver(name string) bool {
	return name == "QuitMsg" || name == "InterruptMsg" || name == "SuspendMsg" || name == "execMsg"
}

// leave quits once the terminal has answered, or does not.
func (p *Pacer) leave() {
	timer := time.NewTimer(farewell)
	defer timer.Stop()
	p.awaitProgress(timer.C, func() bool { return !p.line.asking() })
	p.program.Quit()
}

// drawn compares a new view with the last one.
func (p *Pacer) drawn(v tea.View) {
	if !p.changed && v.Content == p.shown.Content && sameCursor(v.Cursor, p.shown.Cursor) {
		return
	}
	p.shown, p.changed = v, false
	p.want()
}

func sameCursor(a, b *tea.Cursor) bool {
	return a == b || a != nil && b != nil && *a == *b
}

func (p *Pacer) want() {
	select {
	case p.wanted <- struct{}{}:
	default: // one is wanted already and will show this too
	}
}

// pace draws what is wanted until the pacer is closed.
func (p *Pacer) pace() {
	var free time.Time // The frames until now have had their time by then.
	limit := time.NewTimer(firstTick)
	defer limit.Stop()
	for {
		select {
		case <-p.wanted:
		case <-p.done:
			return
		}
		if !p.await(free.Add(-MinGap).Sub(p.clock())) || !p.awaitLine() {
			return
		}
		p.program.Send(settled{})
		now := p.clock()
		if free.Before(now) {
			free = now
		}
		free = free.Add(MinGap)
		select {
		case p.ticks <- now:
			limit.Stop()
		case <-limit.C:
			return // the renderer looks at a clock of its own
		case <-p.done:
			return
		}
	}
}

// await waits for a while; false means that the pacer was closed.
func (p *Pacer) await(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.done:
		return false
	}
}

// awaitLine waits until the terminal can take a frame.
func (p *Pacer) awaitLine() bool {
	if p.line.ready() {
		return true
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	return p.awaitProgress(timer.C, p.line.ready)
}

// awaitProgress waits until the line is as it should be. When the time is over
// an answer that is still to come is given up. False means that the pacer was
// closed.
func (p *Pacer) awaitProgress(late <-chan time.Time, done func() bool) bool {
	for {
		moved := p.line.progress()
		if done() {
			return true
		}
		select {
		case <-moved:
		case <-late:
			p.line.forgive()
		case <-p.done:
			return false
		}
	}
}
