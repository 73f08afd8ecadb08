//go:build linux

package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/embedded/engine/runner"
	"fndeck/client/embedded/engine/store"
)

const counter = "n = 0\ndef handle(data):\n    global n\n    n += 1\n    print('call', n)\n    return n\n"

func (r *rig) mode(id int64, mode string, workers int) {
	r.Helper()
	_, err := r.SetMode(id, mode, workers)
	require.NoError(r, err)
}

func TestGlobalsPersistInWarmModeOnlyAndFromTheNextCallOn(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(counter)
	answers := func() (all []string) {
		for range 2 {
			_, response := r.call(v.ID, `{}`)
			all = append(all, response)
		}
		return all
	}
	assert.Equal(t, []string{"1", "1"}, answers())
	r.mode(v.ID, ModeWarm, 1)
	assert.Equal(t, []string{"1", "2"}, answers())
	assert.Equal(t, 1, r.Workers(v.ID))
	r.mode(v.ID, ModeIsolated, 0)
	assert.Equal(t, []string{"1", "1"}, answers())
	assert.Zero(t, r.Workers(v.ID))
}

func TestTheModeOutlivesTheEngine(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(counter)
	r.mode(v.ID, ModeWarm, 3)
	require.NoError(t, r.Core.Close())
	r.open()
	view, err := r.View(v.ID)
	require.NoError(t, err)
	assert.Equal(t, 3, view.Workers())
	_, first := r.call(v.ID, `{}`)
	_, second := r.call(v.ID, `{}`)
	assert.Equal(t, []string{"1", "2"}, []string{first, second})
}

func TestAModeThatCannotBeIsRefusedWithWhatCan(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(counter)
	for _, c := range []struct {
		mode    string
		workers int
		message string
	}{
		{"hot", 0, `mode "hot": allowed are isolated and warm`},
		{"cold", 0, `mode "cold": allowed are isolated and warm`},
		{"warm", -1, fmt.Sprintf("workers -1: allowed are 1 to %d, or 0 for the default of %d", MaxWorkers, DefaultWorkers())},
		{"warm", MaxWorkers + 1, "allowed are 1 to"},
		{"isolated", 2, "workers belong to the mode warm"},
	} {
		_, err := r.SetMode(v.ID, c.mode, c.workers)
		assert.ErrorContains(t, err, c.message)
	}
	_, err := r.SetMode(4711, ModeWarm, 0)
	assert.ErrorIs(t, err, client.ErrNotFound)
}

func TestARedeployEndsTheWorkersOfTheOldVersion(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(counter)
	r.mode(v.ID, ModeWarm, 2)
	r.call(v.ID, `{}`)
	_, err := r.Redeploy(r.ctx, v.ID, r.file(map[string]string{"handler.py": "n = 100\n" + counter[len("n = 0\n"):]}), Change{})
	require.NoError(t, err)
	r.settled(v.ID)
	_, response := r.call(v.ID, `{}`)
	assert.Equal(t, "101", response)
	assert.Equal(t, 1, r.Workers(v.ID))
	_, err = r.Rollback(v.ID, 1)
	require.NoError(t, err)
	_, response = r.call(v.ID, `{}`)
	assert.Equal(t, "1", response, "the worker that had counted is gone")
}

func TestCallsBeyondTheWorkersWaitInTheirOrder(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("seen = []\ndef handle(data):\n    seen.append(data['n'])\n    return seen\n")
	r.mode(v.ID, ModeWarm, 1)
	g, err := r.pool.gate(v.ID)
	require.NoError(t, err)
	_, err = g.enter(r.ctx) // the worker's place is taken
	require.NoError(t, err)
	var last store.Call
	for n := range 10 {
		last, err = r.Invoke(v.ID, json.RawMessage(fmt.Sprintf(`{"n":%d}`, n)))
		require.NoError(t, err)
		assert.Equal(t, store.Running, last.Status)
		require.Eventually(t, func() bool {
			g.mu.Lock()
			defer g.mu.Unlock()
			return len(g.waiting) == n+1
		}, time.Minute, time.Millisecond)
	}
	g.leave()
	last, err = r.WaitCall(r.ctx, v.ID, last.ID)
	require.NoError(t, err)
	_, response, err := r.Store().CallBodies(last.ID)
	require.NoError(t, err)
	assert.Equal(t, "[0,1,2,3,4,5,6,7,8,9]", string(response))
	assert.Equal(t, 1, r.Workers(v.ID))
}

