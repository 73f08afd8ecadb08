//go:build linux

package cognite

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// keys is a JSON object of n keys, each of the given value.
func keys(n int, value string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"k%d":"%s"`, i, value))
	}
	return "{" + strings.Join(all, ",") + "}"
}

func TestAFunctionIsHeldToEachBoundByTheFieldAndTheLimit(t *testing.T) {
	s := serve(t)
	file := s.uploaded()
	long := func(n int) string { return `"` + strings.Repeat("ø", n) + `"` }
	for _, c := range []struct{ field, fits, tooMuch, message string }{
		{"externalId", long(255), long(256), "externalId is 256 characters, the limit is 255"},
		{"description", long(500), long(501), "description is 501 characters, the limit is 500"},
		{"owner", long(128), long(129), "owner is 129 characters, the limit is 128"},
		{"functionPath", `"` + strings.Repeat("p", 497) + `.py"`, `"` + strings.Repeat("p", 498) + `.py"`, "functionPath is 501 characters, the limit is 500"},
		{"functionPath", `"a.py"`, `"a.txt"`, "must end in .py"},
		{"secrets", keys(30, "v"), keys(31, "v"), "secrets has 31 keys, the limit is 30"},
		{"secrets", `{"API_KEY":"v"}`, `{"a.b":"v"}`, `key "a.b" must be`},
		{"secrets", `{"a":""}`, `{"a":1}`, "must be a string, not number"},
		{"envVars", keys(100, "v"), keys(101, "v"), "envVars has 101 keys, the limit is 100"},
		{"envVars", `{"A_1":"ø"}`, `{"A":"\u0000"}`, "NUL"},
		{"metadata", keys(16, "v"), keys(17, "v"), "metadata has 17 keys, the limit is 16"},
		{"metadata", `{"` + strings.Repeat("k", 32) + `":"v"}`, `{"` + strings.Repeat("k", 33) + `":"v"}`, "is 33 characters, the limit is 32"},
		{"metadata", keys(1, strings.Repeat("v", 512)), keys(1, strings.Repeat("v", 513)), `the value of "k0" is 513 characters, the limit is 512`},
		{"metadata", keys(7, strings.Repeat("v", 512)), keys(8, strings.Repeat("v", 512)), "metadata has 4112 bytes in all, the limit is 4096"},
		{"cpu", "0.1", "17", "cpu is 17"},
		{"memory", "1", "-1", "memory is -1"},
	} {
		create := func(value string) (int, object) {
			return s.send("POST", "/functions", `{"items":[{"name":"f","fileId":`+file+`,"`+c.field+`":`+value+`}]}`)
		}
		status, answer := create(c.tooMuch)
		assert.Equal(t, http.StatusBadRequest, status, "%s: %v", c.field, answer)
		assert.Contains(t, refusal(answer), c.message)
		status, answer = create(c.fits)
		assert.Equal(t, http.StatusCreated, status, "%s: %v", c.field, answer)
	}
	raised := item(s.post(http.StatusCreated, "/functions", `{"items":[{"name":"f","cpu":0.1,"memory":0.1,"owner":null,"fileId":`+file+`}]}`))
	assert.Equal(t, []any{1.0, 1.5}, []any{raised["cpu"], raised["memory"]}, "too little is raised without a word")
}

func TestAScheduleIsHeldToEachBound(t *testing.T) {
	s := serve(t)
	id := number(s.function(`,"externalId":"x"`)["id"])
	for fields, message := range map[string]string{
		`"cronExpression":"* * * * *","functionId":` + id:                                                             "name is required",
		`"name":"` + strings.Repeat("n", 141) + `","cronExpression":"* * * * *","functionId":` + id:                   "name is 141 characters",
		`"name":"n","functionId":` + id:                                                                               "cronExpression is required",
		`"name":"n","cronExpression":"` + strings.Repeat("1", 1025) + `","functionId":` + id:                          "cronExpression is 1025 characters, the limit is 1024",
		`"name":"n","cronExpression":"0 0 31 2 *","functionId":` + id:                                                 "cronExpression: ",
		`"name":"n","cronExpression":"TZ=UTC * * * * *","functionId":` + id:                                           "cronExpression: ",
		`"name":"n","cronExpression":"* * * * *"`:                                                                     "exactly one of functionId and functionExternalId",
		`"name":"n","cronExpression":"* * * * *","functionExternalId":"x","functionId":` + id:                         "exactly one of functionId and functionExternalId",
		`"name":"n","cronExpression":"* * * * *","data":[1],"functionId":` + id:                                       "needed is an object",
		`"name":"n","cronExpression":"* * * * *","nonce":"old","functionId":` + id:                                    "Session nonce is invalid or expired",
		`"name":"n","cronExpression":"* * * * *","functionId":"` + id + `"`:                                           "items.functionId must be a whole number, not string",
		`"name":"n","cronExpression":"* * * * *","description":"` + strings.Repeat("d", 501) + `","functionId":` + id: "description is 501",
	} {
		assert.Contains(t, refusal(s.post(400, "/functions/schedules", `{"items":[{`+fields+`}]}`)), message)
	}
	made := item(s.post(201, "/functions/schedules", `{"items":[{"name":"n","cronExpression":"0 3 * * *","functionExternalId":"x","nonce":"`+s.nonce()+`"}]}`))
	assert.Equal(t, id, number(made["functionId"]), "an external id is answered with the id")
	for filter, count := range map[string]int{
		`{"name":"n"}`: 1, `{"name":"o"}`: 0, `{"functionId":` + id + `}`: 1, `{"functionId":1}`: 0, `{"functionExternalId":"x"}`: 1, `{"functionExternalId":"y"}`: 0,
		`{"cronExpression":"0 3 * * *"}`: 1, `{"cronExpression":"* * * * *"}`: 0, `{"createdTime":{"min":1}}`: 1, `{"createdTime":{"max":1}}`: 0, `{}`: 1,
	} {
		assert.Len(t, s.post(200, "/functions/schedules/list", `{"filter":`+filter+`}`)["items"], count, filter)
	}
	_, input := s.send("GET", "/functions/schedules/"+number(made["id"])+"/input_data", "")
	assert.NotContains(t, input, "data", "none was given, which is not the same as an empty one")
}

func TestDataPassesAsBytesOrIsRefusedWithItsPlace(t *testing.T) {
	s := serve(t)
	id := number(s.function("")["id"])
	nonce := s.nonce()
	call := func(data string) (int, object) {
		return s.send("POST", "/functions/"+id+"/call", `{"nonce":"`+nonce+`","data":`+data+`}`)
	}
	for data, message := range map[string]string{
		"[]": "data, line 1 column 1: needed is an object", `{"a":{"b":1,"b":2}}`: `key "b" is already in`, "{\"\xff\":1}": "not UTF-8",
		`{"a":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `}`: "the body, line 1 column ",
		`{"a":NaN}`: "the body, line 1 column ", "{} {}": "the body, line 1 column ",
		`{"a":"` + strings.Repeat("x", 9_000_000) + `"}`: "data has 9000008 bytes (9000.0 kB), the limit is 9000000 bytes",
	} {
		status, answer := call(data)
		assert.Equal(t, 400, status)
		assert.Contains(t, refusal(answer), message)
	}
	status, answer := call(`{"a":"` + strings.Repeat("x", 17<<20) + `"}`)
	assert.Equal(t, http.StatusRequestEntityTooLarge, status, answer)
	status, answer = s.send("POST", "/functions/list", `{"x":"`+strings.Repeat("x", 1<<20)+`"}`)
	assert.Equal(t, http.StatusRequestEntityTooLarge, status, answer)

	const exact = `{"z":9007199254740993, "a":[1e2,-0.0,"\u00e9"]}`
	status, answer = call(exact)
	require.Equal(t, http.StatusCreated, status, "the refusals have not spent the nonce: %v", answer)
	data, _, err := s.core.Store().CallBodies(int64(answer["id"].(float64)))
	require.NoError(t, err)
	assert.Equal(t, exact, string(data))
}

