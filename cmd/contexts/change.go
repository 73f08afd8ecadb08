package contexts

import (
	"path/filepath"

	"fndeck/client"
	"fndeck/cmd/config"
	"fndeck/views/forms"
)

// Add implements standing.Contexts. Whoever reads the configuration next finds it.
func (b *Board) Add(name string, settings []forms.Setting) error {
	if b.Path == "" {
		return &client.Error{Code: client.CodeInvalid, Message: "there is no place for a configuration", Hint: "set HOME, XDG_CONFIG_HOME or FNDECK_CONFIG_DIR"}
	}
	b.mu.Lock()
	_, taken := b.config.Context(name)
	b.mu.Unlock()
	if taken {
		return &client.Error{Code: client.CodeConflict, Message: "context " + name + " is there already"}
	}
	pairs := make([]config.Pair, len(settings))
	for i, s := range settings {
		pairs[i] = config.Pair(s)
	}
	_, err := config.WriteContext(b.Path, name, pairs, b.Desk.Env)
	return err
}

// Remove implements standing.Contexts.
func (b *Board) Remove(name string) error {
	x, err := b.context(name)
	if err != nil {
		return err
	}
	if err := config.RemoveContext(b.Path, x); err != nil {
		return err
	}
	if current, err := config.Current(b.Path); err != nil || current != name {
		return err
	}
	return config.SetCurrent(b.Path, config.LocalContext)
}

// fixed is why a context cannot be removed from here, "" if it can.
func (b *Board) fixed(x config.Context) string {
	switch {
	case x.Name == config.LocalContext && x.File == "":
		return "local is the engine of this machine and always there"
	case b.Path == "" || filepath.Dir(x.File) != config.ContextsDir(b.Path):
		return x.Name + " stands in " + x.Place + ": remove it there"
	}
	return ""
}
