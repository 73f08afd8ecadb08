package cognite

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strings"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/engine/store"
)

type fileRead struct {
	ID              int64             `json:"id"`
	Name            string            `json:"name"`
	ExternalID      string            `json:"externalId,omitempty"`
	MimeType        string            `json:"mimeType,omitempty"`
	Metadata        map[string]string `json:"metadata,omitempty"`
	Uploaded        bool              `json:"uploaded"`
	UploadedTime    int64             `json:"uploadedTime,omitempty"`
	CreatedTime     int64             `json:"createdTime"`
	LastUpdatedTime int64             `json:"lastUpdatedTime"`
	UploadURL       string            `json:"uploadUrl,omitempty"`
}

func fileOf(f store.File) fileRead {
	return fileRead{
		ID: f.ID, Name: f.Name, ExternalID: f.ExternalID, MimeType: f.MimeType, Metadata: core.Metadata(f.Metadata), Uploaded: f.SHA256 != "",
		UploadedTime: millis(f.Uploaded), CreatedTime: millis(f.Created), LastUpdatedTime: millis(f.Updated),
	}
}

// Bounds of what is written of a file, in characters (API reference 20230101,
// files).
const maxFileName, maxMimeType = 256, 256

// link is an absolute URL on the host that the client has reached us by; its
// path carries the right, as older clients send no token here.
func link(r *http.Request, right string) string { return "http://" + r.Host + uploadRoot + right }

func (a *API) createFile(r *dialect.Request) error {
	var body struct {
		Name       string            `json:"name"`
		ExternalID string            `json:"externalId"`
		MimeType   string            `json:"mimeType"`
		Metadata   map[string]string `json:"metadata"`
	}
	if err := dialect.ReadJSON(r, &body); err != nil {
		return err
	}
	r.About("name", body.Name)
	if body.Name == "" {
		return client.Invalidf("name is required")
	}
	if err := cmp.Or(
		core.CheckLength("name", body.Name, maxFileName), core.CheckLength("externalId", body.ExternalID, core.MaxExternalID),
		core.CheckLength("mimeType", body.MimeType, maxMimeType),
	); err != nil {
		return err
	}
	// Some clients spell the boolean with a capital.
	overwrite := strings.EqualFold(r.URL.Query().Get("overwrite"), "true")
	f, right, err := a.core.CreateFile(core.NewFile{Name: body.Name, ExternalID: body.ExternalID, MimeType: body.MimeType, Metadata: body.Metadata, Overwrite: overwrite, By: r.Caller})
	if err != nil {
		return conflictOn(err, body.ExternalID)
	}
	r.About("file", f.ID)
	read := fileOf(f)
	read.UploadURL = link(r.Request, right)
	return dialect.WriteJSON(r.Writer, http.StatusCreated, read)
}

// transfer serves the upload and download links.
func (a *API) transfer(w http.ResponseWriter, r *http.Request, right string) {
	var err error
	switch r.Method {
	case http.MethodPut:
		if err = core.CheckUpload(r.ContentLength); err == nil {
			err = a.core.Admit(max(0, r.ContentLength))
		}
		if err == nil {
			err = a.core.Upload(right, r.Body)
		}
		file, by := a.core.UploadOf(right)
		a.core.Record(by, dialect.Remote(r), "files.upload", fmt.Sprintf("file %d", file), err)
		if err == nil {
			w.WriteHeader(http.StatusOK)
			return
		}
	case http.MethodGet:
		if err = a.download(w, right); err == nil {
			return
		}
	default:
		w.Header().Set("Allow", "GET, PUT")
		refuse(w, r, http.StatusMethodNotAllowed, client.Invalidf("an upload link takes PUT, a download link GET"))
		return
	}
	refuse(w, r, 0, err)
}

func (a *API) download(w http.ResponseWriter, right string) error {
	f, err := a.core.OpenDownload(right)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	w.Header().Set("Content-Type", "application/zip")
	_, _ = io.Copy(w, f) // the client has gone: nobody to tell
	return nil
}

// maxFileIDs and maxLinks bound how many files one request names.
const maxFileIDs, maxLinks = 1000, 100

func (a *API) findFiles(r *dialect.Request, limit int) ([]store.File, error) {
	body, err := readSelection(r, limit, byEither)
	if err != nil {
		return nil, err
	}
	return find(body, "File", func(s selector) (store.File, error) {
		if s.ID != 0 {
			return a.core.Store().File(s.ID)
		}
		return a.core.Store().FileByExternalID(s.ExternalID)
	})
}

func (a *API) filesByIDs(r *dialect.Request) error {
	return a.answerFiles(r, maxFileIDs, func(f store.File) any { return fileOf(f) })
}

func (a *API) uploadLink(r *dialect.Request) error {
	return a.answerFiles(r, maxLinks, func(f store.File) any {
		read := fileOf(f)
		read.UploadURL = link(r.Request, a.core.UploadRight(r.Caller, f.ID))
		return read
	})
}

func (a *API) downloadLink(r *dialect.Request) error {
	found, err := a.findFiles(r, maxLinks)
	if err != nil {
		return err
	}
	page := items[any]{Items: []any{}}
	for _, f := range found {
		if f.SHA256 == "" {
			return client.Invalidf("file %d is not uploaded yet", f.ID)
		}
		page.Items = append(page.Items, map[string]any{"id": f.ID, "downloadUrl": link(r.Request, a.core.DownloadRight(f.ID))})
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, page)
}

func (a *API) answerFiles(r *dialect.Request, limit int, read func(store.File) any) error {
	found, err := a.findFiles(r, limit)
	if err != nil {
		return err
	}
	page := items[any]{Items: []any{}}
	for _, f := range found {
		page.Items = append(page.Items, read(f))
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, page)
}

func (a *API) deleteFiles(r *dialect.Request) error {
	found, err := a.findFiles(r, maxFileIDs)
	if err != nil {
		return err
	}
	for _, f := range found {
		r.About("file", f.ID)
		if err := a.core.DeleteFile(f.ID); err != nil && !isNotFound(err) {
			return err
		}
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, struct{}{})
}

func refuseMultipart(*dialect.Request) error {
	return client.Invalidf("multipart upload is for files above 5 GiB; this engine takes one PUT of up to 512 MiB")
}
