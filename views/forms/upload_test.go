package forms

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/ui"
)

// uploadFolder makes a folder with a function and the given files beside it; an
// empty text removes a file.
func uploadFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "ingest-pi")
	all := map[string]string{
		"handler.py":       "def handle(client, data):\n    return data\n",
		"requirements.txt": "numpy==2.1\n",
		".git/config":      "[core]",
	}
	maps.Copy(all, files)
	for name, text := range all {
		if text == "" {
			continue
		}
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return root
}

func openUpload(t *testing.T, fn *client.Function, folder string) (*formRun, *fakeClock) {
	d, clock := formDeps(t, &fakeBackend{description: client.Description{Runtimes: []string{"none1", "none2"}}})
	overlay, cmd := NewUpload(d, fn, folder, nil)
	return openForm(t, overlay, cmd), clock
}

func TestABurstOfKeysUploadsANewFunction(t *testing.T) {
	root := uploadFolder(t, nil)
	f, _ := openUpload(t, nil, "")
	f.burst("<c-u>" + filepath.Dir(root) + "/ing<tab><enter><enter>-2<tab><tab>2<tab>token=s3cret<tab>A=1<enter>B=x=y<c-s>")
	require.NotNil(t, f.asked, f.frame(80, 24))
	assert.Equal(t, "functions.deploy", f.asked.Action.ID)
	spec := f.asked.Values.Spec
	assert.Equal(t, "ingest-pi-2", spec.Name, "the folder's name stood there")
	assert.Equal(t, "handler.py", spec.FunctionPath)
	assert.Equal(t, "none2", spec.Runtime)
	assert.Equal(t, map[string]string{"A": "1", "B": "x=y"}, spec.EnvVars)
	require.Contains(t, spec.Secrets, "token")
	assert.Equal(t, "s3cret", spec.Secrets["token"].Reveal())
	require.NotNil(t, f.asked.Values.Code)
	assert.Equal(t, root, f.asked.Values.Code.Folder)
	assert.ElementsMatch(t, []string{"handler.py", "requirements.txt"}, zipNames(t, f.asked.Values.Code.Zip))
}

func zipNames(t *testing.T, archive []byte) []string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	require.NoError(t, err)
	var names []string
	for _, file := range r.File {
		names = append(names, file.Name)
	}
	return names
}

func TestThePreviewShowsWhatWouldLeaveBeforeItDoes(t *testing.T) {
	f, _ := openUpload(t, nil, uploadFolder(t, nil))
	frame := f.frame(100, 30)
	for _, shown := range []string{
		"2 files", "of at most 256 MB", "nothing in the way", "handler.py:1 handle(client, data)",
		"numpy==2.1", ".git/", "Files", "requirements.txt",
	} {
		assert.Contains(t, frame, shown)
	}
	assert.Nil(t, f.asked)
	offer := ui.Hint{Key: "space", Label: "send it all the same"}
	assert.NotContains(t, f.overlay.Hints(), offer, "a row that is sent anyway")
	for range 20 {
		if f.overlay.(*uploadForm).preview.selected().takeBack != "" {
			assert.Contains(t, f.overlay.Hints(), offer)
			return
		}
		f.burst("<down>")
	}
	t.Fatal("no row that is not sent")
}

func TestAFolderThatHoldsTheFunctionOneBelowIsTakenByOneKey(t *testing.T) {
	root := uploadFolder(t, nil)
	f, _ := openUpload(t, nil, filepath.Dir(root))
	assert.Contains(t, f.overlay.Hints(), ui.Hint{Key: "s", Label: "take ingest-pi as the root"})
	f.burst("s")
	assert.Contains(t, f.frame(100, 30), "nothing in the way")
	f.burst("<enter><c-s>")
	require.NotNil(t, f.asked, f.frame(80, 24))
	assert.Equal(t, root, f.asked.Values.Code.Folder)
	assert.Equal(t, "ingest-pi", f.asked.Values.Spec.Name)
}

