// Package near finds the words that a typing mistake most likely meant.
package near

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// beginning is how many letters of a word make it recognisable.
const beginning = 3

// Word returns the word that a typing mistake most likely meant, "" if none
// is near: at most a third of its letters, and two at least, may differ, or the
// word is the beginning of one.
func Word(word string, known []string) string {
	best, least := "", 0
	for _, k := range known {
		allowed := max(2, utf8.RuneCountInString(k)/3)
		d := distance(word, k)
		if len(word) >= beginning && strings.HasPrefix(k, word) {
			d = 1
		}
		if d <= allowed && d < utf8.RuneCountInString(word) && (best == "" || d < least) {
			best, least = k, d
		}
	}
	return best
}

// Words returns up to n of the known words that are most like a text, the nearest
// first and always some; a word that begins with it is nearest of all.
func Words(text string, known []string, n int) []string {
	type near struct {
		word string
		far  int
	}
	all := make([]near, 0, len(known))
	folded := strings.ToLower(text)
	for _, w := range known {
		far := distance(folded, strings.ToLower(w))
		if text != "" && strings.HasPrefix(strings.ToLower(w), folded) {
			far = 0
		}
		all = append(all, near{w, far})
	}
	slices.SortStableFunc(all, func(a, b near) int { return a.far - b.far })
	var found []string
	for _, a := range all[:min(n, len(all))] {
		found = append(found, a.word)
	}
	return found
}

// distance counts the letters to add, drop, change or swap with the next one
// to turn a into b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	// A word far longer than any of ours is near to none; the table below would
	// only cost time.
	const longest = 64
	if len(x) > longest || len(y) > longest {
		return longest
	}
	before, above := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			change := above[j-1]
			if x[i-1] != y[j-1] {
				change++
			}
			row[j] = min(change, above[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above = above, row
	}
	return above[len(y)]
}
