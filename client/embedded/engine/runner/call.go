package runner

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"syscall"
	"time"
)

const (
	// termGrace is how long a call may take to end after SIGTERM.
	termGrace = 2 * time.Second
	// exitGrace is how long a call process may live after it has answered, and
	// how long its answer may take to be read after it has exited.
	exitGrace = 100 * time.Millisecond
	// maxTries is how many processes may die before one has read its request.
	maxTries = 3
	// killGrace bounds the wait for a killed process's end.
	killGrace = 3 * time.Second
)

// Client is what a call's client is made from.
type Client struct {
	BaseURL string `json:"base_url"`
	Project string `json:"project"`
	// Token is the call's own and goes with it.
	Token string `json:"token"`
}

// Info is what a function is told of its call. Those of a schedule are 0 for a
// call that none made.
type Info struct {
	FunctionID int64 `json:"function_id"`
	CallID     int64 `json:"call_id"`
	ScheduleID int64 `json:"schedule_id,omitempty"`
	// ScheduledTime is in milliseconds since 1970.
	ScheduledTime int64 `json:"scheduled_time,omitempty"`
}

// Request is one call.
type Request struct {
	// Client is for a function that asks for one; nil gives it none.
	Client *Client
	// Data is JSON, handed to the function as its bytes are.
	Data []byte
	// Secrets go through the call's socket only.
	Secrets map[string]string
	// Info becomes function_call_info.
	Info Info
	// MemoryBytes limits what the call may allocate, 0 for no limit.
	MemoryBytes int64
	// MaxTasks bounds the processes and threads of the call, 0 for 512.
	MaxTasks int
	// ResponseBytes limits the encoded response.
	ResponseBytes int64
	// Timeout ends the call, counted from Call.
	Timeout time.Duration
	// Workers is how many warm workers may be kept; 0 runs the call in a process
	// of its own. Now is the caller's clock, for EndIdle.
	Workers int
	Now     time.Time
}

// Result says how a call ended.
type Result int

// The ways a call can end.
const (
	Completed Result = iota
	Failed
	TimedOut
	Cancelled
)

// Outcome is what became of a call.
type Outcome struct {
	Result Result
	// Response is JSON, set when Completed.
	Response json.RawMessage
	// Message and Trace say what went wrong otherwise.
	Message, Trace string
	// MaxRSSBytes and CPU are the call process's own use; of a warm worker the
	// peak since it was started and what this call added.
	MaxRSSBytes int64
	CPU         time.Duration
	// Warm says that the process may have had calls before.
	Warm bool
	// Unbegun says that the zygote had ended before anything of the call reached
	// it: another one is as good.
	Unbegun bool
}

// Call runs the function once, in a process forked for it or, if the request
// says so, in a warm worker. Ending ctx cancels the call. When it returns, every
// line that the call printed has been given to sink; its process has ended, is
// about to, or waits for a next call, and what it left behind is killed.
func (z *Zygote) Call(ctx context.Context, r Request, sink Sink) Outcome {
	message, err := encode(r, z.userTasks)
	if err != nil {
		return Outcome{Result: Failed, Message: err.Error()}
	}
	for tries := 1; ; tries++ {
		c, err := z.begin(r, message)
		if err != nil {
			return Outcome{Result: Failed, Message: err.Error(), Unbegun: errors.Is(err, ErrZygoteGone)}
		}
		// A process that is about to die, as with its zygote, may still take a request.
		if o := z.converse(ctx, c, sink); !c.unread || tries == maxTries || ctx.Err() != nil {
			return o
		}
	}
}

// converse is a call that was handed to a process, to its end.
func (z *Zygote) converse(ctx context.Context, c *conversation, sink Sink) Outcome {
	r := c.r
	c.p.sink = sink
	unguard := z.guard(c.p, r.bounds())
	outcome := c.run(ctx)
	unguard()
	if cause := c.p.endedFor(); cause != "" && outcome.Result == Failed {
		outcome.Message = cause
	}
	outcome.Warm = c.p.warm
	again := c.answer != nil && c.answer.Again && !c.closed
	if fresh := again && c.answer.Fresh; !again || fresh || !c.p.takeWritten() {
		complete := c.p.drain(c.handle, drainAfterExit)
		if !complete {
			sink([]Line{{Stream: Mark, Text: "log closed: a process left behind by this call still held its output"}})
		}
		again = fresh && complete && !c.closed && c.p.renew()
	}
	c.p.sink = nil
	if !again || !z.put(c.p, r.Workers) {
		z.retire(c.p)
	}
	return outcome
}

// begin finds a process for a call and hands it the request. A process that has
// waited for its call may have died meanwhile; nothing was sent then, and the
// next one is as good.
func (z *Zygote) begin(r Request, message [][]byte) (*conversation, error) {
	for {
		p, fresh, err := z.take(r.Workers > 0)
		if err != nil {
			return nil, err
		}
		if r.Workers > 0 {
			z.hire(p, r.Now)
		}
		z.enclose(p, r.bounds())
		c := &conversation{z: z, p: p, r: r, unsent: slices.Clone(message)}
		err = c.send()
		z.refill()
		if err == nil {
			return c, nil
		}
		z.retire(p)
		if fresh {
			return nil, err
		}
	}
}

func answered(answer *reply) Outcome {
	o := answer.outcome()
	if answer.OK {
		o.Result, o.Response = Completed, answer.Response
		return o
	}
	o.Result, o.Message, o.Trace = Failed, answer.Error.Message, answer.Error.Trace
	return o
}

// died is the outcome of a process that ended without an answer.
func died(e exit) Outcome {
	o := e.outcome()
	o.Result = Failed
	status := syscall.WaitStatus(e.Status)
	switch {
	case e.reason != "":
		o.Message = e.reason
	case e.lost:
		o.Message = ErrZygoteGone.Error()
	case status.Signaled() && status.Signal() == syscall.SIGXCPU:
		o.Message = "the call used more CPU time than its time limit allows on all cores"
	case status.Signaled() && status.Signal() == syscall.SIGSYS:
		o.Message = "worker killed (signal 31): it made a system call that functions may not make"
	case status.Signaled():
		o.Message = "worker killed (signal " + strconv.Itoa(int(status.Signal())) + ")"
	default:
		o.Message = "process exited with code " + strconv.Itoa(status.ExitStatus()) + " before it returned"
	}
	return o
}

// usage is what a process and its children have used of the machine.
type usage struct {
	MaxRSSKiB     int64   `json:"maxrss"`
	UserSeconds   float64 `json:"utime"`
	SystemSeconds float64 `json:"stime"`
}

func (u usage) outcome() Outcome {
	return Outcome{MaxRSSBytes: u.MaxRSSKiB << 10, CPU: time.Duration((u.UserSeconds + u.SystemSeconds) * float64(time.Second))}
}
