package terminal

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestACopyReachesTheTerminalThroughWhatStandsBetween(t *testing.T) {
	payload := base64.StdEncoding.EncodeToString([]byte("42"))
	plain := "\x1b]52;c;" + payload + "\x07"
	for name, c := range map[string]struct {
		environ []string
		want    string
	}{
		"a plain terminal": {[]string{"TERM=xterm", "TMUX="}, plain},
		"tmux":             {[]string{"TMUX=/tmp/tmux-0/default,1,0"}, plain + "\x1bPtmux;\x1b\x1b]52;c;" + payload + "\x07\x1b\\"},
		"screen":           {[]string{"STY=1.pts"}, "\x1bP" + plain + "\x1b\\"},
	} {
		assert.Equal(t, c.want, Through(c.environ).Copy("42"), name)
	}
}

func TestALongCopyGoesThroughScreenInPieces(t *testing.T) {
	sequence := Through([]string{"STY=1"}).Copy(strings.Repeat("x", 4000))
	for piece := range strings.SplitSeq(sequence, "\x1bP") {
		assert.LessOrEqual(t, len(piece), screenChunk+2)
	}
}

func TestANotificationCannotBeEndedByItsText(t *testing.T) {
	for _, environ := range [][]string{nil, {"TMUX=1"}, {"STY=1"}} {
		said := Through(environ).Notify("fndeck", "a\x1b]0;title\x07;b\u009c")
		assert.Contains(t, said, "fndeck: a]0,title,b")
		assert.Contains(t, said, "777;notify;fndeck;a]0,title,b")
		assert.NotContains(t, said, "]0;title")
		assert.True(t, strings.HasSuffix(said, "\x07"), "the bell")
	}
}
