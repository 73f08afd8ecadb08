package standing

import (
	"cmp"
	"context"
	"slices"
	"time"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/ui"
	"fndeck/views/forms"
)

// Contexts are those of the configuration, as the program opens them. Its methods
// are safe for concurrent use.
type Contexts interface {
	// All says how each stands, local first. It asks nobody far away.
	All() ([]Context, error)
	// Open reaches the backend of one, under its marks; what was opened is kept. A
	// name with commas is that of several side by side.
	Open(ctx context.Context, name string) (Opened, error)
	// SignIn signs a person in; show is told what to show, from one goroutine.
	SignIn(ctx context.Context, name string, show func(auth.Prompt)) error
	// SignOut revokes a sign-in where the issuer can, and forgets it.
	SignOut(ctx context.Context, name string) error
	// About asks a context what it is and what the identity lacks there. What it
	// does not answer is said in its place.
	About(ctx context.Context, name string) []ui.Fact
	// Add writes a new context into a file of its own, Remove takes such a file away.
	Add(name string, settings []forms.Setting) error
	Remove(name string) error
}

// Context is a context as it stands.
type Context struct {
	client.Description
	// Status is how its identity stands; NoSignIn is why nobody signs in there.
	Status   auth.Status
	NoSignIn string
	// Fault is why it cannot be used at all, nil if it can.
	Fault error
	// Fixed is why it cannot be removed from here, "" if it can.
	Fixed string
	// Trace has its requests; nil until it is opened.
	Trace *client.Trace
}

// Opened is the backend of a context, with the banner of one that is lost.
type Opened struct {
	Backend client.Backend
	Lost    func() (text string, changed <-chan struct{})
}

// Requests are what the newest requests of a context tell: what half of them took
// at most, 0 if there is none, and why one failed: its fault, else that of the newest.
func (c Context) Requests() (latency time.Duration, lastError string) {
	if c.Fault != nil {
		lastError = client.Explain(c.Fault).Sentence
	}
	if c.Trace == nil {
		return 0, lastError
	}
	var took []time.Duration
	for _, e := range c.Trace.Exchanges() {
		switch {
		case e.Open:
		case e.Failure != "":
			lastError = cmp.Or(lastError, e.Failure)
		default:
			took = append(took, e.Took)
		}
	}
	slices.Sort(took)
	if len(took) > 0 {
		latency = took[len(took)/2]
	}
	return latency, lastError
}
