// Package deploying watches which functions deploy, and tells how their deploys end,
// wherever in the console the operator is.
package deploying

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/rows"
	"fndeck/ui"
)

// Seen is a snapshot of the functions: which of them deploy, by id, and those whose
// deploy has ended.
type Seen struct {
	Snapshot  client.Snapshot[rows.List[client.Function]]
	Deploying map[string]client.Function
	Ended     []Ended
	// Cut are the names of those whose newest deploy was cut.
	Cut []string
}

// Ended is a function whose deploy has ended, as it was and as it is.
type Ended struct {
	Was, Is client.Function
	// phase is where the deploy failed, "" if it did not or that is not told.
	phase string
}

// Next waits for a snapshot newer than the generation after. It looks through the
// functions outside the update loop: there may be very many. before are those that
// deployed in the last one.
func Next(ctx context.Context, backend client.Backend, feed *client.Feed[rows.List[client.Function]], after uint64, before map[string]client.Function) tea.Cmd {
	return func() tea.Msg {
		snapshot, ok := feed.Next(ctx, after)
		if !ok {
			return nil
		}
		seen := Seen{Snapshot: snapshot, Deploying: map[string]client.Function{}}
		for reader, row := snapshot.Value.Reader(), 0; row < snapshot.Value.Len(); row++ {
			f := reader.At(row)
			if f.Interrupted {
				seen.Cut = append(seen.Cut, f.Name)
			}
			if f.Deploying() {
				seen.Deploying[f.ID] = *f
				continue
			}
			if len(before) == 0 {
				continue
			}
			if was, ok := before[f.ID]; ok {
				end := Ended{Was: was, Is: *f}
				if f.Error != nil {
					end.phase = action.FailedPhase(ctx, backend, *f)
				}
				seen.Ended = append(seen.Ended, end)
			}
		}
		return seen
	}
}

// Any reports whether a function deploys.
func Any(functions rows.List[client.Function]) bool {
	for _, f := range functions.All() {
		if f.Deploying() {
			return true
		}
	}
	return false
}

// Text is how the deploy ended: what failed, and then what still serves, which is the
// part that a narrow screen has to keep.
func (e Ended) Text(now time.Time, logsKey string) (text, keep string, tone ui.Tone) {
	name := ui.Clean(e.Is.Name)
	if e.Is.Error == nil && e.Is.Status == client.FunctionReady {
		text = name + " is Ready"
		if e.Is.Version > 0 {
			text = fmt.Sprintf("%s v%d is Ready", name, e.Is.Version)
		}
		if !e.Was.DeployStarted.IsZero() {
			text += " after " + ui.Duration(now.Sub(e.Was.DeployStarted))
		}
		return text, "", ui.ToneOK
	}
	if e.Is.Interrupted {
		return name + ": " + ui.Clean(e.Is.Error.Message), "", ui.ToneBad
	}
	text = name + ": the deploy failed"
	if e.phase != "" {
		text += " at " + ui.Clean(e.phase)
	}
	if e.Is.Error != nil && e.Is.Error.Message != "" {
		text += ": " + ui.Clean(e.Is.Error.Message)
	}
	keep = "."
	if e.Is.Version > 0 {
		keep += fmt.Sprintf(" v%d still serves.", e.Is.Version)
	}
	return text, keep + " " + logsKey + " shows the build", ui.ToneBad
}
