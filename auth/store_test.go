package auth_test

import (
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/authtest"
	"fndeck/auth/tokenstore"
)

// file is the desk's one token file.
func (d *desk) file(t *testing.T) string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(d.dir, "*.json"))
	require.NoError(t, err)
	require.Len(t, all, 1)
	return all[0]
}

func TestASignInIsKeptPrivatelyAndRotatedInPlace(t *testing.T) {
	d := newDesk(t)
	d.signIn(t)
	source := d.open(t, d.person(auth.FlowDeviceCode))
	before, err := os.ReadFile(d.file(t))
	require.NoError(t, err)
	d.clock.Advance(time.Hour)
	token(t, source)
	after, err := os.ReadFile(d.file(t))
	require.NoError(t, err)
	assert.NotEqual(t, before, after)
	assert.Equal(t, "ada@example.com", source.Status().Who, "the id token is kept when a refresh brings none")
	require.NoError(t, filepath.WalkDir(d.dir, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := entry.Info()
		require.NoError(t, err)
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		assert.Equal(t, want, info.Mode().Perm(), path)
		return nil
	}))
	// Another process, later, begins with what was written.
	assert.Equal(t, token(t, source), token(t, d.open(t, d.person(auth.FlowBrowser))))
	assert.Equal(t, 1, d.Count("refresh_token"))
}

func TestTwoConsolesShareOneRefresh(t *testing.T) {
	d := newDesk(t)
	d.signIn(t)
	var sources []auth.Source
	for range 20 {
		sources = append(sources, d.open(t, d.person(auth.FlowDeviceCode)))
	}
	d.clock.Advance(time.Hour)
	var all sync.WaitGroup
	tokens := make([]string, len(sources))
	for n, source := range sources {
		all.Go(func() {
			if got, err := source.Token(t.Context()); err == nil {
				tokens[n] = got.Value.Reveal()
			}
		})
	}
	all.Wait()
	for _, got := range tokens {
		assert.Equal(t, tokens[0], got)
	}
	assert.NotEmpty(t, tokens[0])
	assert.Equal(t, 1, d.Count("refresh_token"))
}

func TestASignInThatHasEndedIsSaidOnceAndForAllConsoles(t *testing.T) {
	d := newDesk(t)
	d.signIn(t)
	one, other := d.open(t, d.person(auth.FlowDeviceCode)), d.open(t, d.person(auth.FlowDeviceCode))
	d.EndSignIns()
	d.clock.Advance(time.Hour)
	for range 5 {
		e := fault(t, one)
		assert.Equal(t, auth.CodeSignIn, e.Code)
		assert.Contains(t, e.Hint, "fndeck auth login")
		require.ErrorIs(t, fault(t, other), auth.ErrSignIn)
	}
	assert.Equal(t, 1, d.Count("refresh_token"), "a dead token is not sent again")
	assert.True(t, one.Status().SignIn)

	d.signIn(t)
	token(t, one)
	token(t, other)
	assert.False(t, one.Status().SignIn)
	assert.False(t, other.Status().SignIn)
}

func TestASecondFactorOrConsentGivenLaterIsEnoughToGoOn(t *testing.T) {
	for number, says := range map[int]string{50076: "a second factor is wanted", 50079: "a second factor is wanted", 65001: "nobody has consented"} {
		d := newDesk(t)
		d.signIn(t)
		source := d.open(t, d.person(auth.FlowDeviceCode))
		var asked atomic.Int64
		refuse := authtest.Refuse("invalid_grant", "AADSTS0: do something first", number)
		d.Fault("/token", -1, func(w http.ResponseWriter, r *http.Request) { asked.Add(1); refuse(w, r) })
		d.clock.Advance(time.Hour)
		for range 5 {
			e := fault(t, source)
			assert.Equal(t, auth.CodeSignIn, e.Code)
			assert.Contains(t, e.Message, says)
			assert.Contains(t, e.Hint, "fndeck auth login")
		}
		assert.True(t, source.Status().SignIn)
		assert.EqualValues(t, 1, asked.Load(), "the issuer is not asked over and over")
		d.Mend()
		d.clock.Advance(time.Minute) // in which the person has done it
		token(t, source)
		assert.False(t, source.Status().SignIn)
		token(t, d.open(t, d.person(auth.FlowDeviceCode)))
	}
}

