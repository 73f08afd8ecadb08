package core

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"fndeck/client/embedded/engine/store"
)

const (
	// quickCall is how long the call before took at most where the answer to the
	// next one waits for its end, and quickAnswer how long it does.
	quickCall   = 5 * time.Millisecond
	quickAnswer = 20 * time.Millisecond
)

// deferred is the row of a call that is likely to be short and that nobody was
// told of yet. It is written together with the end of the call: one commit to
// the disk instead of two. Whatever shows the call to anybody before that has to
// keep it first. A nil deferred is a call whose row is there.
type deferred struct {
	call store.Call
	data []byte
	// kept says that the row is committed, though maybe not durably. It was there
	// even if it is not any more: it must not come back.
	kept atomic.Bool
}

// keep stores the row within a transaction, if it is not stored yet.
func (d *deferred) keep(tx *store.Tx) error {
	if d == nil || d.kept.Load() {
		return nil
	}
	return tx.KeepCall(d.call, d.data)
}

// keepDeferred stores the row of a call that is about to be seen.
func (e *Core) keepDeferred(d *deferred, durability store.Durability) error {
	if d == nil || d.kept.Load() && durability == store.Relaxed {
		return nil
	}
	err := e.store.Write(durability, d.keep) // durable, it takes a relaxed one with the row to the disk
	if err == nil {
		d.kept.Store(true)
	}
	return err
}

// ended says that the outcome is committed.
func (d *deferred) ended() {
	if d != nil {
		d.kept.Store(true)
	}
}

// end stores the outcome of a call within a transaction.
func (d *deferred) end(tx *store.Tx, c store.Call, response []byte) error {
	if d == nil {
		return tx.FinishCall(c, response)
	}
	return tx.EndCall(c, d.data, response)
}

// invokeQuick starts a call that is likely to be short.
func (e *Core) invokeQuick(c store.Call, data json.RawMessage, session Session) (store.Call, error) {
	f, err := e.store.Function(c.FunctionID)
	if err != nil {
		return store.Call{}, notFound(err, "function %d does not exist", c.FunctionID)
	}
	c.Version = f.Serving
	if c.ID, err = e.store.NextID(); err != nil {
		return store.Call{}, err
	}
	return e.awaitQuick(e.start(c, data, session, &deferred{call: c, data: data}), c)
}

// awaitQuick waits a moment for the end of a call. One that takes longer is made
// durable then, before anybody is told of it. If the engine dies before that, the
// call was never accepted.
func (e *Core) awaitQuick(under *runningCall, c store.Call) (store.Call, error) {
	timer := time.NewTimer(quickAnswer)
	defer timer.Stop()
	select {
	case <-under.done:
		if under.outcome.Status != store.Running {
			return under.outcome, nil
		}
	case <-timer.C:
	}
	if err := e.keepDeferred(under.row, store.Durable); err != nil {
		// Whoever asked is told that it failed and may ask again: it must not go on.
		under.cancel(fmt.Errorf("the call could not be stored: %w", err))
		return c, fmt.Errorf("call %d is ended, it could not be stored safely: %w", c.ID, err)
	}
	return c, nil
}
