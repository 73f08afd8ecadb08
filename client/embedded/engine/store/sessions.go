package store

import "time"

// Session is the session of a schedule. The sessions of calls end with their
// call and are not kept here.
type Session struct {
	ID int64
	// Subject is whom the session acts for, empty for the engine's user. Its column
	// is from when that could only be a client.
	Type, Subject, Status string
	// Expires is zero for a session without an end of its own.
	Created, Expires time.Time
}

const sessionColumns = `id, type, client_id, status, created, expires, sum`

func (s Session) digest() digest {
	return digestOf("sessions").int(s.ID, micros(s.Created), micros(s.Expires)).text(s.Type, s.Subject, s.Status)
}

func scanSession(r scanner) (s Session, err error) {
	var sum int64
	err = r.Scan(number(&s.ID), text(&s.Type), text(&s.Subject), text(&s.Status), moment(&s.Created), moment(&s.Expires), number(&sum))
	return s, checked(err, "sessions", s.ID, sum, s.digest)
}

// Sessions lists the sessions, newest first.
func (s *Store) Sessions() ([]Session, error) {
	return list(s, scanSession, `SELECT `+sessionColumns+` FROM sessions ORDER BY id DESC`)
}

// Session reads one session.
func (s *Store) Session(id int64) (Session, error) {
	return one(s.row(`SELECT `+sessionColumns+` FROM sessions WHERE id = ?`, id), scanSession)
}

// Session reads one session inside the transaction.
func (tx *Tx) Session(id int64) (Session, error) {
	return one(tx.queryRow(`SELECT `+sessionColumns+` FROM sessions WHERE id = ?`, id), scanSession)
}

// DeleteUnusedSessions deletes the sessions whose schedule is gone.
func (tx *Tx) DeleteUnusedSessions() error {
	return tx.exec(`DELETE FROM sessions WHERE id NOT IN (SELECT session_id FROM schedules)`)
}

// InsertSession stores a session.
func (tx *Tx) InsertSession(s Session) error {
	return tx.exec(`INSERT INTO sessions (`+sessionColumns+`) VALUES (?,?,?,?,?,?,?)`,
		s.ID, s.Type, s.Subject, s.Status, micros(s.Created), micros(s.Expires), s.digest().sum())
}

// SetSessionStatus stores a session's status; ErrNotFound if there is none.
func (tx *Tx) SetSessionStatus(id int64, status string) error {
	s, err := tx.Session(id)
	if err != nil {
		return err
	}
	s.Status = status
	return tx.change(`UPDATE sessions SET status = ?, sum = ? WHERE id = ?`, status, s.digest().sum(), id)
}

// DeleteSession deletes a session; ErrNotFound if there is none.
func (tx *Tx) DeleteSession(id int64) error {
	return tx.change(`DELETE FROM sessions WHERE id = ?`, id)
}
