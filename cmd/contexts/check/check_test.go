package check_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth/authtest"
	"fndeck/auth/certificate"
	"fndeck/auth/oidctest"
	"fndeck/client/embedded/engine/doctor"
	"fndeck/cmd/config"
	"fndeck/cmd/contexts"
	"fndeck/cmd/contexts/check"
)

// project is a Cognite project that answers what the doctor asks.
type project struct {
	*httptest.Server
	status   string
	projects []string
	granted  map[string][]string
	ahead    time.Duration
	open     bool // answers whoever asks
	missing  bool // knows no such path
}

// place is a machine with a context, an issuer and a project.
type place struct {
	t       *testing.T
	issuer  *authtest.Issuer
	project *project
	env     map[string]string
	dir     string
	now     func() time.Time
}

const secretWord = "the-secret-of-svc"

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{
		t: t, dir: t.TempDir(), now: time.Now, env: map[string]string{"SVC": secretWord},
		issuer: authtest.New(t, time.Now, authtest.Client{ID: "svc", Secret: secretWord}, authtest.Client{ID: "console"}),
		project: &project{status: "activated", projects: []string{"acme"}, granted: map[string][]string{
			"functionsAcl": {"READ", "WRITE"}, "filesAcl": {"READ", "WRITE"}, "sessionsAcl": {"CREATE", "LIST", "DELETE"},
		}},
	}
	p.project.Server = httptest.NewServer(p.project)
	t.Cleanup(p.project.Close)
	return p
}

func (p *project) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", time.Now().Add(p.ahead).UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json")
	switch {
	case p.missing:
		http.NotFound(w, r)
	case r.Header.Get("Authorization") == "" && !p.open:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/api/v1/projects/acme/functions/status":
		_ = json.NewEncoder(w).Encode(map[string]string{"status": p.status})
	case r.URL.Path == "/api/v1/token/inspect":
		var projects, capabilities []map[string]any
		for _, name := range p.projects {
			projects = append(projects, map[string]any{"projectUrlName": name})
		}
		for acl, actions := range p.granted {
			capabilities = append(capabilities, map[string]any{acl: map[string]any{"actions": actions}})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"subject": "svc", "projects": projects, "capabilities": capabilities})
	default:
		http.NotFound(w, r)
	}
}

func (p *place) service() string {
	return fmt.Sprintf("base_url: %s\nproject: acme\nauth:\n  flow: client_secret\n  issuer: %s\n  client_id: svc\n  client_secret: env:SVC\n", p.project.URL, p.issuer.Issuer)
}

func (p *place) person() string {
	return fmt.Sprintf("base_url: %s\nproject: acme\nauth:\n  flow: device_code\n  issuer: %s\n  client_id: console\n", p.project.URL, p.issuer.Issuer)
}

// look checks the context prod with a text.
func (p *place) look(text string, offline bool) doctor.Report {
	p.t.Helper()
	getenv := func(name string) string { return p.env[name] }
	x := config.Context{Name: "prod", Backend: config.BackendCognite}
	x.Fault = config.ParseContext(&x, "prod.yaml", []byte(text), getenv)
	desk := &contexts.Desk{StateDir: p.dir, KeyFile: filepath.Join(p.dir, "key"), Env: getenv, Clock: p.now}
	local := config.Context{Name: config.LocalContext, Backend: config.BackendEmbedded}
	report := check.Look(p.t.Context(), check.Setup{Desk: desk, Offline: offline}, []config.Context{local, x})
	said := fmt.Sprint(report)
	assert.NotContains(p.t, said, secretWord)
	for _, f := range report.Findings {
		assert.NotEmpty(p.t, f.Why, f.What)
		assert.NotEmpty(p.t, f.Fix, f.What)
	}
	return report
}

// only is the one finding of a report.
func (p *place) only(report doctor.Report) doctor.Finding {
	p.t.Helper()
	require.Len(p.t, report.Findings, 1, "%+v", report.Findings)
	return report.Findings[0]
}