func TestAnUploadLinkIsForOneContent(t *testing.T) {
	s := serve(t)
	f := s.post(201, "/files", `{"name":"a.zip"}`)
	assert.Contains(t, refusal(s.post(400, "/files/downloadlink", `{"items":[{"id":`+number(f["id"])+`}]}`)), "not uploaded yet")
	url := f["uploadUrl"].(string)
	for _, c := range []struct {
		bytes  string
		status int
	}{{"first", 200}, {"first", 200}, {"second", 404}} { // the answer to the first may have been lost
		status, _ := s.send("PUT", url, c.bytes, "Authorization", "Bearer whatever")
		assert.Equal(t, c.status, status, c.bytes)
	}
	large := httptest.NewRequest(http.MethodPut, url, strings.NewReader("x"))
	large.ContentLength = 513 << 20
	w := httptest.NewRecorder()
	New(s.core, nil).ServeHTTP(w, large)
	assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	assert.Contains(t, w.Body.String(), "larger than 512 MiB")
	status, answer := s.send("POST", url, "x")
	assert.Equal(t, http.StatusMethodNotAllowed, status, answer)
	for path, message := range map[string]string{
		"/files/uploadlink": "1 to 100 items, not 101", "/files/downloadlink": "1 to 100 items, not 101",
	} {
		assert.Contains(t, refusal(s.post(400, path, `{"items":[`+strings.TrimSuffix(strings.Repeat(`{"id":1},`, 101), ",")+`]}`)), message)
	}
}
