package python

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"fndeck/client/embedded/engine/runner"
)

// run runs a command and hands over its output; its error is the last line
// that the tool marked as one, if any.
func (e *Environments) run(ctx context.Context, env []string, output func(string), dir string, command []string) error {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env, cmd.Dir = env, dir
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = w, w
	err = e.Starter.Start(cmd)
	_ = w.Close() // the child has its own
	if err != nil {
		return errors.Join(err, r.Close())
	}
	unwatch := runner.Watch(cmd, buildBounds())
	stop := context.AfterFunc(ctx, func() {
		kill(cmd)
		_ = r.SetReadDeadline(time.Unix(1, 0)) // a process that left the group may hold the pipe
	})
	defer stop()
	said := relay(r, output)
	_ = r.Close()      // read to its end
	cause := unwatch() // before its number can be another's
	err = e.Starter.Wait(cmd)
	switch {
	case cause != "":
		return errors.New(cause)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && said != "":
		return errors.New(said)
	}
	return err
}

// failureMarks begin the lines in which pip and uv say why they give up,
// causeMarks those in which uv goes on with the cause.
var (
	failureMarks = []string{"ERROR: ", "error: ", "  × ", "  x "}
	causeMarks   = []string{"  ╰─▶ ", "  `-> ", "  Caused by: "}
)

// after is the text behind the first of the marks that begins a line.
func after(line string, marks []string) (text string, found bool) {
	for _, mark := range marks {
		if text, found := strings.CutPrefix(line, mark); found {
			return text, true
		}
	}
	return "", false
}

// relay hands over lines until the end and returns what went wrong: the last
// line that is marked so, or, where pip could not reach an index and then says
// that it found nothing, that.
func relay(r io.Reader, output func(string)) (failure string) {
	lines := bufio.NewReaderSize(r, 64<<10)
	unreachable := ""
	for {
		line, _, err := lines.ReadLine()
		if err != nil {
			if unreachable != "" && failure != "" {
				return "a package index could not be reached (" + unreachable + "): " + failure
			}
			return failure
		}
		output(string(line))
		if text, isError := after(string(line), failureMarks); isError {
			failure = text
		} else if text, isCause := after(string(line), causeMarks); isCause && failure != "" {
			failure = strings.TrimSuffix(failure, ":") + ": " + text
		}
		if reason := brokenBecause(string(line)); reason != "" {
			unreachable = reason
		}
	}
}

// brokenBecause is why pip could not reach an index, if the line says so:
// …after connection broken by 'NewConnectionError('<…>: [Errno 111] Connection refused')'…
func brokenBecause(line string) string {
	_, exception, found := strings.Cut(line, "connection broken by '")
	if !found {
		return ""
	}
	exception, _, _ = strings.Cut(exception, "')'")
	reason := exception[strings.LastIndex(exception, ": ")+1:]
	if _, text, numbered := strings.Cut(reason, "] "); numbered {
		reason = text
	}
	return strings.TrimSpace(reason)
}

// kill ends a command that Starter put in a group of its own.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // gone already is as good
