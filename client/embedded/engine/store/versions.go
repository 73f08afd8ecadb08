package store

import (
	"encoding/json"
	"fmt"
	"time"
)

// The states of a version and of a deploy.
const (
	Queued    = "Queued"
	Deploying = "Deploying"
	Ready     = "Ready"
	Failed    = "Failed"
)

// Settings is what a version was deployed with beside its code. Secrets and
// index URLs, which may hold credentials, are sealed: see the vault.
type Settings struct {
	FunctionPath   string            `json:"functionPath"`
	EnvVars        map[string]string `json:"envVars,omitempty"`
	Secrets        map[string][]byte `json:"secrets,omitempty"`
	IndexURL       []byte            `json:"indexUrl,omitempty"`
	ExtraIndexURLs [][]byte          `json:"extraIndexUrls,omitempty"`
	CPU            float64           `json:"cpu,omitempty"`
	MemoryGB       float64           `json:"memoryGb,omitempty"`
	// By is who deployed it, empty in versions of before that was kept.
	By string `json:"by,omitempty"`
}

// Version is one deployed state of a function. It never changes once Ready.
type Version struct {
	FunctionID int64
	Number     int
	SHA256     string
	SizeBytes  int64
	Settings   Settings
	// Runtime is py310 and the like, RuntimeVersion "Python 3.10.13".
	Runtime, RuntimeVersion string
	Folder                  string
	DeployID                int64
	Status                  string
	ErrorMessage            string
	ErrorTrace              string
	Mode, ModeReason        string
	// Environment is the key of its package environment, empty for none.
	Environment    string
	Created, Ready time.Time

	// stored is Settings as it stands in the file, which is what its sum covers.
	stored []byte
}

const versionColumns = `function_id, number, sha256, size, settings, runtime, runtime_version, folder, deploy_id, status, error_message, error_trace, mode, mode_reason, environment, created, ready, sum`

func (v Version) digest() digest {
	return digestOf("versions").int(v.FunctionID, int64(v.Number), v.SizeBytes, v.DeployID, micros(v.Created), micros(v.Ready)).
		text(v.SHA256, string(v.stored), v.Runtime, v.RuntimeVersion, v.Folder, v.Status, v.ErrorMessage, v.ErrorTrace, v.Mode, v.ModeReason, v.Environment)
}

func scanVersion(r scanner) (v Version, err error) {
	var sum int64
	err = r.Scan(number(&v.FunctionID), small(&v.Number), text(&v.SHA256), number(&v.SizeBytes), blob(&v.stored), text(&v.Runtime), text(&v.RuntimeVersion),
		text(&v.Folder), number(&v.DeployID), text(&v.Status), text(&v.ErrorMessage), text(&v.ErrorTrace), text(&v.Mode), text(&v.ModeReason),
		text(&v.Environment), moment(&v.Created), moment(&v.Ready), number(&sum))
	if err := checked(err, "versions", v.FunctionID, sum, v.digest); err != nil {
		return v, err
	}
	if err := json.Unmarshal(v.stored, &v.Settings); err != nil {
		return v, fmt.Errorf("settings of version %d of function %d: %w", v.Number, v.FunctionID, err)
	}
	return v, nil
}

// Version reads one version.
func (s *Store) Version(functionID int64, number int) (Version, error) {
	return one(s.row(`SELECT `+versionColumns+` FROM versions WHERE function_id = ? AND number = ?`, functionID, number), thatVersion(functionID, number))
}

// thatVersion scans a version and makes sure that it is the one asked for: the
// index that led to it may be damaged.
func thatVersion(functionID int64, number int) func(scanner) (Version, error) {
	return func(r scanner) (Version, error) {
		v, err := scanVersion(r)
		if err == nil && (v.FunctionID != functionID || v.Number != number) {
			err = &DamagedError{Table: "an index of versions", ID: functionID}
		}
		return v, err
	}
}

// Versions lists a function's versions, newest first.
func (s *Store) Versions(functionID int64) ([]Version, error) {
	rows, err := list(s, scanVersion, `SELECT `+versionColumns+` FROM versions WHERE function_id = ? ORDER BY number DESC`, functionID)
	return fitting(s, "an index of versions", rows, err, func(v Version) (int64, bool) { return v.FunctionID, v.FunctionID == functionID })
}

