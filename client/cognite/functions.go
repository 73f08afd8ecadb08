package cognite

import (
	"context"
	"maps"
	"slices"

	"fndeck/client"
)

// everything is the limit that asks a list for all it has (SDK 8.13.0,
// _api/functions/functions.py).
const everything = 10_000

type functionRead struct {
	ID             int64             `json:"id"`
	Name           string            `json:"name"`
	FileID         int64             `json:"fileId"`
	CreatedTime    int64             `json:"createdTime"`
	Status         string            `json:"status"`
	ExternalID     string            `json:"externalId"`
	Description    string            `json:"description"`
	Owner          string            `json:"owner"`
	FunctionPath   string            `json:"functionPath"`
	Secrets        map[string]string `json:"secrets"`
	EnvVars        map[string]string `json:"envVars"`
	CPU            float64           `json:"cpu"`
	Memory         float64           `json:"memory"`
	Runtime        string            `json:"runtime"`
	RuntimeVersion string            `json:"runtimeVersion"`
	Metadata       map[string]string `json:"metadata"`
	LastCalled     int64             `json:"lastCalled"`
	Error          *failure          `json:"error"`
}

func (f functionRead) domain() client.Function {
	d := client.Function{
		ID: formatID(f.ID), Name: f.Name, ExternalID: f.ExternalID, Description: f.Description, Owner: f.Owner,
		Status: client.FunctionStatus(f.Status), Error: f.Error.domain(), Runtime: f.Runtime, RuntimeVersion: f.RuntimeVersion,
		FunctionPath: f.FunctionPath, SecretNames: slices.Sorted(maps.Keys(f.Secrets)), EnvVars: f.EnvVars, Metadata: f.Metadata,
		CPU: f.CPU, MemoryGB: f.Memory, Created: fromMillis(f.CreatedTime), DeployStarted: fromMillis(f.CreatedTime), Schedules: -1,
	}
	if f.LastCalled != 0 {
		d.LastCall = &client.CallSummary{Started: fromMillis(f.LastCalled)}
	}
	return d
}

// Functions lists all functions, newest first.
func (b *Backend) Functions(ctx context.Context) ([]client.Function, error) {
	found, err := b.list(ctx, struct{}{})
	if err != nil {
		return nil, err
	}
	all := make([]client.Function, 0, len(found))
	for _, f := range found {
		all = append(all, f.Function)
	}
	return all, nil
}

// Function reads one function.
func (b *Backend) Function(ctx context.Context, id string) (client.Function, error) {
	n, err := parseID("function", id)
	if err != nil {
		return client.Function{}, err
	}
	var page items[functionRead]
	if err := b.read(ctx, "/functions/byids", idItems(n), &page); err != nil {
		return client.Function{}, err
	}
	f, err := page.only()
	return f.domain(), err
}

type functionWrite struct {
	Name           string            `json:"name"`
	FileID         int64             `json:"fileId"`
	ExternalID     string            `json:"externalId,omitempty"`
	Description    string            `json:"description,omitempty"`
	Owner          string            `json:"owner,omitempty"`
	FunctionPath   string            `json:"functionPath,omitempty"`
	Secrets        map[string]string `json:"secrets,omitempty"`
	EnvVars        map[string]string `json:"envVars,omitempty"`
	CPU            float64           `json:"cpu,omitempty"`
	Memory         float64           `json:"memory,omitempty"`
	Runtime        string            `json:"runtime,omitempty"`
	Metadata       map[string]string `json:"metadata,omitempty"`
	IndexURL       string            `json:"indexUrl,omitempty"`
	ExtraIndexURLs []string          `json:"extraIndexUrls,omitempty"`
}

// Deploy uploads the package and creates the function from it.
func (b *Backend) Deploy(ctx context.Context, spec client.FunctionSpec, code client.Package, progress client.Progress) (client.Function, error) {
	fileID, err := b.Upload(ctx, spec.Name, code, progress)
	if err != nil {
		return client.Function{}, err
	}
	f, err := b.Create(ctx, spec, fileID)
	return f.Function, err
}

// Create creates a function from a file that is uploaded. ErrConflict if the
// external id is taken.
func (b *Backend) Create(ctx context.Context, spec client.FunctionSpec, fileID int64) (Function, error) {
	w := functionWrite{
		Name: spec.Name, FileID: fileID, ExternalID: spec.ExternalID, Description: spec.Description, Owner: spec.Owner,
		FunctionPath: spec.FunctionPath, Secrets: Reveal(spec.Secrets), EnvVars: spec.EnvVars, CPU: spec.CPU, Memory: spec.MemoryGB,
		Runtime: spec.Runtime, Metadata: spec.Metadata, IndexURL: spec.IndexURL.Reveal(),
	}
	for _, u := range spec.ExtraIndexURLs {
		w.ExtraIndexURLs = append(w.ExtraIndexURLs, u.Reveal())
	}
	var page items[functionRead]
	if err := b.change(ctx, "/functions", items[functionWrite]{[]functionWrite{w}}, &page); err != nil {
		return Function{}, err
	}
	f, err := page.made()
	return f.remote(), err
}

// Reveal opens secrets for the request that carries them; nil stays nil.
func Reveal(secrets map[string]client.Secret) map[string]string {
	if secrets == nil {
		return nil
	}
	open := make(map[string]string, len(secrets))
	for name, s := range secrets {
		open[name] = s.Reveal()
	}
	return open
}

// Delete deletes the function and, as the service does, its schedules.
func (b *Backend) Delete(ctx context.Context, functionID string) error {
	n, err := parseID("function", functionID)
	if err != nil {
		return err
	}
	return b.change(ctx, "/functions/delete", idItems(n), nil)
}
