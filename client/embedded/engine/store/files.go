package store

import "time"

// File is an uploaded archive. Its bytes are code/<SHA256>.zip.
type File struct {
	ID         int64
	Name       string
	ExternalID string
	MimeType   string
	Metadata   string
	// SHA256 is empty until the first upload is complete.
	SHA256                     string
	SizeBytes                  int64
	Created, Updated, Uploaded time.Time
}

const fileColumns = `id, name, COALESCE(external_id,''), mime_type, metadata, sha256, size, created, updated, uploaded`

func scanFile(r scanner) (f File, err error) {
	var created, updated, uploaded int64
	err = r.Scan(&f.ID, &f.Name, &f.ExternalID, &f.MimeType, &f.Metadata, &f.SHA256, &f.SizeBytes, &created, &updated, &uploaded)
	f.Created, f.Updated, f.Uploaded = fromMicros(created), fromMicros(updated), fromMicros(uploaded)
	return f, err
}

// File reads one file.
func (s *Store) File(id int64) (File, error) {
	return one(s.row(`SELECT `+fileColumns+` FROM files WHERE id = ?`, id), scanFile)
}

// FileByExternalID reads the file that holds an external id.
func (s *Store) FileByExternalID(externalID string) (File, error) {
	return one(s.row(`SELECT `+fileColumns+` FROM files WHERE external_id = ?`, externalID), scanFile)
}

// InsertFile stores a new file, not yet uploaded.
func (tx *Tx) InsertFile(f File) error {
	return tx.exec(`INSERT INTO files (id, name, external_id, mime_type, metadata, created, updated) VALUES (?,?,?,?,?,?,?)`,
		f.ID, f.Name, orNull(f.ExternalID), f.MimeType, f.Metadata, micros(f.Created), micros(f.Updated))
}

// FileByExternalID reads a file inside the transaction.
func (tx *Tx) FileByExternalID(externalID string) (File, error) {
	return one(tx.queryRow(`SELECT `+fileColumns+` FROM files WHERE external_id = ?`, externalID), scanFile)
}

// RenameFile gives an existing file the name of a new upload.
func (tx *Tx) RenameFile(id int64, name, mimeType, metadata string) error {
	return tx.change(`UPDATE files SET name = ?, mime_type = ?, metadata = ?, updated = ? WHERE id = ?`, name, mimeType, metadata, tx.Now(), id)
}

// SetFileContent records a completed upload.
func (tx *Tx) SetFileContent(id int64, sha256 string, size int64) error {
	return tx.change(`UPDATE files SET sha256 = ?, size = ?, uploaded = ?4, updated = ?4 WHERE id = ?3`, sha256, size, id, tx.Now())
}

// DeleteFile deletes a file's row. Code that a version uses stays.
func (tx *Tx) DeleteFile(id int64) error { return tx.change(`DELETE FROM files WHERE id = ?`, id) }

// DeleteUnusedFiles deletes the files from before a time whose content no
// version was made from.
func (tx *Tx) DeleteUnusedFiles(before time.Time) error {
	return tx.exec(`DELETE FROM files WHERE updated < ? AND sha256 NOT IN (SELECT sha256 FROM versions)`, micros(before))
}
