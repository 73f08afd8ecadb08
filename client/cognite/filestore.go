package cognite

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fndeck/client"
)

// NewFile is what a file is created with. Overwrite takes over the file that has
// ExternalID: its bytes change only when the new ones are complete.
type NewFile struct {
	Name, ExternalID string
	DataSetID        int64
	Overwrite        bool
}

// File is a file of the project.
type File struct {
	ID         int64
	Name       string
	ExternalID string
	DataSetID  int64
	// Uploaded is when its bytes were last written, zero if it has none.
	Uploaded time.Time
	// Modelled says that it belongs to data modelling, where the files API may not
	// change it.
	Modelled bool
}

type fileRead struct {
	ID           int64           `json:"id"`
	Name         string          `json:"name"`
	ExternalID   string          `json:"externalId"`
	DataSetID    int64           `json:"dataSetId"`
	UploadedTime int64           `json:"uploadedTime"`
	InstanceID   json.RawMessage `json:"instanceId"`
	UploadURL    string          `json:"uploadUrl"`
}

func (f fileRead) file() File {
	return File{ID: f.ID, Name: f.Name, ExternalID: f.ExternalID, DataSetID: f.DataSetID, Uploaded: fromMillis(f.UploadedTime), Modelled: len(f.InstanceID) > 0}
}

// UploadTo stores bytes as a file and returns the file's id. ErrConflict if the
// external id is taken and may not be overwritten.
func (b *Backend) UploadTo(ctx context.Context, f NewFile, zip []byte, progress client.Progress) (int64, error) {
	// A file name is the function's with / as -, as the vendor's SDK makes it.
	body := map[string]any{"name": strings.ReplaceAll(f.Name, "/", "-") + ".zip"}
	if f.ExternalID != "" {
		body["externalId"] = f.ExternalID
	}
	if f.DataSetID != 0 {
		body["dataSetId"] = f.DataSetID
	}
	var made fileRead
	if err := b.change(ctx, "/files?overwrite="+strconv.FormatBool(f.Overwrite), body, &made); err != nil {
		return 0, fmt.Errorf("upload %s: %w", f.Name, err)
	}
	if err := b.put(ctx, made.UploadURL, zip, progress); err != nil {
		return 0, fmt.Errorf("upload %s: %w", f.Name, err)
	}
	return made.ID, nil
}

// File reads a file by id; ok is false if there is none.
func (b *Backend) File(ctx context.Context, id int64) (f File, ok bool, err error) {
	return b.file(ctx, known(id))
}

// FileNamed reads a file by external id; ok is false if there is none.
func (b *Backend) FileNamed(ctx context.Context, externalID string) (f File, ok bool, err error) {
	return b.file(ctx, knownAs(externalID))
}

func (b *Backend) file(ctx context.Context, which selection) (f File, ok bool, err error) {
	var page items[fileRead]
	if err := b.read(ctx, "/files/byids", which, &page); err != nil || len(page.Items) == 0 {
		return f, false, err
	}
	return page.Items[0].file(), true, nil
}

// maxFilePage is how many files one page of a list holds (API reference 20230101,
// files).
const maxFilePage = 1000

// Files lists the files whose external id begins with prefix.
func (b *Backend) Files(ctx context.Context, prefix string) ([]File, error) {
	found, err := whole[fileRead](ctx, b, "/files/list", map[string]any{"filter": map[string]string{"externalIdPrefix": prefix}, "limit": maxFilePage})
	if err != nil {
		return nil, fmt.Errorf("list the files: %w", err)
	}
	var all []File
	seen := map[int64]bool{} // a file that came meanwhile moves others to the next page
	for _, f := range found {
		if !seen[f.ID] {
			seen[f.ID] = true
			all = append(all, f.file())
		}
	}
	return all, nil
}

// DeleteFiles deletes files; those that do not exist are no error.
func (b *Backend) DeleteFiles(ctx context.Context, ids ...int64) error {
	if len(ids) == 0 {
		return nil
	}
	return b.change(ctx, "/files/delete", known(ids...), nil)
}

// downloadLimit bounds the download of a package.
const downloadLimit = 10 * time.Minute

// Download reads the bytes of a file. Our token goes to the link for them only
// where that is the API's own host.
func (b *Backend) Download(ctx context.Context, id int64) (zip []byte, err error) {
	var page items[struct {
		DownloadURL string `json:"downloadUrl"`
	}]
	if err := b.read(ctx, "/files/downloadlink", idItems(id), &page); err != nil {
		return nil, fmt.Errorf("download file %d: %w", id, err)
	}
	link, err := page.only()
	if err != nil {
		return nil, err
	}
	target, own, err := b.linked(link.DownloadURL)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, downloadLimit)
	defer cancel()
	err = b.http.Repeat(ctx, client.Safe, func(int) error {
		zip, err = b.fetch(ctx, target, own)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("download file %d: %w", id, err)
	}
	return zip, nil
}

// maxZip bounds a package that is downloaded.
const maxZip = 1 << 30

func (b *Backend) fetch(ctx context.Context, target *url.URL, own bool) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err
	}
	reply, err := b.sendLinked(request, own)
	if err != nil {
		return nil, unsent(ctx, target.Host, err)
	}
	defer func() { _ = reply.Body.Close() }() // read to its end or given up
	text, err := io.ReadAll(io.LimitReader(reply.Body, maxZip+1))
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case reply.StatusCode/100 != 2:
		return nil, b.http.StatusError(reply, text)
	case err != nil:
		return nil, &client.Error{Code: client.CodeUnavailable, Message: "the download was cut", Err: err}
	case len(text) > maxZip:
		return nil, &client.Error{Code: client.CodeLimit, Message: fmt.Sprintf("the file is larger than %d bytes", maxZip)}
	}
	return text, nil
}
