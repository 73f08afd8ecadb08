package cloud

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"fndeck/client"
	"fndeck/client/cognite/redeploy"
	"fndeck/client/drift"
)

// CodeFiles lists the files of a version; version 0 is what runs of a function that
// was deployed by other means.
func (b *Backend) CodeFiles(ctx context.Context, functionID string, version int) ([]client.CodeFile, error) {
	zip, err := b.Code(ctx, functionID, version)
	if err != nil {
		return nil, err
	}
	files, err := drift.InZip(ctx, bytes.NewReader(zip), int64(len(zip)))
	if err != nil {
		return nil, fmt.Errorf("read the code of v%d: %w", version, err)
	}
	list := make([]client.CodeFile, 0, len(files))
	for _, path := range slices.Sorted(maps.Keys(files)) {
		list = append(list, client.CodeFile{Path: path, SHA256: files[path]})
	}
	return list, nil
}

// Code reads the code of a version as this machine keeps it. Where it does not, it
// downloads the file that what runs was built from.
func (b *Backend) Code(ctx context.Context, functionID string, version int) ([]byte, error) {
	v, err := b.view()
	if err != nil {
		return nil, err
	}
	now := v.present(functionID)
	if l, ok := v.find(functionID); ok {
		k, found := l.Version(version)
		switch {
		case !found:
			return nil, &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("this machine keeps no version %d", version)}
		case k.SHA256 != "":
			return b.store.Zip(k.SHA256)
		case v.version(now) != version:
			return nil, &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("the code of version %d is not on this machine", version)}
		}
	} else if version != 0 {
		if _, err := b.Function(ctx, functionID); err != nil {
			return nil, err
		}
		return nil, &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("this machine keeps no version %d", version)}
	}
	return b.running(ctx, now)
}

// running downloads the file that a function was built from, if nobody has written to
// it since: then nobody knows what runs.
func (b *Backend) running(ctx context.Context, id string) ([]byte, error) {
	found, err := b.Look(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &client.Error{Code: client.CodeNotFound, Message: "function " + id + " does not exist"}
	}
	f := found[0]
	file, ok, err := b.File(ctx, f.FileID)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, &client.Error{Code: client.CodeNotFound, Message: "the file that " + f.Name + " was built from is gone"}
	case file.Uploaded.After(f.Created):
		return nil, &client.Error{Code: client.CodeConflict, Message: "the file of " + f.Name + " was written after the function was created: what it holds may not be what runs"}
	}
	return b.Download(ctx, file.ID)
}

// ChangeSettings deploys the code that serves again, with other settings, as a
// redeploy does.
func (b *Backend) ChangeSettings(ctx context.Context, functionID string, change client.SpecChange) (client.Function, error) {
	code, err := b.servingCode(ctx, functionID)
	if err != nil {
		return client.Function{}, err
	}
	return b.start(ctx, functionID, redeploy.Request{Code: code, Change: change, RunAsMe: change.RunAsMe}, nil)
}

// servingCode is the package of what serves.
func (b *Backend) servingCode(ctx context.Context, functionID string) (client.Package, error) {
	f, err := b.Function(ctx, functionID)
	if err != nil {
		return client.Package{}, err
	}
	if f.Status != client.FunctionReady {
		return client.Package{}, &client.Error{Code: client.CodeConflict, Message: f.Name + " has no code that serves: it is " + string(f.Status), Hint: "redeploy it"}
	}
	zip, err := b.serving(ctx, f)
	return client.Package{Zip: zip, Folder: f.Folder}, err
}

// serving is the code that serves: what is kept here, or else the function's file.
func (b *Backend) serving(ctx context.Context, f client.Function) ([]byte, error) {
	zip, err := b.Code(ctx, f.ID, f.Version)
	if err == nil {
		return zip, nil
	}
	v, viewErr := b.view()
	if viewErr != nil {
		return nil, viewErr
	}
	found, lookErr := b.Look(ctx, v.present(f.ID))
	if lookErr != nil || len(found) == 0 || found[0].FileID == 0 {
		return nil, err
	}
	return b.Download(ctx, found[0].FileID)
}
