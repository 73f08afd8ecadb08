package ui

// Align says where a column's text stands.
type Align int

// The alignments.
const (
	AlignLeft Align = iota
	AlignRight
)

// Column describes one column of a table.
type Column struct {
	Title string
	// Key names the column in filters ("status:failed"); lower case.
	Key string
	// Priority 1 stays to the last, 4 is shown only in wide mode. A column is
	// dropped whole.
	Priority int
	// Min is the width that it is never squeezed under, Max its cap (0: none).
	Min, Max int
	// Grow takes what is left over.
	Grow  bool
	Align Align
	// Down says that the first order of the column is from the most to the least, such
	// as the newest first.
	Down bool
	// Own says that rows of one group may differ in the column.
	Own bool
	// Made says that the text has to be made for each row, so that a filter looks at
	// the columns first whose text is there.
	Made bool
	// Aside leaves the column out of what a filter without a column's name looks at:
	// ages would come and go under it.
	Aside bool
	// Volatile columns change by themselves (ages) and never flash.
	Volatile bool
}

const (
	// columnGap separates columns; a wide terminal spends spare room on more.
	columnGap    = 2
	columnGapMax = 4
	// narrowTable is the width under which only the first priority is shown: what
	// it is and how it stands.
	narrowTable = 50
	// widePriority is the first priority that only wide mode shows.
	widePriority = 4
)

// placed is a column that the solver gave room.
type placed struct {
	column int
	width  int
}

// solveColumns chooses the columns that fit into width and their widths, given
// what each needs for its title and its visible cells. The result is in the
// table's order.
func solveColumns(columns []Column, need []int, width int, wide bool) (shown []placed, gap int) {
	keep := make([]bool, len(columns))
	for i, c := range columns {
		keep[i] = c.Priority <= 1 || wide || width >= narrowTable && c.Priority < widePriority
	}
	least := func(i int) int {
		if columns[i].Priority <= 1 && width >= narrowTable {
			return min(need[i], width/2) // The others go before these are cut.
		}
		return min(columns[i].Min, need[i])
	}
	total := func() int {
		sum, count := 0, 0
		for i := range columns {
			if keep[i] {
				sum += least(i)
				count++
			}
		}
		return sum + columnGap*max(0, count-1)
	}
	rank := func(c Column) int {
		if wide && c.Priority == widePriority {
			return 1 // The rare ones were asked for: others make room for them.
		}
		return c.Priority
	}
	for total() > width {
		worst := -1
		for i, c := range columns {
			if keep[i] && c.Priority > 1 && (worst < 0 || rank(c) >= rank(columns[worst])) {
				worst = i
			}
		}
		if worst < 0 {
			break // What and state stay; the last cell is clipped.
		}
		keep[worst] = false
	}
	spare := width - total()
	widths := make([]int, len(columns))
	for priority := 1; priority <= widePriority; priority++ {
		for i, c := range columns {
			if keep[i] && c.Priority == priority {
				more := min(need[i]-least(i), max(0, spare))
				widths[i] = least(i) + more
				spare -= more
			}
		}
	}
	return arrange(columns, keep, widths, spare)
}

// arrange gives spare room to the gaps and then to the first growing column.
func arrange(columns []Column, keep []bool, widths []int, spare int) ([]placed, int) {
	var shown []placed
	grow := -1
	for i, c := range columns {
		if !keep[i] {
			continue
		}
		if c.Grow && grow < 0 {
			grow = len(shown)
		}
		shown = append(shown, placed{column: i, width: widths[i]})
	}
	gap := columnGap
	for gap < columnGapMax && spare >= 3*(len(shown)-1) && len(shown) > 1 {
		spare -= len(shown) - 1
		gap++
	}
	if grow >= 0 && spare > 0 {
		shown[grow].width += spare
	}
	return shown, gap
}
