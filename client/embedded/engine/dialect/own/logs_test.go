package own

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

// logged is an engine with a call that has printed so many lines, one a second.
func logged(t *testing.T, count int) (ask func(query string) (int, []client.LogLine), call int64, began time.Time) {
	t.Helper()
	e, err := core.Open(core.Config{StateDir: t.TempDir(), KeyFile: filepath.Join(t.TempDir(), "key"), Clock: time.Now, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close()) })
	began = time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	require.NoError(t, e.Store().Write(store.Relaxed, func(tx *store.Tx) error {
		f := store.Function{ID: tx.NextID(), Name: "f", Created: began, Serving: 1, Latest: 1}
		require.NoError(t, tx.InsertFunction(f))
		require.NoError(t, tx.InsertVersion(store.Version{FunctionID: f.ID, Number: 1, SHA256: strings.Repeat("ab", 32), Status: store.Ready, Runtime: "py311", Created: began}))
		c := store.Call{ID: tx.NextID(), FunctionID: f.ID, Version: 1, Status: store.Running, Started: began}
		call = c.ID
		require.NoError(t, tx.InsertCall(c, []byte(`{}`)))
		lines := make([]store.Line, count)
		for i := range lines {
			lines[i] = store.Line{Time: began.Add(time.Duration(i) * time.Second), Text: fmt.Sprint("line ", i)}
		}
		require.NoError(t, tx.AppendLines(call, lines))
		c.Status, c.Ended, c.LogLines = store.Completed, began.Add(time.Hour), int64(count)
		return tx.FinishCall(c, []byte(`null`))
	}))
	api := New(e, Config{})
	return func(query string) (int, []client.LogLine) {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, wire.Prefix+"logs?"+query, nil))
		var all []client.LogLine
		for line := range strings.Lines(w.Body.String()) {
			if w.Code == http.StatusOK {
				batch, err := wire.DecodeLines([]byte(line))
				require.NoError(t, err)
				all = append(all, batch.Lines...)
			}
		}
		return w.Code, all
	}, call, began
}

func TestAPageOfALogEndsAtItsLimitAndTheNextGoesOnBehindIt(t *testing.T) {
	const count = 2*logPage + 500
	ask, call, _ := logged(t, count)
	for _, limit := range []int{1, logPage - 1, logPage, logPage + 1, count - 1} {
		code, page := ask(fmt.Sprintf("call=%d&limit=%d", call, limit))
		require.Equal(t, http.StatusOK, code)
		require.Len(t, page, limit)
		code, next := ask(fmt.Sprintf("call=%d&limit=%d&after=%d", call, limit, page[limit-1].Position))
		require.Equal(t, http.StatusOK, code)
		require.Len(t, next, min(limit, count-limit))
		assert.Equal(t, fmt.Sprint("line ", limit), next[0].Text)
	}
	_, all := ask(fmt.Sprintf("call=%d&limit=%d", call, 2*count))
	assert.Equal(t, count, len(all))
	_, all = ask(fmt.Sprintf("call=%d", call))
	assert.Equal(t, count, len(all))
}

func TestALimitCountsTheLinesThatAreSentAndNotThoseThatAreTooOld(t *testing.T) {
	ask, call, began := logged(t, 2500)
	_, page := ask(fmt.Sprintf("call=%d&limit=10&since=%s", call, began.Add(2000*time.Second).Format(time.RFC3339)))
	require.Len(t, page, 10)
	assert.Equal(t, "line 2000", page[0].Text)
}

func TestABriefLogSaysOnceInABatchWhoseItsLinesAreAndNoOtherLogDoes(t *testing.T) {
	const count = logPage + 1
	ask, call, _ := logged(t, count)
	_, all := ask(fmt.Sprintf("call=%d", call))
	for _, line := range all {
		require.Equal(t, []string{id(call), "f"}, []string{line.CallID, line.FunctionName}, "a console that does not ask for it cannot read it")
	}
	code, brief := ask(fmt.Sprintf("call=%d&brief=true", call))
	require.Equal(t, http.StatusOK, code)
	require.Len(t, brief, count)
	named := 0
	for _, line := range brief {
		if line.CallID != "" || line.FunctionID != "" || line.FunctionName != "" {
			named++
		}
	}
	assert.Equal(t, 2, named, "in the first line of each batch")
	wire.Lines{Lines: brief}.Full()
	assert.Equal(t, all, brief)
}

func TestALimitThatIsNoneIsRefused(t *testing.T) {
	ask, call, _ := logged(t, 1)
	for _, limit := range []string{"0", "-1", "many"} {
		code, _ := ask(fmt.Sprintf("call=%d&limit=%s", call, limit))
		assert.Equal(t, http.StatusBadRequest, code, limit)
	}
}
