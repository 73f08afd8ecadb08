package views

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/ui"
)

// hostileTexts drive, query or confuse terminals, with nothing in them that the
// console itself may write.
var hostileTexts = []string{
	"\x1b]0;owned\x07", "\x1b]52;c;b3duZWQ=\x07", "\x1b[3J\x1b[H", "\x1b[6n", "\x1b[c", "\x1bP$qm\x1b\\", "\x1bc", "\x1b[?1049l",
	"\x1b[?1000h", "\x1b_Gi=1\x1b\\", "\u009b2J", "\x9b2J", "A\rBBBB", "abc\b\b\bX", "\x0e\x0f\a", "\u202egnp.exe", "a\u200bb",
	"\xf0\x9f\x92", "e\u0301\u0301\u0301", "管理\U0001f469\u200d\U0001f4bb", "\U0001f1f3\U0001f1f4", "नमस्ते", "a\tb\nc", "\u2028x", "",
}

// hostileBackend puts a hostile text into every field that is text.
func hostileBackend(h string) *fakeBackend {
	f := sampleBackend(bubbleStart)
	failure := &client.Failure{Message: h, Trace: h + "\n" + h}
	f.description = client.Description{Kind: h, Name: h, Endpoint: h, Isolation: h, Runtimes: []string{h}}
	for i := range f.functions {
		fn := &f.functions[i]
		fn.Name, fn.ExternalID, fn.Description, fn.Owner, fn.Runtime, fn.RuntimeVersion = h, h, h, h, h, h
		fn.Mode, fn.ModeReason, fn.FunctionPath, fn.Folder, fn.SecretNames = h, h, h, "/nowhere/"+h, []string{h}
		fn.EnvVars, fn.Metadata, fn.Error = map[string]string{h: h}, map[string]string{h: h}, failure
		fn.Status = client.FunctionStatus([]string{h, "Failed", "Ready"}[i%3])
	}
	for i := range f.calls {
		c := &f.calls[i]
		c.ID, c.FunctionName, c.ScheduleName, c.Preview, c.Error = h+string(rune('a'+i)), h, h, h, failure
		c.Status = client.CallStatus([]string{h, "Failed", "Completed"}[i%3])
	}
	for i := range f.schedules {
		s := &f.schedules[i]
		s.Name, s.Description, s.FunctionName, s.Cron, s.Words, s.Data = h, h, h, h, h, json.RawMessage(h)
	}
	for i := range f.runs {
		f.runs[i].Status, f.runs[i].Reason, f.runs[i].CallID = h, h, h
	}
	for i := range f.versions {
		f.versions[i].Runtime, f.versions[i].Error, f.versions[i].CodeSHA256, f.versions[i].Status = h, failure, h, client.FunctionStatus(h)
	}
	for i := range f.lines {
		f.lines[i].Text, f.lines[i].FunctionName, f.lines[i].CallID = h, h, ""
	}
	f.result = client.Result{Data: json.RawMessage(h), Response: json.RawMessage(`{"a":` + h + `}`)}
	f.invoke = func(client.CallRequest) (client.Call, error) {
		return client.Call{}, &client.Error{Code: client.CodeFailed, Message: h, Hint: h, RequestID: h}
	}
	return f
}

func TestNothingThatABackendSaysDrivesTheTerminal(t *testing.T) {
	for _, h := range hostileTexts {
		perform(t, hostileBackend(h), 100, 30, Options{Lost: func() (string, <-chan struct{}) { return h, nil }}, func(s *stage) {
			s.press("I") // Fails, for the toast and the list of errors.
			for _, screen := range everyScreen {
				s.press(strings.Fields(screen.keys)...)
				frame := strings.ReplaceAll(s.screen.text(), "\n", "")
				control := strings.IndexFunc(frame, func(r rune) bool { return r < ' ' || r >= 0x7f && r <= 0x9f })
				require.Negative(t, control, "%q on %s:\n%q", h, screen.name, frame)
			}
			s.screen.mu.Lock()
			defer s.screen.mu.Unlock()
			assert.Empty(t, s.screen.events, "%q", h)
			assert.True(t, s.screen.vt.IsAltScreen(), "%q", h)
			if strings.ContainsAny(h, "\x1b\r\b\a") || !utf8.ValidString(h) || strings.Contains(h, "\u009b") {
				assert.NotContains(t, s.screen.bytes.String(), h)
			}
		})
	}
}

func TestHostileNamesDoNotMoveTheColumnsBesideThem(t *testing.T) {
	for _, h := range hostileTexts {
		if strings.Contains(h, "न") {
			continue // Terminals do not agree on how wide joined letters are.
		}
		backend := sampleBackend(bubbleStart)
		backend.functions[0].Name = h
		perform(t, backend, 100, 30, Options{}, func(s *stage) {
			x, _ := s.find("VERSION")
			assert.Equal(t, "v", s.screen.vt.CellAt(x, 3).Content, "%q\n%s", h, s.screen.text())
		})
	}
}

func TestEveryScreenSurvivesEverySize(t *testing.T) {
	for name, backend := range map[string]*fakeBackend{"sample": sampleBackend(bubbleStart), "hostile": hostileBackend("管\x1b[2J\u202e\xff")} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			drive(t, backend, func(d *driver) {
				for _, screen := range everyScreen {
					d.send(tea.WindowSizeMsg{Width: 120, Height: 30})
					d.press(strings.Fields(screen.keys)...)
					sizes := [][2]int{{0, 0}, {1, 1}, {2, 1}, {1, 2}, {39, 10}, {40, 9}, {40, 10}, {41, 11}, {40, 200}, {500, 10}, {500, 200}}
					for range 25 {
						sizes = append(sizes, [2]int{random.IntN(200), random.IntN(60)})
					}
					for _, size := range sizes {
						d.guard.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
						requireFits(t, d, screen.name, size[0], size[1])
					}
					d.send(tea.WindowSizeMsg{Width: 120, Height: 30})
					d.miss("too small")
				}
			})
		})
	}
}

func requireFits(t *testing.T, d *driver, name string, width, height int) {
	t.Helper()
	content := d.guard.View().Content
	if width == 0 || height == 0 {
		require.Empty(t, content)
		return
	}
	lines := strings.Split(content, "\n")
	small := width < ui.MinWidth || height < ui.MinHeight
	if !small {
		require.Len(t, lines, height, "%s at %dx%d", name, width, height)
	}
	for _, line := range lines {
		require.LessOrEqual(t, ui.Width(line), width, "%s at %dx%d: %q", name, width, height, line)
	}
}

func TestABurstOfEventsBecomesFewReads(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	var emit func(client.Event)
	backend.watch = func(ctx context.Context, e func(client.Event)) error {
		emit = e
		<-ctx.Done()
		return ctx.Err()
	}
	drive(t, backend, func(d *driver) {
		before := d.root.known.Generation
		for range 1000 {
			emit(client.Event{Kind: "function", ID: "f1"})
		}
		d.wait(time.Second)
		assert.LessOrEqual(t, d.root.known.Generation-before, uint64(3))
		assert.Greater(t, d.root.known.Generation, before)
	})
}
