package embedded

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/wire"
)

const (
	// maxStreamLine bounds one line of a stream: a page of the longest log lines.
	maxStreamLine = 128 << 20
	// pageLines is how many lines one call of Logs returns at most.
	pageLines = 10_000
	// reconnect is the pause before a cut stream is opened again, reconnectMax
	// what it grows to.
	reconnect    = 100 * time.Millisecond
	reconnectMax = 2 * time.Second
	// silence is how long a stream may say nothing, not even a heartbeat, which
	// comes every 5 seconds, before its engine counts as lost.
	silence = 15 * time.Second
)

// failurePrefix is how a line begins that is a wire.Failure. Reading every line as
// one would double what a log costs.
const failurePrefix = `{"error":`

// stream opens a path that answers one JSON object a line and hands them over
// until it ends, which is a nil error, or emit refuses. emit may not keep what it
// is given.
func (b *Backend) stream(ctx context.Context, path string, emit func([]byte) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	dog := newWatchdog(func() { cancel(errSilent) })
	defer dog.stop()
	reply, err := b.http.Open(ctx, client.Request{Method: http.MethodGet, Path: wire.Prefix + path}, nil)
	if err != nil {
		return err
	}
	defer func() { _ = reply.Body.Close() }() // read to its end or given up
	lines := bufio.NewReaderSize(reply.Body, 64<<10)
	var line []byte
	for {
		line, err = readLine(line[:0], lines)
		dog.hear()
		if len(line) > 0 && err == nil {
			if bytes.HasPrefix(line, []byte(failurePrefix)) {
				if failed := decodeFailure(0, line); failed != nil {
					return failed
				}
			}
			if err := emit(line); err != nil {
				return err
			}
			continue
		}
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if errors.Is(context.Cause(ctx), errSilent) {
			return errSilent
		}
		if err != nil {
			return &client.Error{Code: client.CodeUnavailable, Message: "the stream was cut", Err: err}
		}
	}
}

// watchdog barks when nothing was heard between two of its looks, so that a stream may
// be silent for up to twice as long. A timer that each heartbeat sets anew would wake an
// idle process as often as they come.
type watchdog struct {
	mu           sync.Mutex
	timer        *time.Timer
	heard, ended bool
}

func newWatchdog(bark func()) *watchdog {
	w := &watchdog{}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(silence, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.heard && !w.ended {
			bark()
		} else if !w.ended {
			w.heard = false
			w.timer.Reset(silence)
		}
	})
	return w
}

// hear tells that something was heard.
func (w *watchdog) hear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = true
}

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.timer.Stop()
}

// errSilent is the error of a stream on which not even a heartbeat came.
var errSilent = &client.Error{Code: client.CodeTimeout, Message: "the engine does not answer", Hint: "fndeck engine status tells whether it runs"}

// readLine reads a line behind what line holds, without its newline.
func readLine(line []byte, r *bufio.Reader) ([]byte, error) {
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxStreamLine {
			return nil, fmt.Errorf("a line of more than %d bytes", maxStreamLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSuffix(line, []byte("\n")), err
		}
	}
}

// logPath asks for lines: with follow for all that come, else for a page.
func logPath(q client.LogQuery, after int64, follow bool) string {
	text := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	since, following, limit := "", "", text(pageLines)
	if !q.Since.IsZero() {
		since = q.Since.UTC().Format(time.RFC3339Nano)
	}
	if follow {
		following, limit = "true", ""
	}
	function := q.FunctionID
	if q.CallID != "" || q.DeployID != "" {
		function = ""
	}
	return "logs?" + query("call", q.CallID, "deploy", q.DeployID, "function", function, "after", text(after), "since", since, "tail", text(int64(q.Tail)), "follow", following, "limit", limit, "brief", "true")
}

// errEnough ends a stream that has given what was asked.
var errEnough = errors.New("enough")

// Logs reads the lines that exist now, at most a page.
func (b *Backend) Logs(ctx context.Context, q client.LogQuery) ([]client.LogLine, error) {
	var all []client.LogLine
	err := b.stream(ctx, logPath(q, q.After, false), func(line []byte) error {
		batch, err := wire.DecodeLines(line)
		if err != nil {
			return err
		}
		batch.Full()
		all = append(all, batch.Lines...)
		// An engine that knows the limit has ended by itself: its connection is of
		// further use.
		if len(all) > pageLines {
			all = all[:pageLines]
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return all, err
}

// FollowLogs hands over lines as they come. After a cut it goes on behind the
// last position, so that no line is lost or doubled.
func (b *Backend) FollowLogs(ctx context.Context, q client.LogQuery, emit func([]client.LogLine) error) error {
	after, ended := q.After, false
	var refused error
	for pause := reconnect; ; pause = min(2*pause, reconnectMax) {
		err := b.stream(ctx, logPath(q, after, true), func(line []byte) error {
			pause = reconnect
			batch, err := wire.DecodeLines(line)
			if err != nil {
				return err
			}
			batch.Full()
			ended = batch.Ended
			if len(batch.Lines) == 0 {
				return nil
			}
			after, q.Tail = batch.Lines[len(batch.Lines)-1].Position, 0
			refused = emit(batch.Lines)
			return refused
		})
		switch {
		case ended:
			return nil
		case refused != nil:
			return refused
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, client.ErrNotFound):
			return err
		}
		if !b.sleep(ctx, pause) {
			return ctx.Err()
		}
	}
}

// Watch hands over events until the link is lost. While it is, it looks for the
// engine, and starts one if it has died, so that its caller finds it again.
func (b *Backend) Watch(ctx context.Context, emit func(client.Event)) error {
	if err := b.meet(ctx); errors.Is(err, errSilent) {
		return err
	}
	err := b.stream(ctx, "events", func(line []byte) error {
		var e wire.Event
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		b.setLost("")
		if e.Reset || e.Kind != "" {
			emit(client.Event{Kind: e.Kind, ID: strconv.FormatInt(e.Subject, 10), Reset: e.Reset})
		}
		return nil
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, errSilent) { // it is there, so another could not start
		b.setLost(silent)
		return err
	}
	b.setLost("engine lost, retrying")
	if err := b.ensure(ctx); err != nil {
		return err
	}
	if err == nil {
		err = &client.Error{Code: client.CodeUnavailable, Message: "the engine was restarted"}
	}
	return err
}

// silent is what Lost says of an engine that is there and does not answer.
const silent = "engine does not answer"

// meet asks an engine what it is that did not answer when the backend was opened.
func (b *Backend) meet(ctx context.Context) error {
	b.mu.Lock()
	met := b.last.PID != 0
	b.mu.Unlock()
	if met {
		return nil
	}
	_, err := b.status(ctx)
	return err
}

// sleep waits; false when ctx or the backend ended.
func (b *Backend) sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-b.closed:
		return false
	case <-timer.C:
		return true
	}
}