func TestOfANotebookThePreviewShowsTheTextThatWouldLeave(t *testing.T) {
	f, _ := openUpload(t, nil, "../../testdata/functions/forecast.ipynb")
	frame := f.frame(120, 40)
	for _, shown := range []string{"handler.py:1 handle(data)", "fndeck-greeting==1.0.0", "from fndeck_greeting import greet", "requirements.txt"} {
		assert.Contains(t, frame, shown)
	}
	f.burst("<enter><c-s>")
	require.NotNil(t, f.asked, f.frame(80, 24))
	assert.Equal(t, "forecast", f.asked.Values.Spec.Name)
	assert.ElementsMatch(t, []string{"handler.py", "requirements.txt"}, zipNames(t, f.asked.Values.Code.Zip))
}

func TestAFindingInTheWayStopsUntilItIsMended(t *testing.T) {
	root := uploadFolder(t, map[string]string{"handler.py": "def other():\n    pass\n"})
	f, _ := openUpload(t, nil, root)
	f.burst("<enter><enter>name<c-s>")
	assert.Nil(t, f.asked)
	frame := f.frame(100, 30)
	assert.Contains(t, frame, "in the way")
	assert.Contains(t, frame, "handler.py")
	require.NoError(t, os.WriteFile(filepath.Join(root, "handler.py"), []byte("def handle(client, data):\n    return 1\n"), 0o600))
	f.burst("r<enter><c-s>")
	assert.NotNil(t, f.asked, f.frame(100, 30))
}

func TestAnotherEntryFileIsLookedAtBeforeTheUpload(t *testing.T) {
	root := uploadFolder(t, map[string]string{"handler.py": "", "main.py": "def handle(client, data):\n    return 1\n"})
	f, _ := openUpload(t, nil, root)
	assert.Contains(t, f.frame(100, 30), "in the way")
	f.burst("e<c-u>nothere.py<c-s>")
	assert.Nil(t, f.asked)
	assert.Contains(t, f.frame(100, 30), "in the way", "the second look found it missing")
	f.burst("e<c-u>main.py<c-s>")
	require.NotNil(t, f.asked, f.frame(100, 30))
	assert.Equal(t, "main.py", f.asked.Values.Spec.FunctionPath)
}

func TestASecretLikeFileNeedsAYesThatIsNotTypeAhead(t *testing.T) {
	f, clock := openUpload(t, nil, uploadFolder(t, map[string]string{"id_rsa": "key"}))
	f.burst("<enter>yyy<enter>")
	assert.Contains(t, f.frame(100, 30), "id_rsa")
	assert.Contains(t, f.frame(100, 30), "typed ahead")
	clock.Advance(time.Second)
	f.burst("n")
	f.burst("<enter>")
	clock.Advance(time.Second)
	f.burst("y<c-s>")
	assert.NotNil(t, f.asked)
}

func TestAYesHoldsForTheFindingsThatWereShownOnly(t *testing.T) {
	root := uploadFolder(t, map[string]string{"id_rsa": "key"})
	f, clock := openUpload(t, nil, root)
	f.burst("<enter>")
	clock.Advance(time.Second)
	f.burst("y<esc>")
	require.NoError(t, os.WriteFile(filepath.Join(root, "id_ed25519"), []byte("key"), 0o600))
	f.burst("r<enter>")
	assert.Contains(t, f.frame(100, 30), "id_ed25519: ")
	assert.Contains(t, f.frame(100, 30), "[ Cancel ]")
}

func TestAnIgnoredFileCanBeSentForOnce(t *testing.T) {
	f, _ := openUpload(t, nil, uploadFolder(t, map[string]string{".DS_Store": "x"}))
	row := -1
	for i, r := range f.overlay.(*uploadForm).preview.rows {
		if r.takeBack == ".DS_Store" {
			row = i
		}
	}
	require.Positive(t, row, "the ignored file is listed")
	f.overlay.(*uploadForm).preview.at = row
	f.burst("<space>")
	assert.Contains(t, f.frame(100, 30), "3 files")
	assert.Contains(t, f.frame(100, 30), "sent all the same")
	assert.Equal(t, ".DS_Store", f.overlay.(*uploadForm).preview.selected().takeBack, "the place stays")
	f.burst("<space>")
	assert.Contains(t, f.frame(100, 30), "2 files")
}

