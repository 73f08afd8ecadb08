package engine

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fndeck/client/embedded/engine/core"
)

func TestWhoIsNotLetInIsWrittenDownAndCannotFillTheDiskWithIt(t *testing.T) {
	now := morning
	var lines []string
	n := &refusals{clock: func() time.Time { return now }, record: func(caller core.Caller, remote, action, object string, failure error) {
		lines = append(lines, strings.Join([]string{caller.Subject, remote, action, object, failure.Error()}, " | "))
	}}
	i := newIssuer(credentials{"id", "secret"}, n.clock)
	i.refusals = n
	for range 1000 {
		n.note(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/api/v1/x?token=hidden", nil), errToken)
	}
	now = now.Add(refusalEvery)
	tokenRequest(i, url.Values{"grant_type": {"client_credentials"}, "client_id": {"id"}, "client_secret": {"guess"}})
	now = now.Add(-time.Hour) // a clock that goes back does not silence it
	n.note(httptest.NewRequest(http.MethodGet, "http://127.0.0.1/"+strings.Repeat("x", 1000), nil), errHost)
	assert.Len(t, lines, 3)
	assert.Equal(t, `unknown | 192.0.2.1:1234 | access | "GET /api/v1/x" | Unauthorized: the token of this engine is missing or wrong`, lines[0])
	assert.Contains(t, lines[1], "the client id or secret is wrong (and 999 more before)")
	assert.Less(t, len(lines[2]), 400)
}
