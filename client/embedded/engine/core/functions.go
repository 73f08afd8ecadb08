package core

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"sync"

	"fndeck/client"
	"fndeck/client/embedded/engine/store"
)

// NewFunction is what a function is created with. Secrets and index URLs are
// in the clear here and nowhere else.
type NewFunction struct {
	Name, ExternalID, Description, Owner string
	Metadata                             map[string]string
	FileID                               int64
	FunctionPath                         string
	Runtime                              string
	Secrets                              map[string]string
	EnvVars                              map[string]string
	CPU, MemoryGB                        float64
	IndexURL                             string
	ExtraIndexURLs                       []string
	// Folder is where the code came from on this machine, if known.
	Folder string
	By     Caller
}

// Change is what a redeploy changes beside the code; nil leaves as is. Secrets
// replaces all but those named in KeepSecrets.
type Change struct {
	FunctionPath, Runtime *string
	Secrets, EnvVars      map[string]string
	KeepSecrets           []string
	IndexURL              *string
	ExtraIndexURLs        []string
	Description, Owner    *string
	Metadata              map[string]string
	Folder                string
}

// View is a function with the versions that matter of it.
type View struct {
	store.Function
	// Serving is nil while no version was ever Ready; Latest is the newest.
	Serving *store.Version
	Latest  store.Version
	// Overcome says that Latest has failed, and that another version was put into
	// service by hand since: the failure is history then.
	Overcome bool
}

// Shown is the version that a function looks like: the serving one, or the
// newest while none does.
func (v View) Shown() store.Version {
	if v.Serving != nil {
		return *v.Serving
	}
	return v.Latest
}

// DefaultFunctionPath is where the entry is looked for if nothing else is said.
const DefaultFunctionPath = "handler.py"

// entryPath is a path without detours, the default for "".
func entryPath(given string) string { return path.Clean(cmp.Or(given, DefaultFunctionPath)) }

// Create stores a function and queues its first version. It returns as soon as
// both are durable.
func (e *Core) Create(ctx context.Context, n NewFunction) (View, error) {
	if err := cmp.Or(CheckName(n.Name), n.check()); err != nil {
		return View{}, err
	}
	metadata, err := metadataText(n.Metadata)
	if err != nil {
		return View{}, err
	}
	file, err := e.uploadedFile(n.FileID)
	if err == nil {
		err = e.room.Check(0)
	}
	if err != nil {
		return View{}, err
	}
	runtimes, err := e.Runtimes(ctx)
	if err != nil {
		return View{}, err
	}
	if n.Runtime != "" || len(runtimes) > 0 {
		r, err := runtimes.Find(n.Runtime)
		if err != nil {
			return View{}, client.Invalidf("%s", err)
		}
		n.Runtime = r.Name
	}
	settings := store.Settings{FunctionPath: entryPath(n.FunctionPath), EnvVars: n.EnvVars, CPU: max(n.CPU, DefaultCPU), MemoryGB: max(n.MemoryGB, DefaultMemoryGB), By: e.user(n.By)}
	var v View
	err = e.store.Write(store.Durable, func(tx *store.Tx) error {
		if n.ExternalID != "" {
			taken, err := tx.ExternalIDTaken(n.ExternalID)
			if err != nil {
				return err
			}
			if taken {
				return &client.Error{Code: client.CodeConflict, Message: "a function with external id " + n.ExternalID + " exists already", Hint: "redeploy it instead, or take another external id"}
			}
		}
		now := e.c.Clock().UTC()
		f := store.Function{ID: tx.NextID(), Name: n.Name, ExternalID: n.ExternalID, Description: n.Description, Owner: n.Owner, Metadata: metadata, FileID: n.FileID, Created: now}
		if err := e.sealInto(&settings, f.ID, n.Secrets, &n.IndexURL, n.ExtraIndexURLs); err != nil {
			return err
		}
		if err := tx.InsertFunction(f); err != nil {
			return err
		}
		f, v.Latest, err = e.addVersion(tx, f, store.KindDeploy, store.Version{SHA256: file.SHA256, SizeBytes: file.SizeBytes, Settings: settings, Runtime: n.Runtime, Folder: n.Folder})
		v.Function = f
		return err
	})
	if err != nil {
		return View{}, err
	}
	e.startDeploy(v.ID, v.Latest.DeployID)
	return v, nil
}

// addVersion stores the next version of a function and the deploy that is to
// bring it into service.
func (e *Core) addVersion(tx *store.Tx, f store.Function, kind string, v store.Version) (store.Function, store.Version, error) {
	f.Latest++
	v.FunctionID, v.Number, v.Status, v.Created = f.ID, f.Latest, store.Queued, e.c.Clock().UTC()
	v.DeployID = tx.NextID()
	d := store.Deploy{ID: v.DeployID, FunctionID: f.ID, Kind: kind, From: f.Serving, To: v.Number, Status: store.Queued, Phase: PhaseQueued, SizeBytes: v.SizeBytes, Started: v.Created}
	return f, v, errors.Join(tx.InsertVersion(v), tx.SetLatest(f.ID, f.Latest), tx.InsertDeploy(d))
}

