package contexts

import (
	"context"
	"strings"
	"sync"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/several"
	"fndeck/cmd/config"
	"fndeck/views/standing"
)

// Board offers the contexts of a configuration to the console. It is safe for
// concurrent use.
type Board struct {
	Desk *Desk
	// Marks are what the operator has said of a context.
	Marks func(config.Context) action.Marks
	// Archives has the calls of opened projects kept on this machine, see ArchiveDue.
	Archives bool
	// Path is the configuration file, beside which contexts are written that are
	// added; empty where there is no place for one.
	Path string

	mu     sync.Mutex
	config *config.Config
	open   map[string]*action.Guarded
	// beside are contexts shown as one, by their names.
	beside map[string]*several.Backend
}

var _ standing.Contexts = (*Board)(nil)

// NewBoard makes the board of a configuration.
func NewBoard(desk *Desk, c *config.Config, marks func(config.Context) action.Marks) *Board {
	return &Board{Desk: desk, Marks: marks, config: c, open: map[string]*action.Guarded{}, beside: map[string]*several.Backend{}}
}

// Keep has the backend of a context, which was opened before, handed out.
func (b *Board) Keep(name string, backend *action.Guarded) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open[name] = backend
}

// Follow takes a changed configuration: its marks are in force at once, also for
// what is open.
func (b *Board) Follow(c *config.Config) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.config = c
	for _, x := range c.Contexts {
		if backend, open := b.open[x.Name]; open {
			backend.Mark(b.Marks(x))
		}
	}
}

// context returns a context of the configuration as it is now.
func (b *Board) context(name string) (config.Context, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x, ok := b.config.Context(name)
	if !ok {
		return x, &client.Error{Code: client.CodeNotFound, Message: "no context is called " + name, Hint: "there are " + strings.Join(b.config.ContextNames(), ", ")}
	}
	return x, nil
}

// All implements standing.Contexts.
func (b *Board) All() ([]standing.Context, error) {
	b.mu.Lock()
	all := b.config.Contexts
	b.mu.Unlock()
	rows := make([]standing.Context, 0, len(all))
	for _, x := range all {
		rows = append(rows, b.stand(x))
	}
	return rows, nil
}

// stand says how a context stands.
func (b *Board) stand(x config.Context) standing.Context {
	m := b.Marks(x)
	c := standing.Context{
		Description: client.Description{Kind: x.Backend, Name: x.Name, Endpoint: x.BaseURL, Protected: m.Protected, Locked: m.ReadOnly},
		Fault:       x.Fault,
		Fixed:       b.fixed(x),
	}
	if x.Backend == config.BackendEmbedded {
		c.Endpoint = b.Desk.StateDir
	}
	b.mu.Lock()
	backend, open := b.open[x.Name]
	b.mu.Unlock()
	if open {
		c.Description, c.Trace = backend.Describe(), backend.Trace()
	}
	if x.Fault == nil {
		c.Status, c.Fault = b.Desk.Status(x)
	}
	c.NoSignIn = noSignIn(x, c.Fault)
	return c
}

// noSignIn is why nobody signs in to a context, "" if a person does.
func noSignIn(x config.Context, fault error) string {
	switch {
	case fault != nil:
		return client.Explain(fault).Sentence
	case x.Backend == config.BackendEmbedded:
		return "the local engine needs no sign-in"
	case !x.Identity.Flow.Interactive():
		return x.Name + " signs in by itself, by " + strings.ReplaceAll(string(x.Identity.Flow), "_", " ")
	}
	return ""
}

// Open implements standing.Contexts. A name with commas is that of several contexts,
// which are shown as one.
func (b *Board) Open(ctx context.Context, name string) (standing.Opened, error) {
	if names := client.SplitContexts(name); len(names) > 1 {
		return b.openSeveral(ctx, name, names)
	}
	x, err := b.context(name)
	if err != nil {
		return standing.Opened{}, err
	}
	b.mu.Lock()
	guarded, open := b.open[name]
	b.mu.Unlock()
	if !open {
		backend, err := b.Desk.Open(ctx, x, false)
		if err != nil {
			return standing.Opened{}, err
		}
		guarded = b.keepFirst(name, action.Guard(backend, b.Marks(x)))
		b.KeepHistory(ctx, name)
	}
	return standing.Opened{Backend: guarded, Lost: guarded.Lost}, nil
}

func (b *Board) openSeveral(ctx context.Context, name string, names []string) (standing.Opened, error) {
	var parts []several.Part
	for _, one := range names {
		opened, err := b.Open(ctx, one)
		if err != nil {
			return opened, err
		}
		parts = append(parts, several.Part{Name: one, Backend: opened.Backend})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.beside[name] == nil {
		b.beside[name] = several.New(parts, b.Desk.Clock, several.Patience)
	}
	return standing.Opened{Backend: b.beside[name]}, nil
}

// KeepHistory keeps, in the background and until ctx ends, what the project of an open
// context forgets, if that is due. What fails shows in the list of requests.
func (b *Board) KeepHistory(ctx context.Context, name string) {
	x, err := b.context(name)
	b.mu.Lock()
	backend, open := b.open[name]
	b.mu.Unlock()
	if err != nil || !open || !b.Archives || x.Backend == config.BackendEmbedded || b.Marks(x).ReadOnly != "" {
		return
	}
	go func() { _ = ArchiveDue(ctx, b.Desk.projectDir(x), b.Desk.Clock(), backend) }()
}

// keepFirst keeps a backend unless one was opened meanwhile, and returns the kept.
func (b *Board) keepFirst(name string, backend *action.Guarded) *action.Guarded {
	b.mu.Lock()
	defer b.mu.Unlock()
	if first, open := b.open[name]; open {
		_ = backend.Close() // Nothing was done with it.
		return first
	}
	b.open[name] = backend
	return backend
}

// SignIn implements standing.Contexts.
func (b *Board) SignIn(ctx context.Context, name string, show func(auth.Prompt)) error {
	x, err := b.context(name)
	if err != nil {
		return err
	}
	return b.Desk.SignIn(ctx, x, b.Desk.Flow(x), show)
}

// SignOut implements standing.Contexts.
func (b *Board) SignOut(ctx context.Context, name string) error {
	x, err := b.context(name)
	if err != nil {
		return err
	}
	return b.Desk.SignOut(ctx, x)
}

// Close closes what was opened.
func (b *Board) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, backend := range b.beside {
		_ = backend.Close() // It ends what is still being read.
	}
	for _, backend := range b.open {
		_ = backend.Close() // It ends no call and no deploy.
	}
}
