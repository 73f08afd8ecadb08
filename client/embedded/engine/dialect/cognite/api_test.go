//go:build linux

package cognite

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/pack"
)

// service is the dialect over a real engine, as a vendor's client sees it.
type service struct {
	*testing.T
	server *httptest.Server
	core   *core.Core
	dir    string // of the state
}

func serve(t *testing.T) service {
	t.Helper()
	dir := t.TempDir()
	e, err := core.Open(core.Config{StateDir: dir, KeyFile: filepath.Join(t.TempDir(), "key"), Clock: time.Now, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	server := httptest.NewServer(New(e, knows))
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, e.Close())
	})
	return service{t, server, e, dir}
}

// knows refuses the one client id that the tests give a secret.
func knows(id, secret string) error {
	if id == "ours" && secret != "right" {
		return client.Invalidf("the client secret is wrong")
	}
	return nil
}

type object = map[string]any

// send sends a body and returns status and decoded answer.
func (s service) send(method, path, body string, header ...string) (int, object) {
	s.Helper()
	url := path
	if !strings.HasPrefix(path, "http") {
		url = s.server.URL + "/api/v1/projects/local" + path
	}
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(s, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	reply, err := http.DefaultTransport.RoundTrip(r) // follows no redirect
	require.NoError(s, err)
	text, err := io.ReadAll(reply.Body)
	require.NoError(s, err)
	require.NoError(s, reply.Body.Close())
	if len(text) == 0 {
		return reply.StatusCode, nil
	}
	assert.Equal(s, "application/json", reply.Header.Get("Content-Type"), path)
	assert.NotContains(s, string(text), ":null", "null keys are left out")
	var answer object
	require.NoError(s, json.Unmarshal(text, &answer), string(text))
	return reply.StatusCode, answer
}

// post posts and expects a status.
func (s service) post(status int, path, body string) object {
	s.Helper()
	have, answer := s.send("POST", path, body)
	require.Equal(s, status, have, "%s: %v", path, answer)
	return answer
}

func item(answer object) object { return answer["items"].([]any)[0].(object) }

func number(v any) string { return strconv.FormatInt(int64(v.(float64)), 10) }

// refusal is the message of an error in the envelope.
func refusal(answer object) string {
	e, ok := answer["error"].(object)
	if !ok {
		return fmt.Sprintf("no envelope: %v", answer)
	}
	message, _ := e["message"].(string)
	return message
}

const echo = "def handle(data):\n    print('a line')\n    return data\n"

func (s service) uploaded() (fileID string) {
	s.Helper()
	zip, err := pack.FromFiles(map[string][]byte{"handler.py": []byte(echo)})
	require.NoError(s, err)
	return s.upload(string(zip))
}

func (s service) upload(zip string) (fileID string) {
	s.Helper()
	f := s.post(http.StatusCreated, "/files?overwrite=False", `{"name":"f.zip"}`)
	assert.Equal(s, false, f["uploaded"])
	status, _ := s.send("PUT", f["uploadUrl"].(string), zip) // without a token, as older clients
	require.Equal(s, http.StatusOK, status)
	f = item(s.post(http.StatusOK, "/files/byids", `{"items":[{"id":`+number(f["id"])+`}]}`))
	assert.Equal(s, true, f["uploaded"], "before the upload is answered")
	for _, key := range []string{"id", "name", "uploaded", "createdTime", "lastUpdatedTime"} {
		assert.Contains(s, f, key)
	}
	return number(f["id"])
}

func (s service) function(more string) object {
	s.Helper()
	return s.created(s.uploaded(), more)
}

func (s service) functionOf(zip, more string) object {
	s.Helper()
	return s.created(s.upload(zip), more)
}

func (s service) created(file, more string) object {
	s.Helper()
	return item(s.post(http.StatusCreated, "/functions", `{"items":[{"name":"f","fileId":`+file+more+`}]}`))
}

func (s service) nonce() string {
	s.Helper()
	session := item(s.post(http.StatusCreated, "/sessions", `{"items":[{"tokenExchange":true}]}`))
	assert.Equal(s, "READY", session["status"])
	return session["nonce"].(string)
}

// call calls and waits as the vendor's SDK does: by polling while Running.
func (s service) call(id, data string) object {
	s.Helper()
	c := s.post(http.StatusCreated, "/functions/"+id+"/call", `{"data":`+data+`,"nonce":"`+s.nonce()+`"}`)
	for _, key := range []string{"id", "functionId", "status", "startTime"} {
		assert.Contains(s, c, key)
	}
	assert.Contains(s, []any{"Running", "Completed", "Failed"}, c["status"], "a short call may have ended already")
	return s.ended(id, c)
}

// ended waits until a call is not Running any more.
func (s service) ended(id string, c object) object {
	s.Helper()
	require.Eventually(s, func() bool {
		c = item(s.post(http.StatusOK, "/functions/"+id+"/calls/byids", `{"items":[{"id":`+number(c["id"])+`}]}`))
		return c["status"] != "Running"
	}, time.Minute, 5*time.Millisecond)
	return c
}

func TestADayOfTheVendorsClient(t *testing.T) {
	s := serve(t)
	f := s.function(`,"externalId":"ext","secrets":{"api-key":"s3cr3t"},"envVars":{"A":"b"},"metadata":{"k":"v"},"description":"d","owner":"o"`)
	for _, key := range []string{"id", "name", "fileId", "createdTime", "status"} {
		assert.Contains(t, f, key)
	}
	assert.Equal(t, "Queued", f["status"])
	assert.Equal(t, object{"api-key": "***"}, f["secrets"])
	id := number(f["id"])

	c := s.call(id, `{"x":[1,1.5]}`)
	assert.Equal(t, "Completed", c["status"])
	status, response := s.send("GET", "/functions/"+id+"/calls/"+number(c["id"])+"/response", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, object{"x": []any{1.0, 1.5}}, response["response"])
	_, logs := s.send("GET", "/functions/"+id+"/calls/"+number(c["id"])+"/logs", "")
	assert.Equal(t, "a line", item(logs)["message"])
	assert.Contains(t, item(logs), "timestamp")

	ready := item(s.post(http.StatusOK, "/functions/byids", `{"items":[{"externalId":"ext"}]}`))
	assert.Equal(t, "Ready", ready["status"])
	assert.Contains(t, ready, "lastCalled")

	made := item(s.post(http.StatusCreated, "/functions/schedules", `{"items":[{"name":"n","cronExpression":"*/5 * * * *","functionId":`+id+`,"data":{"k":1},"nonce":"`+s.nonce()+`"}]}`))
	for _, key := range []string{"id", "name", "createdTime", "cronExpression", "sessionId", "when", "functionId"} {
		assert.Contains(t, made, key)
	}
	assert.NotContains(t, made, "functionExternalId")
	assert.NotContains(t, made, "data")
	_, input := s.send("GET", "/functions/schedules/"+number(made["id"])+"/input_data", "")
	assert.Equal(t, object{"k": 1.0}, input["data"])

	assert.Empty(t, s.post(http.StatusOK, "/functions/delete", `{"items":[{"id":`+id+`}]}`))
	assert.Empty(t, s.post(http.StatusOK, "/functions/schedules/list", ``)["items"], "its schedules went along")
}

func TestListsFilterAndPage(t *testing.T) {
	s := serve(t)
	id := number(s.function(`,"externalId":"team-a","metadata":{"k":"v"}`)["id"])
	s.function(`,"externalId":"team-b"`)
	for filter, count := range map[string]int{
		`{}`: 2, `{"filter":{}}`: 2, `{"filter":{"externalIdPrefix":"team-"}}`: 2, `{"filter":{"externalIdPrefix":"team-a"}}`: 1,
		`{"filter":{"metadata":{"k":"v"}}}`: 1, `{"filter":{"name":"other"}}`: 0, `{"limit":1}`: 1, `{"filter":{"createdTime":{"max":1}}}`: 0,
	} {
		answer := s.post(http.StatusOK, "/functions/list", filter)
		assert.Len(t, answer["items"], count, filter)
		assert.NotContains(t, answer, "nextCursor")
	}
	for range 5 {
		s.call(id, `{}`)
	}
	seen := map[string]bool{}
	body := `{"limit":2}`
	for pages := 1; ; pages++ {
		answer := s.post(http.StatusOK, "/functions/"+id+"/calls/list", body)
		for _, c := range answer["items"].([]any) {
			seen[number(c.(object)["id"])] = true
		}
		next, more := answer["nextCursor"].(string)
		if !more {
			assert.Equal(t, 3, pages)
			break
		}
		s.call(id, `{}`) // arriving calls do not disturb the pages
		body = `{"limit":2,"cursor":"` + next + `"}`
	}
	assert.Len(t, seen, 5)
	assert.Empty(t, s.post(http.StatusOK, "/functions/"+id+"/calls/list", `{"filter":{"status":"Failed"}}`)["items"])
}

func TestACancelledCallReadsFailedAndIsFoundAsThat(t *testing.T) {
	s := serve(t)
	zip, err := pack.FromFiles(map[string][]byte{"handler.py": []byte("import time\ndef handle(data): time.sleep(600)\n")})
	require.NoError(t, err)
	id := number(s.functionOf(string(zip), "")["id"])
	c := s.post(201, "/functions/"+id+"/call", `{"nonce":"`+s.nonce()+`"}`)
	f, err := strconv.ParseInt(id, 10, 64)
	require.NoError(t, err)
	require.NoError(t, s.core.Cancel(f, int64(c["id"].(float64))))
	assert.Equal(t, "Failed", s.ended(id, c)["status"])
	assert.Len(t, s.post(200, "/functions/"+id+"/calls/list", `{"filter":{"status":"Failed"}}`)["items"], 1)
	assert.Empty(t, s.post(200, "/functions/"+id+"/calls/list", `{"filter":{"status":"Completed"}}`)["items"])
}

func TestEveryRefusalStandsInTheEnvelope(t *testing.T) {
	s := serve(t)
	id := number(s.function(`,"externalId":"ext"`)["id"])
	file := s.uploaded()
	for _, c := range []struct {
		method, path, body string
		status             int
		message            string
	}{
		{"POST", "/functions", `{"items":[]}`, 400, "exactly 1 item, not 0"},
		{"POST", "/functions", `{"items":[{"name":"a"},{"name":"b"}]}`, 400, "exactly 1 item, not 2"},
		{"POST", "/functions", `{"items":[{"name":"a","fileId":77}]}`, 400, "file 77 does not exist"},
		{"POST", "/functions", `{"items":[{"name":"a","fileId":` + file + `,"runtime":"py38"}]}`, 400, "py38 is not installed here; available: py3"},
		{"POST", "/functions", `{"items":[{"name":"a","fileId":` + file + `,"externalId":"ext"}]}`, 409, "exists already"},
		{"POST", "/functions", `{"items":[{"name":"a","fileId":` + file + `,"envVars":{"a-b":"c"}}]}`, 400, `environment variable "a-b"`},
		{"POST", "/functions", `{"items":[{"name":"` + strings.Repeat("n", 141) + `","fileId":` + file + `}]}`, 400, "name is 141 characters, the limit is 140"},
		{"POST", "/functions", `{nope`, 400, "the body, line 1 column 2"},
		{"POST", "/functions/byids", `{"items":[` + strings.TrimSuffix(strings.Repeat(`{"id":1},`, 11), ",") + `]}`, 400, "1 to 10 items, not 11"},
		{"POST", "/functions/byids", `{"items":[{"id":77}]}`, 400, "Function ids not found: 77"},
		{"POST", "/functions/list", `{"limit":-1}`, 400, "limit is -1"},
		{"POST", "/functions/" + id + "/call", `{"data":{}}`, 400, "Session nonce is invalid or expired"},
		{"POST", "/functions/" + id + "/calls/list", `{"cursor":"no!"}`, 400, "cursor"},
		{"POST", "/functions/" + id + "/calls/byids", `{"items":[{"id":77}]}`, 400, "Function call ids not found: 77"},
		{"GET", "/functions/" + id + "/calls/77/logs", ``, 400, "not found: 77"},
		{"POST", "/functions/schedules/delete", `{"items":[{"id":77}]}`, 400, "not found: 77"},
		{"POST", "/files/initmultipartupload?parts=2", `{}`, 400, "multipart"},
		{"PUT", s.server.URL + uploadRoot + "guess", `x`, 404, "unknown, used or expired"},
		{"GET", "/functions/" + id + "/nosuch", ``, 404, "no such path"},
		{"GET", "/functions//status", ``, 404, "no such path"},
		{"POST", "/functions/abc/call", `{"data":{}}`, 400, `"abc" in the path is not an id`},
		{"GET", "/functions/" + id + "/calls/0/logs", ``, 400, `"0" in the path is not an id`},
		{"GET", "/functions/schedules/9223372036854775808/input_data", ``, 400, "is not an id"},
		{"DELETE", "/functions", ``, 405, "does not take that method"},
		{"POST", s.server.URL + "/api/v1/projects/other/functions/list", ``, 401, `no access to project "other"`},
		{"GET", s.server.URL + "/", ``, 404, "no such path"},
	} {
		status, answer := s.send(c.method, c.path, c.body)
		assert.Equal(t, c.status, status, "%s %s %s: %v", c.method, c.path, c.body, answer)
		assert.Contains(t, refusal(answer), c.message, "%s %s", c.method, c.path)
	}
}

func TestUnknownIdsAreNamedInBothSpellings(t *testing.T) {
	s := serve(t)
	answer := s.post(400, "/functions/byids", `{"items":[{"externalId":"nosuch"}]}`)
	assert.Equal(t, []any{object{"externalId": "nosuch", "external_id": "nosuch"}}, answer["error"].(object)["missing"])
	assert.Empty(t, s.post(200, "/functions/byids", `{"items":[{"id":77}],"ignoreUnknownIds":true}`)["items"])
	s.function(`,"externalId":"taken"`)
	_, answer = s.send("POST", "/functions", `{"items":[{"name":"f","externalId":"taken","fileId":`+s.uploaded()+`}]}`)
	assert.Equal(t, []any{object{"externalId": "taken"}}, answer["error"].(object)["duplicated"])
}

func TestBodiesMayBeGzipUpToTheirInflatedSize(t *testing.T) {
	s := serve(t)
	packed := func(text []byte) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write(text)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return b.String()
	}
	status, _ := s.send("POST", "/functions/list", packed([]byte(`{"limit":1}`)), "Content-Encoding", "gzip")
	assert.Equal(t, http.StatusOK, status)
	status, answer := s.send("POST", "/functions/list", "no gzip", "Content-Encoding", "gzip")
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, refusal(answer), "not valid gzip")
	status, answer = s.send("POST", "/functions/list", packed(bytes.Repeat([]byte(" "), 40<<20)), "Content-Encoding", "gzip")
	assert.Equal(t, http.StatusRequestEntityTooLarge, status)
	assert.Contains(t, refusal(answer), "larger than")
}

