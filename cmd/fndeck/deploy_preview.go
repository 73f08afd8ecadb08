package main

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/pack"
	"fndeck/cmd/output"
	"fndeck/ui"
)

// previewObject is a preview as machines read it.
type previewObject struct {
	Name         string          `json:"name"`
	Root         string          `json:"root"`
	Entry        string          `json:"entry,omitempty"`
	TotalBytes   int64           `json:"totalBytes"`
	Requirements []string        `json:"requirements"`
	Files        []previewFile   `json:"files"`
	Ignored      []previewRule   `json:"ignored"`
	Findings     []findingObject `json:"findings"`
}

type previewFile struct {
	Path      string `json:"path"`
	SizeBytes int64  `json:"sizeBytes"`
	// Text is what was made of a notebook, empty for other files.
	Text string `json:"text,omitempty"`
}

type previewRule struct {
	Path string `json:"path"`
	Rule string `json:"rule"`
}

type findingObject struct {
	Level   string `json:"level"`
	Path    string `json:"path,omitempty"`
	Line    int    `json:"line,omitempty"`
	Message string `json:"message"`
}

// levelWord names a finding's level.
func levelWord(l pack.Level) string {
	switch l {
	case pack.Block:
		return "blocks"
	case pack.Confirm:
		return "asks"
	case pack.Warn:
		return "warns"
	}
	return fmt.Sprintf("level %d", int(l))
}

// dryRun packs as a deploy does, throws the archive away and prints what would
// be uploaded. Its exit code is that of the deploy's own checks: what is too
// large once it is packed is refused here too.
func (a *app) dryRun(ctx context.Context, name string, p pack.Preview, format string) error {
	blocked := len(p.Blocking()) > 0
	if !blocked {
		if _, err := p.Pack(ctx); err != nil {
			return err
		}
	}
	object := previewObject{Name: name, Root: p.Root, Entry: p.Entry, TotalBytes: p.TotalBytes, Requirements: []string{}, Files: []previewFile{}, Ignored: []previewRule{}, Findings: []findingObject{}}
	object.Requirements = append(object.Requirements, p.Requirements...)
	for _, f := range p.Files {
		object.Files = append(object.Files, previewFile{f.Path, f.SizeBytes, string(p.Made()[f.Path])})
	}
	for _, i := range p.Ignored {
		object.Ignored = append(object.Ignored, previewRule(i))
	}
	for _, f := range p.Findings {
		object.Findings = append(object.Findings, findingObject{levelWord(f.Level), f.Path, f.Line, f.Message})
	}
	if err := a.printPreview(object, format); err != nil {
		return err
	}
	if blocked {
		return &action.FindingsError{Preview: p}
	}
	return nil
}

// dryRedeploy is dryRun for a function that exists: where the backend makes plans it
// says too what a redeploy would do.
func (a *app) dryRedeploy(ctx context.Context, backend client.Backend, f client.Function, p pack.Preview, change client.SpecChange, format string) error {
	if len(p.Blocking()) == 0 {
		code, err := p.Pack(ctx)
		if err != nil {
			return err
		}
		plan, known, err := action.PlanOf(ctx, backend, f, code, change)
		if err != nil {
			return fmt.Errorf("redeploy %s: %w", f.Name, err)
		}
		for _, note := range plan.Notes {
			a.note("plan: %s", ui.Clean(note))
		}
		if known && plan.Schedules > 0 {
			a.note("plan: %s, one by one, with their data.", ui.Counted(plan.Schedules, "schedule")+" will move")
		}
		if len(plan.Steps) > 0 {
			a.note("plan: %s", ui.Clean(strings.Join(plan.Steps, ", ")))
		}
	}
	return a.dryRun(ctx, f.Name, p, format)
}

