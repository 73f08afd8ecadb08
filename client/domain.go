package client

import (
	"encoding/json"
	"fmt"
	"time"
)

// FunctionStatus is the state of a function. A value that is not one of the
// constants is the backend's own word and is shown as it came.
type FunctionStatus string

// The states that every backend's words are mapped to.
const (
	FunctionQueued    FunctionStatus = "Queued"
	FunctionDeploying FunctionStatus = "Deploying"
	FunctionReady     FunctionStatus = "Ready"
	FunctionFailed    FunctionStatus = "Failed"
)

// Function is one deployed function.
type Function struct {
	// Context is the context that has it, where several are shown as one; empty
	// otherwise.
	Context string `json:"context,omitempty"`
	ID      string `json:"id"`
	// NativeID is the id by which the backend itself knows the function now, where
	// that is another: some give a new one with each deploy.
	NativeID    string `json:"nativeId,omitempty"`
	Name        string `json:"name"`
	ExternalID  string `json:"externalId,omitempty"`
	Description string `json:"description,omitempty"`
	Owner       string `json:"owner,omitempty"`

	// Status is Ready while some version serves, also while the next one is on
	// its way: then DeployingVersion is not zero.
	Status FunctionStatus `json:"status"`
	// Error is why the last deploy failed, nil otherwise. A function may have
	// both an Error and a serving Version: the earlier one.
	Error *Failure `json:"error,omitempty"`

	// Version is the number of the version that answers calls, 0 if none does
	// or the backend has no versions.
	Version int `json:"version,omitempty"`
	// DeployingVersion is the number of the version that is being deployed, or 0.
	DeployingVersion int `json:"deployingVersion,omitempty"`
	// DeployID names the newest deploy; its build output is read with
	// LogQuery.DeployID. Empty where the backend has no build output.
	DeployID      string    `json:"deployId,omitempty"`
	DeployStarted time.Time `json:"deployStarted,omitzero"`
	// DeployTries is Deploy.Tries of that deploy.
	DeployTries int `json:"deployTries,omitempty"`
	// Interrupted says that this deploy was cut and can be taken up, see DeployResumer.
	Interrupted bool `json:"interrupted,omitempty"`
	// UsualDeploy is the median of what this function's deploys took that became
	// Ready, told while one is under way; 0 if there was none or it is not known.
	UsualDeploy time.Duration `json:"usualDeployNs,omitempty"`

	Runtime        string `json:"runtime,omitempty"`
	RuntimeVersion string `json:"runtimeVersion,omitempty"`
	// Isolation says what confines this function, in the words of the badge; empty
	// where the backend does not tell, as in lists.
	Isolation string `json:"isolation,omitempty"`
	// Mode is how calls run (ModeIsolated, ModeWarm, or "cold" where a fork would
	// break the function); ModeReason says why it is not what was chosen. Empty
	// where the backend does not tell.
	Mode       string `json:"mode,omitempty"`
	ModeReason string `json:"modeReason,omitempty"`
	// Workers is how many processes are kept at most, 0 unless the mode is warm.
	Workers int `json:"workers,omitempty"`

	FunctionPath string            `json:"functionPath,omitempty"`
	SecretNames  []string          `json:"secretNames,omitempty"`
	EnvVars      map[string]string `json:"envVars,omitempty"`
	Metadata     map[string]string `json:"metadata,omitempty"`
	// HasIndex says that it has a package index of its own, which a redeploy keeps.
	HasIndex bool `json:"hasIndex,omitempty"`
	// ExtraIndexes counts the extra package indexes that a redeploy keeps.
	ExtraIndexes int `json:"extraIndexes,omitempty"`
	// Environment names what holds the packages of requirements.txt, empty where
	// there are none or the backend does not tell.
	Environment string  `json:"environment,omitempty"`
	CPU         float64 `json:"cpu,omitempty"`
	MemoryGB    float64 `json:"memoryGb,omitempty"`
	// SizeBytes is the packed size of the serving version's code.
	SizeBytes int64 `json:"sizeBytes,omitempty"`
	// Folder is the folder on this machine that the newest version came from,
	// empty if it is not known.
	Folder string `json:"folder,omitempty"`

	Created time.Time `json:"created"`
	// LastCall is the newest call, nil if there was none or it is not known.
	LastCall *CallSummary `json:"lastCall,omitempty"`
	// P95 is the 95th percentile of the latest calls' durations, 0 if unknown.
	P95 time.Duration `json:"p95Ns,omitempty"`
	// Schedules counts the function's schedules, -1 if the backend does not tell.
	Schedules int `json:"schedules"`
}

