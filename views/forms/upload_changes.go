package forms

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/drift"
	"fndeck/client/pack"
	"fndeck/ui"
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
	reader, err := client.As[client.CodeReader](u.d.Backend, client.CanReadCode)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(u.d.Ctx)
	u.scan.cancel = cancel
	answer := compared{owner: u, generation: u.scan.generation, version: fn.Version}
	backend, id := u.d.Backend, fn.ID
	return func() tea.Msg {
		defer cancel()
		answer.drift, answer.patch, answer.err = differences(ctx, backend, reader, id, answer.version, code.Zip)
		return answer
	}
}

func differences(ctx context.Context, backend client.Backend, reader client.CodeReader, id string, version int, zip []byte) (drift.Drift, string, error) {
	deployed, err := drift.Deployed(ctx, backend, id, version)
	if err != nil {
		return drift.Drift{}, "", err
	}
	here, err := drift.InZip(ctx, bytes.NewReader(zip), int64(len(zip)))
	if err != nil {
		return drift.Drift{}, "", err
	}
	d := drift.Compare(deployed, here)
	if d.Count() == 0 {
		return d, "", nil
	}
	old, err := reader.Code(ctx, id, version)
	if err != nil {
		return d, "", err
	}
	patch, err := drift.Patch(ctx, d, old, func(visit pack.Visit) error {
		return pack.EachIn(ctx, bytes.NewReader(zip), int64(len(zip)), pack.Limits{}, visit)
	})
	return d, patch, err
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
		rows = append(rows, previewRow{label: changeWords[change.Letter], text: change.Path, tone: ui.ToneInfo})
	}
	lines := strings.Split(strings.TrimSuffix(msg.patch, "\n"), "\n")
	for i, line := range lines {
		if i == changedLines {
			rows = append(rows, previewRow{text: "and " + ui.Counted(len(lines)-i, "more line"), tone: ui.ToneDim})
			break
		}
		if msg.patch != "" {
			rows = append(rows, previewRow{text: line, tone: patchTone(line)})
		}
	}
	u.preview.insert(rows)
}

var changeWords = map[byte]string{'A': "added", 'M': "changed", 'D': "gone"}

// patchTone tells what came from what went; the line says it too.
func patchTone(line string) ui.Tone {
	switch {
	case strings.HasPrefix(line, "+"):
		return ui.ToneOK
	case strings.HasPrefix(line, "-"):
		return ui.ToneBad
	}
	return ui.ToneDim
}

// insert puts rows where changes belong. Who has moved below that stays on the row
// that he is on.
func (l *previewList) insert(rows []previewRow) {
	l.rows = slices.Insert(l.rows, l.changesAt, rows...)
	if l.at >= l.changesAt {
		l.at += len(rows)
	}
}
