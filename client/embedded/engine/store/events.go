package store

// eventHistory is how many events are kept for readers that lag.
const eventHistory = 10_000

// Event is a hint that a row changed. It is written in the transaction that
// changed the row, so that no event precedes its fact and none is lost.
type Event struct {
	Seq     int64
	Kind    string
	Subject int64
}

// Event records that something changed.
func (tx *Tx) Event(kind string, subject int64) error {
	if tx.quiet {
		return nil
	}
	tx.s.eventSeq++
	if err := tx.exec(`INSERT INTO events VALUES (?,?,?,?)`, tx.s.eventSeq, tx.Now(), kind, subject); err != nil {
		return err
	}
	if tx.s.eventSeq%(eventHistory/10) != 0 {
		return nil
	}
	return tx.exec(`DELETE FROM events WHERE seq <= ?`, tx.s.eventSeq-eventHistory)
}

// Events reads the events after seq, oldest first. complete is false when some
// of them are no longer kept.
func (s *Store) Events(after int64, limit int) (events []Event, complete bool, err error) {
	var oldest int64
	if err := s.row(`SELECT COALESCE(MIN(seq),0) FROM events`).Scan(&oldest); err != nil {
		return nil, false, err
	}
	events, err = list(s, func(r scanner) (e Event, err error) {
		return e, r.Scan(&e.Seq, &e.Kind, &e.Subject)
	}, `SELECT seq, kind, subject FROM events WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit)
	return events, oldest <= after+1, err
}

// LastEvent returns the newest event's seq, 0 if there was none.
func (s *Store) LastEvent() (seq int64, err error) {
	err = s.row(`SELECT COALESCE(MAX(seq),0) FROM events`).Scan(&seq)
	return seq, err
}
