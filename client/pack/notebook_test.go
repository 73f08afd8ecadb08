package pack

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// writeNotebook makes a notebook whose code cells have these sources; a source
// that begins with "#md" becomes a cell of text.
func writeNotebook(t testing.TB, sources ...string) string {
	t.Helper()
	cells := []any{}
	for _, source := range sources {
		kind := "code"
		if strings.HasPrefix(source, "#md") {
			kind = "markdown"
		}
		cells = append(cells, map[string]any{"cell_type": kind, "source": strings.SplitAfter(source, "\n")})
	}
	text, err := json.Marshal(map[string]any{"nbformat": 4, "nbformat_minor": 5, "metadata": map[string]any{}, "cells": cells})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "report.ipynb")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

func TestOnlyTheLastHandleOfANotebookIsUploaded(t *testing.T) {
	path := writeNotebook(t,
		"#md\n# Title", "def handle(data):\n    return 'first'",
		"%load_ext x\n!pip install don't\nfiles = !ls\nimport os\n\n\ndef handle(client, data):\n    \"\"\"Says it.\n\n    [requirements]\n    numpy==1.26.4\n\n      pandas>=2\n    [/requirements]\n    \"\"\"\n    import numpy\n    text = (\"%s\"\n            % data)\n    return text, numpy\n\nprint(os)",
		"%%bash\ndef nothing", "handle(None, {}) +")
	for _, python := range []string{"", lookPython()} {
		p := scan(t, path, Options{Python: python})
		assert.Empty(t, messages(p.Findings))
		assert.Equal(t, "handler.py:1 handle(client, data)", p.Entry)
		assert.Equal(t, []string{"handler.py", "requirements.txt"}, paths(p.Files))
		assert.Equal(t, []string{"numpy==1.26.4", "pandas>=2"}, p.Requirements)
		assert.Equal(t, "numpy==1.26.4\npandas>=2\n", string(p.Made()["requirements.txt"]))
		text := string(p.Made()["handler.py"])
		assert.True(t, strings.HasPrefix(text, "def handle(client, data):\n"), text)
		assert.True(t, strings.HasSuffix(text, "    return text, numpy\n"), text)

		code, err := p.Pack(context.Background())
		require.NoError(t, err)
		assert.Equal(t, path, code.Folder, "a redeploy finds the notebook again")
		z, err := zip.NewReader(bytes.NewReader(code.Zip), int64(len(code.Zip)))
		require.NoError(t, err)
		require.Len(t, z.File, 2)
		again, err := scan(t, path, Options{}).Pack(context.Background())
		require.NoError(t, err)
		assert.Equal(t, code.SHA256, again.SHA256)
	}
}

func TestWhatHandleLacksOutsideItsNotebookIsNamedWithCellAndLine(t *testing.T) {
	const elsewhere = ") and would not be uploaded: define or import it inside handle"
	for name, c := range map[string]struct {
		cells []string
		want  []string
	}{
		"an import above": {
			[]string{"#md", "import pandas as pd", "def handle(data):\n    return pd.DataFrame(data)"},
			[]string{"report.ipynb cell 3:2: handle uses pd, which is defined outside it (cell 2 line 1" + elsewhere},
		},
		"a function and a constant": {
			[]string{"LIMIT = 3\ndef check(x):\n    return x < LIMIT\ndef handle(data):\n    if check(data):\n        return LIMIT"},
			[]string{
				"report.ipynb cell 1:5: handle uses check, which is defined outside it (cell 1 line 2" + elsewhere,
				"report.ipynb cell 1:6: handle uses LIMIT, which is defined outside it (cell 1 line 1" + elsewhere,
			},
		},
		"nothing defines it": {
			[]string{"def handle(data):\n    return display(data)"},
			[]string{"report.ipynb cell 1:2: handle uses display, which nothing in the notebook defines: define or import it inside handle"},
		},
		"an annotation": {
			[]string{"from cognite.client import CogniteClient", "def handle(client: CogniteClient | None = None, data=None):\n    return {}"},
			[]string{"report.ipynb cell 2:1: handle uses CogniteClient, which is defined outside it (cell 1 line 1" + elsewhere},
		},
		"a default": {
			[]string{"def handle(data=NOTHING):\n    return {}"},
			[]string{"report.ipynb cell 1:1: handle uses NOTHING, which nothing in the notebook defines: define or import it inside handle"},
		},
		"its own names, quoted and local annotations, builtins": {
			[]string{"def handle(client: 'CogniteClient', data):\n    import os\n    x: Series = [os.sep for y in data if y]\n    class A:\n        z = x\n    def inner(n):\n        return n and inner(n - 1) or handle\n    return A, inner, len(x), [q := 1], __name__"},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := scan(t, writeNotebook(t, c.cells...), Options{Python: lookPython()})
			assert.Equal(t, c.want, messages(p.Findings))
			assert.Len(t, p.Blocking(), len(c.want), "it is all said before anything is sent")
		})
	}
}

