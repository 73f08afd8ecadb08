package core

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"fndeck/client"
	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/runner"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/jsondata"
)

// previewBytes bounds the first line of a result that lists show.
const previewBytes = 200

// InvokeWith binds the session of a nonce to a new call and starts that. The
// nonce is not spent on what is refused for another reason.
func (e *Core) InvokeWith(nonce string, functionID int64, data json.RawMessage) (store.Call, error) {
	data, err := checkData(data)
	if err != nil {
		return store.Call{}, err
	}
	if _, err := e.pool.gate(functionID); err != nil { // it remembers which functions there are
		return store.Call{}, err
	}
	if err := e.roomForCall(functionID); err != nil {
		return store.Call{}, err
	}
	session, err := e.bind(nonce, e.c.CallTimeout)
	if err != nil {
		return store.Call{}, err
	}
	c, err := e.invoke(functionID, data, session)
	if err != nil {
		e.endSession(session)
	}
	return c, err
}

// Invoke stores a call without a session and starts it. It returns once the
// call is durable; the call runs on if the caller goes away.
func (e *Core) Invoke(functionID int64, data json.RawMessage) (store.Call, error) {
	data, err := checkData(data)
	if err != nil {
		return store.Call{}, err
	}
	if err := e.roomForCall(functionID); err != nil {
		return store.Call{}, err
	}
	return e.invoke(functionID, data, Session{})
}

// maxUnderWay bounds the calls of one function that run or wait.
const maxUnderWay = 1000

// roomForCall refuses a call beyond maxUnderWay: the clouds say 429 as well.
func (e *Core) roomForCall(functionID int64) error {
	if e.running.countOf(functionID) < maxUnderWay {
		return nil
	}
	return &client.Error{
		Code: client.CodeThrottled, RetryAfter: time.Second,
		Message: fmt.Sprintf("function %d has %d calls under way, which is the most", functionID, maxUnderWay), Hint: "wait until some of them have ended",
	}
}

func (e *Core) invoke(functionID int64, data json.RawMessage, session Session) (store.Call, error) {
	if err := e.room.Check(int64(len(data))); err != nil {
		return store.Call{}, err
	}
	c := store.Call{FunctionID: functionID, Status: store.Running, Started: e.now(), SessionID: session.ID}
	if e.pool.isQuick(functionID) {
		return e.invokeQuick(c, data, session)
	}
	err := e.store.Write(store.Durable, func(tx *store.Tx) error {
		f, err := tx.Function(functionID)
		if err != nil {
			return err
		}
		c.ID, c.Version = tx.NextID(), f.Serving
		return tx.InsertCall(c, data)
	})
	if err != nil {
		return store.Call{}, notFound(err, "function %d does not exist", functionID)
	}
	e.start(c, data, session, nil)
	return c, nil
}

// now is the time as the state keeps it: UTC, to the microsecond.
func (e *Core) now() time.Time { return e.c.Clock().UTC().Truncate(time.Microsecond) }

// checkData refuses what no function could be given, before a process is
// forked for it. The bytes themselves pass through as they are.
func checkData(data json.RawMessage) (json.RawMessage, error) {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return json.RawMessage(`{}`), nil
	}
	_, err := jsondata.Check(data, jsondata.Options{MustBeObject: true, UniqueKeys: true, LimitBytes: MaxDataBytes})
	return data, err
}

// start runs a call in the background. Its row is stored, or deferred.
func (e *Core) start(c store.Call, data []byte, session Session, row *deferred) *runningCall {
	ctx, cancel := context.WithCancelCause(e.ctx)
	under := e.running.add(c.ID, c.FunctionID, row, cancel)
	job := func() {
		defer cancel(nil)
		defer e.endSession(session) // if a panic has skipped the one of run
		outcome := c
		defer func() { e.running.end(c.ID, outcome) }()
		defer e.guard("call", c.ID, func(reason string) {
			c.Status, c.Ended, c.ErrorMessage = store.Failed, e.now(), reason
			outcome = e.settle(under, c, nil, nil)
		})
		outcome = e.run(ctx, under, c, data, session)
	}
	if !e.crew.take(job) {
		e.jobs.Go(func() { e.crew.work(e.ctx, job) })
	}
	return under
}

