package cognite

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// said is a service that answers every request with one status and body.
type said struct {
	status int
	body   string
}

func (s said) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: s.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(s.body)),
		ContentLength: -1, Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// FuzzWhatAServiceMaySay feeds every decoder of the wire: what comes is a value of the
// domain that can be written down, or an error of the domain, and never a panic.
func FuzzWhatAServiceMaySay(f *testing.F) {
	for _, body := range []string{
		`{"items":[{"id":1,"name":"n","status":"Ready","error":{"message":"m","trace":"t"},"secrets":{"a":"***"},"createdTime":1795162537321,"cpu":1}]}`,
		`{"items":[{"id":2,"functionId":1,"status":"Failed","error":"plain","startTime":9223372036854775807,"endTime":-1}],"nextCursor":"c"}`,
		`{"items":[{"id":3,"sessionId":"77","when":"Every minute","cronExpression":"* * * * *"}]}`,
		`{"items":[{"timestamp":1,"message":"\u001b[2J"},{"message":"\ud800"}]}`,
		`{"id":9,"uploadUrl":"//[::1","downloadUrl":"%zz","instanceId":{"space":"s"},"response":{"x":1e400},"data":null}`,
		`{"subject":"s","projects":[{"projectUrlName":"p"}],"capabilities":[{"functionsAcl":[],"projectScope":{"allProjects":{}}}],"timeoutMinutes":9,"runtimes":["py312"]}`,
		`{"error":{"code":400,"message":"nonce","missing":[{"id":1}],"duplicated":[1]}}`, `{"error":"bare"}`, `{"error":null}`,
		`{"items":[{"id":1,"status":"ACTIVE","creationTime":1,"nonce":"\"}{"}]}`, `[]`, `null`, ``, `{"items":null}`, `{"items":[null]}`,
	} {
		f.Add(http.StatusOK, body)
		f.Add(http.StatusBadRequest, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 501 {
			return // no status of HTTP, or one of a gateway, which is waited for
		}
		b := New(Config{
			BaseURL: "https://api.test", Project: "p", Impatient: true, Jitter: func() float64 { return 0 },
			Client: &http.Client{Transport: said{status, body}},
		})
		ctx := t.Context()
		check := func(value any, err error) {
			if err != nil {
				var e *client.Error
				require.ErrorAs(t, err, &e)
				require.NotEmpty(t, e.Code)
				return
			}
			_, err = json.Marshal(value)
			var number *json.UnsupportedValueError
			if !errors.As(err, &number) {
				require.NoError(t, err)
			}
		}
		check2 := func(value any, _ bool, err error) { check(value, err) }
		check(b.List(ctx))
		check(b.Function(ctx, "1"))
		check(b.Create(ctx, client.FunctionSpec{Name: "f"}, 1))
		check(b.Invoke(ctx, client.CallRequest{FunctionID: "1"}))
		check(b.Calls(ctx, client.CallQuery{FunctionID: "1"}))
		check(b.Call(ctx, "1", "2"))
		check(b.Result(ctx, "1", "2"))
		check(b.Logs(ctx, client.LogQuery{FunctionID: "1", CallID: "2"}))
		check(b.Bound(ctx, ""))
		check(b.ScheduleInput(ctx, "1"))
		check(b.CreateSchedule(ctx, client.ScheduleSpec{FunctionID: "1", Name: "s", Cron: "* * * * *"}))
		check(b.Files(ctx, "f"))
		check(b.UploadTo(ctx, NewFile{Name: "f"}, nil, nil))
		check(b.Download(ctx, 1))
		check(b.Status(ctx))
		check(b.Limits(ctx))
		check2(b.Session(ctx, 1))
		check2(b.File(ctx, 1))
		inspected, err := b.Inspect(ctx)
		check(inspected.Lacks("functionsAcl", "READ"), err)
	})
}