// Deploying reports whether a version of the function is on its way.
func (f Function) Deploying() bool {
	return f.DeployingVersion != 0 || f.Status == FunctionQueued || f.Status == FunctionDeploying
}

// ModeText is the mode in words, with the number of workers.
func (f Function) ModeText() string {
	if f.Workers == 0 {
		return f.Mode
	}
	if f.Workers == 1 {
		return f.Mode + ", at most 1 worker"
	}
	return fmt.Sprintf("%s, at most %d workers", f.Mode, f.Workers)
}

// CallSummary is what a list of functions shows of a call.
type CallSummary struct {
	ID      string     `json:"id"`
	Status  CallStatus `json:"status"`
	Started time.Time  `json:"started"`
}

// Failure is why a call or a deploy failed.
type Failure struct {
	Message string `json:"message"`
	// Trace is a traceback or a build's last lines; it may be empty.
	Trace string `json:"trace,omitempty"`
}

// Version is one kept deployed state of a function.
type Version struct {
	FunctionID string         `json:"functionId"`
	Number     int            `json:"number"`
	Status     FunctionStatus `json:"status"`
	Serving    bool           `json:"serving"`
	Error      *Failure       `json:"error,omitempty"`
	// CodeSHA256 is the hex hash of the packed code.
	CodeSHA256 string    `json:"codeSha256,omitempty"`
	SizeBytes  int64     `json:"sizeBytes,omitempty"`
	Runtime    string    `json:"runtime,omitempty"`
	Folder     string    `json:"folder,omitempty"`
	DeployID   string    `json:"deployId,omitempty"`
	Created    time.Time `json:"created"`
	Ready      time.Time `json:"ready,omitzero"`
}

// CallStatus is the state of a call; unknown words are kept as they came.
type CallStatus string

// The states of a call.
const (
	CallRunning   CallStatus = "Running"
	CallCompleted CallStatus = "Completed"
	CallFailed    CallStatus = "Failed"
	CallTimeout   CallStatus = "Timeout"
	CallCancelled CallStatus = "Cancelled"
)

// Ended reports whether the call can no longer change.
func (s CallStatus) Ended() bool { return s != CallRunning && s != "Queued" }

// Call is one invocation of a function.
type Call struct {
	// Context is as that of a Function.
	Context      string     `json:"context,omitempty"`
	ID           string     `json:"id"`
	FunctionID   string     `json:"functionId"`
	FunctionName string     `json:"functionName,omitempty"`
	Status       CallStatus `json:"status"`
	Started      time.Time  `json:"started"`
	Ended        time.Time  `json:"ended,omitzero"`
	// Duration is measured by the backend; 0 while running or not told.
	Duration time.Duration `json:"durationNs,omitempty"`
	// ScheduleID and Scheduled are set when a schedule started the call.
	ScheduleID   string    `json:"scheduleId,omitempty"`
	ScheduleName string    `json:"scheduleName,omitempty"`
	Scheduled    time.Time `json:"scheduled,omitzero"`
	Error        *Failure  `json:"error,omitempty"`
	Version      int       `json:"version,omitempty"`
	// Archived is the id that the function had then, where the backend has forgotten
	// the call and this machine has not; empty otherwise.
	Archived string `json:"archived,omitempty"`
	// Preview is the first line of the result, for lists.
	Preview string `json:"preview,omitempty"`
	// LogLines counts the log lines, -1 if not told.
	LogLines int64 `json:"logLines"`
	// MaxRSSBytes and CPUTime are the call process's own use, 0 if not told. If
	// Warm is set the process had calls before: MaxRSSBytes is its peak so far,
	// CPUTime what this call added.
	Warm        bool          `json:"warm,omitempty"`
	MaxRSSBytes int64         `json:"maxRssBytes,omitempty"`
	CPUTime     time.Duration `json:"cpuTimeNs,omitempty"`
}

// Result is what a call was given and what it returned.
type Result struct {
	// Data is the input as the operator's bytes, nil where the backend does not
	// hand it back.
	Data json.RawMessage `json:"data,omitempty"`
	// Response is the returned JSON; nil when the call returned none (failed,
	// still running).
	Response json.RawMessage `json:"response,omitempty"`
}

// LogLine is one line that a call or a build printed.
type LogLine struct {
	// Position orders the lines of the backend as a whole and is what
	// LogQuery.After takes; 0 where the backend has no positions.
	Position int64     `json:"position,omitempty"`
	Time     time.Time `json:"time,omitzero"`
	// Stream is stdout, stderr, build or mark (a line of fndeck's own, such as
	// "log cut"); empty if not told.
	Stream string `json:"stream,omitempty"`
	Text   string `json:"text"`
	// CallID and FunctionID say where the line belongs; FunctionName is for the
	// screen.
	CallID       string `json:"callId,omitempty"`
	FunctionID   string `json:"functionId,omitempty"`
	FunctionName string `json:"functionName,omitempty"`
}

