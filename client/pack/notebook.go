package pack

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"fndeck/client"
)

// NotebookSuffix ends the names of notebooks.
const NotebookSuffix = ".ipynb"

// notebookScript takes handle out of the cells that it gets on stdin and never
// runs them.
//
//go:embed notebook.py
var notebookScript string

const (
	// maxNotebookBytes bounds a notebook; most of one is pictures in its outputs.
	maxNotebookBytes = 256_000_000
	// maxCells and maxCellBytes bound the code that is looked at.
	maxCells     = 10_000
	maxCellBytes = 8 << 20
)

// codeCell is a cell of code. Number counts all cells from 1.
type codeCell struct {
	Number int    `json:"number"`
	Source string `json:"source"`
}

// taken is what the script found: handle alone, and what that lacks.
type taken struct {
	Cell         int           `json:"cell"`
	Line         int           `json:"line"`
	Source       string        `json:"source"`
	Requirements string        `json:"requirements"`
	Missing      []missingName `json:"missing"`
	Error        *struct {
		Message string `json:"message"`
		Cell    int    `json:"cell"`
		Line    int    `json:"line"`
	} `json:"error"`
}

// missingName is a name that handle uses and does not have outside the
// notebook; DefinedCell is 0 if no cell defines it.
type missingName struct {
	Name        string `json:"name"`
	Cell        int    `json:"cell"`
	Line        int    `json:"line"`
	DefinedCell int    `json:"definedCell"`
	DefinedLine int    `json:"definedLine"`
}

// scanNotebook previews what of a notebook would be uploaded: the function
// handle alone, as handler.py, and the requirements in its docstring, as the
// Cognite SDK does with a function that it is given.
func (p *Preview) scanNotebook(ctx context.Context, opts Options) error {
	cells, err := openNotebook(p.Root)
	if err != nil {
		return err
	}
	if opts.FunctionPath != "" && opts.FunctionPath != defaultEntry {
		p.add(Block, "", 0, "the function path is %s: the function of a notebook is always in %s", shorten(opts.FunctionPath), defaultEntry)
	}
	python := opts.Python
	if python == "" {
		python = "python3"
	}
	found, err := takeHandle(ctx, python, cells)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return &client.Error{Code: client.CodeInvalid, Message: fmt.Sprintf("%s was not read: %v", filepath.Base(p.Root), err), Hint: "reading a notebook needs Python 3.9 or newer: install python3", Err: err}
	}
	name := filepath.Base(p.Root)
	if found.Error != nil {
		p.add(Block, cellPath(name, found.Error.Cell), found.Error.Line, "%s", found.Error.Message)
		return nil
	}
	p.made = memory{defaultEntry: []byte(found.Source)}
	if found.Requirements != "" {
		p.made[requirementsFile] = []byte(found.Requirements)
	}
	for file, text := range p.made {
		p.Files = append(p.Files, File{file, int64(len(text))})
		p.TotalBytes += int64(len(text))
	}
	for _, m := range found.Missing {
		p.add(Block, cellPath(name, m.Cell), m.Line, "%s", m.sentence())
	}
	if err := p.inspect(ctx, p.made, opts); err != nil {
		return err
	}
	p.relocate(name, found)
	return nil
}

// cellPath names a cell in findings.
func cellPath(notebook string, cell int) string {
	if cell == 0 {
		return notebook
	}
	return fmt.Sprintf("%s cell %d", notebook, cell)
}

func (m missingName) sentence() string {
	if m.DefinedCell == 0 {
		return fmt.Sprintf("handle uses %s, which nothing in the notebook defines: define or import it inside handle", m.Name)
	}
	return fmt.Sprintf("handle uses %s, which is defined outside it (cell %d line %d) and would not be uploaded: define or import it inside handle", m.Name, m.DefinedCell, m.DefinedLine)
}

// relocate turns places in the handler.py that was made into places in the
// notebook. What the missing names say already is not said twice.
func (p *Preview) relocate(name string, found taken) {
	kept := p.Findings[:0]
	for _, f := range p.Findings {
		if f.Path == defaultEntry {
			if strings.Contains(f.Message, "in an annotation is not defined") {
				continue
			}
			f.Path = cellPath(name, found.Cell)
			if f.Line > 0 {
				f.Line += found.Line - 1
			}
		}
		kept = append(kept, f)
	}
	p.Findings = kept
}

// memory is a source of files that were made here.
type memory map[string][]byte

func (m memory) read(_ context.Context, path string, limit int64) ([]byte, error) {
	if int64(len(m[path])) > limit {
		return nil, errTooLarge
	}
	return m[path], nil
}

// Made returns the text of the files that were made from a notebook, by path;
// nil for a folder or a zip.
func (p Preview) Made() map[string][]byte { return p.made }

// openNotebook reads the code of a notebook. O_NONBLOCK keeps a named pipe that
// has taken the file's place from holding it.
func openNotebook(path string) ([]codeCell, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open the notebook: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, maxNotebookBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the notebook: %w", err)
	}
	cells, err := readNotebook(text)
	return cells, refused(filepath.Base(path), err)
}

// takeHandle has an interpreter find handle in the cells.
func takeHandle(ctx context.Context, python string, cells []codeCell) (taken, error) {
	input, err := json.Marshal(cells)
	if err != nil {
		return taken{}, err
	}
	return askPython[taken](ctx, python, notebookScript, input)
}
