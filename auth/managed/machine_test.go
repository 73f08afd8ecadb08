package managed_test

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth/authtest"
	"fndeck/auth/managed"
)

const resource = "https://api.example.com"

// place is a machine whose environment and folders the test has made.
type place struct {
	*authtest.Cloud
	managed.Machine
	env   map[string]string
	waits []time.Duration
}

func newPlace(t *testing.T, env map[string]string) *place {
	t.Helper()
	p := &place{Cloud: authtest.NewCloud(t), env: env}
	for name, value := range env {
		env[name] = strings.ReplaceAll(value, "CLOUD", p.URL)
	}
	p.Machine = managed.Machine{
		Getenv: func(name string) string { return p.env[name] },
		Wait: func(ctx context.Context, d time.Duration) error {
			p.waits = append(p.waits, d)
			return ctx.Err()
		},
		IMDS: p.URL, ArcAgent: filepath.Join(t.TempDir(), "himds"), ArcTokens: p.Cloud.ArcTokens,
	}
	return p
}

func appService() map[string]string {
	return map[string]string{"IDENTITY_ENDPOINT": "CLOUD/msi", "IDENTITY_HEADER": "header-secret"}
}

func machineLearning() map[string]string {
	return map[string]string{"MSI_ENDPOINT": "CLOUD/msi", "MSI_SECRET": "header-secret"}
}

func arc() map[string]string {
	return map[string]string{"IDENTITY_ENDPOINT": "CLOUD/arc", "IMDS_ENDPOINT": "CLOUD"}
}

func TestEachKindOfMachineIsAskedInItsOwnWay(t *testing.T) {
	for _, c := range []struct {
		variant string
		env     map[string]string
		id      managed.ID
		want    map[string]string
		header  map[string]string
	}{
		{"App Service", appService(), managed.ID{ResourceID: "/r"}, map[string]string{"api-version": "2019-08-01", "resource": resource, "mi_res_id": "/r"}, map[string]string{"X-IDENTITY-HEADER": "header-secret"}},
		{"Azure ML", machineLearning(), managed.ID{ClientID: "c"}, map[string]string{"api-version": "2017-09-01", "clientid": "c"}, map[string]string{"secret": "header-secret"}},
		{"Cloud Shell", map[string]string{"MSI_ENDPOINT": "CLOUD/msi"}, managed.ID{}, map[string]string{"resource": resource}, map[string]string{"Metadata": "true"}},
		{"Azure Arc", arc(), managed.ID{}, map[string]string{"api-version": "2020-06-01"}, map[string]string{"Authorization": "Basic the-agents-proof"}},
		{"IMDS", map[string]string{}, managed.ID{ObjectID: "o"}, map[string]string{"api-version": "2018-02-01", "object_id": "o"}, map[string]string{"Metadata": "true"}},
	} {
		t.Run(c.variant, func(t *testing.T) {
			p := newPlace(t, c.env)
			assert.Equal(t, c.variant, p.Variant())
			answer, err := p.Token(t.Context(), resource, c.id)
			require.NoError(t, err)
			assert.Equal(t, managed.Answer{Access: "cloud-token", In: "3599", Variant: c.variant}, answer)
			all := p.Requests()
			last := all[len(all)-1]
			for name, value := range c.want {
				assert.Equal(t, value, last.Form.Get(name), name)
			}
			for name, value := range c.header {
				assert.Equal(t, value, last.Header.Get(name), name)
			}
		})
	}
}

func TestServiceFabricIsTrustedByItsThumbprintOnly(t *testing.T) {
	cloud := authtest.NewCloud(t)
	server := httptest.NewTLSServer(cloud)
	defer server.Close()
	sum := sha1.Sum(server.Certificate().Raw)
	env := map[string]string{"IDENTITY_ENDPOINT": server.URL, "IDENTITY_HEADER": "header-secret", "IDENTITY_SERVER_THUMBPRINT": hex.EncodeToString(sum[:])}
	p := newPlace(t, env)
	answer, err := p.Token(t.Context(), resource, managed.ID{})
	require.NoError(t, err)
	assert.Equal(t, "Service Fabric", answer.Variant)

	env["IDENTITY_SERVER_THUMBPRINT"] = strings.Repeat("0", 40)
	_, err = p.Token(t.Context(), resource, managed.ID{})
	require.ErrorContains(t, err, "IDENTITY_SERVER_THUMBPRINT")
	assert.Len(t, cloud.Requests(), 1, "the header did not leave")
}

func TestAServiceThatIsBusyIsAskedThreeTimesAgain(t *testing.T) {
	for _, statuses := range [][]int{{404}, {410, 429}, {500, 503, 599}} {
		p := newPlace(t, map[string]string{})
		p.Statuses(statuses...)
		_, err := p.Token(t.Context(), resource, managed.ID{})
		require.NoError(t, err, statuses)
		assert.Len(t, p.waits, len(statuses))
	}
	p := newPlace(t, map[string]string{})
	p.Statuses(500, 500, 500, 500, 500)
	_, err := p.Token(t.Context(), resource, managed.ID{})
	var refusal *managed.Refusal
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, 500, refusal.Status)
	assert.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, p.waits)

	p = newPlace(t, appService())
	p.Statuses(404)
	_, err = p.Token(t.Context(), resource, managed.ID{})
	require.ErrorAs(t, err, &refusal, "only the metadata service means another time by 404")
	assert.Empty(t, p.waits)
}

func TestARedirectOfAMachinesEndpointIsNotFollowed(t *testing.T) {
	other := authtest.NewCloud(t)
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	env := appService()
	env["IDENTITY_ENDPOINT"] = server.URL
	_, err := newPlace(t, env).Token(t.Context(), resource, managed.ID{})
	require.Error(t, err)
	assert.Empty(t, other.Requests())
}

