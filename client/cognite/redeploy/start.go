package redeploy

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"

	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/client/cognite/kept"
)

// The kinds of operations, as client.Deploy words them.
const (
	kindRedeploy = "redeploy"
	kindRollback = "rollback"
)

// Request is what an operation is to do.
type Request struct {
	// Function is the present id of the function.
	Function string
	// Version, if not 0, is a kept version that is to serve again; then Code and Change
	// are not read.
	Version int
	Code    client.Package
	Change  client.SpecChange
	// RunAsMe accepts that schedules which run as whoever created them will run as
	// whoever redeploys.
	RunAsMe bool
}

// Start checks all that can be checked before the first change, writes the plan and
// returns the operation, which must be run or released. Nothing in the project is
// changed yet.
func (m *Machine) Start(ctx context.Context, r Request) (*Operation, error) {
	found, err := m.API.Look(ctx, r.Function)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &client.Error{Code: client.CodeNotFound, Message: "function " + r.Function + " does not exist any more"}
	}
	f := found[0]
	l, err := m.lineageOf(f)
	if err != nil {
		return nil, err
	}
	unlock, err := m.lock(ctx, l.Key)
	if err != nil {
		return nil, err
	}
	o, err := m.start(ctx, r, f, l)
	if err != nil {
		unlock()
		return nil, err
	}
	o.unlock = unlock
	return o, nil
}

// lineageOf is what this machine keeps of a function, or a new lineage of one that was
// deployed by other means. What an open operation has made belongs to its lineage
// already, though that does not know its id yet.
func (m *Machine) lineageOf(f cognite.Function) (kept.Lineage, error) {
	if l, ok, err := m.Store.Find(f.ID); ok || err != nil {
		return l, err
	}
	all, err := m.List()
	if err != nil {
		return kept.Lineage{}, err
	}
	for _, e := range all {
		if e.Outcome == "" && e.Made(f) {
			return m.Store.Get(e.Plan.Key)
		}
	}
	return m.adopt(f), nil
}

// adopt begins the lineage of a function that was deployed by other means.
func (m *Machine) adopt(f cognite.Function) kept.Lineage {
	l := kept.Lineage{Key: kept.NewKey()}
	l.Put(kept.Version{
		Number: 1, FileID: f.FileID, Settings: settingsOf(f), Unknown: f.SecretNames, Status: f.Status, Created: f.Created, Error: f.Error,
	})
	l.Name(f.ID, 1, f.Created)
	return l
}

// settingsOf copies the settings of a function, and nothing that the service adds.
func settingsOf(f cognite.Function) kept.Settings {
	return kept.Settings{
		Name: f.Name, ExternalID: f.ExternalID, Description: f.Description, Owner: f.Owner, FunctionPath: f.FunctionPath, Runtime: f.Runtime,
		EnvVars: f.EnvVars, Metadata: f.Metadata, CPU: f.CPU, MemoryGB: f.MemoryGB,
	}
}

func (m *Machine) start(ctx context.Context, r Request, f cognite.Function, l kept.Lineage) (*Operation, error) {
	if err := m.noOther(l.Key); err != nil {
		return nil, err
	}
	plan, err := m.check(ctx, r, f, l)
	if err != nil {
		return nil, err
	}
	zip := r.Code.Zip
	if r.Version != 0 {
		v, _ := l.Version(r.Version) // check has found it
		if zip, err = m.Store.Zip(v.SHA256); err != nil {
			return nil, err
		}
	}
	spec, err := m.newSpec(r, f, l, zip)
	if err != nil {
		return nil, err
	}
	if err := m.keepNew(&plan, r, l, spec); err != nil {
		return nil, err
	}
	j, err := createJournal(m.path(plan.Op), Record{At: m.Clock().UTC(), Kind: Planned, Plan: &plan}, m.fault)
	if err != nil {
		return nil, err
	}
	return &Operation{m: m, journal: j}, nil
}

