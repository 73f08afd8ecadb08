package runner

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"syscall"
	"time"
)

const (
	// replyHead is the length of a reply's head, and replyRoom what a reply may hold
	// beside the response: that, or error and trace.
	replyHead = 1 + 3*8
	replyRoom = 1 << 20
	// joined is up to which size the data of a call is sent together with what
	// stands before it.
	joined = 32 << 10
	// replyChunk is how much of a reply is read at once, at first.
	replyChunk = 4 << 10
	// lengthBytes come before each message.
	lengthBytes = 4
)

// conversation is one call between the engine and its process: request, output
// and reply, all in the goroutine of who called.
type conversation struct {
	z      *Zygote
	p      *process
	r      Request
	unsent [][]byte
	buf    []byte // what came of the reply
	answer *reply
	closed bool // the other end of the socket, or what it says makes no sense
	// unread says that the process died before it had read the whole request, so
	// that nothing of the call has begun.
	unread bool
}

// reply is what a process says of its call: a head of fixed length, and in JSON what
// the function returned or raised.
type reply struct {
	OK       bool
	Response json.RawMessage
	Error    struct{ Type, Message, Trace string }
	// Again says that the process takes another call.
	Again bool
	// Fresh says that it has given its streams back and needs new ones for that.
	Fresh bool
	usage
}

// The flags of a reply, as fndeck_call.py sets them.
const (
	replyOK    = 1
	replyAgain = 2
	replyFresh = 4
)

// encode is a request as it is sent: its head and the data, each with its length
// before it.
func encode(r Request, userTasks int64) ([][]byte, error) {
	head, err := json.Marshal(struct {
		Secrets map[string]string `json:"secrets,omitempty"`
		Info    Info              `json:"info"`
		Client  *Client           `json:"client,omitempty"`
		Limits  Limits            `json:"limits"`
		Again   bool              `json:"again,omitempty"`
	}{r.Secrets, r.Info, r.Client, r.limits(userTasks), r.Workers > 0})
	if err != nil {
		return nil, err
	}
	first := make([]byte, 0, len(head)+2*lengthBytes+min(len(r.Data), joined))
	first = append(binary.BigEndian.AppendUint32(first, uint32(len(head))), head...)
	first = binary.BigEndian.AppendUint32(first, uint32(len(r.Data)))
	if len(r.Data) <= joined {
		return [][]byte{append(first, r.Data...)}, nil
	}
	return [][]byte{first, r.Data}, nil
}

// send sends what fits of the request, the first time with the streams of a
// process that has asked for new ones.
func (c *conversation) send() error {
	var rights []byte
	if c.p.next[0] >= 0 {
		rights = syscall.UnixRights(c.p.next[:]...)
		defer c.p.dropNext() // the process has its own, or is dead
	}
	for len(c.unsent) > 0 {
		n, err := send(c.p.conn, c.unsent[0], rights)
		switch {
		case errors.Is(err, syscall.EAGAIN):
			return c.p.watch.writing(c.p.conn, tagCall, true)
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return err
		}
		rights = nil
		if c.unsent[0] = c.unsent[0][n:]; len(c.unsent[0]) == 0 {
			c.unsent = c.unsent[1:]
		}
	}
	return nil
}

// run is the call up to its outcome: the first of reply, exit, timeout and
// cancel. After it the process has ended, or waits, or is about to end.
func (c *conversation) run(ctx context.Context) Outcome {
	defer context.AfterFunc(ctx, c.p.watch.wake)()
	limit := soon(c.r.Timeout)
	follow := soon(min(stdoutAfter, c.r.Timeout))
	for {
		switch {
		case c.replied(): // there is nothing to wait for
		case c.p.following:
			c.p.watch.until(limit)
		default:
			c.p.watch.until(follow)
		}
		switch {
		case c.answer != nil:
			return answered(c.answer)
		case c.p.exited.Load() != nil:
			if c.await(exitGrace, c.replied); c.answer != nil {
				return answered(c.answer)
			}
			return died(*c.p.exited.Load())
		case c.closed: // the exit says why
			return died(c.end(exitGrace))
		case ctx.Err() != nil:
			return c.terminate(Cancelled, context.Cause(ctx).Error())
		case passed(limit):
			return c.terminate(TimedOut, "the call exceeded its time limit of "+c.r.Timeout.String())
		case !c.p.following && passed(follow):
			c.p.follow()
			continue
		}
		_ = c.p.watch.wait(c.handle) // what it found, or why it woke, is looked at above
	}
}

