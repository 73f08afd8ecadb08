package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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

// MatchRow reports whether a row's cells match; cell returns one column's text and
// label a value of the row's metadata.
func (f *Filter) MatchRow(columns int, cell func(column int) string, label func(key string) string) bool {
	if f == nil {
		return true
	}
	for i := range f.terms {
		term, hit := &f.terms[i], false
		if term.key != "" {
			hit = term.match(label(term.key))
		} else if term.column >= 0 {
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

// narrows reports whether all that f matches is matched by wider too.
func (f *Filter) narrows(wider *Filter) bool {
	if wider == nil || f == wider {
		return true
	}
	if f == nil {
		return false
	}
	for i := range wider.terms {
		if !slices.ContainsFunc(f.terms, func(t filterTerm) bool { return t.narrows(&wider.terms[i]) }) {
			return false
		}
	}
	return true
}

// MatchText reports whether one line of text matches.
func (f *Filter) MatchText(s string) bool {
	return f.MatchRow(1, func(int) string { return s }, noLabel)
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
	grouped, _ := rows.(Alike)
	looks := make([]look, len(f.terms))
	for i := range f.terms {
		looks[i] = newLook(&f.terms[i], rows, columns)
	}
	group := uint64(0)
	return func(row int) bool {
		is := group + 1
		if grouped != nil {
			is = grouped.Group(row)
		}
		if is != group {
			group = is
			for i := range looks {
				looks[i].found = looks[i].sees(row, looks[i].shared)
			}
		}
		for i := range looks {
			l := &looks[i]
			found := l.found
			if l.term.key != "" {
				found = l.term.match(labelled(rows, row, l.term.key))
			}
			if found = found || l.sees(row, l.own); found == l.term.inverse {
				return false
			}
		}
		return true
	}
}

// look is how a term is looked for in the rows of a list.
type look struct {
	term *filterTerm
	rows Rows
	text func(row, column int) string
	// shared are the columns that rows of one group have in common, found says that
	// the term is in them; own are the others.
	shared, own []sight
	found       bool
}

// sight is a column and what its last text was judged as: neighbours often have the
// same.
type sight struct {
	column int
	text   string
	hit    bool
}

func newLook(term *filterTerm, rows Rows, columns []Column) look {
	l := look{term: term, rows: rows, text: func(row, column int) string { return rows.Cell(row, column).Text }}
	if grouped, ok := rows.(Alike); ok {
		l.text = grouped.Text
	}
	if term.key != "" {
		return l
	}
	var made []sight
	for c, column := range columns {
		s := sight{column: c, hit: term.match("")}
		switch {
		case term.column != c && (term.column != anyColumn || column.Aside):
		case !column.Own:
			l.shared = append(l.shared, s)
		case column.Made:
			made = append(made, s)
		default:
			l.own = append(l.own, s)
		}
	}
	l.own = append(l.own, made...)
	return l
}

// sees reports whether the term is in one of the columns of a row.
func (l *look) sees(row int, columns []sight) bool {
	for i := range columns {
		s := &columns[i]
		if l.term.bound != nil {
			if d, dated := spanned(l.rows, row, s.column); dated {
				if l.term.bound.holds(quantity{d.Seconds(), timeKind}) {
					return true
				}
				continue
			}
		}
		if text := l.text(row, s.column); text != s.text {
			s.text, s.hit = text, l.term.match(text)
		}
		if s.hit {
			return true
		}
	}
	return false
}
