package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/cmd/config"
	"fndeck/ui"
	"fndeck/views/standing"
)

// contextGroup is what is done to contexts.
func (a *app) contextGroup() *cobra.Command {
	group := &cobra.Command{
		Use: "context", Aliases: []string{"ctx", "contexts"}, Short: "The places where functions run, and who one is there",
		Long:    "A context is a backend, an address and an identity under a name. local is the\nengine of this machine. Others stand in config.yaml under contexts, or have a file\nof their own in config.d beside it, which is what add writes and rm removes.",
		Example: "  fndeck context ls\n  fndeck context use prod",
		RunE:    needsCommand,
	}
	group.AddCommand(a.contextList(), a.contextUse(), a.contextAdd(), a.contextTest(), a.contextRemove())
	return group
}

func (a *app) contextList() *cobra.Command {
	return &cobra.Command{
		Use: "ls", Aliases: []string{"list", "get"}, Short: "List the contexts, with who is signed in", Args: between(0, 1),
		Example: "  fndeck context ls\n  fndeck context ls prod -o yaml", ValidArgsFunction: a.completeContexts,
		RunE: a.printContexts,
	}
}

// printContexts lists the contexts, or the one that is named.
func (a *app) printContexts(cmd *cobra.Command, names []string) error {
	format, err := a.format(cmd.CommandPath())
	if err != nil {
		return err
	}
	s, err := a.contextSheet(names)
	if err != nil {
		return err
	}
	return a.print(s, format)
}

// contextFacts is a context as `-o json` prints it.
type contextFacts struct {
	Name      string `json:"name"`
	Current   bool   `json:"current"`
	Backend   string `json:"backend"`
	BaseURL   string `json:"baseUrl,omitempty"`
	Project   string `json:"project,omitempty"`
	Cloud     string `json:"cloud,omitempty"`
	Flow      string `json:"flow,omitempty"`
	SignedIn  string `json:"signedIn"`
	Protected bool   `json:"protected"`
	ReadOnly  bool   `json:"readOnly"`
	File      string `json:"file,omitempty"`
	Fault     string `json:"fault,omitempty"`
}

func (a *app) contextSheet(names []string) (sheet, error) {
	current, err := a.chosen()
	if err != nil {
		return sheet{}, err
	}
	c, err := a.configuration()
	if err != nil {
		return sheet{}, err
	}
	all := c.Contexts
	if len(names) > 0 {
		x, err := findContext(c, names[0])
		if err != nil {
			return sheet{}, err
		}
		all = []config.Context{x}
	}
	s := sheet{Header: []string{"NAME", "", "BACKEND", "PROJECT", "SIGNED IN", "MODE", "HOST"}}
	for _, x := range all {
		f := a.contextFactsOf(x)
		f.Current = x.Name == current.Name
		mark, mode := "", "open"
		if f.Current {
			mark = "*"
		}
		switch {
		case x.Fault != nil:
			mode = "broken"
		case x.ReadOnly:
			mode = "read-only"
		case x.Protected:
			mode = "protected"
		}
		s.Rows = append(s.Rows, row{Key: x.Name, Name: x.Name, Value: f, Cells: []string{f.Name, mark, f.Backend, f.Project, f.SignedIn, mode, f.BaseURL}})
	}
	return s, nil
}

func (a *app) contextFactsOf(x config.Context) contextFacts {
	f := contextFacts{
		Name: x.Name, Backend: x.Backend, BaseURL: x.BaseURL, Project: x.Project, Cloud: x.Cloud, Flow: string(x.Identity.Flow),
		Protected: x.Protected, ReadOnly: x.ReadOnly, File: x.File,
	}
	status, err := a.identityOf(x)
	switch {
	case x.Fault != nil:
		f.Fault, f.SignedIn = client.Explain(x.Fault).Sentence, "cannot be used: "+client.Explain(x.Fault).Sentence
	case x.Backend == config.BackendEmbedded:
		f.SignedIn = "not needed"
	case err != nil:
		f.SignedIn = client.Explain(err).Sentence
	default:
		f.SignedIn = action.SignedIn(status, a.now())
	}
	return f
}

