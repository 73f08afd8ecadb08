package forms

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/pack"
)

// openRedeploy opens the upload of a folder for a function that was packed of files.
func openRedeploy(t *testing.T, folder string, files map[string][]byte) *formRun {
	t.Helper()
	code, err := pack.FromFiles(files)
	require.NoError(t, err)
	d, _ := formDeps(t, &fakeBackend{code: code})
	overlay, cmd := NewUpload(d, &client.Function{ID: "f1", Name: "ingest-pi", Version: 12, Status: client.FunctionReady, Folder: folder}, folder, nil)
	return openForm(t, overlay, cmd)
}

func TestThePreviewOfARedeployShowsWhatDiffersFromWhatServes(t *testing.T) {
	root := uploadFolder(t, map[string]string{"new.py": "N = 1\n"})
	f := openRedeploy(t, root, map[string][]byte{
		"handler.py": []byte("def handle(client, data):\n    return 1\n"), "requirements.txt": []byte("numpy==2.1\n"), "old.py": []byte("O\n"),
	})
	frame := f.frame(120, 60)
	for _, shown := range []string{
		"since v12 A 1  M 1  D 1", "Since v12", "changed   handler.py", "added     new.py", "gone      old.py",
		"-    return 1", "+    return data", "Not sent", "Files",
	} {
		assert.Contains(t, frame, shown)
	}
	f.burst("<enter><c-s>")
	require.NotNil(t, f.asked)
	assert.Equal(t, "functions.redeploy", f.asked.Action.ID)
}

func TestThePreviewOfWhatServesAlreadySaysSo(t *testing.T) {
	root := uploadFolder(t, nil)
	f := openRedeploy(t, root, map[string][]byte{
		"handler.py": []byte("def handle(client, data):\n    return data\n"), "requirements.txt": []byte("numpy==2.1\n"),
	})
	frame := f.frame(120, 60)
	assert.Contains(t, frame, "Since v12")
	assert.Contains(t, frame, "no file differs")
}

func TestAPreviewWhoseVersionCannotBeReadSaysWhyAndGoesOn(t *testing.T) {
	root := uploadFolder(t, nil)
	d, _ := formDeps(t, &fakeBackend{code: []byte("no zip")})
	overlay, cmd := NewUpload(d, &client.Function{ID: "f1", Name: "ingest-pi", Version: 12, Status: client.FunctionReady}, root, nil)
	f := openForm(t, overlay, cmd)
	assert.Contains(t, f.frame(120, 60), "not known: ")
	f.burst("<enter><c-s>")
	assert.NotNil(t, f.asked)
}
