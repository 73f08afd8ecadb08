package ui

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// columnOf says which column a name before a colon means, anyColumn if it is text.
type columnOf func(name string) (int, error)

// anyColumn is the column of a term that names none.
const anyColumn = -1

// filterTerm is one word of a filter.
type filterTerm struct {
	column  int
	key     string // of the metadata, in place of a column
	inverse bool
	text    string
	fold    bool
	plain   bool // the text has no letters, so it folds to itself
	fuzzy   bool // the letters of text in this order
	re      *regexp.Regexp
	bound   *bound
}

// bound compares quantities.
type bound struct {
	than           quantity
	greater, equal bool
}

// parserOf returns how the word behind a flag is read, nil for a word that is none.
func parserOf(word string) func(word string, column columnOf) (filterTerm, error) {
	switch word {
	case "-f":
		return func(word string, _ columnOf) (filterTerm, error) {
			return filterTerm{column: anyColumn, text: strings.ToLower(word), fuzzy: true}, nil
		}
	case "-l":
		return parseLabel
	}
	return nil
}

// parseLabel reads key=value, or key!=value, of the metadata.
func parseLabel(word string, _ columnOf) (filterTerm, error) {
	key, value, ok := strings.Cut(word, "=")
	key, inverse := strings.CutSuffix(key, "!")
	if !ok || key == "" {
		return filterTerm{}, fmt.Errorf("-l takes key=value of the metadata, not %s", Clean(word))
	}
	return filterTerm{key: key, inverse: inverse, text: value, fold: strings.ToLower(value) == value}, nil
}

func parseTerm(word string, column columnOf) (filterTerm, error) {
	term := filterTerm{column: anyColumn}
	word, term.inverse = strings.CutPrefix(word, "!")
	if name, rest, ok := strings.Cut(word, ":"); ok && name != "" && isColumnName(name) {
		at, err := column(name)
		if err != nil {
			return term, err
		}
		if term.column = at; at != anyColumn {
			var inverse bool
			word, inverse = strings.CutPrefix(rest, "!")
			term.inverse = term.inverse != inverse
			if strings.HasPrefix(word, "<") || strings.HasPrefix(word, ">") {
				err := term.parseBound(word)
				return term, err
			}
		}
	}
	if len(word) >= 2 && word[0] == '/' && word[len(word)-1] == '/' {
		re, err := regexp.Compile(word[1 : len(word)-1])
		if err != nil {
			return term, fmt.Errorf("%s", strings.TrimPrefix(Clean(err.Error()), "error parsing regexp: "))
		}
		term.re = re
		return term, nil
	}
	term.text, term.fold = word, strings.ToLower(word) == word
	term.plain = !strings.ContainsFunc(word, func(r rune) bool { return r >= utf8.RuneSelf || unicode.IsLetter(r) })
	return term, nil
}

func isColumnName(name string) bool {
	for i, r := range name {
		if !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return true
}

func indexFold(names []string, name string) int {
	for i, n := range names {
		if strings.EqualFold(n, name) {
			return i
		}
	}
	return -1
}

// parseBound reads >5s, <=40kB or the like.
func (t *filterTerm) parseBound(word string) error {
	b := bound{greater: word[0] == '>'}
	rest, equal := strings.CutPrefix(word[1:], "=")
	b.equal = equal
	than, ok := parseQuantity(rest)
	if !ok {
		return fmt.Errorf("%s needs a number, a time or a size: 12, 5s, 2m, 40kB", Clean(word))
	}
	b.than, t.bound = than, &b
	return nil
}

// match reports whether the cell's quantity is on the right side. Others than those
// of its kind never are; a bare number is of any kind.
func (b *bound) match(cell string) bool {
	q, ok := parseQuantity(cell)
	return ok && b.holds(q)
}

func (b *bound) holds(q quantity) bool {
	if q.kind != b.than.kind && b.than.kind != countKind {
		return false
	}
	return b.equal && q.value == b.than.value || q.value != b.than.value && b.greater == (q.value > b.than.value)
}

// inOrder reports whether the letters stand in the text, in this order.
func inOrder(letters, text string) bool {
	rest := []rune(letters)
	for _, r := range text {
		if len(rest) > 0 && unicode.ToLower(r) == rest[0] {
			rest = rest[1:]
		}
	}
	return len(rest) == 0
}

// narrows is that of one term; a pattern is not understood but by its name.
func (t *filterTerm) narrows(wide *filterTerm) bool {
	switch {
	case t.column != wide.column || t.key != wide.key || t.inverse != wide.inverse || t.fuzzy != wide.fuzzy:
		return false
	case t.bound != nil || wide.bound != nil:
		return t.bound != nil && wide.bound != nil && *t.bound == *wide.bound
	case t.re != nil || wide.re != nil:
		return t.re != nil && wide.re != nil && t.re.String() == wide.re.String()
	case t.fuzzy:
		return inOrder(wide.text, t.text)
	case t.inverse:
		return t.text == wide.text
	case wide.fold:
		return strings.Contains(strings.ToLower(t.text), wide.text)
	}
	return !t.fold && strings.Contains(t.text, wide.text)
}

func (t *filterTerm) match(s string) bool {
	switch {
	case t.re != nil:
		return t.re.MatchString(s)
	case t.bound != nil:
		return t.bound.match(s)
	case t.fuzzy:
		return inOrder(t.text, s)
	case t.fold && !t.plain:
		return strings.Contains(s, t.text) || strings.Contains(strings.ToLower(s), t.text)
	}
	return strings.Contains(s, t.text)
}

func (t *filterTerm) spans(s string, limit int) [][2]int {
	var spans [][2]int
	if t.re != nil {
		for _, at := range t.re.FindAllStringIndex(s, max(0, limit)) {
			if at[1] > at[0] {
				spans = append(spans, [2]int{at[0], at[1]})
			}
		}
		return spans
	}
	if t.fuzzy || t.bound != nil {
		return nil
	}
	hay := s
	if t.fold {
		hay = strings.ToLower(s)
		if len(hay) != len(s) {
			return nil // Folding moved the bytes; no mark is better than a wrong one.
		}
	}
	for from := 0; t.text != "" && len(spans) < limit; {
		i := strings.Index(hay[from:], t.text)
		if i < 0 {
			break
		}
		spans = append(spans, [2]int{from + i, from + i + len(t.text)})
		from += i + len(t.text)
	}
	return spans
}