func TestACallOfACallDoesNotWaitForTheWorkersThatWaitForIt(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(counter)
	r.mode(v.ID, ModeWarm, 1)
	g, err := r.pool.gate(v.ID)
	require.NoError(t, err)
	chained := func() (store.Call, string) {
		_, nonce, err := r.OpenSession(Caller{CallID: 7}, TokenExchange, "")
		require.NoError(t, err)
		c, err := r.InvokeWith(nonce, v.ID, nil)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(r.ctx, 20*time.Second) // one that waits does it for ever
		defer cancel()
		c, err = r.WaitCall(ctx, v.ID, c.ID)
		require.NoError(t, err)
		_, response, err := r.Store().CallBodies(c.ID)
		require.NoError(t, err)
		return c, string(response)
	}
	_, first := r.call(v.ID, `{}`)
	_, second := chained()
	assert.Equal(t, []string{"1", "2"}, []string{first, second}, "with a worker free it takes that")

	_, err = g.enter(r.ctx) // the caller has the worker's place
	require.NoError(t, err)
	waiting, err := r.Invoke(v.ID, nil)
	require.NoError(t, err)
	c, response := chained()
	assert.Equal(t, []string{store.Completed, "1"}, []string{c.Status, response}, "it has a process of its own")
	inside := func() int {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.inside
	}
	assert.Equal(t, 1, inside())
	g.leave()
	waiting, err = r.WaitCall(r.ctx, v.ID, waiting.ID)
	require.NoError(t, err)
	assert.Equal(t, store.Completed, waiting.Status)
	r.idle()
	assert.Zero(t, inside(), "every place was given back")
}

func TestAWaitingCallCanBeCancelledAndTakesNoPlace(t *testing.T) {
	g := &gate{limit: 1}
	_, err := g.enter(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errCancelled)
	_, err = g.enter(ctx)
	assert.ErrorIs(t, err, errCancelled)
	g.leave()
	_, err = g.enter(t.Context())
	assert.NoError(t, err)
}

func TestCallsBeyondTheMostAreRefused(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(counter)
	for n := range maxUnderWay {
		r.running.add(int64(-n-1), v.ID, nil, func(error) {})
	}
	_, err := r.Invoke(v.ID, nil)
	var refused *client.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, client.CodeThrottled, refused.Code)
	assert.Positive(t, refused.RetryAfter)
	r.running.end(-1, store.Call{})
	_, err = r.Invoke(v.ID, nil)
	assert.NoError(t, err)
	for n := 1; n < maxUnderWay; n++ {
		r.running.end(int64(-n-1), store.Call{})
	}
}

func TestIdleWorkersEndAfterTheirTime(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(counter)
	r.mode(v.ID, ModeWarm, 2)
	r.call(v.ID, `{}`)
	r.pool.endIdleWorkers(start.Add(-defaultIdleWorker))
	assert.Equal(t, 1, r.Workers(v.ID))
	r.pool.endIdleWorkers(start.Add(defaultIdleWorker))
	assert.Zero(t, r.Workers(v.ID))
}

