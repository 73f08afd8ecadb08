// Package bigtext draws short codes so large that they can be read across a desk
// and typed elsewhere.
package bigtext

import "strings"

// Height is the number of lines of a drawn text.
const Height = 5

// gap is between two letters.
const gap = " "

// letters are five rows of cells each; # is set.
var letters = map[rune][Height]string{
	'A': {" ## ", "#  #", "####", "#  #", "#  #"},
	'B': {"### ", "#  #", "### ", "#  #", "### "},
	'C': {" ###", "#   ", "#   ", "#   ", " ###"},
	'D': {"### ", "#  #", "#  #", "#  #", "### "},
	'E': {"####", "#   ", "### ", "#   ", "####"},
	'F': {"####", "#   ", "### ", "#   ", "#   "},
	'G': {" ###", "#   ", "# ##", "#  #", " ###"},
	'H': {"#  #", "#  #", "####", "#  #", "#  #"},
	'I': {"###", " # ", " # ", " # ", "###"},
	'J': {"  ##", "   #", "   #", "#  #", " ## "},
	'K': {"#  #", "# # ", "##  ", "# # ", "#  #"},
	'L': {"#   ", "#   ", "#   ", "#   ", "####"},
	'M': {"#   #", "## ##", "# # #", "#   #", "#   #"},
	'N': {"#   #", "##  #", "# # #", "#  ##", "#   #"},
	'O': {" ## ", "#  #", "#  #", "#  #", " ## "},
	'P': {"### ", "#  #", "### ", "#   ", "#   "},
	'Q': {" ## ", "#  #", "#  #", "# ##", " ###"},
	'R': {"### ", "#  #", "### ", "# # ", "#  #"},
	'S': {" ###", "#   ", " ## ", "   #", "### "},
	'T': {"#####", "  #  ", "  #  ", "  #  ", "  #  "},
	'U': {"#  #", "#  #", "#  #", "#  #", " ## "},
	'V': {"#   #", "#   #", "#   #", " # # ", "  #  "},
	'W': {"#   #", "#   #", "# # #", "## ##", "#   #"},
	'X': {"#   #", " # # ", "  #  ", " # # ", "#   #"},
	'Y': {"#   #", " # # ", "  #  ", "  #  ", "  #  "},
	'Z': {"####", "  # ", " #  ", "#   ", "####"},
	'0': {" ## ", "# ##", "## #", "#  #", " ## "},
	'1': {" # ", "## ", " # ", " # ", "###"},
	'2': {"### ", "   #", " ## ", "#   ", "####"},
	'3': {"### ", "   #", " ## ", "   #", "### "},
	'4': {"#  #", "#  #", "####", "   #", "   #"},
	'5': {"####", "#   ", "### ", "   #", "### "},
	'6': {" ## ", "#   ", "### ", "#  #", " ## "},
	'7': {"####", "   #", "  # ", " #  ", " #  "},
	'8': {" ## ", "#  #", " ## ", "#  #", " ## "},
	'9': {" ## ", "#  #", " ###", "   #", " ## "},
	'-': {"   ", "   ", "###", "   ", "   "},
}

// Lines draws a code with mark for what is set; nil where a character has no
// letter, or the lines would be wider than width cells: then the code as it is
// must do. Small letters are drawn as capitals.
func Lines(code, mark string, width int) []string {
	lines := make([]string, Height)
	drawn := 0
	for i, r := range strings.ToUpper(code) {
		letter, ok := letters[r]
		if !ok {
			return nil
		}
		if i > 0 {
			drawn += len(gap)
		}
		drawn += len(letter[0])
		for row, cells := range letter {
			if i > 0 {
				lines[row] += gap
			}
			lines[row] += strings.ReplaceAll(cells, "#", mark)
		}
	}
	if drawn == 0 || drawn > width {
		return nil
	}
	return lines
}
