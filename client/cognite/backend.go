package cognite

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"fndeck/auth/redact"
	"fndeck/client"
)

// Config says which project is driven, and how it is reached.
type Config struct {
	// Name is the context's name.
	Name string
	// BaseURL is https://{cluster}.cognitedata.com.
	BaseURL string
	Project string
	Client  *http.Client
	Token   oauth2.TokenSource
	// Jitter returns a number in [0,1).
	Jitter func() float64
	// Impatient is that of client.HTTP.
	Impatient bool
	// Trace is that of client.HTTP.
	Trace *client.Trace
}

// Backend is a project's functions. It is safe for concurrent use.
type Backend struct {
	c    Config
	http *client.HTTP
	root string
	// stall is uploadStall but in tests.
	stall time.Duration
}

// uploadStall is how long an upload may stand still.
const uploadStall = 2 * time.Minute

// New returns a backend; it does no I/O. It follows no redirect, whatever the
// Client does: the API has none, and one could lead the token elsewhere.
func New(c Config) *Backend {
	direct := *c.Client
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.Client = &direct
	return &Backend{c: c, stall: uploadStall, root: "/api/v1/projects/" + c.Project, http: &client.HTTP{
		Base: strings.TrimSuffix(c.BaseURL, "/"), Client: c.Client, Token: c.Token, Jitter: c.Jitter, Decode: decodeError, Impatient: c.Impatient, Trace: c.Trace,
		Header: http.Header{"Cdf-Version": {"20230101"}, "X-Cdp-App": {"fndeck"}},
	}}
}

// What the API cannot do, in words for the operator.
const (
	noUpdate   = "Cognite cannot change a function in place"
	noRebuild  = "Cognite installs the requirements again with each deploy only"
	noVersions = "Cognite keeps no versions of a function"
	noFollow   = "Cognite does not push logs"
	noRuns     = "Cognite does not tell missed runs"
	noWait     = "Cognite does not push a call's end"
	noPush     = "Cognite does not push changes"
	noBuilds   = "Cognite keeps no list of deploys"
	noOutput   = "Cognite hands out no build output of a deploy that succeeds"
	noPlan     = noUpdate
	noResume   = "a deploy to Cognite is one request, which cannot be taken up"
	noMode     = "Cognite decides by itself how calls run"
	noCancel   = "Cognite cannot cancel a call"
	noReplace  = "Cognite cannot change a schedule: create another, then delete this one"
	noRunNow   = "Cognite cannot run a schedule at once: call the function with its data"
	noPolicies = "Cognite takes no policy for overlapping or missed runs"
)

// Describe says what this backend is.
func (b *Backend) Describe() client.Description {
	return client.Description{
		Kind: "cognite", Name: b.c.Name, Endpoint: b.c.BaseURL,
		Missing: map[client.Capability]string{
			client.CanRedeploy: noUpdate, client.CanRebuild: noRebuild, client.CanChooseMode: noMode, client.CanVersion: noVersions, client.CanFollowLogs: noFollow, client.CanListRuns: noRuns,
			client.CanWait: noWait, client.CanPush: noPush, client.CanListBuilds: noBuilds, client.CanCancel: noCancel,
			client.CanReadBuilds: noOutput, client.CanResume: noResume, client.CanPlan: noPlan, client.CanSmokeTest: noUpdate, client.CanReadCode: noVersions, client.CanChangeSettings: noUpdate, client.CanReplaceSchedule: noReplace, client.CanRunSchedule: noRunNow, client.CanSetPolicies: noPolicies,
		},
	}
}

// Close releases idle connections.
func (b *Backend) Close() error {
	b.c.Client.CloseIdleConnections()
	return nil
}

// do sends a request to a path below the project's root.
func (b *Backend) do(ctx context.Context, r client.Request, out any) error {
	path := r.Path
	r.Path = b.root + path
	return b.named(b.http.Do(ctx, r, out), r.Method, path)
}

func (b *Backend) get(ctx context.Context, path string, out any) error {
	return b.do(ctx, client.Request{Method: http.MethodGet, Path: path}, out)
}

