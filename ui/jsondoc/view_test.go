package jsondoc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/ui"
)

func screen(v *View, width, height int) string {
	return ansi.Strip(strings.Join(v.View(ui.NewNeutralTheme(false), width, height), "\n"))
}

func shown(t *testing.T, text string) *View {
	v, err := NewView([]byte(text))
	require.NoError(t, err)
	v.Indexed(v.IndexStep()())
	require.Nil(t, v.IndexStep())
	return v
}

func TestTheCursorMovesTheWindowAndStaysInIt(t *testing.T) {
	var items []string
	for i := range 1000 {
		items = append(items, fmt.Sprint(i))
	}
	v := shown(t, "["+strings.Join(items, ",")+"]")
	assert.Equal(t, "[                   \n  0,\n  1,\n  2,", screen(v, 20, 4))
	v.End()
	assert.Equal(t, "  998,\n  999\n]                   ", screen(v, 20, 3))
	v.Page(-1)
	assert.Contains(t, screen(v, 20, 3), "998")
	v.Top()
	v.Move(500)
	assert.Contains(t, screen(v, 20, 3), "  499,")
	assert.Equal(t, "$[499]", v.Path())
}

func TestHostileTextInADocumentIsShownAndNotObeyed(t *testing.T) {
	v := shown(t, "{\"a\x1b[2J\":\"\x1b]52;c;eA==\x07\u202e\"}")
	for _, r := range screen(v, 80, 10) {
		assert.False(t, r < ' ' && r != '\n', "%q", r)
		assert.NotEqual(t, '\u202e', r)
	}
}

func TestASearchOpensWhatIsFoldedAndStepsBothWays(t *testing.T) {
	v := shown(t, sample)
	v.FoldAll()
	v.Search(`"tags"`)
	assert.Equal(t, "$.items[0].tags", v.Path())
	v.Top()
	v.Search("1")
	first := v.Path()
	require.True(t, v.Step(1))
	assert.NotEqual(t, first, v.Path())
	require.True(t, v.Step(-1))
	assert.Equal(t, first, v.Path())
	v.Search("nowhere")
	assert.False(t, v.Step(1))
}

func TestAMistakeFarDownIsSaidAndWhatIsBeforeItStays(t *testing.T) {
	v, err := NewView([]byte(`{"a":1,"b":[1,2}`))
	require.NoError(t, err)
	v.Indexed(v.IndexStep()())
	assert.Contains(t, screen(v, 40, 10), `"a": 1,`)
	assert.Contains(t, v.Status(), "not JSON: at byte 15")
	v.End()
	v.Move(100)
	assert.Contains(t, screen(v, 40, 10), `"b": [`)
}

func TestAnEqualDocumentKeepsThePlaceAndANewOneBegins(t *testing.T) {
	v := shown(t, sample)
	v.Move(5)
	v.Take(shown(t, sample))
	assert.Equal(t, "$.items[0].tags", v.Path())
	v.Take(shown(t, `[1]`))
	assert.Equal(t, "$", v.Path())
}

func TestARowThatIsCutSaysSoAndWrappingShowsAllOfIt(t *testing.T) {
	v := shown(t, `{"short":1,"long":"abcdefghijklmnopqrstuvwxyz","end":true}`)
	v.Move(1)
	assert.Equal(t, "{\n  \"short\": 1,       \n  \"long\": \"abcdefgh…\n  \"end\": true\n}", screen(v, 20, 9))
	v.Sideways(8)
	assert.Contains(t, screen(v, 20, 9), `: "abcdefghijklmnop…`)
	v.ToggleWrap()
	assert.Equal(t, []string{
		`{`, `  "short": 1,       `, `  "long": "abcdefghi`, `  jklmnopqrstuvwxyz"`, `  ,`, `  "end": true`, `}`,
	}, strings.Split(screen(v, 20, 9), "\n"))
	v.Move(2)
	assert.Equal(t, "$.long", v.Path())
	v.Move(2)
	assert.Equal(t, "$.end", v.Path())
	v.Move(-1)
	assert.Equal(t, "$.long", v.Path(), "up from below comes to its last line")
	assert.Equal(t, []string{`  jklmnopqrstuvwxyz"`, `  ,                 `}, strings.Split(screen(v, 20, 2), "\n"))
	v.Top()
	v.Search("yz")
	assert.Contains(t, screen(v, 20, 2), `jklmnopqrstuvwxyz"`, "the line of the match is on the screen")
	v.ToggleWrap()
	assert.Contains(t, screen(v, 20, 9), `  "long": "abcdefgh…`)
}

func TestAWrappedValueLargerThanTheScreenIsReadThroughAndBounded(t *testing.T) {
	v := shown(t, `["`+strings.Repeat("x", 10*wrapMost)+`",2]`)
	v.ToggleWrap()
	screen(v, 80, 10)
	v.Page(3)
	assert.Equal(t, "$[0]", v.Path())
	assert.NotContains(t, screen(v, 80, 10), "[")
	v.End()
	assert.Contains(t, screen(v, 80, 4), fmt.Sprintf("… +%s bytes", ui.Grouped(9*wrapMost+2)))
}

func TestWrappingChangesNeitherTheValuesNorTheirOrder(t *testing.T) {
	v := shown(t, sample)
	v.ToggleWrap()
	for _, width := range []int{0, 1, 2, 7, 30, 79} {
		screen(v, width, 5)
		v.Top()
		var all strings.Builder
		last := ""
		for range 2000 {
			lines := strings.Split(screen(v, width+1, 1), "\n")
			require.Len(t, lines, 1)
			if place := fmt.Sprint(v.wrap.cursor.line, v.cursor.Offset()); place == last {
				break
			} else {
				last = place
			}
			all.WriteString(strings.Trim(lines[0], " "))
			v.Move(1)
		}
		assert.Contains(t, strings.ReplaceAll(all.String(), " ", ""), `"items"`, "%d", width)
	}
}
