package pages_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/engine/store/pages"
)

// writeState makes a small state and returns its file and its journal, as a
// killed engine leaves them.
func writeState(t testing.TB) (db, wal []byte) {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(dir, func() time.Time { return time.Unix(0, 0) })
	require.NoError(t, err)
	require.NoError(t, s.Write(store.Durable, func(tx *store.Tx) error {
		return errors.Join(tx.InsertFunction(store.Function{ID: 1, Name: "hello"}),
			tx.InsertCall(store.Call{ID: 2, FunctionID: 1, Status: store.Running}, make([]byte, 20_000)))
	}))
	path := filepath.Join(dir, store.FileName)
	db, err = os.ReadFile(path)
	require.NoError(t, err)
	wal, err = os.ReadFile(path + "-wal")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return db, wal
}

// readAll goes through every door and counts the rows.
func readAll(t testing.TB, db, wal []byte) (rows int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	require.NoError(t, os.WriteFile(path, db, 0o600))
	require.NoError(t, os.WriteFile(path+"-wal", wal, 0o600))
	f, err := pages.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	count := func(pages.Row) error { rows++; return nil }
	for _, root := range f.Roots() {
		require.NoError(t, f.Walk(root, count))
	}
	leaves, _ := f.Loose()
	for _, leaf := range leaves {
		require.NoError(t, f.Leaf(leaf, count))
	}
	return rows
}

func TestTheRowsOfTheJournalAreRead(t *testing.T) {
	db, wal := writeState(t)
	assert.Greater(t, readAll(t, db, wal), readAll(t, db, nil))
}

func TestATornJournalIsReadAsFarAsItIsRight(t *testing.T) {
	db, wal := writeState(t)
	for size := 0; size < len(wal); size += 1000 {
		rows := readAll(t, db, wal[:size])
		assert.True(t, rows == readAll(t, db, nil) || rows == readAll(t, db, wal), "cut to %d", size)
	}
}

func FuzzNoFileStopsTheReader(f *testing.F) {
	db, wal := writeState(f)
	whole := readAll(f, db, wal)
	f.Add(uint32(100), uint64(7), false)
	f.Add(uint32(4096), uint64(0xffffffffffffffff), true)
	f.Fuzz(func(t *testing.T, at uint32, bits uint64, journal bool) {
		bad := append([]byte(nil), db...)
		target := bad
		badWAL := append([]byte(nil), wal...)
		if journal {
			target = badWAL
		}
		for i := range 8 {
			target[(int(at)+i)%len(target)] ^= byte(bits >> (8 * i))
		}
		// It ends, without a panic, and finds no more than what a damage can make of
		// so small a state.
		assert.Less(t, readAll(t, bad, badWAL), 100*whole)
	})
}
