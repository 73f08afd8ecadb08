package pack

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestIgnoreRulesFollowGit(t *testing.T) {
	for _, c := range []struct {
		rules   string
		path    string
		ignored bool
	}{
		{"*.csv", "data.csv", true},
		{"*.csv", "a/b/data.csv", true},
		{"*.csv", "data.csv.gz", false},
		{"/data.csv", "data.csv", true},
		{"/data.csv", "a/data.csv", false},
		{"a/data.csv", "b/a/data.csv", false},
		{"logs/", "logs", false},
		{"logs/", "logs/", true},
		{"a/logs/", "x/a/logs/", false},
		{"**/logs", "x/y/logs", true},
		{"**/logs", "logs", true},
		{"a/**", "a/b/c", true},
		{"a/**", "a", false},
		{"a/**/z", "a/z", true},
		{"a/**/z", "a/b/c/z", true},
		{"a/**/z", "a/b/c/y", false},
		{"a*b", "axxb", true},
		{"a*b", "ax/xb", false},
		{"a/*", "a/b", true},
		{"a/*", "a/b/c", false},
		{"?.py", "x.py", true},
		{"?.py", "å.py", true},
		{"?.py", "xy.py", false},
		{"[a-c].py", "b.py", true},
		{"[!a-c].py", "b.py", false},
		{"[^a-c].py", "d.py", true},
		{"[]x].py", "].py", true},
		{"[a-].py", "-.py", true},
		{"[abc", "[abc", false},
		{"# comment", "# comment", false},
		{`\#x`, "#x", true},
		{`\!x`, "!x", true},
		{`a\*b`, "a*b", true},
		{`a\*b`, "axb", false},
		{"trailing  ", "trailing", true},
		{`space\ `, "space ", true},
		{"*.csv\n!keep.csv", "keep.csv", false},
		{"!keep.csv\n*.csv", "keep.csv", true},
		{"\r\n*.csv\r\n", "x.csv", true},
		{"/", "x", false},
		{"***", "x", true},
	} {
		folder := strings.HasSuffix(c.path, "/")
		_, ignored := newIgnoreRules(c.rules).match(strings.TrimSuffix(c.path, "/"), folder)
		assert.Equal(t, c.ignored, ignored, "%q on %q", c.rules, c.path)
	}
}

func TestDefaultsLeaveOutWhatNoFunctionNeeds(t *testing.T) {
	rules := newIgnoreRules("")
	for _, path := range []string{
		".git", "a/.hg", ".svn", ".venv", "venv", "x/node_modules", "a/__pycache__", "a/b.pyc", ".env", ".env.local",
		"tls.pem", "a/tls.key", ".DS_Store", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".idea", ".vscode", "f.egg-info", ".fndeckignore",
	} {
		label, ignored := rules.match(path, true)
		assert.True(t, ignored, path)
		assert.Contains(t, label, "default: ")
	}
	for _, path := range []string{"handler.py", "environment.py", "keys.py", "git", "a/.fndeckignore"} {
		_, ignored := rules.match(path, false)
		assert.False(t, ignored, path)
	}
	label, ignored := newIgnoreRules("# mine\n\n!.env\n*.csv").match(".env", false)
	assert.False(t, ignored)
	assert.Equal(t, ".fndeckignore:3: !.env", label)
}

// Git itself is the oracle. Folders above the path are left out of the
// question: the walk asks about each of them before it enters.
func TestIgnoreRulesAgreeWithGit(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed")
	}
	repo := t.TempDir()
	require.NoError(t, exec.Command(git, "init", "-q", repo).Run())
	segment := rapid.StringMatching(`[ab]{1,3}`)
	piece := rapid.SampledFrom([]string{"a", "b", "*", "?", "[ab]", "[!a]", "[a-b]", "**", "/", "/**/", "**/", `\a`})
	rapid.Check(t, func(t *rapid.T) {
		var lines []string
		for range rapid.IntRange(1, 3).Draw(t, "rules") {
			line := strings.Join(rapid.SliceOfN(piece, 1, 5).Draw(t, "pieces"), "")
			if strings.Contains(line, "//") || mixesStars(line) {
				continue
			}
			lines = append(lines, rapid.SampledFrom([]string{"", "", "!"}).Draw(t, "sign")+line)
		}
		path := strings.Join(rapid.SliceOfN(segment, 1, 3).Draw(t, "path"), "/")
		rules := ignoreRules{}
		for _, line := range lines {
			if r, ok := parseRule(line); ok {
				rules = append(rules, r)
			}
		}
		ours := false
		segments := strings.Split(path, "/")
		for i := range segments {
			_, ours = rules.match(strings.Join(segments[:i+1], "/"), i < len(segments)-1)
			if ours {
				break
			}
		}
		exclude := filepath.Join(repo, ".gitignore")
		if err := writeFile(exclude, strings.Join(lines, "\n")+"\n"); err != nil {
			t.Fatal(err)
		}
		theirs := exec.Command(git, "-C", repo, "check-ignore", "-q", "--no-index", path).Run() == nil
		if ours != theirs {
			t.Fatalf("%q on %q: ours %t, git %t", lines, path, ours, theirs)
		}
	})
}

// mixesStars finds "a**/b": git's documentation takes such stars for plain ones,
// its code does not.
func mixesStars(line string) bool {
	for segment := range strings.SplitSeq(line, "/") {
		if strings.Contains(segment, "**") && segment != "**" {
			return true
		}
	}
	return false
}

func FuzzIgnore(f *testing.F) {
	f.Add("*.csv\n!keep.csv\n/a/**/b/", "a/x/b")
	f.Add("[!a-]b]\\*", "c*")
	f.Add("**/**/**", "a/b")
	f.Fuzz(func(t *testing.T, text, path string) {
		segments := strings.Split(path, "/")
		for _, s := range segments {
			if s == "" {
				t.Skip("no path of a walk")
			}
		}
		newIgnoreRules(text).match(path, true)
		if strings.ContainsAny(path, "\n\r") {
			return
		}
		// A path with every character escaped is a rule for itself, and taken
		// back by the same rule with "!", whatever stands before.
		var escaped strings.Builder
		for _, c := range []byte(path) {
			if c != '/' && c < 0x80 {
				escaped.WriteByte('\\')
			}
			escaped.WriteByte(c)
		}
		own := "/" + escaped.String()
		_, ignored := newIgnoreRules(text+"\n"+own).match(path, false)
		assert.True(t, ignored, "%q on %q", own, path)
		_, ignored = newIgnoreRules(text+"\n"+own+"\n!"+own).match(path, false)
		assert.False(t, ignored, "%q on %q", own, path)
	})
}
