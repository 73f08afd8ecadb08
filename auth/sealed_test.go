package auth_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/keyring"
)

// unlock gives the desk a keyring that answers.
func (d *desk) unlock() {
	held := ""
	d.ring = &keyring.Ring{
		Get: func(string, string) (string, error) {
			if held == "" {
				return "", keyring.ErrNoKey
			}
			return held, nil
		},
		Set: func(_, _, value string) error {
			held = value
			return nil
		},
	}
}

// lose gives the desk a keyring that refuses.
func (d *desk) lose() {
	d.ring = &keyring.Ring{Get: func(string, string) (string, error) { return "", errors.New("no such service") }}
}

// sealing is the person whose context chose the keyring.
func (d *desk) sealing() auth.Identity {
	id := d.person(auth.FlowDeviceCode)
	id.Store = auth.StoreKeyring
	return id
}

func (d *desk) written(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(d.file(t))
	require.NoError(t, err)
	return string(text)
}

func TestASignInIsSealedUnderTheKeyOfTheKeyringByChoice(t *testing.T) {
	d := newDesk(t)
	d.unlock()
	assert.Empty(t, d.signInAs(t, d.sealing()))
	source := d.open(t, d.sealing())
	first := token(t, source)
	assert.NotContains(t, d.written(t), first)
	assert.NotContains(t, d.written(t), "refresh_token")
	assert.Empty(t, source.Status().Notes)

	d.clock.Advance(time.Hour)
	second := token(t, source)
	assert.NotEqual(t, first, second)
	assert.NotContains(t, d.written(t), second, "what is renewed is sealed too")
	assert.Equal(t, second, token(t, d.open(t, d.sealing())), "another console opens it")

	plain := d.open(t, d.person(auth.FlowDeviceCode))
	assert.Equal(t, second, token(t, plain), "whoever takes the choice back stays signed in")
	d.clock.Advance(time.Hour)
	assert.Contains(t, d.written(t), `"format":2`)
	token(t, plain)
	assert.Contains(t, d.written(t), `"format":1`, "and what is renewed is no longer sealed")
}

func TestWithoutAKeyringASignInLiesInItsFileAndSaysSo(t *testing.T) {
	d := newDesk(t)
	d.lose()
	const note = "the sign-in lies in a private file, not sealed: the keyring cannot be used: no such service"
	assert.Equal(t, note, d.signInAs(t, d.sealing()))
	source := d.open(t, d.sealing())
	token(t, source)
	assert.Equal(t, []string{note}, source.Status().Notes)
	assert.Empty(t, d.open(t, d.person(auth.FlowDeviceCode)).Status().Notes, "who did not choose it hears nothing")

	d.unlock()
	again := d.open(t, d.sealing())
	d.clock.Advance(time.Hour)
	got := token(t, again)
	assert.Empty(t, again.Status().Notes, "with the next token it is sealed after all")
	assert.NotContains(t, d.written(t), got)
}

func TestASealedSignInWhoseKeyIsNotThereSaysWhatHelps(t *testing.T) {
	d := newDesk(t)
	d.unlock()
	d.signInAs(t, d.sealing())
	d.lose()
	source := d.open(t, d.sealing())
	e := fault(t, source)
	require.ErrorIs(t, e, auth.ErrSignIn)
	assert.Contains(t, e.Message, "cannot be opened: the tokens are sealed: the keyring cannot be used: no such service")
	assert.Contains(t, e.Hint, "unlock the keyring, or sign in: fndeck auth login")
	assert.Contains(t, d.written(t), `"format":2`, "it is kept for when the keyring is back")

	d.unlock() // with another key
	assert.Contains(t, fault(t, d.open(t, d.sealing())).Message, "with another key than the one that is there now")
	d.lose()
	d.signInAs(t, d.sealing())
	token(t, source)
}

func TestASealedSignInThatCannotBeOpenedIsStillForgotten(t *testing.T) {
	d := newDesk(t)
	d.unlock()
	d.signInAs(t, d.sealing())
	file := d.file(t)
	d.lose()
	e := asError(t, auth.SignOut(t.Context(), d.sealing(), d.options()))
	assert.Contains(t, e.Message, "the sign-in was deleted here, but "+d.URL[len("http://"):]+" was not told")
	assert.NoFileExists(t, file)
	assert.Empty(t, d.Revoked())
}

func TestOnlyASignInIsKeptAnywhere(t *testing.T) {
	d := newDesk(t)
	id := d.app()
	id.Store = auth.StoreKeyring
	_, err := auth.Open(id, d.options())
	assert.Contains(t, asError(t, err).Message, "the tokens of the flow client_secret are kept nowhere")
	id = d.sealing()
	id.Store = "safe"
	_, err = auth.Open(id, d.options())
	assert.Contains(t, asError(t, err).Message, `store "safe": allowed are file and keyring`)
}
