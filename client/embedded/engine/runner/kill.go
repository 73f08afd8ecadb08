package runner

import (
	"os/exec"
	"syscall"
)

// KillGroup kills a started command and its group.
func KillGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // gone already is as good
	}
}