func TestLogsStayWithTheirCallUnderManyWarmClients(t *testing.T) {
	const clients, calls = 8, 25
	r := newRig(t, nil)
	v := r.handler("import sys\ndef handle(data):\n    for i in range(5):\n        print(data['n'], i)\n    print(data['n'], 'end', file=sys.stderr)\n    return data['n']\n")
	r.mode(v.ID, ModeWarm, 4)
	var all sync.WaitGroup
	errs := make(chan error, clients*calls)
	for c := range clients {
		all.Go(func() {
			for i := range calls {
				errs <- r.oneLoggedCall(v.ID, c*calls+i)
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		assert.NoError(t, err)
	}
	assert.LessOrEqual(t, r.Workers(v.ID), 4)
}

// oneLoggedCall makes a call and compares its log as soon as its end is told.
func (r *rig) oneLoggedCall(id int64, n int) error {
	c, err := r.Invoke(id, json.RawMessage(fmt.Sprintf(`{"n":%d}`, n)))
	if err != nil {
		return err
	}
	if c, err = r.WaitCall(r.ctx, id, c.ID); err != nil {
		return err
	}
	lines, err := r.Store().Lines(c.ID, 0, 100)
	if err != nil {
		return err
	}
	var out, errOut []string
	for _, l := range lines {
		if l.Stream == store.Stderr {
			errOut = append(errOut, l.Text)
		} else {
			out = append(out, l.Text)
		}
	}
	var want []string
	for i := range 5 {
		want = append(want, fmt.Sprintf("%d %d", n, i))
	}
	if fmt.Sprint(out) != fmt.Sprint(want) || fmt.Sprint(errOut) != fmt.Sprintf("[%d end]", n) || c.LogLines != 6 {
		return errors.New(fmt.Sprint("call ", n, " printed ", out, errOut, " counted ", c.LogLines))
	}
	return nil
}

func TestAShortCallIsAnsweredWithItsEndAndALongOneIsNotWaitedFor(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("import time\ndef handle(data):\n    time.sleep(data['s'])\n    return 'done'\n")
	first, err := r.Invoke(v.ID, json.RawMessage(`{"s":0}`))
	require.NoError(t, err)
	assert.Equal(t, store.Running, first.Status, "nobody knows yet how long it takes")
	_, err = r.WaitCall(r.ctx, v.ID, first.ID)
	require.NoError(t, err)

	r.pool.tookFor(v.ID, quickCall)
	long, err := r.Invoke(v.ID, json.RawMessage(`{"s":1000}`))
	require.NoError(t, err)
	assert.Equal(t, store.Running, long.Status)
	kept, err := r.Call(v.ID, long.ID)
	require.NoError(t, err)
	assert.Equal(t, store.Running, kept.Status)
	require.NoError(t, r.Cancel(v.ID, long.ID))
	_, err = r.WaitCall(r.ctx, v.ID, long.ID)
	require.NoError(t, err)

	r.pool.tookFor(v.ID, quickCall+1)
	after, err := r.Invoke(v.ID, json.RawMessage(`{"s":0}`))
	require.NoError(t, err)
	assert.Equal(t, store.Running, after.Status)
	ended := &runningCall{done: make(chan struct{}), outcome: store.Call{ID: after.ID, Status: store.Completed}}
	close(ended.done)
	answer, err := r.awaitQuick(ended, after)
	require.NoError(t, err)
	assert.Equal(t, store.Completed, answer.Status)
}

func TestACallThatWaitsItsTurnAmongShortOnesIsLikelyToBeShort(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(counter)
	r.mode(v.ID, ModeWarm, 1)
	g, err := r.pool.gate(v.ID)
	require.NoError(t, err)
	r.pool.tookFor(v.ID, quickCall)
	var likely []bool
	for range 4 {
		likely = append(likely, r.pool.isQuick(v.ID))
		g.mu.Lock()
		if !g.take() {
			g.waiting = append(g.waiting, make(chan struct{}))
		}
		g.mu.Unlock()
	}
	assert.Equal(t, []bool{true, true, true, false}, likely, "one has the worker, one waits for it, and then one more")
}

func TestACallThatComesAsItsProcessDiesGetsAnother(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("import os\ndef handle(data):\n    return os.getppid()\n")
	for range 5 {
		c, response := r.call(v.ID, `{}`)
		require.Equal(t, store.Completed, c.Status, c.ErrorMessage)
		for _, z := range r.pool.zygotes() {
			assert.Equal(t, response, fmt.Sprint(z.PID()))
			z.Stop()
		}
	}
	// Between its death and the news of it: a zygote that refuses to fork.
	gone, err := r.pool.call(r.ctx, *v.Serving, func(*runner.Zygote) runner.Outcome { return runner.Outcome{Unbegun: true} })
	require.NoError(t, err)
	assert.True(t, gone.Unbegun, "once is enough")
	c, _ := r.call(v.ID, `{}`)
	assert.Equal(t, store.Completed, c.Status, c.ErrorMessage)
}

func TestTheScratchOfAProcessThatDiedGoesWhenTheNextIsStarted(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): return 1\n")
	for range 3 {
		_, response := r.call(v.ID, `{}`)
		assert.Equal(t, "1", response)
		folders, err := filepath.Glob(filepath.Join(r.dir, scratchDir, fmt.Sprintf("%d-v1-*", v.ID)))
		require.NoError(t, err)
		assert.Len(t, folders, 1)
		for _, z := range r.pool.zygotes() {
			z.Stop() // as if it were killed
		}
	}
}

func TestACallThatIsCancelledWhileAnotherStartsItsProcessStartsNone(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): return 1\n")
	for _, z := range r.pool.zygotes() {
		z.Stop()
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errCancelled)
	_, _, err := r.pool.acquire(ctx, *r.settled(v.ID).Serving)
	assert.ErrorIs(t, err, errCancelled)
}
