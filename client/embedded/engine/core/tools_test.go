//go:build linux

package core

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/clienttest"
	"fndeck/client/embedded/engine/python"
	"fndeck/client/embedded/engine/store"
)

// standIn takes uv's place: it prints what it was given and has pip do the work.
const standIn = `#!/bin/sh
if [ "$1" = "--version" ]; then echo "uv 0.9.9 (stand-in)"; exit; fi
echo "uv-args: $*"
env | sed 's/^/uv-env: /'
case "$1 $2" in
"venv --python") exec "$3" -m venv --without-pip "$4" ;;
"pip install")
    export PIP_INDEX_URL="$UV_INDEX_URL"
    exec PYTHON -m pip --python "$4" install --no-cache-dir --disable-pip-version-check --requirement "$6" ;;
esac
echo "error: unexpected arguments"; exit 2
`

// withUV puts a stand-in for uv on the path.
func (r *rig) withUV() {
	r.Helper()
	runtimes, err := r.Runtimes(r.ctx)
	require.NoError(r, err)
	dir := r.TempDir()
	text := strings.Replace(standIn, "PYTHON", runtimes[0].Path, 1)
	require.NoError(r, os.WriteFile(filepath.Join(dir, "uv"), []byte(text), 0o700))
	r.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func TestUvInstallsWhereItIsOnThePath(t *testing.T) {
	for _, name := range []string{"PIP_INDEX_URL", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "UV_FIND_LINKS"} {
		t.Setenv(name, "/nowhere/"+name)
	}
	index := clienttest.NewIndex(t, greeting, words)
	index.User, index.Password = "builder", canary
	r := newRig(t, nil)
	r.withUV()
	withUser := strings.Replace(index.URL, "http://", "http://builder:c4n4ry%2F%22s3cret%22%2Bvalue@", 1)
	v := r.deploy(NewFunction{IndexURL: withUser}, needing)
	log := r.logOf(v.Latest.DeployID)
	require.Equal(t, store.Ready, v.Latest.Status, log)
	_, response := r.call(v.ID, `{}`)
	assert.Equal(t, `"hello"`, response)
	assert.Contains(t, log, "with uv 0.9.9 (stand-in)")
	env := r.path(envsDir, v.Latest.Environment)
	assert.Contains(t, log, "uv-args: venv --python "+r.runtimes[0].Path+" "+env)
	assert.Contains(t, log, "uv-args: pip install --python "+env+"/bin/python --requirement requirements.txt")
	assert.NotContains(t, log, "/nowhere/", "nothing of this machine's settings reaches the build")
	assert.Contains(t, log, "uv-env: UV_CACHE_DIR="+r.dir, "the cache lies inside the state")
	assert.Contains(t, log, "uv-env: UV_INDEX_URL=http://***@127.0.0.1")
}

func TestPipInstallsWhereSeveralIndexesAreGivenAlthoughUvIsThere(t *testing.T) {
	index, extra := clienttest.NewIndex(t, greeting), clienttest.NewIndex(t, words)
	inFile := map[string]string{"handler.py": needing["handler.py"], "requirements.txt": "--extra-index-url " + extra.URL + "\ngreeting==1.0.0\n"}
	r := newRig(t, nil)
	r.withUV()
	for name, v := range map[string]View{
		"as settings": r.deploy(NewFunction{IndexURL: index.URL, ExtraIndexURLs: []string{extra.URL}}, needing),
		"in the file": r.deploy(NewFunction{IndexURL: index.URL}, inFile),
	} {
		log := r.logOf(v.Latest.DeployID)
		require.Equal(t, store.Ready, v.Latest.Status, name+log)
		assert.Contains(t, log, "with pip ", name)
		assert.NotContains(t, log, "uv-args", name)
	}
}

func TestAUvThatDoesNotRunIsNotTaken(t *testing.T) {
	index := clienttest.NewIndex(t, greeting, words)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "uv"), []byte("#!/bin/sh\necho 'uv: command not found' >&2\nexit 127\n"), 0o700))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	r := newRig(t, nil)
	v := r.deploy(NewFunction{IndexURL: index.URL}, needing)
	require.Equal(t, store.Ready, v.Latest.Status, v.Latest.ErrorMessage)
	assert.Contains(t, r.logOf(v.Latest.DeployID), "with pip ")
}

// lacking leaves one interpreter, without pip or without venv. What else it is
// asked for it does.
func (r *rig) lacking(venv bool) (install func()) {
	r.Helper()
	all, err := r.Runtimes(r.ctx)
	require.NoError(r, err)
	real, path := all[0], filepath.Join(r.TempDir(), "python3")
	claim := fmt.Sprintf(`{"version": [3, %d, 1], "path": %q, "prefix": %q, "venv": %v, "pip": %q}`, real.Minor, path, real.Prefix, !venv, map[bool]string{true: "23.2.1"}[venv])
	text := "#!/bin/sh\ncase \"$*\" in *'import venv'*) echo '" + claim + "'; exit;; esac\nexec " + real.Path + " \"$@\"\n"
	require.NoError(r, os.WriteFile(path, []byte(text), 0o700))
	lacking := real
	lacking.Path, lacking.CanBuild, lacking.HasVenv = path, venv, !venv
	r.runtimes = python.Runtimes{lacking}
	return func() {
		require.NoError(r, os.WriteFile(path, []byte("#!/bin/sh\nexec "+real.Path+" \"$@\"\n"), 0o700))
	}
}

func TestWithoutPipAndUvOnlyFunctionsWithoutRequirementsDeploy(t *testing.T) {
	index := clienttest.NewIndex(t, greeting, words)
	r := newRig(t, nil)
	install := r.lacking(false)
	v := r.deploy(NewFunction{IndexURL: index.URL}, needing)
	assert.Equal(t, store.Failed, v.Latest.Status)
	assert.Equal(t, "neither uv nor pip 22.3 or newer is installed here, so requirements cannot be installed: install python3-pip or uv", v.Latest.ErrorMessage)
	v = r.handler("def handle(data): return 1\n")
	_, response := r.call(v.ID, `{}`)
	assert.Equal(t, `1`, response)

	install() // no restart is needed
	v = r.deploy(NewFunction{IndexURL: index.URL}, needing)
	assert.Equal(t, store.Ready, v.Latest.Status, v.Latest.ErrorMessage)
}

func TestAnInterpreterWithoutVenvSaysWhatToInstallAndUvNeedsNone(t *testing.T) {
	index := clienttest.NewIndex(t, greeting, words)
	r := newRig(t, nil)
	r.lacking(true)
	v := r.deploy(NewFunction{IndexURL: index.URL}, needing)
	assert.Equal(t, r.runtimes[0].Path+" has no venv module, so requirements cannot be installed: install python3-venv or uv", v.Latest.ErrorMessage)
	r.withUV()
	v = r.deploy(NewFunction{IndexURL: index.URL}, needing)
	assert.Equal(t, store.Ready, v.Latest.Status, v.Latest.ErrorMessage)
}
