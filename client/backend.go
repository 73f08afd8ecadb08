package client

import (
	"context"
	"encoding/json"
	"time"
)

// Backend is a system that holds functions and runs them. What only some
// systems can do is a capability interface of this package; ask for one with
// As. All methods are safe for concurrent use, end when ctx ends, and return
// errors that Explain can turn into a sentence.
type Backend interface {
	// Describe says what this backend is. It does no I/O.
	Describe() Description
	// Functions lists all functions, newest first. The list may be that of an
	// earlier call, so nobody changes it.
	Functions(ctx context.Context) ([]Function, error)
	// Function reads one function by id; ErrNotFound if there is none.
	Function(ctx context.Context, id string) (Function, error)
	// Invoke starts a call and returns as soon as it is accepted. It is never
	// sent twice: without an answer the error has CodeUnknownOutcome.
	Invoke(ctx context.Context, request CallRequest) (Call, error)
	// Calls lists calls, newest first, in pages.
	Calls(ctx context.Context, query CallQuery) (CallPage, error)
	// Call reads one call. With an empty functionID it is looked for among all,
	// where the backend can do that; otherwise that is ErrUnsupported.
	Call(ctx context.Context, functionID, callID string) (Call, error)
	// Result reads what a call was given and returned.
	Result(ctx context.Context, functionID, callID string) (Result, error)
	// Close releases connections. It does not end calls or deploys.
	Close() error
}

// Description is what a backend says of itself.
type Description struct {
	// Kind is embedded, cognite, functiongraph or foundry.
	Kind string
	// Name is the context's name and Endpoint where it is reached, for the header.
	Name, Endpoint string
	// Isolation says how far a function is confined, in the words of the badge,
	// for example "isolation: none". Empty for a remote system.
	Isolation string
	// ReadOnly is why nothing can be changed there, empty where something can.
	ReadOnly string
	// Locked is why nothing is changed from here although it could be: the
	// operator wants it so. Empty where nothing is kept back.
	Locked string
	// Outdated is why what runs there is not what this program would start, and what
	// renews it; empty where it is.
	Outdated string
	// NoSessions is why this identity can call and schedule nothing, empty where it can.
	NoSessions string
	// Protected says that the operator wants to be asked before every change.
	Protected bool
	// Missing gives, for each capability that the backend lacks, the reason in
	// one sentence for the operator.
	Missing map[Capability]string
	// DataLimitBytes bounds the JSON data of a call, 0 if not known.
	DataLimitBytes int64
	// UniqueKeys says that data with a key twice in an object are refused there.
	UniqueKeys bool
	// Runtimes lists the runtimes that a deploy may name, default first; empty
	// if not known.
	Runtimes []string
	// RunsAs is whom a new schedule runs as where its spec names no client, in a few
	// words; empty where that is of no matter.
	RunsAs string
	// CPUCores and MemoryGB are what a function may be given, zero where not known.
	CPUCores, MemoryGB Range
	// CheckSpec says what of a function would be refused for its bounds, with both
	// numbers, as far as that is known without asking. What is empty is not judged.
	// Nil where no bounds are known.
	CheckSpec func(FunctionSpec) error
}

// Range is what a number may be, and what it is where nothing is said.
type Range struct {
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
	Default float64 `json:"default"`
}

// Capability names something that not every backend can do.
type Capability string

// The capabilities, each with the interface that a backend has if it has it.
const (
	CanDeploy         Capability = "deploy"       // Deployer
	CanRedeploy       Capability = "redeploy"     // Redeployer
	CanVersion        Capability = "versions"     // Versioner
	CanReadLogs       Capability = "logs"         // LogReader
	CanFollowLogs     Capability = "follow-logs"  // LogFollower
	CanSchedule       Capability = "schedules"    // Scheduler
	CanListRuns       Capability = "runs"         // RunLister
	CanWait           Capability = "wait"         // CallWaiter
	CanPush           Capability = "push"         // Pusher
	CanListBuilds     Capability = "deploys-list" // DeployLister
	CanReadBuilds     Capability = "build-output" // LogFollower with LogQuery.DeployID, for deploys that succeed too
	CanCancel         Capability = "cancel"       // Canceller
	CanRebuild        Capability = "rebuild"      // Rebuilder
	CanChooseMode     Capability = "mode"         // ModeChooser
	CanReadFiles      Capability = "files"        // FileReader
	CanReadCode       Capability = "code"         // CodeReader
	CanChangeSettings Capability = "settings"     // SettingsChanger
	CanResize         Capability = "resize"       // Redeployer that heeds SpecChange.CPU and MemoryGB
	CanSmokeTest      Capability = "smoke-call"   // Redeployer that heeds SpecChange.Smoke
)

