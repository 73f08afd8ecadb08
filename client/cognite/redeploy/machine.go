package redeploy

import (
	"context"
	"sync"
	"time"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/client/cognite/archive"
	"fndeck/client/cognite/kept"
)

// Machine drives operations of one project.
type Machine struct {
	API     *cognite.Backend
	Store   *kept.Store
	Archive *archive.Archive
	Clock   func() time.Time
	// Wait waits for a while, or until ctx ends, which is its error.
	Wait func(ctx context.Context, d time.Duration) error
	// Context, Base and Project say in the journal where it was.
	Context, Base, Project string
	// Secret gives the secret of a client that a schedule runs as; ok is false where
	// it is not at hand. It may be nil.
	Secret func(clientID string) (secret auth.Secret, ok bool)
	// Metadata computes the metadata of a version anew, so that other tools see what
	// is deployed. It may be nil.
	Metadata func(metadata map[string]string, zip []byte, secrets map[string]client.Secret) (map[string]string, error)

	// NoSessions is why schedules cannot be created, empty where they can.
	NoSessions string

	// read are the journals as they were last read: they only grow, so that the size
	// tells whether one has changed.
	mu   sync.Mutex
	read map[string]readEntry

	// fault breaks journals in tests.
	fault func(written bool, r Record) error
}

// Progress is where an operation is.
type Progress struct {
	Step Step
	// Started is when the step began.
	Started time.Time
	// Detail says more, for example why the service asks to wait; Until is until when
	// it does, zero if it does not.
	Detail string
	Until  time.Time
	// Tries is how often in a row the step has failed.
	Tries int
}

// Operation is one that this program drives: it holds the operation's lock.
type Operation struct {
	m       *Machine
	journal *Journal
	unlock  func()
	// report sees each step as it begins and each detail; sent sees the upload.
	report func(Progress)
	sent   client.Progress
	at     Progress
	// resumed says that a person took the operation up.
	resumed bool
	// finals counts the builds under the external id of this run.
	finals int
}

// State is what the journal says now. It must not be asked for while Run runs.
func (o *Operation) State() State { return o.journal.state }

// Release gives an operation up that is not to be run: it stays as it is.
func (o *Operation) Release() error {
	defer o.unlock()
	return o.journal.close()
}

func (o *Operation) begin(step Step) {
	if o.at.Tries > 0 && o.at.Step == step {
		o.tell(o.at.Detail) // Why it is tried again stays until that has come to something.
		return
	}
	o.at = Progress{Step: step, Started: o.m.Clock().UTC(), Tries: o.at.Tries}
	o.tell("")
}

func (o *Operation) tell(detail string) { o.hold(time.Time{}, detail) }

// hold tells that the step rests until then.
func (o *Operation) hold(until time.Time, detail string) {
	o.at.Detail, o.at.Until = detail, until
	if o.report != nil {
		o.report(o.at)
	}
}

// write adds a record to the journal, with the time.
func (o *Operation) write(r Record) error {
	r.At = o.m.Clock().UTC()
	return o.journal.write(r)
}

func (o *Operation) state() *State { return &o.journal.state }
