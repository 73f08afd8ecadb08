package bigtext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryLetterHasRowsOfOneWidthAndIsUnlikeTheOthers(t *testing.T) {
	seen := map[string]rune{}
	for r, rows := range letters {
		for _, row := range rows {
			assert.Len(t, row, len(rows[0]), string(r))
			assert.Empty(t, strings.Trim(row, "# "), string(r))
		}
		whole := strings.Join(rows[:], "\n")
		other, taken := seen[whole]
		assert.False(t, taken, "%c is drawn as %c", r, other)
		seen[whole] = r
	}
	for _, r := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-" {
		assert.Contains(t, letters, r)
	}
}

func TestACodeIsDrawnWhereItFits(t *testing.T) {
	lines := Lines("f3-", "#", 80)
	require.Len(t, lines, Height)
	assert.Equal(t, "#### ###     ", lines[0])
	assert.Equal(t, len(lines[0]), len(lines[4]))
	assert.Nil(t, Lines("F3", "#", 8))
	assert.NotNil(t, Lines("F3", "#", 9))
	assert.Nil(t, Lines("F3ø", "#", 80))
	assert.Nil(t, Lines("", "#", 80))
}
