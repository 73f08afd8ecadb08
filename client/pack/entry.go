package pack

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

const (
	// defaultEntry is the entry file where none is named.
	defaultEntry = "handler.py"
	// maxSourceBytes bounds what is read of the entry file and requirements.
	maxSourceBytes = 1 << 20
)

// allowedArguments are what a handle may name; it is called by keyword with
// those that it does (Cognite Functions, "The function definition").
var allowedArguments = []string{"client", "data", "function_call_info", "secrets"}

// handleKind is what a module binds to the name handle at its top level.
type handleKind string

const (
	handleNone     handleKind = "none"
	handleDef      handleKind = "def"
	handleAsync    handleKind = "async"
	handleAssign   handleKind = "assign"
	handleImported handleKind = "import"
)

// module is what is known of the entry file. The last binding of handle counts.
type module struct {
	Kind   handleKind  `json:"kind"`
	Line   int         `json:"line"`
	Params []parameter `json:"params"`
	// Error is a syntax error, which only a real parser finds.
	Error *struct {
		Message string `json:"message"`
		Line    int    `json:"line"`
	} `json:"error"`
	// Undefined are names in annotations that nothing in the file defines.
	Undefined []struct {
		Name string `json:"name"`
		Line int    `json:"line"`
	} `json:"undefined"`
}

// parameter is one argument of handle. Kind is plain, positional-only,
// keyword-only, "*" or "**".
type parameter struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Default bool   `json:"default"`
}

// checkEntryPoint finds the entry file and checks its handle.
func (p *Preview) checkEntryPoint(ctx context.Context, src source, opts Options) error {
	entry := opts.FunctionPath
	if entry == "" {
		entry = defaultEntry
	}
	clean, fault := cleanName(entry)
	switch {
	case fault != "":
		p.add(Block, "", 0, "the function path %s %s", shorten(entry), fault)
		return nil
	case !strings.HasSuffix(clean, ".py"):
		p.add(Block, "", 0, "the function path %s does not end in .py", shorten(entry))
		return nil
	case !p.has(clean):
		p.missingEntry(clean)
		return nil
	}
	text, err := src.read(ctx, clean, maxSourceBytes)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errTooLarge):
		p.add(Warn, clean, 0, "is larger than %s and was not checked", byteCount(maxSourceBytes))
		return nil
	case err != nil:
		p.add(Block, clean, 0, "cannot be read: %v", reason(err))
		return nil
	}
	found, err := p.readModule(ctx, clean, text, opts.Python)
	if err != nil {
		return err
	}
	p.judge(clean, found)
	return nil
}

// missingEntry says where the entry file is instead, as far as that shows.
func (p *Preview) missingEntry(entry string) {
	for _, ignored := range p.Ignored {
		if ignored.Path == entry || strings.HasSuffix(ignored.Path, "/") && strings.HasPrefix(entry, ignored.Path) {
			p.add(Block, entry, 0, "the entry file is left out by the rule %q", ignored.Rule)
			return
		}
	}
	var deeper []string
	wrapped := len(p.Files) > 0
	for _, f := range p.Files {
		top, rest, below := strings.Cut(f.Path, "/")
		if below && rest == entry {
			deeper = append(deeper, top)
		}
		first, _, _ := strings.Cut(p.Files[0].Path, "/")
		wrapped = wrapped && below && top == first
	}
	if len(deeper) != 1 {
		p.add(Block, entry, 0, "the entry file is missing")
		return
	}
	p.SuggestedRoot = deeper[0]
	offer := fmt.Sprintf("take %s as the root, or set the function path to %s", shorten(deeper[0]), path.Join(deeper[0], entry))
	if p.IsZip && wrapped {
		p.add(Block, entry, 0, "the entry file is missing: the zip holds the folder %s instead of its content; %s", shorten(deeper[0]), offer)
		return
	}
	p.add(Block, entry, 0, "the entry file is missing, there is one in the folder %s; %s", shorten(deeper[0]), offer)
}

// readModule asks the interpreter, or reads the lines if there is none.
func (p *Preview) readModule(ctx context.Context, entry string, text []byte, python string) (module, error) {
	if python != "" {
		found, err := parseWithPython(ctx, python, text)
		if err == nil {
			return found, nil
		}
		if ctx.Err() != nil {
			return module{}, ctx.Err()
		}
		p.add(Warn, entry, 0, "the syntax was not checked: %v", err)
	}
	return readLines(string(text)), nil
}

// judge turns what is known of the entry file into findings.
func (p *Preview) judge(entry string, m module) {
	if m.Error != nil {
		p.add(Block, entry, m.Error.Line, "syntax error: %s", m.Error.Message)
		return
	}
	for _, u := range m.Undefined {
		p.add(Warn, entry, u.Line, "%s in an annotation is not defined in this file: importing it fails before Python 3.14", u.Name)
	}
	switch m.Kind {
	case handleDef:
		p.judgeArguments(entry, m)
		p.Entry = fmt.Sprintf("%s:%d %s", entry, m.Line, signature(m.Params))
	case handleAssign:
		p.Entry = fmt.Sprintf("%s:%d handle", entry, m.Line)
	case handleAsync:
		p.add(Block, entry, m.Line, "handle must be synchronous: async def is never awaited")
	case handleImported:
		p.add(Block, entry, m.Line, "handle is only imported: define it here, or write handle = … after the import")
	default:
		p.add(Block, entry, 0, "has no function handle at its top level: write def handle(client, data)")
	}
}

func (p *Preview) judgeArguments(entry string, m module) {
	for _, a := range m.Params {
		switch {
		case a.Kind == "positional-only":
			p.add(Block, entry, m.Line, "handle takes %s by position only, but is called by name: remove the /", a.Name)
		case a.Kind == "*" || a.Kind == "**":
		case a.Kind == "keyword-only" && a.Default:
			// The services' own check passes it and the call does not need it.
		case !slices.Contains(allowedArguments, a.Name):
			p.add(Block, entry, m.Line, "handle takes %s: allowed are %s", a.Name, strings.Join(allowedArguments, ", "))
		}
	}
}

// signature is "handle(client, data, *, secrets)".
func signature(params []parameter) string {
	var parts []string
	starred := false
	for _, a := range params {
		switch a.Kind {
		case "*":
			starred = true
			parts = append(parts, "*"+a.Name)
		case "**":
			parts = append(parts, "**"+a.Name)
		case "keyword-only":
			if !starred {
				parts, starred = append(parts, "*"), true
			}
			parts = append(parts, a.Name)
		default:
			parts = append(parts, a.Name)
		}
	}
	return "handle(" + strings.Join(parts, ", ") + ")"
}
