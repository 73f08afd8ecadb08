package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the scripts of testdata/script: the real binary against a
// real engine, each in a home and a state directory of its own.
func TestScripts(t *testing.T) {
	bin := binary(t)
	needPython(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			if err := os.Mkdir(home, 0o700); err != nil {
				return err
			}
			env.Vars = append(env.Vars, homeless(home, bin)...)
			env.Defer(func() {
				stop := exec.Command(filepath.Join(bin, "fndeck"), "engine", "stop", "--yes")
				stop.Env = env.Vars
				// A script may have left no engine, or a state that none starts on.
				_ = stop.Run()
			})
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":      exits,
			"killengine": killEngine,
			"replace":    replace,
			"jsonout":    jsonOut,
		},
	})
}

// exits runs a command and demands its exit code: exits 5 fndeck call hello.
func exits(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// killEngine kills the engine as a crash would.
func killEngine(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) > 0 {
		ts.Fatalf("usage: killengine")
	}
	ts.Check(ts.Exec("fndeck", "engine", "status", "-o", "json"))
	var status struct {
		PID int `json:"pid"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &status))
	if status.PID <= 1 {
		ts.Fatalf("the engine gives no process id: %s", ts.ReadFile("stdout"))
	}
	ts.Check(syscall.Kill(status.PID, syscall.SIGKILL))
	ts.Check(died(status.PID))
}

// replace edits a file: replace FILE OLD NEW.
func replace(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o600))
}

// jsonOut demands that stdout or stderr is one JSON value with a field at a
// path of keys: jsonout stderr error.code not_found.
func jsonOut(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) != 3 {
		ts.Fatalf("usage: jsonout stdout|stderr PATH VALUE")
	}
	var value any
	text := ts.ReadFile(args[0])
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		ts.Fatalf("%s is not JSON: %v: %s", args[0], err, text)
	}
	for _, key := range strings.Split(args[1], ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			i, err := strconv.Atoi(key)
			ts.Check(err)
			if i >= len(v) {
				ts.Fatalf("%s has no element %d", args[0], i)
			}
			value = v[i]
		}
	}
	got, err := json.Marshal(value)
	ts.Check(err)
	if strings.Trim(string(got), `"`) != args[2] {
		ts.Fatalf("%s is %s, want %s", args[1], got, args[2])
	}
}
