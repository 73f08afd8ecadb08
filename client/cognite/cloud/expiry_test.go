package cloud_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/authtest"
	"fndeck/auth/seal"
	"fndeck/client"
	"fndeck/client/cognite/cloud"
	"fndeck/client/embedded/enginetest"
	"fndeck/client/faultproxy"
)

// gate stands before an engine and says of each request whether its token has ended.
type gate struct {
	*faultproxy.Proxy
	ended func(token string, r *http.Request) bool
}

func newGate(t *testing.T, engine string, ended func(token string, r *http.Request) bool) *gate {
	t.Helper()
	g := &gate{faultproxy.New(t, engine), ended}
	front := httptest.NewServer(g)
	t.Cleanup(front.Close)
	g.URL = front.URL // the links of answers lead through the gate
	return g
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.ended(r.Header.Get("Authorization"), r) {
		g.Proxy.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = fmt.Fprint(w, `{"error":{"code":401,"message":"Unauthorized"}}`) // a client that goes is its own affair
}

// passed counts what was let through of a method to paths with an ending.
func (g *gate) passed(method, ending string) (n int) {
	_, requests := g.Seen()
	for _, line := range requests {
		if strings.HasPrefix(line, method+" ") && strings.HasSuffix(line, ending) {
			n++
		}
	}
	return n
}

// signedIn is a console of a project behind a gate, with the identity of an issuer.
func signedIn(t *testing.T, issuer *authtest.Issuer, g *gate) *cloud.Backend {
	t.Helper()
	base, err := url.Parse(g.URL)
	require.NoError(t, err)
	source, err := auth.Open(auth.Identity{
		Flow: auth.FlowClientSecret, Issuer: issuer.Issuer, ClientID: "svc", ClientSecret: auth.TypedReference("right-secret"),
	}, auth.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { source.Close(context.Background()) })
	transport := &http.Transport{}
	dir := t.TempDir()
	b, err := cloud.New(cloud.Config{
		Name: "prod", BaseURL: g.URL, Project: "local", Client: &http.Client{Transport: client.Signed(source, base, transport)},
		Dir: filepath.Join(dir, "kept"), Sealer: seal.New(filepath.Join(dir, "key"), false), Clock: time.Now, Wait: short, Jitter: rand.Float64,
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, errors.Join(b.Settle(context.Background()), b.Close()))
		transport.CloseIdleConnections()
	})
	return b
}

func newIssuer(t *testing.T) *authtest.Issuer {
	t.Helper()
	issuer := authtest.New(t, time.Now, authtest.Client{ID: "svc", Secret: "right-secret"})
	issuer.Audience = enginetest.Audience
	return issuer
}

func TestTheNewestCallsOfAllFunctionsEndWhereTheServiceHandsOutEmptyPagesForEver(t *testing.T) {
	asked := 0
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/calls/list") {
			asked++
			_, _ = io.WriteString(w, `{"items":[],"nextCursor":"page:"}`) // ends as one of ours does
			return
		}
		_, _ = io.WriteString(w, `{"items":[{"id":1,"name":"f","lastCalled":1}]}`)
	}))
	t.Cleanup(front.Close)
	bearer := filepath.Join(t.TempDir(), "bearer")
	require.NoError(t, os.WriteFile(bearer, []byte("token"), 0o600))
	page, err := console(t, front.URL, bearer, t.TempDir()).Calls(t.Context(), client.CallQuery{})
	require.NoError(t, err)
	assert.Empty(t, page.Calls)
	assert.Equal(t, 1, asked)
}

func TestTwentyRequestsWhoseTokenHasEndedShareOneRefresh(t *testing.T) {
	const many = 20
	issuer := newIssuer(t)
	e := enginetest.Trusting(t, issuer.Issuer)
	var mu sync.Mutex
	var first string
	waiting, all, armed := 0, make(chan struct{}), false
	g := newGate(t, e.URL, func(token string, _ *http.Request) bool {
		mu.Lock()
		if !armed {
			first = token
		}
		if ended := armed && token == first; !ended {
			mu.Unlock()
			return false
		}
		if waiting++; waiting == many {
			close(all)
		}
		mu.Unlock()
		<-all // They are all refused at once.
		return true
	})
	b := signedIn(t, issuer, g)
	_, err := b.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, issuer.Count("client_credentials"))
	mu.Lock()
	armed = true
	mu.Unlock()

	var done sync.WaitGroup
	failures := make([]error, many)
	for n := range many {
		done.Go(func() { _, failures[n] = b.Status(t.Context()) })
	}
	done.Wait()
	require.NoError(t, errors.Join(failures...))
	assert.Equal(t, 2, issuer.Count("client_credentials"), "the first token, and one for all who waited")
}

// A token serves one request and has ended at the next: every request of the job, the
// upload and the polls among them, finds that out on its way.
func TestAJobWhoseTokenEndsAtEveryRequestIsDoneOnce(t *testing.T) {
	issuer := newIssuer(t)
	e := enginetest.Trusting(t, issuer.Issuer)
	var mu sync.Mutex
	used, refused := map[string]bool{}, map[string]int{}
	g := newGate(t, e.URL, func(token string, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if used[token] {
			refused[r.Method]++
			return true
		}
		used[token] = true
		return false
	})
	d := &desk{T: t, ctx: t.Context(), b: signedIn(t, issuer, g)}
	f := d.deploy("nightly")
	c := d.call(f)
	assert.Equal(t, client.CallCompleted, c.Status)
	_, err := d.b.CreateSchedule(d.ctx, client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *"})
	require.NoError(t, err)

	functions, err := d.b.Functions(d.ctx)
	require.NoError(t, err)
	assert.Len(t, functions, 1)
	assert.Len(t, d.all(d.b, client.CallQuery{FunctionID: f.ID}), 1)
	schedules, err := d.b.Schedules(d.ctx, f.ID)
	require.NoError(t, err)
	assert.Len(t, schedules, 1)
	for path, times := range map[string]int{"/local/functions": 1, "/call": 1, "/functions/schedules": 1, "/files": 1} {
		assert.Equal(t, times, g.passed(http.MethodPost, path), path)
	}
	assert.Equal(t, 1, refused[http.MethodPut], "the upload was under way when its token ended")
	assert.Greater(t, refused[http.MethodPost], 5)
}
