package command

import (
	"os/exec"
	"syscall"
)

// detach gives a program a session of its own: without a terminal it cannot ask
// for a password over the console, and it can be ended with its children.
func detach(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