// noOther makes sure that no operation of a lineage is open.
func (m *Machine) noOther(key string) error {
	all, err := m.List()
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.Plan.Key == key && e.Outcome == "" {
			return &client.Error{
				Code: client.CodeConflict, Message: "a " + e.Plan.Kind + " of " + e.Plan.Old.Name + " was cut at \"" + string(e.Phase()) + "\" and is still open",
				Hint: "resume it, roll it back or leave it first: deploy " + e.Plan.Op,
			}
		}
	}
	return nil
}

// Phase is the step that an open operation stands at.
func (e Entry) Phase() Step {
	if e.Open != nil {
		return e.Open.Step
	}
	return e.Next().Step
}

// keepNew keeps the version that the operation is to put into service, with its
// code and secrets, and gives it its number. A version of an operation that never
// began goes.
func (m *Machine) keepNew(plan *Plan, r Request, l kept.Lineage, spec client.FunctionSpec) error {
	return m.Store.Update(l.Key, func(have *kept.Lineage) error {
		if len(have.IDs) == 0 {
			*have = l
		}
		have.Versions = slices.DeleteFunc(have.Versions, func(v kept.Version) bool {
			began := slices.ContainsFunc(have.IDs, func(i kept.Identity) bool { return i.Version == v.Number })
			return v.Status == client.FunctionQueued && !began
		})
		number := r.Version
		if number == 0 {
			number = have.Last + 1
		}
		v, _ := have.Version(number)
		if r.Version == 0 {
			sha, err := m.Store.SaveZip(r.Code.Zip)
			if err != nil {
				return err
			}
			v = kept.Version{
				Number: number, SHA256: sha, Size: int64(len(r.Code.Zip)), Folder: r.Code.Folder, DeployID: plan.Op,
				Status: client.FunctionQueued, Created: m.Clock().UTC(),
			}
		}
		v.Unknown = nil
		if err := m.Store.SetSpec(l.Key, &v, spec); err != nil {
			return err
		}
		have.Put(v)
		plan.From, plan.To, plan.SHA256 = have.Present().Version, number, v.SHA256
		return nil
	})
}

// newSpec is what the new function is created with.
func (m *Machine) newSpec(r Request, f cognite.Function, l kept.Lineage, zip []byte) (client.FunctionSpec, error) {
	number := l.Present().Version
	if r.Version != 0 {
		number = r.Version
	}
	v, ok := l.Version(number)
	if !ok {
		v = kept.Version{Settings: settingsOf(f), Unknown: f.SecretNames}
	}
	unknown := v.Unknown
	if r.Version == 0 {
		v.Settings = settingsOf(f) // as it is now, whoever changed what
		v.Unknown = nil            // not all of them may be needed
	}
	v.Settings.Name, v.Settings.ExternalID = f.Name, f.ExternalID
	if now, ok := l.Version(l.Present().Version); ok && r.Version != 0 {
		v = withSecretsOf(v, now)
	}
	spec, err := m.Store.Spec(l.Key, v)
	if err != nil {
		return spec, err
	}
	if r.Version == 0 {
		if spec.Secrets, err = secretsFor(f, spec.Secrets, unknown, r.Change); err != nil {
			return spec, err
		}
		apply(&spec, r.Change)
	}
	spec.Metadata, err = m.metadata(spec, zip)
	return spec, err
}

// withSecretsOf gives a version that was deployed by other means the present values
// of its secrets.
func withSecretsOf(v, now kept.Version) kept.Version {
	v.Secrets = maps.Clone(v.Secrets)
	v.Unknown = slices.DeleteFunc(slices.Clone(v.Unknown), func(name string) bool {
		sealed, ok := now.Secrets[name]
		if ok && v.Secrets == nil {
			v.Secrets = map[string][]byte{}
		}
		if ok {
			v.Secrets[name] = sealed
		}
		return ok
	})
	return v
}