func TestAHealthyContextHasNoFindingAndSaysWhoAsks(t *testing.T) {
	p := newPlace(t)
	report := p.look(p.service(), false)
	assert.Empty(t, report.Findings)
	assert.Equal(t, []string{"context prod: svc in project acme, functions are activated"}, report.Facts)
}

func TestNobodyIsAskedButTheHostsOfTheContext(t *testing.T) {
	p := newPlace(t)
	var mu sync.Mutex
	var hosts []string
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(hosts, r.In.Host) {
			hosts = append(hosts, r.In.Host)
		}
	}})
	t.Cleanup(proxy.Close)
	report := p.look(p.service()+"proxy: "+proxy.URL+"\n", false)
	assert.Empty(t, report.Findings)
	assert.Contains(t, strings.Join(report.Facts, "\n"), "is reached through the proxy "+strings.TrimPrefix(proxy.URL, "http://"))
	assert.ElementsMatch(t, []string{host(t, p.issuer.URL), host(t, p.project.URL)}, hosts)
}

func host(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u.Host
}

func TestOfflineAsksNobodyAndRunsNothing(t *testing.T) {
	p := newPlace(t)
	mark := filepath.Join(t.TempDir(), "ran")
	p.issuer.Discovery = func(map[string]any) { t.Error("the issuer was asked") }
	report := p.look(strings.Replace(p.service(), "env:SVC", "cmd:touch "+mark, 1), true)
	assert.Empty(t, report.Findings)
	assert.NoFileExists(t, mark)
	assert.Equal(t, []string{"context prod: client_secret comes from cmd:touch, which was not run"}, report.Facts)
}

func TestWhatIsWrongWithAContextIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(p *place, text string) string
		what  string
		fix   string
	}{
		"a context that cannot be read": {func(*place, string) string { return "project: acme\n" }, "base_url is missing", "mend its file"},
		"a secret that is not there": {func(p *place, text string) string {
			delete(p.env, "SVC")
			return text
		}, "client_secret cannot be had: the environment variable SVC is not set", "let client_secret name another place"},
		"a secret that others can read": {func(p *place, text string) string {
			path := filepath.Join(p.dir, "word")
			require.NoError(p.t, os.WriteFile(path, []byte(secretWord), 0o644))
			return strings.Replace(text, "env:SVC", "file:"+path, 1)
		}, "can be used by others (mode 0644): chmod 600", "make the file yours alone"},
		"an authority that is none": {func(p *place, text string) string {
			return text + "ca_file: " + filepath.Join(p.dir, "nosuch.pem") + "\n"
		}, "cannot be read", "ca_file"},
		"an issuer with another name": {func(p *place, text string) string {
			p.issuer.Discovery = func(d map[string]any) { d["issuer"] = "https://evil.example" }
			return text
		}, `the field issuer is "https://evil.example"`, "check the issuer"},
		"an issuer that is not there": {func(_ *place, text string) string {
			return text + "  token_url: http://127.0.0.1:1/token\n"
		}, "127.0.0.1:1 cannot be reached", "check the address"},
		"a wrong secret": {func(p *place, text string) string {
			p.env["SVC"] = "another"
			return text
		}, "refused the client secret of svc", ""},
		"an API that is another": {func(p *place, text string) string {
			p.project.missing = true
			return text
		}, "answered 404", "check base_url"},
		"a page of a proxy": {func(p *place, text string) string {
			p.project.open = true
			return text
		}, "answers without a token", "a proxy shows a page"},
		"an API whose clock is off": {func(p *place, text string) string {
			p.project.ahead = time.Hour
			return text
		}, "1h0m0s ahead of this machine's", "timedatectl"},
		"an issuer whose clock is off": {func(p *place, text string) string {
			p.issuer.Skew = -time.Hour
			return text
		}, "behind this machine's", "timedatectl"},
		"another project": {func(p *place, text string) string {
			p.project.projects = []string{"other"}
			return text
		}, "is not for project acme", "check project"},
		"a project without functions": {func(p *place, text string) string {
			p.project.status = "requested"
			return text
		}, `Cognite Functions is "requested"`, "activate"},
		"an identity that may only look": {func(p *place, text string) string {
			p.project.granted["functionsAcl"] = []string{"READ"}
			return text
		}, "svc lacks functionsAcl:WRITE", "ask who administers"},
		"an identity without sessions": {func(p *place, text string) string {
			delete(p.project.granted, "sessionsAcl")
			return text
		}, "svc lacks sessionsAcl:CREATE, sessionsAcl:LIST, sessionsAcl:DELETE", "ask who administers"},
		"a reader without functions": {func(p *place, text string) string {
			p.project.granted = nil
			return text + "read_only: true\n"
		}, "svc lacks functionsAcl:READ", "ask who administers"},
		"nobody has signed in": {func(p *place, _ string) string { return p.person() }, "nobody has signed in", "fndeck auth login prod"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			found := p.only(p.look(c.spoil(p, p.service()), false))
			assert.Contains(t, found.What, "context prod: ")
			assert.Contains(t, found.What, c.what)
			assert.Contains(t, found.Fix, c.fix)
		})
	}
}

