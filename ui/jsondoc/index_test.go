package jsondoc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// items is a document of n objects with an array in each.
func items(n int) string {
	var b strings.Builder
	b.WriteString(`{"items":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"deep":{"tags":["a",["b"]]}}`, i)
	}
	b.WriteString(`]}`)
	return b.String()
}

func TestPlacesFarDownKnowWhatIsAroundThem(t *testing.T) {
	const n = 20_000
	text := items(n)
	d := open(t, text)
	require.Greater(t, len(d.points), 8, "there is something between the points")
	for _, i := range []int{0, 1, n / 3, n / 2, n - 1} {
		at := strings.Index(text, fmt.Sprintf(`{"id":%d,`, i))
		within := at + strings.Index(text[at:], `"b"`)
		row, err := d.Reveal(within)
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("$.items[%d].deep.tags[1][0]", i), d.Path(row))
	}
}

func TestAnIndexAllocatesNothingForEachValue(t *testing.T) {
	const n = 20_000
	d, err := New([]byte(items(n)))
	require.NoError(t, err)
	allocated := testing.AllocsPerRun(1, func() {
		_, err := d.Index(never)
		require.NoError(t, err)
	})
	assert.Less(t, allocated, float64(n/50))
}