func TestWhoSignsInAgainNeedNotWaitForTheSecondFactorToBeAskedFor(t *testing.T) {
	d := newDesk(t)
	d.signIn(t)
	source := d.open(t, d.person(auth.FlowDeviceCode))
	d.Fault("/token", 1, authtest.Refuse("invalid_grant", "AADSTS50076", 50076))
	d.clock.Advance(time.Hour)
	fault(t, source)
	d.signIn(t)
	token(t, source)
}

func TestAStolenRefreshTokenEndsTheFamilyAndIsSaid(t *testing.T) {
	d := newDesk(t)
	d.signIn(t)
	stolen, err := os.ReadFile(d.file(t))
	require.NoError(t, err)
	d.clock.Advance(time.Hour)
	token(t, d.open(t, d.person(auth.FlowDeviceCode)))
	// A copy of yesterday's file comes back, say from a backup.
	require.NoError(t, os.WriteFile(d.file(t), stolen, 0o600))
	e := fault(t, d.open(t, d.person(auth.FlowDeviceCode)))
	assert.Contains(t, e.Message, "used by another copy")
}

func TestWhenTheIssuerIsAwayNothingIsForgotten(t *testing.T) {
	d := newDesk(t)
	d.signIn(t)
	source := d.open(t, d.person(auth.FlowDeviceCode))
	d.clock.Advance(time.Hour)
	d.Fault("/token", 1, authtest.BadGateway())
	require.ErrorIs(t, fault(t, source), auth.ErrUnavailable)
	assert.False(t, source.Status().SignIn)
	token(t, source)
}

func TestAFullDiskKeepsTheNewTokenInMemoryAndTriesAgain(t *testing.T) {
	d := newDesk(t)
	d.signIn(t)
	source := d.open(t, d.person(auth.FlowDeviceCode))
	d.clock.Advance(time.Hour)
	// The rename's target is a directory that is not empty: what is written cannot
	// take its place, as if the disk were full.
	file := d.file(t)
	old, err := os.ReadFile(file)
	require.NoError(t, err)
	blocked := false
	d.Fault("/token", 1, func(w http.ResponseWriter, r *http.Request) {
		blocked = os.Remove(file) == nil && os.MkdirAll(filepath.Join(file, "full"), 0o700) == nil
		reply(http.StatusOK, `{"access_token":"rotated","refresh_token":"next","expires_in":3600}`)(w, r)
	})
	assert.Equal(t, "rotated", token(t, source))
	require.True(t, blocked)
	require.Eventually(t, func() bool { return len(source.Status().Notes) == 1 }, time.Minute, time.Millisecond)
	assert.Contains(t, source.Status().Notes[0], "could not be written down")

	require.NoError(t, os.RemoveAll(file))
	require.NoError(t, os.WriteFile(file, old, 0o600))
	d.clock.Advance(time.Minute)
	assert.Equal(t, "rotated", token(t, source))
	require.Eventually(t, func() bool { return len(source.Status().Notes) == 0 }, time.Minute, time.Millisecond)
	assert.Equal(t, "rotated", token(t, d.open(t, d.person(auth.FlowDeviceCode))))
	assert.Equal(t, 1, d.Count("refresh_token"))
}

func TestATokenFileThatOthersCanUseIsNotUsedOnce(t *testing.T) {
	d := newDesk(t)
	d.signIn(t)
	require.NoError(t, os.Chmod(d.file(t), 0o644))
	source := d.open(t, d.person(auth.FlowDeviceCode))
	e := fault(t, source)
	assert.Equal(t, auth.CodeInvalid, e.Code)
	assert.Contains(t, e.Message, "chmod 600 "+d.file(t))
	_, err := d.byDevice(t, nil)
	assert.Contains(t, asError(t, err).Message, "chmod 600", "nor is it overwritten by a new sign-in")

	require.NoError(t, os.Chmod(d.file(t), 0o600))
	d.clock.Advance(time.Minute)
	token(t, source)
}

func TestATokenFileThatIsCutOffIsSetAside(t *testing.T) {
	d := newDesk(t)
	d.signIn(t)
	require.NoError(t, os.Truncate(d.file(t), 20))
	e := fault(t, d.open(t, d.person(auth.FlowDeviceCode)))
	assert.Equal(t, auth.CodeSignIn, e.Code)
	aside, err := filepath.Glob(filepath.Join(d.dir, "*.bad"))
	require.NoError(t, err)
	assert.Len(t, aside, 1)
	d.signIn(t)
	token(t, d.open(t, d.person(auth.FlowDeviceCode)))
	assert.FileExists(t, aside[0])
}

