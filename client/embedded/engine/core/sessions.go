package core

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"fndeck/client"
	"fndeck/client/cron"
	"fndeck/client/embedded/engine/store"
)

// The states of a session and its types, as Cognite words them.
const (
	SessionReady   = "READY"
	SessionActive  = "ACTIVE"
	SessionExpired = "EXPIRED"
	SessionRevoked = "REVOKED"

	ClientCredentials = "CLIENT_CREDENTIALS"
	TokenExchange     = "TOKEN_EXCHANGE"
	OneshotExchange   = "ONESHOT_TOKEN_EXCHANGE"
)

const (
	// keptSessions bounds the sessions that are remembered after their end.
	keptSessions = 10_000
	// longSession is when the session of a schedule is said to expire: it lives as
	// long as the schedule.
	longSession = 10 * 365 * 24 * time.Hour
)

// errChained is the refusal of a session that a called function's callee asks for.
var errChained = &client.Error{Code: client.CodeForbidden, Message: "Sessions can be chained one level deep only", Hint: "call the function from outside, or from the function that was called first"}

// Session is a right to act that a call or a schedule is bound to.
type Session struct {
	ID   int64
	Type string
	// Subject is whom the session acts for: the client id of client credentials,
	// or else who opened it, empty for the engine's user.
	Subject string
	Status  string
	// Depth is 0 for a session that a person opened, 1 for one that a call opened.
	Depth            int
	Created, Expires time.Time
}

// sessions are the sessions of calls, which live no longer than the engine, and
// those that nothing is bound to yet.
type sessions struct {
	clock func() time.Time
	mu    sync.Mutex
	byID  map[int64]Session
	// many is with how many the next look for what can be forgotten comes.
	many int
}

func newSessions(clock func() time.Time) *sessions {
	return &sessions{clock: clock, byID: map[int64]Session{}, many: keptSessions}
}

func (s *sessions) add(new Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byID) >= s.many {
		s.forget()
		s.many = max(keptSessions, 2*len(s.byID)) // where all are in use, not again with each
	}
	s.byID[new.ID] = new
}

// forget drops the older half of what is over.
func (s *sessions) forget() {
	var over []int64
	now := s.clock()
	for id, x := range s.byID {
		if status := x.at(now).Status; status != SessionActive && status != SessionReady {
			over = append(over, id)
		}
	}
	slices.Sort(over)
	for _, id := range over[:(len(over)+1)/2] {
		delete(s.byID, id)
	}
}

// at is the session as it stands at a time: one that nothing was bound to in
// time has expired.
func (x Session) at(now time.Time) Session {
	if x.Status == SessionReady && now.After(x.Expires) {
		x.Status = SessionExpired
	}
	return x
}

func (s *sessions) find(id int64) (Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.byID[id]
	return x.at(s.clock()), ok
}

func (s *sessions) all() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	all := slices.Collect(maps.Values(s.byID))
	for i := range all {
		all[i] = all[i].at(now)
	}
	return all
}

// move changes the state of a session from one of the given ones; it reports
// whether it did.
func (s *sessions) move(id int64, to string, expires time.Time, from ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.byID[id]
	if !ok || !slices.Contains(from, x.at(s.clock()).Status) {
		return false
	}
	x.Status, x.Expires = to, expires
	s.byID[id] = x
	return true
}

// drop forgets a session that lives elsewhere from now on.
func (s *sessions) drop(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, id)
}

// OpenSession opens a session for a caller and returns it with the nonce that
// binds it to one call or schedule within a minute. It acts for the client of
// clientID, or for the caller itself where that is empty. A call that another call
// made may not open one, and its log says so.
func (e *Core) OpenSession(by Caller, kind, clientID string) (s Session, nonce string, err error) {
	depth := 0
	if by.CallID != 0 {
		if by.Depth > 0 {
			e.noteOn(by.CallID, errChained.Message)
			return Session{}, "", errChained
		}
		depth = by.Depth + 1
	}
	id, err := e.store.NextID()
	if err != nil {
		return Session{}, "", err
	}
	now := e.now()
	s = Session{ID: id, Type: kind, Subject: cmp.Or(clientID, by.Subject), Status: SessionReady, Depth: depth, Created: now, Expires: now.Add(nonceLife)}
	e.sessions.add(s)
	return s, e.nonces.add(id), nil
}

