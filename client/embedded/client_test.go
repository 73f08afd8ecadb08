//go:build linux

package embedded_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/embedded"
	"fndeck/client/embedded/engine/confine"
	"fndeck/client/pack"
)

// library are the files of a client's library that has the SDK's modules and
// constructors, as they lie in a function's folder.
func library(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range []string{"cognite/client/__init__.py", "cognite/client/credentials.py"} {
		text, err := os.ReadFile(filepath.Join("../../testdata/sdk/library", name))
		require.NoError(t, err)
		files[name] = text
	}
	return files
}

// withClient deploys a function that brings the library along.
func (d *desk) withClient(name, source string) client.Function {
	d.Helper()
	return d.withClientOn("", name, source)
}

// withClientOn does so on a runtime.
func (d *desk) withClientOn(runtime, name, source string) client.Function {
	d.Helper()
	files := library(d.T)
	files["handler.py"] = []byte(source)
	zip, err := pack.FromFiles(files)
	require.NoError(d, err)
	f, err := d.b.Deploy(d.ctx, client.FunctionSpec{Name: name, ExternalID: name, Runtime: runtime}, client.Package{Zip: zip, SHA256: pack.Hash(zip)}, nil)
	require.NoError(d, err)
	f, err = action.AwaitReady(d.ctx, d.b, f.ID, nil)
	require.NoError(d, err)
	return f
}

// answer calls a function and returns the call and its response.
func (d *desk) answer(f client.Function, data string) (client.Call, string) {
	d.Helper()
	c, err := d.b.WaitCall(d.ctx, f.ID, d.invoke(f, data).ID)
	require.NoError(d, err)
	r, err := d.b.Result(d.ctx, f.ID, c.ID)
	require.NoError(d, err)
	return c, string(r.Response)
}

// chain calls the function that its data names, if any.
const chain = `
def handle(client, data):
    if "call" in data:
        return [data["me"], client.functions.call(data["call"], data.get("with"))]
    return [data["me"], client.inspect()["projects"][0]["projectUrlName"]]
`

func TestAFunctionCallsAnotherThroughItsClientAndThatOneNoThird(t *testing.T) {
	for name, closed := range map[string]string{"open": "", "closed": "1"} {
		t.Run("with the network "+name, func(t *testing.T) {
			t.Setenv("FNDECK_TEST_CLOSED", closed)
			d := newDesk(t)
			a, b := d.withClient("a", chain), d.withClient("b", chain)
			c, response := d.answer(a, `{"me":"a"}`)
			assert.Equal(t, `["a","local"]`, response, c.Error)
			assert.Empty(t, d.lines(c), "neither warnings of the library nor its look for a newer version")

			_, response = d.answer(a, `{"me":"a","call":"b","with":{"me":"b"}}`)
			assert.Equal(t, `["a",["b","local"]]`, response)

			d.withClient("c", chain)
			c, response = d.answer(a, `{"me":"a","call":"b","with":{"me":"b","call":"c","with":{"me":"c"}}}`)
			assert.Equal(t, `["a",null]`, response, c.Error)
			page, err := d.b.Calls(d.ctx, client.CallQuery{FunctionID: b.ID, Limit: 1})
			require.NoError(t, err)
			require.Len(t, page.Calls, 1)
			const sentence = "Sessions can be chained one level deep only"
			assert.Contains(t, page.Calls[0].Error.Message, sentence)
			assert.Contains(t, d.lines(page.Calls[0]), sentence, "a line of its own, whatever the function does with the error")
		})
	}
}

// leak hands out what its client acts with, and goes on as long as it is told.
const leak = `
import time

def handle(client, data):
    name, value = client.config.credentials.authorization_header()
    print("holds " + client.config.base_url + " " + value)
    time.sleep(data.get("seconds", 0))
`

