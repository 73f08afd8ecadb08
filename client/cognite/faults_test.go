package cognite

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// project answers every request in the same way and remembers what came.
func project(t *testing.T, answer http.HandlerFunc) (b *Backend, requests func() []string) {
	t.Helper()
	var mu sync.Mutex
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Method+" "+strings.TrimPrefix(r.URL.Path, root))
		mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	b = New(Config{BaseURL: server.URL, Project: "p", Client: &http.Client{Transport: &http.Transport{}}, Jitter: func() float64 { return 0 }})
	t.Cleanup(func() { _ = b.Close() }) // only connections are at stake
	return b, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen)
	}
}

// fault is the error of the domain that err is.
func fault(t *testing.T, err error) *client.Error {
	t.Helper()
	var e *client.Error
	require.ErrorAs(t, err, &e)
	return e
}

func TestARefusalNamesTheMissingCapabilityAndIsNotSentAgain(t *testing.T) {
	for right, ask := range map[string]func(context.Context, *Backend) error{
		"functionsAcl:READ":   func(ctx context.Context, b *Backend) error { _, err := b.Functions(ctx); return err },
		"functionsAcl:READ ":  func(ctx context.Context, b *Backend) error { _, err := b.Status(ctx); return err },
		"functionsAcl:READ  ": func(ctx context.Context, b *Backend) error { _, err := b.Result(ctx, "1", "2"); return err },
		"functionsAcl:WRITE": func(ctx context.Context, b *Backend) error {
			_, err := b.Create(ctx, client.FunctionSpec{}, 1)
			return err
		},
		"functionsAcl:WRITE ": func(ctx context.Context, b *Backend) error { return b.Delete(ctx, "1") },
		"filesAcl:WRITE": func(ctx context.Context, b *Backend) error {
			_, err := b.UploadTo(ctx, NewFile{}, nil, nil)
			return err
		},
		"filesAcl:READ": func(ctx context.Context, b *Backend) error { _, err := b.Download(ctx, 1); return err },
		"sessionsAcl:CREATE": func(ctx context.Context, b *Backend) error {
			_, err := b.Invoke(ctx, client.CallRequest{FunctionID: "1"})
			return err
		},
		"sessionsAcl:LIST": func(ctx context.Context, b *Backend) error { _, _, err := b.Session(ctx, 1); return err },
	} {
		b, requests := project(t, func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusForbidden, "Resource not found. This may also be due to insufficient access rights.")
		})
		e := fault(t, ask(t.Context(), b))
		assert.Equal(t, client.CodeForbidden, e.Code, right)
		assert.Contains(t, e.Hint, "needs "+strings.TrimSpace(right)+" in project p:", right)
		assert.Contains(t, e.Message, "insufficient access rights", "what the service says stays")
		assert.Len(t, requests(), 1, right)
	}
}

func TestACallThatIsRefusedNamesItsOwnRightAndNotThatOfTheSession(t *testing.T) {
	b, _ := project(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/sessions") {
			_, _ = io.WriteString(w, `{"items":[{"id":1,"nonce":"n"}]}`)
			return
		}
		refuse(w, http.StatusForbidden, "no")
	})
	_, err := b.Invoke(t.Context(), client.CallRequest{FunctionID: "1"})
	assert.Contains(t, fault(t, err).Hint, "functionsAcl:WRITE")
}

