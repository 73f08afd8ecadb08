package pack

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// requirementsFile is read at the root only; the services do not look deeper.
const requirementsFile = "requirements.txt"

// A requirement line (PEP 508): name, extras, versions or a direct reference,
// marker.
var requirementLine = regexp.MustCompile(
	`^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*` +
		`(@\s*\S+|\(?\s*(?:(?:===|~=|==|!=|<=|>=|<|>)\s*[^\s,;()]+\s*,?\s*)*\)?)\s*(?:;.*)?$`)

// bareURL is a requirement that is a URL and nothing else.
var bareURL = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://\S+\s*(?:;.*)?$`)

// pipOptions may stand in a line of their own or behind a requirement (pip's
// "Requirements File Format").
var pipOptions = []string{
	"-i", "--index-url", "--extra-index-url", "--no-index", "-c", "--constraint", "-r", "--requirement",
	"-e", "--editable", "-f", "--find-links", "--no-binary", "--only-binary", "--prefer-binary",
	"--require-hashes", "--pre", "--trusted-host", "--use-feature", "--hash", "--global-option", "--config-settings",
}

// requirement is one package that is asked for.
type requirement struct {
	line           int
	name           string
	exact, hashed  bool
	fromURL, valid bool
}

// checkRequirements reads requirements.txt and judges where packages come from.
func (p *Preview) checkRequirements(ctx context.Context, src source, opts Options) error {
	extra := 0
	for _, u := range opts.ExtraIndexURLs {
		if !u.IsZero() {
			extra++
			p.checkURL("", 0, "an extra index URL", u.Reveal())
		}
	}
	p.checkURL("", 0, "the index URL", opts.IndexURL.Reveal())
	if !p.has(requirementsFile) {
		return nil
	}
	text, err := src.read(ctx, requirementsFile, maxSourceBytes)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errTooLarge):
		p.add(Warn, requirementsFile, 0, "is larger than %s and was not checked", byteCount(maxSourceBytes))
		return nil
	case err != nil:
		p.add(Block, requirementsFile, 0, "cannot be read: %v", reason(err))
		return nil
	}
	var wanted []requirement
	hashes := false
	for _, l := range joinLines(string(text)) {
		if option, value, isOption := cutOption(l.text); isOption {
			if addsIndex(option, value) {
				extra++
			}
			hashes = hashes || option == "--require-hashes"
			p.checkOption(l.number, option, value)
			continue
		}
		r := parseRequirement(l)
		if p.checkLocal(l) {
			continue
		}
		p.checkURL(requirementsFile, l.number, "a requirement", l.text)
		if !r.valid {
			p.add(Warn, requirementsFile, l.number, "cannot be read as a requirement: %s", shorten(MaskURL(l.text)))
			continue
		}
		p.Requirements = append(p.Requirements, MaskURL(l.text))
		wanted = append(wanted, r)
	}
	p.checkHashes(wanted, hashes)
	if extra > 0 {
		p.checkConfusion(Confirm, wanted, extra+opts.KeptExtraIndexes)
	} else {
		p.checkConfusion(Warn, wanted, opts.KeptExtraIndexes)
	}
	return nil
}

// checkConfusion warns of dependency confusion: with several indexes, whoever
// publishes a higher version under the same name wins, and of the same version
// in two it is undefined which one is taken. Only a hash settles it.
func (p *Preview) checkConfusion(level Level, wanted []requirement, extra int) {
	if extra == 0 {
		return
	}
	indexes := "1 extra index is set"
	if extra > 1 {
		indexes = fmt.Sprintf("%d extra indexes are set", extra)
	}
	report := func(how string, pick func(requirement) bool) {
		var names []string
		line := 0
		for _, r := range wanted {
			if r.fromURL || r.hashed || !pick(r) || slices.Contains(names, r.name) {
				continue
			}
			if line == 0 {
				line = r.line
			}
			names = append(names, r.name)
		}
		switch len(names) {
		case 0:
		case 1:
			p.add(level, requirementsFile, line, "%s is %s and %s: any of them may supply it; one index URL alone is safe", names[0], how, indexes)
		default:
			p.add(level, requirementsFile, line, "%s are %s and %s: any of them may supply them; one index URL alone is safe", strings.Join(names, ", "), how, indexes)
		}
	}
	report("not pinned", func(r requirement) bool { return !r.exact })
	report("pinned without a hash", func(r requirement) bool { return r.exact })
}

