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
		return list(s, scanDeploy, `SELECT `+deployColumns+` FROM deploys ORDER BY id DESC LIMIT ?`, limit)
	}
	rows, err := list(s, scanDeploy, `SELECT `+deployColumns+` FROM deploys WHERE function_id = ? ORDER BY id DESC LIMIT ?`, functionID, limit)
	return fitting(s, "an index of deploys", rows, err, func(d Deploy) (int64, bool) { return d.ID, d.FunctionID == functionID })
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
