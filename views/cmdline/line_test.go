package cmdline

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestALineIsReadInItsParts(t *testing.T) {
	for text, want := range map[string]Line{
		"":                              {},
		"  calls ":                      {Word: "calls"},
		"calls ingest-pi":               {Word: "calls", Names: []string{"ingest-pi"}},
		`calls ingest-pi /failed @prod`: {Word: "calls", Names: []string{"ingest-pi"}, Filter: "failed", Context: "prod"},
		`calls /fa.*d/`:                 {Word: "calls", Filter: "/fa.*d/"},
		`calls "/not a filter"`:         {Word: "calls", Names: []string{"/not a filter"}},
		`calls '/fail ed'x since=1h`:    {Word: "calls", Names: []string{"/fail edx"}, Options: map[string]string{"since": "1h"}},
		`calls /"two words"`:            {Word: "calls", Filter: "two words"},
		`logs a b "c d"`:                {Word: "logs", Names: []string{"a", "b", "c d"}},
		`redeploy @`:                    {Word: "redeploy", Names: []string{"@"}},
	} {
		line, err := Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, line, text)
	}
}

func TestALineThatCannotBeReadSaysWhy(t *testing.T) {
	_, err := Parse(`calls "open`)
	assert.EqualError(t, err, `the quote " is not closed`)
	_, err = Parse(`calls /a /b`)
	assert.ErrorContains(t, err, "two filters")
}

func TestAQuotedNameIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z"'= /@-]{1,12}`).Filter(func(s string) bool {
			double, single := false, false
			for _, r := range s {
				double, single = double || r == '"', single || r == '\''
			}
			return !double || !single
		}).Draw(t, "name")
		line, err := Parse("word " + Quote(name))
		require.NoError(t, err)
		require.Equal(t, []string{name}, line.Names)
	})
}

func TestOnlyTheLastWordIsCompleted(t *testing.T) {
	words, names := []string{"calls", "call", "logs"}, []string{"ingest-pi", "ingest ims"}
	assert.Equal(t, []string{"calls", "call"}, Complete("ca", words, names))
	assert.Equal(t, []string{"calls ingest-pi", `calls "ingest ims"`}, Complete("calls in", words, names))
	assert.Empty(t, Complete("calls x", words, names))
}