// secretsFor are the secrets of the new function: those that it has now, or the
// change's with those that it keeps. Values that are not known here are asked for.
func secretsFor(f cognite.Function, known map[string]client.Secret, unknown []string, change client.SpecChange) (map[string]client.Secret, error) {
	all, keep := map[string]client.Secret{}, f.SecretNames
	if change.Secrets != nil {
		maps.Copy(all, change.Secrets)
		keep = change.KeepSecrets
	}
	var missing []string
	for _, name := range keep {
		value, ok := known[name]
		switch {
		case !slices.Contains(f.SecretNames, name):
			return nil, client.Invalidf("%s has no secret %s to keep", f.Name, name)
		case !ok || slices.Contains(unknown, name):
			missing = append(missing, name)
		}
		all[name] = value
	}
	if len(missing) > 0 {
		return nil, kept.UnknownSecrets(f.Name, missing)
	}
	return all, nil
}

func apply(spec *client.FunctionSpec, change client.SpecChange) {
	if change.FunctionPath != nil {
		spec.FunctionPath = *change.FunctionPath
	}
	if change.Runtime != nil {
		spec.Runtime = *change.Runtime
	}
	if change.EnvVars != nil {
		spec.EnvVars = change.EnvVars
	}
	if change.CPU != nil {
		spec.CPU = *change.CPU
	}
	if change.MemoryGB != nil {
		spec.MemoryGB = *change.MemoryGB
	}
	if change.IndexURL != nil {
		spec.IndexURL = *change.IndexURL
	}
	if change.ExtraIndexURLs != nil {
		spec.ExtraIndexURLs = change.ExtraIndexURLs
	}
	if change.Description != nil {
		spec.Description = *change.Description
	}
	if change.Owner != nil {
		spec.Owner = *change.Owner
	}
	if change.Metadata != nil {
		spec.Metadata = change.Metadata
	}
}

// toolkitKeys are what the vendor's toolkit writes into the metadata to see whether
// it must deploy (Cognite Toolkit, 2026-08). Where they are not computed anew they
// go: it then deploys once for nothing instead of missing a change.
var toolkitKeys = []string{"cognite-toolkit-hash", "cdf-toolkit-secret-hash"}

func (m *Machine) metadata(spec client.FunctionSpec, zip []byte) (map[string]string, error) {
	if m.Metadata != nil {
		return m.Metadata(spec.Metadata, zip, spec.Secrets)
	}
	rest := map[string]string{}
	for key, value := range spec.Metadata {
		if key != toolkitKeys[0] && key != toolkitKeys[1] {
			rest[key] = value
		}
	}
	if len(rest) == 0 {
		return nil, nil
	}
	return rest, nil
}

// versionOf finds the kept version that a request names.
func versionOf(r Request, l kept.Lineage) error {
	v, ok := l.Version(r.Version)
	switch {
	case !ok:
		return &client.Error{Code: client.CodeNotFound, Message: "this machine keeps no version " + strconv.Itoa(r.Version)}
	case v.SHA256 == "":
		return &client.Error{Code: client.CodeConflict, Message: "the code of version " + strconv.Itoa(r.Version) + " is not on this machine", Hint: "redeploy from its folder instead"}
	}
	return nil
}

var errNoCode = errors.New("a redeploy needs packed code")

// Adopt keeps a function that was deployed by other means as a lineage of its own,
// and returns that.
func (m *Machine) Adopt(ctx context.Context, function string) (kept.Lineage, error) {
	found, err := m.API.Look(ctx, function)
	if err != nil {
		return kept.Lineage{}, err
	}
	if len(found) == 0 {
		return kept.Lineage{}, &client.Error{Code: client.CodeNotFound, Message: "function " + function + " does not exist any more"}
	}
	l := m.adopt(found[0])
	return l, m.Store.Update(l.Key, func(have *kept.Lineage) error {
		*have = l
		return nil
	})
}
