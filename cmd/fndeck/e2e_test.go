package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"fndeck/auth/authtest"
	"fndeck/auth/oidctest"
	"fndeck/client/faultproxy"
)

// far is what lies between fndeck and a cloud in the scripts of testdata/e2e: an
// OpenID issuer, an engine that trusts it, and a link that can be cut.
type far struct {
	t *testing.T
	// issuer and audience are what the engine trusts, secret is that of its client.
	issuer, audience, secret string
	// person opens an address and signs in there, with a device's code if there is
	// one. Without one the program that asked is called back.
	person func(address, code string) error
	link   *faultproxy.Proxy
	// severed is closed once an armed cut has come.
	severed chan struct{}
	// ours is the issuer where it is one that misbehaves on request, or nil.
	ours *authtest.Issuer
	// looked ends the look at all command lines that begins with a script.
	looked func() (processes int, leaks []string)
}

// farValue is the secret of a function in the scripts.
const farValue = "hunter2+/x"

// TestFarContexts runs the scripts of testdata/e2e: the real binary against an
// engine far away, with identities of a real issuer.
func TestFarContexts(t *testing.T) {
	bin := binary(t)
	needPython(t)
	scripts, err := filepath.Glob("../../testdata/e2e/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	for _, script := range scripts {
		issuer := authtest.New(t, time.Now, authtest.Client{ID: "svc", Secret: "far-secret"}, authtest.Client{ID: "console"})
		issuer.Audience = "https://engine.example"
		f := &far{t: t, issuer: issuer.Issuer, audience: issuer.Audience, secret: "far-secret", ours: issuer}
		f.person = func(address, code string) error {
			if code != "" {
				issuer.Approve(code)
				return nil
			}
			return visit(address) // the redirect leads to the listener
		}
		f.run(bin, script)
	}
}

// TestFarContextsOfARealIssuer runs the scripts of testdata/e2e/oidc with an OpenID
// provider that is none of ours.
func TestFarContextsOfARealIssuer(t *testing.T) {
	p := oidctest.Start(t, time.Hour)
	bin := binary(t)
	needPython(t)
	scripts, err := filepath.Glob("../../testdata/e2e/oidc/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	for _, script := range scripts {
		f := &far{t: t, issuer: p.Issuer, audience: oidctest.Audience, secret: p.Secret}
		f.person = func(address, code string) error {
			back, page, err := oidctest.NewPerson("ada").Walk(t.Context(), address, code)
			switch {
			case err != nil:
				return fmt.Errorf("%w: %s", err, page)
			case back != nil:
				return visit(back.String())
			}
			return nil
		}
		f.run(bin, script)
	}
}

func (f *far) run(bin, script string) {
	testscript.Run(f.t, testscript.Params{
		Files: []string{script},
		Setup: func(env *testscript.Env) error { return f.setUp(env, bin) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"replace": replace,
			"jsonout": jsonOut,
			"link":    f.connect,
			"cut":     f.cut,
			"severed": f.awaitCut,
			"mend":    f.mend,
			"login":   f.login,
			"sweep":   sweep,
			"stored":  f.stored,

			"answer":   f.replies,
			"asked":    f.asked,
			"outage":   f.outage,
			"console":  f.console,
			"connects": connects,
			"quiet":    f.quiet,
		},
	})
}

// setUp gives a script two homes: that of the operator, and that of the engine far
// away, which trusts the issuer.
func (f *far) setUp(env *testscript.Env, bin string) error {
	home, cloud := filepath.Join(env.WorkDir, "home"), filepath.Join(env.WorkDir, "cloud")
	for _, dir := range []string{home, cloud} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	env.Vars = append(env.Vars, homeless(home, bin)...)
	env.Vars = append(env.Vars, "CLOUD="+cloud, "ISSUER="+f.issuer, "AUDIENCE="+f.audience, "FAR_SECRET="+f.secret)
	settings := "engine:\n  tcp: true\n  oidc:\n    issuer: " + f.issuer + "\n    audience: " + f.audience + "\n"
	f.looked = commandLines(f.secret, farValue)
	env.Defer(func() {
		f.looked()
		for _, dir := range []string{filepath.Join(cloud, "state"), filepath.Join(home, "state")} {
			stop := exec.Command(filepath.Join(bin, "fndeck"), "engine", "stop", "--yes", "--state-dir", dir)
			stop.Env = env.Vars
			_ = stop.Run() // There may be none.
		}
	})
	return os.WriteFile(filepath.Join(cloud, "config.yaml"), []byte(settings), 0o600)
}