func TestTheTokenOfACallIsForTheCallbackPortAndDiesWithTheCall(t *testing.T) {
	_, status := onTCP(t)
	d := &desk{t, optionsOf(t, status.StateDir), nil, t.Context()}
	d.reopen()
	f := d.withClient("leak", leak)
	ask := func(base, token string) (int, string) {
		r, err := http.NewRequestWithContext(d.ctx, http.MethodGet, base+"/api/v1/token/inspect", nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", token)
		reply, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		defer func() { assert.NoError(t, reply.Body.Close()) }()
		text, err := io.ReadAll(reply.Body)
		require.NoError(t, err)
		return reply.StatusCode, string(text)
	}
	c := d.invoke(f, `{"seconds":600}`)
	base, token, _ := strings.Cut(strings.TrimPrefix(d.awaitLine(c, "holds "), "holds "), " ")
	code, text := ask(base, token)
	assert.Equal(t, http.StatusOK, code, text)
	assert.True(t, json.Valid([]byte(text)))
	code, _ = ask(status.TCP, token)
	assert.Equal(t, http.StatusUnauthorized, code, "not on the port for people")
	bearer, err := os.ReadFile(status.BearerFile)
	require.NoError(t, err)
	code, _ = ask(base, "Bearer "+string(bearer))
	assert.Equal(t, http.StatusUnauthorized, code, "the callback port takes the tokens of calls only")

	require.NoError(t, d.b.CancelCall(d.ctx, f.ID, c.ID))
	_, err = d.b.WaitCall(d.ctx, f.ID, c.ID)
	require.NoError(t, err)
	code, text = ask(base, token)
	assert.Equal(t, http.StatusUnauthorized, code)
	assert.Contains(t, text, "this call has ended")

	again := d.call(f)
	require.Equal(t, client.CallCompleted, again.Status)
	other, next, _ := strings.Cut(strings.TrimPrefix(d.lines(again)[0], "holds "), " ")
	assert.Equal(t, base, other, "the port is fixed for the engine's life")
	assert.NotEqual(t, token, next)
}

func TestAClientThatCannotBeMadeIsNoneWithOneLine(t *testing.T) {
	d := newDesk(t)
	const none = "def handle(client): return client is None\n"
	_, response := d.answer(d.deploy(none), `{}`)
	assert.Equal(t, "true", response)
	for name, text := range map[string]string{
		"brings no cognite-sdk along": "",
		"cannot be imported":          "import nosuch\n",
		"does not start":              "class ClientConfig:\n    def __init__(self, **_): raise RuntimeError('no')\nCogniteClient = None\n",
	} {
		f := d.deploy(none)
		if text != "" {
			files := library(t)
			files["cognite/client/__init__.py"], files["handler.py"] = []byte(text), []byte(none)
			zip, err := pack.FromFiles(files)
			require.NoError(t, err)
			f, err = d.b.Deploy(d.ctx, client.FunctionSpec{Name: "f"}, client.Package{Zip: zip, SHA256: pack.Hash(zip)}, nil)
			require.NoError(t, err)
			f, err = action.AwaitReady(d.ctx, d.b, f.ID, nil)
			require.NoError(t, err)
		}
		c, response := d.answer(f, `{}`)
		assert.Equal(t, "true", response, name)
		require.Len(t, d.lines(c), 1, name)
		assert.Contains(t, d.lines(c)[0], "warning: client is None: ")
		assert.Contains(t, d.lines(c)[0], name)
	}
}

func TestAFunctionThatLeavesItsClientAloneIsNotWarnedThatItHasNone(t *testing.T) {
	d := newDesk(t)
	for name, handler := range map[string]string{
		"named only":      "def handle(client, data):\n    return data\n",
		"a word like it":  "def handle(data, client=None):\n    return {\"no client\": 1}\n",
		"imported anew":   "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\ndef handle(client, data):\n    return data\n",
		"its own modules": "import dis, opcode\ndef handle(client, data):\n    return dis.mine + opcode.mine\n",
	} {
		zip, err := pack.FromFiles(map[string][]byte{"handler.py": []byte(handler), "dis.py": []byte("mine = 1\n"), "opcode.py": []byte("mine = 2\n")})
		require.NoError(t, err)
		f, err := d.b.Deploy(d.ctx, client.FunctionSpec{Name: "f"}, client.Package{Zip: zip, SHA256: pack.Hash(zip)}, nil)
		require.NoError(t, err)
		f, err = action.AwaitReady(d.ctx, d.b, f.ID, nil)
		require.NoError(t, err, name)
		c, _ := d.answer(f, `{}`)
		assert.Equal(t, client.CallCompleted, c.Status, name)
		assert.Empty(t, d.lines(c), name)
	}
	for name, handler := range map[string]string{
		"inside another": "def handle(client, data):\n    return [1 for _ in data if client]\n",
		"as one of **kw": "def handle(**kw):\n    return 1\n",
	} {
		c, _ := d.answer(d.deploy(handler), `{}`)
		assert.Len(t, d.lines(c), 1, name)
	}
}

func TestAFunctionThatMakesItsOwnClientIsNotMadeToLookForANewerVersion(t *testing.T) {
	d := newDesk(t)
	f := d.withClient("own", `
from cognite.client import ClientConfig, CogniteClient, global_config
CogniteClient(ClientConfig("mine", "p", None, base_url="https://cluster.cognitedata.com"))

def handle(client):
    return [global_config.disable_pypi_version_check, client.inspect()["projects"][0]["projectUrlName"]]
`)
	c, response := d.answer(f, `{}`)
	assert.Equal(t, `[true,"local"]`, response, c.Error)
	assert.NotContains(t, d.lines(c), "asking the package index for a newer version")
	assert.Equal(t, "cold", f.Mode, "a client at the module's top starts a thread")
}

func TestAScheduledCallActsForTheSessionOfItsSchedule(t *testing.T) {
	_, status := onTCP(t)
	d := &desk{t, optionsOf(t, status.StateDir), nil, t.Context()}
	d.reopen()
	f := d.withClient("who", "def handle(client):\n    return client.inspect()['subject']\n")
	judge(t, "schedule.py", "8", status.TCP, "bearer", status.BearerFile, f.ID)
	d.kill()
	now := time.Now()
	shift := now.Truncate(time.Minute).Add(57 * time.Second).Sub(now)
	t.Setenv("FNDECK_TEST_CLOCK_SHIFT", max(0, shift).String())
	d.reopen()
	// A start that takes longer than to the tick waits for the next one.
	require.Eventually(t, func() bool {
		page, err := d.b.Calls(d.ctx, client.CallQuery{FunctionID: f.ID, Limit: 1})
		require.NoError(t, err)
		return len(page.Calls) == 1 && page.Calls[0].Status.Ended() && page.Calls[0].Preview == `"of-a-cloud"`
	}, 5*time.Minute, 20*time.Millisecond)
}

func TestWithAClosedNetworkAFunctionWithAClientReachesTheCallbackPortOnly(t *testing.T) {
	if k := confine.Probe(); k.Landlock < 4 || !k.Seccomp {
		t.Skipf("this kernel confines less: %s", confine.Badge(k, confine.Access{}))
	}
	t.Setenv("FNDECK_TEST_CLOSED", "1")
	d := newDesk(t)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, l.Close()) })
	f := d.withClient("f", `
import socket
def attempt(what):
    try:
        what()
        return "done"
    except Exception as exc:
        return type(exc).__name__
def handle(client, data):
    client.inspect()
    tcp = lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    return [
        attempt(lambda: tcp().connect(("127.0.0.1", data["port"]))),
        attempt(lambda: tcp().sendto(b"x", socket.MSG_FASTOPEN, ("127.0.0.1", data["port"]))),
        attempt(lambda: tcp().bind(("127.0.0.1", 0))),
        attempt(lambda: tcp().listen()),
        attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
        attempt(lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM)),
        attempt(lambda: socket.socketpair()),
    ]
`)
	c, response := d.answer(f, fmt.Sprintf(`{"port":%d}`, l.Addr().(*net.TCPAddr).Port))
	const no = "PermissionError"
	var got []string
	require.NoError(t, json.Unmarshal([]byte(response), &got), "%v", c.Error)
	assert.Equal(t, []string{no, no, no, no, no, no, "done"}, got)
}

