package redeploy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/client/cognite/kept"
)

// keepCode downloads what the old function was built from, so that it can be built
// again. Code that cannot be had is noted: the redeploy does not need it.
func (o *Operation) keepCode(ctx context.Context) error {
	p := o.state().Plan
	l, err := o.m.Store.Get(p.Key)
	if err != nil {
		return err
	}
	done := Record{Kind: Done, Step: KeepCode}
	v, ok := l.Version(p.From)
	if !ok || v.SHA256 != "" || p.OldFile.ID == 0 {
		return o.write(done)
	}
	zip, err := o.m.API.Download(ctx, p.OldFile.ID)
	if refusedOutright(err) && !isUnauthenticated(err) {
		done.Text = "the old code cannot be had, so there is no way back to it: " + err.Error()
		return o.write(done)
	}
	if err != nil {
		return err
	}
	err = o.m.Store.Update(p.Key, func(l *kept.Lineage) error {
		sha, err := o.m.Store.SaveZip(zip)
		l.Note(p.From, func(v *kept.Version) { v.SHA256, v.Size = sha, int64(len(zip)) })
		return err
	})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(zip)
	done.ID = hex.EncodeToString(sum[:])
	if p.Newer {
		done.Text = "the file was written after the function was created: it may not be what runs"
	}
	return o.write(done)
}

func isUnauthenticated(err error) bool {
	return client.Explain(err).Code == client.CodeUnauthenticated
}

// building is what is put into service: the new version, or the old one where that
// is restored.
func (o *Operation) building() (version int, fileName string) {
	s := o.state()
	if s.Restoring {
		return s.Plan.From, s.Plan.FileName + restoredSuffix
	}
	return s.Plan.To, s.Plan.FileName
}

// version is a version with what it is created from.
func (o *Operation) version(number int) (kept.Version, client.FunctionSpec, error) {
	key := o.state().Plan.Key
	l, err := o.m.Store.Get(key)
	if err != nil {
		return kept.Version{}, client.FunctionSpec{}, err
	}
	v, ok := l.Version(number)
	if !ok {
		return v, client.FunctionSpec{}, &client.Error{Code: client.CodeNotFound, Message: "this machine does not keep version " + strconv.Itoa(number) + " of " + o.state().Plan.Old.Name}
	}
	spec, err := o.m.Store.Spec(key, v)
	return v, spec, err
}

// upload stores the code as a file of our own. Once it was tried, the file may be
// there, with or without its bytes: then it is taken over, and all bytes are sent
// again.
func (o *Operation) upload(ctx context.Context) error {
	number, name := o.building()
	v, _, err := o.version(number)
	if err != nil {
		return err
	}
	zip, err := o.m.Store.Zip(v.SHA256)
	if err != nil {
		return err
	}
	file := cognite.NewFile{Name: o.state().Plan.Old.Name, ExternalID: name, DataSetID: o.state().Plan.DataSetID, Overwrite: o.state().Tried}
	return o.change(Action{Step: Upload}, func() (string, error) {
		id, err := o.m.API.UploadTo(ctx, file, zip, o.sent)
		if err != nil {
			return "", err
		}
		return strconv.FormatInt(id, 10), nil
	})
}

func (o *Operation) file() int64 {
	id, _ := strconv.ParseInt(o.state().File, 10, 64) // upload wrote it as a number
	return id
}

// spec is what the candidate or the final function is created with.
func (o *Operation) spec(step Step) (client.FunctionSpec, error) {
	number, _ := o.building()
	_, spec, err := o.version(number)
	if step == CreateCandidate && o.state().Plan.Mode == Swap {
		spec.Name, spec.ExternalID = o.state().Plan.CandidateName, ""
	}
	return spec, err
}

// create creates the candidate or the final function.
func (o *Operation) create(ctx context.Context, step Step) error {
	spec, err := o.spec(step)
	if err != nil {
		return err
	}
	return o.change(Action{Step: step}, func() (string, error) {
		f, err := o.m.API.Create(ctx, spec, o.file())
		return f.ID, err
	})
}

// rehearse opens a session for each identity that a schedule runs as, so that a
// credential that does not work is found before anything is changed.
func (o *Operation) rehearse(ctx context.Context) error {
	seen := map[string]bool{}
	for _, m := range o.state().Schedules {
		as, err := o.m.identity(m.Schedule)
		if err != nil {
			return err
		}
		if seen[as.ClientID] {
			continue
		}
		seen[as.ClientID] = true
		if err := o.m.API.Rehearse(ctx, as); err != nil {
			return err
		}
	}
	return o.write(Record{Kind: Done, Step: Rehearse})
}

// identity is whom a schedule is created as.
func (m *Machine) identity(s Schedule) (cognite.Identity, error) {
	if s.SessionType != cognite.ByClient {
		return cognite.Identity{}, nil
	}
	if m.Secret != nil {
		if secret, ok := m.Secret(s.ClientID); ok {
			return cognite.Identity{ClientID: s.ClientID, Secret: secret}, nil
		}
	}
	return cognite.Identity{}, &client.Error{
		Code: client.CodeInvalid, Message: "schedule " + s.Name + " runs as client " + s.ClientID + ", whose secret is not at hand",
		Hint: "sign in to this context as that client, or delete the schedule first",
	}
}

// deleteFile removes our own file; its name is unique, so that nothing else can be
// meant.
func (o *Operation) deleteFile(ctx context.Context, a Action) error {
	f, ok, err := o.m.API.FileNamed(ctx, o.state().Plan.FileName)
	if err != nil {
		return err
	}
	return o.change(a, func() (string, error) {
		if !ok {
			return "", nil
		}
		return "", o.m.API.DeleteFiles(ctx, f.ID)
	})
}