// guard keeps a bug in one job from ending the engine; failed then ends the job.
func (e *Core) guard(kind string, id int64, failed func(reason string)) {
	r := recover()
	if r == nil {
		return
	}
	e.c.Logger.Error("panic", "job", kind, "id", id, "value", fmt.Sprint(r), "stack", string(debug.Stack()))
	failed("the engine failed at this: see its log")
}

// run takes a call from Running to its end and returns it as it was stored.
func (e *Core) run(ctx context.Context, under *runningCall, c store.Call, data []byte, session Session) store.Call {
	log, outcome, started := e.execute(ctx, under, &c, data, session)
	e.endSession(session) // before anybody can see that the call has ended
	c.Ended = e.now()
	if !started.IsZero() {
		c.Duration = e.c.Clock().Sub(started).Truncate(time.Microsecond)
	}
	var rest []store.Line
	rest, c.LogLines = log.rest()
	c.MaxRSSBytes, c.CPU = outcome.MaxRSSBytes, outcome.CPU
	if outcome.Warm {
		c.Warm = 1
	}
	switch outcome.Result {
	case runner.Completed:
		c.Status, c.Preview = store.Completed, preview(outcome.Response)
	case runner.TimedOut:
		c.Status = store.Timeout
	default:
		c.Status = store.Failed
		if errors.Is(context.Cause(ctx), errCancelled) {
			c.Status = store.Cancelled
		}
	}
	c.ErrorMessage, c.ErrorTrace = log.mask.mask(outcome.Message), log.mask.mask(outcome.Trace)
	return e.settle(under, c, rest, outcome.Response)
}

// settle stores the outcome of a call. No call may stay Running while its
// outcome is known.
func (e *Core) settle(under *runningCall, c store.Call, rest []store.Line, response []byte) store.Call {
	cut := c
	stored := &c
	err := e.insist(finding{complaint: "the outcome of a call is not stored", id: c.ID, write: e.store.WriteChecked, work: func(tx *store.Tx) error {
		stored = &c
		if err := under.row.end(tx, c, response); err != nil {
			return err // before anything has changed
		}
		return appendRest(tx, c, rest)
	}, small: func(tx *store.Tx, full error) error {
		stored = &cut
		cut.LogLines = c.LogLines - int64(len(rest))
		cut.Status, cut.Preview, cut.ErrorTrace = store.Failed, "", ""
		cut.ErrorMessage = "the outcome was " + c.Status + " and could not be stored: " + full.Error()
		return under.row.end(tx, cut, nil)
	}})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		c.Status = store.Running // as the row says; the next start says what became of it
		return c
	}
	if err == nil {
		under.row.ended()
	}
	return *stored
}

// appendRest stores the last lines of a call.
func appendRest(tx *store.Tx, c store.Call, rest []store.Line) error {
	if int64(len(rest)) == c.LogLines { // as of most calls, nothing is stored yet
		return tx.AppendFirst(c.FunctionID, c.ID, rest)
	}
	return tx.AppendLines(c.ID, rest)
}

