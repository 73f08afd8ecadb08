package views

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/drift"
	"fndeck/client/pack"
)

// codeBackend is a backend that gives the code of its versions back.
type codeBackend struct {
	*fakeBackend
	files map[string]drift.Files // by function id
	code  []byte
	asked *[]string
}

func (b codeBackend) CodeFiles(_ context.Context, id string, _ int) ([]client.CodeFile, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*b.asked = append(*b.asked, id)
	var all []client.CodeFile
	for path, sum := range b.files[id] {
		all = append(all, client.CodeFile{Path: path, SHA256: sum})
	}
	return all, nil
}

func (b codeBackend) Code(context.Context, string, int) ([]byte, error) { return b.code, nil }

// deployedFrom makes the first function one that was deployed from a real folder.
func deployedFrom(t *testing.T, files map[string]string) codeBackend {
	t.Helper()
	dir, packed := t.TempDir(), map[string][]byte{}
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		packed[name] = []byte(text)
	}
	b := codeBackend{fakeBackend: sampleBackend(bubbleStart), files: map[string]drift.Files{}, asked: new([]string)}
	b.functions[0].Folder = dir
	here, err := drift.Here(t.Context(), dir, pack.Options{})
	require.NoError(t, err)
	b.files["f1"] = here
	b.code, err = pack.FromFiles(packed)
	require.NoError(t, err)
	return b
}

const plainHandler = "def handle(data):\n    return 1\n"

func TestTheListSaysWhichFoldersDifferFromWhatIsDeployed(t *testing.T) {
	b := deployedFrom(t, map[string]string{"handler.py": plainHandler, "old.py": "O = 1\n"})
	driveAny(t, func() client.Backend { return b }, func(d *driver) {
		d.wait(time.Second)
		d.see("DRIFT", "same")
		asked := len(*b.asked)
		d.wait(time.Minute)
		assert.Len(t, *b.asked, asked, "a folder that is as it was is not compared again")

		dir := b.functions[0].Folder
		require.NoError(t, os.WriteFile(filepath.Join(dir, "handler.py"), []byte(plainHandler+"# more\n"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "new.py"), nil, 0o600))
		require.NoError(t, os.Remove(filepath.Join(dir, "old.py")))
		d.wait(time.Minute)
		d.see("Δ3")
		assert.Equal(t, []string{"f1"}, dedup(*b.asked), "functions without a known folder are not asked about")

		d.press("/")
		d.typed("drift:Δ")
		d.press("enter")
		d.see("1 of 5")
	})
}

func dedup(ids []string) []string {
	var once []string
	for _, id := range ids {
		if len(once) == 0 || once[len(once)-1] != id {
			once = append(once, id)
		}
	}
	return once
}

func TestAFolderThatCannotBeComparedIsNotKnownAndSeldomLookedAt(t *testing.T) {
	b := deployedFrom(t, map[string]string{"handler.py": plainHandler})
	dir := b.functions[0].Folder
	for range 2001 {
		f, err := os.CreateTemp(dir, "many-*.py")
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	driveAny(t, func() client.Backend { return b }, func(d *driver) {
		d.wait(time.Minute)
		d.miss("Δ", "same")
		assert.Empty(t, *b.asked, "too many files are counted and not read")
	})
}

func TestNothingIsComparedOfWhatIsNotVisible(t *testing.T) {
	b := deployedFrom(t, map[string]string{"handler.py": plainHandler})
	dir := b.functions[0].Folder
	b.functions = nil
	for i := range 200 {
		b.functions = append(b.functions, client.Function{
			ID: "f" + strings.Repeat("x", i), Name: "fn", Status: client.FunctionReady, Version: 1, Folder: dir, Created: bubbleStart,
		})
	}
	driveAny(t, func() client.Backend { return b }, func(d *driver) {
		d.wait(10 * time.Second)
		assert.NotEmpty(t, *b.asked)
		assert.Less(t, len(*b.asked), 40, "the window has 30 lines")
		before := len(*b.asked)
		d.press("2")
		d.wait(time.Minute)
		assert.Len(t, *b.asked, before, "another screen is shown")
	})
}

func TestAColumnThatCannotBeFilledIsNotThere(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("ctrl+w")
		d.miss("DRIFT")
	})
}

func TestThePageOfChangesShowsFilesAndTheirTexts(t *testing.T) {
	b := deployedFrom(t, map[string]string{"handler.py": plainHandler})
	require.NoError(t, os.WriteFile(filepath.Join(b.functions[0].Folder, "handler.py"), []byte(plainHandler+"# \x1b]0;owned\a\n"), 0o600))
	driveAny(t, func() client.Backend { return b }, func(d *driver) {
		d.press("=")
		d.see("changes of ingest-pi", "since v12", "M 1", "changed", "handler.py")
		d.press("tab")
		d.see("+++ b/handler.py", "owned")
		d.press("esc", "j", "=")
		d.see("the folder that ingest-ims came from is not known")
		d.press(":")
		d.typed("diff ingest-pi")
		d.press("enter")
		d.see("changes of ingest-pi")
	})
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("=")
		d.see("does not offer code")
	})
}