func (e *Core) uploadedFile(id int64) (store.File, error) {
	file, err := e.store.File(id)
	if errors.Is(err, store.ErrNotFound) {
		return file, client.Invalidf("file %d does not exist", id)
	}
	if err == nil && file.SHA256 == "" {
		return file, client.Invalidf("file %d is not uploaded yet", id)
	}
	return file, err
}

// sealInto puts secrets and index URLs into settings; nil arguments leave what
// is there.
func (e *Core) sealInto(s *store.Settings, functionID int64, secrets map[string]string, index *string, extra []string) error {
	if secrets != nil {
		s.Secrets = make(map[string][]byte, len(secrets))
		for name, value := range secrets {
			sealed, err := e.vault.Seal(value, place(functionID, "secret/"+name))
			if err != nil {
				return err
			}
			s.Secrets[name] = sealed
		}
	}
	if index != nil {
		s.IndexURL = nil
		if *index != "" {
			sealed, err := e.vault.Seal(*index, place(functionID, "index"))
			if err != nil {
				return err
			}
			s.IndexURL = sealed
		}
	}
	if extra != nil {
		s.ExtraIndexURLs = nil
		for _, u := range extra {
			sealed, err := e.vault.Seal(u, place(functionID, "index"))
			if err != nil {
				return err
			}
			s.ExtraIndexURLs = append(s.ExtraIndexURLs, sealed)
		}
	}
	return nil
}

// Redeploy stores the code of a file, or for 0 that of the serving version, as a
// function's next version and queues it. The serving version goes on serving until
// the new one is Ready.
func (e *Core) Redeploy(ctx context.Context, functionID, fileID int64, c Change) (View, error) {
	if err := c.check(); err != nil {
		return View{}, err
	}
	var file store.File
	err := e.room.Check(0)
	if err == nil && fileID != 0 {
		file, err = e.uploadedFile(fileID)
	}
	if err != nil {
		return View{}, err
	}
	runtimes, err := e.Runtimes(ctx)
	if err != nil {
		return View{}, err
	}
	if c.Runtime != nil {
		if _, err := runtimes.Find(*c.Runtime); err != nil {
			return View{}, client.Invalidf("%s", err)
		}
	}
	var deployID int64
	err = e.store.Write(store.Durable, func(tx *store.Tx) error {
		f, err := tx.Function(functionID)
		if err != nil {
			return err
		}
		base, err := tx.Version(functionID, f.Latest)
		if err != nil {
			return err
		}
		if base.Status == store.Queued || base.Status == store.Deploying {
			return &client.Error{Code: client.CodeConflict, Message: "version " + number(base.Number) + " of " + f.Name + " is being deployed already", Hint: "wait until it is Ready or Failed"}
		}
		if f.Serving != 0 { // settings that were rolled back from do not come back
			if base, err = tx.Version(functionID, f.Serving); err != nil {
				return err
			}
		}
		if fileID == 0 {
			if f.Serving == 0 {
				return &client.Error{Code: client.CodeConflict, Message: f.Name + " has no version that serves: there is no code to keep", Hint: "redeploy it"}
			}
			file.SHA256, file.SizeBytes = base.SHA256, base.SizeBytes
		}
		next, err := e.changed(base, c)
		if err != nil {
			return err
		}
		next.SHA256, next.SizeBytes = file.SHA256, file.SizeBytes
		if err := describe(tx, &f, c); err != nil {
			return err
		}
		next.Settings.By = e.subject
		_, next, err = e.addVersion(tx, f, store.KindRedeploy, next)
		deployID = next.DeployID
		return err
	})
	if err != nil {
		return View{}, notFound(err, "function %d does not exist", functionID)
	}
	e.startDeploy(functionID, deployID)
	return e.View(functionID)
}

// changed is a version like another, with a change.
func (e *Core) changed(base store.Version, c Change) (store.Version, error) {
	next := store.Version{Settings: base.Settings, Runtime: base.Runtime, Folder: cmp.Or(c.Folder, base.Folder)}
	if c.Runtime != nil {
		next.Runtime = *c.Runtime
	}
	if c.FunctionPath != nil {
		next.Settings.FunctionPath = entryPath(*c.FunctionPath)
	}
	if c.EnvVars != nil {
		next.Settings.EnvVars = c.EnvVars
	}
	if err := e.sealInto(&next.Settings, base.FunctionID, c.Secrets, c.IndexURL, c.ExtraIndexURLs); err != nil {
		return next, err
	}
	if c.Secrets == nil {
		return next, nil
	}
	for _, name := range c.KeepSecrets {
		sealed, has := base.Settings.Secrets[name]
		if !has {
			return next, client.Invalidf("there is no secret %q to be kept", name)
		}
		if _, replaced := next.Settings.Secrets[name]; !replaced {
			next.Settings.Secrets[name] = sealed // Sealed for the same function and name.
		}
	}
	return next, checkCount("secrets", len(next.Settings.Secrets), maxSecrets)
}

