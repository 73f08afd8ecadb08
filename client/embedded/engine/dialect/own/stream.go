package own

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"fndeck/client/embedded/wire"
)

// readLimit is how long a reader may take to make room for a line. One that is
// slower is dropped: it comes back and goes on where it was, while nothing in the
// engine waits for it.
const readLimit = 10 * time.Second

// stream writes one JSON object a line and flushes each.
type stream struct {
	out     io.Writer
	encoder *json.Encoder
	batch   []byte
	flush   *http.ResponseController
	limit   time.Duration
	failed  bool
}

func (a *API) newStream(w http.ResponseWriter) *stream {
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	s := &stream{out: w, encoder: json.NewEncoder(w), flush: http.NewResponseController(w), limit: cmp.Or(a.c.ReadLimit, readLimit)}
	s.encoder.SetEscapeHTML(false)
	_ = s.flush.Flush() // a client that has gone shows at the next send
	return s
}

// send sends an object, unless the reader has gone or was dropped.
func (s *stream) send(v any) {
	s.write(func() error { return s.encoder.Encode(v) })
}

// sendLines is send for a batch of log lines, and writes it the fast way.
func (s *stream) sendLines(batch wire.Lines) {
	s.write(func() (err error) {
		if s.batch, err = wire.AppendLines(s.batch[:0], batch); err == nil {
			_, err = s.out.Write(s.batch)
		}
		return err
	})
}

func (s *stream) write(object func() error) {
	if s.failed {
		return
	}
	_ = s.flush.SetWriteDeadline(now().Add(s.limit)) // every connection of ours has one
	s.failed = object() != nil || s.flush.Flush() != nil
}

// end leaves the connection as it was, for the requests that follow on it.
func (s *stream) end() { _ = s.flush.SetWriteDeadline(time.Time{}) }
