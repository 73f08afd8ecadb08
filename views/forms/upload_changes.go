package forms

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/drift"
	"fndeck/client/pack"
	"fndeck/ui"
	"fndeck/views/cells"
)

// changedLines bounds the lines of the difference that a preview shows.
const changedLines = 500

// compared answers the upload that asked how its code differs from the version
// that serves.
type compared struct {
	owner      *uploadForm
	generation int
	version    int
	drift      drift.Drift
	patch      string
	err        error
}

// compare compares what was packed with what serves; nil for a new function, and
// where the backend does not give code back.
func (u *uploadForm) compare(code client.Package) tea.Cmd {
	fn := u.target()
	if fn == nil || fn.Version == 0 {
		return nil
	}
	if _, err := client.As[client.CodeReader](u.d.Backend, client.CanReadCode); err != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(u.d.Ctx)
	u.scan.cancel = cancel
	answer := compared{owner: u, generation: u.scan.generation, version: fn.Version}
	backend, f := u.d.Backend, *fn
	each := func(visit pack.Visit) error {
		return pack.EachIn(ctx, bytes.NewReader(code.Zip), int64(len(code.Zip)), pack.Limits{}, visit)
	}
	return func() tea.Msg {
		defer cancel()
		answer.drift, answer.patch, answer.err = action.DifferencesOf(ctx, backend, f, f.Version, each)
		return answer
	}
}

// tookComparison shows what differs in the preview.
func (u *uploadForm) tookComparison(msg compared) {
	if msg.owner != u || msg.generation != u.scan.generation {
		return
	}
	rows := []previewRow{{text: fmt.Sprintf("Since v%d", msg.version), title: true}}
	switch {
	case msg.err != nil:
		rows = append(rows, previewRow{text: "not known: " + client.Explain(msg.err).Sentence, tone: ui.ToneWarn})
	case msg.drift.Count() == 0:
		rows = append(rows, previewRow{text: "no file differs"})
	default:
		u.scan.since = fmt.Sprintf("; since v%d %s", msg.version, msg.drift.Summary())
	}
	for _, change := range msg.drift.Changes() {
		rows = append(rows, previewRow{label: change.Word(), text: change.Path, tone: ui.ToneInfo})
	}
	lines := strings.Split(strings.TrimSuffix(msg.patch, "\n"), "\n")
	for i, line := range lines {
		if i == changedLines {
			rows = append(rows, previewRow{text: "and " + ui.Counted(len(lines)-i, "more line"), tone: ui.ToneDim})
			break
		}
		if msg.patch != "" {
			rows = append(rows, previewRow{text: line, tone: cells.PatchTone(line)})
		}
	}
	u.preview.insert(rows)
}

// insert puts rows where changes belong. Who has moved below that stays on the row
// that he is on.
func (l *previewList) insert(rows []previewRow) {
	l.rows = slices.Insert(l.rows, l.changesAt, rows...)
	if l.at >= l.changesAt {
		l.at += len(rows)
	}
}