// checkURL asks for a yes for credentials in a URL. They are never repeated.
func (p *Preview) checkURL(path string, line int, what, text string) {
	if masked := MaskURL(text); masked != text {
		p.add(Confirm, path, line, "%s has credentials in it: %s", what, firstURL(masked))
	}
}

// firstURL is the masked URL within a line.
func firstURL(masked string) string {
	for word := range strings.FieldsSeq(masked) {
		if strings.Contains(word, mask) {
			return word
		}
	}
	return masked
}

// RequirementLines are the lines of a requirements file as pip reads them:
// without comments and blank lines, continued ones joined.
func RequirementLines(text string) []string {
	var lines []string
	for _, l := range joinLines(text) {
		lines = append(lines, l.text)
	}
	return lines
}

// joinLines drops comments and blank lines and joins those that end in a
// backslash, as pip does.
func joinLines(text string) []logicalLine {
	var lines []logicalLine
	var joined strings.Builder
	number, start := 0, 0
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	flush := func() {
		line := stripComment(joined.String())
		joined.Reset()
		if line != "" {
			lines = append(lines, logicalLine{number: start, text: line})
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if joined.Len() == 0 {
			start = number
		}
		isComment := strings.HasPrefix(strings.TrimSpace(line), "#")
		if before, continued := strings.CutSuffix(line, `\`); continued && !isComment {
			joined.WriteString(before + " ")
			continue
		}
		joined.WriteString(line)
		flush()
	}
	flush()
	return lines
}

// stripComment drops a comment: a "#" at the start or behind a space. A "#" in
// a URL is none.
func stripComment(line string) string {
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			line = line[:i]
			break
		}
	}
	return strings.TrimSpace(line)
}

// cutOption splits "--index-url=U" and "--index-url U".
func cutOption(line string) (option, value string, isOption bool) {
	if !strings.HasPrefix(line, "-") {
		return "", "", false
	}
	end := strings.IndexAny(line, "= \t")
	if end < 0 {
		return line, "", true
	}
	return line[:end], strings.TrimSpace(line[end+1:]), true
}

// parseRequirement reads one line that is no option.
func parseRequirement(l logicalLine) requirement {
	r := requirement{line: l.number}
	text := l.text
	if i := strings.Index(text, " --"); i >= 0 {
		r.hashed = strings.Contains(text[i:], "--hash=") || strings.Contains(text[i:], "--hash ")
		text = strings.TrimSpace(text[:i])
	}
	if bareURL.MatchString(text) {
		r.name, r.fromURL, r.valid = MaskURL(text), true, true
		return r
	}
	parts := requirementLine.FindStringSubmatch(text)
	if parts == nil {
		return r
	}
	r.name, r.valid = parts[1], true
	r.fromURL = strings.HasPrefix(parts[2], "@")
	versions := strings.Trim(parts[2], "() ")
	r.exact = strings.HasPrefix(versions, "==") && !strings.Contains(versions, "*")
	return r
}

// OpenToConfusion names the requirements of a text that, with several indexes,
// any of them may supply: those without a hash.
func OpenToConfusion(text string) (names []string) {
	for _, l := range joinLines(text) {
		if _, _, isOption := cutOption(l.text); isOption {
			continue
		}
		if r := parseRequirement(l); r.valid && !r.fromURL && !r.hashed && !slices.Contains(names, r.name) {
			names = append(names, r.name)
		}
	}
	return names
}
