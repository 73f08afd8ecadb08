// Package external opens a text in the operator's own editor and brings it back.
//
// The text lies in a file of mode 0600, in a directory of its own below the
// console's state directory, which is removed with all that the editor left in
// it, however the editor ended. The editor has the real terminal meanwhile.
package external

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"
	"github.com/google/renameio/v2"
)

const (
	// maxBytes bounds what is read back: no backend takes more.
	maxBytes = 64 << 20
	// fallback is the editor of every Unix.
	fallback = "vi"
	// cannotRun and notFound are what a shell ends with when there was no program
	// to run (POSIX, Shell Command Language, 2.8.2).
	cannotRun, notFound = 126, 127
)

// Editor is how the operator's editor is found and run. The zero value has none
// and says so.
type Editor struct {
	// Environ is the environment of the terminal. Without one there is no editor:
	// nothing is known of who sits there.
	Environ []string
	// Dir is where the file is put for as long as it is edited.
	Dir string
	// Lent is true while an editor has the terminal; it may be nil. Signals of the
	// keyboard are then the editor's, and a hang-up waits for its end.
	Lent *atomic.Bool
}

// Text is what is to be edited.
type Text struct {
	// Owner comes back in Edited, so that the asker knows its answer.
	Owner any
	// FileName tells the editor what the text is.
	FileName string
	Body     string
}

// Edited is the message that comes when the editor has ended.
type Edited struct {
	Owner any
	// Body is the text as it was saved. A line end at its very end, which editors
	// add, is dropped if the text had none.
	Body string
	// Err says why there is no Body.
	Err error
}

// Open returns the command that opens the text. It ends in Edited.
func (e Editor) Open(t Text) tea.Cmd {
	return func() tea.Msg {
		session, err := e.begin(t)
		if err != nil {
			return Edited{Owner: t.Owner, Err: err}
		}
		return tea.Exec(session, func(err error) tea.Msg {
			body, err := session.end(err)
			return Edited{Owner: t.Owner, Body: body, Err: err}
		})()
	}
}

// begin writes the file and makes the command that edits it.
func (e Editor) begin(t Text) (*session, error) {
	command, err := e.command()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(e.Dir, prefix)
	if err != nil {
		return nil, fmt.Errorf("make a file to edit: %w", err)
	}
	held, err := hold(dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make a file to edit: %w", err), os.RemoveAll(dir))
	}
	path := filepath.Join(dir, filepath.Base(t.FileName))
	if err := renameio.WriteFile(path, []byte(t.Body), 0o600, renameio.WithTempDir(dir)); err != nil {
		return nil, errors.Join(fmt.Errorf("make a file to edit: %w", err), os.RemoveAll(dir), held.Close())
	}
	// The variables hold a command line, such as "code --wait". An interrupt is for
	// the editor: a shell that it ended would hide how the editor did.
	c := exec.Command("/bin/sh", "-c", "trap : INT QUIT\n"+command+` "$1"`, "sh", path) //nolint:gosec // It is the operator's own editor.
	c.Env = e.Environ
	return &session{Cmd: c, editor: command, dir: dir, held: held, path: path, before: t.Body, lent: e.Lent}, nil
}

// command is the operator's editor.
func (e Editor) command() (string, error) {
	if e.Environ == nil {
		return "", errors.New("there is no editor: nothing is known of the environment of this terminal")
	}
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if value := strings.TrimSpace(e.variable(name)); value != "" {
			return value, nil
		}
	}
	for _, dir := range filepath.SplitList(e.variable("PATH")) {
		info, err := os.Stat(filepath.Join(dir, fallback))
		if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return fallback, nil
		}
	}
	return "", errors.New("there is no editor: VISUAL and EDITOR are not set, and there is no " + fallback)
}

// variable is the last value of a variable, which is the one that counts.
func (e Editor) variable(name string) string {
	value := ""
	for _, kv := range e.Environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return value
}

// session is one run of the editor.
type session struct {
	*exec.Cmd
	editor, dir, path, before string
	lent                      *atomic.Bool
	// held keeps dir from being swept by another console.
	held *os.File
	// ran is true once the editor had the terminal; body and err are what came of
	// it.
	ran  bool
	body string
	err  error
}

// SetStdin implements tea.ExecCommand. The editor gets the file that is the
// terminal, not what the console reads and writes through: that would be a pipe.
func (s *session) SetStdin(r io.Reader) {
	if t, ok := r.(interface{ Terminal() *os.File }); ok {
		r = t.Terminal()
	}
	s.Stdin = r
}

// SetStdout implements tea.ExecCommand, as SetStdin.
func (s *session) SetStdout(w io.Writer) {
	if t, ok := w.(interface{ Terminal() *os.File }); ok {
		w = t.Terminal()
	}
	s.Stdout = w
}

// SetStderr implements tea.ExecCommand.
func (s *session) SetStderr(w io.Writer) { s.Stderr = w }

// Run implements tea.ExecCommand. The text is read and the file removed while the
// terminal is still lent: a hang-up is often followed by another one, which ends
// the process.
func (s *session) Run() error {
	if s.lent != nil {
		s.lent.Store(true)
		defer s.lent.Store(false)
	}
	s.ran = true
	if err := s.Cmd.Run(); err != nil {
		s.err = s.explain(err)
	} else {
		s.body, s.err = s.read()
	}
	s.remove()
	return s.err
}

// remove takes away the file and what the editor left beside it.
func (s *session) remove() {
	if err := errors.Join(os.RemoveAll(s.dir), s.held.Close()); err != nil && s.err == nil {
		s.err = fmt.Errorf("remove what was edited: %w", err)
	}
}

// end is what became of the text. released is why the terminal could not be handed
// over; that it could not be taken back is no reason to lose the text.
func (s *session) end(released error) (body string, err error) {
	if !s.ran {
		s.err = fmt.Errorf("hand the terminal over: %w", released)
		s.remove()
	}
	return s.body, s.err
}

// explain says how the editor failed.
func (s *session) explain(failed error) error {
	var exit *exec.ExitError
	if errors.As(failed, &exit) && (exit.ExitCode() == notFound || exit.ExitCode() == cannotRun) {
		return fmt.Errorf("nothing was taken over: the editor cannot be run: %s", s.editor)
	}
	return fmt.Errorf("nothing was taken over: the editor ended with %w: %s", failed, s.editor)
}

func (s *session) read() (string, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return "", fmt.Errorf("read what was edited: %w", err)
	}
	// Nothing was written: closing cannot lose anything.
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return "", fmt.Errorf("read what was edited: %w", err)
	}
	if len(data) > maxBytes {
		return "", fmt.Errorf("what was edited has over %d MiB", maxBytes>>20)
	}
	return asEnded(s.before, string(data)), nil
}

// asEnded drops the line end that the editor put behind a text that had none.
func asEnded(before, after string) string {
	if strings.HasSuffix(before, "\n") {
		return after
	}
	if strings.Contains(before, "\r\n") {
		if text, ok := strings.CutSuffix(after, "\r\n"); ok {
			return text
		}
	}
	return strings.TrimSuffix(after, "\n")
}
