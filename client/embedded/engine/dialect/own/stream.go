package own

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"
)

// readLimit is how long a reader may take to make room for a line. One that is
// slower is dropped: it comes back and goes on where it was, while nothing in the
// engine waits for it.
const readLimit = 10 * time.Second

// stream writes one JSON object a line and flushes each.
type stream struct {
	encoder *json.Encoder
	flush   *http.ResponseController
	limit   time.Duration
	failed  bool
}

func (a *API) newStream(w http.ResponseWriter) *stream {
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	s := &stream{encoder: json.NewEncoder(w), flush: http.NewResponseController(w), limit: cmp.Or(a.c.ReadLimit, readLimit)}
	s.encoder.SetEscapeHTML(false)
	_ = s.flush.Flush() // a client that has gone shows at the next send
	return s
}

// send sends an object, unless the reader has gone or was dropped.
func (s *stream) send(v any) {
	if s.failed {
		return
	}
	_ = s.flush.SetWriteDeadline(now().Add(s.limit)) // every connection of ours has one
	s.failed = s.encoder.Encode(v) != nil || s.flush.Flush() != nil
}

// end leaves the connection as it was, for the requests that follow on it.
func (s *stream) end() { _ = s.flush.SetWriteDeadline(time.Time{}) }
