// Package command runs programs that tell a secret or a token: without a shell,
// without a terminal that they could ask on, with a time limit.
package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"fndeck/auth/redact"
)

const (
	// limit is how long a program may take to tell a secret or a token.
	limit = 10 * time.Second
	// grace is how long its children may hold its output open after it.
	grace = time.Second
	// maxOutput bounds what is read of it.
	maxOutput = 1 << 20
)

// ErrNotInstalled says that a program is not there.
var ErrNotInstalled = errors.New("not installed")

// Run runs a program without a shell and without a terminal, and returns its
// output. The sentence of a failure ends with the last line of its error output.
func Run(ctx context.Context, program string, args ...string) ([]byte, error) {
	return runFor(ctx, limit, program, args...)
}

func runFor(ctx context.Context, limit time.Duration, program string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", program, ErrNotInstalled)
	}
	var out, complaint bytes.Buffer
	command := exec.CommandContext(ctx, path, args...)
	command.Stdout, command.Stderr = &bounded{&out, maxOutput}, &bounded{&complaint, maxOutput}
	command.WaitDelay = grace
	detach(command)
	err = command.Run()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("%s has not ended within %s", program, limit)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		if last := lastLine(complaint.String()); last != "" {
			return nil, fmt.Errorf("%s: %s: %w", program, last, err)
		}
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	return out.Bytes(), nil
}

// Secret runs a command line, split at spaces, whose output is one secret.
// Two lines are ambiguous: a program that asks or warns would end up in a request.
func Secret(ctx context.Context, line string) (string, error) {
	words := strings.Fields(line)
	out, err := Run(ctx, words[0], words[1:]...)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(out))
	if strings.ContainsAny(text, "\r\n") {
		return "", fmt.Errorf("%s printed %d lines: exactly one is wanted", words[0], strings.Count(text, "\n")+1)
	}
	return text, nil
}

// lastLine is the last line that is not blank, cleaned and without secrets.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return redact.Line(lines[len(lines)-1])
}

// bounded keeps the first bytes of what is written and drops the rest.
type bounded struct {
	to   io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.left)
	b.left -= n
	if _, err := b.to.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}
