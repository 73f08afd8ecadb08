package core

import (
	"strconv"

	"fndeck/client"
	"fndeck/client/embedded/engine/store"
)

func number(n int) string { return "v" + strconv.Itoa(n) }

// Rollback makes an earlier Ready version serve again, at once; 0 means the one
// that served before the serving one took over. It is a deploy in the history.
func (e *Core) Rollback(functionID int64, version int) (View, error) {
	var serving int
	err := e.store.Write(store.Durable, func(tx *store.Tx) error {
		f, err := tx.Function(functionID)
		if err != nil {
			return notFound(err, "function %d does not exist", functionID)
		}
		if latest, err := tx.Version(f.ID, f.Latest); err == nil && (latest.Status == store.Queued || latest.Status == store.Deploying) {
			return &client.Error{Code: client.CodeConflict, Message: number(latest.Number) + " of " + f.Name + " is being deployed and would take over", Hint: "wait until it is Ready or Failed"}
		}
		target, err := rollbackTarget(tx, f, version)
		if err != nil {
			return err
		}
		now := e.c.Clock().UTC()
		d := store.Deploy{ID: tx.NextID(), FunctionID: f.ID, Kind: store.KindRollback, From: f.Serving, To: target.Number, Status: store.Ready, Phase: PhaseSwitched, SizeBytes: target.SizeBytes, Started: now, Ended: now}
		if err := tx.InsertDeploy(d); err != nil {
			return err
		}
		serving = target.Number
		return tx.SetServing(f.ID, serving)
	})
	if err != nil {
		return View{}, err
	}
	e.pool.keepOnly(functionID, serving)
	return e.View(functionID)
}

func rollbackTarget(tx *store.Tx, f store.Function, version int) (store.Version, error) {
	if version != 0 {
		v, err := tx.Version(f.ID, version)
		switch {
		case err != nil:
			return v, notFound(err, "%s has no version %d", f.Name, version)
		case v.Number == f.Serving:
			return v, &client.Error{Code: client.CodeConflict, Message: number(version) + " of " + f.Name + " is serving already"}
		case v.Status != store.Ready:
			return v, &client.Error{Code: client.CodeConflict, Message: number(version) + " of " + f.Name + " is " + v.Status + "; only a Ready version can serve"}
		}
		return v, nil
	}
	before, err := tx.ServedBefore(f.ID, f.Serving)
	if err == nil && before != 0 {
		if v, err := tx.Version(f.ID, before); err == nil {
			return v, nil
		}
	}
	return store.Version{}, &client.Error{Code: client.CodeConflict, Message: f.Name + " has no earlier version to roll back to"}
}