// Schedule runs a function at the times of a cron expression.
type Schedule struct {
	// Context is as that of a Function.
	Context      string `json:"context,omitempty"`
	ID           string `json:"id"`
	Name         string `json:"name"`
	Description  string `json:"description,omitempty"`
	FunctionID   string `json:"functionId"`
	FunctionName string `json:"functionName,omitempty"`
	// Cron is the expression as the backend keeps it.
	Cron string `json:"cron"`
	// Words is the backend's own description of Cron, empty if it has none.
	Words   string          `json:"words,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"`
	Created time.Time       `json:"created"`
	// Next is the next run as the backend knows it; zero if it does not tell.
	Next     time.Time    `json:"next,omitzero"`
	LastCall *CallSummary `json:"lastCall,omitempty"`
	// Missed counts runs that were missed or skipped, -1 if not told.
	Missed int64 `json:"missed"`
	// Overlap is one of Overlaps and CatchUp one of CatchUps, empty if the backend
	// does not tell.
	Overlap string `json:"overlap,omitempty"`
	CatchUp string `json:"catchUp,omitempty"`
	// Queued is the due time of the one run that waits for the one before, zero
	// if none does.
	Queued time.Time `json:"queued,omitzero"`
}

// ScheduleRun is one time at which a schedule was due.
type ScheduleRun struct {
	ScheduleID string    `json:"scheduleId"`
	Due        time.Time `json:"due"`
	// Status is a CallStatus, or one of the words below.
	Status string `json:"status"`
	// CallID is empty for what is no call. A call without a due time was asked for
	// by a person: Due is then when.
	CallID string `json:"callId,omitempty"`
	// Reason says why a run was missed or skipped; Count and Last describe a gap
	// of several (Due is its first).
	Reason string    `json:"reason,omitempty"`
	Count  int64     `json:"count,omitempty"`
	Last   time.Time `json:"last,omitzero"`
}

// Words for ScheduleRun.Status beside those of CallStatus. A Queued run waits for
// the one before; Replaced marks when another schedule was put in the place.
const (
	RunMissed   = "Missed"
	RunSkipped  = "Skipped"
	RunQueued   = "Queued"
	RunReplaced = "Replaced"
)

// Deploy is one attempt to put a version into service.
type Deploy struct {
	// Context is as that of a Function.
	Context      string `json:"context,omitempty"`
	ID           string `json:"id"`
	FunctionID   string `json:"functionId"`
	FunctionName string `json:"functionName,omitempty"`
	// Kind is deploy, redeploy or rollback.
	Kind string `json:"kind"`
	// FromVersion served before, 0 if none; ToVersion is to serve.
	FromVersion int            `json:"fromVersion,omitempty"`
	ToVersion   int            `json:"toVersion"`
	Status      FunctionStatus `json:"status"`
	// Phase is queued, unpacking, building, checking or switched, or a backend's own
	// word.
	Phase string `json:"phase,omitempty"`
	// Detail says more of the phase, for example why a service asks to wait.
	Detail string `json:"detail,omitempty"`
	// PhaseStarted is when the phase began, zero if that is not told; UsualPhase what
	// it usually takes with this function, 0 if not known; Until the time up to which a
	// service asks to wait, zero if it does not.
	PhaseStarted time.Time     `json:"phaseStarted,omitzero"`
	UsualPhase   time.Duration `json:"usualPhaseNs,omitempty"`
	Until        time.Time     `json:"until,omitzero"`
	// Tries is how often in a row its step has failed and is tried again, 0 if it goes
	// on.
	Tries int `json:"tries,omitempty"`

	// By is who began it, "" where that is not known.
	By        string    `json:"by,omitempty"`
	Error     *Failure  `json:"error,omitempty"`
	SizeBytes int64     `json:"sizeBytes,omitempty"`
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended,omitzero"`
	// Phases are those that are over, where the backend tells them; Ahead those that are
	// still to come after the present one.
	Phases []DeployPhase `json:"phases,omitempty"`
	Ahead  []string      `json:"ahead,omitempty"`
}

// DeployInterrupted is the status of a deploy that was cut and can be taken up, see
// DeployResumer.
const DeployInterrupted FunctionStatus = "Interrupted"

// DeployPhase is a phase of a deploy that is over.
type DeployPhase struct {
	Name    string    `json:"name"`
	Detail  string    `json:"detail,omitempty"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
}
