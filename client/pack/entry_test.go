package pack

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lookPython is an interpreter of this machine, empty if there is none.
func lookPython() string {
	path, err := exec.LookPath("python3")
	if err != nil {
		return ""
	}
	return path
}

func TestTheEntryPointIsCheckedBeforeDeploying(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		entry  string
		block  string
	}{
		"plain":              {"import os\n\ndef handle(client, data):\n  pass\n", "handler.py:3 handle(client, data)", ""},
		"all four":           {"def handle(function_call_info, secrets, data, client): pass", "handler.py:1 handle(function_call_info, secrets, data, client)", ""},
		"none":               {"def handle(): pass", "handler.py:1 handle()", ""},
		"annotated":          {"def handle(data: dict[str, int] = {'a': 1}, client: object = None) -> dict: pass", "handler.py:1 handle(data, client)", ""},
		"many lines":         {"def handle(\n  # the (client\n  client,\n  data,\n):\n  pass", "handler.py:1 handle(client, data)", ""},
		"continued":          {"def \\\n  handle(data): pass", "handler.py:1 handle(data)", ""},
		"decorated":          {"import functools\n@functools.lru_cache(\n)\ndef handle(data): pass", "handler.py:4 handle(data)", ""},
		"keywords":           {"def handle(data, *rest, secrets, extra=1, **kw): pass", "handler.py:1 handle(data, *rest, secrets, extra, **kw)", ""},
		"star":               {"def handle(data, *, secrets): pass", "handler.py:1 handle(data, *, secrets)", ""},
		"assigned":           {"def run(data): pass\nhandle = run", "handler.py:2 handle", ""},
		"assigned typed":     {"handle: object = print", "handler.py:1 handle", ""},
		"assigned in chain":  {"a = handle = b = print", "handler.py:1 handle", ""},
		"last wins":          {"def handle(x): pass\ndef handle(data): pass", "handler.py:2 handle(data)", ""},
		"assignment last":    {"def handle(x): pass\nhandle = print", "handler.py:2 handle", ""},
		"after a semicolon":  {"import os; handle = os", "handler.py:1 handle", ""},
		"CR LF and a mark":   {"\ufeffimport os\r\ndef handle(data):\r\n  pass\r\n", "handler.py:2 handle(data)", ""},
		"quotes in a string": {"s = 'it\\'s \"\"\" # (['\ndef handle(data): pass", "handler.py:2 handle(data)", ""},

		"empty":             {"", "", "handler.py: has no function handle at its top level"},
		"in a docstring":    {"'''\ndef handle(data):\n'''\n", "", "has no function handle"},
		"in a comment":      {"# def handle(data): pass", "", "has no function handle"},
		"in brackets":       {"x = (\n'',\nhandle)\n", "", "has no function handle"},
		"nested":            {"if True:\n  def handle(data): pass\n", "", "has no function handle"},
		"in a class":        {"class A:\n\tdef handle(data): pass\n", "", "has no function handle"},
		"other name":        {"def handler(data): pass\ndef handle_it(): pass", "", "has no function handle"},
		"declared only":     {"handle: object\n", "", "has no function handle"},
		"compared":          {"handle = 1\ndel handle\nhandle == 2", "handler.py:1 handle", ""},
		"async":             {"async def handle(data): pass", "", "handler.py:1: handle must be synchronous"},
		"async last":        {"def handle(data): pass\nasync  def handle(data): pass", "", "handler.py:2: handle must be synchronous"},
		"imported":          {"import os\nfrom json import (loads,\n  dumps as handle)", "", "handler.py:2: handle is only imported"},
		"imported and kept": {"from json import dumps as handle\nhandle = handle", "handler.py:2 handle", ""},
		"wrong name":        {"def handle(event, context): pass", "handler.py:1 handle(event, context)", "handler.py:1: handle takes event: allowed are client, data, function_call_info, secrets"},
		"wrong, defaulted":  {"def handle(data, limit=3): pass", "handler.py:1 handle(data, limit)", "handle takes limit"},
		"wrong keyword":     {"def handle(*, limit): pass", "handler.py:1 handle(*, limit)", "handle takes limit"},
		"positional only":   {"\ndef handle(data, /, client): pass", "handler.py:2 handle(data, client)", "handler.py:2: handle takes data by position only"},
	} {
		t.Run(name, func(t *testing.T) {
			root := writeTree(t, map[string]string{"handler.py": c.source})
			for _, python := range []string{"", lookPython()} {
				p := scan(t, root, Options{Python: python})
				assert.Equal(t, c.entry, p.Entry, "python %q", python)
				if c.block == "" {
					assert.Empty(t, messages(p.Blocking()), "python %q", python)
					continue
				}
				require.NotEmpty(t, p.Blocking(), "python %q", python)
				assert.Contains(t, p.Blocking()[0].String(), c.block, "python %q", python)
			}
		})
	}
}