func TestOnlyWhatMayBeSentAgainIs(t *testing.T) {
	read := func(ctx context.Context, b *Backend) error { _, err := b.Functions(ctx); return err }
	create := func(ctx context.Context, b *Backend) error {
		_, err := b.Create(ctx, client.FunctionSpec{Name: "f"}, 1)
		return err
	}
	remove := func(ctx context.Context, b *Backend) error { return b.Delete(ctx, "1") }
	for name, c := range map[string]struct {
		status int
		ask    func(context.Context, *Backend) error
		times  int
		code   client.Code
	}{
		"a list that fails at a gateway":     {http.StatusBadGateway, read, 4, client.CodeUnavailable},
		"a list while the service is away":   {http.StatusServiceUnavailable, read, 4, client.CodeUnavailable},
		"a list that fails":                  {http.StatusInternalServerError, read, 1, client.CodeFailed},
		"a list in conflict":                 {http.StatusConflict, read, 1, client.CodeConflict},
		"a create in conflict":               {http.StatusConflict, create, 1, client.CodeConflict},
		"a create that a gateway gave up":    {http.StatusGatewayTimeout, create, 1, client.CodeUnknownOutcome},
		"a create while the service is away": {http.StatusServiceUnavailable, create, 1, client.CodeUnknownOutcome},
		"a delete that a gateway gave up":    {http.StatusBadGateway, remove, 1, client.CodeUnknownOutcome},
		"a create that was not accepted yet": {http.StatusTooManyRequests, create, 3, client.CodeThrottled},
		"a create of what is there already":  {http.StatusBadRequest, create, 1, client.CodeInvalid},
		"a look at what was deleted":         {http.StatusNotFound, read, 1, client.CodeNotFound},
	} {
		b, requests := project(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			refuse(w, c.status, "because")
		})
		e := fault(t, c.ask(t.Context(), b))
		assert.Equal(t, c.code, e.Code, name)
		assert.Len(t, requests(), c.times, name)
	}
}

func TestWhatCameInsteadOfAnAnswerIsSaid(t *testing.T) {
	const page = "<html><body>please sign in</body></html>"
	gateway := http.Header{"Content-Type": {"text/html; charset=utf-8"}, "Via": {"1.1 edge, 1.1 squid.corp:3128 (squid/6)"}, "X-Request-Id": {"r-17"}}
	for name, c := range map[string]struct {
		header http.Header
		status int
		body   string
		says   string
		code   client.Code
	}{
		"a page of a proxy":            {gateway, 502, page, "unexpected reply (HTML, 502 from proxy squid.corp:3128, ", client.CodeUnavailable},
		"a page for people":            {http.Header{"Content-Type": {"text/html"}, "Server": {"nginx"}}, 200, page, "unexpected reply (HTML, 200 from nginx, ", client.CodeUnexpected},
		"a name that drives terminals": {http.Header{"Content-Type": {"text/html"}, "Server": {"ng\u009b2Jinx"}}, 200, page, "from ng 2Jinx", client.CodeUnexpected},
		"JSON that is cut":             {nil, 200, `{"items":[{"id":1`, "unexpected reply (JSON of another shape, 200", client.CodeUnexpected},
		"JSON of other types":          {nil, 200, `{"items":[{"id":"one"}]}`, "unexpected reply (JSON of another shape", client.CodeUnexpected},
		"nothing":                      {nil, 200, "", "unexpected reply (empty, 200", client.CodeUnexpected},
		"bytes":                        {http.Header{"Content-Type": {"application/octet-stream"}}, 200, "\x00\x01", "unexpected reply (application/octet-stream, 200", client.CodeUnexpected},
		"an error of another shape":    {nil, 500, `["no"]`, "unexpected reply (JSON of another shape, 500", client.CodeUnexpected},
		"gzip that is none":            {http.Header{"Content-Encoding": {"gzip"}}, 200, `{"items":[]}`, "unexpected reply", client.CodeUnexpected},
		"a redirect":                   {http.Header{"Location": {"https://login.test/?next=x"}}, 302, "", "a redirect (302) to login.test, which was not followed", client.CodeUnexpected},
		"more than anybody reads":      {http.Header{"Content-Length": {strconv.Itoa(300 << 20)}}, 200, "", "the answer is larger than 256 MiB", client.CodeUnexpected},
	} {
		b, _ := project(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for key, values := range c.header {
				w.Header()[key] = values
			}
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		_, err := b.Functions(t.Context())
		e := fault(t, err)
		assert.Contains(t, e.Message, c.says, name)
		assert.Equal(t, c.code, e.Code, name)
		assert.Equal(t, c.header.Get("X-Request-Id"), e.RequestID, name)
		assert.NotContains(t, e.Message, "please sign in", "a page is not shown")

		_, err = b.Create(t.Context(), client.FunctionSpec{Name: "f"}, 1)
		if c.status == http.StatusOK {
			e = fault(t, err)
			assert.Equal(t, client.CodeUnknownOutcome, e.Code, "%s: it may have been created", name)
			assert.Contains(t, e.Message, c.says, name)
		}
	}
}

func TestAnAnswerThatIsPackedIsRead(t *testing.T) {
	b, _ := project(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, `{"items":[{"id":3,"name":"n","status":"Hibernating"}]}`)
		_ = z.Close()
	})
	found, err := b.Functions(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, client.FunctionStatus("Hibernating"), found[0].Status, "a status that we do not know is shown as it came")
}

