package ordering_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/ui/ordering"
)

// long is more rows than one goroutine sorts.
const long = 30_000

func listed(o ordering.Order) []int {
	all := make([]int, o.Len())
	for i := range all {
		all[i] = o.At(i)
	}
	return all
}

func never() bool { return false }

func judge(passes func(row int) bool) func() func(row int) bool {
	return func() func(row int) bool { return passes }
}

func TestSortedRowsComeByTheirKeysAndAlikeOnesAsInTheList(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 7, long} {
		keys := make([]ordering.Key, n)
		for i := range keys {
			keys[i] = ordering.Key{Number: random.Int64N(50), Text: fmt.Sprint(random.IntN(50))}
		}
		of := func(rows []int32) (picked []ordering.Key) {
			for _, row := range rows {
				picked = append(picked, keys[row])
			}
			return picked
		}
		want := make([]int, n)
		for i := range want {
			want[i] = i
		}
		less := func(a, b int) int {
			return cmp.Or(cmp.Compare(keys[a].Number, keys[b].Number), cmp.Compare(keys[a].Text, keys[b].Text))
		}
		slices.SortStableFunc(want, less)
		up := ordering.All(n).Sort(of, false)
		assert.Equal(t, want, listed(up))
		down := up.Sort(of, true)
		slices.SortFunc(want, func(a, b int) int { return cmp.Or(-less(a, b), cmp.Compare(a, b)) })
		assert.Equal(t, want, listed(down))
		assert.Equal(t, listed(up), listed(down.Sort(of, false)), "whatever was shown before")
	}
}

func TestAFilterKeepsTheOrderOfWhatPasses(t *testing.T) {
	even := judge(func(row int) bool { return row%2 == 0 })
	kept, ok := ordering.All(long).Filter(even, never)
	require.True(t, ok)
	require.Equal(t, long/2, kept.Len())
	assert.Equal(t, 4, kept.At(2))
	assert.Equal(t, 2, kept.Place(4))
	assert.Equal(t, -1, kept.Place(5))

	kept, ok = ordering.Of([]int32{9, 2, 7, 4}).Filter(even, never)
	require.True(t, ok)
	assert.Equal(t, []int{2, 4}, listed(kept))
	kept, ok = ordering.Of([]int32{8, 3, 6}).Filter(even, never)
	require.True(t, ok)
	assert.Equal(t, []int{8, 6}, listed(kept))
}

func TestAJudgeIsAskedAsTheRowsComeInTheList(t *testing.T) {
	var asked []int
	_, ok := ordering.Of([]int32{8, 3, 6}).Filter(judge(func(row int) bool { asked = append(asked, row); return true }), never)
	require.True(t, ok)
	assert.Equal(t, []int{3, 6, 8}, asked)
}

func TestAFilterThatIsOvertakenEndsEarly(t *testing.T) {
	var asked atomic.Int64
	_, ok := ordering.All(long).Filter(judge(func(int) bool { asked.Add(1); return true }), func() bool { return asked.Load() > 0 })
	assert.False(t, ok)
	assert.Less(t, asked.Load(), int64(long/2))
}

func TestAPanicOfAJudgeIsTheCallers(t *testing.T) {
	assert.PanicsWithValue(t, "a bug", func() {
		ordering.All(long).Filter(judge(func(int) bool { panic("a bug") }), never)
	})
}

func TestAllRowsComeAsTheyAre(t *testing.T) {
	all := ordering.All(3)
	assert.Equal(t, []int{0, 1, 2}, listed(all))
	assert.Equal(t, 2, all.Place(2))
	assert.Equal(t, -1, all.Place(3))
	assert.Zero(t, ordering.Order{}.Len())
}
