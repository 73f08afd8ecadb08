package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// licences are what a dependency may stand under, each with words that only its text
// has. The first that fits counts.
var licences = []struct{ name, words string }{
	{"Apache-2.0", "Apache License Version 2.0, January 2004"},
	{"BSD-3-Clause", "Neither the name"},
	{"BSD-3-Clause", "The name of the author may not be used to endorse"},
	{"BSD-2-Clause", "Redistributions of source code must retain"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
}

const licencesHead = `# Licences of what fndeck is built from

fndeck stands under the [Apache License 2.0](../LICENSE). The program contains Go's standard library (BSD-3-Clause) and
these modules, in the versions that [go.mod](../go.mod) names; the text of each licence lies in its module, see
` + "`go list -m -f '{{.Dir}}' MODULE`" + `.

| module | licence |
|---|---|
`

// linked lists the modules in the program, on every system that it is built for, with
// their directories.
func linked(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, system := range []string{"linux", "darwin"} {
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}", ".")
		cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
		cmd.Stderr = os.Stderr
		text, err := cmd.Output()
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if module, dir, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
				found[module] = dir
			}
		}
	}
	return found
}

// licenceOf is the licence of the module in a directory, "" for none that we know.
func licenceOf(t *testing.T, dir string) string {
	t.Helper()
	for _, pattern := range []string{"LICENSE*", "LICENCE*", "COPYING*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		for _, file := range files {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			text := strings.Join(strings.Fields(string(raw)), " ")
			for _, l := range licences {
				if strings.Contains(text, l.words) {
					return l.name
				}
			}
		}
	}
	return ""
}

func TestEveryDependencyStandsUnderALicenceThatTheDocumentNames(t *testing.T) {
	modules := linked(t)
	var paths []string
	for path := range modules {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	document := bytes.NewBufferString(licencesHead)
	for _, path := range paths {
		name := licenceOf(t, modules[path])
		assert.NotEmpty(t, name, "%s stands under a licence that nobody has looked at", path)
		_, _ = document.WriteString("| `" + path + "` | " + name + " |\n") // a buffer takes all
	}
	file := filepath.Join("..", "..", "docs", "licences.md")
	if *update {
		require.NoError(t, os.WriteFile(file, document.Bytes(), 0o644))
	}
	have, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, document.String(), string(have), "go test ./cmd/fndeck -run Licence -update writes it anew")
}

func TestNoModuleIsReplacedByAnother(t *testing.T) {
	for _, file := range []string{"go.mod", "testdata/tools/go.mod"} {
		text, err := os.ReadFile(filepath.Join("..", "..", file))
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			assert.NotEqual(t, "replace", strings.Fields(line + " -")[0], file)
		}
	}
}
