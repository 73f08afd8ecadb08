package external

import (
	"os"
	"path/filepath"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOnlyALineEndThatTheEditorAddedIsDropped(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"{}", "{}\n", "{}"},
		{"{}", "{}", "{}"},
		{"{}\n", "{}\n", "{}\n"},
		{"{}\n", "{}", "{}"},
		{"{}", "{}\n\n", "{}\n"},
		{"", "\n", ""},
		{"a\r\nb", "a\r\nb\r\n", "a\r\nb"},
		{"a\r\nb\r\n", "a\r\nb\r\n", "a\r\nb\r\n"},
		{"a\r", "a\r\n", "a\r"},
		{"\ufeff{}", "\ufeff{}\n", "\ufeff{}"},
	} {
		assert.Equal(t, c.want, asEnded(c.before, c.after), "%q", c)
	}
}

func TestTheEditorIsTheOneOfTheEnvironment(t *testing.T) {
	bin := t.TempDir()
	vi := filepath.Join(bin, "vi")
	require.NoError(t, os.WriteFile(vi, nil, 0o600))
	path := "PATH=/nowhere:" + bin
	for _, c := range []struct {
		environ []string
		want    string
	}{
		{[]string{"EDITOR=ed", "VISUAL=code --wait"}, "code --wait"},
		{[]string{"EDITOR=ed", "VISUAL= "}, "ed"},
		{[]string{"EDITOR=ed", "EDITOR=joe"}, "joe"},
		{[]string{path}, ""},
		{nil, ""},
	} {
		found, err := Editor{Environ: c.environ}.command()
		assert.Equal(t, c.want, found)
		if c.want == "" {
			assert.ErrorContains(t, err, "there is no editor")
		}
	}
	require.NoError(t, os.Chmod(vi, 0o700)) //nolint:gosec // It stands for a program.
	found, err := Editor{Environ: []string{path}}.command()
	require.NoError(t, err)
	assert.Equal(t, "vi", found)
}

// edit runs an editor as a program would that lends its terminal.
func edit(t *testing.T, command, body string) (Edited, []os.DirEntry) {
	t.Helper()
	dir := t.TempDir()
	e := Editor{Environ: append(os.Environ(), "VISUAL="+command), Dir: dir}
	s, err := e.begin(Text{FileName: "../data.json", Body: body})
	require.NoError(t, err)
	var _ tea.ExecCommand = s
	text, err := s.end(s.Run())
	left, readErr := os.ReadDir(dir)
	require.NoError(t, readErr)
	return Edited{Body: text, Err: err}, left
}

func TestTheTextComesBackByteForByteAndNothingIsLeft(t *testing.T) {
	for _, body := range []string{"", "{}", "a\r\nb", "\xff\x00\x1b[2J", "x\n\n", "\u202e"} {
		got, left := edit(t, "true", body)
		require.NoError(t, got.Err)
		assert.Equal(t, body, got.Body)
		assert.Empty(t, left)
	}
}

func TestAnEditorThatFailsIsSaidAndNothingIsLeft(t *testing.T) {
	for command, why := range map[string]string{
		"touch \"$1.bak\"; exit 2; :": "exit status 2",
		"/nowhere/editor":             "cannot be run",
		"rm":                          "read what was edited",
		"kill -9 $$;":                 "signal: killed",
	} {
		got, left := edit(t, command, "{}")
		assert.ErrorContains(t, got.Err, why)
		assert.Empty(t, left)
	}
}

func TestAnInterruptIsTheEditorsOwn(t *testing.T) {
	got, _ := edit(t, `sh -c 'kill -INT $PPID; printf saved > "$1"' sh`, "{}")
	require.NoError(t, got.Err)
	assert.Equal(t, "saved", got.Body)
}

func TestAFullStateDirectoryIsSaid(t *testing.T) {
	_, err := Editor{Environ: []string{"EDITOR=ed"}, Dir: "/nowhere"}.begin(Text{FileName: "data.json"})
	assert.ErrorContains(t, err, "make a file to edit")
}

func TestWhatAKilledConsoleLeftIsSweptAndWhatIsBeingEditedIsNot(t *testing.T) {
	e := Editor{Environ: []string{"EDITOR=true"}, Dir: t.TempDir()}
	open, err := e.begin(Text{FileName: "data.json", Body: "{}"})
	require.NoError(t, err)
	killed, err := e.begin(Text{FileName: "data.json", Body: "secret"})
	require.NoError(t, err)
	require.NoError(t, killed.held.Close(), "as the kernel does for a process that is killed")
	other := filepath.Join(e.Dir, "edited")
	require.NoError(t, os.Mkdir(other, 0o700))
	require.NoError(t, e.Sweep())
	assert.FileExists(t, open.path)
	assert.NoDirExists(t, killed.dir)
	assert.DirExists(t, other, "it is nobody's text")
	open.remove()
	require.NoError(t, open.err)
	assert.NoDirExists(t, open.dir)
	assert.ErrorContains(t, Editor{Dir: filepath.Join(e.Dir, "gone")}.Sweep(), "look for texts that were left behind")
}
