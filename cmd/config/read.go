package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"fndeck/client"
	"fndeck/ui/near"
)

// configLimitBytes bounds the file: what is larger is no configuration.
const configLimitBytes = 1 << 20

// variable is a reference to the environment in a value: ${NAME}.
var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// Read reads the file at path; fs.ErrNotExist if there is none.
func Read(path string, env func(string) string) (*Config, error) {
	data, private, err := OwnFile(path, configLimitBytes)
	if err != nil {
		return nil, err
	}
	c, err := parse(path, data, env)
	if err != nil {
		return nil, err
	}
	private = private && !linked(path)
	if !private && HasUserinfo(c.Engine.IndexURL.Reveal()) {
		return nil, exposed(path, "engine.index_url holds a password")
	}
	for _, x := range c.Contexts {
		if err := x.unsafe(path); err != nil && !private {
			return nil, err
		}
	}
	return c, nil
}

// exposed is the error of a file that holds a secret where none may stand.
func exposed(path, holds string) error {
	e := &client.Error{Code: client.CodeInvalid, Message: path + " is readable by others and " + holds, Hint: "chmod 600 " + path}
	if linked(path) {
		e.Message, e.Hint = path+" is a symbolic link and "+holds, "secrets stand in no file that is kept elsewhere: env:, file: or cmd: names one, or put the file itself there"
	}
	return e
}

// linked reports whether path is a symbolic link: what it leads to is often kept with
// other files, and handed on with them.
func linked(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// OwnFile reads a regular file that only its owner can change, and says
// whether only the owner can read it. The file is opened without waiting, so
// that a FIFO in its place hangs nobody.
func OwnFile(path string, limitBytes int64) (data []byte, private bool, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, false, err
	}
	// Nothing was written: closing cannot lose anything.
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	if !info.Mode().IsRegular() {
		return nil, false, client.Invalidf("%s is not a regular file", path)
	}
	if err := own(path, info); err != nil {
		return nil, false, err
	}
	if info.Size() > limitBytes {
		return nil, false, client.Invalidf("%s has %d bytes: the limit is %d", path, info.Size(), limitBytes)
	}
	data, err = io.ReadAll(io.LimitReader(f, limitBytes))
	if err != nil {
		return nil, false, fmt.Errorf("read %s: %w", path, err)
	}
	return data, info.Mode().Perm()&0o077 == 0, nil
}

// OwnDir refuses a directory in which others could replace a file. One that
// does not exist is fine.
func OwnDir(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return own(path, info)
}

// own refuses what belongs to another user or can be changed by others, with
// the command that mends it.
func own(path string, info fs.FileInfo) error {
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return &client.Error{
			Code:    client.CodeInvalid,
			Message: fmt.Sprintf("%s belongs to user %d, not to you", path, owner.Uid),
			Hint:    fmt.Sprintf("sudo chown %d %s", os.Geteuid(), path),
		}
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return &client.Error{
			Code:    client.CodeInvalid,
			Message: fmt.Sprintf("%s can be changed by others (mode %04o)", path, mode),
			Hint:    "chmod go-w " + path,
		}
	}
	return nil
}

// parse turns the text of the file at path into settings. Every error says
// name:line:column.
func parse(path string, data []byte, env func(string) string) (*Config, error) {
	name := filepath.Base(path)
	docs, err := documents(name, data)
	if err != nil {
		return nil, err
	}
	r := reader{name: name, file: path, env: env, config: Default()}
	for _, body := range docs {
		if err := r.mapping("", body); err != nil {
			return nil, err
		}
	}
	if err := r.config.Engine.OIDC.check(); err != nil {
		return nil, client.Invalidf("%s: %s", name, err)
	}
	return r.config, nil
}

// documents returns what the one document of a file holds; nothing where the file
// is empty.
func documents(name string, data []byte) ([]ast.Node, error) {
	file, err := parser.ParseBytes(bytes.TrimPrefix(data, []byte("\ufeff")), 0)
	if err != nil {
		var y yaml.Error
		if errors.As(err, &y) && y.GetToken() != nil {
			at := y.GetToken().Position
			if indentedByTab(data, at.Line) {
				return nil, placed(name, at.Line, 1, "a tab stands before the first word: YAML indents with spaces only")
			}
			return nil, placed(name, at.Line, at.Column, "%s", firstLine(y.GetMessage()))
		}
		return nil, client.Invalidf("%s: %s", name, firstLine(err.Error()))
	}
	if len(file.Docs) > 1 {
		return nil, client.Invalidf("%s: a second document after ---: one is read", name)
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		bodies = append(bodies, doc.Body)
	}
	return bodies, nil
}

// indentedByTab reports whether a line, from 1, has a tab before its first word.
func indentedByTab(data []byte, line int) bool {
	lines := bytes.SplitN(data, []byte("\n"), line+1)
	if line < 1 || line > len(lines) {
		return false
	}
	text := lines[line-1]
	return bytes.ContainsRune(text[:len(text)-len(bytes.TrimLeft(text, " \t"))], '\t')
}

// reader walks the tree of a file.
type reader struct {
	// name is the file's in errors, file its path.
	name, file string
	env        func(string) string
	config     *Config
}

func placed(name string, line, column int, format string, args ...any) error {
	return client.Invalidf("%s:%d:%d: %s", name, line, column, fmt.Sprintf(format, args...))
}