func TestARedeployChangesOnlyWhatWasChanged(t *testing.T) {
	root := uploadFolder(t, nil)
	fn := ingest()
	fn.Runtime, fn.EnvVars, fn.SecretNames, fn.Folder = "none2", map[string]string{"A": "1"}, []string{"token"}, root
	f, _ := openUpload(t, &fn, root)
	f.burst("<enter>")
	assert.Contains(t, f.frame(100, 30), "empty keeps those it has: token")
	f.burst("<c-s>")
	require.NotNil(t, f.asked, f.frame(100, 30))
	assert.Equal(t, "functions.redeploy", f.asked.Action.ID)
	assert.Equal(t, "1", f.asked.Target.Function.ID)
	assert.Equal(t, client.SpecChange{}, f.asked.Values.Change)
	assert.NotNil(t, f.asked.Values.Code)

	f, _ = openUpload(t, &fn, root)
	f.burst("<enter><tab><tab>token=new<tab><c-u>A=2<c-s>")
	require.NotNil(t, f.asked)
	assert.Equal(t, map[string]string{"A": "2"}, f.asked.Values.Change.EnvVars)
	assert.Equal(t, "new", f.asked.Values.Change.Secrets["token"].Reveal())
	assert.Nil(t, f.asked.Values.Change.Runtime)
}

func TestAnUploadUnderANameThatExistsRedeploysThatFunction(t *testing.T) {
	root := uploadFolder(t, nil)
	fn := client.Function{ID: "7", Name: "ingest-pi", Version: 3, Status: client.FunctionReady, Runtime: "none2", FunctionPath: "handler.py", EnvVars: map[string]string{"A": "1"}}
	open := func(functions ...client.Function) *formRun {
		d, _ := formDeps(t, &fakeBackend{functions: functions, description: client.Description{Runtimes: []string{"none1", "none2"}}})
		overlay, cmd := NewUpload(d, nil, "", nil)
		f := openForm(t, overlay, cmd)
		f.send(tea.PasteMsg{Content: root})
		return f.burst("<enter><enter>")
	}
	f := open(fn)
	assert.Equal(t, "redeploy ingest-pi v3", f.overlay.Title())
	assert.Contains(t, f.frame(100, 30), "redeploys ingest-pi v3; another name makes a new one")
	f.burst("<c-s>")
	require.NotNil(t, f.asked, f.frame(100, 30))
	assert.Equal(t, "functions.redeploy", f.asked.Action.ID)
	assert.Equal(t, "7", f.asked.Target.Function.ID)
	assert.Equal(t, client.SpecChange{}, f.asked.Values.Change, "what the form did not show stays as it is")

	f = open(fn).burst("-2")
	assert.NotContains(t, f.frame(100, 30), "redeploys")
	f.burst("<c-s>")
	require.NotNil(t, f.asked)
	assert.Equal(t, "functions.deploy", f.asked.Action.ID)
	assert.Equal(t, "ingest-pi-2", f.asked.Values.Spec.Name)

	f = open(fn, fn)
	assert.Contains(t, f.frame(100, 30), "2 functions have this name")
	f.burst("<c-s>")
	assert.Nil(t, f.asked)
}

func TestSecretsAreNeverDrawnAndFaultsDoNotRepeatThem(t *testing.T) {
	f, _ := openUpload(t, nil, uploadFolder(t, nil))
	f.burst("<enter><tab><tab><tab>token=hunter2<enter>token=hunter3<c-s>")
	assert.Nil(t, f.asked)
	for _, width := range []int{40, 80, 160} {
		frame := f.frame(width, 40)
		assert.Contains(t, frame, "twice")
		assert.NotContains(t, frame, "hunter")
	}
}

