package own

import (
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

// Config is what the API says of the process that serves it.
type Config struct {
	Version, StateDir, Socket string
	// TCP is the base URL of the loopback port, if it is open; the other three
	// say how to be let in.
	TCP, TokenURL, ClientFile, BearerFile string
	// Issuer and Audience are those of other tokens that the port takes, if any.
	Issuer, Audience string
	// Isolation is the honest badge.
	Isolation string
	// ReadLimit is how long a reader of a stream may hold it up (10 seconds).
	ReadLimit time.Duration
	// Stop ends the engine.
	Stop func()
}

// API serves the engine's own operations.
type API struct {
	c      Config
	core   *core.Core
	router dialect.Router

	latencies latencies
	packed    packed
}

// New returns the API over an engine.
func New(e *core.Core, c Config) *API {
	a := &API{c: c, core: e, latencies: latencies{of: map[int64]latency{}}, packed: packed{epoch: rand.Text()}}
	a.router = dialect.Router{Refuse: Refuse, Core: e, Routes: []dialect.Route{
		{Method: "GET", Pattern: "status", Handle: a.status},
		{Method: "POST", Pattern: "stop", Handle: a.stop, Action: "engine.stop", Always: true},
		{Method: "GET", Pattern: "functions", Handle: a.functions},
		{Method: "GET", Pattern: "functions/packed", Handle: a.packedFunctions},
		{Method: "GET", Pattern: "functions/{id}", Handle: a.function},
		{Method: "PUT", Pattern: "functions/{id}/origin", Handle: a.origin, Action: "functions.origin"},
		{Method: "GET", Pattern: "functions/{id}/versions", Handle: a.versions},
		{Method: "POST", Pattern: "functions/{id}/versions", Handle: a.redeploy, Action: "functions.redeploy"},
		{Method: "GET", Pattern: "functions/{id}/versions/{version}/files", Handle: a.codeFiles},
		{Method: "GET", Pattern: "functions/{id}/versions/{version}/code", Handle: a.code},
		{Method: "POST", Pattern: "functions/{id}/rollback", Handle: a.rollback, Action: "functions.rollback"},
		{Method: "PUT", Pattern: "functions/{id}/mode", Handle: a.mode, Action: "functions.mode"},
		{Method: "POST", Pattern: "functions/{id}/rebuild", Handle: a.rebuild, Action: "functions.rebuild"},
		{Method: "GET", Pattern: "functions/{id}/calls/{call}", Handle: a.call},
		{Method: "GET", Pattern: "functions/{id}/calls/{call}/result", Handle: a.result},
		{Method: "POST", Pattern: "functions/{id}/calls/{call}/cancel", Handle: a.cancel, Action: "calls.cancel"},
		{Method: "GET", Pattern: "calls", Handle: a.calls},
		{Method: "GET", Pattern: "calls/{call}", Handle: a.call},
		{Method: "GET", Pattern: "deploys", Handle: a.deploys},
		{Method: "GET", Pattern: "schedules", Handle: a.schedules},
		{Method: "POST", Pattern: "schedules", Handle: a.createSchedule, Action: "schedules.create"},
		{Method: "PUT", Pattern: "schedules/{id}", Handle: a.replaceSchedule, Action: "schedules.replace"},
		{Method: "POST", Pattern: "schedules/{id}/run", Handle: a.runSchedule, Action: "schedules.run"},
		{Method: "GET", Pattern: "schedules/{id}/runs", Handle: a.runs},
		{Method: "GET", Pattern: "logs", Handle: a.logs},
		{Method: "GET", Pattern: "events", Handle: a.events},
		{Method: "GET", Pattern: "backup", Handle: a.backup},
	}}
	return a
}

// ServeHTTP serves paths below wire.Prefix.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !a.router.Serve(w, r, strings.TrimPrefix(r.URL.Path, wire.Prefix), core.Caller{}) {
		Refuse(w, r, http.StatusNotFound, &client.Error{Code: client.CodeNotFound, Message: "no such path: " + r.URL.Path})
	}
}

// Refuse answers an error as wire.Failure.
func Refuse(w http.ResponseWriter, _ *http.Request, status int, err error) {
	if status == 0 {
		status = dialect.Status(err)
	}
	if errors.Is(err, store.ErrNotFound) {
		status = http.StatusNotFound
		err = &client.Error{Code: client.CodeNotFound, Message: "not found"}
	}
	var f wire.Failure
	f.Error.Code, f.Error.Message = client.CodeFailed, err.Error()
	var e *client.Error
	if errors.As(err, &e) {
		f.Error.Code, f.Error.Hint = e.Code, e.Hint
	}
	_ = dialect.WriteJSON(w, status, f) // a struct of strings always encodes
}

func (a *API) status(r *dialect.Request) error {
	functions, err := a.core.Store().FunctionCount()
	if err != nil {
		return err
	}
	disk, err := a.core.Disk()
	if err != nil {
		return err
	}
	// Not the machine's runtimes, where they are still being looked for: a
	// console must not wait for that.
	return dialect.WriteJSON(r.Writer, http.StatusOK, wire.Status{
		PID: os.Getpid(), Version: a.c.Version, StateDir: a.c.StateDir, Socket: a.c.Socket, TCP: a.c.TCP, TokenURL: a.c.TokenURL, ClientFile: a.c.ClientFile, BearerFile: a.c.BearerFile, Issuer: a.c.Issuer, Audience: a.c.Audience, Started: a.core.Started().UTC(),
		Functions: functions, Running: a.core.RunningCalls(), LoadedZygotes: a.core.LoadedZygotes(),
		ReadOnly: a.readOnly(), Isolation: a.c.Isolation, Runtimes: a.core.KnownRuntimes(), DataLimitBytes: core.MaxDataBytes, CPUCores: core.CPUCores(), MemoryGB: core.MemoryGB(), Disk: disk, Process: self(), Limits: a.core.Limits(),
	})
}

// readOnly is why nothing can be changed, empty if something can.
func (a *API) readOnly() string {
	if why := a.core.ReadOnly(); why != nil {
		return why.Error()
	}
	return ""
}

func (a *API) stop(r *dialect.Request) error {
	a.c.Stop()
	return dialect.WriteJSON(r.Writer, http.StatusAccepted, struct{}{})
}

// backup streams a backup of the state, see package backup.
func (a *API) backup(r *dialect.Request) error {
	return a.core.Backup(r.Context(), a.c.Version, r.Writer)
}

// queryID is a query parameter as an id, 0 if absent.
func queryID(r *dialect.Request, name string) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0, client.Invalidf("%s %q is not an id", name, text)
	}
	return id, nil
}

// queryLimit is the parameter limit, between 1 and highest.
func queryLimit(r *dialect.Request, standard, highest int) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > highest {
		return 0, client.Invalidf("limit %q: allowed are 1 to %d", text, highest)
	}
	return n, nil
}

func id(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func failure(message, trace string) *client.Failure {
	if message == "" {
		return nil
	}
	return &client.Failure{Message: message, Trace: trace}
}

// queryTime is a query parameter in RFC 3339, the zero time if absent.
func queryTime(r *dialect.Request, name string) (time.Time, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return at, client.Invalidf("%s %q is not a time in RFC 3339", name, text)
	}
	return at, nil
}