// As returns b as the capability interface T, or an *Error of CodeUnsupported
// with the backend's reason.
func As[T any](b Backend, c Capability) (T, error) {
	var none T
	d := b.Describe()
	if reason, missing := d.Missing[c]; missing {
		return none, &Error{Code: CodeUnsupported, Message: reason}
	}
	if t, ok := b.(T); ok {
		return t, nil
	}
	return none, &Error{Code: CodeUnsupported, Message: d.Kind + " does not offer " + string(c)}
}

// CallRequest starts a call.
type CallRequest struct {
	FunctionID string
	// Data is the JSON to hand over, byte for byte; nil means {}.
	Data json.RawMessage
}

// CallQuery selects calls. The zero value asks for the newest calls of all
// functions.
type CallQuery struct {
	FunctionID string
	ScheduleID string
	Status     CallStatus
	// Limit is the size of a page, at most 1000; 0 means 100.
	Limit int
	// Cursor is CallPage.Next of the page before.
	Cursor string
}

// CallPage is one page of calls; Next is empty on the last one.
type CallPage struct {
	Calls []Call
	Next  string
}

// Package is packed code, ready to be uploaded.
type Package struct {
	// Zip is the archive; SHA256 its hex hash.
	Zip    []byte
	SHA256 string
	// Folder is where it was packed from, an absolute path, or empty.
	Folder string
}

// FunctionSpec is what a function is created with. Empty fields take the
// backend's defaults.
type FunctionSpec struct {
	Name, ExternalID, Description, Owner string
	FunctionPath                         string
	Runtime                              string
	Secrets                              map[string]Secret
	EnvVars                              map[string]string
	Metadata                             map[string]string
	CPU, MemoryGB                        float64
	IndexURL                             Secret
	ExtraIndexURLs                       []Secret
}

// FileReader reads code that was stored in the project by other means.
type FileReader interface {
	// StoredCode returns the zip of a file by its id.
	StoredCode(ctx context.Context, fileID string) ([]byte, error)
}

// Progress is called as an upload goes on, with bytes sent of bytes in all. It
// must return at once.
type Progress func(sent, total int64)

// Deployer creates and deletes functions.
type Deployer interface {
	// Deploy uploads the package and creates the function; it returns once the
	// backend has accepted it, with the function Queued. ErrConflict if the
	// external id is taken.
	Deploy(ctx context.Context, spec FunctionSpec, code Package, progress Progress) (Function, error)
	// Delete removes the function and its schedules.
	Delete(ctx context.Context, functionID string) error
}

// Redeployer puts new code behind an existing function. The old version serves
// until the new one is Ready; id, schedules and history stay.
type Redeployer interface {
	// Redeploy uploads the package as the function's next version. A nil field
	// of change leaves that setting as it is.
	Redeploy(ctx context.Context, functionID string, code Package, change SpecChange, progress Progress) (Function, error)
}

// SpecChange is what a redeploy may change beside the code. Nil leaves as is.
type SpecChange struct {
	FunctionPath *string
	Runtime      *string
	// Secrets replaces all secrets, but for those named in KeepSecrets: they keep
	// the values they have, which nobody can read.
	Secrets        map[string]Secret
	KeepSecrets    []string
	EnvVars        map[string]string
	CPU, MemoryGB  *float64
	IndexURL       *Secret
	ExtraIndexURLs []Secret
	// Description, Owner and Metadata belong to the function, not to a version: they
	// hold as soon as the redeploy is accepted, and a roll back leaves them.
	Description, Owner *string
	Metadata           map[string]string
	// RunAsMe accepts what RedeployPlan.RunAs names.
	RunAsMe bool
	// Smoke, if not nil, is no setting: the new version is called with it before
	// anything moves to it, and nothing does if that fails. It wants CanSmokeTest.
	Smoke json.RawMessage
}

// SettingsChanger deploys the code that serves again, with other settings.
type SettingsChanger interface {
	// ChangeSettings makes a version of the serving version's code with the change;
	// the old one serves until that is Ready. ErrConflict if none serves.
	ChangeSettings(ctx context.Context, functionID string, change SpecChange) (Function, error)
}

// CodeFile is one file of a version's code: its path, with slashes, and the
// SHA-256 of its content in hex.
type CodeFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// CodeReader gives the code of a version back. A version never changes, so what
// was read once holds for ever.
type CodeReader interface {
	// CodeFiles lists the files of a version, sorted by path.
	CodeFiles(ctx context.Context, functionID string, version int) ([]CodeFile, error)
	// Code reads the packed code of a version, a zip.
	Code(ctx context.Context, functionID string, version int) ([]byte, error)
}

