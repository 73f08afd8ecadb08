package store

import "time"

// Function is a function's row. What is deployed of it is in its versions.
type Function struct {
	ID          int64
	Name        string
	ExternalID  string
	Description string
	Owner       string
	// Metadata is a JSON object of strings, or empty.
	Metadata string
	FileID   int64
	Created  time.Time
	// Serving is the number of the version that answers calls, 0 if none does;
	// Latest is the highest number given out.
	Serving, Latest int
}

const functionColumns = `id, name, COALESCE(external_id,''), description, owner, metadata, file_id, created, serving, latest`

func scanFunction(r scanner) (f Function, err error) {
	var created int64
	err = r.Scan(&f.ID, &f.Name, &f.ExternalID, &f.Description, &f.Owner, &f.Metadata, &f.FileID, &created, &f.Serving, &f.Latest)
	f.Created = fromMicros(created)
	return f, err
}

// Functions lists all functions, newest first.
func (s *Store) Functions() ([]Function, error) {
	return list(s, scanFunction, `SELECT `+functionColumns+` FROM functions ORDER BY id DESC`)
}

// Function reads one function.
func (s *Store) Function(id int64) (Function, error) {
	return one(s.row(`SELECT `+functionColumns+` FROM functions WHERE id = ?`, id), scanFunction)
}

// FunctionByExternalID reads the function that holds an external id.
func (s *Store) FunctionByExternalID(externalID string) (Function, error) {
	return one(s.row(`SELECT `+functionColumns+` FROM functions WHERE external_id = ?`, externalID), scanFunction)
}

// Function reads one function inside the transaction.
func (tx *Tx) Function(id int64) (Function, error) {
	return one(tx.queryRow(`SELECT `+functionColumns+` FROM functions WHERE id = ?`, id), scanFunction)
}

// ExternalIDTaken reports whether a function holds the external id.
func (tx *Tx) ExternalIDTaken(externalID string) (bool, error) {
	var n int
	err := tx.queryRow(`SELECT COUNT(*) FROM functions WHERE external_id = ?`, externalID).Scan(&n)
	return n > 0, err
}

// InsertFunction stores a new function.
func (tx *Tx) InsertFunction(f Function) error {
	err := tx.exec(`INSERT INTO functions (id, name, external_id, description, owner, metadata, file_id, created, serving, latest) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		f.ID, f.Name, orNull(f.ExternalID), f.Description, f.Owner, f.Metadata, f.FileID, micros(f.Created), f.Serving, f.Latest)
	if err != nil {
		return err
	}
	return tx.Event("function", f.ID)
}

// SetLatest records that a version number was given out.
func (tx *Tx) SetLatest(id int64, latest int) error {
	return tx.change(`UPDATE functions SET latest = ? WHERE id = ?`, latest, id)
}

// SetServing switches calls to another version.
func (tx *Tx) SetServing(id int64, version int) error {
	if err := tx.change(`UPDATE functions SET serving = ? WHERE id = ?`, version, id); err != nil {
		return err
	}
	return tx.Event("function", id)
}

// DeleteFunction deletes a function with its versions, deploys, schedules,
// calls and log lines.
func (tx *Tx) DeleteFunction(id int64) error {
	err := tx.exec(`DELETE FROM log_lines WHERE owner IN (SELECT id FROM calls WHERE function_id = ?1 UNION SELECT id FROM deploys WHERE function_id = ?1)`, id)
	if err != nil {
		return err
	}
	if err := tx.change(`DELETE FROM functions WHERE id = ?`, id); err != nil {
		return err
	}
	return tx.Event("function", id)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
