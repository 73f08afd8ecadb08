package kept_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/seal"
	"fndeck/client"
	"fndeck/client/cognite/kept"
)

var day = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func open(t *testing.T) (*kept.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "project")
	return kept.Open(dir, seal.New(filepath.Join(t.TempDir(), "key"), false)), dir
}

func TestAFunctionIsFoundByEveryIdItHasHad(t *testing.T) {
	s, _ := open(t)
	key := kept.NewKey()
	for i, id := range []string{"11", "22", "33"} {
		require.NoError(t, s.Update(key, func(l *kept.Lineage) error {
			l.Put(kept.Version{Number: i + 1})
			l.Name(id, i+1, day)
			return nil
		}))
	}
	for _, id := range []string{"11", "22", "33"} {
		l, ok, err := s.Find(id)
		require.NoError(t, err)
		require.True(t, ok, id)
		assert.Equal(t, "11", l.ID())
		assert.Equal(t, "33", l.Present().ID)
		assert.Equal(t, 3, l.Last)
	}
	_, ok, err := s.Find("44")
	require.NoError(t, err)
	assert.False(t, ok)
}

func TestSecretsAndIndexesComeBackAndStandInNoFile(t *testing.T) {
	s, dir := open(t)
	key := kept.NewKey()
	spec := client.FunctionSpec{
		Name: "f", EnvVars: map[string]string{"A": "b"}, CPU: 1.5, Secrets: map[string]client.Secret{"k": auth.NewSecret("canary-77")},
		IndexURL: auth.NewSecret("https://u:canary-77@index"), ExtraIndexURLs: []client.Secret{auth.NewSecret("https://canary-77")},
	}
	v := kept.Version{Number: 1}
	require.NoError(t, s.SetSpec(key, &v, spec))
	require.NoError(t, s.Update(key, func(l *kept.Lineage) error {
		l.Put(v)
		return nil
	}))
	l, err := s.Get(key)
	require.NoError(t, err)
	back, err := s.Spec(key, l.Versions[0])
	require.NoError(t, err)
	assert.Equal(t, spec, back)
	require.NoError(t, filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := entry.Info()
		require.NoError(t, err)
		if entry.IsDir() {
			assert.Equal(t, fs.FileMode(0o700), info.Mode().Perm(), name)
			return nil
		}
		assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), name)
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "canary-77", name)
		return nil
	}))
}

func TestASecretThatWasNeverSeenHereIsAskedFor(t *testing.T) {
	s, _ := open(t)
	_, err := s.Spec("k", kept.Version{Settings: kept.Settings{Name: "f"}, Unknown: []string{"api-key", "other"}})
	require.ErrorContains(t, err, "value of secret api-key, other of f")
	assert.NotEmpty(t, client.Explain(err).Hint)
}

func TestConsolesThatWriteAtOnceLoseNothing(t *testing.T) {
	_, dir := open(t)
	key := kept.NewKey()
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			s := kept.Open(dir, nil) // each as another program would
			assert.NoError(t, s.Update(key, func(l *kept.Lineage) error {
				l.Put(kept.Version{Number: i + 1, Folder: fmt.Sprint(i)})
				return nil
			}))
		})
	}
	all.Wait()
	l, err := kept.Open(dir, nil).Get(key)
	require.NoError(t, err)
	assert.Len(t, l.Versions, 20)
}

func TestAZipIsKeptAsLongAsAVersionNeedsIt(t *testing.T) {
	s, dir := open(t)
	sha, err := s.SaveZip([]byte("zip one"))
	require.NoError(t, err)
	other, err := s.SaveZip([]byte("zip two"))
	require.NoError(t, err)
	require.NoError(t, s.Update("a", func(l *kept.Lineage) error {
		l.Put(kept.Version{Number: 1, SHA256: sha})
		return nil
	}))
	require.NoError(t, s.Sweep())
	zip, err := s.Zip(sha)
	require.NoError(t, err)
	assert.Equal(t, "zip one", string(zip))
	_, err = s.Zip(other)
	require.ErrorIs(t, err, client.ErrNotFound)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "zips", sha+".zip"), []byte("zip 0ne"), 0o600))
	_, err = s.Zip(sha)
	require.ErrorContains(t, err, "damaged")
	require.NoError(t, s.Forget("a"))
	_, err = s.Zip(sha)
	require.ErrorIs(t, err, client.ErrNotFound)
}

func TestADamagedFileIsNamed(t *testing.T) {
	s, dir := open(t)
	require.NoError(t, s.Update("a", func(*kept.Lineage) error { return nil }))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "functions", "a.json"), []byte(strings.Repeat("{", 9)), 0o600))
	_, err := s.Lineages()
	require.ErrorContains(t, err, "a.json is damaged")
}