func TestASyntaxErrorIsToldWithFileAndLine(t *testing.T) {
	python := lookPython()
	if python == "" {
		t.Skip("no Python on this machine")
	}
	for source, want := range map[string]string{
		"def handle(data):\n    return {\n\ndef x(:\n": "handler.py:",
		"def handle(data):\n  x = = 1\n":               "handler.py:2: syntax error: ",
		"def handle(data):\nreturn 1\n":                "handler.py:2: syntax error: ",
		"def handle(data): pass\n\x00":                 "syntax error: ",
		"x = " + strings.Repeat("(", 5000):             "handler.py: syntax error: |handler.py:1: syntax error: ",
		"def handle(data):\n  s = '\xff'\n":            "syntax error: ",
	} {
		p := scan(t, writeTree(t, map[string]string{"handler.py": source}), Options{Python: python})
		require.Len(t, p.Blocking(), 1, "%.30q", source)
		matched := false
		for part := range strings.SplitSeq(want, "|") {
			matched = matched || strings.Contains(p.Blocking()[0].String(), part)
		}
		assert.True(t, matched, p.Blocking()[0].String())
		assert.Empty(t, p.Entry)
	}
}

func TestAnUndefinedAnnotationIsWarnedOf(t *testing.T) {
	python := lookPython()
	if python == "" {
		t.Skip("no Python on this machine")
	}
	warned := func(source string) []string {
		return messages(scan(t, writeTree(t, map[string]string{"handler.py": source}), Options{Python: python}).Findings)
	}
	assert.Equal(t, []string{"handler.py:2: CogniteClient in an annotation is not defined in this file: importing it fails before Python 3.14"},
		warned("\ndef handle(client: CogniteClient | None = None, data: dict = None) -> dict: pass"))
	for _, source := range []string{
		"from cognite.client import CogniteClient\ndef handle(client: CogniteClient): pass",
		"from __future__ import annotations\ndef handle(client: CogniteClient): pass",
		"from cognite.client import *\ndef handle(client: CogniteClient): pass",
		"def handle(client: 'CogniteClient'): pass",
		"class CogniteClient: pass\ndef handle(client: CogniteClient): pass",
		"import cognite.client\ndef handle(client: cognite.client.CogniteClient): pass",
	} {
		assert.Empty(t, warned(source), source)
	}
}

func TestTheInterpreterReadsAndNeverRunsTheCode(t *testing.T) {
	python := lookPython()
	if python == "" {
		t.Skip("no Python on this machine")
	}
	root := writeTree(t, map[string]string{
		"handler.py": "open('ran', 'w')\nraise SystemExit(3)\ndef handle(data): pass", "json.py": "open('shadowed', 'w')",
	})
	t.Chdir(root)
	p := scan(t, root, Options{Python: python})
	assert.Empty(t, p.Findings)
	names, err := os.ReadDir(root)
	require.NoError(t, err)
	assert.Len(t, names, 2, "parsing left something behind")
}

func TestAnInterpreterThatDoesNotAnswerLeavesAWarning(t *testing.T) {
	root := writeTree(t, map[string]string{"handler.py": goodHandler})
	for name, script := range map[string]string{"fails": "exit 1", "talks": "echo hello"} {
		python := filepath.Join(t.TempDir(), "python")
		require.NoError(t, os.WriteFile(python, []byte("#!/bin/sh\n"+script+"\n"), 0o700))
		p := scan(t, root, Options{Python: python})
		require.Len(t, p.Findings, 1, name)
		assert.Equal(t, Warn, p.Findings[0].Level)
		assert.Contains(t, p.Findings[0].Message, "the syntax was not checked")
		assert.Equal(t, "handler.py:1 handle(client, data)", p.Entry)
	}
	silent := filepath.Join(t.TempDir(), "python")
	require.NoError(t, os.WriteFile(silent, []byte("#!/bin/sh\nexec cat /dev/zero\n"), 0o700))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Scan(ctx, root, Options{Python: silent})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestTheFunctionPathStaysInTheRootAndNamesAModule(t *testing.T) {
	root := writeTree(t, map[string]string{"handler.py": goodHandler, "sub/main.py": goodHandler, "notes.txt": "", "venv/handler.py": goodHandler})
	for path, want := range map[string]string{
		"../handler.py":     `the function path "../handler.py" points outside the folder`,
		"sub/../handler.py": "points outside the folder",
		"/etc/handler.py":   "has an absolute path",
		`sub\main.py`:       "has a backslash",
		"notes.txt":         `the function path "notes.txt" does not end in .py`,
		"main.py":           `there is one in the folder "sub"`,
		"gone/main.py":      "gone/main.py: the entry file is missing",
		"venv/handler.py":   `venv/handler.py: the entry file is left out by the rule "default: venv"`,
		"sub":               "does not end in .py",
	} {
		p := scan(t, root, Options{FunctionPath: path})
		require.Len(t, p.Blocking(), 1, path)
		assert.Contains(t, p.Blocking()[0].String(), want)
		assert.Empty(t, p.Entry)
	}
	assert.Equal(t, "sub/main.py:1 handle(client, data)", scan(t, root, Options{FunctionPath: "./sub/main.py"}).Entry)
}

func FuzzReadLines(f *testing.F) {
	f.Add("def handle(client, data):\n  pass")
	f.Add("'''x\n\"\"\" \\\n handle = (1,\n#]\n")
	f.Fuzz(func(t *testing.T, text string) {
		m := readLines(text)
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		assert.LessOrEqual(t, m.Line, lines)
		if m.Kind != handleNone {
			assert.Positive(t, m.Line)
			assert.Contains(t, text, "handle")
		}
	})
}
