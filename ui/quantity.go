package ui

import (
	"strconv"
	"strings"
)

// quantity is a number as cells show it, in its basic unit: seconds, bytes or
// pieces. Only those of one kind can be compared.
type quantity struct {
	value float64
	kind  quantityKind
}

type quantityKind int

const (
	countKind quantityKind = iota
	timeKind
	sizeKind
)

// units are the units that cells and operators write.
var units = map[string]quantity{
	"": {1, countKind}, "ms": {1e-3, timeKind}, "s": {1, timeKind}, "m": {60, timeKind}, "h": {3600, timeKind}, "d": {86400, timeKind},
	"b": {1, sizeKind}, "kb": {1e3, sizeKind}, "mb": {1e6, sizeKind}, "gb": {1e9, sizeKind}, "tb": {1e12, sizeKind},
}

// parseQuantity reads "810ms", "2m04s", "38 kB", "12 004" or "v12", and what stands
// behind it after a space is left out: "2m ✓". "now" is no time ago.
func parseQuantity(text string) (quantity, bool) {
	text = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(text), "v"))
	if text == "now" || strings.HasPrefix(text, "now ") {
		return quantity{0, timeKind}, true
	}
	var sum quantity
	for begun := false; ; begun = true {
		number, rest := leadingNumber(text)
		if number == "" {
			return sum, begun
		}
		value, err := strconv.ParseFloat(strings.ReplaceAll(number, " ", ""), 64)
		if err != nil {
			return quantity{}, false
		}
		unit := strings.TrimPrefix(rest, " ")
		letters := len(unit) - len(strings.TrimLeft(unit, "abcdefghijklmnopqrstuvwxyz"))
		scale, ok := units[unit[:letters]]
		if !ok || begun && scale.kind != sum.kind {
			return sum, begun
		}
		sum = quantity{sum.value + value*scale.value, scale.kind}
		if text = unit[letters:]; letters == 0 {
			return sum, true
		}
	}
}

// leadingNumber cuts a number off, whose thousands may stand apart.
func leadingNumber(text string) (number, rest string) {
	const group = 3
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == '.' && end > 0) {
		end++
	}
	for end > 0 && len(text) > end+group && text[end] == ' ' && areDigits(text[end+1:end+1+group]) {
		end += 1 + group
	}
	return text[:end], text[end:]
}

func areDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }
