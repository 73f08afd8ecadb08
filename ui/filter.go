package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Filter selects rows and lines. It is immutable; the nil Filter matches all.
type Filter struct {
	source string
	terms  []filterTerm
}

// ParseFilter reads the text of the / prompt: words that must all match, each
// `text` (in any case unless it has capitals), `!text`, `/re/`, `-f letters` that
// stand in this order, `-l key=value` of the metadata, `col:value`, `col:!value` or
// `col:>5s`. Quotes keep spaces. columns are the names that may stand before the
// colon; without any a colon is text.
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
func parseFilter(source string, column columnOf) (*Filter, error) {
	words, err := splitTerms(source)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, nil
	}
	f := &Filter{source: source}
	for i := 0; i < len(words); i++ {
		parse := parserOf(words[i])
		if parse == nil {
			parse = parseTerm
		} else if i++; i == len(words) {
			return nil, fmt.Errorf("nothing behind %s", words[i-1])
		}
		term, err := parse(words[i], column)
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

// String returns the text that the filter was made of.
func (f *Filter) String() string {
	if f == nil {
		return ""
	}
	return f.source
}

// spanOf returns the span of time that a column's text stands for, false where it
// stands for none: a comparison then takes the text.
type spanOf func(column int) (time.Duration, bool)

// noSpan is that of rows without times.
func noSpan(int) (time.Duration, bool) { return 0, false }

// MatchRow reports whether a row's cells match; cell returns one column's text and
// label a value of the row's metadata.
func (f *Filter) MatchRow(columns int, cell func(column int) string, label func(key string) string, span spanOf) bool {
	if f == nil {
		return true
	}
	for _, term := range f.terms {
		hit := false
		if term.key != "" {
			hit = term.match(label(term.key))
		} else if term.column >= 0 {
			hit = term.matchIn(term.column, cell, span)
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

// matchIn matches a column: by its time, if it has one and times are compared, else by
// its text.
func (t filterTerm) matchIn(column int, cell func(column int) string, span spanOf) bool {
	if t.bound != nil {
		if d, dated := span(column); dated {
			return t.bound.holds(quantity{d.Seconds(), timeKind})
		}
	}
	return t.match(cell(column))
}

// narrows reports whether all that f matches is matched by wider too.
func (f *Filter) narrows(wider *Filter) bool {
	if wider == nil || f == wider {
		return true
	}
	if f == nil {
		return false
	}
	for _, wide := range wider.terms {
		if !slices.ContainsFunc(f.terms, func(t filterTerm) bool { return t.narrows(wide) }) {
			return false
		}
	}
	return true
}

// MatchText reports whether one line of text matches.
func (f *Filter) MatchText(s string) bool {
	return f.MatchRow(1, func(int) string { return s }, noLabel, noSpan)
}

// noLabel is the metadata of what has none.
func noLabel(string) string { return "" }

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

// judge returns what says whether a row passes. It remembers what the rows of one
// group have in common; for rows without groups that is nothing.
func (f *Filter) judge(rows Rows, columns []Column) func(row int) bool {
	text := func(row, column int) string { return rows.Cell(row, column).Text }
	grouped, _ := rows.(Alike)
	if grouped != nil {
		text = grouped.Text
	}
	group, shared := uint64(0), make([]bool, len(f.terms))
	hit := func(term filterTerm, row int, own bool) bool {
		if term.column >= 0 {
			return columns[term.column].Own == own && term.matchIn(term.column, func(c int) string { return text(row, c) }, func(c int) (time.Duration, bool) { return spanned(rows, row, c) })
		}
		for c, column := range columns {
			if column.Own == own && !column.Aside && term.match(text(row, c)) {
				return true
			}
		}
		return false
	}
	return func(row int) bool {
		is := group + 1
		if grouped != nil {
			is = grouped.Group(row)
		}
		if is != group {
			group = is
			for i, term := range f.terms {
				shared[i] = term.key == "" && hit(term, row, false)
			}
		}
		for i, term := range f.terms {
			found := shared[i]
			if term.key != "" {
				found = term.match(labelled(rows, row, term.key))
			}
			if found = found || term.key == "" && hit(term, row, true); found == term.inverse {
				return false
			}
		}
		return true
	}
}