func TestAListEndsWhereItsCursorsLeadInACircleOrOnForEver(t *testing.T) {
	lists := map[string]func(context.Context, *Backend) error{
		"files":     func(ctx context.Context, b *Backend) error { _, err := b.Files(ctx, "f."); return err },
		"functions": func(ctx context.Context, b *Backend) error { _, err := b.Functions(ctx); return err },
		"schedules": func(ctx context.Context, b *Backend) error { _, err := b.Schedules(ctx, ""); return err },
	}
	for name, next := range map[string]func(n int) string{
		"back to the page itself": func(int) string { return "same" },
		"back over three pages":   func(n int) string { return strconv.Itoa(n % 3) },
		"on for ever":             strconv.Itoa,
	} {
		for what, list := range lists {
			if name == "on for ever" && what != "files" {
				continue // ten thousand requests are enough once
			}
			n := 0
			b, _ := project(t, func(w http.ResponseWriter, _ *http.Request) {
				n++
				_, _ = fmt.Fprintf(w, `{"items":[{"id":1}],"nextCursor":%q}`, next(n))
			})
			err := list(t.Context(), b)
			require.ErrorIs(t, err, client.ErrEndless, name)
			assert.Contains(t, fault(t, err).Message, "the list has no end", what+" "+name)
		}
	}
}

func TestFunctionsAndSchedulesThatComeInPagesAreAllListed(t *testing.T) {
	pages := []string{`{"items":[{"id":1}],"nextCursor":"a"}`, `{"items":[],"nextCursor":"b"}`, `{"items":[{"id":2}]}`}
	n := 0
	b, _ := project(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, pages[n%len(pages)])
		n++
	})
	functions, err := b.Functions(t.Context())
	require.NoError(t, err)
	assert.Len(t, functions, 2)
	schedules, err := b.Schedules(t.Context(), "")
	require.NoError(t, err)
	assert.Len(t, schedules, 2)
}

func TestAnEmptyPageIsNotTheEndOfAListAndNothingIsListedTwice(t *testing.T) {
	pages := []string{`{"items":[{"id":1},{"id":2}],"nextCursor":"a"}`, `{"items":[],"nextCursor":"b"}`, `{"items":[{"id":2},{"id":3}]}`}
	n := 0
	b, _ := project(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, pages[n])
		n++
	})
	all, err := b.Files(t.Context(), "f.")
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.EqualValues(t, 3, all[2].ID)
}

func TestAnUploadThatStandsStillIsGivenUpAndOneThatIsCancelledEndsAsThat(t *testing.T) {
	begun := make(chan struct{}, 9)
	over := make(chan struct{})
	b, requests := project(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, 1)) // and takes no more
		begun <- struct{}{}
		<-over
	})
	defer close(over)
	zip := make([]byte, 64<<20) // more than lies in the buffers of a connection
	b.stall = 50 * time.Millisecond
	e := fault(t, b.put(t.Context(), "/upload", zip, nil))
	assert.Equal(t, client.CodeTimeout, e.Code)
	assert.Contains(t, e.Message, "the upload has not moved for 50ms")
	assert.Len(t, requests(), 1)
	<-begun

	b.stall = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-begun; cancel() }()
	assert.ErrorIs(t, b.put(ctx, "/upload", zip, nil), context.Canceled)
}

func TestALinkIsFollowedAsTheNetworkAllowsAndNeverUnencrypted(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	b, _ := project(t, func(http.ResponseWriter, *http.Request) {})
	e := fault(t, b.put(t.Context(), closed.URL+"/upload", nil, nil))
	assert.Contains(t, e.Message, "refuses the connection", "which host, and why: not that an upload was cut")

	secure := New(Config{BaseURL: "https://api.test", Project: "p", Client: &http.Client{}, Jitter: func() float64 { return 0 }})
	e = fault(t, secure.put(t.Context(), "http://api.test/upload", nil, nil))
	assert.Contains(t, e.Message, "unencrypted")
}
