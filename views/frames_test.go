package views

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// goldenScreens are the screens whose frames are kept as text.
var goldenScreens = []struct{ name, keys string }{
	{"functions", ""},
	{"function", "d"},
	{"versions", "d tab"},
	{"calls", "2"},
	{"call", "2 j j enter"},
	{"result", "2 j enter"},
	{"logs", "3"},
	{"schedules", "4"},
	{"schedule", "4 d"},
	{"runs", "4 d tab"},
	{"sources", "5"},
	{"pulse", "~"},
	{"contexts", "@"},
	{"due", "~ tab"},
	{"compare", "2 j space space y tab"},
	{"help", "?"},
	{"delete", "ctrl+d"},
	{"filtered", "/ p i enter"},
}

func TestFrames(t *testing.T) {
	for _, size := range []struct{ width, height int }{{80, 24}, {160, 48}, {40, 10}} {
		for _, screen := range goldenScreens {
			t.Run(fmt.Sprintf("%s-%dx%d", screen.name, size.width, size.height), func(t *testing.T) {
				perform(t, sampleBackend(bubbleStart), size.width, size.height, Options{}, func(s *stage) {
					s.press(strings.Fields(screen.keys)...)
					golden.RequireEqual(t, s.screen.text()+"\n")
				})
			})
		}
	}
}

func TestFramesWithoutUTF8AndColours(t *testing.T) {
	for _, screen := range goldenScreens {
		t.Run(screen.name, func(t *testing.T) {
			o := Options{ASCII: true, NoColor: true, Environ: []string{"TERM=vt100", "LANG=C"}}
			perform(t, sampleBackend(bubbleStart), 80, 24, o, func(s *stage) {
				s.press(strings.Fields(screen.keys)...)
				frame := s.screen.text()
				for _, r := range frame {
					require.Less(t, r, rune(0x80), "beyond ASCII in\n%s", frame)
				}
				golden.RequireEqual(t, frame+"\n")
			})
		})
	}
}

func TestColoursSayWhatTheWordsSay(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 80, 24, Options{}, func(s *stage) {
		x, y := s.find("Failed")
		ready, y2 := s.find("Ready ✗")
		assert.NotEqual(t, s.screen.vt.CellAt(ready, y2).Style.Fg, s.screen.vt.CellAt(x, y).Style.Fg)
		assert.NotNil(t, s.screen.vt.CellAt(0, 3).Style.Bg, "the line under the cursor has a background")
	})
}

func TestTheSelectionIsSeenWithoutColours(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 80, 24, Options{NoColor: true}, func(s *stage) {
		_, y := s.find("ingest-pi")
		assert.NotZero(t, s.screen.vt.CellAt(4, y).Style.Attrs, "reverse")
		_, y = s.find("ingest-ims")
		assert.Zero(t, s.screen.vt.CellAt(4, y).Style.Attrs)
		assert.Nil(t, s.screen.vt.CellAt(18, y).Style.Fg)
	})
}

// find is where a text begins on the screen.
func (s *stage) find(text string) (x, y int) {
	for y, line := range strings.Split(s.screen.text(), "\n") {
		if before, _, ok := strings.Cut(line, text); ok {
			return len([]rune(before)), y
		}
	}
	s.t.Fatalf("%q is not on the screen:\n%s", text, s.screen.text())
	return 0, 0
}

func TestOneChangedCellCostsFewBytes(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.functions = append(backend.functions[:1:1], client.Function{ID: "q", Name: "quiet", Status: client.FunctionReady, Version: 1, Created: bubbleStart})
	perform(t, backend, 160, 48, Options{}, func(s *stage) {
		s.rest()
		s.screen.mu.Lock()
		before := s.screen.bytes.Len()
		s.screen.mu.Unlock()
		s.rest()
		s.screen.mu.Lock()
		defer s.screen.mu.Unlock()
		assert.Zero(t, s.screen.bytes.Len()-before, "nothing is sent while nothing happens")
	})
}