// describe stores what a change says of the function itself, if it does.
func describe(tx *store.Tx, f *store.Function, c Change) error {
	if c.Description == nil && c.Owner == nil && c.Metadata == nil {
		return nil
	}
	if c.Description != nil {
		f.Description = *c.Description
	}
	if c.Owner != nil {
		f.Owner = *c.Owner
	}
	if c.Metadata != nil {
		text, err := metadataText(c.Metadata)
		if err != nil {
			return err
		}
		f.Metadata = text
	}
	f.Revision++
	return tx.UpdateFunction(*f)
}

// SetFolder records where the newest version's code came from.
func (e *Core) SetFolder(functionID int64, folder string) error {
	err := e.store.Write(store.Durable, func(tx *store.Tx) error {
		f, err := tx.Function(functionID)
		if err != nil {
			return err
		}
		return tx.SetFolder(functionID, f.Latest, folder)
	})
	return notFound(err, "function %d does not exist", functionID)
}

// Delete deletes functions with all that belongs to them, all or none, and
// ends their calls.
func (e *Core) Delete(ids []int64) error {
	err := e.store.Write(store.Durable, func(tx *store.Tx) error {
		for _, id := range ids {
			if err := tx.DeleteFunction(id); err != nil {
				return notFound(err, "function %d does not exist", id)
			}
		}
		return tx.DeleteUnusedSessions()
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		e.running.cancelFunction(id, errDeleted)
		e.deploying.cancelFunction(id, errDeleted)
		e.pool.drop(id)
	}
	e.jobs.Go(e.removeDeleted)
	e.wakeScheduler()
	return nil
}

var errDeleted = errors.New("the function was deleted")

// View reads one function.
func (e *Core) View(id int64) (View, error) {
	f, err := e.store.Function(id)
	if err != nil {
		return View{}, notFound(err, "function %d does not exist", id)
	}
	v := View{Function: f}
	if v.Latest, err = e.store.Version(id, f.Latest); err != nil {
		return View{}, notFound(err, "function %d does not exist", id)
	}
	if f.Serving != 0 {
		serving, err := e.store.Version(id, f.Serving)
		if err != nil {
			return View{}, notFound(err, "function %d does not exist", id)
		}
		v.Serving = &serving
	}
	views := []View{v}
	if err := e.overcome(views); err != nil {
		return View{}, err
	}
	return views[0], nil
}

// overcome finds out which failures a rollback has answered. Few functions have
// one that is still to be asked about.
func (e *Core) overcome(views []View) error {
	var failed []int64
	for _, v := range views {
		if v.Latest.Status == store.Failed && v.Serving != nil {
			failed = append(failed, v.ID)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	newest, err := e.store.NewestDeploys(failed)
	for i, v := range views {
		views[i].Overcome = newest[v.ID] > v.Latest.DeployID
	}
	return err
}

// knownViews are the views as they were at a state of the definitions: calls come
// all the time, functions and versions do not.
type knownViews struct {
	mu   sync.Mutex
	at   int64
	read bool
	all  []View
}

// Views reads all functions, newest first. What it returns must not be changed.
func (e *Core) Views() ([]View, error) {
	k := &e.views
	k.mu.Lock()
	defer k.mu.Unlock()
	at := e.store.Definitions() // before the rows: they may be newer, never older
	if k.read && k.at == at {
		return k.all, nil
	}
	views, err := e.readViews()
	k.at, k.read, k.all = at, err == nil, views
	return views, err
}

// prime reads what the first list of functions needs, so that with many of them
// nobody waits for that.
func (e *Core) prime() {
	defer e.guard("prime", 0, func(string) {})
	_, err := e.Views()
	if err == nil {
		_, err = e.store.LastCalls()
	}
	if err != nil {
		e.c.Logger.Warn("the functions cannot be listed", "error", err)
	}
}

func (e *Core) readViews() ([]View, error) {
	functions, err := e.store.Functions()
	if err != nil {
		return nil, err
	}
	versions, err := e.store.CurrentVersions()
	if err != nil {
		return nil, err
	}
	type key struct {
		id     int64
		number int
	}
	byKey := make(map[key]*store.Version, len(versions))
	for i := range versions {
		byKey[key{versions[i].FunctionID, versions[i].Number}] = &versions[i]
	}
	views := make([]View, 0, len(functions))
	for _, f := range functions {
		latest := byKey[key{f.ID, f.Latest}]
		if latest == nil {
			continue // created or deleted between the two reads
		}
		views = append(views, View{Function: f, Latest: *latest, Serving: byKey[key{f.ID, f.Serving}]})
	}
	return views, e.overcome(views)
}

// SecretNames lists the names of a version's secrets, sorted.
func SecretNames(v store.Version) []string { return slices.Sorted(maps.Keys(v.Settings.Secrets)) }
