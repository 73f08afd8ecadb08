package ui

import (
	"fmt"
	"strconv"
	"strings"
)

// Bytes writes an amount of bytes for a person: "812 B", "38 kB", "1.4 MB".
// Units are decimal, as the limits of the backends are.
func Bytes(n int64) string {
	if n > -1000 && n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	value, sign, unit := float64(n), "", ""
	if value < 0 {
		value, sign = -value, "-"
	}
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if value < 999.5 {
			break
		}
		value, unit = value/1000, next
	}
	if value < 9.95 {
		return fmt.Sprintf("%s%.1f %s", sign, value, unit)
	}
	return fmt.Sprintf("%s%.0f %s", sign, value, unit)
}

// Grouped writes a whole number with its thousands apart: "12 004".
func Grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + " " + digits[i:]
	}
	return sign + digits
}

// Counted writes a count with its noun: "1 line", "12 lines".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Grouped(int64(n)) + " " + noun + "s"
}

// Rate writes how many of something there are in a second, with as many digits as
// mean something: "0.4", "5.9", "83".
func Rate(perSecond float64) string {
	if perSecond < 9.95 {
		return strconv.FormatFloat(perSecond, 'f', 1, 64)
	}
	return Grouped(int64(perSecond + 0.5))
}