// read posts to one of the lists and look-ups that are POSTs.
func (b *Backend) read(ctx context.Context, path string, body, out any) error {
	return b.do(ctx, client.Request{Method: http.MethodPost, Path: path, JSON: body}, out)
}

// change posts something that must not be sent twice.
func (b *Backend) change(ctx context.Context, path string, body, out any) error {
	return b.do(ctx, client.Request{Method: http.MethodPost, Path: path, JSON: body, Retry: client.Once}, out)
}

type items[T any] struct {
	Items []T `json:"items"`
}

// whole reads a list to its end. The lists of functions and of schedules come as one
// page today (API reference 20230101); a cursor is followed all the same, because what
// a cut list lacks would be taken for deleted.
func whole[T any](ctx context.Context, b *Backend, path string, body map[string]any) ([]T, error) {
	var all []T
	var pages client.Cursors
	for {
		var page struct {
			Items      []T    `json:"items"`
			NextCursor string `json:"nextCursor"`
		}
		if err := b.read(ctx, path, body, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		more, err := pages.Follow(page.NextCursor)
		if err != nil || !more {
			return all, err
		}
		body["cursor"] = page.NextCursor
	}
}

// only is the single item of a reply to a create.
func (i items[T]) only() (item T, err error) {
	if len(i.Items) != 1 {
		return item, &client.Error{Code: client.CodeUnexpected, Message: fmt.Sprintf("unexpected reply: %d items instead of one", len(i.Items))}
	}
	return i.Items[0], nil
}

// made is the single item of a reply to a create. Whatever else the answer says, it
// may have been made.
func (i items[T]) made() (item T, err error) {
	if item, err = i.only(); err != nil {
		err = unsaid(err)
	}
	return item, err
}

// unsaid is the error of a success that does not say what came of it.
func unsaid(cause error) error {
	return &client.Error{
		Code: client.CodeUnknownOutcome, Message: "the answer does not say what was created: it may have been carried out", Hint: "look before you send it again", Err: cause,
	}
}

// selection names objects; those that do not exist are left out of the answer.
type selection struct {
	Items  []any `json:"items"`
	Ignore bool  `json:"ignoreUnknownIds"`
}

func known(ids ...int64) selection {
	s := selection{Ignore: true}
	for _, id := range ids {
		s.Items = append(s.Items, idItem{id})
	}
	return s
}

func knownAs(externalID string) selection {
	return selection{Items: []any{map[string]string{"externalId": externalID}}, Ignore: true}
}

type idItem struct {
	ID int64 `json:"id"`
}

func idItems(ids ...int64) items[idItem] {
	var all items[idItem]
	for _, id := range ids {
		all.Items = append(all.Items, idItem{id})
	}
	return all
}

// parseID is a domain id as the API's integer.
func parseID(kind, id string) (int64, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 {
		return 0, &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("%s %q does not exist: Cognite's ids are numbers", kind, id)}
	}
	return n, nil
}

func formatID(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// decodeError reads the API's envelope: error is an object with a message, or a
// bare string in older answers.
func decodeError(status int, body []byte) *client.Error {
	var envelope struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(body, &envelope) != nil || envelope.Error == nil {
		return nil
	}
	var detail struct {
		Message    string            `json:"message"`
		Missing    []json.RawMessage `json:"missing"`
		Duplicated []json.RawMessage `json:"duplicated"`
	}
	if json.Unmarshal(envelope.Error, &detail) != nil && json.Unmarshal(envelope.Error, &detail.Message) != nil {
		return nil
	}
	e := &client.Error{Message: redact.Shapes(detail.Message)}
	switch {
	case len(detail.Missing) > 0:
		e.Code = client.CodeNotFound
	case len(detail.Duplicated) > 0:
		e.Code, e.Hint = client.CodeConflict, "redeploy it instead, or take another external id"
	case status == http.StatusBadRequest && strings.Contains(strings.ToLower(detail.Message), "nonce"):
		// The API has no code for it; this is the one place that looks at the words.
		e.Err = ErrNonce
	}
	return e
}
