package views

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"fndeck/client"
)

// longLog is a backend whose newest call has printed many lines.
func longLog(n int) *fakeBackend {
	backend := sampleBackend(bubbleStart)
	backend.lines = nil
	for i := range n {
		backend.lines = append(backend.lines, client.LogLine{
			Position: int64(i + 1), Time: bubbleStart, Text: fmt.Sprintf("event %d.", i+1), CallID: "c-900", FunctionID: "f1",
		})
	}
	return backend
}

// counted makes a backend count the lines that it hands over by following.
func counted(backend *fakeBackend, handed *int) {
	backend.follow = func(ctx context.Context, query client.LogQuery, emit func([]client.LogLine) error) error {
		lines, err := backend.Logs(ctx, query)
		for len(lines) > 0 && err == nil {
			n := min(len(lines), 1000)
			*handed += n
			err = emit(lines[:n])
			lines = lines[n:]
		}
		return err
	}
}

func TestALongLogShowsItsEndWithoutReadingItAll(t *testing.T) {
	backend, handed := longLog(50_000), 0
	counted(backend, &handed)
	drive(t, backend, func(d *driver) {
		d.press("2", "l")
		d.see("event 50000.", "last 100 lines, ended")
		assert.Zero(t, handed, "what came before the end stays where it is")
		d.press("pgup")
		d.see("event 49970.")
		assert.Zero(t, handed)

		d.press("g")
		d.see("event 1.\n", "paused")
		d.miss("loading older lines")
		d.press("G")
		d.see("event 50000.", "50 000 lines, ended")
		d.miss("last")
		assert.Equal(t, 50_000, handed)
	})
}

func TestScrollingPastTheFirstLineThatIsLoadedBringsOlderOnes(t *testing.T) {
	drive(t, longLog(5000), func(d *driver) {
		d.press("2", "l")
		for range 3 {
			d.press("pgup")
		}
		d.see("event 4901.\n", "event 4920.\n") // As far as was loaded.
		d.press("k")
		d.see("event 4900.\n")
		d.miss("event 4950")
		for range 30 {
			d.press("pgup")
		}
		d.see("event 4120.\n")
	})
}

func TestTheLogOfACallsPageGoesToItsFirstLineToo(t *testing.T) {
	drive(t, longLog(5000), func(d *driver) {
		d.press("2", "enter")
		d.see("event 5000.", "last 100 lines")
		d.press("g")
		d.see("event 1.\n")
	})
}

func TestASearchInALogLooksAtAllOfIt(t *testing.T) {
	drive(t, longLog(5000), func(d *driver) {
		d.press("2", "l", "/")
		d.typed(`"event 12."`)
		d.press("enter")
		d.see("1 match")
		d.press("N")
		d.see("event 12.\n")
	})
}

func TestEscStopsTheLoadingOfOlderLines(t *testing.T) {
	backend := longLog(5000)
	var queries []client.LogQuery
	backend.follow = func(ctx context.Context, query client.LogQuery, emit func([]client.LogLine) error) error {
		queries = append(queries, query)
		if query.After == 0 {
			if err := emit(backend.lines[:10]); err != nil {
				return err
			}
		}
		<-ctx.Done()
		return ctx.Err()
	}
	drive(t, backend, func(d *driver) {
		d.press("2", "l", "/")
		d.typed("event 12.")
		d.press("enter")
		d.see("loading older lines", "event 5000.")
		d.press("esc") // Clears the search.
		d.see("loading older lines")
		d.press("esc")
		d.see("stopped loading older lines", "event 5000.", "calls > logs call c-900")
		assert.Equal(t, int64(5000), queries[len(queries)-1].After, "it follows on after what it has")
		d.press("esc")
		d.see("calls (30)")
	})
}

// readOnce is a backend that reads logs but cannot follow them.
func readOnce(lines int, positions bool) *fakeBackend {
	backend := longLog(lines)
	backend.description.Missing = map[client.Capability]string{client.CanFollowLogs: "Logs here do not come by themselves"}
	backend.follow = func(context.Context, client.LogQuery, func([]client.LogLine) error) error {
		panic("what is missing was used")
	}
	for i := range backend.lines {
		if !positions {
			backend.lines[i].Position = 0
		}
	}
	return backend
}

func TestALogThatCannotBeFollowedIsShownAsItIs(t *testing.T) {
	backend := readOnce(20, true)
	drive(t, backend, func(d *driver) {
		d.press("2", "l")
		d.see("event 1.", "event 20.", "20 lines, not followed")
		backend.change(func() {
			backend.lines = append(backend.lines, client.LogLine{Position: 21, Text: "event 21.", CallID: "c-900"})
		})
		d.press("ctrl+r")
		d.see("event 21.", "21 lines, not followed")
	})
}

func TestLinesWithoutAPositionAreNotDoubledByReadingAgain(t *testing.T) {
	backend := readOnce(20, false)
	drive(t, backend, func(d *driver) {
		d.press("2", "l")
		d.see("event 1.", "event 20.", "20 lines, not followed")
		d.press("ctrl+r", "esc", "l", "ctrl+r")
		d.see("event 1.", "event 20.", "20 lines, not followed")
	})
}

// printing emits so many lines, numbered from 1, at once each millisecond of a
// second, one second after it began.
func printing(lines int) *fakeBackend {
	backend := sampleBackend(bubbleStart)
	backend.lines = nil
	backend.follow = func(ctx context.Context, _ client.LogQuery, emit func([]client.LogLine) error) error {
		<-time.After(time.Second)
		for n := 0; n < 1000*lines; n += lines {
			var batch []client.LogLine
			for i := n + 1; i <= n+lines; i++ {
				batch = append(batch, client.LogLine{Position: int64(i), Time: bubbleStart, Text: fmt.Sprintf("event %d.", i), FunctionID: "f1"})
			}
			if err := emit(batch); err != nil {
				return err
			}
			<-time.After(time.Millisecond)
		}
		<-ctx.Done()
		return ctx.Err()
	}
	return backend
}

func TestABurstOfLinesIsTakenAtOnceAndThenAFewTimesASecond(t *testing.T) {
	for name, c := range map[string]struct {
		lines, height int
		gap           time.Duration
	}{"some rows stay": {1, 60, betweenTakes}, "all rows are new": {50, 24, betweenTurns}} {
		t.Run(name, func(t *testing.T) {
			perform(t, printing(c.lines), 80, c.height, Options{}, func(s *stage) {
				s.press("3")
				pictures := map[string]bool{}
				for range 2000 {
					<-time.After(time.Millisecond)
					synctest.Wait()
					pictures[s.screen.text()] = true
					if len(pictures) == 2 {
						assert.Contains(t, s.screen.text(), fmt.Sprintf("event %d.\n", c.lines), "the first line does not wait")
					}
				}
				assert.InDelta(t, time.Second/c.gap, len(pictures), 4)
				s.rest()
				assert.Contains(t, s.screen.text(), fmt.Sprintf("event %d.\n", 1000*c.lines))
			})
		})
	}
}
