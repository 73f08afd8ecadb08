package archive

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/cognite"
)

// history is a project with one function of five calls in pages of two, of which
// the newest runs and the oldest has neither response nor log.
func history(t *testing.T) (*cognite.Backend, *atomic.Int64) {
	t.Helper()
	var bodies atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is cut shows in the test
		page := func(next string, ids ...int) {
			var items []string
			for _, id := range ids {
				status := "Completed"
				if id == 5 {
					status = "Running"
				}
				items = append(items, fmt.Sprintf(`{"id":%d,"functionId":7,"status":%q,"startTime":%d,"endTime":%d}`, id, status, id, id+1))
			}
			_, _ = fmt.Fprintf(w, `{"items":[%s]%s}`, strings.Join(items, ","), next)
		}
		switch {
		case strings.HasSuffix(r.URL.Path, "/calls/list") && strings.Contains(string(body), `"cursor":"b"`):
			page("", 1)
		case strings.HasSuffix(r.URL.Path, "/calls/list") && strings.Contains(string(body), `"cursor":"a"`):
			page(`,"nextCursor":"b"`, 3, 2)
		case strings.HasSuffix(r.URL.Path, "/calls/list"):
			page(`,"nextCursor":"a"`, 5, 4)
		case strings.Contains(r.URL.Path, "/calls/1/"):
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":{"message":"no such thing"}}`)
		case strings.HasSuffix(r.URL.Path, "/response"):
			bodies.Add(1)
			_, _ = io.WriteString(w, `{"response":{"a" : "<&>"}}`)
		default:
			_, _ = io.WriteString(w, `{"items":[{"timestamp":9,"message":"hello"}]}`)
		}
	}))
	t.Cleanup(server.Close)
	return cognite.New(cognite.Config{BaseURL: server.URL, Project: "p", Client: server.Client(), Jitter: func() float64 { return 0 }}), &bodies
}

func TestEndedCallsAreKeptOnceWithWhatTheyLeftBehind(t *testing.T) {
	api, bodies := history(t)
	a := New(t.TempDir())
	added, err := a.Fetch(t.Context(), api, "7", nil)
	require.NoError(t, err)
	assert.Equal(t, 4, added, "one still runs")
	again, err := a.Fetch(t.Context(), api, "7", nil)
	require.NoError(t, err)
	assert.Zero(t, again)
	assert.EqualValues(t, 3, bodies.Load(), "what is kept is not asked for again")

	calls, err := a.Calls("7")
	require.NoError(t, err)
	var ids []string
	for _, c := range calls {
		ids = append(ids, c.ID)
	}
	assert.Equal(t, []string{"4", "3", "2", "1"}, ids)
	r, ok, err := a.Find("7", "3")
	require.NoError(t, err)
	require.True(t, ok)
	assert.JSONEq(t, `{"a":"<&>"}`, string(r.Body.Response))
	require.Len(t, r.Body.Lines, 1)
	assert.Equal(t, "hello", r.Body.Lines[0].Text)
	r, ok, err = a.Find("7", "1")
	require.NoError(t, err)
	require.True(t, ok)
	assert.Empty(t, r.Body)
	_, ok, err = a.Find("8", "1")
	require.NoError(t, err)
	assert.False(t, ok)
}

func TestAWriteThatWasCutIsTakenUpByTheNextFetch(t *testing.T) {
	api, _ := history(t)
	whole := New(t.TempDir())
	_, err := whole.Fetch(t.Context(), api, "7", nil)
	require.NoError(t, err)
	calls, err := os.ReadFile(whole.file("7", ".calls"))
	require.NoError(t, err)
	bodies, err := os.ReadFile(whole.file("7", ".bodies"))
	require.NoError(t, err)
	for cut := 0; cut < len(calls); cut += 17 {
		a := New(t.TempDir())
		require.NoError(t, os.WriteFile(a.file("7", ".calls"), calls[:cut], 0o600))
		require.NoError(t, os.WriteFile(a.file("7", ".bodies"), bodies, 0o600))
		_, err := a.Fetch(t.Context(), api, "7", nil)
		require.NoError(t, err, cut)
		for _, id := range []string{"4", "3", "2", "1"} {
			r, ok, err := a.Find("7", id)
			require.NoError(t, err, cut)
			require.True(t, ok, cut)
			assert.Equal(t, id, r.Call.ID)
			assert.Equal(t, id != "1", len(r.Body.Lines) == 1)
		}
		kept, err := a.Calls("7")
		require.NoError(t, err)
		require.Len(t, kept, 4, cut)
	}
}

func TestAnIdThatIsNoneMakesNoFile(t *testing.T) {
	api, _ := history(t)
	_, err := New(t.TempDir()).Fetch(t.Context(), api, "../7", nil)
	assert.Equal(t, client.CodeInvalid, client.Explain(err).Code)
}
