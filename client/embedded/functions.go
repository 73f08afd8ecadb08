package embedded

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/client/embedded/wire"
)

// Function reads one function.
func (b *Backend) Function(ctx context.Context, id string) (client.Function, error) {
	var f client.Function
	err := b.read(ctx, "functions/"+url.PathEscape(id), &f)
	return f, err
}

// Deploy creates a function over the dialect, then notes where its code came
// from.
func (b *Backend) Deploy(ctx context.Context, spec client.FunctionSpec, code client.Package, progress client.Progress) (client.Function, error) {
	f, err := b.Backend.Deploy(ctx, spec, code, progress)
	if err != nil {
		return f, err
	}
	if code.Folder != "" {
		if err := b.own(ctx, client.Safe, http.MethodPut, "functions/"+f.ID+"/origin", wire.Origin{Folder: code.Folder}, nil); err != nil {
			return f, err
		}
	}
	return b.Function(ctx, f.ID)
}

// Redeploy uploads the package as the function's next version.
func (b *Backend) Redeploy(ctx context.Context, functionID string, code client.Package, change client.SpecChange, progress client.Progress) (client.Function, error) {
	if err := resizes(change); err != nil {
		return client.Function{}, err
	}
	before, err := b.Function(ctx, functionID)
	if err != nil {
		return before, err
	}
	fileID, err := b.Upload(ctx, before.Name, code, progress)
	if err != nil {
		return before, err
	}
	body := changeOf(change)
	body.FileID, body.Folder = fileID, code.Folder
	return b.newVersion(ctx, functionID, body)
}

// ChangeSettings makes a version of the code that serves.
func (b *Backend) ChangeSettings(ctx context.Context, functionID string, change client.SpecChange) (client.Function, error) {
	if err := resizes(change); err != nil {
		return client.Function{}, err
	}
	return b.newVersion(ctx, functionID, changeOf(change))
}

// noFiles is why no file of a project can be deployed.
const noFiles = "the local engine has no files of a project: take a folder or a zip"

// noRunAs is why a schedule has no identity of its own.
const noRunAs = "schedules of the local engine run as the engine does"

// archivesItself is why calls are not archived from here.
const archivesItself = "the local engine keeps its calls itself, as long as engine.retention says"

// keepsSize is why a redeploy gives a function no other size.
const keepsSize = "the local engine keeps the CPU and memory that a function was created with"

// resizes refuses what the engine cannot change.
func resizes(change client.SpecChange) error {
	if change.CPU == nil && change.MemoryGB == nil {
		return nil
	}
	return &client.Error{
		Code: client.CodeUnsupported, Message: keepsSize,
		Hint: "leave --cpu and --memory out",
	}
}

func (b *Backend) newVersion(ctx context.Context, functionID string, body wire.Redeploy) (client.Function, error) {
	var f client.Function
	err := b.own(ctx, client.Once, http.MethodPost, "functions/"+url.PathEscape(functionID)+"/versions", body, &f)
	return f, err
}

// changeOf is a change as it is sent; what is nil stays nil.
func changeOf(change client.SpecChange) wire.Redeploy {
	body := wire.Redeploy{
		FunctionPath: change.FunctionPath, Runtime: change.Runtime, EnvVars: change.EnvVars, KeepSecrets: change.KeepSecrets,
		Secrets:     cognite.Reveal(change.Secrets),
		Description: change.Description, Owner: change.Owner, Metadata: change.Metadata,
	}
	if change.IndexURL != nil {
		index := change.IndexURL.Reveal()
		body.IndexURL = &index
	}
	if change.ExtraIndexURLs != nil {
		body.ExtraIndexURLs = make([]string, 0, len(change.ExtraIndexURLs))
		for _, u := range change.ExtraIndexURLs {
			body.ExtraIndexURLs = append(body.ExtraIndexURLs, u.Reveal())
		}
	}
	return body
}

// Versions lists the kept versions, newest first.
func (b *Backend) Versions(ctx context.Context, functionID string) ([]client.Version, error) {
	var all wire.List[client.Version]
	err := b.read(ctx, "functions/"+url.PathEscape(functionID)+"/versions", &all)
	return all.Items, err
}

// Rollback makes an earlier version serve again, at once.
func (b *Backend) Rollback(ctx context.Context, functionID string, version int) (client.Function, error) {
	var f client.Function
	err := b.own(ctx, client.Once, http.MethodPost, "functions/"+url.PathEscape(functionID)+"/rollback", wire.Rollback{Version: version}, &f)
	return f, err
}

// Rebuild installs the requirements anew, for a version of its own.
func (b *Backend) Rebuild(ctx context.Context, functionID string) (client.Function, error) {
	var f client.Function
	err := b.own(ctx, client.Once, http.MethodPost, "functions/"+url.PathEscape(functionID)+"/rebuild", struct{}{}, &f)
	return f, err
}

// SetMode chooses how the calls of a function run.
func (b *Backend) SetMode(ctx context.Context, functionID, mode string, workers int) (client.Function, error) {
	var f client.Function
	err := b.own(ctx, client.Safe, http.MethodPut, "functions/"+url.PathEscape(functionID)+"/mode", wire.Mode{Mode: mode, Workers: workers}, &f)
	return f, err
}

// Deploys lists the newest deploys first.
func (b *Backend) Deploys(ctx context.Context, functionID string, limit int) ([]client.Deploy, error) {
	var all wire.List[client.Deploy]
	err := b.read(ctx, "deploys?"+query("function", functionID, "limit", strconv.Itoa(limit)), &all)
	return all.Items, err
}

// query encodes pairs of names and values without the empty ones.
func query(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values.Encode()
}
