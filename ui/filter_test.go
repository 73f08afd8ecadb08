package ui

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// quantities are rows with what lists show, and metadata.
type quantities struct{ testRows }

func (q quantities) Label(row int, key string) string {
	return map[string]string{"team": q.ID(row)}[key]
}

func (q quantities) Still() Rows { return q }

func TestAFilterComparesTimesSizesAndNumbersAndReadsLooseLetters(t *testing.T) {
	rows := quantities{testRows{{"alpha", "810ms", "12 004"}, {"beta", "2m04s", "38 kB"}, {"gamma", "–", "1.4 MB"}, {"delta", "now", "v7"}}}
	for filter, want := range map[string][]string{
		"status:>1s":          {"beta"},
		"status:<1s":          {"alpha", "delta"},
		"status:<=810ms":      {"alpha", "delta"},
		"status:!>1s":         {"alpha", "gamma", "delta"},
		"calls:>100":          {"alpha", "beta", "gamma"},
		"calls:>=38kB":        {"beta", "gamma"},
		"calls:>1MB":          {"gamma"},
		"calls:>12003":        {"alpha", "beta", "gamma"},
		"calls:>=7 calls:<8":  {"delta"},
		"-f ta":               {"beta", "delta"},
		"-f AA":               {"alpha", "gamma"},
		"-l team=gam":         {"gamma"},
		"-l team!=a":          nil,
		"-l owner!=x":         {"alpha", "beta", "gamma", "delta"},
		"-f a -l team=elt !x": {"delta"},
	} {
		table := newTestTable(rows.testRows)
		table.rebuild(rows)
		require.NoError(t, table.Filter(filter), filter)
		var got []string
		table.Visible(func(row int) bool { got = append(got, rows.ID(row)); return true })
		assert.Equal(t, want, got, filter)
	}
}

func TestAFilterThatCannotBeReadSaysWhatItTakes(t *testing.T) {
	table := newTestTable(someRows)
	for filter, says := range map[string]string{
		"status:>soon": ">soon needs a number, a time or a size: 12, 5s, 2m, 40kB",
		"-f":           "nothing behind -f",
		"a -l":         "nothing behind -l",
		"-l team":      "-l takes key=value of the metadata, not team",
	} {
		assert.EqualError(t, table.Filter(filter), says, filter)
	}
	_, err := parseLineFilter("-l a=b")
	assert.EqualError(t, err, "-l filters lists: a line has no metadata")
}
