package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	// requestLimit bounds one request to an issuer, its reply included.
	requestLimit = 30 * time.Second
	// maxReply bounds a reply. Discovery documents and tokens stay far below.
	maxReply = 1 << 20
)

// noRedirect keeps a redirect from being followed: 307 and 308 would carry the
// secret in the body to whatever host the reply names.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Witness stands below x/oauth2 for one exchange. It keeps what x/oauth2 drops
// of a success (the server's date) or takes too literally (expires_in: as an
// int32, by a clock of its own), and reads the body whole and bounded, so that a
// slow or endless one ends here.
type Witness struct {
	Next http.RoundTripper
	// Whole leaves expires_in in the body.
	Whole bool

	// Date is the server's, zero if it sent none.
	Date time.Time
	// Life is expires_in as it came, nil if it did not.
	Life any
	// Body is the reply's, as it came.
	Body []byte
}

// ErrTooLarge says that a reply was given up.
var ErrTooLarge = errors.New("the reply is larger than 1 MiB")

// Client is for the one exchange.
func (w *Witness) Client() *http.Client {
	return &http.Client{Transport: w, CheckRedirect: noRedirect, Timeout: requestLimit}
}

// RoundTrip implements http.RoundTripper.
func (w *Witness) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Accept", "application/json")
	reply, err := w.Next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(reply.Body, maxReply+1))
	_ = reply.Body.Close() // it was read, or given up
	if err != nil {
		return nil, fmt.Errorf("the reply was cut off: %w", err)
	}
	if len(text) > maxReply {
		return nil, ErrTooLarge
	}
	w.Date, _ = http.ParseTime(reply.Header.Get("Date")) // absent: zero
	if reply.StatusCode == http.StatusProxyAuthRequired {
		return nil, Refused(reply, w.Next)
	}
	if w.Body = text; !w.Whole {
		text = w.takeLife(text)
	}
	reply.Body, reply.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return reply, nil
}

// takeLife cuts expires_in out of a JSON object; anything else stays as it is.
func (w *Witness) takeLife(text []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil || fields["expires_in"] == nil {
		return text
	}
	decoder := json.NewDecoder(bytes.NewReader(fields["expires_in"]))
	decoder.UseNumber()
	if decoder.Decode(&w.Life) != nil {
		return text
	}
	delete(fields, "expires_in")
	cut, err := json.Marshal(fields)
	if err != nil {
		return text
	}
	return cut
}