func TestAWarmWorkerMakesAClientForEachCall(t *testing.T) {
	d := newDesk(t)
	f := d.withClient("warm", `
seen = []
def handle(client):
    seen.append(client.config.credentials.authorization_header()[1])
    return [len(seen), len(set(seen)), client.inspect()["projects"][0]["projectUrlName"]]
`)
	_, err := d.b.SetMode(d.ctx, f.ID, client.ModeWarm, 1)
	require.NoError(t, err)
	for n := 1; n <= 3; n++ {
		c, response := d.answer(f, `{}`)
		assert.Equal(t, fmt.Sprintf(`[%d,%d,"local"]`, n, n), response, c.Error)
	}
}

func TestAHandleOfANotebookGetsItsClientOnEveryRuntime(t *testing.T) {
	d := newDesk(t)
	d.withClient("first", chain) // after it, the engine knows the machine's runtimes
	status, err := embedded.Status(d.ctx, d.o.StateDir)
	require.NoError(t, err)
	require.NotEmpty(t, status.Runtimes)
	for _, runtime := range status.Runtimes {
		f := d.withClientOn(runtime, "on-"+runtime, `
def handle(client: CogniteClient | None = None, data: dict | None = None):
    return client.inspect()["projects"][0]["projectUrlName"]
`)
		assert.Equal(t, runtime, f.Runtime)
		c, response := d.answer(f, `{}`)
		assert.Equal(t, `"local"`, response, "%s: %v", runtime, c.Error)
	}
}

func TestARedeployThatAsksForOtherMemoryIsRefusedAndNotHalfDone(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("def handle(data): return 1\n")
	gb := 3.0
	_, err := d.b.ChangeSettings(d.ctx, f.ID, client.SpecChange{MemoryGB: &gb})
	require.ErrorContains(t, err, "keeps the CPU and memory that a function was created with")
	_, err = d.b.Redeploy(d.ctx, f.ID, client.Package{}, client.SpecChange{CPU: &gb}, nil)
	require.ErrorContains(t, err, "keeps the CPU and memory that a function was created with")
}

func TestADeployUnderWayTellsWhatTheFunctionsDeploysUsuallyTake(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("import time\ntime.sleep(1)\ndef handle(data): return 1\n")
	assert.Zero(t, f.UsualDeploy, "nothing is under way")
	accepted, err := d.b.ChangeSettings(d.ctx, f.ID, client.SpecChange{EnvVars: map[string]string{"A": "1"}})
	require.NoError(t, err)
	deploys, err := d.b.Deploys(d.ctx, f.ID, 10)
	require.NoError(t, err)
	require.Len(t, deploys, 2)
	require.Equal(t, 2, accepted.DeployingVersion, "the import takes a second")
	assert.Equal(t, deploys[1].Ended.Sub(deploys[1].Started), accepted.UsualDeploy)
}
