package store

import "time"

// Missed is a gap in a schedule's runs.
type Missed struct {
	ID, ScheduleID int64
	// Kind is Missed or Skipped.
	Kind        string
	First, Last time.Time
	Count       int64
	Reason      string
}

const missedColumns = `id, schedule_id, kind, first_due, last_due, count, reason, sum`

func (m Missed) digest() digest {
	return digestOf("missed").int(m.ID, m.ScheduleID, micros(m.First), micros(m.Last), m.Count).text(m.Kind, m.Reason)
}

func scanMissed(r scanner) (m Missed, err error) {
	var sum int64
	err = r.Scan(number(&m.ID), number(&m.ScheduleID), text(&m.Kind), moment(&m.First), moment(&m.Last), number(&m.Count), text(&m.Reason), number(&sum))
	return m, checked(err, "missed", m.ID, sum, m.digest)
}

// InsertMissed stores a gap.
func (tx *Tx) InsertMissed(m Missed) error {
	err := tx.exec(`INSERT INTO missed (`+missedColumns+`) VALUES (?,?,?,?,?,?,?,?)`, m.ID, m.ScheduleID, m.Kind, micros(m.First), micros(m.Last), m.Count, m.Reason, m.digest().sum())
	if err != nil {
		return err
	}
	tx.Event("run", m.ScheduleID)
	return nil
}

// MissedRuns lists the newest gaps of a schedule first.
func (s *Store) MissedRuns(scheduleID int64, limit int) ([]Missed, error) {
	rows, err := list(s, scanMissed, `SELECT `+missedColumns+` FROM missed WHERE schedule_id = ? ORDER BY id DESC LIMIT ?`, scheduleID, limit)
	return fitting(s, "an index of missed runs", rows, err, func(m Missed) (int64, bool) { return m.ID, m.ScheduleID == scheduleID })
}

// MissedCounts counts the missed and skipped runs of each schedule that has some.
// A gap counts every time in it, for its row tells of all of them; one of these
// that ran after all, because the schedule catches up, is not missed.
func (s *Store) MissedCounts() (map[int64]int64, error) {
	type sum struct{ id, count int64 }
	sums, err := list(s, func(r scanner) (n sum, err error) { return n, r.Scan(number(&n.id), number(&n.count)) },
		`SELECT schedule_id, SUM(count - (SELECT COUNT(*) FROM calls c WHERE c.schedule_id = m.schedule_id AND c.scheduled BETWEEN m.first_due AND m.last_due))
		FROM missed m WHERE count > 0 GROUP BY schedule_id`)
	counts := make(map[int64]int64, len(sums))
	for _, n := range sums {
		counts[n.id] = n.count
	}
	return counts, err
}
