package redeploy

import (
	"encoding/json"
	"time"

	"fndeck/client"
)

// Step is one thing to be done.
type Step string

// The steps, in the words that are shown as phases.
const (
	KeepCode        Step = "keep the old code"
	ArchiveCalls    Step = "archive calls"
	Upload          Step = "upload"
	Rehearse        Step = "rehearse credentials"
	CreateCandidate Step = "create the candidate"
	AwaitCandidate  Step = "build"
	SmokeCall       Step = "smoke call"
	AwaitSmoke      Step = "await the smoke call"
	CreateSchedule  Step = "create a schedule"
	RemoveSchedule  Step = "remove a schedule"
	Drain           Step = "drain"
	Look            Step = "last look"
	DeleteFunction  Step = "delete"
	CreateFinal     Step = "create under the external id"
	AwaitFinal      Step = "second build"
	DeleteFile      Step = "delete the file"
	Close           Step = "close"
)

// Kind is what a record says of a step.
type Kind string

// The kinds of records.
const (
	Planned Kind = "plan"
	// Intended stands before a request that changes something, until Done or Void.
	Intended Kind = "intent"
	Done     Kind = "done"
	// Void says that an intended request had no effect.
	Void Kind = "void"
	// Found adds a schedule that somebody made in between; Gone takes one off that
	// somebody deleted.
	Found Kind = "found"
	Gone  Kind = "gone"
	// Lost says that a function of ours was deleted by somebody.
	Lost Kind = "lost"
	// Turned says that from here on everything is taken back, and why. Restored says
	// that the old code is built in the place of the new.
	Turned   Kind = "turn"
	Restored Kind = "restore"
	// Noted is for the person only. Closed ends the operation.
	Noted  Kind = "note"
	Closed Kind = "closed"
)

// Record is a line of the journal.
type Record struct {
	At   time.Time `json:"at"`
	Kind Kind      `json:"kind"`
	Step Step      `json:"step,omitempty"`
	// Item is the key of a schedule; Target the function that the step is about.
	Item   string `json:"item,omitempty"`
	Target string `json:"target,omitempty"`
	// ID is what came of the step.
	ID       string          `json:"id,omitempty"`
	Plan     *Plan           `json:"plan,omitempty"`
	Schedule *Schedule       `json:"schedule,omitempty"`
	Text     string          `json:"text,omitempty"`
	Failure  *client.Failure `json:"failure,omitempty"`
	Outcome  Outcome         `json:"outcome,omitempty"`
}

// Outcome is how an operation ended.
type Outcome string

// The outcomes.
const (
	Completed Outcome = "completed"
	// Unchanged says that everything is as before.
	Unchanged Outcome = "unchanged"
	// RestoredOld says that the old code serves again, as a new function.
	RestoredOld Outcome = "restored"
	// Left says that a person wanted no more of it; what there was then is still there.
	Left Outcome = "left"
)

// Mode is how the new function comes into the place of the old one.
type Mode string

// The modes: Handover has no gap; in a Swap, callers by external id find nothing
// for about one build.
const (
	Handover Mode = "handover"
	Swap     Mode = "swap"
)

// Plan is what is known before the first change.
type Plan struct {
	Op      string `json:"op"`
	Kind    string `json:"kind"` // redeploy or rollback
	Context string `json:"context"`
	Base    string `json:"base"`
	Project string `json:"project"`
	// Subject is whom the token belonged to.
	Subject string `json:"subject"`
	// Key is the lineage; From the version that serves, 0 if none is known, To the
	// new one.
	Key  string `json:"key"`
	From int    `json:"from"`
	To   int    `json:"to"`
	Mode Mode   `json:"mode"`
	// Old is the function as it was read.
	Old client.Function `json:"old"`
	// OldFile is what it was built from; Newer says that its bytes were written after
	// the function was created, so that they may not be what runs.
	OldFile FileRef `json:"oldFile"`
	Newer   bool    `json:"newer,omitempty"`
	// FileName is the external id of the new file, which no other has.
	FileName      string `json:"fileName"`
	DataSetID     int64  `json:"dataSetId,omitempty"`
	SHA256        string `json:"sha256"`
	CandidateName string `json:"candidateName"`
	// Schedules are those of the old function.
	Schedules []Schedule `json:"schedules,omitempty"`
	// RunAs names those that will run as Subject and may have run as somebody else.
	RunAs []string `json:"runAs,omitempty"`
	// Smoke is what the candidate is called with before the schedules move, nil for no
	// call.
	Smoke json.RawMessage `json:"smoke,omitempty"`
	// TimeoutMinutes is how long a call may take.
	TimeoutMinutes float64 `json:"timeoutMinutes"`
}

// FileRef is a file of the project.
type FileRef struct {
	ID         int64     `json:"id,omitempty"`
	Name       string    `json:"name,omitempty"`
	ExternalID string    `json:"externalId,omitempty"`
	Uploaded   time.Time `json:"uploaded,omitzero"`
}

// Schedule is a schedule that moves. Key is the id that it had when it was found;
// Data is nil where it has none, which is not {}.
type Schedule struct {
	Key         string          `json:"key"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Cron        string          `json:"cron"`
	Data        json.RawMessage `json:"data,omitempty"`
	// On is the function that it was found on.
	On string `json:"on"`
	// SessionType and ClientID say whom it runs as.
	SessionType string `json:"sessionType,omitempty"`
	ClientID    string `json:"clientId,omitempty"`
}
