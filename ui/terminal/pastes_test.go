package terminal

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatAPasteHasLostIsCounted(t *testing.T) {
	const begin, end = "\x1b[200~", "\x1b[201~"
	for name, c := range map[string]struct {
		typed, arrived string
		lost           int
	}{
		"plain text":             {begin + "abc" + end, "abc", 0},
		"colours":                {"\x1b[A" + begin + "\x1b[31mred\x1b[m" + end, "red", 2},
		"one that arrived":       {begin + "a\x1b[Ab\x1b[31m" + end, "a\x1b[Ab", 1},
		"a bracket in a paste":   {begin + "a" + begin + "b" + end, "ab", 1},
		"an end without a paste": {"\x1b[A" + end, "", 0},
		"half a bracket":         {begin + "\x1b[20" + "x" + end, "x", 1},
		"escape before its end":  {begin + "x\x1b" + end, "x\x1b", 0},
	} {
		for _, size := range []int{1, 3, 4096} {
			r, w, err := os.Pipe()
			require.NoError(t, err)
			_, err = w.WriteString(c.typed)
			require.NoError(t, err)
			require.NoError(t, w.Close())
			p, buf, read := NewPastes(r), make([]byte, size), ""
			for {
				n, err := p.Read(buf)
				read += string(buf[:n])
				if err != nil {
					break
				}
			}
			assert.Equal(t, c.typed, read, "what is read goes on as it came")
			assert.Equal(t, c.lost, p.LeftOut(c.arrived), name)
			assert.Zero(t, p.LeftOut(""), "there was one paste")
			require.NoError(t, r.Close())
		}
	}
	var unwatched *Pastes
	assert.Zero(t, unwatched.LeftOut("x"))
}
