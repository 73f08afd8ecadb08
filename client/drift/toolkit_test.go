package drift_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/drift"
)

func folder(files map[string]string) fstest.MapFS {
	all := fstest.MapFS{}
	for name, text := range files {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

func toolkit(t *testing.T, files map[string]string) drift.Toolkit {
	t.Helper()
	of, err := drift.ToolkitOf(folder(files))
	require.NoError(t, err)
	return of
}

var vector = map[string]string{
	"handler.py": "def handle(data):\r\n    return data\r\n", "requirements.txt": "requests==2.32.3\n", "sub/util.py": "X = 1\n",
	"sub/util.pyc": "passed over", ".DS_Store": "passed over",
}

const vectorText = "/=d2205c41;handler.py=1f49c337;requirements.txt=4b818310;sub/util.py=0abae1e0"

func TestTheToolkitsHashIsComputedAsTheToolkitDoes(t *testing.T) {
	assert.Equal(t, vectorText, toolkit(t, vector).String())
	unix := map[string]string{"handler.py": "def handle(data):\n    return data\n", "requirements.txt": "requests==2.32.3\n", "sub/util.py": "X = 1\n"}
	assert.Equal(t, vectorText, toolkit(t, unix).String(), "line ends make no difference")
}

func TestALineEndAcrossTwoChunksCountsInTheHashOfTheWhole(t *testing.T) {
	across := strings.Repeat("a", 8191) + "\r\n"
	one, other := toolkit(t, map[string]string{"a.txt": across}), toolkit(t, map[string]string{"a.txt": strings.ReplaceAll(across, "\r\n", "\n")})
	assert.NotEqual(t, one.Root, other.Root)
	assert.Equal(t, one.Files, other.Files)
}

func TestAListThatGrowsTooLongStopsInOneFolderOnly(t *testing.T) {
	files := map[string]string{"z/last.py": ""}
	for i := range 40 {
		files[fmt.Sprintf("a/file-%02d.py", i)] = ""
	}
	of := toolkit(t, files)
	assert.False(t, of.Full)
	assert.Contains(t, of.String(), "z/last.py=", "the folder that was found last comes first")
	assert.NotContains(t, of.String(), "a/file-39.py")
	assert.LessOrEqual(t, len(of.String()), 512)
	assert.Len(t, of.Files, 41)
}

func TestARecordedHashIsReadAndCompared(t *testing.T) {
	recorded, err := drift.ParseToolkit(vectorText)
	require.NoError(t, err)
	assert.True(t, recorded.Full)
	assert.True(t, recorded.SameAs(toolkit(t, vector)))
	changed := toolkit(t, map[string]string{"handler.py": "def handle(data):\n    return 1\n", "sub/util.py": "X = 1\n", "new.py": ""})
	assert.False(t, recorded.SameAs(changed))
	d, unrecorded := recorded.Against(changed)
	assert.Equal(t, drift.Drift{Added: []string{"new.py"}, Changed: []string{"handler.py"}, Gone: []string{"requirements.txt"}}, d)
	assert.Empty(t, unrecorded)

	cut, err := drift.ParseToolkit(vectorText + ";" + strings.Repeat("p", 400) + "=00000000")
	require.NoError(t, err)
	d, unrecorded = cut.Against(changed)
	assert.Empty(t, d.Added)
	assert.Equal(t, []string{"new.py"}, unrecorded, "a cut list does not say what is new")
}

func TestWhatIsNoHashOfTheToolkitIsRefused(t *testing.T) {
	for _, text := range []string{"", "handler.py=1f49c337", "/=d2205c41;handler.py", "/=d2205c4", "/=zipfil-hash-not-supported", "/=zzzzzzzz", "=d2205c41"} {
		_, err := drift.ParseToolkit(text)
		require.Error(t, err, text)
		assert.Equal(t, client.CodeInvalid, client.Explain(err).Code, text)
	}
	_, err := drift.ParseToolkit("/=d2205c41;a.zip=zipfil-hash-not-supported;a=b.py=00000000")
	assert.NoError(t, err)
}

func TestSecretsAreHashedAsPythonWouldWriteThem(t *testing.T) {
	assert.Equal(t, "d6a2f82d", drift.ToolkitCredential("cid", auth.NewSecret("csec")))
	secrets := map[string]client.Secret{"é\U0001f600\x7f": auth.NewSecret("a\"b\\\n\x01"), "b": auth.NewSecret("x")}
	assert.Equal(t, "1aa88106215dec9d0f1c70a938e56740226f8ab3c75a631d49965c49240f9717b505f2fb77836ef078ae2118c6ec61bb6260c43046298c64f4d2c151b53adb0a", drift.ToolkitSecrets(secrets))
}

func FuzzAToolkitHashIsReadOrRefused(f *testing.F) {
	f.Add(vectorText)
	f.Add("/=d2205c41;=")
	f.Fuzz(func(t *testing.T, text string) {
		if of, err := drift.ParseToolkit(text); err == nil {
			assert.Equal(t, text, of.String())
			assert.Len(t, of.Root, 8)
		}
	})
}
