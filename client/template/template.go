// Package template holds functions to begin with and writes one into a folder. It
// never writes over a file, and leaves nothing behind when it fails.
package template

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"fndeck/client"
	"fndeck/client/pack"
)

//go:embed files
var embedded embed.FS

// Template is a function to begin with.
type Template struct {
	// Name chooses it, Help says in one line what it is.
	Name, Help string
}

// All lists the templates, the simplest first.
func All() []Template {
	return []Template{
		{"hello", "the smallest function: greets the name in its data"},
		{"echo", "gives its JSON back, with what was seen of it"},
		{"scheduled", "a job for a schedule, on the hour before it was due"},
		{"secrets", "uses a secret and an environment variable"},
		{"notebook", "a notebook whose handle is deployed"},
	}
}

// Find returns the template of a name; the error names those there are.
func Find(name string) (Template, error) {
	var names []string
	for _, t := range All() {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return Template{}, &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("no template %q", name), Hint: "there are " + strings.Join(names, ", ")}
}

// Write puts the template's files into a folder, which is made, or is empty, and
// returns what is to be deployed: that folder, or the notebook in it. A folder that
// holds something is an error of CodeConflict.
func (t Template) Write(folder string) (deploy string, err error) {
	folder, err = filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", folder, err)
	}
	made, err := emptyFolder(folder)
	if err != nil {
		return "", err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", folder, err)
	}
	defer func() { _ = root.Close() }() // the files in it are closed
	deploy = folder
	from := path.Join("files", t.Name)
	entries, err := embedded.ReadDir(from)
	for _, entry := range entries {
		if err == nil {
			err = put(root, path.Join(from, entry.Name()), entry.Name())
		}
		if strings.HasSuffix(entry.Name(), pack.NotebookSuffix) {
			deploy = filepath.Join(folder, entry.Name())
		}
	}
	if err != nil {
		for _, entry := range entries {
			_ = root.Remove(entry.Name()) // The folder was empty: what is there is ours.
		}
		if made {
			_ = os.Remove(folder) // As above; the folder itself was not there.
		}
		return "", fmt.Errorf("write the template %s: %w", t.Name, err)
	}
	return deploy, nil
}

// emptyFolder makes sure that a folder is there and empty.
func emptyFolder(folder string) (made bool, err error) {
	entries, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return false, fmt.Errorf("make the folder: %w", err)
		}
		return true, nil
	case err != nil:
		return false, fmt.Errorf("look at the folder: %w", err)
	case len(entries) > 0:
		return false, &client.Error{
			Code: client.CodeConflict, Message: folder + " is not empty, and nothing in it is overwritten",
			Hint: "name a folder that is empty or not there yet",
		}
	}
	return false, nil
}

func put(root *os.Root, from, name string) error {
	text, err := embedded.ReadFile(from)
	if err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}
