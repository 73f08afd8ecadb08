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

const fileColumns = `id, name, external_id, mime_type, metadata, sha256, size, created, updated, uploaded, sum`

func (f File) digest() digest {
	return digestOf("files").int(f.ID, f.SizeBytes, micros(f.Created), micros(f.Updated), micros(f.Uploaded)).
		text(f.Name, f.ExternalID, f.MimeType, f.Metadata, f.SHA256)
}

func scanFile(r scanner) (f File, err error) {
	var sum int64
	err = r.Scan(number(&f.ID), text(&f.Name), text(&f.ExternalID), text(&f.MimeType), text(&f.Metadata), text(&f.SHA256),
		number(&f.SizeBytes), moment(&f.Created), moment(&f.Updated), moment(&f.Uploaded), number(&sum))
	return f, checked(err, "files", f.ID, sum, f.digest)
}

// File reads one file.
func (s *Store) File(id int64) (File, error) {
	return one(s.row(`SELECT `+fileColumns+` FROM files WHERE id = ?`, id), scanFile)
}

// FileByExternalID reads the file that holds an external id.
func (s *Store) FileByExternalID(externalID string) (File, error) {
	return one(s.row(`SELECT `+fileColumns+` FROM files WHERE external_id = ?`, externalID), scanFile)
}

// InsertFile stores a new file.
func (tx *Tx) InsertFile(f File) error {
	return tx.exec(`INSERT INTO files (`+fileColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?)`, f.ID, f.Name, orNull(f.ExternalID), f.MimeType, f.Metadata,
		f.SHA256, f.SizeBytes, micros(f.Created), micros(f.Updated), micros(f.Uploaded), f.digest().sum())
}

// FileByExternalID reads a file inside the transaction.
func (tx *Tx) FileByExternalID(externalID string) (File, error) {
	return one(tx.queryRow(`SELECT `+fileColumns+` FROM files WHERE external_id = ?`, externalID), scanFile)
}

// RenameFile gives an existing file the name of a new upload.
func (tx *Tx) RenameFile(id int64, name, mimeType, metadata string) error {
	return tx.changeFile(id, func(f *File) { f.Name, f.MimeType, f.Metadata = name, mimeType, metadata })
}

// SetFileContent records a completed upload.
func (tx *Tx) SetFileContent(id int64, sha256 string, size int64) error {
	return tx.changeFile(id, func(f *File) {
		f.SHA256, f.SizeBytes, f.Uploaded = sha256, size, fromMicros(tx.Now())
	})
}

func (tx *Tx) changeFile(id int64, change func(*File)) error {
	f, err := one(tx.queryRow(`SELECT `+fileColumns+` FROM files WHERE id = ?`, id), scanFile)
	if err != nil {
		return err
	}
	change(&f)
	f.Updated = fromMicros(tx.Now())
	return tx.change(`UPDATE files SET name=?, mime_type=?, metadata=?, sha256=?, size=?, updated=?, uploaded=?, sum=? WHERE id = ?`,
		f.Name, f.MimeType, f.Metadata, f.SHA256, f.SizeBytes, micros(f.Updated), micros(f.Uploaded), f.digest().sum(), id)
}

// DeleteFile deletes a file's row. Code that a version uses stays.
func (tx *Tx) DeleteFile(id int64) error { return tx.change(`DELETE FROM files WHERE id = ?`, id) }

// HasUnusedFiles reports whether DeleteUnusedFiles would delete any.
func (s *Store) HasUnusedFiles(before time.Time) (some bool, err error) {
	err = s.row(`SELECT EXISTS (SELECT 1 FROM files WHERE updated < ? AND sha256 NOT IN (SELECT sha256 FROM versions))`, micros(before)).Scan(&some)
	return some, err
}

// DeleteUnusedFiles deletes the files from before a time whose content no
// version was made from.
func (tx *Tx) DeleteUnusedFiles(before time.Time) error {
	return tx.exec(`DELETE FROM files WHERE updated < ? AND sha256 NOT IN (SELECT sha256 FROM versions)`, micros(before))
}
