package views

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func TestAPageOfWhatWasDeletedElsewhereSaysSoAndAsksNoMore(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		d.press("d")
		d.see("ingest-pi", "/src/ingest-pi")
		kept := backend.functions
		backend.change(func() { backend.functions = backend.functions[1:] })
		d.press("ctrl+r")
		d.see("deleted  as it was at", "/src/ingest-pi")
		d.miss("stale", "retry", "! 1")
		d.wait(2 * time.Minute)
		d.miss("stale", "retry", "! 1", "no answer")
		d.press("ctrl+d")
		d.see("ingest-pi is deleted already")

		backend.change(func() { backend.functions = kept })
		d.press("ctrl+r")
		d.miss("deleted  as")
	})
	drive(t, backend, func(d *driver) {
		d.press("4", "d")
		backend.change(func() { backend.schedules = backend.schedules[1:] })
		d.press("ctrl+r")
		d.see("deleted  as it was at", "0 * * * *")
		d.miss("stale")
		d.press("1", "2", "enter")
		backend.change(func() { backend.calls = backend.calls[1:] })
		d.press("ctrl+r")
		d.see("deleted  as it was at")
		d.press("1", "-")
		d.see("deleted  as it was at")
		d.miss("stale")
	})
}

func TestALogThatIsBeingReadStaysWhenItsCallEnds(t *testing.T) {
	for _, keys := range [][]string{{}, {"k"}, {"s"}, {"w"}} {
		backend := sampleBackend(bubbleStart)
		drive(t, backend, func(d *driver) {
			d.press("2", "enter")
			d.see("fetched page 200")
			d.press(keys...)
			backend.change(func() { backend.calls[0].Status = client.CallCompleted })
			d.press("ctrl+r")
			d.see("Completed")
			page, ok := d.root.root.screen().(*pageScreen[calledOnce])
			require.True(t, ok)
			if len(keys) == 0 {
				assert.Equal(t, tabResult, page.tab, "an untouched page shows what came back")
				return
			}
			assert.Equal(t, tabLog, page.tab, "%v was pressed in the log", keys)
			d.see("fetched page")
		})
	}
}

func TestThePageOfErrorsSaysWhatItHolds(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("!")
		d.see("No error in this console since 01:00.  Failed calls: 2, then x")
	})
}
