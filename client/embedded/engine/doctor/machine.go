package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"fndeck/client/embedded/engine/python"
	"fndeck/client/embedded/engine/runner"
	"fndeck/client/embedded/wire"
)

// leastRoom is below how many free bytes the engine is about to stop taking
// work.
const leastRoom = 100 << 20

// socket checks the directory of the socket.
func (l *look) socket() {
	if !l.stateExists {
		return
	}
	path, err := wire.SocketPath(l.StateDir, l.Env)
	if err != nil {
		l.found("there is no place for the engine's socket", err.Error(), "set XDG_RUNTIME_DIR to a directory of yours with a short path")
		return
	}
	dir := filepath.Dir(path)
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := writable(existingParent(dir)); err != nil {
			l.found("the directory for the engine's socket, "+dir+", cannot be made", err.Error(), "set XDG_RUNTIME_DIR to a directory of yours")
		}
		return
	}
	if err != nil {
		l.found("the directory of the engine's socket, "+dir+", cannot be looked at", err.Error(), "set XDG_RUNTIME_DIR to a directory of yours")
		return
	}
	if owner, known := ownerOf(info); !info.IsDir() || known && owner != os.Geteuid() {
		l.found(dir+" is not a directory of yours", "the engine listens in a directory that nobody else can use", "remove it, or set XDG_RUNTIME_DIR to a directory of yours")
		return
	}
	if info.Mode().Perm()&0o077 != 0 {
		l.found("the directory of the engine's socket, "+dir+", can be used by others", fmt.Sprintf("its mode is %04o", info.Mode().Perm()),
			"fndeck doctor --repair, or chmod 700 "+dir)
	}
}

// python checks that functions can be run and their requirements installed.
func (l *look) python() {
	ask := l.Runtimes
	if ask == nil {
		ask = discover
	}
	runtimes, err := ask(l.ctx)
	if err != nil || len(runtimes) == 0 {
		why := "none of the path or of pyenv answers"
		if err != nil {
			why = err.Error()
		}
		l.found("no Python 3.10 or newer is found, so no function can run", why, "install python3, or name one: engine.python in the configuration file")
		return
	}
	uv, uvErr := exec.LookPath("uv")
	canBuild := uvErr == nil
	var names []string
	for _, r := range runtimes {
		names = append(names, r.Version)
		canBuild = canBuild || r.CanBuild
	}
	l.fact("%s", strings.Join(names, ", "))
	if uvErr == nil {
		l.fact("uv at %s", uv)
	}
	if !canBuild {
		l.found("neither uv nor pip 22.3 or newer is installed", "requirements.txt of a function cannot be installed", "install python3-pip or uv")
	}
}

// discover runs the interpreters of this machine.
func discover(ctx context.Context) (python.Runtimes, error) {
	spawner, err := runner.NewSpawner()
	if err != nil {
		return nil, err
	}
	defer spawner.Close()
	return python.Discover(ctx, spawner, "", "")
}

// disk checks room and kind of the file system.
func (l *look) disk() {
	var s unix.Statfs_t
	if err := unix.Statfs(l.StateDir, &s); err != nil {
		l.found("the file system of "+l.StateDir+" cannot be looked at", err.Error(), "check that it is mounted")
		return
	}
	free := s.Bavail * uint64(s.Bsize)
	l.fact("%.1f GiB free", float64(free)/(1<<30))
	if free < leastRoom {
		l.found(fmt.Sprintf("%s has %d MiB left", l.StateDir, free>>20), "calls, logs and deploys cannot be stored on a full disk", "free some space there, or move the state directory")
	}
	if name := networkFileSystem(&s); name != "" {
		l.found(l.StateDir+" is on "+name, "the state needs memory shared between processes, which a network file system does not give: it will be damaged",
			"set FNDECK_STATE_DIR to a directory on a disk of this machine")
	}
}
