package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store/pages"
)

// smash overwrites a whole page.
func smash(t *testing.T, path string, page uint32) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	const size = 4096
	_, err = f.WriteAt(make([]byte, size), int64(page-1)*size)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

func rootOf(t *testing.T, path, table string) uint32 {
	t.Helper()
	f, err := pages.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	return f.Roots()[table]
}

func TestRowsBelowALostPageComeBack(t *testing.T) {
	for _, table := range []string{"calls", "log_blocks", "the first page"} {
		t.Run(table, func(t *testing.T) {
			dir := t.TempDir()
			written := writeState(t, dir)
			path := filepath.Join(dir, fileName)
			page := uint32(1)
			if table != "the first page" {
				page = rootOf(t, path, table)
			}
			smash(t, path, page)

			to := filepath.Join(t.TempDir(), fileName)
			report, err := Salvage(context.Background(), path, to, testClock)
			require.NoError(t, err)
			assert.NotZero(t, report.Unreadable)
			s := openTest(t, filepath.Dir(to))
			defer func() { require.NoError(t, s.Close()) }()
			got, err := readAll(s)
			require.NoError(t, err)
			requireTrue(t, got, written, table)
			assert.Len(t, got, len(written))
			id, err := s.NextID()
			require.NoError(t, err)
			assert.Greater(t, id, int64(1339), "no id is given out again")
		})
	}
}

func TestWhatTheJournalHoldsIsSalvagedToo(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	s := openTest(t, dir)
	fillState(t, s)
	for _, name := range []string{fileName, fileName + "-wal"} { // as a killed engine leaves them
		content, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(copied, name), content, 0o600))
	}
	require.NoError(t, s.Close())

	to := filepath.Join(t.TempDir(), fileName)
	report, err := Salvage(context.Background(), filepath.Join(copied, fileName), to, testClock)
	require.NoError(t, err)
	assert.Equal(t, 1, report.Rows["functions"])
	assert.Equal(t, 1, report.Rows["calls"])
	assert.Empty(t, report.Lost)
}

func TestALossIsNamed(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	fillState(t, s)
	require.NoError(t, s.Close())
	tamper(t, dir, `UPDATE functions SET description = 'x'; UPDATE calls SET status = 'Failed'`)

	report, err := Salvage(context.Background(), filepath.Join(dir, fileName), filepath.Join(t.TempDir(), fileName), testClock)
	require.NoError(t, err)
	assert.Equal(t, []string{"hello (1)"}, report.Lost["functions"])
	assert.Equal(t, []string{"7"}, report.Lost["calls"])
	assert.Equal(t, []string{"version 1 of function 1"}, report.Lost["versions"])
}

func TestAFunctionWhoseVersionIsLostServesTheOneBefore(t *testing.T) {
	dir := t.TempDir()
	writeState(t, dir)
	tamper(t, dir, `UPDATE versions SET folder = '/x' WHERE function_id = 100 AND number = 2`)

	to := filepath.Join(t.TempDir(), fileName)
	report, err := Salvage(context.Background(), filepath.Join(dir, fileName), to, testClock)
	require.NoError(t, err)
	assert.Equal(t, []string{"function-0 serves version 1: version 2 is lost"}, report.Changed)
	s := openTest(t, filepath.Dir(to))
	defer func() { require.NoError(t, s.Close()) }()
	f, err := s.Function(100)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 1}, []int{f.Serving, f.Latest})
}