func TestAReaderNeedsLess(t *testing.T) {
	p := newPlace(t)
	p.project.granted = map[string][]string{"functionsAcl": {"READ"}}
	assert.Empty(t, p.look(p.service()+"read_only: true\n", false).Findings)
}

func TestAnIssuerWithoutTheFlowIsFound(t *testing.T) {
	p := newPlace(t)
	p.issuer.Discovery = func(d map[string]any) { delete(d, "device_authorization_endpoint") }
	var said []string
	for _, f := range p.look(p.person(), false).Findings {
		said = append(said, f.What)
	}
	assert.Contains(t, strings.Join(said, "\n"), "names no device_authorization_endpoint")
}

func TestACertificateThatEndsSoonIsFound(t *testing.T) {
	p := newPlace(t)
	_, text := oidctest.Certificate(t)
	_, rest := pem.Decode(text)
	parsed, err := certificate.Parse(text, "", time.Now())
	require.NoError(t, err)
	ends := parsed.Ends()
	path := filepath.Join(p.dir, "app.pem")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	context := strings.Replace(p.service(), "client_secret: env:SVC", "certificate: file:"+path, 1)
	context = strings.Replace(context, "flow: client_secret", "flow: client_certificate", 1)
	report := p.look(context, true)
	assert.Empty(t, report.Findings)
	require.Len(t, report.Facts, 1, "what it cannot do is no fault, and said")
	assert.Contains(t, report.Facts[0], "nothing can be called or scheduled as an application with a certificate")
	assert.Empty(t, p.look(context+"read_only: true\n", true).Facts)

	p.now = func() time.Time { return ends.Add(-24 * time.Hour) }
	assert.Contains(t, p.only(p.look(context, true)).What, "the certificate ends on "+ends.Format(time.DateOnly))
	p.now = func() time.Time { return ends.Add(24 * time.Hour) }
	assert.Contains(t, p.only(p.look(context, true)).What, "the certificate has expired")

	require.NoError(t, os.WriteFile(path, rest, 0o600))
	assert.Contains(t, p.only(p.look(context, true)).What, "there is no private key in it")
}

func TestTokenFilesThatOthersCanUseAreFound(t *testing.T) {
	p := newPlace(t)
	tokens := filepath.Join(p.dir, "tokens")
	require.NoError(t, os.Mkdir(tokens, 0o700))
	for name, mode := range map[string]os.FileMode{"a.json": 0o644, "b.json": 0o600, "c.bad": 0o600} {
		require.NoError(t, os.WriteFile(filepath.Join(tokens, name), []byte("{}"), mode))
	}
	var said []string
	for _, f := range p.look(p.person(), true).Findings {
		said = append(said, f.What+": "+f.Fix)
	}
	require.Len(t, said, 3, "and nobody has signed in")
	assert.Contains(t, said[1], "a.json is not yours alone: chmod 600 "+filepath.Join(tokens, "a.json"))
	assert.Contains(t, said[2], "c.bad was set aside")
}