func (r *reader) at(node ast.Node, format string, args ...any) error {
	if node.GetToken() == nil || node.GetToken().Position == nil {
		return client.Invalidf("%s: %s", r.name, fmt.Sprintf(format, args...))
	}
	at := node.GetToken().Position
	return placed(r.name, at.Line, at.Column, format, args...)
}

// mapping reads the keys below prefix, which ends in a dot unless it is empty.
func (r *reader) mapping(prefix string, node ast.Node) error {
	switch n := node.(type) {
	case nil:
		return nil
	case *ast.CommentGroupNode:
		return nil
	case *ast.MappingNode:
		for _, value := range n.Values {
			if err := r.value(prefix, value); err != nil {
				return err
			}
		}
		return nil
	case *ast.MappingValueNode:
		return r.value(prefix, n)
	}
	return r.at(node, "keys and values are expected here, such as zone: Europe/Oslo")
}

func (r *reader) value(prefix string, pair *ast.MappingValueNode) error {
	key := prefix + pair.Key.GetToken().Value
	if key == "keys" {
		return r.keys(pair.Value)
	}
	if key == "contexts" {
		return r.contexts(pair.Value)
	}
	if hasSection(key) {
		return r.mapping(key+".", pair.Value)
	}
	for _, s := range settingsTable {
		if s.key != key {
			continue
		}
		text, err := r.scalar(pair)
		if err != nil {
			return err
		}
		if err := s.take(r.config, text); err != nil {
			return r.at(pair.Value, "%s", err)
		}
		return nil
	}
	return r.unknown(pair.Key, strings.TrimPrefix(key, prefix), keysBelow(prefix))
}

// unknown is the error of a key that is none of the known ones.
func (r *reader) unknown(key ast.Node, word string, known []string) error {
	if meant := near.Word(word, known); meant != "" {
		return r.at(key, "unknown key %q, did you mean %q?", word, meant)
	}
	return r.at(key, "unknown key %q: known are %s", word, strings.Join(known, ", "))
}

// keys reads the section of the console's keys, whose names are the actions'.
func (r *reader) keys(node ast.Node) error {
	pairs, err := r.pairs(node, "actions and their keys are expected here, such as functions.redeploy: [r, f5]")
	if err != nil {
		return err
	}
	k := Bindings{Bound: map[string][]string{}, Places: map[string]string{}}
	for _, pair := range pairs {
		id, at := pair.Key.GetToken().Value, pair.Value.GetToken().Position
		k.Places[id] = fmt.Sprintf("%s:%d:%d", r.name, at.Line, at.Column)
		if id == "profile" {
			profile, err := r.scalar(pair)
			if err != nil {
				return err
			}
			k.Profile = profile
			continue
		}
		bound, err := r.list(pair)
		if err != nil {
			return err
		}
		k.Bound[id] = bound
	}
	r.config.Keys = k
	return nil
}

// list returns the texts of a list of plain values, or of one alone. Nothing in
// it refers to the environment: $ is a key.
func (r *reader) list(pair *ast.MappingValueNode) ([]string, error) {
	items := []ast.Node{pair.Value}
	if sequence, ok := pair.Value.(*ast.SequenceNode); ok {
		items = sequence.Values
	}
	texts := make([]string, 0, len(items))
	for _, item := range items {
		switch item.(type) {
		case *ast.StringNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode:
			texts = append(texts, item.GetToken().Value)
		default:
			return nil, r.at(item, "a key is expected for %s, such as r or ctrl+d; quote : [ ] and the like", pair.Key.GetToken().Value)
		}
	}
	return texts, nil
}

// scalar returns the text of a plain value with its references replaced.
func (r *reader) scalar(pair *ast.MappingValueNode) (string, error) {
	switch pair.Value.(type) {
	case *ast.StringNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode:
	case *ast.NullNode:
		return "", r.at(pair.Key, "%s has no value", pair.Key.GetToken().Value)
	default:
		return "", r.at(pair.Value, "one plain value is expected for %s", pair.Key.GetToken().Value)
	}
	unset := ""
	text := variable.ReplaceAllStringFunc(pair.Value.GetToken().Value, func(reference string) string {
		name := reference[len("${") : len(reference)-len("}")]
		value := r.env(name)
		if value == "" {
			unset = name
		}
		return value
	})
	if unset != "" {
		return "", r.at(pair.Value, "the environment variable %s is not set", unset)
	}
	return text, nil
}

// hasSection reports whether key holds further keys.
func hasSection(key string) bool { return len(keysBelow(key+".")) > 0 }

// keysBelow lists the keys directly below prefix, in the order of the table.
func keysBelow(prefix string) []string { return wordsBelow(Keys(), prefix) }

// wordsBelow lists the words that follow prefix in keys, each once.
func wordsBelow(keys []string, prefix string) []string {
	var words []string
	for _, key := range keys {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		word, _, _ := strings.Cut(rest, ".")
		if len(words) == 0 || words[len(words)-1] != word {
			words = append(words, word)
		}
	}
	return words
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// HasUserinfo reports whether a URL carries a user or a password. One that
// cannot be parsed is judged by the sign that would carry them.
func HasUserinfo(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return strings.Contains(raw, "@")
	}
	return u.User != nil
}
