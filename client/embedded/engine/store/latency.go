package store

import "time"

// Latencies lists how long the newest calls of a function took that came to an
// end of their own, newest first. When a call was cancelled says nothing of how
// long it would have taken.
func (s *Store) Latencies(functionID int64, limit int) ([]time.Duration, error) {
	return list(s, func(r scanner) (time.Duration, error) {
		c, err := scanCall(r)
		return c.Duration, err
	}, `SELECT `+callColumns+` FROM calls WHERE function_id = ? AND ended > 0 AND status <> ? ORDER BY id DESC LIMIT ?`, functionID, Cancelled, limit)
}