// identityOf is how the identity of a context stands, without asking anybody.
func (a *app) identityOf(x config.Context) (auth.Status, error) {
	desk, err := a.contextDesk()
	if err != nil {
		return auth.Status{}, err
	}
	return desk.Status(x)
}

func (a *app) contextUse() *cobra.Command {
	return &cobra.Command{
		Use: "use NAME", Short: "Choose the context that is taken where none is named", Args: between(1, 1),
		Long:    "Chooses the context of commands without --context and FNDECK_CONTEXT, and the one that a\nconsole begins in. A protected context still has to be named where --yes is to be an answer.",
		Example: "  fndeck context use prod\n  fndeck context use local", ValidArgsFunction: a.completeContexts,
		RunE: func(_ *cobra.Command, args []string) error {
			path, x, err := a.namedContextOf(args[0])
			if err != nil {
				return err
			}
			if err := config.SetCurrent(path, x.Name); err != nil {
				return err
			}
			a.note("from now on: %s", x.Name)
			return nil
		},
	}
}

// namedContextOf returns a context, and the configuration that it belongs to.
func (a *app) namedContextOf(name string) (path string, x config.Context, err error) {
	c, err := a.configuration()
	if err != nil {
		return "", x, err
	}
	if path, err = a.placedConfig(); err != nil {
		return "", x, err
	}
	x, err = findContext(c, name)
	return path, x, err
}

// placedConfig is where the configuration is, or would be.
func (a *app) placedConfig() (string, error) {
	path, _ := a.configPath()
	if path == "" {
		return "", &client.Error{Code: client.CodeInvalid, Message: "there is no place for a configuration", Hint: "set HOME, XDG_CONFIG_HOME or FNDECK_CONFIG_DIR"}
	}
	return path, nil
}

const contextAddExample = `  fndeck context add prod cluster=westeurope-1 project=acme-prod cloud=azure protected=true \
    auth.flow=device_code auth.tenant=acme.example auth.client_id=00000000-0000-0000-0000-000000000000
  fndeck context add ci base_url=https://api.cognitedata.com project=acme \
    auth.flow=client_secret auth.token_url=https://issuer.example/token \
    auth.client_id=svc auth.client_secret=env:ACME_SECRET auth.audience=https://api.cognitedata.com
  fndeck context add token base_url=https://api.cognitedata.com project=acme auth.flow=token auth.token=cmd:my-token`

func (a *app) contextAdd() *cobra.Command {
	return &cobra.Command{
		Use: "add NAME KEY=VALUE...", Short: "Add a context, in a file of its own", Args: between(2, -1), Example: contextAddExample,
		Long: "Adds a context. Its keys are those of the configuration:\n  " + strings.Join(config.ContextKeys(), "\n  ") +
			"\n\nA secret is named, never written: env:NAME, file:/path or cmd:program. Command lines\ncan be read by other users of this machine. What each key means: docs/cognite.md.",
		ValidArgsFunction: completeContextKeys,
		RunE: func(_ *cobra.Command, args []string) error {
			path, err := a.placedConfig()
			if err != nil {
				return err
			}
			c, err := a.configuration()
			if err != nil {
				return err
			}
			if known, ok := c.Context(args[0]); ok {
				return &client.Error{Code: client.CodeConflict, Message: fmt.Sprintf("context %s is there already", known.Name), Hint: "fndeck context rm " + known.Name + " removes it"}
			}
			pairs, err := contextPairs(args[1:])
			if err != nil {
				return err
			}
			x, err := config.WriteContext(path, args[0], pairs, a.env)
			if err != nil {
				return err
			}
			a.note("added %s: %s", x.Name, ui.Clean(x.File))
			next := "fndeck context test " + x.Name
			if x.Identity.Flow.Interactive() {
				next = "fndeck auth login " + x.Name
			}
			a.note("next: %s", next)
			return nil
		},
	}
}