func TestANotebookWithoutAFunctionToTakeIsRefusedWithCellAndLine(t *testing.T) {
	for name, c := range map[string]struct {
		cells []string
		want  string
	}{
		"none":              {[]string{"x = 1"}, "report.ipynb: no code cell has a function handle at its top level: write def handle(client, data)"},
		"no cells":          {nil, "report.ipynb: no code cell has a function handle at its top level: write def handle(client, data)"},
		"nested":            {[]string{"if True:\n    def handle(data): pass"}, "report.ipynb cell 1:1: only a function can be taken from a notebook: write def handle"},
		"assigned":          {[]string{"y = 1", "\nhandle = lambda data: 1"}, "report.ipynb cell 2:2: only a function can be taken from a notebook: write def handle"},
		"async":             {[]string{"async def handle(data):\n    pass"}, "report.ipynb cell 1:1: handle must be synchronous: async def is never awaited"},
		"decorated":         {[]string{"@timed\n@cached\ndef handle(data):\n    pass"}, "report.ipynb cell 1:1: handle has a decorator, which would not be uploaded with it: call it inside handle"},
		"magic inside":      {[]string{"%time\ndef handle(data):\n    x = 1\n    !ls -l\n    return x"}, "report.ipynb cell 1:4: a line for the notebook's shell (%, ! or ?) cannot run in a function: take it out of handle"},
		"assigned magic":    {[]string{"def handle(data):\n    x = %sql SELECT 1\n    return x"}, "report.ipynb cell 1:2: a line for the notebook's shell (%, ! or ?) cannot run in a function: take it out of handle"},
		"cell magic":        {[]string{"%%time\ndef handle(data):\n    return 1"}, "report.ipynb cell 1:1: a cell with %%time is no Python: take it out of the cell that defines handle"},
		"syntax":            {[]string{"a = 1", "b = 2\ndef handle(data):\n    return )"}, "report.ipynb cell 2:3: syntax error: unmatched ')'"},
		"an argument twice": {[]string{"x = 1\ndef handle(data, data):\n    return 1"}, "report.ipynb cell 1:2: syntax error: duplicate argument 'data' in function definition"},
		"half a block":      {[]string{"def handle(data):\n    '''\n    [requirements]\n    numpy\n    '''"}, "report.ipynb cell 1:1: the requirements in the docstring need a [requirements] and then a [/requirements], each at the end of a line"},
		"arguments":         {[]string{"x = 1\n\ndef handle(data, context):\n    return 1"}, "report.ipynb cell 1:3: handle takes context: allowed are client, data, function_call_info, secrets"},
		"by position":       {[]string{"def handle(data, /):\n    return 1"}, "report.ipynb cell 1:1: handle takes data by position only, but is called by name: remove the /"},
	} {
		t.Run(name, func(t *testing.T) {
			p := scan(t, writeNotebook(t, c.cells...), Options{Python: lookPython()})
			assert.Equal(t, []string{c.want}, messages(p.Blocking()))
			_, err := p.Pack(context.Background())
			assert.Error(t, err)
		})
	}
}

