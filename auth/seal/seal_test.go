package seal_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth/seal"
)

func TestASealedValueOpensInItsPlaceOnly(t *testing.T) {
	key := filepath.Join(t.TempDir(), "deep", "key")
	s := seal.New(key, false)
	sealed, err := s.Seal("canary-1", []byte("7/secret/api-key"))
	require.NoError(t, err)
	assert.NotContains(t, string(sealed), "canary-1")
	plain, err := seal.New(key, true).Open(sealed, []byte("7/secret/api-key"))
	require.NoError(t, err)
	assert.Equal(t, "canary-1", plain)
	_, err = s.Open(sealed, []byte("8/secret/api-key"))
	require.ErrorContains(t, err, "secret api-key was sealed with another key than "+key)
	_, err = s.Open([]byte("x"), []byte("7/secret/api-key"))
	require.ErrorContains(t, err, "damaged")
}

func TestTheFirstKeyIsTheKeyOfAllWhoComeAtOnce(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	var all sync.WaitGroup
	sealed := make([][]byte, 8)
	for i := range sealed {
		all.Go(func() {
			text, err := seal.New(key, false).Seal("v", []byte("1/a"))
			if assert.NoError(t, err) {
				sealed[i] = text
			}
		})
	}
	all.Wait()
	for _, one := range sealed {
		plain, err := seal.New(key, true).Open(one, []byte("1/a"))
		require.NoError(t, err)
		assert.Equal(t, "v", plain)
	}
}

func TestAKeyThatCannotBeTrustedIsRefused(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	require.ErrorContains(t, seal.New(key, true).Check(), "does not exist")
	require.NoError(t, os.WriteFile(key, make([]byte, 32), 0o644))
	require.ErrorContains(t, seal.New(key, false).Check(), "chmod 600")
	require.NoError(t, os.Chmod(key, 0o600))
	require.NoError(t, seal.New(key, false).Check())
	require.NoError(t, os.WriteFile(key, make([]byte, 31), 0o600))
	require.ErrorContains(t, seal.New(key, false).Check(), "31 bytes instead of 32")
}

func TestANamedKeyThatIsMissingIsSaidAndNotMade(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	s := seal.New(key, true)
	_, err := s.Seal("secret", nil)
	require.ErrorContains(t, err, key+" does not exist")
	assert.NoFileExists(t, key)
	require.NoError(t, os.WriteFile(key, make([]byte, 32), 0o400))
	sealed, err := s.Seal("secret", nil)
	require.NoError(t, err)
	opened, err := seal.New(key, true).Open(sealed, nil)
	require.NoError(t, err)
	assert.Equal(t, "secret", opened)
	require.NoError(t, os.Chmod(key, 0o440))
	_, err = seal.New(key, true).Seal("secret", nil)
	require.ErrorContains(t, err, "readable by others", "it is ours to mend")
	if os.Chown(key, os.Getuid()+12345, -1) == nil {
		_, err = seal.New(key, true).Seal("secret", nil)
		require.NoError(t, err, "a manager's file has an access list in its group bits")
	}
}
