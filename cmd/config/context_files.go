package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fndeck/auth"
	"fndeck/client"
)

// contextLimitBytes bounds the file of one context.
const contextLimitBytes = 64 << 10

// contextExtension is that of the files of contexts.
const contextExtension = ".yaml"

// ContextsDir is where the contexts lie that have a file each, beside the
// configuration file: config.d beside config.yaml. A program may write there; the
// configuration file is the operator's alone.
func ContextsDir(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ".d"
}

// contextFiles lists the files of contexts; none where there is no folder.
func contextFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if filepath.Ext(e.Name()) == contextExtension {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

// readContexts adds the contexts of a folder. One that cannot be read is there all
// the same and says why: the others are not kept from work.
func (c *Config) readContexts(dir string, env func(string) string) error {
	paths, err := contextFiles(dir)
	if err != nil || len(paths) == 0 {
		return err
	}
	if err := OwnDir(dir); err != nil {
		return err
	}
	for _, path := range paths {
		x, err := readContext(path, env)
		if err != nil {
			x.Fault = err
		}
		if err := c.add(x); err != nil {
			x.Name, x.Fault = filepath.Base(path), err
			c.Contexts = append(c.Contexts, x)
		}
	}
	return nil
}

// readContext reads the file of one context, whose name is the file's.
func readContext(path string, env func(string) string) (Context, error) {
	name := filepath.Base(path)
	x := Context{Name: strings.TrimSuffix(name, contextExtension), Backend: BackendCognite, File: path, Place: name}
	if err := CheckContextName(x.Name); err != nil {
		x.Name = name // What it would be called is no context's, or another's.
		return x, client.Invalidf("%s: a file here is named after its context: %s", path, err)
	}
	data, private, err := OwnFile(path, contextLimitBytes)
	if err != nil {
		return x, err
	}
	err = ParseContext(&x, name, data, env)
	if err == nil && (!private || linked(path)) {
		err = x.unsafe(path)
	}
	return x, err
}

// ParseContext reads the text of a context's file of that name into x.
func ParseContext(x *Context, name string, data []byte, env func(string) string) error {
	docs, err := documents(name, data)
	if err != nil {
		return err
	}
	r := reader{name: name, file: x.File, env: env, config: Default()}
	for _, body := range docs {
		if err := r.contextKeys(x, "", body); err != nil {
			return err
		}
	}
	if why := x.lacking(); why != "" {
		return client.Invalidf("%s: %s", name, why)
	}
	return nil
}

// unsafe refuses a secret that stands in a file which others can read.
func (x Context) unsafe(path string) error {
	id := x.Identity
	inline := slices.ContainsFunc([]auth.Reference{id.ClientSecret, id.Token, id.CertificatePassword, id.UserAssertion}, auth.Reference.Inline)
	if !inline && !HasUserinfo(x.Network.Proxy) {
		return nil
	}
	return exposed(path, "holds a secret of context "+x.Name)
}
