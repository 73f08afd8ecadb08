package redeploy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/seal"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/cognite"
	"fndeck/client/cognite/archive"
	"fndeck/client/cognite/kept"
	"fndeck/client/embedded/enginetest"
	"fndeck/client/faultproxy"
	"fndeck/client/pack"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// secret is one that must survive, and stand in no file.
const secret = "canary-9d1f"

// rig is a project behind a proxy, and a machine for it.
type rig struct {
	*testing.T
	ctx    context.Context
	engine enginetest.Engine
	proxy  *faultproxy.Proxy
	// api speaks to the project past the proxy.
	api *cognite.Backend
	dir string
}

// newRig begins a project. Its test runs beside others: it mostly waits for builds.
func newRig(t *testing.T) *rig {
	t.Helper()
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	t.Cleanup(cancel)
	e := enginetest.Start(t)
	r := &rig{T: t, ctx: ctx, engine: e, proxy: faultproxy.New(t, e.URL), dir: t.TempDir()}
	r.api = r.reach(e.URL, false)
	return r
}

func (r *rig) reach(url string, impatient bool) *cognite.Backend {
	transport := &http.Transport{}
	r.Cleanup(transport.CloseIdleConnections)
	return cognite.New(cognite.Config{
		Name: "test", BaseURL: url, Project: "local", Client: &http.Client{Transport: transport},
		Token: auth.FileToken{Path: r.engine.BearerFile}, Jitter: func() float64 { return 0 }, Impatient: impatient,
	})
}

// machine is as a program that has just been started.
func (r *rig) machine() *Machine {
	store := kept.Open(filepath.Join(r.dir, "kept"), seal.New(filepath.Join(r.dir, "key"), false))
	return &Machine{
		API: r.reach(r.proxy.URL, true), Store: store, Archive: archive.New(filepath.Join(r.dir, "kept", "calls")), Clock: time.Now,
		Context: "test", Base: r.engine.URL, Project: "local",
		Wait: func(ctx context.Context, d time.Duration) error {
			timer := time.NewTimer(min(d, 20*time.Millisecond))
			defer timer.Stop()
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-timer.C:
				return nil
			}
		},
	}
}

// source answers with a version and a hash of its secret.
func source(version int) string {
	return fmt.Sprintf(`import hashlib
def handle(data, secrets):
    print("version", %d)
    return {"version": %d, "secret": hashlib.sha256(secrets["key"].encode()).hexdigest()}
`, version, version)
}

func (r *rig) code(text string) client.Package {
	r.Helper()
	zip, err := pack.FromFiles(map[string][]byte{"handler.py": []byte(text)})
	require.NoError(r, err)
	return client.Package{Zip: zip, SHA256: pack.Hash(zip), Folder: "/src/f"}
}

// subject is a function with schedules, calls and a secret, deployed by other means.
type subject struct {
	*rig
	f    client.Function
	want []string
}

// change is a redeploy of it, which must give the secret.
func (s *subject) request(version int) Request {
	return Request{
		Function: s.f.ID, Code: s.code(source(version)), RunAsMe: true,
		Change: client.SpecChange{Secrets: map[string]client.Secret{"key": auth.NewSecret(secret)}},
	}
}

// twin is a schedule that there are two of.
var twin = client.ScheduleSpec{Name: "twin", Data: json.RawMessage(`{"a" : 9007199254740993}`)}

// subject makes one.
func (r *rig) subject(name, externalID string) *subject {
	r.Helper()
	f, err := r.api.Deploy(r.ctx, client.FunctionSpec{
		Name: name, ExternalID: externalID, EnvVars: map[string]string{"A": "b"}, Metadata: map[string]string{"team": "x", "cognite-toolkit-hash": "/=0"},
		Secrets: map[string]client.Secret{"key": auth.NewSecret(secret)},
	}, r.code(source(1)), nil)
	require.NoError(r, err)
	f, err = action.AwaitReady(r.ctx, r.api, f.ID, nil)
	require.NoError(r, err)
	for _, x := range []client.ScheduleSpec{{Name: "none"}, {Name: "empty", Data: json.RawMessage(`{}`)}, twin, twin} {
		x.Description, x.FunctionID, x.Cron = "cdf-auth: 0a", f.ID, "0 0 1 1 *"
		_, err := r.api.CreateSchedule(r.ctx, x)
		require.NoError(r, err)
	}
	s := &subject{rig: r, f: f}
	s.want = s.schedules()
	s.answers(f.ID, 1)
	return s
}

// answers calls a function and checks which version answers with which secret.
func (s *subject) answers(id string, version int) {
	s.Helper()
	c, err := s.api.Invoke(s.ctx, client.CallRequest{FunctionID: id})
	require.NoError(s, err)
	c, err = action.AwaitCall(s.ctx, s.api, c)
	require.NoError(s, err)
	result, err := s.api.Result(s.ctx, id, c.ID)
	require.NoError(s, err)
	sum := sha256.Sum256([]byte(secret))
	assert.JSONEq(s, fmt.Sprintf(`{"version":%d,"secret":%q}`, version, hex.EncodeToString(sum[:])), string(result.Response))
}

// schedules are all that exist for the subject, without what must change.
func (s *subject) schedules() []string {
	s.Helper()
	all, err := s.api.Bound(s.ctx, "")
	require.NoError(s, err)
	var found []string
	for _, x := range all {
		data, err := s.api.ScheduleInput(s.ctx, x.ID)
		require.NoError(s, err)
		found = append(found, fmt.Sprintf("%s|%s|%s|%s", x.Name, x.Cron, x.Description, data))
	}
	slices.Sort(found)
	return found
}

// loseNone checks, while a redeploy goes on, that every schedule is somewhere.
func (s *subject) loseNone() {
	all, err := s.api.Bound(s.ctx, "")
	if !assert.NoError(s, err) {
		return
	}
	count := map[string]int{}
	for _, x := range all {
		count[x.Name]++
	}
	if count["none"] < 1 || count["empty"] < 1 || count["twin"] < 2 {
		s.Errorf("a schedule is lost: %v", count)
	}
}

// watched lets all requests pass but what fault says, and has an eye on the
// schedules.
func (s *subject) watched(fault func(n int) *faultproxy.Fault) {
	s.proxy.Arm(func(n int, _ *http.Request) *faultproxy.Fault {
		s.loseNone()
		if fault == nil {
			return nil
		}
		return fault(n)
	})
}

// isOne checks that exactly one function is left, which answers as a version, with
// all schedules once and the old calls readable; it returns its id.
func (s *subject) isOne(version int) string {
	s.Helper()
	all, err := s.api.List(s.ctx)
	require.NoError(s, err)
	require.Len(s, all, 1)
	f := all[0]
	assert.Equal(s, s.f.Name, f.Name)
	assert.Equal(s, s.f.ExternalID, f.ExternalID)
	assert.Equal(s, s.f.EnvVars, f.EnvVars)
	assert.Equal(s, "x", f.Metadata["team"])
	assert.Equal(s, s.want, s.schedules())
	bound, err := s.api.Bound(s.ctx, f.ID)
	require.NoError(s, err)
	assert.Len(s, bound, len(s.want), "all on this function")
	s.answers(f.ID, version)
	if f.ID != s.f.ID {
		old, err := archive.New(filepath.Join(s.dir, "kept", "calls")).Calls(s.f.ID)
		require.NoError(s, err)
		assert.NotEmpty(s, old, "history is readable")
	}
	return f.ID
}
