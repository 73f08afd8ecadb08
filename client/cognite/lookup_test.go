package cognite

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"fndeck/client"
)

// answering is a project whose paths have fixed answers. asked holds the bodies
// that were sent, by path.
func answering(t *testing.T, answers map[string]string) (b *Backend, asked map[string]string) {
	t.Helper()
	asked = map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is cut shows in the test
		asked[r.URL.Path] = string(body) + r.Header.Get("Authorization")
		answer, ok := answers[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return New(Config{
		BaseURL: server.URL, Project: "p", Client: server.Client(), Jitter: func() float64 { return 0 },
		Token: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "mine"}),
	}), asked
}

const root = "/api/v1/projects/p"

func TestTheSessionOfAScheduleIsReadAsNumberAndAsText(t *testing.T) {
	for _, form := range []string{`77`, `"77"`} {
		b, _ := answering(t, map[string]string{root + "/functions/schedules/list": `{"items":[{"id":1,"name":"n","functionId":2,"sessionId":` + form + `}]}`})
		found, err := b.Bound(t.Context(), "2")
		require.NoError(t, err)
		require.Len(t, found, 1)
		assert.EqualValues(t, 77, found[0].SessionID)
	}
}

func TestAScheduleWithoutDataIsNotOneWithAnEmptyObject(t *testing.T) {
	b, _ := answering(t, map[string]string{
		root + "/functions/schedules/1/input_data": `{"id":1}`, root + "/functions/schedules/2/input_data": `{"id":2,"data":{"b" : 1}}`,
	})
	none, err := b.ScheduleInput(t.Context(), "1")
	require.NoError(t, err)
	assert.Nil(t, none)
	some, err := b.ScheduleInput(t.Context(), "2")
	require.NoError(t, err)
	assert.Equal(t, `{"b" : 1}`, string(some), "byte for byte")
}

func TestWhatTheTokenLacksIsNamedAsTheServiceNamesIt(t *testing.T) {
	b, _ := answering(t, map[string]string{"/api/v1/token/inspect": `{"subject":"me","projects":[{"projectUrlName":"p"},{"projectUrlName":"q"}],"capabilities":[
		{"functionsAcl":{"actions":["READ","WRITE"],"scope":{"all":{}}},"projectScope":{"projects":["p"]}},
		{"filesAcl":{"actions":["READ","WRITE"]},"projectScope":{"projects":["q"]}},
		{"sessionsAcl":{"actions":["CREATE"]},"projectScope":{"allProjects":{}}},
		{"strangeAcl":["of","another","shape"]}]}`})
	i, err := b.Inspect(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "me", i.Subject)
	assert.Equal(t, []string{"p", "q"}, i.Projects)
	assert.Empty(t, i.Lacks("functionsAcl", "READ", "WRITE"))
	assert.Equal(t, []string{"filesAcl:WRITE"}, i.Lacks("filesAcl", "WRITE"), "what counts in another project does not here")
	assert.Equal(t, []string{"sessionsAcl:LIST"}, i.Lacks("sessionsAcl", "CREATE", "LIST"))
}

func TestAListOfFilesIsReadToItsEnd(t *testing.T) {
	page := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Cursor string
			Filter map[string]string
		}
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		assert.Equal(t, "f.fndeck.", body.Filter["externalIdPrefix"])
		page++
		_, _ = fmt.Fprintf(w, `{"items":[{"id":%d,"externalId":"f.fndeck.%d","uploadedTime":5}]`, page, page)
		if page < 3 {
			assert.Equal(t, page > 1, body.Cursor != "")
			_, _ = fmt.Fprintf(w, `,"nextCursor":"c%d"`, page)
		}
		_, _ = io.WriteString(w, "}")
	}))
	t.Cleanup(server.Close)
	b := New(Config{BaseURL: server.URL, Project: "p", Client: server.Client(), Jitter: func() float64 { return 0 }})
	all, err := b.Files(t.Context(), "f.fndeck.")
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.Equal(t, "f.fndeck.3", all[2].ExternalID)
}

func TestADownloadTakesOurTokenToTheApisOwnHostOnly(t *testing.T) {
	other, abroad := answering(t, map[string]string{"/bytes": "zip"})
	for _, host := range []string{"", other.c.BaseURL} {
		b, home := answering(t, map[string]string{root + "/files/downloadlink": `{"items":[{"id":9,"downloadUrl":"` + host + `/bytes"}]}`, "/bytes": "zip"})
		zip, err := b.Download(t.Context(), 9)
		require.NoError(t, err)
		assert.Equal(t, "zip", string(zip))
		if host == "" {
			assert.Equal(t, "Bearer mine", home["/bytes"])
			continue
		}
		sent, asked := abroad["/bytes"]
		assert.True(t, asked)
		assert.Empty(t, sent)
	}
}

func TestWhatIsNotThereIsLeftOutOfALook(t *testing.T) {
	b, asked := answering(t, map[string]string{root + "/functions/byids": `{"items":[{"id":3,"name":"n","fileId":8}]}`})
	found, err := b.Look(t.Context(), "3", "4")
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.EqualValues(t, 8, found[0].FileID)
	assert.Contains(t, asked[root+"/functions/byids"], `"ignoreUnknownIds":true`)
	_, err = b.Look(t.Context(), "x")
	assert.ErrorIs(t, err, client.ErrNotFound)
}
