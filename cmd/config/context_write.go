package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/google/renameio/v2"

	"fndeck/auth/privatefile"
	"fndeck/client"
)

// Pair is a key of a context, such as auth.flow, and its text.
type Pair struct{ Key, Value string }

// WriteContext writes the file of a new context beside the configuration file at
// path, durably and for its owner alone, and returns where it is. Nothing is
// written unless it can be read back.
func WriteContext(path, name string, pairs []Pair, env func(string) string) (Context, error) {
	x := Context{Name: name, Backend: BackendCognite, Place: name + contextExtension}
	if err := CheckContextName(name); err != nil {
		return x, err
	}
	dir := ContextsDir(path)
	x.File = filepath.Join(dir, name+contextExtension)
	text, err := contextText(pairs)
	if err != nil {
		return x, err
	}
	if err := ParseContext(&x, "context "+name, text, env); err != nil {
		return x, err
	}
	if _, err := os.Lstat(x.File); !errors.Is(err, fs.ErrNotExist) {
		return x, &client.Error{Code: client.CodeConflict, Message: x.File + " is there already", Hint: "fndeck context rm " + name + " removes it", Err: err}
	}
	if err := place(dir); err != nil {
		return x, err
	}
	if err := renameio.WriteFile(x.File, text, 0o600, renameio.WithTempDir(dir)); err != nil {
		return x, fmt.Errorf("write context %s: %w", name, err)
	}
	return x, privatefile.SyncDir(dir)
}

// place makes the folder of contexts, for its owner alone.
func place(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &client.Error{
			Code: client.CodeFailed, Message: "the folder " + dir + " cannot be made: " + client.Explain(err).Sentence,
			Hint: "set FNDECK_CONFIG_DIR to a directory that you can write", Err: err,
		}
	}
	return OwnDir(dir)
}

// RemoveContext removes a context that has a file of its own. One that stands in
// the configuration file is the operator's to remove: the error says where.
func RemoveContext(path string, x Context) error {
	if filepath.Dir(x.File) != ContextsDir(path) {
		where := x.Place
		if where == "" {
			where = "the program itself"
		}
		return &client.Error{Code: client.CodeConflict, Message: fmt.Sprintf("context %s stands in %s", x.Name, where), Hint: "fndeck does not write that file: remove it there"}
	}
	if err := os.Remove(x.File); err != nil {
		return fmt.Errorf("remove context %s: %w", x.Name, err)
	}
	return privatefile.SyncDir(filepath.Dir(x.File))
}

// contextText is the file of a context. A list is written with commas.
func contextText(pairs []Pair) ([]byte, error) {
	var root yaml.MapSlice
	for i, p := range pairs {
		if slices.ContainsFunc(pairs[:i], func(q Pair) bool { return q.Key == p.Key }) {
			return nil, client.Invalidf("%s is given twice", p.Key)
		}
		var value any = p.Value
		if p.Key == scopesKey {
			value = strings.FieldsFunc(p.Value, func(r rune) bool { return r == ',' || r == ' ' })
		}
		root = nest(root, strings.Split(p.Key, "."), value)
	}
	return yaml.Marshal(root)
}

// nest puts a value below the words of its key.
func nest(below yaml.MapSlice, words []string, value any) yaml.MapSlice {
	if len(words) == 1 {
		return append(below, yaml.MapItem{Key: words[0], Value: value})
	}
	for i, item := range below {
		if section, ok := item.Value.(yaml.MapSlice); ok && item.Key == words[0] {
			below[i].Value = nest(section, words[1:], value)
			return below
		}
	}
	return append(below, yaml.MapItem{Key: words[0], Value: nest(nil, words[1:], value)})
}

// currentFile holds the name of the context that is taken where none is named.
const currentFile = "current"

// Current is the context that was chosen with SetCurrent, "" if none was.
func Current(path string) (string, error) {
	text, _, err := OwnFile(filepath.Join(ContextsDir(path), currentFile), contextLimitBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(text)), err
}

// SetCurrent chooses the context that is taken where none is named.
func SetCurrent(path, name string) error {
	dir := ContextsDir(path)
	if err := place(dir); err != nil {
		return err
	}
	if err := renameio.WriteFile(filepath.Join(dir, currentFile), []byte(name+"\n"), 0o600, renameio.WithTempDir(dir)); err != nil {
		return fmt.Errorf("choose context %s: %w", name, err)
	}
	return privatefile.SyncDir(dir)
}
