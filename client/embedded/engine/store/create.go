package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"fndeck/client/embedded/engine/disk"
)

// The places of SQLite's file header that are read before SQLite is let near
// the file (SQLite, Database File Format, section 1.3).
const (
	headerSize    = 100
	versionOffset = 60
)

var magic = []byte("SQLite format 3\x00")

// prepare makes sure that the file is there, is readable by its owner only, and
// is a state that this binary may open. A new file gets its name only when it
// is a whole state: an empty one is then always the trace of an accident.
func prepare(path string) error {
	found, err := layout(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return create(path)
	case err != nil:
		return err
	case found > schemaVersion:
		return newer(path, found)
	case found < oldestLayout:
		return fmt.Errorf("%s is a database of another program: move it away, the engine makes its own", path)
	}
	return os.Chmod(path, 0o600)
}

func newer(path string, found int) error {
	return fmt.Errorf("%s was written by a newer fndeck (layout %d, this one knows %d): use that version", path, found, schemaVersion)
}

// layout reads the layout's number without opening the file as a database.
func layout(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // only read
	head := make([]byte, headerSize)
	if _, err := io.ReadFull(f, head); err != nil {
		return 0, fmt.Errorf("%s: %w (it is empty or cut short): run fndeck doctor --repair", path, ErrDamaged)
	}
	if !bytes.HasPrefix(head, magic) {
		return 0, fmt.Errorf("%s: %w (it does not begin like a database): run fndeck doctor --repair", path, ErrDamaged)
	}
	return int(int32(binary.BigEndian.Uint32(head[versionOffset:]))), nil
}

// create writes an empty state under another name and gives it its own when it
// is on the disk.
func create(path string) error {
	dir := filepath.Dir(path)
	left, _ := filepath.Glob(path + ".new-*") // the pattern is well formed
	for _, name := range left {
		_ = os.Remove(name) // of a start that was killed; it is in nobody's way
	}
	temp, err := os.CreateTemp(dir, fileName+".new-*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }() // renamed already when all went well
	if err := temp.Close(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+temp.Name()+"?_pragma=auto_vacuum(2)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	if err := errors.Join(fill(db), db.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	return disk.SyncDir(dir)
}

// fill creates the tables and what every state has.
func fill(db *sql.DB) error {
	ctx := context.Background()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit this does nothing
	if err := createTables(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO meta VALUES (?, ?, ?)`, reservedKey, firstID, metaSum(reservedKey, firstID)); err != nil {
		return err
	}
	return tx.Commit()
}

// firstID is what the first id comes after.
const firstID = "1000"

// executor is a transaction or a connection.
type executor interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func createTables(ctx context.Context, to executor) error {
	if _, err := to.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("create the tables: %w", err)
	}
	_, err := to.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, schemaVersion))
	return err
}

// createEmpty makes a file that only its owner can read, before SQLite would
// create it with the mode of the umask.
func createEmpty(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// The keys of what is kept once for the whole state.
const (
	// syncedKey is written where nothing else is, to take what was written before to
	// the disk.
	syncedKey = "synced"
	// restoredKey is when the state was restored from a backup.
	restoredKey = "restored"
	// reservedKey is up to which ids may have been given out.
	reservedKey = "reserved_id"
	// positionKey is the position of the newest line when lines were deleted last,
	// absent before that.
	positionKey = "position"
)

func metaSum(key, value string) int64 { return digestOf("meta").text(key, value).sum() }

// meta reads a value on the writer's connection.
func (s *Store) meta(key string) (value string, err error) {
	st, err := s.statement(`SELECT value, sum FROM meta WHERE key = ?`)
	if err != nil {
		return "", err
	}
	var sum int64
	if err := st.QueryRow(key).Scan(text(&value), number(&sum)); err != nil {
		return "", damaged(err, "meta", 0)
	}
	if sum != metaSum(key, value) {
		return "", &DamagedError{Table: "meta"}
	}
	return value, nil
}

func (s *Store) setMeta(key, value string) error {
	_, err := s.exec(`INSERT INTO meta VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET value = ?2, sum = ?3`, key, value, metaSum(key, value))
	return err
}