func TestHostileCellsGetAnAnswerAndNoFault(t *testing.T) {
	const handle = "def handle(data):\n    return "
	for name, source := range map[string]string{
		"deep brackets":   handle + strings.Repeat("(", 20_000),
		"deep calls":      handle + strings.Repeat("a(", 5000) + strings.Repeat(")", 5000),
		"deep operators":  handle + strings.Repeat("-", 50_000) + "1",
		"a long chain":    handle + strings.Repeat("data.", 20_000) + "x",
		"many magics":     strings.Repeat("!ls\n", 3000) + handle + "1",
		"NUL":             handle + "'\x00'",
		"surrogates":      handle + "'\ufffd\U0001f600'",
		"nonlocal":        "def handle(data):\n    nonlocal x",
		"global argument": "def handle(data):\n    global data",
		"tabs and spaces": "def handle(data):\n\tx = 1\n        return x",
		"only a magic":    "%",
		"unicode name":    "def ｈandle(data):\n    return 1",
		"type parameters": "def handle[T](data: T) -> T:\n    return data",
		"walrus":          "def handle(data, secrets=(y := 1)):\n    return y",
		"match":           "def handle(data):\n    match data:\n        case {'a': found, **rest}:\n            return found, rest",
		"except star":     "def handle(data):\n    try:\n        pass\n    except* ValueError as group:\n        return group",
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Scan(context.Background(), writeNotebook(t, source), Options{Python: lookPython()})
			require.NoError(t, err)
			for _, f := range p.Findings {
				assert.True(t, strings.HasPrefix(f.Path, "report.ipynb"), f.String())
			}
			switch name {
			case "match", "except star", "surrogates":
				assert.Empty(t, messages(p.Findings))
			}
		})
	}
}

func TestWhatIsNoNotebookIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "the file is empty",
		"{\"nbformat\": 4,\n  cells}":    "it is no notebook: it is not JSON at line 2 column 3",
		"{}":                             "it is no notebook: it has no nbformat",
		"[]":                             "it is no notebook: line 1 column 1 does not hold what the format has there",
		`{"nbformat":3,"worksheets":[]}`: "it has notebook format 3, only 4 is read: open and save it in a newer Jupyter",
		`{"nbformat":4,"metadata":{"language_info":{"name":"julia"}}}`:     `its language is "julia", not Python`,
		`{"nbformat":4,"cells":[{"cell_type":"code","source":{"a":1}}]}`:   "cell 1 has a source that is no text",
		`{"nbformat":4,"cells":[{"cell_type":"code","source":["a",[1]]}]}`: "cell 1 has a source that is no text",
	} {
		path := filepath.Join(t.TempDir(), "report.ipynb")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := Scan(context.Background(), path, Options{})
		assert.EqualError(t, err, "report.ipynb refused: "+want)
	}
}

func TestANotebookThatPythonCannotReadSaysWhatIsNeeded(t *testing.T) {
	path := writeNotebook(t, "def handle(data):\n    return 1")
	_, err := Scan(context.Background(), path, Options{Python: filepath.Join(t.TempDir(), "python3")})
	assert.ErrorContains(t, err, "report.ipynb was not read: ")
	p := scan(t, path, Options{FunctionPath: "src/main.py"})
	assert.Equal(t, `the function path is "src/main.py": the function of a notebook is always in handler.py`, messages(p.Blocking())[0])
}

func TestAPipeInTheNotebooksPlaceHoldsNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.ipynb")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	_, err := Scan(context.Background(), path, Options{})
	assert.ErrorContains(t, err, "is neither a folder, a zip nor a notebook but a named pipe")
}

// Reading a notebook and writing what was read gives the same cells again.
func FuzzReadNotebook(f *testing.F) {
	f.Add([]byte(`{"nbformat":4,"cells":[{"cell_type":"code","source":["a\n","b"]},{"cell_type":"code","source":"x"},{"cell_type":"markdown","source":1}]}`))
	f.Add([]byte("\ufeff{\"nbformat\":4,\"metadata\":{\"kernelspec\":{\"language\":\"python\"}},\"cells\":[{\"cell_type\":\"code\"}]}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		cells, err := readNotebook(text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		type cell struct {
			Type   string `json:"cell_type"`
			Source string `json:"source"`
		}
		again := struct {
			Format int    `json:"nbformat"`
			Cells  []cell `json:"cells"`
		}{Format: 4}
		for _, c := range cells {
			require.NotContains(t, c.Source, "\r")
			for len(again.Cells) < c.Number {
				again.Cells = append(again.Cells, cell{Type: "raw"})
			}
			again.Cells[c.Number-1] = cell{"code", c.Source}
		}
		written, err := json.Marshal(again)
		require.NoError(t, err)
		same, err := readNotebook(written)
		require.NoError(t, err)
		require.Equal(t, cells, same)
	})
}
