package forms

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/ui/chart"
	"fndeck/ui/form"
)

// series is many calls under way, and then what they came to.
type series struct {
	clock func() time.Time
	began time.Time
	// enough keeps further calls from being made, leave ends the waiting for those
	// that run.
	enough, leave context.CancelFunc
	atOnce        int
	figures       action.Figures
	// over is true once no call is made or waited for any more, err is why that
	// was before all had ended.
	over    bool
	stopped bool
	err     error
	top     int
}

// seriesMoved are the newest figures of a series under way.
type seriesMoved struct {
	owner   *series
	figures action.Figures
	wait    tea.Cmd
}

// seriesEnded are its last.
type seriesEnded struct {
	owner   *series
	figures action.Figures
	err     error
}

// newSeries makes a series, and the command that makes its calls.
func newSeries(d Deps, s action.Series) (*series, tea.Cmd) {
	ctx, leave := context.WithCancel(d.Ctx)
	making, enough := context.WithCancel(ctx)
	v := &series{clock: d.Clock, began: d.Clock(), enough: enough, leave: leave, atOnce: s.AtOnce}
	s.Enough = making.Done()
	v.figures.Asked = s.Times
	newest, backend := make(chan action.Figures, 1), d.Backend
	s.Clock = d.Clock
	s.Progress = func(f action.Figures) {
		select {
		case <-newest: // Nobody has looked at these: only the newest count.
		default:
		}
		newest <- f
	}
	run := func() tea.Msg {
		defer leave()
		figures, err := action.CallMany(ctx, backend, s)
		return seriesEnded{owner: v, figures: figures, err: err}
	}
	var wait tea.Cmd
	wait = func() tea.Msg {
		select {
		case f := <-newest:
			return seriesMoved{owner: v, figures: f, wait: wait}
		case <-ctx.Done():
			return nil
		}
	}
	return v, tea.Batch(run, wait)
}

// took takes what has become of the series.
func (v *series) took(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case seriesMoved:
		if msg.owner == v && !v.over {
			v.figures = msg.figures
			return msg.wait
		}
	case seriesEnded:
		if msg.owner != v {
			return nil
		}
		v.figures, v.over = msg.figures, true
		if !errors.Is(msg.err, context.Canceled) {
			v.err = msg.err
		}
	}
	return nil
}

// key takes a key; closed is true once the operator has seen enough, again if the
// form is to come back.
func (v *series) key(key string) (closed, again bool) {
	switch key {
	case "esc", "q":
		if v.over {
			return true, false
		}
		if v.stopped {
			v.leave()
		}
		v.stopped = true
		v.enough()
	case "enter":
		return v.over, false
	case "e":
		return false, v.over
	case "down", "j":
		v.top++
	case "up", "k":
		v.top = max(0, v.top-1)
	}
	return false, false
}

func (v *series) hints() []ui.Hint {
	switch {
	case !v.over && v.stopped:
		return []ui.Hint{{Key: "esc", Label: "wait no longer"}}
	case !v.over:
		return []ui.Hint{{Key: "esc", Label: "stop"}}
	}
	return []ui.Hint{{Key: "enter", Label: "close"}, {Key: "e", Label: "change, call again"}, {Key: "esc", Label: "close"}}
}

// view shows the figures as they stand.
func (v *series) view(theme *ui.Theme, width, height int) []string {
	lines := append(v.head(theme, width), "")
	for _, line := range chart.Rows(bars(v.figures), theme.Glyph('█'), max(width-2, 1)) {
		lines = append(lines, "  "+theme.Accent.Render(line))
	}
	v.top = min(v.top, max(0, len(lines)-height))
	return sized(lines[v.top:], width, height)
}

// head is what is said above the histogram.
func (v *series) head(theme *ui.Theme, width int) []string {
	var lines []string
	add := func(tone ui.Tone, text string) {
		for _, line := range ui.WrapWords(ui.Clean(text), max(width-4, 1)) {
			lines = append(lines, "  "+theme.Tone(tone).Render(line))
		}
	}
	f := v.figures
	elapsed := f.Elapsed
	if !v.over {
		elapsed = v.clock().Sub(v.began)
		add(ui.ToneText, fmt.Sprintf("%s of %s, %d at once", ui.Grouped(int64(f.Ended)), ui.Counted(f.Asked, "call"), v.atOnce))
		add(ui.ToneAccent, progress(theme, f, min(width-4, 50)))
		if v.stopped {
			add(ui.ToneWarn, fmt.Sprintf("stopped: no further calls, %s still running", ui.Grouped(int64(f.Made-f.Ended))))
		}
	} else {
		said, tone := "", ui.ToneOK
		if f.Ended < f.Asked {
			said, tone = fmt.Sprintf(" of %s", ui.Grouped(int64(f.Asked))), ui.ToneWarn
			if running := f.Made - f.Ended; running > 0 {
				said += fmt.Sprintf("; %s more may still run", ui.Grouped(int64(running)))
			}
		}
		add(tone, fmt.Sprintf("%s ended%s, %d at once", ui.Counted(f.Ended, "call"), said, v.atOnce))
	}
	if v.err != nil {
		x := client.Explain(v.err)
		add(ui.ToneBad, strings.TrimSuffix(x.Sentence+"; "+x.Hint, "; "))
	}
	if f.Failed > 0 {
		add(ui.ToneBad, fmt.Sprintf("%s failed, first call %s: %s", ui.Grouped(int64(f.Failed)), f.FailedCall, f.FirstFailure.Message))
	}
	add(ui.ToneText, fmt.Sprintf("%s, %s a second", ui.Duration(elapsed), ui.Rate(f.PerSecond)))
	if len(f.Histogram) > 0 {
		add(ui.ToneText, fmt.Sprintf("min %s  p50 %s  p95 %s  p99 %s  max %s", ui.Duration(f.Min), ui.Duration(f.P50), ui.Duration(f.P95), ui.Duration(f.P99), ui.Duration(f.Max)))
	}
	return lines
}

// progress is a bar of how many calls have ended.
func progress(theme *ui.Theme, f action.Figures, width int) string {
	width = max(width, 1)
	n := f.Ended * width / max(f.Asked, 1)
	return strings.Repeat(theme.Glyph('█'), n) + strings.Repeat(theme.Glyph('░'), width-n)
}

// bars are the rows of the histogram.
func bars(f action.Figures) []chart.Row {
	rows := make([]chart.Row, len(f.Histogram))
	for i, bin := range f.Histogram {
		rows[i] = chart.Row{Label: "to " + bin.UpTo.String(), Count: bin.Calls}
	}
	return rows
}

// countField is a field for a number of calls from 1 to most.
func countField(label, help string, most int) *form.Text {
	field := form.NewText(form.FieldSpec{Label: label, Help: help, Value: "1", Check: func(value string) form.Report {
		if n, err := strconv.Atoi(strings.TrimSpace(value)); err != nil || n < 1 || n > most {
			return form.Report{Error: fmt.Sprintf("a number from 1 to %s is expected", ui.Grouped(int64(most)))}
		}
		return form.Report{}
	}})
	field.Selected = true
	return field
}

// countOf is the number in a field that has passed its check.
func countOf(field *form.Text) int {
	n, err := strconv.Atoi(strings.TrimSpace(field.Value()))
	if err != nil {
		return 1 // A hidden field is not checked.
	}
	return n
}
