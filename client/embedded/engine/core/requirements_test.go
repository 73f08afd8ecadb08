//go:build linux

package core

import (
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/clienttest"
	"fndeck/client/embedded/engine/confine"
	"fndeck/client/embedded/engine/python"
	"fndeck/client/embedded/engine/store"
)

var (
	greeting = clienttest.Wheel{Name: "greeting", Version: "1.0.0", Files: map[string]string{"greeting.py": "from words import WORD\ndef greet(): return WORD\n"}, Requires: []string{"words>=1"}}
	words    = clienttest.Wheel{Name: "words", Version: "1.2.0", Files: map[string]string{"words.py": "WORD = 'hello'\n"}}
	needing  = map[string]string{"handler.py": "import greeting\ndef handle(data): return greeting.greet()\n", "requirements.txt": "# what we need\ngreeting==1.0.0\n"}
)

func TestRequirementsAreInstalledOnceForAllWhoWantTheSame(t *testing.T) {
	index := clienttest.NewIndex(t, greeting, words)
	r := newRig(t, nil)
	v := r.deploy(NewFunction{IndexURL: index.URL}, needing)
	require.Equal(t, store.Ready, v.Latest.Status, v.Latest.ErrorMessage+r.logOf(v.Latest.DeployID))
	_, response := r.call(v.ID, `{}`)
	assert.Equal(t, `"hello"`, response)
	assert.Contains(t, r.logOf(v.Latest.DeployID), "Successfully installed greeting-1.0.0 words-1.2.0")

	before := index.Requests()
	v = r.deploy(NewFunction{IndexURL: index.URL}, needing)
	require.Equal(t, store.Ready, v.Latest.Status)
	assert.Equal(t, before, index.Requests(), "a cached environment asks nobody")
	assert.Contains(t, r.logOf(v.Latest.DeployID), "is cached")
}

func TestAnEnvironmentSurvivesARestart(t *testing.T) {
	index := clienttest.NewIndex(t, greeting, words)
	r := newRig(t, nil)
	v := r.deploy(NewFunction{IndexURL: index.URL}, needing)
	require.NoError(t, r.Core.Close())
	r.open()
	_, response := r.call(v.ID, `{}`)
	assert.Equal(t, `"hello"`, response)
}

// U09
func TestAnEnvironmentThatIsGoneIsBuiltAgainByTheNextCall(t *testing.T) {
	index := clienttest.NewIndex(t, greeting, words)
	r := newRig(t, nil)
	v := r.deploy(NewFunction{IndexURL: index.URL}, needing)
	require.Equal(t, store.Ready, v.Latest.Status, v.Latest.ErrorMessage)
	gone := func(name string) {
		require.NoError(t, r.Core.Close())
		require.NoError(t, os.RemoveAll(filepath.Join(r.dir, "envs", name)))
		r.open()
	}
	gone(v.Latest.Environment)
	_, response := r.call(v.ID, `{}`)
	assert.Equal(t, `"hello"`, response)

	// On another machine it has another name, because Python is elsewhere.
	require.NoError(t, r.store.Write(store.Durable, func(tx *store.Tx) error {
		moved := v.Latest
		moved.Environment = "of-another-machine"
		return tx.UpdateVersion(moved)
	}))
	gone(v.Latest.Environment)
	_, response = r.call(v.ID, `{}`)
	assert.Equal(t, `"hello"`, response)
	stored, err := r.Store().Version(v.ID, 1)
	require.NoError(t, err)
	assert.Equal(t, v.Latest.Environment, stored.Environment)

	gone(v.Latest.Environment)
	index.User, index.Password = "somebody", "else" // it refuses from now on
	c, _ := r.call(v.ID, `{}`)
	assert.Equal(t, store.Failed, c.Status)
	assert.Contains(t, c.ErrorMessage, "could not be built again")
}

func TestAPackageThatIsNotFoundFailsTheDeployWithWhatPipSaid(t *testing.T) {
	index := clienttest.NewIndex(t, words)
	r := newRig(t, nil)
	v := r.deploy(NewFunction{IndexURL: index.URL}, map[string]string{"handler.py": "def handle(data): pass\n", "requirements.txt": "pandass\n"})
	assert.Equal(t, store.Failed, v.Latest.Status)
	assert.Contains(t, v.Latest.ErrorMessage, "No matching distribution found for pandass")
	assert.Contains(t, v.Latest.ErrorTrace, "pandass")
	d, err := r.Store().Deploy(v.Latest.DeployID)
	require.NoError(t, err)
	assert.Equal(t, PhaseEnvironment, d.Phase, "the phase says where it failed")
}

func TestAnIndexThatCannotBeReachedIsSaidToBeThat(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, dead.Close())
	r := newRig(t, nil)
	v := r.deploy(NewFunction{IndexURL: "http://" + dead.Addr().String() + "/simple/"}, needing)
	assert.Contains(t, v.Latest.ErrorMessage, "a package index could not be reached (Connection refused): No matching distribution found for greeting==1.0.0")
}

func TestAnIndexThatNeverAnswersIsGivenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	r := newRig(t, nil)
	r.environments.Limit = 3 * time.Second
	v := r.deploy(NewFunction{IndexURL: "http://" + l.Addr().String() + "/simple/"}, needing)
	assert.Equal(t, store.Failed, v.Latest.Status)
	assert.Contains(t, v.Latest.ErrorMessage, "the build exceeded its time limit of 3s")
}

