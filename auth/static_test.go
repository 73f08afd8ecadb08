package auth_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/privatefile"
)

func reference(t *testing.T, text string) auth.Reference {
	t.Helper()
	r, err := auth.ParseReference(text)
	require.NoError(t, err)
	return r
}

func TestAStaticTokenIsTakenFromWhereItStands(t *testing.T) {
	d := newDesk(t)
	d.env["TOKEN"] = "from-env"
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("from-file\n"), 0o600))
	for text, want := range map[string]string{"env:TOKEN": "from-env", "file:" + file: "from-file", "cmd:echo from-command": "from-command", "inline:typed": "typed"} {
		source := d.open(t, auth.Identity{Flow: auth.FlowToken, Token: reference(t, text)})
		assert.Equal(t, want, token(t, source), text)
		assert.False(t, source.Status().Refreshable)
	}
}

func TestWhatIsCopiedAlongWithATokenIsLeftOutWithANote(t *testing.T) {
	for name, text := range map[string]string{
		"line end": "abc.def\n", "quotes": `"abc.def"`, "word": "Bearer abc.def", "both": "'bearer  abc.def' ",
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			source := d.open(t, auth.Identity{Flow: auth.FlowToken, Token: auth.TypedReference(text)})
			assert.Equal(t, "abc.def", token(t, source))
			if name != "line end" { // a file's last line ends so, that is no news
				assert.Len(t, source.Status().Notes, 1)
			}
		})
	}
}

func TestATokenWithCharactersThatNoTokenHasIsRefused(t *testing.T) {
	for _, text := range []string{"abc\x1b[31m", "abc def", "abc\r\nX-Other: 1", "täg", `""`} {
		d := newDesk(t)
		e := fault(t, d.open(t, auth.Identity{Flow: auth.FlowToken, Token: auth.TypedReference(text)}))
		assert.Equal(t, auth.CodeInvalid, e.Code, "%q", text)
		assert.NotContains(t, e.Message, "abc")
	}
}

func TestATokenThatHasEndedIsSaidBeforeTheFirstRequest(t *testing.T) {
	d := newDesk(t)
	d.env["TOKEN"] = d.Sign(map[string]any{"exp": d.clock.Now().Add(-time.Hour).Unix()})
	source := d.open(t, auth.Identity{Flow: auth.FlowToken, Token: reference(t, "env:TOKEN")})
	e := fault(t, source)
	assert.Equal(t, auth.CodeSignIn, e.Code)
	assert.Contains(t, e.Message, "2026-03-02 11:00 UTC")
	assert.Contains(t, e.Hint, "env:TOKEN")
	assert.True(t, source.Status().SignIn)
}

func TestARefusedTokenIsReadAnewAndOnlyAnotherOneIsTaken(t *testing.T) {
	d := newDesk(t)
	d.env["TOKEN"] = "first"
	source := d.open(t, auth.Identity{Flow: auth.FlowToken, Token: reference(t, "env:TOKEN")})
	got, err := source.Token(t.Context())
	require.NoError(t, err)
	source.Drop(got)
	assert.Contains(t, fault(t, source).Message, "refused")
	d.env["TOKEN"] = "second"
	d.clock.Advance(time.Minute)
	assert.Equal(t, "second", token(t, source))
}

func TestATokenFromElsewhereNamesNoIssuerThatWasNotAsked(t *testing.T) {
	source := newDesk(t).open(t, auth.Identity{Flow: auth.FlowToken, Token: auth.TypedReference("abc.def")})
	assert.Empty(t, source.Status().Issuer)
}

func TestATokenFileThatOthersCouldHavePutThereIsNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte(" word\n"), 0o600))
	token, err := auth.FileToken{Path: path}.Token()
	require.NoError(t, err)
	assert.Equal(t, "word", token.AccessToken)
	link := path + ".link"
	require.NoError(t, os.Symlink(path, link))
	_, err = auth.FileToken{Path: link}.Token()
	require.ErrorIs(t, err, privatefile.ErrUnsafe)
	require.NoError(t, os.Chmod(path, 0o640))
	_, err = auth.FileToken{Path: path}.Token()
	require.ErrorContains(t, err, "chmod 600 "+path)
	require.NoError(t, os.Chmod(path, 0o600))
	if os.Chown(path, 12345, -1) != nil {
		t.Skip("only root can give a file away")
	}
	_, err = auth.FileToken{Path: path}.Token()
	require.ErrorIs(t, err, privatefile.ErrUnsafe)
}
