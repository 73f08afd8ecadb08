package core

import (
	"fmt"

	"fndeck/client"
	"fndeck/client/embedded/engine/store"
)

// Rebuild queues a version with the code and the settings of the serving one
// and a package environment of its own, into which the requirements are
// installed as the indexes have them now. The serving version goes on until the
// new one is Ready, and can be rolled back to; other functions with the same
// requirements keep the environment they have.
func (e *Core) Rebuild(functionID int64) (View, error) {
	var deployID int64
	err := e.store.Write(store.Durable, func(tx *store.Tx) error {
		f, err := tx.Function(functionID)
		if err != nil {
			return notFound(err, "function %d does not exist", functionID)
		}
		latest, err := tx.Version(f.ID, f.Latest)
		if err != nil {
			return err
		}
		if latest.Status == store.Queued || latest.Status == store.Deploying {
			return &client.Error{Code: client.CodeConflict, Message: number(latest.Number) + " of " + f.Name + " is being deployed already", Hint: "wait until it is Ready or Failed"}
		}
		if f.Serving == 0 {
			return &client.Error{Code: client.CodeConflict, Message: f.Name + " has no version that serves: there is nothing to rebuild", Hint: "redeploy it"}
		}
		v, err := tx.Version(f.ID, f.Serving)
		if err != nil {
			return err
		}
		if v.Environment == "" {
			return &client.Error{Code: client.CodeConflict, Message: fmt.Sprintf("%s has no requirements to install anew", f.Name)}
		}
		next := store.Version{SHA256: v.SHA256, SizeBytes: v.SizeBytes, Settings: v.Settings, Runtime: v.Runtime, Folder: v.Folder}
		_, next, err = e.addVersion(tx, f, store.KindRebuild, next)
		deployID = next.DeployID
		return err
	})
	if err != nil {
		return View{}, err
	}
	e.startDeploy(functionID, deployID)
	return e.View(functionID)
}
