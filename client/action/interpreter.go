package action

import (
	"os/exec"
	"regexp"
)

// pythonRuntime matches the runtimes that name a Python version: py312.
var pythonRuntime = regexp.MustCompile(`^py(3)(\d{1,2})$`)

// Interpreter returns the Python on this machine that checks the syntax of code
// for a runtime, or "" to leave the check to the deploy. Only the runtime's own
// version will do: an older one would refuse code that is good.
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
	return path
}
