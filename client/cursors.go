package client

import (
	"errors"
	"fmt"
)

// mostPages bounds a list: with a thousand rows each, no project has more.
const mostPages = 10_000

// ErrEndless is the cause of an error of a list whose pages have no end.
var ErrEndless = errors.New("the list has no end")

// Cursors follows the pages of one list to their end, and not for ever: a service
// may hand out a cursor again that leads back. The zero value is at the first page.
type Cursors struct {
	seen map[string]bool
}

// Follow reports whether there is a page behind cursor, the one that the newest page
// came with. ErrEndless says that it leads in a circle, or that there are more pages
// than any list has.
func (c *Cursors) Follow(cursor string) (bool, error) {
	if cursor == "" {
		return false, nil
	}
	if c.seen[cursor] || len(c.seen) >= mostPages {
		return false, &Error{Code: CodeUnexpected, Message: fmt.Sprintf("unexpected reply: the list has no end, page %d leads back to one before or on for ever", len(c.seen)+1), Err: ErrEndless}
	}
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	c.seen[cursor] = true
	return true, nil
}
