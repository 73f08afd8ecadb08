package views

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fndeck/client"
	"fndeck/client/rows"
	"fndeck/views/feeds"
)

// lateBackend answers nothing before a while has passed: a project behind a bad line.
type lateBackend struct {
	*fakeBackend
	takes time.Duration
}

func (b *lateBackend) wait(ctx context.Context) error {
	select {
	case <-time.After(b.takes):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *lateBackend) Functions(ctx context.Context) ([]client.Function, error) {
	if err := b.wait(ctx); err != nil {
		return nil, err
	}
	return b.fakeBackend.Functions(ctx)
}

func (b *lateBackend) Calls(ctx context.Context, q client.CallQuery) (client.CallPage, error) {
	if err := b.wait(ctx); err != nil {
		return client.CallPage{}, err
	}
	return b.fakeBackend.Calls(ctx, q)
}

func (b *lateBackend) Schedules(ctx context.Context, functionID string) ([]client.Schedule, error) {
	if err := b.wait(ctx); err != nil {
		return nil, err
	}
	return b.fakeBackend.Schedules(ctx, functionID)
}

// far is the sample behind a line on which every list takes so long.
func late(takes time.Duration) *lateBackend {
	backend := sampleBackend(bubbleStart)
	backend.description.Missing = map[client.Capability]string{client.CanPush: "polled"}
	return &lateBackend{backend, takes}
}

// No time passes while keys are pressed: what they do is there at once, or never.
func TestTheConsoleGoesWhereItIsToldWhileListsTakeHalfAMinute(t *testing.T) {
	backend := late(30 * time.Second)
	driveAny(t, func() client.Backend { return backend }, func(d *driver) {
		begun := time.Now()
		for key, title := range map[string]string{"2": "calls", "3": "logs", "4": "schedules", "1": "functions"} {
			d.press(key)
			d.see("\n " + title)
		}
		d.press("1")
		d.miss("ingest-pi")
		d.press("?")
		d.see("help")
		d.press("esc")
		assert.Zero(t, time.Since(begun))
		d.wait(31 * time.Second)
		d.see("ingest-pi")
		// What was read stays while it is read again, with its age.
		d.wait(feeds.PollEvery)
		begun = time.Now()
		d.press("j", "j", "k", "enter")
		assert.Zero(t, time.Since(begun))
		d.press("esc") // ends the reading of the list that was opened
		d.see("stopped loading calls")
		d.press("esc")
		d.see("ingest-pi")
		assert.Zero(t, time.Since(begun))
		d.press("ctrl+r")
		d.wait(8 * time.Second)
		d.see("ingest-pi", "stale", "no answer for")
	})
}

// circlingBackend has calls whose pages lead back to the first.
type circlingBackend struct {
	*fakeBackend
	// held is how many calls a page has.
	held int
}

func (b circlingBackend) Calls(ctx context.Context, q client.CallQuery) (client.CallPage, error) {
	q.Cursor, q.Limit = "", b.held
	page, err := b.fakeBackend.Calls(ctx, q)
	page.Calls = page.Calls[:min(b.held, len(page.Calls))]
	page.Next = "0"
	return page, err
}

// begunBackend lists the first functions at once and never the rest.
type begunBackend struct{ *fakeBackend }

func (b begunBackend) FirstFunctions(ctx context.Context) (rows.List[client.Function], bool, error) {
	all, err := b.Functions(ctx)
	return rows.Of(all), true, err
}

func (b begunBackend) FunctionList(ctx context.Context) (rows.List[client.Function], error) {
	<-ctx.Done()
	return rows.List[client.Function]{}, ctx.Err()
}

func TestAHangWhileTheRestOfALongListIsReadIsMarked(t *testing.T) {
	backend := begunBackend{sampleBackend(bubbleStart)}
	driveAny(t, func() client.Backend { return backend }, func(d *driver) {
		d.see("ingest-pi", "+)")
		d.wait(3 * time.Second) // the rest of a long list may take a while
		d.miss("no answer for")
		d.wait(5 * time.Second)
		d.see("ingest-pi", "no answer for")
	})
}

func TestAListWhosePagesLeadInACircleStopsAndSaysSo(t *testing.T) {
	for held, sentence := range map[int]string{3: "the pages of this list have no end: what came before is shown", 0: "the list has no end"} {
		count := map[int]string{3: "calls (3)", 0: "calls"}[held]
		backend := circlingBackend{sampleBackend(bubbleStart), held}
		driveAny(t, func() client.Backend { return backend }, func(d *driver) {
			d.press("2")
			d.see(sentence, count)
			d.miss("+)")
		})
	}
	driveAny(t, func() client.Backend { return circlingBackend{sampleBackend(bubbleStart), 0} }, func(d *driver) {
		d.press("l", "p") // the log of the newest call, and that of the one before
		d.miss("looking for the call before")
	})
}

func TestWhoOpensWhatWasDeletedElsewhereIsToldAndTheRowGoes(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.description.Missing = map[client.Capability]string{client.CanPush: "polled"}
	drive(t, backend, func(d *driver) {
		backend.change(func() { backend.functions = backend.functions[1:] })
		d.press("d") // the list does not know yet
		d.see("ingest-pi is not there any more")
		d.miss("stale", "retry", "! 1", "functions > ")
		d.see("functions (")
		d.wait(10 * time.Second) // the note has gone
		d.miss("ingest-pi")
	})
}

func TestAConflictIsSaidAndNothingIsSentAgain(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	sent := 0
	backend.remove = func(string) error {
		sent++
		return &client.Error{Code: client.CodeConflict, Message: "function f is being redeployed", Hint: "wait until that has ended"}
	}
	drive(t, backend, func(d *driver) {
		d.press("ctrl+d")
		d.wait(time.Second)
		d.typed("ingest-pi")
		d.press("enter")
		d.see("is being redeployed", "ingest-pi")
		d.wait(time.Minute)
		d.press("!", "enter")
		d.see("is being redeployed", "wait until that has ended")
	})
	assert.Equal(t, 1, sent)
}

func TestWhatBecameOfACallIsSaidToBeUnknownAndNoOtherIsStarted(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	sent := 0
	backend.invoke = func(client.CallRequest) (client.Call, error) {
		sent++
		return client.Call{}, &client.Error{Code: client.CodeUnknownOutcome, Message: "no answer after the request was sent: it may have been carried out", Hint: "look before you send it again"}
	}
	drive(t, backend, func(d *driver) {
		d.press("I")
		d.see("it may have been carried out", "look before you send it again")
		d.wait(time.Minute)
	})
	assert.Equal(t, 1, sent)
}
