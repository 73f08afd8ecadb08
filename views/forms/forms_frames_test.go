package forms

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"
	"github.com/charmbracelet/x/vt"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/ui/form"
)

// drawn is what a terminal of the size shows: title, overlay, hints.
func drawn(overlay ui.Overlay, theme *ui.Theme, width, height int) string {
	lines := append([]string{overlay.Title()}, overlay.View(theme, width, height-2)...)
	var hints []string
	for _, hint := range overlay.Hints() {
		hints = append(hints, hint.Label+" "+hint.Key)
	}
	lines = append(lines, ui.Truncate(strings.Join(hints, "  "), width))
	screen := vt.NewEmulator(width, height)
	_, _ = screen.WriteString(strings.Join(lines, "\r\n")) // The emulator's Write does not fail.
	shown := strings.Split(screen.String(), "\n")
	for i := range shown {
		shown[i] = strings.TrimRight(shown[i], " \r")
	}
	return strings.Join(shown, "\n") + "\n"
}

// TestFormFrames compares whole frames; -update writes them anew.
func TestFormFrames(t *testing.T) {
	fn := client.Function{ID: "1", Name: "ingest-pi", Status: client.FunctionReady, Version: 12, DeployingVersion: 13}
	backend := &fakeBackend{
		versions:    keptVersions(),
		description: client.Description{DataLimitBytes: 36_000, Runtimes: []string{"none1", "none2"}},
		functions:   []client.Function{{Folder: "/srv/functions/ingest-pi"}, {Folder: "/srv/functions/score"}},
	}
	d, clock := formDeps(t, backend)
	open := func(overlay ui.Overlay, script string) ui.Overlay {
		f := openForm(t, overlay, nil).burst(script)
		clock.Advance(time.Second)
		return f.overlay
	}
	call, _ := NewCall(d, fn, CallStart{Data: []byte("{\n  \"asset\": 9007199254740993,\n  \"from\": \"2026-01-01\"\n}")})
	broken, _ := NewCall(d, ingest(), CallStart{Data: []byte("{'a': 1}")})
	schedule, _ := NewSchedule(d, &fn, []client.Function{fn, {ID: "2", Name: "score"}})
	refused, _ := NewSchedule(d, &fn, []client.Function{fn})
	rollback, load := NewRollback(d, fn)
	rollback.Update(load())
	frames := map[string]ui.Overlay{
		"call":      open(call, "<end>"),
		"broken":    open(broken, "<c-s>"),
		"schedule":  open(schedule, "nightly<tab><tab>0 6 * * MON-FRI"),
		"refused":   open(refused, "<tab><tab>0 25 * * *<c-s>"),
		"rollback":  open(rollback, ""),
		"preview":   frameUpload(t, ""),
		"settings":  frameUpload(t, "<enter><tab><tab><tab>token=hunter2<tab>REGION=north"),
		"discard":   open(framed(d, fn), "x<esc>"),
		"type-name": open(typedConfirm(clock.Now), "ingest"),
	}
	for name, overlay := range frames {
		for _, size := range []struct{ width, height int }{{80, 24}, {160, 48}, {40, 10}} {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size.width, size.height), func(t *testing.T) {
				golden.RequireEqual(t, drawn(overlay, ui.NewTheme(true, false), size.width, size.height))
			})
		}
		t.Run(name+"-ascii", func(t *testing.T) {
			golden.RequireEqual(t, drawn(overlay, ui.NewTheme(false, true), 80, 24))
		})
	}
}

func framed(d Deps, fn client.Function) ui.Overlay {
	overlay, _ := NewCall(d, fn, CallStart{})
	return overlay
}

func typedConfirm(clock func() time.Time) ui.Overlay {
	c := form.NewConfirm("delete ingest-pi", "delete ingest-pi: also 3 schedules (hourly, nightly, weekly)", "ingest-pi", clock)
	c.Yes = "Delete"
	return c
}

// frameUpload is an upload of a folder whose path is the same on every machine
// as far as the frame shows it.
func frameUpload(t *testing.T, script string) ui.Overlay {
	t.Helper()
	f, _ := openUpload(t, nil, uploadFolder(t, map[string]string{".env": "A=1", "util.py": "x = 1\n"}))
	f.burst(script)
	u := f.overlay.(*uploadForm)
	for i, row := range u.preview.rows {
		if row.label == "From" {
			u.preview.rows[i].text = "/srv/functions/ingest-pi"
		}
	}
	return u
}
