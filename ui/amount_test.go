package ui

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAmountsAreWrittenForPeople(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 9_949: "9.9 kB", 9_950: "10 kB", 38_200: "38 kB",
		999_499: "999 kB", 999_500: "1.0 MB", 1_400_000: "1.4 MB", 5_000_000_000: "5.0 GB", -2000: "-2.0 kB",
	} {
		assert.Equal(t, want, Bytes(n), n)
	}
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1 000", -1204: "-1 204", 1_234_567: "1 234 567", math.MaxInt64: "9 223 372 036 854 775 807",
	} {
		assert.Equal(t, want, Grouped(n))
	}
	assert.Equal(t, "1 line", Counted(1, "line"))
	assert.Equal(t, "12 004 lines", Counted(12_004, "line"))
	assert.Equal(t, "0 lines", Counted(0, "line"))
}
