package ui

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Filter selects rows and lines. It is immutable; the nil Filter matches all.
type Filter struct {
	source string
	terms  []filterTerm
}

type filterTerm struct {
	column  int
	inverse bool
	text    string
	fold    bool
	re      *regexp.Regexp
}

// anyColumn is the column of a term that names none.
const anyColumn = -1

// ParseFilter reads the text of the / prompt: words that must all match, each
// `text` (in any case unless it has capitals), `!text`, `/re/`, `col:value` or
// `col:!value`. Quotes keep spaces. columns are the names that may stand before
// the colon; without any a colon is text.
func ParseFilter(source string, columns []string) (*Filter, error) {
	return parseFilter(source, func(name string) (int, error) {
		if len(columns) == 0 {
			return anyColumn, nil
		}
		column := indexFold(columns, name)
		if column < 0 {
			return column, fmt.Errorf("no column %q here: %s", Clean(name), strings.Join(columns, ", "))
		}
		return column, nil
	})
}

// parseFilter is ParseFilter with what a name before a colon means: a column, or
// anyColumn if it is text.
func parseFilter(source string, column func(name string) (int, error)) (*Filter, error) {
	words, err := splitTerms(source)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, nil
	}
	f := &Filter{source: source}
	for _, word := range words {
		term, err := parseTerm(word, column)
		if err != nil {
			return nil, err
		}
		f.terms = append(f.terms, term)
	}
	return f, nil
}

// splitTerms cuts at spaces outside quotes and outside a /re/.
func splitTerms(source string) ([]string, error) {
	var words []string
	var b strings.Builder
	var quote rune
	started, quoted := false, false
	for i, r := range source {
		opensRegexp := r == '/' && !quoted && (b.Len() == 0 || b.String() == "!" || strings.HasSuffix(b.String(), ":"))
		switch {
		case quote == 0 && unicode.IsSpace(r):
			if started {
				words = append(words, b.String())
			}
			b.Reset()
			started, quoted = false, false
			continue
		case quote == 0 && (r == '"' || opensRegexp):
			quote, quoted = r, true
		case quote == r && !(r == '/' && i > 0 && source[i-1] == '\\'):
			quote = 0
		}
		started = true
		if r != '"' {
			b.WriteRune(r)
		}
	}
	if started {
		words = append(words, b.String())
	}
	switch quote {
	case '"':
		return nil, errors.New("a quote is not closed")
	case '/':
		return nil, errors.New("a /re/ is not closed; a quote before it makes it text")
	}
	return words, nil
}

func parseTerm(word string, column func(name string) (int, error)) (filterTerm, error) {
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
	return term, nil
}

func isColumnName(name string) bool {
	for _, r := range name {
		if !unicode.IsLetter(r) {
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

// String returns the text that the filter was made of.
func (f *Filter) String() string {
	if f == nil {
		return ""
	}
	return f.source
}

// MatchRow reports whether a row's cells match; cell returns one column's text.
func (f *Filter) MatchRow(columns int, cell func(column int) string) bool {
	if f == nil {
		return true
	}
	for _, term := range f.terms {
		hit := false
		if term.column >= 0 {
			hit = term.match(cell(term.column))
		} else {
			for c := 0; c < columns && !hit; c++ {
				hit = term.match(cell(c))
			}
		}
		if hit == term.inverse {
			return false
		}
	}
	return true
}

// MatchText reports whether one line of text matches.
func (f *Filter) MatchText(s string) bool {
	return f.MatchRow(1, func(int) string { return s })
}

// Spans returns the byte ranges of s that the filter's positive terms match, to
// be marked; at most limit of them.
func (f *Filter) Spans(s string, limit int) [][2]int {
	if f == nil {
		return nil
	}
	var spans [][2]int
	for _, term := range f.terms {
		if term.inverse || term.column >= 0 {
			continue
		}
		spans = append(spans, term.spans(s, limit-len(spans))...)
	}
	return spans
}

func (t filterTerm) match(s string) bool {
	switch {
	case t.re != nil:
		return t.re.MatchString(s)
	case t.fold:
		return strings.Contains(strings.ToLower(s), t.text)
	}
	return strings.Contains(s, t.text)
}

func (t filterTerm) spans(s string, limit int) [][2]int {
	var spans [][2]int
	if t.re != nil {
		for _, at := range t.re.FindAllStringIndex(s, max(0, limit)) {
			if at[1] > at[0] {
				spans = append(spans, [2]int{at[0], at[1]})
			}
		}
		return spans
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
