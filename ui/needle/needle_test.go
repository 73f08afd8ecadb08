package needle

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestOnlyTwoLettersOutsideASCIIAreSmallLettersOfIt(t *testing.T) {
	var found []string
	for r := rune(utf8.RuneSelf); r <= unicode.MaxRune; r++ {
		if unicode.ToLower(r) < utf8.RuneSelf {
			found = append(found, string(r))
		}
	}
	assert.Equal(t, []string{dottedCI, kelvin}, found)
}

func TestANeedleIsFoundInAnyCaseWhereItFirstStands(t *testing.T) {
	for _, c := range []struct {
		text string
		fold bool
		in   string
		at   int
	}{
		{"nee", true, "neneNeE", 4},
		{"nee", false, "NEE nee", 4},
		{"e", true, "xyzE", 3},
		{"abab", true, "abaABAB", 3},
		{"12", true, "1 2 12", 4},
		{"nee", true, "ne", -1},
		{"nee", true, "", -1},
	} {
		assert.Equal(t, c.at, New(c.text, c.fold).Index([]byte(c.in)), "%q in %q", c.text, c.in)
	}
	assert.False(t, New("kelvin", true).Tells([]byte(kelvin+"elvin")))
	assert.True(t, New("needle", true).Tells([]byte(kelvin)))
}
