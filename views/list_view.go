package views

import (
	"errors"
	"fmt"
	"time"

	"fndeck/client"
	"fndeck/ui"
)

const (
	// loadingAfter is how long nothing is said of a list that is being read.
	loadingAfter = 200 * time.Millisecond
	// agesEvery is how often ages at rest are looked at, agesRarely where none in view
	// changes for so long: each look wakes the processor.
	agesEvery  = 10 * time.Second
	agesRarely = time.Minute
)

// View implements Screen.
func (l *listScreen[T]) View(theme *ui.Theme, width, height int) []string {
	l.now = l.moment()
	l.table.EndFlash(l.now.Now)
	sentence, tone := l.instead()
	if sentence == "" {
		return l.withBanner(l.table.View(theme, width, height-l.bannerLines(height)), width, height)
	}
	lines := []string{""}
	for _, part := range ui.WrapWords(sentence, max(1, width-4)) {
		lines = append(lines, "  "+theme.Tone(tone).Render(part))
	}
	return fill(lines, height)
}

// bannerFrom is the height of a body that has a line for the banner.
const bannerFrom = 12

// bannerStep is how many rows a list scrolls until the banner is another: a line that
// changes with each key would cost as much as the rows.
const bannerStep = 20

// bannerLines is how many lines the banner has.
func (l *listScreen[T]) bannerLines(height int) int {
	if l.spec.banner == nil || height < bannerFrom {
		return 0
	}
	return 1
}

// withBanner puts the banner over the drawn table, which knows what is visible.
func (l *listScreen[T]) withBanner(table []string, width, height int) []string {
	l.bannered = l.bannerLines(height)
	if l.bannered == 0 {
		return table
	}
	var around []T
	for _, row := range l.table.Around(bannerStep) {
		around = append(around, l.shown(row))
	}
	return append([]string{l.spec.banner(around, l.now, width)}, table...)
}

// instead is what is shown when there are no rows to show, "" if there are.
func (l *listScreen[T]) instead() (string, ui.Tone) {
	shown, all := l.table.Counts()
	waited := l.now.Now.Sub(l.opened)
	switch last := l.data.Last; {
	case l.spec.missing != "":
		return ui.Clean(l.spec.missing), ui.ToneText
	case !last.Loaded && last.Err != nil:
		return l.refused(last.Err), ui.ToneBad
	case !last.Loaded && l.data.Brake.Stopped():
		return l.stopped() + ".  " + l.keys.Key("app.refresh") + " loads them", ui.ToneText
	case !last.Loaded && waited < loadingAfter:
		return " ", ui.ToneDim
	case !last.Loaded:
		return fmt.Sprintf("loading %s… %s   %s stops%s", l.spec.noun, ui.Elapsed(waited), l.keys.Key("app.back"), l.awaited(waited)), ui.ToneDim
	case l.table.Rows() == nil:
		return "sorting " + l.spec.noun, ui.ToneDim
	case all == 0:
		return l.spec.empty, ui.ToneText
	case shown == 0 && l.onlyFailing():
		return fmt.Sprintf("None of %s %s failing.  %s shows all", ui.Grouped(int64(all)), l.spec.noun, l.keys.Key("list.failing")), ui.ToneText
	case shown == 0:
		return fmt.Sprintf("0 of %s match %s.  %s clears", ui.Grouped(int64(all)), ui.Clean(l.table.Filtered()), l.keys.Key("app.back")), ui.ToneText
	}
	return "", ui.ToneText
}

// stopped says that the operator has ended the first load.
func (l *listScreen[T]) stopped() string { return "stopped loading " + l.spec.noun }

// refused is why nothing could be read at all, with the way out if one is known.
func (l *listScreen[T]) refused(err error) string {
	x := client.Explain(err)
	sentence := ui.Clean(x.Sentence)
	if x.Hint != "" {
		sentence += ".  " + ui.Clean(x.Hint)
	}
	var e *client.Error
	if errors.As(err, &e) && (e.Code == client.CodeUnauthenticated || e.Code == client.CodeForbidden) {
		if c := l.signInHere(); e.Code == client.CodeUnauthenticated && c.reason == "" {
			sentence = ui.Clean(x.Sentence) + ".  " + l.keys.Key(c.id) + " signs in to " + ui.Clean(l.backend.Describe().Name)
		}
		return sentence
	}
	return sentence + ".  " + l.keys.Key("app.refresh") + " tries again now"
}

// Status implements Screen.
func (l *listScreen[T]) Status() status {
	if l.spec.missing != "" {
		return status{fixed: true}
	}
	shown, all := l.table.Counts()
	st := status{position: l.table.Position(), filter: ui.Clean(l.table.Filtered())}
	if l.onlyFailing() {
		st.filter, st.named = "failing only", true
	}
	if l.data.Last.Loaded {
		st.count = ui.Grouped(int64(all))
		if l.data.Last.More || l.spec.more != nil && l.spec.more.Load() {
			st.count += "+"
		}
		if shown != all {
			st.count = ui.Grouped(int64(shown)) + " of " + st.count
		}
	}
	switch n := l.table.MarkCount(); {
	case l.table.Ranging():
		st.position = ui.Grouped(int64(n)) + " marked, moving marks  " + st.position
	case n > 0:
		st.position = ui.Grouped(int64(n)) + " marked  " + st.position
	}
	if n := l.table.LeftOut(); l.table.Wide && n > 0 {
		st.position = fmt.Sprintf("wide, no room for %s  %s", ui.Counted(n, "column"), st.position)
	}
	if l.table.Busy() {
		st.position = "sorting  " + st.position
	}
	if l.table.Gone() {
		st.position = "gone  " + st.position
	}
	st.silent, st.at = l.data.Silent(l.clock()), l.data.Last.At
	if item, ok := l.item(); ok && l.spec.waits != nil {
		st.waits = l.spec.waits(item, l.moment())
	}
	if last := l.data.Last; last.Err != nil {
		st.err, st.retryAt = last.Err, last.RetryAt
	}
	return st
}

// Pulse implements Screen: a second while a visible row runs, and slower for ages at
// rest. It looks at all rows in view.
func (l *listScreen[T]) Pulse() time.Duration {
	now := l.clock()
	switch last := l.data.Last; {
	case l.spec.missing != "" || l.data.Brake.Stopped():
		return 0
	case !last.Loaded && last.Err == nil && now.Sub(l.opened) < loadingAfter:
		return loadingAfter
	case !last.Loaded || last.Err != nil || !l.data.Silent(now).IsZero():
		return time.Second
	case l.table.FlashUntil().After(now): // one that is over goes with the next drawing, not before
		return l.table.FlashUntil().Sub(now)
	}
	running := false
	l.table.Visible(func(row int) bool {
		running = l.spec.running != nil && l.spec.running(l.shown(row))
		return !running
	})
	late := l.data.Pulse(now)
	switch {
	case running:
		return time.Second
	case l.spec.ages && l.data.Last.Value.Len() > 0:
		return sooner(late, l.agesIn())
	}
	return late
}

// agesIn is how soon ages are to be looked at.
func (l *listScreen[T]) agesIn() time.Duration {
	rows, ok := l.table.Rows().(*listRows[T])
	if !ok {
		return agesEvery
	}
	later, at := *rows, *rows.at
	at.Now = at.Now.Add(agesRarely)
	if later.at = &at; l.table.LooksSame(&later) {
		return agesRarely
	}
	return agesEvery
}

// fill brings lines to a height.
func fill(lines []string, height int) []string {
	for len(lines) < height {
		lines = append(lines, "")
	}
	return lines[:max(0, height)]
}
