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

// CodeFiles lists the files of a version that this machine keeps.
func (b *Backend) CodeFiles(ctx context.Context, functionID string, version int) ([]client.CodeFile, error) {
	zip, err := b.Code(ctx, functionID, version)
	if err != nil {
		return nil, err
	}
	files, err := drift.InZip(ctx, bytes.NewReader(zip), int64(len(zip)))
	if err != nil {
		return nil, err
	}
	all := make([]client.CodeFile, 0, len(files))
	for _, path := range slices.Sorted(maps.Keys(files)) {
		all = append(all, client.CodeFile{Path: path, SHA256: files[path]})
	}
	return all, nil
}

// Code reads the packed code of a version that this machine keeps.
func (b *Backend) Code(_ context.Context, functionID string, version int) ([]byte, error) {
	v, err := b.view()
	if err != nil {
		return nil, err
	}
	l, _ := v.find(functionID)
	have, ok := l.Version(version)
	if !ok {
		return nil, &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("this machine keeps no version %d of function %s", version, functionID)}
	}
	return b.store.Zip(have.SHA256)
}

// ChangeSettings deploys the code that serves again, with other settings, as a
// redeploy does.
func (b *Backend) ChangeSettings(ctx context.Context, functionID string, change client.SpecChange) (client.Function, error) {
	f, err := b.Function(ctx, functionID)
	if err != nil {
		return f, err
	}
	if f.Status != client.FunctionReady {
		return f, &client.Error{Code: client.CodeConflict, Message: f.Name + " has no code that serves: it is " + string(f.Status), Hint: "redeploy it"}
	}
	zip, err := b.serving(ctx, f)
	if err != nil {
		return f, err
	}
	code := client.Package{Zip: zip, Folder: f.Folder}
	return b.start(ctx, functionID, redeploy.Request{Code: code, Change: change}, nil)
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
