package consolebench

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

const width, height = 160, 48

// patience is how long a benchmark waits for what must come.
const patience = 60 * time.Second

// wire is the line between a program and the eyes of its operator; the zero value
// is a terminal on the same machine.
type wire struct {
	bytesPerSecond int
	// oneWay is how long a byte is under way in either direction.
	oneWay time.Duration
}

// terminal is a program on a pty, with an emulator that knows what is on the
// screen and since when.
type terminal struct {
	b    *testing.B
	cmd  *exec.Cmd
	pty  *os.File
	wire wire
	from time.Time

	mu      sync.Mutex
	changed *sync.Cond
	vt      *vt.Emulator
	// at is when the newest bytes came, before the emulator saw them.
	at     time.Time
	bytes  int64
	chunks int
	raw    bytes.Buffer
	ended  bool
	// seen are the positions that the list has shown, each with its time.
	seen []sight
	// watching makes every chunk be looked at for a position.
	watching bool
}

// sight is a position of a list's cursor, from 1, and when it came to the screen.
type sight struct {
	position int
	at       time.Time
}

// open starts a program on a terminal.
func open(b *testing.B, w wire, env []string, name string, args ...string) *terminal {
	b.Helper()
	t := &terminal{b: b, cmd: exec.Command(name, args...), wire: w, vt: vt.NewEmulator(width, height)}
	t.changed = sync.NewCond(&t.mu)
	t.cmd.Env = env
	t.from = time.Now()
	var err error
	t.pty, err = pty.StartWithSize(t.cmd, &pty.Winsize{Rows: height, Cols: width})
	require.NoError(b, err)
	go t.read()
	go t.answer()
	b.Cleanup(t.close)
	return t
}

// close ends the program.
func (t *terminal) close() {
	_ = t.cmd.Process.Kill() // It may have ended before.
	_ = t.cmd.Wait()         // It was killed.
	_ = t.pty.Close()        // Nobody holds it any more.
	_ = t.vt.InputPipe().(io.Closer).Close()
}

// read takes what the program writes as fast as the wire does.
func (t *terminal) read() {
	type parcel struct {
		due   time.Time
		bytes []byte
	}
	parcels := make(chan parcel, 1<<16)
	go func() {
		defer close(parcels)
		chunk := make([]byte, 64<<10)
		if t.wire.bytesPerSecond > 0 {
			chunk = chunk[:1<<10] // A slow line takes little at a time.
		}
		free := time.Now()
		for {
			n, err := t.pty.Read(chunk)
			if err != nil {
				return
			}
			now := time.Now()
			if t.wire.bytesPerSecond > 0 {
				if now.After(free) {
					free = now
				}
				free = free.Add(time.Duration(n) * time.Second / time.Duration(t.wire.bytesPerSecond))
				<-time.After(time.Until(free))
				now = free
			}
			parcels <- parcel{now.Add(t.wire.oneWay), bytes.Clone(chunk[:n])}
		}
	}()
	for p := range parcels {
		if t.wire.oneWay > 0 {
			<-time.After(time.Until(p.due))
		}
		t.show(p.due, p.bytes)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	t.changed.Broadcast()
}

func (t *terminal) show(at time.Time, p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at, t.bytes, t.chunks = at, t.bytes+int64(len(p)), t.chunks+1
	const keep = 1 << 20
	if t.raw.Len() < keep {
		t.raw.Write(p)
	}
	_, _ = t.vt.Write(p) // It takes everything.
	if t.watching {
		if n := position(t.row(height - 1)); n > 0 && (len(t.seen) == 0 || t.seen[len(t.seen)-1].position != n) {
			t.seen = append(t.seen, sight{n, at})
		}
	}
	t.changed.Broadcast()
}

// answer types the terminal's answers to the program's questions.
func (t *terminal) answer() {
	chunk := make([]byte, 256)
	for {
		n, err := t.vt.Read(chunk)
		if err != nil {
			return
		}
		t.typed(string(chunk[:n]))
	}
}

// typed sends keys down the wire.
func (t *terminal) typed(keys string) {
	send := func() { _, _ = t.pty.WriteString(keys) } // A program that has ended reads nothing.
	if t.wire.oneWay > 0 {
		time.AfterFunc(t.wire.oneWay, send)
		return
	}
	send()
}

// row is the text of one line of the screen; the lock is held.
func (t *terminal) row(y int) string {
	var line strings.Builder
	for x := 0; x < width; {
		cell := t.vt.CellAt(x, y)
		if cell == nil || cell.Content == "" {
			line.WriteByte(' ')
			x++
			continue
		}
		line.WriteString(cell.Content)
		x += max(1, cell.Width)
	}
	return line.String()
}

// screen is all the lines; the lock is held.
func (t *terminal) screen() []string {
	lines := make([]string, height)
	for y := range lines {
		lines[y] = t.row(y)
	}
	return lines
}

var positions = regexp.MustCompile(`(\d+)/\d+\s*$`)

// position is where the cursor of a list is, as the foot says; 0 if it does not.
func position(foot string) int {
	match := positions.FindStringSubmatch(foot)
	if match == nil {
		return 0
	}
	n, err := strconv.Atoi(match[1])
	if err != nil {
		return 0
	}
	return n
}

// until waits for something to be on the screen and returns when its last byte
// came.
func (t *terminal) until(what string, seen func() bool) time.Time {
	t.b.Helper()
	late := false
	timer := time.AfterFunc(patience, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		late = true
		t.changed.Broadcast()
	})
	defer timer.Stop()
	t.mu.Lock()
	defer t.mu.Unlock()
	for !seen() {
		if late || t.ended {
			t.b.Fatalf("no %s on the screen:\n%s", what, strings.Join(t.screen(), "\n"))
		}
		t.changed.Wait()
	}
	return t.at
}

// contains waits for a text anywhere on the screen.
func (t *terminal) contains(text string) time.Time {
	t.b.Helper()
	return t.until(text, func() bool { return strings.Contains(strings.Join(t.screen(), "\n"), text) })
}

// onRow waits for a position of a list's cursor, with the cursor's mark on a row.
func (t *terminal) onRow(n int) time.Time {
	t.b.Helper()
	return t.until("row "+strconv.Itoa(n), func() bool { return position(t.row(height-1)) == n && t.marked() })
}

// marked reports whether some row carries the cursor; the lock is held.
func (t *terminal) marked() bool {
	for y := 3; y < height; y++ {
		if cell := t.vt.CellAt(0, y); cell != nil && cell.Content == "›" {
			return true
		}
	}
	return false
}

// rest waits until nothing has come for a while from now on, and returns when the
// last came.
func (t *terminal) rest(quiet time.Duration) time.Time {
	began := time.Now()
	for deadline := began.Add(patience); ; {
		t.mu.Lock()
		at := t.at
		t.mu.Unlock()
		left := quiet - time.Since(at)
		if at.Before(began) {
			left = quiet - time.Since(began)
		}
		if left <= 0 {
			return at
		}
		if time.Now().After(deadline) {
			t.b.Fatal("the screen never comes to rest")
		}
		<-time.After(left)
	}
}

// sent counts the bytes that came so far.
func (t *terminal) sent() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

// watch begins anew to note the positions of the list's cursor.
func (t *terminal) watch() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watching, t.seen = true, nil
}

// sights are the positions that were noted.
func (t *terminal) sights() []sight {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]sight(nil), t.seen...)
}
