//go:build linux

package embedded_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/embedded"
	"fndeck/client/embedded/engine/runner"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

// forkFloor is the zygote itself without an engine: it imports the handler as
// boot.py does, then forks and waits.
const forkFloor = `
import sys, time
source = open(sys.argv[1]).read().split('if __name__ ==')[0]
import os
sys.path[0] = os.path.dirname(sys.argv[1])
exec(compile(source, sys.argv[1], 'exec'), {'__file__': sys.argv[1], '__name__': 'boot'})
import gc, os
sys.path[0] = sys.argv[2]
import handler
gc.collect(); gc.freeze()
for _ in range(int(sys.argv[3])):
    t = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    print((time.perf_counter() - t) * 1000)
`

// echoFloor is a Python that is there already and answers JSON with JSON.
const echoFloor = `
import json, os, struct
while True:
    head = os.read(3, 4)
    if not head:
        break
    value = json.loads(os.read(3, struct.unpack(">I", head)[0]))
    body = json.dumps(value).encode()
    os.write(3, struct.pack(">I", len(body)) + body)
`

// echoes returns a function that times one exchange with a warm Python over a Unix
// socket.
func echoes(b *testing.B) func() time.Duration {
	b.Helper()
	listener, err := net.Listen("unix", filepath.Join(b.TempDir(), "s"))
	require.NoError(b, err)
	ours, err := net.Dial("unix", listener.Addr().String())
	require.NoError(b, err)
	accepted, err := listener.Accept()
	require.NoError(b, err)
	theirs, err := accepted.(*net.UnixConn).File()
	require.NoError(b, err)
	require.NoError(b, theirs.SetDeadline(time.Time{}))
	require.NoError(b, accepted.Close())
	cmd := exec.Command("python3", "-E", "-B", "-c", "import os\nos.set_blocking(3, True)\n"+echoFloor)
	cmd.ExtraFiles = []*os.File{theirs}
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		require.NoError(b, ours.Close())
		require.NoError(b, theirs.Close())
		require.NoError(b, cmd.Wait())
	})
	request := []byte(`{"n":1}`)
	request = append(binary.BigEndian.AppendUint32(nil, uint32(len(request))), request...)
	reply := make([]byte, 4+len(`{"n": 1}`))
	return func() time.Duration {
		start := time.Now()
		_, err := ours.Write(request)
		require.NoError(b, err)
		_, err = io.ReadFull(ours, reply)
		require.NoError(b, err)
		return time.Since(start)
	}
}

// commits returns a function that times one durable commit of one row.
func commits(b *testing.B) func() time.Duration {
	b.Helper()
	s, err := store.Open(b.TempDir(), time.Now)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	return func() time.Duration {
		start := time.Now()
		require.NoError(b, s.Write(store.Durable, func(tx *store.Tx) error { return tx.InsertFile(store.File{ID: tx.NextID()}) }))
		return time.Since(start)
	}
}

// times collects what a measured piece of work takes, over and over.
func times(count int, once func() time.Duration) []time.Duration {
	all := make([]time.Duration, 0, count)
	for range count {
		all = append(all, once())
	}
	return all
}

func measuredForks(b *testing.B, count int) []time.Duration {
	b.Helper()
	root := b.TempDir()
	boot, err := runner.WriteBoot(root)
	require.NoError(b, err)
	require.NoError(b, os.WriteFile(filepath.Join(root, "handler.py"), []byte(benchHandler), 0o600))
	out, err := exec.Command("python3", "-E", "-B", "-c", forkFloor, boot, root, strconv.Itoa(count)).Output()
	require.NoError(b, err)
	var all []time.Duration
	for line := range strings.Lines(string(out)) {
		v, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
		require.NoError(b, err)
		all = append(all, time.Duration(v*float64(time.Millisecond)))
	}
	return all
}

// caller calls one function over the dialect, as a vendor's client would.
type caller struct {
	b        *testing.B
	backend  *embedded.Backend
	function string
	token    string
	c        *http.Client
}

func newCaller(b *testing.B, backend *embedded.Backend, o embedded.Options, function string) *caller {
	b.Helper()
	socket, err := wire.SocketPath(o.StateDir, os.Getenv)
	require.NoError(b, err)
	token, err := auth.FileToken{Path: filepath.Join(o.StateDir, wire.TokenFile)}.Token()
	require.NoError(b, err)
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}}
	return &caller{b: b, backend: backend, function: function, token: token.AccessToken, c: c}
}