// CurrentVersions lists the serving and the latest version of every function.
func (s *Store) CurrentVersions() ([]Version, error) {
	return list(s, scanVersion, `SELECT `+versionColumns+` FROM versions WHERE (function_id, number) IN
		(SELECT id, serving FROM functions UNION SELECT id, latest FROM functions)`)
}

// CodeInUse lists the hashes of all code that a version or a file refers to.
func (s *Store) CodeInUse() ([]string, error) {
	return list(s, func(r scanner) (sha string, err error) { return sha, r.Scan(&sha) },
		`SELECT sha256 FROM versions UNION SELECT sha256 FROM files WHERE sha256 <> ''`)
}

// KnowsAllCode reports whether every row that names code is right: a damaged one
// may have named other code than it does now. It reads all of them.
func (s *Store) KnowsAllCode() (bool, error) {
	versions, err := list(s, scanVersion, `SELECT `+versionColumns+` FROM versions`)
	if err != nil {
		return false, err
	}
	files, err := list(s, scanFile, `SELECT `+fileColumns+` FROM files`)
	if err != nil {
		return false, err
	}
	var rows int
	err = s.row(`SELECT (SELECT COUNT(*) FROM versions) + (SELECT COUNT(*) FROM files)`).Scan(&rows)
	return rows == len(versions)+len(files), err
}

// InsertVersion stores a new version.
func (tx *Tx) InsertVersion(v Version) error {
	var err error
	if v.stored, err = json.Marshal(v.Settings); err != nil {
		return err
	}
	return tx.insertVersion(v)
}

func (tx *Tx) insertVersion(v Version) error {
	tx.touchDefinition()
	err := tx.exec(`INSERT INTO versions (`+versionColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		v.FunctionID, v.Number, v.SHA256, v.SizeBytes, v.stored, v.Runtime, v.RuntimeVersion, v.Folder, v.DeployID, v.Status,
		v.ErrorMessage, v.ErrorTrace, v.Mode, v.ModeReason, v.Environment, micros(v.Created), micros(v.Ready), v.digest().sum())
	if err != nil {
		return err
	}
	tx.Event("version", v.FunctionID)
	return nil
}

// Version reads one version inside the transaction.
func (tx *Tx) Version(functionID int64, number int) (Version, error) {
	return one(tx.queryRow(`SELECT `+versionColumns+` FROM versions WHERE function_id = ? AND number = ?`, functionID, number), thatVersion(functionID, number))
}

// UpdateVersion stores what a deploy learned of a version.
func (tx *Tx) UpdateVersion(v Version) error {
	err := tx.changeVersion(v.FunctionID, v.Number, func(have *Version) {
		have.Status, have.ErrorMessage, have.ErrorTrace = v.Status, v.ErrorMessage, v.ErrorTrace
		have.Mode, have.ModeReason, have.Environment = v.Mode, v.ModeReason, v.Environment
		have.Runtime, have.RuntimeVersion, have.Ready = v.Runtime, v.RuntimeVersion, v.Ready
	})
	if err != nil {
		return err
	}
	tx.Event("function", v.FunctionID)
	return nil
}

// SetFolder records where the code of a version came from.
func (tx *Tx) SetFolder(functionID int64, number int, folder string) error {
	return tx.changeVersion(functionID, number, func(v *Version) { v.Folder = folder })
}

func (tx *Tx) changeVersion(functionID int64, number int, change func(*Version)) error {
	v, err := tx.Version(functionID, number)
	if err != nil {
		return err
	}
	change(&v)
	tx.touchDefinition()
	return tx.change(`UPDATE versions SET status=?, error_message=?, error_trace=?, mode=?, mode_reason=?, environment=?, runtime=?, runtime_version=?, ready=?, folder=?, sum=? WHERE function_id=? AND number=?`,
		v.Status, v.ErrorMessage, v.ErrorTrace, v.Mode, v.ModeReason, v.Environment, v.Runtime, v.RuntimeVersion, micros(v.Ready), v.Folder, v.digest().sum(), functionID, number)
}