// connect starts the engine far away and puts the link to it into $FAR.
func (f *far) connect(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) > 0 {
		ts.Fatalf("usage: link")
	}
	cloud := ts.Getenv("CLOUD")
	ts.Check(ts.Exec("fndeck", "engine", "start", "-o", "json", "--config", filepath.Join(cloud, "config.yaml"), "--state-dir", filepath.Join(cloud, "state")))
	var status struct {
		TCP string `json:"tcp"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &status))
	f.link = faultproxy.New(f.t, status.TCP)
	ts.Setenv("FAR", f.link.URL)
}

// cut cuts the link at the nth request from now on, after it was carried out, and
// for all that follow: cut N.
func (f *far) cut(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 1 {
		ts.Fatalf("usage: cut N")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	severed := make(chan struct{})
	f.severed = severed
	f.link.Arm(func(seen int, _ *http.Request) *faultproxy.Fault {
		switch {
		case seen < n:
			return nil
		case seen == n:
			return &faultproxy.Fault{Kind: faultproxy.ResetAfter, Then: func() { close(severed) }}
		}
		return &faultproxy.Fault{Kind: faultproxy.ResetBefore}
	})
}

// awaitCut waits until the cut has come: severed.
func (f *far) awaitCut(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) > 0 {
		ts.Fatalf("usage: severed")
	}
	select {
	case <-f.severed:
	case <-time.After(cutPatience):
		ts.Fatalf("the link was not cut: there were fewer requests")
	}
}

// cutPatience is how long a script waits for its cut.
const cutPatience = 3 * time.Minute

// mend mends the link.
func (f *far) mend(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) > 0 {
		ts.Fatalf("usage: mend")
	}
	f.link.Arm(nil)
}

// stored puts the id of the file that a function was built from into $STORED.
func (f *far) stored(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) > 0 {
		ts.Fatalf("usage: stored")
	}
	request, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.link.URL+"/api/v1/projects/local/functions/list", strings.NewReader("{}"))
	ts.Check(err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(ts.ReadFile(filepath.Join(ts.Getenv("CLOUD"), "state", "engine.bearer"))))
	far := http.Client{Timeout: 10 * time.Second}
	reply, err := far.Do(request)
	ts.Check(err)
	var list struct {
		Items []struct {
			FileID int64 `json:"fileId"`
		} `json:"items"`
	}
	ts.Check(json.NewDecoder(reply.Body).Decode(&list))
	ts.Check(reply.Body.Close())
	if len(list.Items) == 0 {
		ts.Fatalf("there is no function")
	}
	ts.Setenv("STORED", strconv.FormatInt(list.Items[0].FileID, 10))
}

var (
	userCode = regexp.MustCompile(`type  (\S+)\s`)
	signInAt = regexp.MustCompile(`open  (\S+)\s`)
)

// login signs in on a terminal as a person does, by device code or browser:
// login CONTEXT FLOW.
func (f *far) login(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 2 {
		ts.Fatalf("usage: login CONTEXT device_code|browser")
	}
	cmd := exec.Command(filepath.Join(binary(f.t), "fndeck"), "auth", "login", args[0], "--flow", args[1])
	for _, name := range []string{"HOME", "FNDECK_STATE_DIR", "TMPDIR", "PATH", "LANG", "TERM"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 200})
	ts.Check(err)
	defer func() { _ = terminal.Close() }() // the program has ended
	var sent bytes.Buffer
	done := false
	buffer := make([]byte, 4096)
	for {
		n, err := terminal.Read(buffer)
		sent.Write(buffer[:n])
		done = done || f.answer(ts, args[1], sent.String())
		if err != nil { // Linux ends the reading of a terminal that nobody holds with an error.
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		ts.Fatalf("login: %v: %s", err, sent.String())
	}
	ts.Logf("%s", sent.String())
}

// answer does what the person does once the terminal says what; false if it does
// not yet.
func (f *far) answer(ts *testscript.TestScript, flow, sent string) bool {
	address, code := signInAt.FindStringSubmatch(sent), userCode.FindStringSubmatch(sent)
	switch {
	case address == nil, flow == "device_code" && code == nil:
		return false
	case flow == "device_code":
		ts.Check(f.person(address[1], code[1]))
	default:
		ts.Check(f.person(address[1], ""))
	}
	return true
}

// visit opens an address and goes wherever it leads.
func visit(address string) error {
	browser := http.Client{Timeout: 10 * time.Second}
	reply, err := browser.Get(address)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, reply.Body)
	return errors.Join(err, reply.Body.Close())
}
