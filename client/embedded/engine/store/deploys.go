package store

import "time"

// The kinds of a deploy.
const (
	KindDeploy   = "deploy"
	KindRedeploy = "redeploy"
	KindRollback = "rollback"
	// KindRebuild is the same code with its packages installed anew.
	KindRebuild = "rebuild"
)

// Deploy is one attempt to put a version into service. Its id also owns the
// log lines of its build output.
type Deploy struct {
	ID, FunctionID int64
	Kind           string
	From, To       int
	Status, Phase  string
	ErrorMessage   string
	ErrorTrace     string
	SizeBytes      int64
	Started, Ended time.Time
	// By is who began it, empty where that is not known. It stands with the version,
	// and is read by Store.Deploys only.
	By string
}

const deployColumns = `id, function_id, kind, from_version, to_version, status, phase, error_message, error_trace, size, started, ended, sum`

func (d Deploy) digest() digest {
	return digestOf("deploys").int(d.ID, d.FunctionID, int64(d.From), int64(d.To), d.SizeBytes, micros(d.Started), micros(d.Ended)).
		text(d.Kind, d.Status, d.Phase, d.ErrorMessage, d.ErrorTrace)
}

func scanDeploy(r scanner) (d Deploy, err error) {
	var sum int64
	err = r.Scan(number(&d.ID), number(&d.FunctionID), text(&d.Kind), small(&d.From), small(&d.To), text(&d.Status), text(&d.Phase),
		text(&d.ErrorMessage), text(&d.ErrorTrace), number(&d.SizeBytes), moment(&d.Started), moment(&d.Ended), number(&sum))
	return d, checked(err, "deploys", d.ID, sum, d.digest)
}

// Deploy reads one deploy.
func (s *Store) Deploy(id int64) (Deploy, error) {
	return one(s.row(`SELECT `+deployColumns+` FROM deploys WHERE id = ?`, id), scanDeploy)
}

// Deploys lists the newest deploys of a function (0: of all), newest first.
func (s *Store) Deploys(functionID int64, limit int) ([]Deploy, error) {
	if functionID == 0 { // one query for both would go through all of them
		rows, err := list(s, scanDeploy, `SELECT `+deployColumns+` FROM deploys ORDER BY id DESC LIMIT ?`, limit)
		return s.deployedBy(rows, err)
	}
	rows, err := list(s, scanDeploy, `SELECT `+deployColumns+` FROM deploys WHERE function_id = ? ORDER BY id DESC LIMIT ?`, functionID, limit)
	rows, err = fitting(s, "an index of deploys", rows, err, func(d Deploy) (int64, bool) { return d.ID, d.FunctionID == functionID })
	return s.deployedBy(rows, err)
}

// deployedBy adds who began them, as far as their versions tell.
func (s *Store) deployedBy(rows []Deploy, err error) ([]Deploy, error) {
	if err != nil || len(rows) == 0 {
		return rows, err
	}
	type author struct {
		deploy int64
		by     string
	}
	ids := make([]int64, len(rows))
	for i, d := range rows {
		ids[i] = d.ID
	}
	authors, err := list(s, func(r scanner) (a author, err error) { return a, r.Scan(number(&a.deploy), text(&a.by)) },
		`SELECT d.id, CASE WHEN json_valid(CAST(v.settings AS TEXT)) THEN COALESCE(CAST(v.settings AS TEXT) ->> '$.by', '') ELSE '' END
		FROM deploys d JOIN versions v ON v.function_id = d.function_id AND v.number = d.to_version AND v.deploy_id = d.id
		WHERE d.id IN (SELECT value FROM json_each(?))`, jsonIDs(ids))
	if err != nil {
		s.report(err)
		return rows, nil // Damage among the versions must not hide the deploys.
	}
	byDeploy := make(map[int64]string, len(authors))
	for _, a := range authors {
		byDeploy[a.deploy] = a.by
	}
	for i := range rows {
		rows[i].By = byDeploy[rows[i].ID]
	}
	return rows, nil
}

// NewestDeploys maps functions to the id of the newest deploy of each.
func (s *Store) NewestDeploys(functionIDs []int64) (map[int64]int64, error) {
	type newest struct{ function, deploy int64 }
	rows, err := list(s, func(r scanner) (n newest, err error) { return n, r.Scan(number(&n.function), number(&n.deploy)) },
		`SELECT function_id, MAX(id) FROM deploys WHERE function_id IN (SELECT value FROM json_each(?)) GROUP BY function_id`, jsonIDs(functionIDs))
	byFunction := make(map[int64]int64, len(rows))
	for _, n := range rows {
		byFunction[n.function] = n.deploy
	}
	return byFunction, err
}

// OpenDeploys lists the deploys that have not ended, oldest first.
func (s *Store) OpenDeploys() ([]Deploy, error) {
	return list(s, scanDeploy, `SELECT `+deployColumns+` FROM deploys WHERE ended = 0 ORDER BY id`)
}

// InsertDeploy stores a new deploy.
func (tx *Tx) InsertDeploy(d Deploy) error {
	err := tx.exec(`INSERT INTO deploys (`+deployColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		d.ID, d.FunctionID, d.Kind, d.From, d.To, d.Status, d.Phase, d.ErrorMessage, d.ErrorTrace, d.SizeBytes, micros(d.Started), micros(d.Ended), d.digest().sum())
	if err != nil {
		return err
	}
	tx.Event("deploy", d.ID)
	return nil
}

// UpdateDeploy stores how far a deploy has come.
func (tx *Tx) UpdateDeploy(d Deploy) error {
	have, err := one(tx.queryRow(`SELECT `+deployColumns+` FROM deploys WHERE id = ?`, d.ID), scanDeploy)
	if err != nil {
		return err
	}
	have.Status, have.Phase, have.ErrorMessage, have.ErrorTrace, have.Ended, have.From = d.Status, d.Phase, d.ErrorMessage, d.ErrorTrace, d.Ended, d.From
	err = tx.change(`UPDATE deploys SET status=?, phase=?, error_message=?, error_trace=?, ended=?, from_version=?, sum=? WHERE id=?`,
		d.Status, d.Phase, d.ErrorMessage, d.ErrorTrace, micros(d.Ended), d.From, have.digest().sum(), d.ID)
	if err != nil {
		return err
	}
	tx.Event("deploy", d.ID)
	return nil
}

// ServedBefore returns the version that served before the given one last took
// over, 0 if none did. Going back to a version is not taking over: otherwise two
// rollbacks would end where they began.
func (tx *Tx) ServedBefore(functionID int64, version int) (before int, err error) {
	err = tx.queryRow(`SELECT COALESCE((SELECT from_version FROM deploys WHERE function_id = ? AND to_version = ? AND status = 'Ready' AND kind <> 'rollback' ORDER BY id DESC LIMIT 1), 0)`,
		functionID, version).Scan(&before)
	return before, err
}
