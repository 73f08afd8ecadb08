package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The tests of this file hold the whole source tree to the rules that a machine
// can check.

// rooms are the directories that hold the program.
var rooms = []string{"auth", "client", "cmd", "ui", "views"}

// goFile is one parsed file; path is below the module's root, with slashes.
type goFile struct {
	path  string
	set   *token.FileSet
	tree  *ast.File
	text  []byte
	lines int
}

func (f goFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }
func (f goFile) pkg() string  { return path.Dir(f.path) }
func (f goFile) in(room string) bool {
	return f.pkg() == room || strings.HasPrefix(f.pkg(), room+"/")
}

func (f goFile) at(n ast.Node) string {
	return f.path + ":" + strconv.Itoa(f.set.Position(n.Pos()).Line)
}

const moduleRoot = "../.."

// sourceTree parses every Go file of the rooms.
func sourceTree(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	for _, room := range rooms {
		err := filepath.WalkDir(filepath.Join(moduleRoot, room), func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && entry.Name() == "testdata" {
				return filepath.SkipDir
			}
			if entry.IsDir() || !strings.HasSuffix(name, ".go") {
				return nil
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			set := token.NewFileSet()
			tree, err := parser.ParseFile(set, name, text, parser.ParseComments)
			if err != nil {
				return err
			}
			relative, err := filepath.Rel(moduleRoot, name)
			if err != nil {
				return err
			}
			files = append(files, goFile{filepath.ToSlash(relative), set, tree, text, bytes.Count(text, []byte("\n"))})
			return nil
		})
		require.NoError(t, err)
	}
	require.NotEmpty(t, files)
	return files
}

// clientRoom are the packages that count as client itself.
var clientRoom = []string{"client", "client/pack", "client/cron", "client/jsondata", "client/rows", "client/action", "client/drift", "client/template"}

// mayImport lists what of ours the packages of a room may import; the first
// room that a package lies in decides. A trailing slash means and below.
var mayImport = []struct {
	room    string
	allowed []string
}{
	{"client/embedded/engine/", append([]string{"auth", "auth/redact", "auth/seal", "client/embedded/wire", "client/embedded/engine/"}, clientRoom...)},
	{"client/embedded/wire", append([]string{"auth"}, clientRoom...)},
	{"client/embedded/enginetest", append([]string{"client/embedded", "client/embedded/engine", "client/embedded/wire"}, clientRoom...)},
	{"client/embedded", append([]string{"auth", "client/cognite", "client/embedded/wire"}, clientRoom...)},
	{"client/cognite/", append([]string{"auth", "auth/privatefile", "auth/redact", "auth/seal", "client/cognite/"}, clientRoom...)},
	{"client/clienttest", append([]string{"auth"}, clientRoom...)},
	{"client/", append([]string{"auth", "auth/redact", "auth/wire"}, clientRoom...)},
	{"views/", append([]string{"auth", "ui/", "views/"}, clientRoom...)},
	{"ui/", []string{"ui/"}},
	{"auth/", []string{"auth/"}},
	{"cmd/", []string{"auth/", "client/", "ui/", "views/", "cmd/"}},
}

// effects lists the imports for their effect outside cmd: a database driver is
// known to database/sql in no other way.
var effects = map[string][]string{"client/embedded/engine/store": {"modernc.org/sqlite"}}

// lies reports whether a package lies in a room of mayImport.
func lies(pkg, room string) bool {
	below, deep := strings.CutSuffix(room, "/")
	return pkg == below || (deep && strings.HasPrefix(pkg, room))
}

func TestPackagesImportOnlyWhereTheArrowsPoint(t *testing.T) {
	for _, f := range sourceTree(t) {
		if f.isTest() {
			continue
		}
		var allowed []string
		for _, rule := range mayImport {
			if lies(f.pkg(), rule.room) {
				allowed = rule.allowed
				break
			}
		}
		for _, spec := range f.tree.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			ours, ok := strings.CutPrefix(name, "fndeck/")
			if !ok {
				if spec.Name != nil && spec.Name.Name == "_" {
					fits := f.in("cmd") || slices.Contains(effects[f.pkg()], name) || name == "embed"
					assert.True(t, fits, "%s imports %s for its effect: only cmd may", f.at(spec), name)
				}
				continue
			}
			fits := slices.ContainsFunc(allowed, func(room string) bool { return lies(ours, room) })
			assert.True(t, fits, "%s: %s may not import %s", f.at(spec), f.pkg(), ours)
		}
	}
}

