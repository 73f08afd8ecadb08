package store

import (
	"fmt"
	"strconv"
)

// mend makes one state of the rows that were brought over: what refers to
// something that is lost must not make the rest unusable.
func (s *salvage) mend() error {
	functions, err := listTx(s.tx, scanFunction, `SELECT `+functionColumns+` FROM functions`)
	if err != nil {
		return err
	}
	for _, f := range functions {
		if err := s.mendFunction(f); err != nil {
			return err
		}
	}
	if err := s.tx.exec(`DELETE FROM deploys WHERE ended = 0 AND NOT EXISTS
		(SELECT 1 FROM versions v WHERE v.function_id = deploys.function_id AND v.number = deploys.to_version)`); err != nil {
		return err
	}
	if err := s.lostOwners(); err != nil {
		return err
	}
	return s.to.setMeta(reservedKey, strconv.FormatInt(s.maxID+idBlock, 10))
}

// mendFunction lets a function serve the newest version that is left of it.
func (s *salvage) mendFunction(f Function) error {
	versions, err := listTx(s.tx, scanVersion, `SELECT `+versionColumns+` FROM versions WHERE function_id = ? ORDER BY number DESC`, f.ID)
	if err != nil {
		return err
	}
	if len(versions) == 0 {
		s.lose("functions", f.ID, record{f.ID, f.Name})
		s.report.Rows["functions"]--
		delete(s.tx.s.functions, f.ID)
		return s.tx.exec(`DELETE FROM functions WHERE id = ?`, f.ID)
	}
	serving, latest := 0, versions[0].Number
	for _, v := range versions {
		if v.Number == f.Serving || serving == 0 && v.Status == Ready {
			serving = v.Number
		}
		if v.Number == f.Latest {
			latest = f.Latest
		}
	}
	if f.Serving == 0 {
		serving = 0
	}
	if serving == f.Serving && latest == f.Latest {
		return nil
	}
	if serving != f.Serving {
		s.report.Changed = append(s.report.Changed, fmt.Sprintf("%s serves version %d: version %d is lost", f.Name, serving, f.Serving))
	}
	f.Serving, f.Latest = serving, latest
	return s.tx.storeFunction(f)
}

// lostOwners finds the calls that are known from their logs only, and drops
// these: nothing would lead to them.
func (s *salvage) lostOwners() error {
	const strays = ` FROM log_blocks WHERE build = 0 AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.id = owner)
		AND NOT EXISTS (SELECT 1 FROM deletions d WHERE d.function_id = log_blocks.function_id)`
	owners, err := listTx(s.tx, func(r scanner) (id int64, err error) { return id, r.Scan(number(&id)) }, `SELECT DISTINCT owner`+strays)
	if err != nil {
		return err
	}
	for _, id := range owners {
		s.lose("calls", id, record{id})
	}
	n, err := s.tx.count(`DELETE` + strays)
	s.report.Rows["log_blocks"] -= int(n)
	return err
}
