package doctor

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine"
	"fndeck/client/embedded/engine/python"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

func testClock() time.Time { return time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC) }

var errNobody = errors.New("nobody answers")

// newSetup makes a state with one function that has a code archive, an
// environment and a secret.
func newSetup(t *testing.T) (s Setup, sha string) {
	t.Helper()
	base := t.TempDir()
	runtime, err := os.MkdirTemp("", "fd") // a socket's path must be short
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(runtime)) })
	s = Setup{
		StateDir: filepath.Join(base, "state"), KeyFile: filepath.Join(base, "key"), Version: "dev", Clock: testClock,
		Env: func(name string) string { return map[string]string{"XDG_RUNTIME_DIR": runtime}[name] },
		Runtimes: func(context.Context) (python.Runtimes, error) {
			return python.Runtimes{{Name: "py311", Version: "Python 3.11.2", CanBuild: true}}, nil
		},
		Status: func(context.Context) (wire.Status, error) { return wire.Status{}, errNobody },
	}
	for _, dir := range []string{"", codeDir, filepath.Join(envsDir, "e1")} {
		require.NoError(t, os.MkdirAll(filepath.Join(s.StateDir, dir), 0o700))
	}
	sum := sha256.Sum256([]byte("code"))
	sha = hex.EncodeToString(sum[:])
	write(t, filepath.Join(s.StateDir, codeDir, sha+".zip"), "code")
	write(t, filepath.Join(s.StateDir, envsDir, "e1", ".fndeck-complete"), "")
	write(t, s.KeyFile, strings.Repeat("k", 32))
	state, err := store.Open(s.StateDir, testClock)
	require.NoError(t, err)
	require.NoError(t, state.Write(store.Durable, func(tx *store.Tx) error {
		return errors.Join(
			tx.InsertFunction(store.Function{ID: 1, Name: "hello", Serving: 1, Latest: 1}),
			tx.InsertVersion(store.Version{FunctionID: 1, Number: 1, SHA256: sha, Status: store.Ready, Environment: "e1", Settings: store.Settings{Secrets: map[string][]byte{"a": sealed(t, s.KeyFile, "1/secret/a")}}}),
			tx.InsertCall(store.Call{ID: 2, FunctionID: 1, Status: store.Running}, []byte(`{}`)),
			tx.InsertCall(store.Call{ID: 3, FunctionID: 1, Status: store.Running}, []byte(`{}`)))
	}))
	require.NoError(t, state.Close())
	return s, sha
}

// sealed is a value as the engine seals it: AES-256-GCM, the nonce before the
// text, bound to its place.
func sealed(t *testing.T, keyFile, place string) []byte {
	t.Helper()
	key, err := os.ReadFile(keyFile)
	require.NoError(t, err)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	nonce := make([]byte, aead.NonceSize())
	return aead.Seal(nonce, nonce, []byte("value"), []byte(place))
}

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

func tamper(t *testing.T, s Setup, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.StateDir, store.FileName))
	require.NoError(t, err)
	_, err = db.ExecContext(context.Background(), query)
	require.NoError(t, errors.Join(err, db.Close()))
}

func TestAHealthyStateHasNoFindings(t *testing.T) {
	s, _ := newSetup(t)
	report := Look(context.Background(), s)
	assert.Empty(t, report.Findings)
	assert.Contains(t, report.Facts, "layout 3, functions: 1, calls: 2")
}

func TestAFreshMachineHasNoFindings(t *testing.T) {
	s, _ := newSetup(t)
	s.StateDir = filepath.Join(t.TempDir(), "a", "b")
	assert.Empty(t, Look(context.Background(), s).Findings)
	assert.NoDirExists(t, s.StateDir, "looking changes nothing")
}