// proxyOf tells the test below, in a process of its own, which proxy to avoid:
// Go reads the environment's proxies once in the life of a process.
const proxyOf = "FNDECK_TEST_PROXY"

func TestNoProxyIsAskedForAMachinesToken(t *testing.T) {
	if os.Getenv(proxyOf) == "" {
		proxy := authtest.NewCloud(t)
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		command.Env = append(os.Environ(), proxyOf+"="+proxy.URL, "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
		out, err := command.CombinedOutput()
		require.NoError(t, err, string(out))
		assert.Empty(t, proxy.Requests())
		return
	}
	p := newPlace(t, map[string]string{})
	p.IMDS = "http://metadata.invalid"
	_, err := p.Token(t.Context(), resource, managed.ID{})
	require.ErrorIs(t, err, managed.ErrNotThere)
}

func TestAChallengeOfArcMayNameOnlyAFileOfTheAgent(t *testing.T) {
	p := newPlace(t, arc())
	outside := filepath.Join(t.TempDir(), "secret.key")
	require.NoError(t, os.WriteFile(outside, []byte("private"), 0o600))
	link := filepath.Join(p.Cloud.ArcTokens, "link.key")
	require.NoError(t, os.Symlink(outside, link))
	large := filepath.Join(p.Cloud.ArcTokens, "large.key")
	require.NoError(t, os.WriteFile(large, make([]byte, 4097), 0o600))
	text := filepath.Join(p.Cloud.ArcTokens, "challenge.txt")
	require.NoError(t, os.WriteFile(text, []byte("x"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(p.Cloud.ArcTokens, "dir.key"), 0o700))
	for _, evil := range []string{
		outside, link, large, text, p.Cloud.ArcTokens + "/../secret.key", p.Cloud.ArcTokens + "/dir.key", p.Cloud.ArcTokens + "/sub/x.key", "secret.key", "", "/etc/passwd",
	} {
		p.ChallengeFile = evil
		_, err := p.Token(t.Context(), resource, managed.ID{})
		assert.ErrorContains(t, err, "challenge", "%q", evil)
	}
	for _, r := range p.Requests() {
		assert.Empty(t, r.Header.Get("Authorization"), "nothing was sent")
	}
}

func TestAnOldAgentOfArcThatIgnoresTheChoiceIsRefused(t *testing.T) {
	p := newPlace(t, arc())
	_, err := p.Token(t.Context(), resource, managed.ID{ClientID: "mine"})
	require.ErrorContains(t, err, "too old")
	p.Answer["client_id"] = "MINE"
	_, err = p.Token(t.Context(), resource, managed.ID{ClientID: "mine"})
	require.NoError(t, err)
}

func TestTheAgentsBinaryTellsAMachineOfArc(t *testing.T) {
	p := newPlace(t, map[string]string{})
	assert.Equal(t, "IMDS", p.Variant())
	require.NoError(t, os.WriteFile(p.ArcAgent, nil, 0o700))
	assert.Equal(t, "Azure Arc", p.Variant())
}

func TestAnIdentityIsNotChosenWhereThereIsNoChoice(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"Cloud Shell": {"MSI_ENDPOINT": "CLOUD"}, "Azure ML": machineLearning(),
		"Service Fabric": {"IDENTITY_ENDPOINT": "CLOUD", "IDENTITY_HEADER": "h", "IDENTITY_SERVER_THUMBPRINT": "t"},
	} {
		p := newPlace(t, env)
		_, err := p.Token(t.Context(), resource, managed.ID{ObjectID: "o"})
		var refusal *managed.Refusal
		require.ErrorAs(t, err, &refusal, name)
		assert.Empty(t, p.Requests(), name)
	}
}

func TestAProbeAsksWithoutTheHeaderAndTakesAnyAnswerForAYes(t *testing.T) {
	p := newPlace(t, map[string]string{})
	p.Wait = untilDone
	require.NoError(t, p.Present(t.Context()))
	require.Len(t, p.Requests(), 1)
	assert.Empty(t, p.Requests()[0].Header.Get("Metadata"))

	p.IMDS = "http://127.0.0.1:1"
	require.ErrorIs(t, p.Present(t.Context()), managed.ErrNotThere)

	p = newPlace(t, appService())
	require.NoError(t, p.Present(t.Context()))
	assert.Empty(t, p.Requests(), "the environment says so already")
}

// untilDone is a clock that stands still.
func untilDone(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestAProbeThatNobodyAnswersIsOverInItsTime(t *testing.T) {
	begun := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	}))
	defer server.Close()
	p := newPlace(t, map[string]string{})
	p.IMDS = server.URL
	p.Wait = func(_ context.Context, d time.Duration) error {
		assert.Equal(t, time.Second, d)
		<-begun
		return nil
	}
	require.ErrorIs(t, p.Present(t.Context()), managed.ErrNotThere)
}

func TestALifeMayComeAsNumberOrString(t *testing.T) {
	p := newPlace(t, map[string]string{})
	p.Answer = map[string]any{"access_token": "x", "expires_in": 60, "expires_on": "1772457000"}
	answer, err := p.Token(t.Context(), resource, managed.ID{})
	require.NoError(t, err)
	assert.Equal(t, managed.Answer{Access: "x", In: json.Number("60"), On: "1772457000", Variant: "IMDS"}, answer)

	p.Answer = map[string]any{"token_type": "Bearer"}
	_, err = p.Token(t.Context(), resource, managed.ID{})
	require.ErrorContains(t, err, "no token")
}
