package pack

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// notebookFile is the part of a notebook that matters here (nbformat 4.5,
// "The Notebook file format").
type notebookFile struct {
	Format   *int `json:"nbformat"`
	Metadata struct {
		Kernel struct {
			Language string `json:"language"`
		} `json:"kernelspec"`
		Language struct {
			Name string `json:"name"`
		} `json:"language_info"`
	} `json:"metadata"`
	Cells []struct {
		Type   string          `json:"cell_type"`
		Source json.RawMessage `json:"source"`
	} `json:"cells"`
}

// notebookFormat is the major version of the format that is read.
const notebookFormat = 4

// readNotebook returns the code cells of a notebook. Outputs, pictures and texts
// are passed over.
func readNotebook(text []byte) ([]codeCell, error) {
	if len(text) > maxNotebookBytes {
		return nil, overLimit("it has more than %s, the limit of a notebook", byteCount(maxNotebookBytes))
	}
	var file notebookFile
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, notANotebook(text, err)
	}
	switch {
	case file.Format == nil:
		return nil, refuse("it is no notebook: it has no nbformat")
	case *file.Format != notebookFormat:
		return nil, refuse("it has notebook format %d, only %d is read: open and save it in a newer Jupyter", *file.Format, notebookFormat)
	}
	for _, language := range []string{file.Metadata.Language.Name, file.Metadata.Kernel.Language} {
		if language != "" && !strings.EqualFold(language, "python") && !strings.EqualFold(language, "ipython") {
			return nil, refuse("its language is %s, not Python", shorten(language))
		}
	}
	cells := []codeCell{} // never null for the script
	total := 0
	for i, c := range file.Cells {
		if c.Type != "code" {
			continue
		}
		source, ok := cellSource(c.Source)
		if !ok {
			return nil, refuse("cell %d has a source that is no text", i+1)
		}
		total += len(source)
		cells = append(cells, codeCell{i + 1, source})
	}
	if len(cells) > maxCells || total > maxCellBytes {
		return nil, overLimit("it has %d cells with %s of code, the limits are %d and %s", len(cells), byteCount(int64(total)), maxCells, byteCount(maxCellBytes))
	}
	return cells, nil
}

// cellSource reads a source, which is one string or a list of lines.
func cellSource(raw json.RawMessage) (string, bool) {
	var whole string
	if json.Unmarshal(raw, &whole) != nil {
		var lines []string
		if json.Unmarshal(raw, &lines) != nil {
			return "", len(raw) == 0
		}
		whole = strings.Join(lines, "")
	}
	return strings.ReplaceAll(strings.ReplaceAll(whole, "\r\n", "\n"), "\r", "\n"), true
}

// notANotebook says where JSON ends to be JSON.
func notANotebook(text []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	at := int64(0)
	switch {
	case len(text) == 0:
		return refuse("the file is empty")
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	}
	before := text[:min(max(at, 0), int64(len(text)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	if kind != nil {
		return refuse("it is no notebook: line %d column %d does not hold what the format has there", line, column)
	}
	return refuse("it is no notebook: it is not JSON at line %d column %d", line, column)
}
