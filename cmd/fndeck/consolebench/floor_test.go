package consolebench

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/charmbracelet/x/term"
	"github.com/stretchr/testify/require"
)

// bareVariable makes this test binary a bare program instead: it answers each
// byte that it reads with as much as its value says, and does nothing else.
const bareVariable = "FNDECK_BENCH_BARE"

// What a bare program writes for a key.
const (
	// oneCell moves a mark by one line.
	oneCell = "cell"
	// twoRows writes two lines anew, as a cursor that moves must.
	twoRows = "rows"
	// onePage writes all lines anew.
	onePage = "page"
)

// bare is the program.
func bare(what string) int {
	if _, err := term.MakeRaw(os.Stdin.Fd()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, _ = os.Stdout.WriteString("\x1b[2J\x1b[1;1Hready") // As below.
	text := strings.Repeat("x", 60)                       // A row of a table, coloured twice.
	key := make([]byte, 16)
	for n := 0; ; {
		keys, err := os.Stdin.Read(key)
		if err != nil {
			return 0
		}
		n += keys
		y := 4 + n%40
		var out strings.Builder
		switch what {
		case oneCell:
			fmt.Fprintf(&out, "\x1b[%d;1H \x1b[%d;1H>", y, y+1)
		case twoRows:
			for i := range 2 {
				fmt.Fprintf(&out, "\x1b[%d;1H\x1b[7m%s\x1b[m%s", y+i, text[:30], text[30:])
			}
		case onePage:
			for i := range 44 {
				fmt.Fprintf(&out, "\x1b[%d;1H%s%d", 4+i, text[:55], n)
			}
		}
		fmt.Fprintf(&out, "\x1b[48;140H%d/100000", n)
		_, _ = os.Stdout.WriteString(out.String()) // The terminal is there as long as the program.
	}
}

// openBare starts a bare program on a terminal.
func openBare(b *testing.B, w wire, what string) *terminal {
	b.Helper()
	self, err := os.Executable()
	require.NoError(b, err)
	t := open(b, w, append(os.Environ(), bareVariable+"="+what), self)
	t.contains("ready")
	return t
}