func TestTheTestsOfConsoleAndToolkitDoNotReachTheEngine(t *testing.T) {
	for _, f := range sourceTree(t) {
		for _, spec := range f.tree.Imports {
			engine := strings.HasPrefix(spec.Path.Value, `"fndeck/client/embedded/engine`)
			if engine && (f.in("ui") || f.in("views")) {
				t.Errorf("%s imports the engine", f.at(spec))
			}
		}
	}
}

// forbidden are the selectors that have no place, and the files they may stand
// in all the same.
var forbidden = []struct {
	selector string
	why      string
	except   func(goFile) bool
}{
	{"fmt.Print", "the console's output is drawn, the command line's goes through its app", neverExcept},
	{"fmt.Printf", "as fmt.Print", neverExcept},
	{"fmt.Println", "as fmt.Print", neverExcept},
	{"time.Now", "time comes from an injected clock", clockOnly},
	{"time.Since", "time comes from an injected clock", clockOnly},
	{"time.Until", "time comes from an injected clock", clockOnly},
	{"time.Sleep", "waiting needs a cause to wait for", neverExcept},
	{"os.WriteFile", "a full disk leaves a cut file: use renameio", goFile.isTest},
	{"http.DefaultClient", "it has no time limit", neverExcept},
	{"http.Get", "it uses http.DefaultClient", neverExcept},
	{"http.Post", "it uses http.DefaultClient", neverExcept},
}

func neverExcept(goFile) bool { return false }

// clockOnly allows the clock's own file, the wiring, and tests, which measure
// or run inside a bubble of fake time.
func clockOnly(f goFile) bool {
	return f.isTest() || f.in("cmd") || path.Base(f.path) == "clock.go"
}

func TestForbiddenCallsAreNowhere(t *testing.T) {
	for _, f := range sourceTree(t) {
		ast.Inspect(f.tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				assert.False(t, n.Recv == nil && n.Name.Name == "init", "%s: a list written out says more than an init", f.at(n))
			case *ast.SelectorExpr:
				pkg, ok := n.X.(*ast.Ident)
				if !ok {
					return true
				}
				for _, rule := range forbidden {
					if rule.selector == pkg.Name+"."+n.Sel.Name && !rule.except(f) {
						t.Errorf("%s: %s: %s", f.at(n), rule.selector, rule.why)
					}
				}
			}
			return true
		})
	}
}

// The sizes above which a file, a function or a package wants to be cut.
const (
	maxFileLines     = 500
	maxPackageFiles  = 30
	maxFunctionLines = 80
)

func TestFilesFunctionsAndPackagesStaySmall(t *testing.T) {
	files := map[string]int{}
	for _, f := range sourceTree(t) {
		assert.LessOrEqual(t, f.lines, maxFileLines, f.path)
		if f.isTest() {
			continue
		}
		files[f.pkg()]++
		for _, decl := range f.tree.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				lines := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1
				assert.LessOrEqual(t, lines, maxFunctionLines, "%s: %s", f.at(fn), fn.Name.Name)
			}
		}
	}
	for pkg, n := range files {
		assert.LessOrEqual(t, n, maxPackageFiles, "%s has too many files", pkg)
	}
}

// unfinished matches the words that mark work left undone.
const unfinished = `\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`

func TestNoUnfinishedWordsAndNoPictographs(t *testing.T) {
	for _, f := range sourceTree(t) {
		for _, group := range f.tree.Comments {
			assert.NotRegexp(t, unfinished, group.Text(), f.at(group))
		}
		// Tests feed pictographs in; the program prints none.
		if f.isTest() {
			continue
		}
		for _, r := range string(f.text) {
			if (r >= 0x1f000 && r <= 0x1faff) || r == 0xfe0f {
				t.Errorf("%s holds the pictograph %U", f.path, r)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	comments := map[string]int{}
	for _, f := range sourceTree(t) {
		if f.isTest() {
			continue
		}
		if f.tree.Doc != nil {
			comments[f.pkg()]++
		} else {
			comments[f.pkg()] += 0
		}
	}
	for pkg, n := range comments {
		assert.Equal(t, 1, n, "%s: package comments", pkg)
	}
}
