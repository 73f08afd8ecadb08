package runner

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
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
	// killGrace bounds the wait for a killed process's end.
	killGrace = 3 * time.Second
	// replyRoom is what a reply may hold beside the response: error and trace.
	replyRoom = 1 << 20
)

// Request is one call.
type Request struct {
	// Scratch is an empty directory of the call's own.
	Scratch string
	// Data is JSON, handed to the function as its bytes are.
	Data []byte
	// Secrets go through the call's socket only.
	Secrets map[string]string
	// Info becomes function_call_info.
	Info any
	// MemoryBytes limits what the call may allocate, 0 for no limit.
	MemoryBytes int64
	// ResponseBytes limits the encoded response.
	ResponseBytes int64
	// Timeout ends the call, counted from Call.
	Timeout time.Duration
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
	// MaxRSSBytes and CPU are the call process's own use.
	MaxRSSBytes int64
	CPU         time.Duration
}

type reply struct {
	OK       bool            `json:"ok"`
	Response json.RawMessage `json:"response"`
	Error    struct {
		Type, Message, Trace string
	} `json:"error"`
	usage
}

// Call runs the function once in a process forked for it. Ending ctx cancels the
// call. When it returns, every line that the call printed has been given to
// sink; its process has ended or is about to, and what that leaves is killed.
func (z *Zygote) Call(ctx context.Context, spec Spec, r Request, sink Sink) Outcome {
	pump, out, errw, err := newPump(sink)
	if err != nil {
		return Outcome{Result: Failed, Message: err.Error()}
	}
	p, err := z.begin(out, errw)
	_, _ = out.Close(), errw.Close() // the child has its own
	if err != nil {
		pump.drain(0)
		return Outcome{Result: Failed, Message: err.Error()}
	}
	defer func() { _ = p.conn.Close() }() // the call is over, whatever it says
	outcome := z.await(ctx, p, converse(p.conn, spec, r), r)
	if !pump.drain(drainAfterExit) {
		sink([]Line{{Stream: Mark, Text: "log closed: a process left behind by this call still held its output"}})
	}
	return outcome
}

// begin finds a process for a call and hands it its streams. A process that was
// forked ahead may have died meanwhile; nothing was sent then, and a new one is
// as good.
func (z *Zygote) begin(out, errw *os.File) (*process, error) {
	p, err := z.take()
	if err != nil {
		return nil, err
	}
	z.refill()
	if sendStreams(p.conn, out, errw) == nil {
		return p, nil
	}
	_ = p.conn.Close() // dead
	if p, err = z.fork(); err != nil {
		return nil, err
	}
	return p, sendStreams(p.conn, out, errw)
}

// sendStreams hands a call process its stdout and stderr.
func sendStreams(conn *net.UnixConn, out, errw *os.File) error {
	_, _, err := conn.WriteMsgUnix([]byte{0}, syscall.UnixRights(int(out.Fd()), int(errw.Fd())), nil)
	return err
}

// converse sends the request and delivers the reply, or nil if there is none.
func converse(conn *net.UnixConn, spec Spec, r Request) <-chan *reply {
	replies := make(chan *reply, 1)
	go func() {
		if err := sendRequest(conn, spec, r); err != nil {
			replies <- nil
			return
		}
		answer, err := readReply(conn, r.ResponseBytes+replyRoom)
		if err != nil {
			answer = nil
		}
		replies <- answer
	}()
	return replies
}

func sendRequest(conn *net.UnixConn, spec Spec, r Request) error {
	head, err := json.Marshal(map[string]any{
		"root": spec.Root, "path": spec.Path, "scratch": r.Scratch, "secrets": r.Secrets, "info": r.Info,
		"limits": map[string]int64{"memory": r.MemoryBytes, "response": r.ResponseBytes},
	})
	if err != nil {
		return err
	}
	buffers := net.Buffers{frame(head), head, frame(r.Data), r.Data}
	_, err = buffers.WriteTo(conn)
	return err
}

func frame(body []byte) []byte { return binary.BigEndian.AppendUint32(nil, uint32(len(body))) }

func readReply(conn io.Reader, limit int64) (*reply, error) {
	var head [4]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, err
	}
	size := int64(binary.BigEndian.Uint32(head[:]))
	if size > limit {
		return nil, fmt.Errorf("reply of %d bytes", size)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(conn, body); err != nil {
		return nil, err
	}
	answer := &reply{}
	return answer, json.Unmarshal(body, answer)
}

// await waits for the first of reply, exit, timeout and cancel, and makes sure
// that the process has ended.
func (z *Zygote) await(ctx context.Context, p *process, replies <-chan *reply, r Request) Outcome {
	timer := time.NewTimer(r.Timeout)
	defer timer.Stop()
	select {
	case answer := <-replies:
		if answer == nil { // closed without an answer: the exit says why
			return died(z.end(p, syscall.SIGKILL, exitGrace))
		}
		go z.end(p, syscall.SIGKILL, exitGrace) // it ends with the zygote at the latest
		return answered(answer)
	case e := <-p.exited:
		if answer := within(replies, exitGrace); answer != nil {
			return answered(answer)
		}
		return died(e)
	case <-timer.C:
		o := died(z.terminate(p))
		o.Result, o.Message = TimedOut, "the call exceeded its time limit of "+r.Timeout.String()
		return o
	case <-ctx.Done():
		o := died(z.terminate(p))
		o.Result, o.Message = Cancelled, context.Cause(ctx).Error()
		return o
	}
}

func within(replies <-chan *reply, limit time.Duration) *reply {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case answer := <-replies:
		return answer
	case <-timer.C:
		return nil
	}
}

// terminate asks the process to end, then makes it.
func (z *Zygote) terminate(p *process) exit {
	z.signal(p, syscall.SIGTERM)
	return z.end(p, syscall.SIGKILL, termGrace)
}

// end waits for the exit, at most grace, then sends sig and waits again.
func (z *Zygote) end(p *process, sig syscall.Signal, grace time.Duration) exit {
	for range 2 {
		timer := time.NewTimer(grace)
		select {
		case e := <-p.exited:
			timer.Stop()
			return e
		case <-timer.C:
		}
		z.signal(p, sig)
		grace = killGrace
	}
	return exit{lost: true}
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
