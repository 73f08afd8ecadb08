package main

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"

	"fndeck/auth/authtest"
	"fndeck/client/faultproxy"
)

// replies has the link answer the requests to paths with an ending in the server's
// place: answer ENDING STATUS [html]; a status of 0 passes them on and loses the
// answer.
func (f *far) replies(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 {
		ts.Fatalf("usage: answer ENDING STATUS [html]")
	}
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	fault := faultproxy.Fault{Kind: faultproxy.AnswerBefore, Status: status, HTML: len(args) > 2, Header: http.Header{"X-Request-Id": {"r-17"}, "Via": {"1.1 squid.corp"}}}
	if status == 0 {
		fault = faultproxy.Fault{Kind: faultproxy.ResetAfter}
	}
	f.link.Arm(func(_ int, r *http.Request) *faultproxy.Fault {
		if strings.HasSuffix(r.URL.Path, args[0]) {
			return &fault
		}
		return nil
	})
}

// asked demands how many requests went to paths with an ending since the link was
// armed: asked ENDING N.
func (f *far) asked(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 2 {
		ts.Fatalf("usage: asked ENDING N")
	}
	_, requests := f.link.Seen()
	n := 0
	for _, r := range requests {
		if strings.HasSuffix(r, args[0]) {
			n++
		}
	}
	if strconv.Itoa(n) != args[1] {
		ts.Fatalf("%d requests to %s: %q", n, args[0], requests)
	}
}

// outage has the issuer's token endpoint answer in a way from now on: outage
// gateway|revoked|none.
func (f *far) outage(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 1 {
		ts.Fatalf("usage: outage gateway|revoked|none")
	}
	f.ours.Mend()
	switch args[0] {
	case "gateway":
		f.ours.Fault("/token", -1, authtest.BadGateway())
	case "revoked":
		f.ours.Fault("/token", -1, authtest.JSON(http.StatusBadRequest, `{"error":"invalid_grant","error_description":"revoked"}`))
	}
}

// holds reports whether a text holds a secret in any form.
func holds(text []byte, secret string) bool {
	return slices.ContainsFunc(authtest.Forms(secret), func(form string) bool { return bytes.Contains(text, []byte(form)) })
}

// sweep demands that no file below a folder holds a secret in any form: sweep FOLDER
// SECRET....
func sweep(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 {
		ts.Fatalf("usage: sweep FOLDER SECRET...")
	}
	files := 0
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // An engine was just done with it.
		}
		files++
		for _, secret := range args[1:] {
			if holds(text, secret) {
				ts.Fatalf("%s holds the secret", path)
			}
		}
		return err
	}))
	if files == 0 {
		ts.Fatalf("%s holds no file", args[0])
	}
}

// quiet demands that no process had a secret on its command line so far.
func (f *far) quiet(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) > 0 {
		ts.Fatalf("usage: quiet")
	}
	ours, leaks := f.looked()
	if ours == 0 || len(leaks) > 0 {
		ts.Fatalf("%d command lines of fndeck were seen, with secrets: %q", ours, leaks)
	}
}

// commandLines looks at the command lines of all processes until stop is called,
// which returns how many were fndeck's and what held a secret. It may be called again.
func commandLines(secrets ...string) (stop func() (ours int, leaks []string)) {
	over, done := make(chan struct{}), make(chan struct{})
	seen := map[string]bool{}
	go func() {
		defer close(done)
		again := time.NewTicker(5 * time.Millisecond) // a look takes the time of a processor
		defer again.Stop()
		for {
			select {
			case <-over:
				return
			case <-again.C:
			}
			found, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is a good one
			for _, path := range found {
				if text, err := os.ReadFile(path); err == nil {
					seen[string(text)] = true
				}
			}
		}
	}()
	return sync.OnceValues(func() (ours int, leaks []string) {
		close(over)
		<-done
		for line := range seen {
			if strings.Contains(line, "fndeck\x00") {
				ours++
			}
			for _, secret := range secrets {
				if holds([]byte(line), secret) {
					leaks = append(leaks, strings.ReplaceAll(line, "\x00", " "))
				}
			}
		}
		return ours, leaks
	})
}

// console opens the console of the present context on a terminal until a text is
// there, and demands that no secret was sent to it: console TEXT SECRET....
func (f *far) console(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 {
		ts.Fatalf("usage: console TEXT SECRET...")
	}
	cmd := exec.Command(filepath.Join(binary(f.t), "fndeck"))
	for _, name := range []string{"HOME", "FNDECK_STATE_DIR", "TMPDIR", "PATH", "LANG", "TERM", "FAR_SECRET"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 160})
	ts.Check(err)
	defer func() { _ = terminal.Close() }() // the program has ended
	var sent bytes.Buffer
	asked := false
	buffer := make([]byte, 1<<16)
	for {
		n, err := terminal.Read(buffer)
		sent.Write(buffer[:n])
		if err != nil { // Linux ends the reading of a terminal that nobody holds with an error.
			break
		}
		if !asked && bytes.Contains(sent.Bytes(), []byte(args[0])) {
			asked = true
			ts.Check(cmd.Process.Signal(syscall.SIGTERM))
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 128+int(syscall.SIGTERM) {
		ts.Fatalf("the console ended by itself: %v: %s", err, sent.String())
	}
	for _, secret := range args[1:] {
		if holds(sent.Bytes(), secret) {
			ts.Fatalf("the screen showed a secret")
		}
	}
}

// inetPort finds in a line of strace the port that a process connected to over IP.
var inetPort = regexp.MustCompile(`connect\([0-9]+, \{sa_family=AF_INET6?, sin6?_port=htons\((\d+)\)`)

// connects runs a command under strace and demands that it connects to the ports of
// some addresses alone, and to each: connects ADDRESS[,ADDRESS...] COMMAND [ARG...].
// Where nothing can be traced it only runs it.
func connects(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 {
		ts.Fatalf("usage: connects ADDRESS[,ADDRESS...] COMMAND [ARG...]")
	}
	trace := ts.MkAbs("trace")
	if err := exec.Command("strace", "-qq", "-o", trace, "true").Run(); err != nil {
		ts.Logf("strace cannot trace here: %v", err)
		ts.Check(ts.Exec(args[1], args[2:]...))
		return
	}
	ts.Check(ts.Exec("strace", append([]string{"-f", "--seccomp-bpf", "-qq", "-e", "trace=connect", "-e", "signal=none", "-o", trace}, args[1:]...)...))
	var want, got []string
	for _, address := range strings.Split(args[0], ",") {
		u, err := url.Parse(address)
		ts.Check(err)
		want = append(want, u.Port())
	}
	text := ts.ReadFile("trace")
	for _, found := range inetPort.FindAllStringSubmatch(text, -1) {
		got = append(got, found[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(want, got) {
		ts.Fatalf("connected to the ports %v instead of %v: %s", got, want, text)
	}
}
