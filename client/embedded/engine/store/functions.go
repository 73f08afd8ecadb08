package store

import (
	"sync"
	"time"
)

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
	// Mode is how its calls run: empty for a process each, "warm" for at most
	// Workers that are kept (0: the default).
	Mode    string
	Workers int
	// Revision counts the changes that people made, for two who edit at once.
	Revision int64
}

const functionColumns = `id, name, external_id, description, owner, metadata, file_id, created, serving, latest, mode, workers, revision, sum`

func (f Function) digest() digest {
	return digestOf("functions").int(f.ID, f.FileID, micros(f.Created), int64(f.Serving), int64(f.Latest), int64(f.Workers), f.Revision).
		text(f.Name, f.ExternalID, f.Description, f.Owner, f.Metadata, f.Mode)
}

func scanFunction(r scanner) (f Function, err error) {
	var sum int64
	err = r.Scan(number(&f.ID), text(&f.Name), text(&f.ExternalID), text(&f.Description), text(&f.Owner), text(&f.Metadata), number(&f.FileID),
		moment(&f.Created), small(&f.Serving), small(&f.Latest), text(&f.Mode), small(&f.Workers), number(&f.Revision), number(&sum))
	return f, checked(err, "functions", f.ID, sum, f.digest)
}

// Functions lists all functions, newest first.
func (s *Store) Functions() ([]Function, error) {
	return list(s, scanFunction, `SELECT `+functionColumns+` FROM functions ORDER BY id DESC`)
}

// FunctionNames maps ids of functions to their names, those that exist.
func (s *Store) FunctionNames(ids []int64) (map[int64]string, error) {
	functions, err := list(s, scanFunction, `SELECT `+functionColumns+` FROM functions WHERE id IN (SELECT value FROM json_each(?))`, jsonIDs(ids))
	names := make(map[int64]string, len(functions))
	for _, f := range functions {
		names[f.ID] = f.Name
	}
	return names, err
}

// FunctionCount counts the functions.
func (s *Store) FunctionCount() (n int, err error) {
	err = s.row(`SELECT COUNT(*) FROM functions`).Scan(&n)
	return n, explain(err)
}

// Function reads one function, once for as long as no definition changes: every
// call asks.
func (s *Store) Function(id int64) (Function, error) {
	at := s.Definitions() // before the row: it may be newer, never older
	if f, known := s.known.get(at, id); known {
		return f, nil
	}
	f, err := one(s.row(`SELECT `+functionColumns+` FROM functions WHERE id = ?`, id), scanFunction)
	if err == nil {
		s.known.put(at, f)
	}
	return f, err
}

// known are functions as they were read at one state of the definitions.
type known struct {
	mu   sync.Mutex
	at   int64
	byID map[int64]Function
}

func (k *known) get(at, id int64) (Function, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f, ok := k.byID[id]
	return f, ok && k.at == at
}

func (k *known) put(at int64, f Function) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byID == nil || k.at != at {
		k.at, k.byID = at, map[int64]Function{}
	}
	k.byID[f.ID] = f
}

// FunctionByExternalID reads the function that holds an external id.
func (s *Store) FunctionByExternalID(externalID string) (Function, error) {
	f, err := one(s.row(`SELECT `+functionColumns+` FROM functions WHERE external_id = ?`, externalID), scanFunction)
	if err == nil && f.ExternalID != externalID { // the row is right, the index is not
		return Function{}, &DamagedError{Table: "the index of functions", ID: f.ID}
	}
	return f, err
}

// Function reads one function inside the transaction.
func (tx *Tx) Function(id int64) (Function, error) {
	if f, known := tx.s.functions[id]; known {
		return f, nil
	}
	f, err := one(tx.queryRow(`SELECT `+functionColumns+` FROM functions WHERE id = ?`, id), scanFunction)
	if err != nil {
		return f, err
	}
	if tx.s.functions == nil {
		tx.s.functions = map[int64]Function{}
	}
	tx.s.functions[id] = f
	return f, nil
}

// ExternalIDTaken reports whether a function holds the external id.
func (tx *Tx) ExternalIDTaken(externalID string) (bool, error) {
	var n int
	err := tx.queryRow(`SELECT COUNT(*) FROM functions WHERE external_id = ?`, externalID).Scan(&n)
	return n > 0, err
}

// InsertFunction stores a new function.
func (tx *Tx) InsertFunction(f Function) error {
	err := tx.exec(`INSERT INTO functions (`+functionColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		f.ID, f.Name, orNull(f.ExternalID), f.Description, f.Owner, f.Metadata, f.FileID, micros(f.Created), f.Serving, f.Latest,
		f.Mode, f.Workers, f.Revision, f.digest().sum())
	if err != nil {
		return err
	}
	tx.touchDefinition()
	tx.Event("function", f.ID)
	return nil
}

// UpdateFunction stores all of a function but its external id, file and time.
// Read it in the same transaction first.
func (tx *Tx) UpdateFunction(f Function) error {
	err := tx.storeFunction(f)
	if err != nil {
		return err
	}
	tx.Event("function", f.ID)
	return nil
}

func (tx *Tx) storeFunction(f Function) error {
	tx.touchDefinition()
	delete(tx.s.functions, f.ID)
	return tx.change(`UPDATE functions SET name=?, description=?, owner=?, metadata=?, serving=?, latest=?, mode=?, workers=?, revision=?, sum=? WHERE id = ?`,
		f.Name, f.Description, f.Owner, f.Metadata, f.Serving, f.Latest, f.Mode, f.Workers, f.Revision, f.digest().sum(), f.ID)
}

// SetLatest records that a version number was given out.
func (tx *Tx) SetLatest(id int64, latest int) error {
	f, err := tx.Function(id)
	if err != nil {
		return err
	}
	f.Latest = latest
	return tx.storeFunction(f)
}

// SetServing switches calls to another version.
func (tx *Tx) SetServing(id int64, version int) error {
	f, err := tx.Function(id)
	if err != nil {
		return err
	}
	f.Serving = version
	return tx.UpdateFunction(f)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
