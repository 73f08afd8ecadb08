package pack

import (
	"fmt"
	"strings"
)

// ignoreFile holds a folder's own rules, in the syntax of .gitignore.
const ignoreFile = ".fndeckignore"

// defaultRules are left out unless the ignore file takes them back: version
// control, environments, secrets and the caches of tools.
var defaultRules = []string{
	".git", ".hg", ".svn",
	".venv", "venv", "node_modules", "__pycache__", "*.pyc",
	".env*", "*.pem", "*.key", ".DS_Store",
	".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".idea", ".vscode", "*.egg-info",
	"/" + ignoreFile,
}

// rule is one line of an ignore file.
type rule struct {
	// label names the rule to the operator.
	label    string
	segments []string
	// negated takes back; folderOnly matches folders; anchored counts from the
	// root, while the others match a name at any depth.
	negated, folderOnly, anchored bool
}

// ignoreRules are tried in order: the last that matches decides, as in git.
type ignoreRules []rule

// newIgnoreRules puts the lines of an ignore file behind the defaults.
func newIgnoreRules(text string) ignoreRules {
	var rules ignoreRules
	for _, line := range defaultRules {
		if r, ok := parseRule(line); ok {
			r.label = "default: " + strings.TrimPrefix(line, "/")
			rules = append(rules, r)
		}
	}
	number := 0
	for line := range strings.SplitSeq(strings.TrimPrefix(text, "\ufeff"), "\n") {
		number++
		line = strings.TrimSuffix(line, "\r")
		if r, ok := parseRule(line); ok {
			r.label = fmt.Sprintf("%s:%d: %s", ignoreFile, number, line)
			rules = append(rules, r)
		}
	}
	return rules
}

// parseRule reads one line; blank ones and comments are no rules.
func parseRule(line string) (rule, bool) {
	line = trimSpaces(line)
	var r rule
	if strings.HasPrefix(line, "#") {
		return r, false
	}
	if rest, found := strings.CutPrefix(line, "!"); found {
		r.negated, line = true, rest
	}
	if rest, found := strings.CutSuffix(line, "/"); found {
		r.folderOnly, line = true, rest
	}
	r.anchored = strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if line == "" {
		return r, false
	}
	r.segments = strings.Split(line, "/")
	return r, true
}

// trimSpaces drops the spaces at the end that no backslash protects.
func trimSpaces(line string) string {
	end := len(line)
	for end > 0 && line[end-1] == ' ' {
		backslashes := 0
		for i := end - 2; i >= 0 && line[i] == '\\'; i-- {
			backslashes++
		}
		if backslashes%2 == 1 {
			break
		}
		end--
	}
	return line[:end]
}

func (r rule) matches(segments []string, folder bool) bool {
	if r.folderOnly && !folder {
		return false
	}
	if !r.anchored {
		segments = segments[len(segments)-1:]
	}
	return matchPath(r.segments, segments)
}

// match returns the rule that leaves a path out, if one does. Folders above are
// not looked at: the walk does not enter a folder that is left out, so, as in
// git, nothing inside one can be taken back.
func (rules ignoreRules) match(path string, folder bool) (label string, ignored bool) {
	segments := strings.Split(path, "/")
	for i := len(rules) - 1; i >= 0; i-- {
		if rules[i].matches(segments, folder) {
			return rules[i].label, !rules[i].negated
		}
	}
	return "", false
}