func TestEscapeStopsAScanAtOnceAndItsAnswerIsDropped(t *testing.T) {
	d, _ := formDeps(t, &fakeBackend{})
	overlay, cmd := NewUpload(d, nil, uploadFolder(t, nil), nil)
	u, ok := overlay.(*uploadForm)
	require.True(t, ok)
	late := cmd()
	_, done := u.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	assert.True(t, done, "nothing was typed: it closes")
	u.Update(late)
	assert.Equal(t, scanning, u.stage, "the late answer changes nothing")

	root := uploadFolder(t, nil)
	f, _ := openUpload(t, nil, "")
	f.send(tea.PasteMsg{Content: root})
	for _, msg := range formKeys("<enter><esc>") {
		f.send(msg)
	}
	f.settle()
	assert.False(t, f.closed)
	assert.Contains(t, f.frame(80, 24), "Path", "back at the picker, with the path kept")
	assert.Contains(t, f.frame(200, 24), root)
}

func TestACancelledScanReportsNothing(t *testing.T) {
	d, _ := formDeps(t, &fakeBackend{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d.Ctx = ctx
	overlay, cmd := NewUpload(d, nil, uploadFolder(t, nil), nil)
	msg, ok := cmd().(scanned)
	require.True(t, ok)
	assert.True(t, errors.Is(msg.err, context.Canceled))
	assert.NotNil(t, overlay)
}

func TestWhatWasTypedForAnUploadIsNotThrownAwayUnasked(t *testing.T) {
	f, clock := openUpload(t, nil, uploadFolder(t, nil))
	f.burst("<enter>-x<esc>")
	assert.Contains(t, f.frame(80, 24), "nothing in the way", "one step back")
	f.burst("<esc>")
	assert.Contains(t, f.frame(80, 24), "Throw away")
	clock.Advance(time.Second)
	f.burst("n<enter>")
	assert.Contains(t, f.frame(80, 24), "ingest-pi-x", "the draft is still there")
	f.burst("<esc><esc>")
	clock.Advance(time.Second)
	f.burst("y")
	assert.True(t, f.closed)
	assert.Nil(t, f.asked)
}

func TestAMissingFolderIsSaid(t *testing.T) {
	f, _ := openUpload(t, nil, "/nowhere/at/all")
	f.burst("<enter>")
	assert.Contains(t, f.frame(100, 24), "/nowhere/at/all")
	assert.Nil(t, f.asked)
}

func TestHostileFileNamesAreInertInThePreview(t *testing.T) {
	f, clock := openUpload(t, nil, uploadFolder(t, map[string]string{
		hostileName + ".py": "x = 1\n", hostileName + "/id_rsa": "key", ".env" + hostileName: "A=1",
	}))
	f.burst("<enter>")
	clock.Advance(time.Second)
	for _, width := range []int{40, 80, 160} {
		for _, r := range f.frame(width, 40) {
			require.False(t, r < ' ' && r != '\n' || r == 0x202e || r == 0xfffd, "%q", r)
		}
		f.burst("n")
	}
}

func FuzzPairsAreNamesWithTheRestOfTheLine(f *testing.F) {
	f.Add("A=1\n\nB=x=y")
	f.Add("=\n")
	f.Add(hostileName)
	f.Fuzz(func(t *testing.T, text string) {
		pairs, fault := parsePairs(text)
		if fault != "" {
			assert.Nil(t, pairs)
			return
		}
		for name, value := range pairs {
			require.NotEmpty(t, name)
			require.NotContains(t, name, "=")
			require.NotContains(t, value, "\n")
			require.Contains(t, text, name)
			require.Contains(t, text, "="+value)
		}
		again, fault := parsePairs(pairText(pairs))
		require.Empty(t, fault)
		require.Equal(t, pairs, again)
	})
}