// execute runs the call and returns its log, outcome and real start.
func (e *Core) execute(ctx context.Context, under *runningCall, c *store.Call, data []byte, session Session) (*logWriter, runner.Outcome, time.Time) {
	log := e.newLog(c.ID, nil)
	failed := func(err error) (*logWriter, runner.Outcome, time.Time) {
		return log, runner.Outcome{Result: runner.Failed, Message: err.Error()}, time.Time{}
	}
	v, known := e.pool.version(c.FunctionID, c.Version)
	if !known {
		var err error
		if v, err = e.awaitServing(ctx, c.FunctionID); err != nil {
			return failed(err)
		}
		c.Version = v.Number
	}
	workers, leave, err := e.pool.admit(ctx, c.FunctionID, session)
	if err != nil {
		return failed(err)
	}
	defer leave()
	secrets, err := e.vault.secretsOf(v)
	if err != nil {
		return failed(err)
	}
	log = e.newLog(c.ID, slices.Collect(maps.Values(secrets)))
	log.before = under.row.keep
	e.running.writes(under, log)
	var started time.Time
	outcome, err := e.pool.call(ctx, v, func(z *runner.Zygote) runner.Outcome {
		given, end := e.clientOf(*c, session, z.Callback)
		defer end()
		started = e.c.Clock()
		return z.Call(ctx, runner.Request{
			Client: given, Data: data, Secrets: secrets, Info: callInfo(*c), MemoryBytes: int64(v.Settings.MemoryGB * (1 << 30)),
			ResponseBytes: MaxResponseBytes, Timeout: e.c.CallTimeout, Workers: workers, Now: started,
		}, log.sink)
	})
	if err != nil {
		return failed(e.room.Explain(err, disk.BallastBytes))
	}
	e.pool.tookFor(c.FunctionID, e.c.Clock().Sub(started))
	return log, outcome, started
}

// slotsFor are the slots that a call takes one of. A call that was made by a call
// has its own: its caller, which waits for it, may hold the last of the others.
func (e *Core) slotsFor(s Session) chan struct{} {
	if s.Depth > 0 {
		return e.chained
	}
	return e.slots
}

func callInfo(c store.Call) runner.Info {
	info := runner.Info{FunctionID: c.FunctionID, CallID: c.ID}
	if !c.Scheduled.IsZero() { // a function is told of both or neither
		info.ScheduleID, info.ScheduledTime = c.ScheduleID, c.Scheduled.UnixMilli()
	}
	return info
}

// awaitServing returns the serving version, waiting for the first deploy if it
// is still under way.
func (e *Core) awaitServing(ctx context.Context, functionID int64) (store.Version, error) {
	for {
		changed := e.store.Changed()
		view, err := e.View(functionID)
		if err != nil {
			return store.Version{}, err
		}
		if view.Serving != nil {
			return *view.Serving, nil
		}
		if view.Latest.Status == store.Failed {
			return store.Version{}, fmt.Errorf("the function is not deployed: %s", view.Latest.ErrorMessage)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return store.Version{}, context.Cause(ctx)
		}
	}
}

// Call reads a call of a function.
func (e *Core) Call(functionID, id int64) (store.Call, error) {
	c, err := e.store.Call(id)
	if err == nil && c.FunctionID != functionID {
		err = store.ErrNotFound
	}
	return c, notFound(err, "call %d of function %d does not exist", id, functionID)
}

// errCancelled is the cause of a cancel that a person asked for.
var errCancelled = errors.New("cancelled")

// Cancel ends a running call: SIGTERM, two seconds later SIGKILL. It returns
// once that is asked for; the call tells when it has ended.
func (e *Core) Cancel(functionID, id int64) error {
	if _, err := e.Call(functionID, id); err != nil {
		return err
	}
	c := e.running.find(id)
	if c == nil {
		return &client.Error{Code: client.CodeConflict, Message: fmt.Sprintf("call %d has ended already", id)}
	}
	c.cancel(errCancelled)
	return nil
}

// WaitCall returns a call once it has ended, or as it is when ctx ends.
func (e *Core) WaitCall(ctx context.Context, functionID, id int64) (store.Call, error) {
	if c := e.running.find(id); c != nil && c.functionID == functionID {
		select {
		case <-c.done:
			return c.outcome, nil
		case <-ctx.Done():
		}
	}
	return e.Call(functionID, id)
}

// preview is the first line of a response, cut to what a list can show.
func preview(response []byte) string {
	line, _, _ := strings.Cut(string(response), "\n")
	if len(line) <= previewBytes {
		return line
	}
	cut := previewBytes
	for !utf8.RuneStart(line[cut]) {
		cut--
	}
	return line[:cut]
}
