package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

const (
	// commandLimit is how long a program may take to tell a secret or a token.
	commandLimit = 10 * time.Second
	// commandGrace is how long its children may hold its output open after it.
	commandGrace = time.Second
	// maxCommandOutput bounds what is read of it.
	maxCommandOutput = 1 << 20
)

// errNoProgram says that a program is not installed.
var errNoProgram = errors.New("not installed")

// run runs a program without a shell and without a terminal, and returns its
// output. The sentence of a failure ends with the last line of its error output.
func run(ctx context.Context, program string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", program, errNoProgram)
	}
	var out, complaint bytes.Buffer
	command := exec.CommandContext(ctx, path, args...)
	command.Stdout, command.Stderr = &bounded{&out, maxCommandOutput}, &bounded{&complaint, maxCommandOutput}
	command.WaitDelay = commandGrace
	detach(command)
	err = command.Run()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("%s has not ended within %s", program, commandLimit)
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

// runForSecret runs a command line, split at spaces, whose output is one secret.
// Two lines are ambiguous: a program that asks or warns would end up in a request.
func runForSecret(ctx context.Context, line string) (string, error) {
	words := strings.Fields(line)
	out, err := run(ctx, words[0], words[1:]...)
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
	return firstLine(lines[len(lines)-1])
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
