//go:build linux

package embedded_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/pack"
)

// sdkWheels names where the vendor's SDK comes from: a folder with its wheels and
// those of what it needs, or "pip" for what pip is configured to use.
const sdkWheels = "FNDECK_SDK_WHEELS"

// wheelsOf is that folder, "" for pip; it skips the test where there is neither.
func wheelsOf(t *testing.T) (folder string) {
	t.Helper()
	folder = os.Getenv(sdkWheels)
	switch folder {
	case "":
		t.Skip("the vendor's SDK is not here: set " + sdkWheels + " to a folder of wheels, or to pip")
	case "pip":
		return ""
	}
	return folder
}

func TestTheVendorsOwnSDKDoesADaysWork(t *testing.T) {
	folder := wheelsOf(t)
	for _, major := range []int{7, 8} {
		t.Run(fmt.Sprintf("major %d", major), func(t *testing.T) {
			python := filepath.Join(t.TempDir(), "sdk", "bin", "python")
			said, err := exec.Command("python3", "-m", "venv", filepath.Dir(filepath.Dir(python))).CombinedOutput()
			require.NoError(t, err, "%s", said)
			install := []string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check", sdkOf(major)}
			if folder != "" {
				install = append(install, "--no-index", "--find-links", folder)
			}
			if said, err := exec.Command(python, install...).CombinedOutput(); err != nil {
				t.Skipf("pip does not supply %s: %s", sdkOf(major), said)
			}
			_, status := onTCP(t)
			said, err = exec.CommandContext(t.Context(), python, "-B", "../../testdata/sdk/real.py", status.TCP, status.ClientFile, status.TokenURL).CombinedOutput()
			assert.NoError(t, err, "%s", said)
		})
	}
}

func sdkOf(major int) string { return fmt.Sprintf("cognite-sdk>=%d,<%d", major, major+1) }

func TestAFunctionCallsAnotherThroughTheVendorsOwnSDK(t *testing.T) {
	folder := wheelsOf(t)
	if folder == "" {
		t.Skip("needs a folder of wheels, to build the function's packages from")
	}
	index := serveWheels(t, folder)
	d := newDesk(t)
	deploy := func(name, requirements, source string) client.Function {
		zip, err := pack.FromFiles(map[string][]byte{"handler.py": []byte(source), "requirements.txt": []byte(requirements)})
		require.NoError(t, err)
		spec := client.FunctionSpec{Name: name, ExternalID: name, IndexURL: auth.NewSecret(index)}
		f, err := d.b.Deploy(d.ctx, spec, client.Package{Zip: zip, SHA256: pack.Hash(zip)}, nil)
		require.NoError(t, err)
		f, err = action.AwaitReady(d.ctx, d.b, f.ID, nil)
		require.NoError(t, err)
		return f
	}
	deploy("echo", "", "def handle(data): return data\n")
	for _, major := range []int{7, 8} {
		f := deploy(fmt.Sprintf("caller-%d", major), sdkOf(major)+"\n",
			"def handle(client, data):\n    return client.functions.call(external_id='echo', data=data).get_response()\n")
		c, response := d.answer(f, `{"x":1}`)
		assert.Equal(t, `{"x":1}`, response, "%v", c.Error)
		assert.Empty(t, d.lines(c))
	}
}

// serveWheels serves a folder of wheels as an index (PEP 503).
func serveWheels(t *testing.T, folder string) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := path.Base(r.URL.Path); strings.HasSuffix(name, ".whl") {
			http.ServeFile(w, r, filepath.Join(folder, name))
			return
		}
		wheels, _ := filepath.Glob(filepath.Join(folder, "*.whl")) // the pattern is right
		for _, wheel := range wheels {
			name := filepath.Base(wheel)
			project, _, _ := strings.Cut(name, "-")
			if strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(project)) == path.Base(strings.TrimSuffix(r.URL.Path, "/")) {
				_, _ = fmt.Fprintf(w, "<a href=%q>%s</a>\n", name, name) // a client that has gone sees nothing
			}
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/simple/"
}