// U08, P7
func TestCredentialsOfAnIndexAreUsedAndNeverShown(t *testing.T) {
	index := clienttest.NewIndex(t, greeting, words)
	index.User, index.Password = "builder", canary
	r := newRig(t, nil)
	withUser := strings.Replace(index.URL, "http://", "http://builder:c4n4ry%2F%22s3cret%22%2Bvalue@", 1)
	v := r.deploy(NewFunction{IndexURL: withUser}, needing)
	require.Equal(t, store.Ready, v.Latest.Status, v.Latest.ErrorMessage+r.logOf(v.Latest.DeployID))
	v = r.deploy(NewFunction{IndexURL: withUser}, map[string]string{"handler.py": "def handle(data): pass\n", "requirements.txt": "nosuchthing\n"})
	assert.Equal(t, store.Failed, v.Latest.Status)
	require.NoError(t, r.Core.Close())
	assertNowhere(t, r.dir)
	r.open()
}

// A tool may print what it was given as it was written, decoded, or taken apart.
func TestCredentialsAreMaskedHoweverAToolPrintsThem(t *testing.T) {
	cases := map[string]string{
		"as written":       "GET http://bob%40x:p%2fss%3Aw0rd@host/simple",
		"escapes in upper": "user bob%40x password p%2Fss%3Aw0rd",
		"decoded":          "user bob@x password p/ss:w0rd",
		"user alone":       "Authentication failed for bob@x",
		"password alone":   "bad password p/ss:w0rd",
		"basic auth":       "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("bob@x:p/ss:w0rd")),
		"as JSON":          `{"user":"bob@x","password":"p/ss:w0rd"}`,
	}
	m := newMasker(credentials("http://bob%40x:p%2fss%3Aw0rd@host/simple"))
	for name, line := range cases {
		masked := m.mask(line)
		for _, part := range []string{"bob", "ss:w0rd", "w0rd", "Ym9i"} {
			assert.NotContains(t, masked, part, name)
		}
		assert.Contains(t, masked, maskText, name)
	}
}

func TestCredentialsInTheRequirementsThemselvesAreNeverShown(t *testing.T) {
	index := clienttest.NewIndex(t, greeting, words)
	index.User, index.Password = "builder", canary
	withUser := strings.Replace(index.URL, "http://", "http://builder:c4n4ry%2F%22s3cret%22%2Bvalue@", 1)
	r := newRig(t, nil)
	v := r.deploy(NewFunction{}, map[string]string{"handler.py": needing["handler.py"], "requirements.txt": "--index-url " + withUser + "\ngreeting==1.0.0\nnosuchthing\n"})
	assert.Equal(t, store.Failed, v.Latest.Status)
	for _, text := range []string{r.logOf(v.Latest.DeployID), v.Latest.ErrorMessage, v.Latest.ErrorTrace} {
		assert.NotContains(t, text, canary)
		assert.NotContains(t, text, "c4n4ry")
		assert.NotContains(t, text, "builder:")
	}
	assert.Contains(t, v.Latest.ErrorMessage, "nosuchthing")
}

func TestOfANameInTwoIndexesTheHigherVersionWinsAndTheBuildSaysSo(t *testing.T) {
	ours := clienttest.NewIndex(t, words)
	theirs := clienttest.NewIndex(t, clienttest.Wheel{Name: "words", Version: "99.0", Files: map[string]string{"words.py": "WORD = 'stolen'\n"}})
	r := newRig(t, nil)
	v := r.deploy(NewFunction{IndexURL: ours.URL, ExtraIndexURLs: []string{theirs.URL}}, asking)
	require.Equal(t, store.Ready, v.Latest.Status, v.Latest.ErrorMessage)
	_, response := r.call(v.ID, `{}`)
	assert.Equal(t, `"stolen"`, response, "this is what pip does, and why fndeck asks first")
	assert.Contains(t, r.logOf(v.Latest.DeployID), "several indexes may supply words")
}

func TestTheKeyOfAnEnvironmentChangesWithTheCredentialsAndShowsNothingOfThem(t *testing.T) {
	with := python.Wanted{Requirements: "words", IndexURL: "https://u:secret1@h/simple"}
	other := with
	other.IndexURL = "https://u:secret2@h/simple"
	assert.NotEqual(t, with.Key(), other.Key())
	assert.Regexp(t, "^[0-9a-f]{32}$", with.Key())
	reordered := python.Wanted{Requirements: "# a comment\n\nb==1 \\\n  --hash=sha256:00\na\n"}
	plain := python.Wanted{Requirements: "a\nb==1   --hash=sha256:00\n"}
	assert.Equal(t, plain.Key(), reordered.Key())
}

func TestADeadFirstIndexDoesNotMatterWhenAnotherHasThePackage(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, dead.Close())
	index := clienttest.NewIndex(t, greeting, words)
	r := newRig(t, nil)
	v := r.deploy(NewFunction{IndexURL: "http://" + dead.Addr().String() + "/simple/", ExtraIndexURLs: []string{index.URL}}, needing)
	assert.Equal(t, store.Ready, v.Latest.Status, v.Latest.ErrorMessage)
}

// A source distribution's own code runs while it is built.
func TestABuildCannotReadOutsideItsFolders(t *testing.T) {
	if confine.Probe().Landlock == 0 {
		t.Skip("this kernel has no Landlock")
	}
	secret := filepath.Join(t.TempDir(), "id_rsa")
	require.NoError(t, os.WriteFile(secret, []byte("key"), 0o600))
	r := newRig(t, nil)
	v := r.deploy(NewFunction{}, map[string]string{"handler.py": "def handle(data): pass\n", "requirements.txt": "-r " + secret + "\n"})
	assert.Equal(t, store.Failed, v.Latest.Status)
	assert.Contains(t, v.Latest.ErrorTrace+v.Latest.ErrorMessage, "Permission denied")
}
