//go:build linux

package core

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store"
)

// waits is a function that prints, and returns once there is a file.
const waits = `
import os, time
def handle(data):
    print("waiting")
    while not os.path.exists(data["file"]):
        time.sleep(0.001)
    return "done"
`

// deferred starts a call whose row waits for its end, and returns what ends it.
func (r *rig) deferred(v View) (under *runningCall, c store.Call, end func()) {
	r.Helper()
	file := filepath.Join(r.dir, versionsDir, v.Serving.SHA256, "end") // what the function may see
	c = store.Call{FunctionID: v.ID, Version: v.Serving.Number, Status: store.Running, Started: r.now()}
	var err error
	c.ID, err = r.Store().NextID()
	require.NoError(r, err)
	data := []byte(`{"file":"` + file + `"}`)
	under = r.start(c, data, Session{}, &deferred{call: c, data: data})
	return under, c, func() { require.NoError(r, os.WriteFile(file, nil, 0o600)) }
}

func TestADeferredCallIsStoredOnceWithItsEndAndItsLog(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(waits)
	under, c, end := r.deferred(v)
	end()
	<-under.done
	kept, err := r.Call(v.ID, c.ID)
	require.NoError(t, err)
	assert.Equal(t, store.Completed, kept.Status)
	assert.Equal(t, under.outcome.Preview, kept.Preview)
	assert.Equal(t, "waiting\n", r.logOf(c.ID))
	data, response, err := r.Store().CallBodies(c.ID)
	require.NoError(t, err)
	assert.Contains(t, string(data), `"file"`)
	assert.Equal(t, `"done"`, string(response))
}

func TestADeferredCallIsThereAsSoonAsAnythingOfItCanBeSeen(t *testing.T) {
	for name, show := range map[string]func(*rig, *runningCall, store.Call){
		"its log": func(r *rig, _ *runningCall, c store.Call) {
			r.await(func() bool { return r.logOf(c.ID) != "" })
		},
		"its own token": func(r *rig, _ *runningCall, c store.Call) {
			token := r.tokens.issue(Caller{CallID: c.ID, FunctionID: c.FunctionID})
			_, err := r.CallerOf(token)
			require.NoError(r, err)
		},
		"the answer to who made it": func(r *rig, under *runningCall, c store.Call) {
			answer, err := r.awaitQuick(under, c)
			require.NoError(r, err)
			assert.Equal(r, store.Running, answer.Status)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			v := r.handler(waits)
			under, c, end := r.deferred(v)
			show(r, under, c)
			kept, err := r.Call(v.ID, c.ID)
			require.NoError(t, err)
			assert.Equal(t, store.Running, kept.Status)
			end()
			<-under.done
			kept, err = r.Call(v.ID, c.ID)
			require.NoError(t, err)
			assert.Equal(t, store.Completed, kept.Status)
			assert.Equal(t, "waiting\n", r.logOf(c.ID))
			assert.EqualValues(t, 1, kept.LogLines)
		})
	}
}

func TestADeferredCallThatIsStoredAlreadyIsOnTheDiskBeforeTheAnswer(t *testing.T) {
	for name, show := range map[string]func(*rig, store.Call){
		"by its log": func(r *rig, c store.Call) {
			r.await(func() bool { return r.logOf(c.ID) != "" })
		},
		"by its own token": func(r *rig, c store.Call) {
			r.await(func() bool { return r.logOf(c.ID) != "" }) // nothing else is written then
			_, err := r.CallerOf(r.tokens.issue(Caller{CallID: c.ID, FunctionID: c.FunctionID}))
			require.NoError(r, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			v := r.handler(waits)
			under, c, end := r.deferred(v)
			show(r, c)
			log := filepath.Join(r.dir, "engine.db-wal")
			before, err := os.ReadFile(log)
			require.NoError(t, err)
			_, err = r.awaitQuick(under, c)
			require.NoError(t, err)
			after, err := os.ReadFile(log)
			require.NoError(t, err)
			assert.NotEqual(t, len(before), len(after), "a commit that changes nothing is not synced, nor is what relaxed ones have written")
			end()
			<-under.done
		})
	}
}

func TestADeferredCallThatWasTrimmedDoesNotComeBackAsRunning(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(waits)
	under, c, end := r.deferred(v)
	end()
	<-under.done
	require.NoError(t, r.Store().Write(store.Durable, func(tx *store.Tx) error {
		_, err := tx.DeleteOldestCalls(10)
		return err
	}))
	require.NoError(t, r.keepDeferred(under.row, store.Durable), "somebody who came too late")
	_, err := r.Store().Call(c.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestADeferredCallOfADeletedFunctionLeavesNothing(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(waits)
	under, c, _ := r.deferred(v)
	require.NoError(t, r.Delete([]int64{v.ID}))
	<-under.done
	_, err := r.Store().Call(c.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorIs(t, r.keepDeferred(under.row, store.Durable), store.ErrNotFound, "too late to be told of it")
	assert.Empty(t, r.logOf(c.ID))
}
