package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"
)

// ErrNotFound is returned where a row that was asked for does not exist.
var ErrNotFound = errors.New("no such row")

// ErrClosed is returned by writes after Close.
var ErrClosed = errors.New("the store is closed")

const (
	// fileName is the database's name in the state directory.
	fileName = "engine.db"
	// readers is how many reads run at once; they never wait for the writer.
	readers = 4
	// idBlock is how many ids are reserved at once, so that one id costs no
	// write and none is ever given out twice, a crash included.
	idBlock = 1 << 12
	// idLow is when the next block is reserved: more than one group of writes
	// can take.
	idLow = 1 << 11
)

// Store is the engine's state. It is safe for concurrent use.
type Store struct {
	// refused is why nothing can be written; then write and conn are nil.
	refused error
	// source is then what is read, and copied a directory with a copy of the
	// state, deleted at the end.
	source, copied string

	dir   string
	clock func() time.Time
	read  *sql.DB
	write *sql.DB
	conn  *sql.Conn
	epoch string
	queue queue

	mu      sync.Mutex
	changed chan struct{}
	reads   map[string]*sql.Stmt
	// damaged are the damaged rows that reads have met.
	damaged  []DamagedError
	onDamage func(error)

	// nextID and reservedID say which ids may be given out without a write.
	nextID     atomic.Int64
	reservedID atomic.Int64

	history     history
	newest      newest
	definitions atomic.Int64
	known       known

	// The rest belongs to the writer.
	touched    touched
	statements map[string]*sql.Stmt
	functions  map[int64]Function // as the file has them, for every call asks
	position   int64
	relaxed    bool
	// unsynced says that a relaxed commit may not be on the disk yet.
	unsynced bool
}

// Open opens the state in dir, which must exist, or creates it. A state of an
// older layout is copied beside itself and brought up to date; one of a newer
// layout is refused untouched.
func Open(dir string, clock func() time.Time) (*Store, error) {
	path := filepath.Join(dir, fileName)
	if err := prepare(path); err != nil {
		return nil, err
	}
	write, err := open(path, "")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := open(path, "&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	s := &Store{
		dir: dir, clock: clock, read: read, write: write, epoch: newEpoch(), unsynced: true, // by an engine that was killed
		changed: make(chan struct{}), reads: map[string]*sql.Stmt{}, statements: map[string]*sql.Stmt{},
	}
	if err := s.start(path); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, explain(err)), s.closeFile())
	}
	s.queue.wake, s.queue.done = make(chan struct{}, 1), make(chan struct{})
	go s.writeQueue()
	return s, nil
}

func open(path, more string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)&_pragma=temp_store(MEMORY)"+more)
}

func (s *Store) start(path string) error {
	ctx := context.Background()
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	s.conn = conn
	if err := s.migrate(ctx, path); err != nil {
		return err
	}
	text, err := s.meta(reservedKey)
	if err != nil {
		return err
	}
	reserved, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return &DamagedError{Table: "meta"}
	}
	s.nextID.Store(reserved)
	s.reservedID.Store(reserved)
	if err := conn.QueryRowContext(ctx, lastPosition).Scan(&s.position); err != nil {
		return err
	}
	if text, err := s.meta(positionKey); err == nil { // else nothing was deleted yet, or what is left counts
		kept, _ := strconv.ParseInt(text, 10, 64) // its sum is right: it is what was written
		s.position = max(s.position, kept)
	}
	return nil
}

// Close waits for the writes under way, gives back the ids that were reserved
// and not used, and closes the file.
func (s *Store) Close() error {
	if s.refused != nil {
		return errors.Join(s.closeFile(), os.RemoveAll(s.copied))
	}
	s.queue.close()
	giveBack := &job{durability: Durable, result: make(chan error, 1), work: func(tx *Tx) error {
		return tx.s.setMeta(reservedKey, strconv.FormatInt(s.nextID.Load(), 10))
	}}
	s.commit([]*job{giveBack}) // nobody else writes any more
	return errors.Join(<-giveBack.result, s.closeFile())
}

// closeFile closes the statements before the connections: SQLite keeps a
// connection with an open statement, and its journal, for ever.
func (s *Store) closeFile() error {
	var errs []error
	for _, statements := range []map[string]*sql.Stmt{s.reads, s.statements} {
		for _, st := range statements {
			errs = append(errs, st.Close())
		}
	}
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	return errors.Join(append(errs, s.read.Close())...)
}

// Epoch names this history of events; each opening of a state begins another.
func (s *Store) Epoch() string { return s.epoch }

// Changed returns a channel that is closed by the next commit.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Store) broadcast() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// NextID returns an id that was never given out before, nearly always without a
// write: ids are reserved in blocks.
func (s *Store) NextID() (int64, error) {
	id := s.nextID.Add(1)
	if s.reservedID.Load()-id > idLow/2 {
		return id, nil
	}
	err := s.Write(Durable, func(tx *Tx) error {
		id = tx.NextID()
		return nil
	})
	return id, err
}

// row reads one row with a statement that is prepared once.
func (s *Store) row(query string, args ...any) scanner {
	st, err := s.readStatement(query)
	if err != nil {
		return failedRow{err}
	}
	return explained{st.QueryRow(args...)}
}

func (s *Store) readStatement(query string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st, ok := s.reads[query]; ok {
		return st, nil
	}
	st, err := s.read.Prepare(query)
	if err != nil {
		return nil, err
	}
	s.reads[query] = st
	return st, nil
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
