package views

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/views/cells"
)

// View implements Screen.
func (p *pageScreen[T]) View(theme *ui.Theme, width, height int) []string {
	lines := []string{p.tabBar(theme, width)}
	if p.spec.summary != nil {
		lines = append(lines, p.summary(theme, width))
	}
	lines = append(lines, "")
	var body []string
	room := max(0, height-len(lines))
	if json := p.json(); json != nil {
		body = json.View(theme, width-2, room)
	} else if view := p.text(); view != nil {
		body = view.View(theme, width-2, room, p.clock())
	} else {
		return fill(append(lines, p.waiting(theme, width)...), height)
	}
	for _, line := range body {
		lines = append(lines, " "+line)
	}
	return fill(lines, height)
}

// waiting is what is shown before the first value.
func (p *pageScreen[T]) waiting(theme *ui.Theme, width int) []string {
	waited := p.clock().Sub(p.opened)
	text, tone := fmt.Sprintf("loading… %s   %s stops%s", ui.Elapsed(waited), p.keys.Key("app.back"), p.awaited(waited)), ui.ToneDim
	if p.data.Brake.Stopped() {
		text, tone = "stopped loading.  "+p.keys.Key("app.refresh")+" loads it", ui.ToneText
	} else if err := p.data.Last.Err; err != nil {
		text, tone = ui.Clean(client.Explain(err).Sentence)+".  "+p.keys.Key("app.refresh")+" tries again now", ui.ToneBad
	} else if waited < loadingAfter {
		text = ""
	}
	lines := []string{""}
	for _, part := range ui.WrapWords(text, max(1, width-4)) {
		lines = append(lines, "  "+theme.Tone(tone).Render(part))
	}
	return lines
}

// summary is the line under the tabs that says what the page is about.
func (p *pageScreen[T]) summary(theme *ui.Theme, width int) string {
	value, ok := p.value()
	if !ok || p.spec.summary == nil {
		return ""
	}
	var b strings.Builder
	if p.gone {
		b.WriteString("  " + theme.Warn.Render("deleted") + "  " + theme.Dim.Render("as it was at "+cells.Clock(p.data.Last.At, p.moment())+":"))
	}
	for _, cell := range p.spec.summary(value, p.moment()) {
		if cell.Text != "" {
			b.WriteString("  " + theme.Tone(cell.Tone).Render(cell.Text))
		}
	}
	return ui.Truncate(b.String(), width)
}

// tabBar is the names of the tabs. Where they are wider than the screen it begins
// with one that leaves room for the tab that is shown.
func (p *pageScreen[T]) tabBar(theme *ui.Theme, width int) string {
	p.firstTab = p.tab
	for room := width - p.tabWidth(p.tab); p.firstTab > 0; p.firstTab-- {
		if room -= p.tabWidth(p.firstTab - 1); room < 0 {
			break
		}
	}
	var b strings.Builder
	for i, name := range p.spec.tabs[p.firstTab:] {
		b.WriteString("  ")
		if i+p.firstTab == p.tab {
			b.WriteString(theme.Selection.Render(" " + name + " "))
		} else {
			b.WriteString(theme.Dim.Render(" " + name + " "))
		}
	}
	bar := strings.TrimPrefix(b.String(), " ")
	if p.firstTab > 0 {
		bar = theme.Glyph('…') + strings.TrimPrefix(bar, " ")
	}
	return ui.Truncate(bar, width)
}

// tabWidth is what a tab takes, with the space before it.
func (p *pageScreen[T]) tabWidth(tab int) int { return ui.Width(p.spec.tabs[tab]) + 4 }

// Click implements pointed: it chooses a tab.
func (p *pageScreen[T]) Click(x, y int) tea.Cmd {
	at := 1
	for i := p.firstTab; i < len(p.spec.tabs); i++ {
		width := p.tabWidth(i) - 2
		if y == 0 && x >= at && x < at+width {
			return p.Tab(i - p.tab)
		}
		at += width + 2
	}
	return nil
}

// Wheel implements pointed.
func (p *pageScreen[T]) Wheel(by int) tea.Cmd {
	if json := p.json(); json != nil {
		json.Move(by)
	} else if view := p.text(); view != nil {
		view.Move(by)
	}
	return nil
}

// Status implements Screen.
func (p *pageScreen[T]) Status() status {
	st := status{filter: ui.Clean(p.Searched())}
	if json := p.json(); json != nil {
		st.position = json.Status()
	} else if view := p.text(); view != nil {
		st.position = view.Status(p.theme)
	}
	if log := p.log(); log != nil {
		st.count, st.paused = log.about(p.clock()), log.view.Held(p.theme)
	}
	st.silent, st.at = p.data.Silent(p.clock()), p.data.Last.At
	last := p.data.Last
	if p.gone {
		return st
	}
	if last.Err != nil {
		st.err, st.retryAt = last.Err, last.RetryAt
	}
	return st
}

// Pulse implements Screen.
func (p *pageScreen[T]) Pulse() time.Duration {
	now, last := p.clock(), p.data.Last
	switch waits := !last.Loaded || last.Err != nil || !p.data.Silent(now).IsZero(); {
	case p.gone:
		return 0
	case p.running():
		return time.Second
	case waits && now.Sub(p.opened) < loadingAfter:
		return loadingAfter
	case waits:
		return time.Second
	}
	return p.data.Pulse(now)
}
