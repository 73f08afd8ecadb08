package core

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/store"
)

const (
	// maxUpload bounds an uploaded archive.
	maxUpload = 512 << 20
	// uploadLife is how long an upload link may be used.
	uploadLife = time.Hour
)

// NewFile is what a file is created with.
type NewFile struct {
	Name, ExternalID, MimeType string
	Metadata                   map[string]string
	// Overwrite takes over the file that holds ExternalID. Its bytes change
	// only when the new upload is complete.
	Overwrite bool
	// By is who may upload the bytes.
	By Caller
}

// uploads are the rights to fill a file, once, or to read it, each behind a random
// path.
type uploads struct {
	clock func() time.Time
	mu    sync.Mutex
	open  map[string]upload
}

type upload struct {
	fileID   int64
	by       Caller // whom the right was given to
	download bool
	expires  time.Time
	// sha is what was uploaded with the right: the same bytes once more are
	// answered as the first time, for a client whose answer was lost.
	sha string
}

func newUploads(clock func() time.Time) *uploads {
	return &uploads{clock: clock, open: map[string]upload{}}
}

func (u *uploads) add(o upload) (right string) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // it never fails, see its documentation
	right = hex.EncodeToString(raw[:])
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.clock()
	for old, known := range u.open {
		if now.After(known.expires) {
			delete(u.open, old)
		}
	}
	o.expires = now.Add(uploadLife)
	u.open[right] = o
	return right
}

func (u *uploads) find(right string, download bool) (o upload, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	o, ok = u.open[right]
	return o, ok && o.download == download && !u.clock().After(o.expires)
}

// spend records what a right was used for.
func (u *uploads) spend(right, sha string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	o := u.open[right]
	o.sha = sha
	u.open[right] = o
}

// CreateFile makes a file, or takes over an existing one, and returns the right
// to upload its bytes.
func (e *Core) CreateFile(n NewFile) (f store.File, right string, err error) {
	metadata, err := metadataText(n.Metadata)
	if err == nil {
		err = e.room.Check(0)
	}
	if err != nil {
		return f, "", err
	}
	err = e.store.Write(store.Durable, func(tx *store.Tx) error {
		if n.ExternalID != "" {
			have, err := tx.FileByExternalID(n.ExternalID)
			switch {
			case err == nil && !n.Overwrite:
				return &client.Error{Code: client.CodeConflict, Message: "a file with external id " + n.ExternalID + " exists already"}
			case err == nil:
				have.Name, have.MimeType, have.Metadata = n.Name, n.MimeType, metadata
				f = have
				return tx.RenameFile(have.ID, n.Name, n.MimeType, metadata)
			case !errors.Is(err, store.ErrNotFound):
				return err
			}
		}
		now := e.c.Clock().UTC()
		f = store.File{ID: tx.NextID(), Name: n.Name, ExternalID: n.ExternalID, MimeType: n.MimeType, Metadata: metadata, Created: now, Updated: now}
		return tx.InsertFile(f)
	})
	if err != nil {
		return f, "", err
	}
	return f, e.uploads.add(upload{fileID: f.ID, by: n.By}), nil
}

// Admit refuses what is new and needs so many bytes while the disk is full.
func (e *Core) Admit(needBytes int64) error { return e.room.Check(needBytes) }

// UploadOf is the file that a right to upload is for, and whom it was given to; 0
// if it is none.
func (e *Core) UploadOf(right string) (fileID int64, by Caller) {
	o, _ := e.uploads.find(right, false)
	return o.fileID, o.by
}

// UploadRight gives a caller a new right to upload a file's bytes.
func (e *Core) UploadRight(by Caller, fileID int64) string {
	return e.uploads.add(upload{fileID: fileID, by: by})
}

// errUploadSize names the bound that maxUpload is.
var errUploadSize = &client.Error{Code: client.CodeLimit, Status: http.StatusRequestEntityTooLarge, Message: "the upload is larger than 512 MiB"}

// CheckUpload refuses an upload that says to be too large, before a byte of it is
// read. size is -1 where it says nothing.
func CheckUpload(size int64) error {
	if size > maxUpload {
		return errUploadSize
	}
	return nil
}

var errUploadLink = &client.Error{Code: client.CodeNotFound, Message: "this upload link is unknown, used or expired"}

// Upload takes the bytes of a file. It returns once they and the file's row are
// durable; a cut upload changes nothing. A right that was used takes only the
// same bytes once more, without effect.
func (e *Core) Upload(right string, body io.Reader) error {
	o, ok := e.uploads.find(right, false)
	switch {
	case !ok:
		return errUploadLink
	case o.sha != "":
		h := sha256.New()
		if _, err := io.Copy(h, io.LimitReader(body, maxUpload+1)); err != nil {
			return err
		}
		if hex.EncodeToString(h.Sum(nil)) != o.sha {
			return errUploadLink
		}
		return nil
	}
	if err := e.room.Check(0); err != nil {
		return err
	}
	sha, size, err := e.saveCode(body)
	if err != nil {
		return e.room.Explain(err, size+disk.BallastBytes)
	}
	err = e.store.Write(store.Durable, func(tx *store.Tx) error { return tx.SetFileContent(o.fileID, sha, size) })
	if err != nil {
		return notFound(err, "file %d does not exist any more", o.fileID)
	}
	e.uploads.spend(right, sha)
	return nil
}

// saveCode stores bytes under their hash, durably.
func (e *Core) saveCode(body io.Reader) (sha string, size int64, err error) {
	temp, err := os.CreateTemp(e.path(codeDir), ".upload-*")
	if err != nil {
		return "", 0, err
	}
	defer func() {
		_ = temp.Close()           // closed already when all went well
		_ = os.Remove(temp.Name()) // renamed already when all went well
	}()
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(temp, h), io.LimitReader(body, maxUpload+1))
	if err != nil {
		return "", size, err
	}
	if size > maxUpload {
		return "", 0, errUploadSize
	}
	sha = hex.EncodeToString(h.Sum(nil))
	if err := errors.Join(temp.Sync(), temp.Close()); err != nil {
		return "", 0, err
	}
	if err := os.Rename(temp.Name(), e.codeFile(sha)); err != nil {
		return "", 0, err
	}
	return sha, size, disk.SyncDir(e.path(codeDir))
}

func (e *Core) codeFile(sha string) string { return filepath.Join(e.path(codeDir), sha+".zip") }

// DownloadRight gives a right to read a file's bytes.
func (e *Core) DownloadRight(fileID int64) string {
	return e.uploads.add(upload{fileID: fileID, download: true})
}

// OpenDownload opens the bytes that a right was given for; the caller closes it.
func (e *Core) OpenDownload(right string) (*os.File, error) {
	o, ok := e.uploads.find(right, true)
	if !ok {
		return nil, &client.Error{Code: client.CodeNotFound, Message: "this download link is unknown or expired"}
	}
	f, err := e.store.File(o.fileID)
	if err != nil {
		return nil, notFound(err, "file %d does not exist any more", o.fileID)
	}
	return e.OpenCode(f.SHA256)
}

// OpenCode opens the bytes of a file for reading; the caller closes it.
func (e *Core) OpenCode(sha string) (*os.File, error) { return os.Open(e.codeFile(sha)) }

// DeleteFile deletes a file. Versions built from it keep their code.
func (e *Core) DeleteFile(id int64) error {
	err := e.store.Write(store.Durable, func(tx *store.Tx) error { return tx.DeleteFile(id) })
	return notFound(err, "file %d does not exist", id)
}