func (a *app) printPreview(p previewObject, format string) error {
	switch format {
	case output.JSON, output.YAML:
		return a.printer().Value(p, format)
	case output.JSONL, output.Name:
		return a.print(sheet{Rows: []row{{Name: p.Name, Value: p}}}, format)
	}
	entry := p.Entry
	if entry == "" {
		entry = "none found"
	}
	lines := [][]string{
		{"would upload", fmt.Sprintf("%s, files: %d, bytes: %d", p.Name, len(p.Files), p.TotalBytes)},
		{"entry", entry},
	}
	for _, r := range p.Requirements {
		lines = append(lines, []string{"requires", r})
	}
	for _, f := range p.Files {
		lines = append(lines, []string{"file", fmt.Sprintf("%s  %d bytes", ui.Clean(f.Path), f.SizeBytes)})
		for line := range strings.Lines(f.Text) {
			lines = append(lines, []string{"", strings.TrimRight(line, "\n")})
		}
	}
	for _, i := range p.Ignored {
		lines = append(lines, []string{"ignored", fmt.Sprintf("%s  by %s", ui.Clean(i.Path), ui.Clean(i.Rule))})
	}
	for _, f := range p.Findings {
		lines = append(lines, []string{f.Level, action.Place(pack.Finding{Path: f.Path, Line: f.Line, Message: f.Message}) + f.Message})
	}
	for _, line := range lines {
		line[1] = ui.Clean(line[1])
	}
	return a.write([]byte(a.printer().Layout(lines)))
}

// look previews code under the flags. Of a zip that holds a folder instead of
// its content it offers to take that folder as the root.
func (a *app) look(ctx context.Context, cmd *cobra.Command, from string, opts pack.Options, f deployFlags) (pack.Preview, error) {
	opts.Root = f.root
	p, err := scan(ctx, cmd, from, opts)
	if err == nil && p.IsZip && p.SuggestedRoot != "" {
		if !a.flags.yes && !a.canAsk() {
			a.note("--root %s takes that folder of the zip as its root", ui.Clean(p.SuggestedRoot))
			return p, nil
		}
		if err := a.ask(ctx, action.Check{Question: fmt.Sprintf("%s holds the folder %s instead of its content: take that as the root?", from, p.SuggestedRoot)}); err != nil {
			return p, err
		}
		opts.Root = p.SuggestedRoot
		p, err = scan(ctx, cmd, from, opts)
	}
	if err == nil && f.tryImport {
		err = p.CheckImport(ctx, opts.Python, opts.FunctionPath)
	}
	return p, err
}

// scan lists what a folder or zip would upload. A file that --include names and
// that is not among it is refused: it would be missed only once it runs.
func scan(ctx context.Context, cmd *cobra.Command, from string, opts pack.Options) (pack.Preview, error) {
	wanted := make([]string, 0, len(opts.TakeBack))
	for _, name := range opts.TakeBack {
		wanted = append(wanted, path.Clean(filepath.ToSlash(name)))
	}
	opts.TakeBack = wanted
	p, err := pack.Scan(ctx, from, opts)
	if err != nil {
		return p, err
	}
	for _, name := range wanted {
		taken := slices.ContainsFunc(p.Files, func(f pack.File) bool {
			return f.Path == name || strings.HasPrefix(f.Path, name+"/")
		})
		if !taken {
			return p, &client.Error{
				Code:    client.CodeInvalid,
				Message: fmt.Sprintf("--include %s: %s has no such file to upload", name, from),
				Hint:    cmd.CommandPath() + " --dry-run lists what is ignored, by the paths that --include takes",
			}
		}
	}
	return p, nil
}

// approve shows the findings of a preview and packs it, unless a finding blocks
// or a wanted yes is not given.
func (a *app) approve(ctx context.Context, p pack.Preview) (*client.Package, error) {
	for _, f := range p.Findings {
		a.note("%s: %s", levelWord(f.Level), ui.Clean(action.Place(f)+f.Message))
	}
	if len(p.Blocking()) > 0 {
		return nil, &action.FindingsError{Preview: p}
	}
	if len(p.NeedConfirmation()) > 0 {
		findings := &action.FindingsError{Preview: p}
		if !a.flags.yes && !a.canAsk() {
			return nil, &client.Error{Code: client.CodeInvalid, Message: findings.Error(), Hint: "--yes confirms it"}
		}
		if err := a.ask(ctx, action.Check{Question: findings.Error()}); err != nil {
			return nil, err
		}
	}
	code, err := p.Pack(ctx)
	if err != nil {
		return nil, err
	}
	return &code, nil
}
