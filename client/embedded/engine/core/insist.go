package core

import (
	"errors"
	"time"

	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/store"
)

// settlePause is how long an outcome that cannot be stored waits to be tried
// again; the wait grows to settleEvery.
const (
	settlePause = 50 * time.Millisecond
	settleEvery = 2 * time.Second
)

// finding is an outcome on its way to the disk.
type finding struct {
	// complaint is what the log says of the id while it cannot be stored.
	complaint string
	id        int64
	// write is one of the store's ways to write, work what is written. small, if
	// not nil, writes what matters of it to a disk that is full.
	write func(store.Durability, func(*store.Tx) error) error
	work  func(*store.Tx) error
	small func(tx *store.Tx, full error) error
}

// insist writes an outcome. On a disk that is full it gives up the ballast for
// it; where even that is not enough, it writes what matters of it. Then it goes
// on trying until the write succeeds, or the engine stops. A row that is gone,
// because its function was deleted, is ErrNotFound.
func (e *Core) insist(f finding) error {
	for pause := settlePause; ; pause = min(2*pause, settleEvery) {
		err := f.write(store.Durable, f.work)
		if disk.IsFull(err) && e.room.Release() {
			err = f.write(store.Durable, f.work)
		}
		if full := err; disk.IsFull(full) && f.small != nil {
			err = f.write(store.Durable, func(tx *store.Tx) error { return f.small(tx, full) })
		}
		if err == nil || errors.Is(err, store.ErrNotFound) {
			return err
		}
		e.c.Logger.Error(f.complaint, "id", f.id, "error", err)
		f.write = e.store.Write // it may fail again, and must not take others' writes along each time
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-e.ctx.Done():
			timer.Stop()
			return err
		}
	}
}
