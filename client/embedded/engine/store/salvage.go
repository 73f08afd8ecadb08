package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/store/pages"
)

// Salvaged says what a repair brought over and what it could not.
type Salvaged struct {
	// Rows counts the rows brought over, by table.
	Rows map[string]int
	// Lost lists the rows that were there and are not right, by table; a function
	// by its name, as far as that can be read. Log blocks are counted only.
	Lost map[string][]string
	// Unreadable is how many pages held rows that cannot even be counted.
	Unreadable int
	// Unsure is set when rows that had been deleted may have come back, because
	// the list of deleted pages is damaged too.
	Unsure bool
	// Changed are sentences about functions that now serve another version.
	Changed []string
}

// salvage is one repair under way.
type salvage struct {
	from   *pages.File
	to     *Store
	tx     *Tx
	tables []table
	orders map[string][]int
	report Salvaged
	lost   map[string]map[int64]string
	maxID  int64
}

// Salvage reads what is right in a damaged state, without SQLite, into a new
// state at another path, which must not exist. It does not change the damaged
// file.
func Salvage(ctx context.Context, from, to string, clock func() time.Time) (Salvaged, error) {
	found, err := layout(from)
	if err == nil && found > schemaVersion {
		return Salvaged{}, newer(from, found)
	}
	if err == nil && found < summedLayout && found >= oldestLayout {
		return Salvaged{}, fmt.Errorf("%s has layout %d, whose rows have no checksums: start the engine once, or restore a backup", from, found)
	}
	file, err := pages.Open(from)
	if err != nil {
		return Salvaged{}, err
	}
	defer func() { _ = file.Close() }() // only read
	if err := create(to); err != nil {
		return Salvaged{}, err
	}
	s := &salvage{
		from: file, tables: allTables(), orders: map[string][]int{}, lost: map[string]map[int64]string{},
		report: Salvaged{Rows: map[string]int{}, Lost: map[string][]string{}},
	}
	if err := s.into(ctx, to, clock); err != nil {
		return Salvaged{}, err
	}
	s.sumUp()
	return s.report, nil
}

// into fills the new state in one transaction and makes it durable.
func (s *salvage) into(ctx context.Context, path string, clock func() time.Time) error {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(MEMORY)&_pragma=synchronous(OFF)&_pragma=foreign_keys(1)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	s.to = &Store{clock: clock, conn: conn, statements: map[string]*sql.Stmt{}}
	s.tx = &Tx{s: s.to, quiet: true}
	err = s.fill()
	for _, st := range s.to.statements {
		err = errors.Join(err, st.Close())
	}
	if err := errors.Join(err, conn.Close(), db.Close()); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close(), disk.SyncDir(filepath.Dir(path)))
}

func (s *salvage) fill() error {
	if _, err := s.to.exec(`BEGIN`); err != nil {
		return err
	}
	roots := s.from.Roots()
	for _, t := range s.tables {
		defined, err := listTx(s.tx, func(r scanner) (name string, err error) { return name, r.Scan(text(&name)) },
			`SELECT name FROM pragma_table_info(?) ORDER BY cid`, t.name)
		if err != nil {
			return err
		}
		s.orders[t.name] = t.order(defined)
		root, known := roots[t.name]
		if !known {
			s.from.Unreadable++
			continue
		}
		if err := s.from.Walk(root, func(r pages.Row) error { return s.take(t, r) }); err != nil {
			return err
		}
	}
	if err := s.system(roots); err != nil {
		return err
	}
	if err := s.loose(); err != nil {
		return err
	}
	s.report.Unreadable = s.from.Unreadable
	if err := s.mend(); err != nil {
		return err
	}
	_, err := s.to.exec(`COMMIT`)
	return err
}

// record puts a row into the order of scanning.
func (s *salvage) record(t table, r pages.Row) record {
	order := s.orders[t.name]
	values := make(record, len(order))
	for i, place := range order {
		if place >= 0 && place < len(r.Values) {
			values[i] = r.Values[place]
		}
	}
	if values[0] == nil { // the row's own id stands outside of it
		values[0] = r.ID
	}
	return values
}

// take brings a row over, or notes why not.
func (s *salvage) take(t table, r pages.Row) error {
	values := s.record(t, r)
	s.maxID = max(s.maxID, idsIn(t, values))
	err := t.copy(values, s.tx)
	switch {
	case err == nil:
		s.report.Rows[t.name]++
	case isDamaged(err), isConstraint(err):
		s.lose(t.name, r.ID, values)
	default:
		return err
	}
	return nil
}

// idsIn is the highest id that a row was given or speaks of.
func idsIn(t table, values record) (id int64) {
	if t.name == "log_blocks" { // its own is a position
		id, _ = values[1].(int64)
		return plausible(id)
	}
	id, _ = values[0].(int64)
	return plausible(id)
}

// plausible keeps a damaged id from making all later ones enormous.
func plausible(id int64) int64 {
	if id < 0 || id > 1<<52 {
		return 0
	}
	return id
}

func (s *salvage) lose(table string, id int64, values record) {
	if s.lost[table] == nil {
		s.lost[table] = map[int64]string{}
	}
	what := strconv.FormatInt(id, 10)
	switch table {
	case "functions", "schedules", "files":
		for _, v := range values {
			if name, ok := v.(string); ok {
				what = name + " (" + what + ")"
				break
			}
		}
	case "versions":
		what = fmt.Sprintf("version %v of function %v", values[1], values[0])
	}
	s.lost[table][id] = what
}

// system brings over what is kept once: the ids that may have been given out,
// and which functions are being deleted.
func (s *salvage) system(roots map[string]uint32) error {
	reserved := int64(0)
	if root, ok := roots["meta"]; ok {
		err := s.from.Walk(root, func(r pages.Row) error {
			if len(r.Values) == 3 && r.Values[0] == reservedKey {
				if value, ok := r.Values[1].(string); ok && r.Values[2] == metaSum(reservedKey, value) {
					reserved, _ = strconv.ParseInt(value, 10, 64) // it is right: its sum says so
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	s.maxID = max(s.maxID, reserved)
	root, ok := roots["deletions"]
	if !ok {
		return nil
	}
	return s.from.Walk(root, func(r pages.Row) error {
		return s.tx.exec(`INSERT OR IGNORE INTO deletions SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM functions WHERE id = ?1)`, r.ID)
	})
}

// loose looks for rows that no table leads to any more, because a page above
// them is lost. Their sums tell whose they are.
func (s *salvage) loose() error {
	if s.from.Unreadable == 0 {
		return nil
	}
	leaves, sure := s.from.Loose()
	for _, t := range s.tables { // functions before what belongs to them
		for _, leaf := range leaves {
			err := s.from.Leaf(leaf, func(r pages.Row) error {
				values := s.record(t, r)
				err := t.copy(values, s.tx)
				switch {
				case err == nil:
					s.maxID = max(s.maxID, idsIn(t, values))
					s.report.Rows[t.name]++
					s.report.Unsure = s.report.Unsure || !sure
				case isDamaged(err), isConstraint(err): // another table's, or there already
				default:
					return err
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// sumUp lists the losses, sorted, as people read them.
func (s *salvage) sumUp() {
	for table, rows := range s.lost {
		for _, id := range slices.Sorted(maps.Keys(rows)) {
			s.report.Lost[table] = append(s.report.Lost[table], rows[id])
		}
	}
}
