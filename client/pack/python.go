package pack

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// checkScript parses a module that it gets on stdin and never runs it.
//
//go:embed check.py
var checkScript string

const (
	// parseTimeout is the time an interpreter has for at most a megabyte.
	parseTimeout = 5 * time.Second
	// parseGrace is how long a killed interpreter's pipes are waited for.
	parseGrace = time.Second
)

// parseWithPython has an interpreter parse the source.
func parseWithPython(ctx context.Context, python string, text []byte) (module, error) {
	return askPython[module](ctx, python, checkScript, text)
}

// askPython gives a script of ours its input and reads its answer, which is JSON.
// -I keeps the working directory, the user's site packages and PYTHON* variables
// out, -B keeps it from writing bytecode, -S from reading site files.
func askPython[T any](ctx context.Context, python, script string, input []byte) (answer T, err error) {
	limited, cancel := context.WithTimeout(ctx, parseTimeout)
	defer cancel()
	cmd := exec.CommandContext(limited, python, "-I", "-S", "-B", "-c", script)
	cmd.Stdin = bytes.NewReader(input)
	cmd.WaitDelay = parseGrace
	out, err := cmd.Output()
	if errors.Is(limited.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
		return answer, fmt.Errorf("%s gave no answer in %s", python, parseTimeout)
	}
	if err != nil {
		return answer, fmt.Errorf("run %s: %w", python, err)
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return answer, fmt.Errorf("%s gave no readable answer", python)
	}
	return answer, nil
}