func (c *conversation) replied() bool { return c.answer != nil || c.closed }

func (c *conversation) gone() bool { return c.p.exited.Load() != nil }

// await goes on with the call until done, at most for limit.
func (c *conversation) await(limit time.Duration, done func() bool) bool {
	c.p.follow()
	deadline := soon(limit)
	for {
		c.p.watch.until(deadline)
		if done() {
			return true
		}
		if passed(deadline) {
			return false
		}
		_ = c.p.watch.wait(c.handle) // see run
	}
}

// terminate asks the process to end, then makes it.
func (c *conversation) terminate(result Result, why string) Outcome {
	c.z.signal(c.p, syscall.SIGTERM)
	o := died(c.end(termGrace))
	o.Result, o.Message = result, why
	c.answer = nil // what it says now is too late
	return o
}

// end waits for the exit, at most grace, then kills and waits again.
func (c *conversation) end(grace time.Duration) exit {
	if !c.await(grace, c.gone) {
		c.z.signal(c.p, syscall.SIGKILL)
		if !c.await(killGrace, c.gone) {
			return exit{lost: true}
		}
	}
	return *c.p.exited.Load()
}

// handle deals with what is ready.
func (c *conversation) handle(t tag) {
	if t != tagCall {
		c.p.take(t)
		return
	}
	if c.closed {
		return
	}
	if len(c.unsent) > 0 {
		if c.send() != nil {
			c.hangUp()
			return
		}
		if len(c.unsent) == 0 && c.p.watch.writing(c.p.conn, tagCall, false) != nil {
			c.hangUp()
			return
		}
	}
	c.receive()
}

// hangUp stops listening to a process that has closed its socket or talks
// nonsense: only its exit counts now.
func (c *conversation) hangUp() {
	c.closed = true
	c.p.watch.remove(c.p.conn)
}

// receive reads what came of the reply.
func (c *conversation) receive() {
	if cap(c.buf)-len(c.buf) < replyChunk {
		c.buf = append(make([]byte, 0, 2*cap(c.buf)+replyChunk), c.buf...)
	}
	n, _, err := syscall.Recvfrom(c.p.conn, c.buf[len(c.buf):cap(c.buf)], syscall.MSG_DONTWAIT)
	switch {
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		return
	case errors.Is(err, syscall.ECONNRESET): // what it had not read yet is lost (unix(7))
		c.unread = true
		c.hangUp()
		return
	case err != nil || n <= 0 || c.answer != nil: // or it says more than one reply
		c.hangUp()
		return
	}
	c.buf = c.buf[:len(c.buf)+n]
	if len(c.buf) < lengthBytes {
		return
	}
	size := int64(binary.BigEndian.Uint32(c.buf))
	body := c.buf[lengthBytes:]
	switch {
	case size > c.r.ResponseBytes+replyRoom || int64(len(body)) > size:
		c.hangUp()
	case int64(len(body)) == size:
		if c.answer, err = decode(body); err != nil {
			c.hangUp()
		}
	}
}

// decode reads a reply, which keeps the body. It comes from a process that the
// function may have taken over.
func decode(body []byte) (*reply, error) {
	if len(body) < replyHead {
		return nil, fmt.Errorf("the process said %q", body)
	}
	flags, value := body[0], body[replyHead:]
	number := func(n int) uint64 { return binary.BigEndian.Uint64(body[1+8*n:]) }
	answer := &reply{
		OK: flags&replyOK != 0, Again: flags&replyAgain != 0, Fresh: flags&replyFresh != 0,
		usage: usage{MaxRSSKiB: int64(number(0)), UserSeconds: float64(number(1)) / 1e6, SystemSeconds: float64(number(2)) / 1e6},
	}
	var err error
	if !answer.OK {
		err = json.Unmarshal(value, &answer.Error)
	} else if answer.Response = value; !json.Valid(value) {
		err = errors.New("not JSON")
	}
	if err != nil {
		return nil, fmt.Errorf("the process said %.100q: %w", value, err)
	}
	return answer, nil
}
