package core

import (
	"cmp"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"fndeck/client/embedded/engine/runner"
	"fndeck/client/embedded/engine/store"
)

// Project is the one project of the engine, as the clouds' clients name it.
const Project = "local"

// clientModule is the file by which the library of a client is known.
const clientModule = "cognite/client/__init__.py"

// callback is the port for the clients of functions.
type callback struct {
	base string
	port int
}

func (c *callback) url() string {
	if c == nil {
		return ""
	}
	return c.base
}

// callbackFor opens the port for a version that brings a client's library along;
// nil for any other, which then reaches no port of the engine's at all.
func (e *Core) callbackFor(root, environment, prefix string) *callback {
	if e.c.Callback == nil || !holdsClient(e.clientPlaces(root, environment, prefix)) {
		return nil
	}
	base, err := e.c.Callback()
	if err != nil {
		e.c.Logger.Error("open the port for the clients of functions", "error", err)
		return nil
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil // it is the engine's own
	}
	port, _ := strconv.Atoi(u.Port()) // ditto
	return &callback{base: base, port: port}
}

// clientPlaces are the folders in which a version's client library may lie:
// beside its code and in its environment, or else in the interpreter's prefix.
func (e *Core) clientPlaces(root, environment, prefix string) []string {
	if environment != "" {
		prefix = e.path(envsDir, environment)
	}
	return append([]string{root}, packages(prefix)...)
}

// packages are the folders of an installation that hold packages.
func packages(prefix string) (dirs []string) {
	for _, pattern := range []string{"lib/python3*/site-packages", "lib/python3*/dist-packages", "local/lib/python3*/dist-packages"} {
		found, _ := filepath.Glob(filepath.Join(prefix, pattern)) // the patterns are right
		dirs = append(dirs, found...)
	}
	return dirs
}

func holdsClient(dirs []string) bool {
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, clientModule)); err == nil {
			return true
		}
	}
	return false
}

// clientOf gives a call what its client acts with: a token for its session, which
// ends with the call. A call without a session acts for the engine's user.
func (e *Core) clientOf(c store.Call, s Session, base string) (given *runner.Client, end func()) {
	if base == "" {
		return nil, func() {}
	}
	if s.ID != 0 && s.Type == "" { // a schedule's, known by its id only
		if kept, err := e.Session(s.ID); err == nil {
			s = kept
		}
	}
	token := e.tokens.issue(Caller{Subject: cmp.Or(s.Subject, Subject()), CallID: c.ID, FunctionID: c.FunctionID, SessionID: s.ID, Depth: s.Depth})
	return &runner.Client{BaseURL: base, Project: Project, Token: token}, func() { e.tokens.end(token) }
}
