package views

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"

	"fndeck/client"
)

// sent is everything that was written to the terminal so far.
func (s *stage) sent() string {
	s.screen.mu.Lock()
	defer s.screen.mu.Unlock()
	return s.screen.bytes.String()
}

// send hands a message to the program and waits for what it causes.
func (s *stage) send(msg tea.Msg) {
	s.program.Send(msg)
	s.rest()
}

func TestTheWheelMovesTheCursorAndAClickChoosesSortsAndOpens(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 120, 30, Options{Mouse: true}, func(s *stage) {
		assert.Contains(t, s.sent(), "\x1b[?1002h", "the terminal reports the mouse")
		s.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
		assert.Contains(t, s.screen.text(), "› nightly-report")
		s.send(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
		_, y := s.find("ingest-ims")
		click := tea.MouseClickMsg{Button: tea.MouseLeft, X: 5, Y: y}
		s.send(click)
		assert.Contains(t, s.screen.text(), "› ingest-ims")
		x, top := s.find("P95")
		s.send(tea.MouseClickMsg{Button: tea.MouseLeft, X: x, Y: top})
		assert.Contains(t, s.screen.text(), "P95 ↑")
		_, click.Y = s.find("ingest-ims")
		s.send(click)
		assert.Contains(t, s.screen.text(), "functions > calls ingest-ims")
	})
}

func TestAClickOnATabShowsItAndTheHelpScrollsByTheWheel(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 80, 24, Options{Mouse: true}, func(s *stage) {
		s.press("d")
		x, y := s.find("Versions")
		s.send(tea.MouseClickMsg{Button: tea.MouseLeft, X: x, Y: y})
		assert.Contains(t, s.screen.text(), "v12")
		s.press("?")
		before := s.screen.text()
		s.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
		assert.NotEqual(t, before, s.screen.text())
	})
}

func TestTheMouseIsTheTerminalsOwnUntilItIsAskedFor(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 80, 24, Options{}, func(s *stage) {
		assert.NotContains(t, s.sent(), "\x1b[?1002h")
		s.press(strings.Split(": m o u s e enter", " ")...)
		assert.Contains(t, s.sent(), "\x1b[?1002h")
		s.press(strings.Split(": m o u s e enter", " ")...)
		assert.Contains(t, s.sent(), "\x1b[?1002l")
	})
}

func TestTheEndOfALongDeployIsToldToWhoLooksElsewhere(t *testing.T) {
	for name, c := range map[string]struct {
		focus tea.Msg
		told  bool
	}{
		"elsewhere":                  {tea.BlurMsg{}, true},
		"here":                       {tea.FocusMsg{}, false},
		"a terminal that never says": {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			backend := sampleBackend(bubbleStart)
			perform(t, backend, 80, 24, Options{Notify: true}, func(s *stage) {
				if c.focus != nil {
					s.send(c.focus)
				}
				backend.change(func() { backend.functions[1].DeployingVersion, backend.functions[1].Version = 0, 8 })
				s.press("ctrl+r")
				assert.Contains(t, s.screen.text(), "ingest-ims v8 is Ready")
				assert.Equal(t, c.told, strings.Contains(s.sent(), "\x1b]9;fndeck local: ingest-ims v8 is Ready"))
			})
		})
	}
}

func TestTheEndOfAShortCallIsNotToldAndThatOfALongOneIs(t *testing.T) {
	for took, told := range map[time.Duration]bool{time.Second: false, 12 * time.Second: true} {
		backend := sampleBackend(bubbleStart)
		perform(t, backend, 80, 24, Options{Notify: true}, func(s *stage) {
			s.press("2", "enter")
			backend.change(func() { backend.calls[0].Status, backend.calls[0].Duration = client.CallCompleted, took })
			s.press("ctrl+r")
			assert.Equal(t, told, strings.Contains(s.sent(), "call c-900 Completed after 12s"))
		})
	}
}

func TestACopyGoesToTheTerminalThroughTmux(t *testing.T) {
	o := Options{Environ: []string{"TERM=tmux-256color", "LANG=C.UTF-8", "TMUX=/tmp/tmux-0/default,1,0"}}
	perform(t, sampleBackend(bubbleStart), 80, 24, o, func(s *stage) {
		s.press("c")
		plain := "]52;c;" + base64.StdEncoding.EncodeToString([]byte("f1")) + "\x07"
		assert.Contains(t, s.sent(), "\x1b"+plain)
		assert.Contains(t, s.sent(), "\x1bPtmux;\x1b\x1b"+plain)
		assert.Contains(t, s.screen.text(), "1 id copied, 2 B")
	})
}

func TestTimesAreOneKeyAwayFromUTC(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 120, 30, Options{}, func(s *stage) {
		s.press("d")
		assert.Contains(t, s.screen.text(), "CET")
		s.press("ctrl+t")
		assert.NotContains(t, s.screen.text(), "CET")
		assert.Contains(t, s.screen.text(), "times are in UTC now")
		s.press("esc", "2")
		assert.Contains(t, s.screen.text(), "31 Dec 23:53", "seven minutes to midnight")
		s.press("ctrl+t")
		assert.Contains(t, s.screen.text(), "00:53:00")
	})
}

func TestTheLinesOfTheFrameCanBeGivenToTheBody(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 80, 24, Options{}, func(s *stage) {
		s.press("ctrl+e")
		assert.NotContains(t, s.screen.text(), "fndeck")
		assert.Contains(t, s.screen.text(), "functions (5)")
		s.press("ctrl+g")
		assert.NotContains(t, s.screen.text(), "functions (5)")
		s.press("ctrl+e", "ctrl+g")
		assert.Contains(t, s.screen.text(), "fndeck")
		assert.Contains(t, s.screen.text(), "functions (5)")
	})
}