func TestEachFaultIsFoundAndItsMendingNamed(t *testing.T) {
	for name, c := range map[string]struct {
		fault func(t *testing.T, s *Setup, sha string)
		what  string
		// mended is whether a repair leaves nothing to find.
		mended bool
	}{
		"a database that others can read": {func(t *testing.T, s *Setup, _ string) {
			require.NoError(t, os.Chmod(filepath.Join(s.StateDir, store.FileName), 0o644))
		}, "engine.db can be used by others", true},
		"a state directory that others can use": {func(t *testing.T, s *Setup, _ string) { require.NoError(t, os.Chmod(s.StateDir, 0o755)) }, "can be used by others", true},
		"a key that others can read":            {func(t *testing.T, s *Setup, _ string) { require.NoError(t, os.Chmod(s.KeyFile, 0o640)) }, "can be read by others", true},
		"the key of another state":              {func(t *testing.T, s *Setup, _ string) { write(t, s.KeyFile, strings.Repeat("x", 32)) }, "is not the one of this state", false},
		"a key that is damaged":                 {func(t *testing.T, s *Setup, _ string) { write(t, s.KeyFile, "short") }, "cannot be used", false},
		"a key that is gone":                    {func(t *testing.T, s *Setup, _ string) { require.NoError(t, os.Remove(s.KeyFile)) }, "is missing", false},
		"a socket directory that others can use": {func(t *testing.T, s *Setup, _ string) {
			dir := filepath.Join(s.Env("XDG_RUNTIME_DIR"), "fndeck")
			require.NoError(t, os.Mkdir(dir, 0o700))
			require.NoError(t, os.Chmod(dir, 0o755))
		}, "socket", true},
		"a file in the place of the state directory": {func(t *testing.T, s *Setup, _ string) {
			require.NoError(t, os.RemoveAll(s.StateDir))
			write(t, s.StateDir, "")
		}, "is not a directory", false},
		"a call that was tampered with": {func(t *testing.T, s *Setup, _ string) {
			tamper(t, *s, `UPDATE calls SET status = 'Completed' WHERE id = 2`)
		}, "rows of calls are damaged: 1", true},
		"a database that is empty": {func(t *testing.T, s *Setup, _ string) {
			write(t, filepath.Join(s.StateDir, store.FileName), "")
		}, "is damaged", true},
		"a database that is gone": {func(t *testing.T, s *Setup, _ string) {
			require.NoError(t, os.Remove(filepath.Join(s.StateDir, store.FileName)))
		}, "is missing", false},
		"a database of a newer fndeck": {func(t *testing.T, s *Setup, _ string) { tamper(t, *s, `PRAGMA user_version = 99`) }, "cannot be read", false},
		"a code archive that changed": {func(t *testing.T, s *Setup, sha string) {
			write(t, filepath.Join(s.StateDir, codeDir, sha+".zip"), "Code")
		}, "does not fit its hash", false},
		"a code archive that is gone": {func(t *testing.T, s *Setup, sha string) {
			require.NoError(t, os.Remove(filepath.Join(s.StateDir, codeDir, sha+".zip")))
		}, "is missing", false},
		"an environment that is not complete": {func(t *testing.T, s *Setup, _ string) {
			require.NoError(t, os.Remove(filepath.Join(s.StateDir, envsDir, "e1", ".fndeck-complete")))
		}, "is not complete", false},
		"no Python": {func(_ *testing.T, s *Setup, _ string) {
			s.Runtimes = func(context.Context) (python.Runtimes, error) { return nil, nil }
		}, "no Python 3.10", false},
		"an engine of another version": {func(t *testing.T, s *Setup, _ string) {
			s.Status = func(context.Context) (wire.Status, error) { return wire.Status{Version: "1.0"}, nil }
		}, "the engine is 1.0", false},
	} {
		t.Run(name, func(t *testing.T) {
			s, sha := newSetup(t)
			c.fault(t, &s, sha)
			findings := Look(context.Background(), s).Findings
			require.Len(t, findings, 1)
			assert.Contains(t, findings[0].What, c.what)
			assert.NotEmpty(t, findings[0].Why)
			assert.NotEmpty(t, findings[0].Fix)
			if c.mended {
				done, err := Repair(context.Background(), s)
				require.NoError(t, err)
				assert.NotEmpty(t, done)
				assert.Empty(t, Look(context.Background(), s).Findings)
			}
		})
	}
}

func TestAnyKeyWillDoForAStateWithoutSecrets(t *testing.T) {
	s, sha := newSetup(t)
	state, err := store.Open(s.StateDir, testClock)
	require.NoError(t, err)
	require.NoError(t, state.Write(store.Durable, func(tx *store.Tx) error {
		return errors.Join(
			tx.DeleteFunction(1),
			tx.InsertFunction(store.Function{ID: 4, Name: "open", Serving: 1, Latest: 1}),
			tx.InsertVersion(store.Version{FunctionID: 4, Number: 1, SHA256: sha, Status: store.Ready}))
	}))
	require.NoError(t, state.Close())
	write(t, s.KeyFile, strings.Repeat("x", 32))
	assert.Empty(t, Look(context.Background(), s).Findings)
}

func TestAnEngineThatHoldsTheLockAndIsSilentIsFoundAndKeepsARepairOut(t *testing.T) {
	s, _ := newSetup(t)
	unlock, err := engine.Lock(s.StateDir)
	require.NoError(t, err)
	defer unlock()
	findings := Look(context.Background(), s).Findings
	require.Len(t, findings, 1)
	assert.Contains(t, findings[0].What, "does not answer")
	_, err = Repair(context.Background(), s)
	assert.ErrorIs(t, err, engine.ErrLocked)
}

func TestARepairKeepsWhatWasDamagedAndNamesWhatIsLost(t *testing.T) {
	s, sha := newSetup(t)
	tamper(t, s, `UPDATE calls SET status = 'Completed' WHERE id = 2; UPDATE functions SET name = 'hallo'`)
	before, err := os.ReadFile(filepath.Join(s.StateDir, store.FileName))
	require.NoError(t, err)
	done, err := Repair(context.Background(), s)
	require.NoError(t, err)

	aside := filepath.Join(s.StateDir, "damaged-20261120T080000Z")
	kept, err := os.ReadFile(filepath.Join(aside, store.FileName))
	require.NoError(t, err)
	assert.Equal(t, before, kept)
	assert.FileExists(t, filepath.Join(aside, sha+".zip"), "the code of a lost version is not thrown away")
	assert.Contains(t, done, "lost of calls: 1: 2")
	assert.Contains(t, done, "lost of functions: 1: hallo (1)")
	state, err := store.Open(s.StateDir, testClock)
	require.NoError(t, err)
	_, err = state.Call(3)
	require.NoError(t, err)
	require.NoError(t, state.Close())
	again, err := Repair(context.Background(), s)
	require.NoError(t, err)
	assert.Empty(t, again)
}

func TestADamagedArchiveIsSetAside(t *testing.T) {
	s, sha := newSetup(t)
	write(t, filepath.Join(s.StateDir, codeDir, sha+".zip"), "Code")
	done, err := Repair(context.Background(), s)
	require.NoError(t, err)
	require.Len(t, done, 1)
	assert.NoFileExists(t, filepath.Join(s.StateDir, codeDir, sha+".zip"))
	kept, err := os.ReadFile(filepath.Join(s.StateDir, "damaged-20261120T080000Z", sha+".zip"))
	require.NoError(t, err)
	assert.Equal(t, "Code", string(kept))
}

func TestTheRealMachineIsLookedAtToo(t *testing.T) {
	s, _ := newSetup(t)
	s.Runtimes = nil
	report := Look(context.Background(), s)
	assert.Empty(t, report.Findings)
}