// contextPairs reads KEY=VALUE arguments. A secret among them is refused: it would
// have been seen already.
func contextPairs(args []string) ([]config.Pair, error) {
	var pairs []config.Pair
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok || value == "" {
			return nil, client.Invalidf("%q is not KEY=VALUE, such as project=acme", arg)
		}
		if strings.HasPrefix(value, "inline:") {
			return nil, &client.Error{Code: client.CodeInvalid, Message: key + " is visible to every user of this machine", Hint: "name the secret: env:NAME, file:/path or cmd:program"}
		}
		pairs = append(pairs, config.Pair{Key: key, Value: value})
	}
	return pairs, nil
}

func (a *app) contextTest() *cobra.Command {
	return &cobra.Command{
		Use: "test [NAME]", Short: "Sign in, ask the backend something small, and say what it is allowed", Args: between(0, 1),
		Example: "  fndeck context test prod", ValidArgsFunction: a.completeContexts,
		RunE: func(cmd *cobra.Command, args []string) error {
			x, err := a.argumentOrChosen(args)
			if err != nil {
				return err
			}
			backend, err := a.open(cmd.Context(), x, false)
			if err != nil {
				return err
			}
			defer func() { _ = backend.Close() }() // only read from
			return a.testContext(cmd.Context(), x, backend)
		},
	}
}

// testContext asks a backend for its functions, which every identity that is good
// for anything may read.
func (a *app) testContext(ctx context.Context, x config.Context, backend client.Backend) error {
	began := a.now()
	all, err := backend.Functions(ctx)
	if err != nil {
		return err
	}
	a.note("%s answered in %s, functions: %d", x.Name, ui.Duration(a.now().Sub(began)), len(all))
	status, err := a.identityOf(x)
	if err != nil || x.Backend == config.BackendEmbedded {
		return err
	}
	a.note("signed in: %s", ui.Clean(action.SignedIn(status, a.now())))
	for _, text := range standing.Skews(backend, status, true) {
		a.note("%s: tokens and schedules go by it", text)
	}
	return nil
}

// argumentOrChosen is the context that an argument names, or the chosen one.
func (a *app) argumentOrChosen(args []string) (config.Context, error) {
	if len(args) == 0 {
		return a.chosen()
	}
	c, err := a.configuration()
	if err != nil {
		return config.Context{}, err
	}
	return findContext(c, args[0])
}

func (a *app) contextRemove() *cobra.Command {
	return &cobra.Command{
		Use: "rm NAME", Aliases: []string{"remove", "delete"}, Short: "Remove a context that has a file of its own", Args: between(1, 1),
		Long:    "Removes the file of a context. What was deployed there stays there, and so does what this\nmachine keeps of it; one who is signed in stays so: fndeck auth logout comes before.",
		Example: "  fndeck context rm prod --yes", ValidArgsFunction: a.completeContexts,
		RunE: func(cmd *cobra.Command, args []string) error {
			path, x, err := a.namedContextOf(args[0])
			if err != nil {
				return err
			}
			if err := a.ask(cmd.Context(), removalCheck(x)); err != nil {
				return err
			}
			if err := config.RemoveContext(path, x); err != nil {
				return err
			}
			current, err := config.Current(path)
			if err == nil && current == x.Name {
				err = config.SetCurrent(path, config.LocalContext)
			}
			a.note("removed %s; what was deployed there stays there", x.Name)
			return err
		},
	}
}

// completeContexts offers the names of the contexts.
func (a *app) completeContexts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	c, err := a.configuration()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Sorted(slices.Values(c.ContextNames())), cobra.ShellCompDirectiveNoFileComp
}

// completeContextList is completeContexts where several are named with commas: what
// stands before the last one stays, and is not offered again.
func (a *app) completeContextList(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	names, directive := a.completeContexts(cmd, args, typed)
	before := typed[:strings.LastIndex(typed, ",")+1]
	taken := strings.Split(before, ",")
	var offers []string
	for _, name := range names {
		if !slices.Contains(taken, name) {
			offers = append(offers, before+name)
		}
	}
	return offers, directive
}

// completeContextKeys offers the keys of a context after its name.
func completeContextKeys(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var keys []string
	for _, key := range config.ContextKeys() {
		keys = append(keys, key+"=")
	}
	return keys, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}