// Versioner keeps earlier versions.
type Versioner interface {
	// Versions lists the kept versions, newest first.
	Versions(ctx context.Context, functionID string) ([]Version, error)
	// Rollback makes an earlier Ready version serve again; 0 means the one that
	// served before the present one.
	Rollback(ctx context.Context, functionID string, version int) (Function, error)
}

// Rebuilder installs a function's requirements anew.
type Rebuilder interface {
	// Rebuild resolves the requirements of the serving version as the indexes have
	// them now and deploys the same code with the result as the next version; the
	// old one serves until that is Ready. ErrConflict if there are none.
	Rebuild(ctx context.Context, functionID string) (Function, error)
}

// The modes that people choose for a function.
const (
	ModeIsolated = "isolated" // a process for each call
	ModeWarm     = "warm"     // processes that are kept for further calls
)

// ModeChooser lets people choose how the calls of a function run.
type ModeChooser interface {
	// SetMode chooses ModeIsolated or ModeWarm from the next call on. workers is
	// how many processes may be kept, 0 for the backend's default; it belongs to
	// ModeWarm. Calls under way end as they began.
	SetMode(ctx context.Context, functionID, mode string, workers int) (Function, error)
}

// LogQuery selects log lines. Exactly one of CallID and DeployID may be set;
// with neither, all calls of FunctionID, or of every function.
type LogQuery struct {
	FunctionID string
	CallID     string
	DeployID   string
	// After skips lines up to and including this Position.
	After int64
	// Since skips older lines.
	Since time.Time
	// Tail keeps only the newest lines, 0 keeps all.
	Tail int
}

// LogReader reads logs.
type LogReader interface {
	// Logs returns the lines that exist now, oldest first, at most a page of
	// 10 000: read on with After until the answer is empty.
	Logs(ctx context.Context, query LogQuery) ([]LogLine, error)
}

// LogFollower follows logs as they grow.
type LogFollower interface {
	// FollowLogs hands over existing lines, then new ones as they come, each
	// exactly once and in order. It returns nil when everything the query
	// selects has ended (a finished call or deploy), else when ctx ends or emit
	// returns an error. It reconnects by itself.
	FollowLogs(ctx context.Context, query LogQuery, emit func([]LogLine) error) error
}

// ScheduleSpec is what a schedule is created with.
type ScheduleSpec struct {
	Name, Description, FunctionID, Cron string
	Data                                json.RawMessage
	// Overlap is one of Overlaps and CatchUp one of CatchUps; empty is the
	// backend's own way. Only a backend that CanSetPolicies takes others.
	Overlap, CatchUp string
	// ClientID and ClientSecret are the client that it runs as; empty is what
	// Description.RunsAs says. Only a backend that CanRunAs takes others.
	ClientID     string
	ClientSecret Secret
}

// Scheduler keeps schedules. They are immutable.
type Scheduler interface {
	// Schedules lists the schedules of a function, or all if functionID is empty.
	Schedules(ctx context.Context, functionID string) ([]Schedule, error)
	CreateSchedule(ctx context.Context, spec ScheduleSpec) (Schedule, error)
	DeleteSchedule(ctx context.Context, id string) error
}

// RunLister tells what became of each time a schedule was due.
type RunLister interface {
	// ScheduleRuns lists the newest runs first, at most limit.
	ScheduleRuns(ctx context.Context, scheduleID string, limit int) ([]ScheduleRun, error)
}

// CallWaiter waits for a call's end on the server's side.
type CallWaiter interface {
	// WaitCall returns the call once it has ended.
	WaitCall(ctx context.Context, functionID, callID string) (Call, error)
}

// Canceller ends running calls.
type Canceller interface {
	// CancelCall asks for the call's end and returns once that is accepted; an
	// ended call is ErrConflict.
	CancelCall(ctx context.Context, functionID, callID string) error
}

// DeployLister lists deploys, also past ones.
type DeployLister interface {
	// Deploys lists the newest deploys first, at most limit; all functions if
	// functionID is empty.
	Deploys(ctx context.Context, functionID string, limit int) ([]Deploy, error)
}

// Event is a hint that something changed: the reader fetches the row.
type Event struct {
	// Kind is function, version, deploy, call, log, schedule, run or engine.
	Kind string
	// ID is the id of what changed.
	ID string
	// Reset says that events may have been missed: read everything anew.
	Reset bool
}

// Pusher tells what changes as it changes.
type Pusher interface {
	// Watch calls emit for each event until ctx ends or the link is lost, which
	// is its error. The first event of every Watch has Reset set.
	Watch(ctx context.Context, emit func(Event)) error
}
