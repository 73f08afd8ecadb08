package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"fndeck/auth/authtest"
	"fndeck/client/faultproxy"
)

// far is what lies between fndeck and a cloud in the scripts of testdata/e2e: an
// OpenID issuer, an engine that trusts it, and a link that can be cut.
type far struct {
	t      *testing.T
	issuer *authtest.Issuer
	link   *faultproxy.Proxy
	// severed is closed once an armed cut has come.
	severed chan struct{}
}

// audience is that of the engine's tokens.
const audience = "https://engine.example"

// TestFarContexts runs the scripts of testdata/e2e: the real binary against an
// engine far away, with identities of a real issuer.
func TestFarContexts(t *testing.T) {
	bin := binary(t)
	needPython(t)
	scripts, err := filepath.Glob("../../testdata/e2e/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	for _, script := range scripts {
		f := &far{t: t, issuer: authtest.New(t, time.Now, authtest.Client{ID: "svc", Secret: "far-secret"}, authtest.Client{ID: "console"})}
		f.issuer.Audience = audience
		testscript.Run(t, testscript.Params{
			Files: []string{script},
			Setup: func(env *testscript.Env) error { return f.setUp(env, bin) },
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"exits":   exits,
				"replace": replace,
				"jsonout": jsonOut,
				"link":    f.connect,
				"cut":     f.cut,
				"mend":    f.mend,
				"severed": f.awaitCut,
				"login":   f.login,
				"sweep":   sweep,
			},
		})
	}
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
	env.Vars = append(env.Vars, "CLOUD="+cloud, "ISSUER="+f.issuer.Issuer, "TENANT="+authtest.Tenant, "AUDIENCE="+audience, "FAR_SECRET=far-secret")
	settings := "engine:\n  tcp: true\n  oidc:\n    issuer: " + f.issuer.Issuer + "\n    audience: " + audience + "\n"
	env.Defer(func() {
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

var (
	userCode = regexp.MustCompile(`type  (\S+)`)
	signInAt = regexp.MustCompile(`open  (\S+)`)
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
	if flow == "device_code" {
		code := userCode.FindStringSubmatch(sent)
		if code == nil {
			return false
		}
		f.issuer.Approve(code[1])
		return true
	}
	address := signInAt.FindStringSubmatch(sent)
	if address == nil {
		return false
	}
	browser := http.Client{Timeout: 10 * time.Second}
	reply, err := browser.Get(address[1]) // the redirect leads to the listener
	ts.Check(err)
	_, err = io.Copy(io.Discard, reply.Body)
	ts.Check(err)
	ts.Check(reply.Body.Close())
	return true
}

// sweep demands that no file below a folder holds a secret: sweep FOLDER SECRET.
func sweep(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 2 {
		ts.Fatalf("usage: sweep FOLDER SECRET")
	}
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && bytes.Contains(text, []byte(args[1])) {
			ts.Fatalf("%s holds the secret", path)
		}
		return err
	}))
}
