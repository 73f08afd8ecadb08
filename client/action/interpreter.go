package action

import (
	"context"
	"os/exec"
	"regexp"
	"time"
)

// pythonRuntime matches the runtimes that name a Python version: py312.
var pythonRuntime = regexp.MustCompile(`^py(3)(\d{1,2})$`)

// probeTime is how long an interpreter may take to start and end.
const probeTime = 3 * time.Second

// Interpreter returns the Python on this machine that checks the syntax of code
// for a runtime, or "" to leave the check to the deploy. Only the runtime's own
// version will do: an older one would refuse code that is good. It runs what it
// finds, since a version manager puts a command on the path for each version
// that it knows, also for those that it does not have; so it may block.
func Interpreter(runtime string) string {
	name := "python3"
	if m := pythonRuntime.FindStringSubmatch(runtime); m != nil {
		name = "python" + m[1] + "." + m[2]
	} else if runtime != "" {
		return ""
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeTime)
	defer cancel()
	// -I -S: nothing of the user's or of the working folder is run.
	if exec.CommandContext(ctx, path, "-I", "-S", "-c", "").Run() != nil {
		return ""
	}
	return path
}