// bind trades a nonce for its session, which is then in use.
func (e *Core) bind(nonce string, life time.Duration) (Session, error) {
	id, err := e.nonces.use(nonce)
	if err != nil {
		return Session{}, err
	}
	if !e.sessions.move(id, SessionActive, e.now().Add(life), SessionReady) {
		return Session{}, errNonce // revoked in between
	}
	s, _ := e.sessions.find(id)
	return s, nil
}

// CreateScheduleWith binds the session of a nonce to a new schedule, for as long
// as that lives. The nonce is not spent on what is refused for another reason.
func (e *Core) CreateScheduleWith(nonce string, n NewSchedule) (store.Schedule, error) {
	if _, err := cron.Parse(n.Cron); err != nil {
		return store.Schedule{}, err
	}
	if _, err := checkData(n.Data); err != nil {
		return store.Schedule{}, err
	}
	if _, err := e.store.Function(n.FunctionID); err != nil {
		return store.Schedule{}, notFound(err, "function %d does not exist", n.FunctionID)
	}
	session, err := e.bind(nonce, longSession)
	if err != nil {
		return store.Schedule{}, err
	}
	n.Session = session
	s, err := e.CreateSchedule(n)
	if err != nil {
		e.endSession(session)
		return s, err
	}
	e.sessions.drop(session.ID) // it is stored with the schedule
	return s, nil
}

// endSession ends the session of a call with the call. The session of a
// schedule is not among these: it goes on.
func (e *Core) endSession(s Session) {
	e.sessions.move(s.ID, SessionExpired, e.now(), SessionActive)
}

// keepSession stores the session of a schedule, which outlives the engine. One
// that was revoked since it was bound is refused: RevokeSession marks the copy in
// memory before it looks into the store, so either this sees the mark or that
// finds the row.
func (e *Core) keepSession(tx *store.Tx, s Session) error {
	if s.ID == 0 {
		return nil
	}
	if now, ok := e.sessions.find(s.ID); !ok || now.Status != SessionActive {
		return errNonce
	}
	return tx.InsertSession(store.Session{ID: s.ID, Type: s.Type, Subject: s.Subject, Status: SessionActive, Created: s.Created})
}

// isRevoked reports whether the session of a schedule was revoked. One that is
// not known is from before sessions were kept, or the engine's own.
func isRevoked(tx *store.Tx, id int64) (bool, error) {
	s, err := tx.Session(id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return s.Status == SessionRevoked, err
}

// kept is a stored session as it is shown.
func kept(s store.Session) Session {
	return Session{ID: s.ID, Type: s.Type, Subject: s.Subject, Status: s.Status, Created: s.Created, Expires: s.Created.Add(longSession)}
}

// Sessions lists the sessions, newest first.
func (e *Core) Sessions() ([]Session, error) {
	stored, err := e.store.Sessions()
	if err != nil {
		return nil, err
	}
	all := e.sessions.all()
	for _, s := range stored {
		all = append(all, kept(s))
	}
	slices.SortFunc(all, func(x, y Session) int { return cmp.Compare(y.ID, x.ID) })
	// One that is being bound to a schedule may stand in both places.
	return slices.CompactFunc(all, func(x, y Session) bool { return x.ID == y.ID }), nil
}

// Session reads one session.
func (e *Core) Session(id int64) (Session, error) {
	if s, ok := e.sessions.find(id); ok {
		return s, nil
	}
	s, err := e.store.Session(id)
	return kept(s), notFound(err, "session %d does not exist", id)
}

// RevokeSession ends a session for good, at once. A call that acts for it runs
// on, without the right to ask the engine for anything; a schedule fires no
// more. Revoking twice is no error.
//
// A session that is being bound to a schedule stands in memory, in the store, or
// in both, so it is revoked in both, always, and in this order: see keepSession.
// What could not be stored is an error, and revoking again stores it.
func (e *Core) RevokeSession(id int64) (Session, error) {
	s, err := e.Session(id)
	if err != nil {
		return s, err
	}
	s.Status = SessionRevoked
	inMemory := e.sessions.move(id, SessionRevoked, s.Expires, SessionReady, SessionActive, SessionExpired, SessionRevoked)
	err = e.store.Write(store.Durable, func(tx *store.Tx) error {
		stored, err := tx.Session(id)
		if err != nil || stored.Status == SessionRevoked {
			return err
		}
		return tx.SetSessionStatus(id, SessionRevoked)
	})
	if inMemory && errors.Is(err, store.ErrNotFound) {
		return s, nil // no schedule has it
	}
	return s, notFound(err, "session %d does not exist", id)
}
