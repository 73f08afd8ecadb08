package core

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"fndeck/client"
	"fndeck/client/embedded/engine/python"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/pack"
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
		next.Settings.By = e.subject
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

// withEnvironment returns a version whose package environment is there. It is
// not after a restore on another machine: then it is built as it was asked for,
// which may give it another name.
func (e *Core) withEnvironment(ctx context.Context, v store.Version) (store.Version, error) {
	if v.Environment == "" || e.environments.Complete(v.Environment) {
		return v, nil
	}
	index, extra, err := e.indexURLs(v)
	if err != nil {
		return v, err
	}
	root, err := e.unpacked(ctx, v.SHA256)
	if err != nil {
		return v, err
	}
	runtimes, err := e.Runtimes(ctx)
	if err != nil {
		return v, err
	}
	runtime, err := runtimes.Find(v.Runtime)
	if err != nil {
		return v, err
	}
	requirements, err := os.ReadFile(filepath.Join(root, requirementsFile))
	if err != nil {
		return v, err
	}
	wanted := python.Wanted{Runtime: runtime, Root: root, CodeSHA256: v.SHA256, Requirements: string(requirements), IndexURL: index, ExtraIndexURLs: extra}
	e.c.Logger.Info("a package environment is gone and is built again", "function", v.FunctionID, "version", v.Number)
	mask := newMasker(credentials(append(anyURL.FindAllString(string(requirements), -1), append(extra, index)...)...))
	name, err := e.environments.Ensure(ctx, runtimes, wanted.Keep(v.Environment), func(string) {})
	if err != nil {
		return v, fmt.Errorf("the package environment is gone and could not be built again: %s", mask.mask(pack.MaskURL(err.Error())))
	}
	if name == v.Environment {
		return v, nil
	}
	v.Environment = name
	return v, e.store.Write(store.Durable, func(tx *store.Tx) error {
		stored, err := tx.Version(v.FunctionID, v.Number)
		if err != nil {
			return err
		}
		stored.Environment = name
		return tx.UpdateVersion(stored)
	})
}