func TestSigningOutRevokesAndForgets(t *testing.T) {
	d := newDesk(t)
	d.signIn(t)
	require.NoError(t, auth.SignOut(t.Context(), d.person(auth.FlowDeviceCode), d.options()))
	assert.Len(t, d.Revoked(), 1)
	require.ErrorIs(t, fault(t, d.open(t, d.person(auth.FlowDeviceCode))), auth.ErrSignIn)
	require.NoError(t, auth.SignOut(t.Context(), d.person(auth.FlowDeviceCode), d.options()), "twice is no harm")

	d.signIn(t)
	d.Fault("/revoke", 1, authtest.BadGateway())
	e := asError(t, auth.SignOut(t.Context(), d.person(auth.FlowDeviceCode), d.options()))
	assert.Contains(t, e.Message, "did not revoke it")
	require.ErrorIs(t, fault(t, d.open(t, d.person(auth.FlowDeviceCode))), auth.ErrSignIn, "the file goes anyway")

	require.Error(t, auth.SignOut(t.Context(), d.app(), d.options()))
}

func TestWhoSignsOutIsSignedOutOfEveryOpenConsole(t *testing.T) {
	d := newDesk(t)
	d.signIn(t)
	source := d.open(t, d.person(auth.FlowDeviceCode))
	token(t, source)
	// As another process does it: this one is told nothing.
	require.NoError(t, auth.SignOut(t.Context(), d.person(auth.FlowDeviceCode), d.options()))
	require.ErrorIs(t, fault(t, source), auth.ErrSignIn, "the access token has an hour to live")
	assert.Empty(t, source.Status().Who)
	assert.Zero(t, d.Count("refresh_token"), "and nothing that was taken back is sent")

	d.signIn(t)
	assert.NotEmpty(t, token(t, source), "who signs in again is signed in there too")
}

func TestAPersonsTokenWithoutRefreshSaysWhenItEnds(t *testing.T) {
	d := newDesk(t)
	identity := d.person(auth.FlowDeviceCode)
	identity.Scopes = []string{"api/user_impersonation"}
	d.clock.Auto()
	require.NoError(t, auth.SignIn(t.Context(), identity, d.options(), func(p auth.Prompt) { d.Approve(p.Device.Code) }))
	source := d.open(t, identity)
	token(t, source)
	assert.False(t, source.Status().Refreshable)
	d.clock.Advance(time.Hour)
	require.ErrorIs(t, fault(t, source), auth.ErrSignIn)
	assert.Zero(t, d.Count("refresh_token"))
}

// The other side of the test below: one process that wants a token.
const (
	childIssuer = "FNDECK_TEST_ISSUER"
	childStore  = "FNDECK_TEST_STORE"
)

func TestChildWantsAToken(t *testing.T) {
	issuer, dir := os.Getenv(childIssuer), os.Getenv(childStore)
	if issuer == "" {
		t.Skip("it is started by the test of twenty processes")
	}
	clock := authtest.NewClock()
	clock.Advance(time.Hour)
	source, err := auth.Open(
		auth.Identity{Flow: auth.FlowDeviceCode, Issuer: issuer, ClientID: personID, Scopes: []string{"api/user_impersonation", "openid", "offline_access"}},
		auth.Options{Store: tokenstore.New(dir), Clock: clock.Clock()},
	)
	require.NoError(t, err)
	defer source.Close(t.Context())
	_, _ = os.Stdout.WriteString("token=" + token(t, source) + "\n")
}

func TestTwentyProcessesOnOneStoreRefreshOnce(t *testing.T) {
	d := newDesk(t)
	d.signIn(t)
	d.clock.Advance(time.Hour)
	var all sync.WaitGroup
	outputs := make([]string, 20)
	for n := range outputs {
		all.Go(func() {
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildWantsAToken$", "-test.v")
			command.Env = append(os.Environ(), childIssuer+"="+d.Issuer.Issuer, childStore+"="+d.dir)
			out, err := command.CombinedOutput()
			if err == nil {
				_, rest, _ := strings.Cut(string(out), "token=")
				outputs[n], _, _ = strings.Cut(rest, "\n")
				return
			}
			outputs[n] = string(out)
		})
	}
	all.Wait()
	require.NotEmpty(t, outputs[0])
	for _, got := range outputs {
		assert.Equal(t, outputs[0], got)
	}
	assert.Equal(t, 1, d.Count("refresh_token"))
	info, err := os.Stat(d.file(t))
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
}