func (c *caller) post(path, body string, out any) error {
	r, err := http.NewRequest(http.MethodPost, "http://engine/api/v1/projects/local/"+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	reply, err := c.c.Do(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(reply.Body)
	_ = reply.Body.Close() // it is read
	if err != nil || reply.StatusCode != http.StatusCreated {
		return fmt.Errorf("%s: %s %s %w", path, reply.Status, text, err)
	}
	return json.Unmarshal(text, out)
}

// nonce opens the session that a call is made under, before it, as clients may.
func (c *caller) nonce() (string, error) {
	var session struct{ Items []struct{ Nonce string } }
	if err := c.post("sessions", `{"items":[{"oneshotTokenExchange":true}]}`, &session); err != nil {
		return "", err
	}
	return session.Items[0].Nonce, nil
}

// call makes a call and returns its id and how long it took until its end, which
// is committed then, was known.
func (c *caller) call(nonce, data string) (id string, took time.Duration, err error) {
	start := time.Now()
	var answer struct {
		ID     int64
		Status client.CallStatus
	}
	if err := c.post("functions/"+c.function+"/call", `{"data":`+data+`,"nonce":"`+nonce+`"}`, &answer); err != nil {
		return "", 0, err
	}
	id = strconv.FormatInt(answer.ID, 10)
	if answer.Status == client.CallRunning {
		ended, err := c.backend.WaitCall(context.Background(), c.function, id)
		if err != nil {
			return "", 0, err
		}
		answer.Status = ended.Status
	}
	took = time.Since(start)
	if answer.Status != client.CallCompleted {
		return "", 0, fmt.Errorf("call %s is %s", id, answer.Status)
	}
	return id, took, nil
}

// once makes a call and returns what it took.
func (c *caller) once() time.Duration {
	c.b.Helper()
	nonce, err := c.nonce()
	require.NoError(c.b, err)
	_, took, err := c.call(nonce, `{"n":1}`)
	require.NoError(c.b, err)
	return took
}

// warmUp makes the calls after which everything is there that calls need.
func (c *caller) warmUp() { times(30, c.once) }

func benchMode(b *testing.B, backend *embedded.Backend, f client.Function, workers int) {
	b.Helper()
	_, err := backend.SetMode(context.Background(), f.ID, client.ModeWarm, workers)
	require.NoError(b, err)
}

// The bar: an isolated call over the dialect, from its POST to its known end,
// at most 1.5 times a fork and wait of the same zygote, and one commit.
func BenchmarkIsolatedCall(b *testing.B) {
	const calls = 300
	backend, o := benchDesk(b)
	f, _ := benchDeploy(b, backend, benchHandler)
	c := newCaller(b, backend, o, f.ID)
	c.warmUp()
	all := times(calls, c.once)
	fork, commit := median(measuredForks(b, calls)), median(times(calls, commits(b)))
	report(b, median(all), fork*3/2+commit)
	b.ReportMetric(ms(fork), "fork-ms")
	b.ReportMetric(ms(commit), "commit-ms")
}

// The bar: a warm call at most 6 times the echo of a Python that is there, and
// one commit. Two floors: each of the two over and over, with its caches hot and
// no processor asleep, and one of each after every call, as calls find the
// machine that wait for a disk in between.
func BenchmarkWarmCall(b *testing.B) {
	const calls = 1000
	backend, o := benchDesk(b)
	f, _ := benchDeploy(b, backend, benchHandler)
	benchMode(b, backend, f, 1)
	c, echo, commit := newCaller(b, backend, o, f.ID), echoes(b), commits(b)
	c.warmUp()
	all := times(calls, c.once)
	hotEcho, hotCommit := median(times(calls, echo)), median(times(calls, commit))
	var pacedCalls, pacedEchoes, pacedCommits []time.Duration
	for range calls {
		pacedCalls = append(pacedCalls, c.once())
		pacedEchoes, pacedCommits = append(pacedEchoes, echo()), append(pacedCommits, commit())
	}
	report(b, median(all), 6*hotEcho+hotCommit)
	b.ReportMetric(ms(hotEcho), "echo-ms")
	b.ReportMetric(ms(hotCommit), "commit-ms")
	b.ReportMetric(ms(median(pacedEchoes)), "paced-echo-ms")
	b.ReportMetric(ms(median(pacedCommits)), "paced-commit-ms")
	b.ReportMetric(float64(median(pacedCalls))/float64(6*median(pacedEchoes)+median(pacedCommits)), "x-paced-floor")
}

// The bar: 8 clients make 7 000 warm calls in a second where a Go server echoes
// 44 000 of their requests, 0.16 of that rate; every line is kept with its call.
func BenchmarkWarmCallsOfManyClients(b *testing.B) {
	const clients, calls = 8, 500
	backend, o := benchDesk(b)
	f, _ := benchDeploy(b, backend, "def handle(data):\n    print('call', data['n'])\n    return data\n")
	benchMode(b, backend, f, 4)
	c := newCaller(b, backend, o, f.ID)
	c.warmUp()
	nonces := make([]string, clients*calls)
	for i := range nonces {
		var err error
		nonces[i], err = c.nonce()
		require.NoError(b, err)
	}
	socket, err := wire.SocketPath(o.StateDir, os.Getenv)
	require.NoError(b, err)
	answers := make([][]byte, len(nonces))
	before := spentBy(b, o)
	took := underLoad(b, clients, "unix", socket, func(wire *wireClient, client int) error {
		for n := client * calls; n < (client+1)*calls; n++ {
			answer, err := wire.post("/api/v1/projects/local/functions/"+f.ID+"/call", c.token, fmt.Appendf(nil, `{"data":{"n":%d},"nonce":%q}`, n, nonces[n]))
			if err != nil {
				return err
			}
			answers[n] = answer
		}
		return nil
	})
	before.perCall(b, o, len(answers))
	rate := float64(len(answers)) / took.Seconds()
	for n, text := range answers {
		var answer struct {
			ID     int64
			Status client.CallStatus
		}
		require.NoError(b, json.Unmarshal(text, &answer))
		id := strconv.FormatInt(answer.ID, 10)
		ended, err := backend.WaitCall(context.Background(), f.ID, id)
		require.NoError(b, err)
		require.Equal(b, client.CallCompleted, ended.Status)
		lines, err := backend.Logs(context.Background(), client.LogQuery{CallID: id})
		require.NoError(b, err)
		require.Len(b, lines, 1)
		require.Equal(b, fmt.Sprintf("call %d", n), lines[0].Text)
	}
	echo := echoRate(b, clients)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(rate, "calls/s")
	b.ReportMetric(echo, "echoes/s")
	b.ReportMetric(rate/echo, "x-echo")
}

// The bar: the first answer of a function whose process was stopped within 40 ms
// and its import. The floor is Python's own start.
func BenchmarkFirstAnswer(b *testing.B) {
	const starts = 20
	backend, o := benchDesk(b)
	f, _ := benchDeploy(b, backend, "import os\ndef handle(data):\n    return os.getppid()\n")
	c := newCaller(b, backend, o, f.ID)
	var all, floor []time.Duration
	for range starts {
		nonce, err := c.nonce()
		require.NoError(b, err)
		id, _, err := c.call(nonce, `{}`)
		require.NoError(b, err)
		result, err := backend.Result(context.Background(), f.ID, id)
		require.NoError(b, err)
		zygote, err := strconv.Atoi(string(result.Response))
		require.NoError(b, err)
		awaitSpare(b, o)
		start := time.Now()
		require.NoError(b, exec.Command("python3", "-E", "-B", "-c", "pass").Run())
		floor = append(floor, time.Since(start))
		if nonce, err = c.nonce(); err != nil {
			b.Fatal(err)
		}
		require.NoError(b, syscall.Kill(zygote, syscall.SIGKILL))
		require.Eventually(b, func() bool { return syscall.Kill(zygote, 0) != nil }, time.Minute, time.Millisecond)
		_, took, err := c.call(nonce, `{}`)
		require.NoError(b, err)
		all = append(all, took)
	}
	report(b, median(all), median(floor))
}

// echoRate is how many requests of as many clients a Go server echoes per second.
func echoRate(b *testing.B, clients int) float64 {
	b.Helper()
	const requests = 2000
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body) // the client checks what it gets
	}))
	defer server.Close()
	body := []byte(`{"n":1}`)
	took := underLoad(b, clients, "tcp", server.Listener.Addr().String(), func(c *wireClient, _ int) error {
		for range requests {
			if answer, err := c.post("/", "", body); err != nil || !bytes.Equal(answer, body) {
				return fmt.Errorf("echo %q: %w", answer, err)
			}
		}
		return nil
	})
	return float64(clients*requests) / took.Seconds()
}