func TestAFileIsTakenOverOnlyWhenAskedAndKeepsItsIdAndOldBytes(t *testing.T) {
	s := serve(t)
	first := s.post(http.StatusCreated, "/files", `{"name":"a.zip","externalId":"x"}`)
	assert.Contains(t, refusal(s.post(409, "/files?overwrite=false", `{"name":"b.zip","externalId":"x"}`)), "exists already")
	again := s.post(http.StatusCreated, "/files?overwrite=True", `{"name":"b.zip","externalId":"x"}`)
	assert.Equal(t, first["id"], again["id"])
	status, _ := s.send("PUT", again["uploadUrl"].(string), "first bytes")
	require.Equal(t, http.StatusOK, status)
	link := item(s.post(http.StatusOK, "/files/downloadlink", `{"items":[{"externalId":"x"}]}`))["downloadUrl"].(string)
	s.post(http.StatusCreated, "/files?overwrite=true", `{"name":"c.zip","externalId":"x"}`) // never uploaded
	r, err := http.NewRequest(http.MethodGet, link, nil)
	require.NoError(t, err)
	reply, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	text, err := io.ReadAll(reply.Body)
	require.NoError(t, err)
	require.NoError(t, reply.Body.Close())
	assert.Equal(t, "first bytes", string(text))
}

func TestTokenInspectTellsWhatTheCallerMay(t *testing.T) {
	s := serve(t)
	status, answer := s.send("GET", s.server.URL+"/api/v1/token/inspect", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, answer, "subject")
	assert.Equal(t, "local", answer["projects"].([]any)[0].(object)["projectUrlName"])
	assert.Contains(t, answer["capabilities"].([]any)[0], "functionsAcl")
	status, answer = s.send("GET", "/functions/limits", "")
	assert.Equal(t, http.StatusOK, status)
	for _, key := range []string{"timeoutMinutes", "cpuCores", "memoryGb", "runtimes"} {
		assert.Contains(t, answer, key)
	}
}
