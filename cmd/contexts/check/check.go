// Package check looks for what keeps the contexts of a configuration from working:
// what they refer to, who has signed in, whether issuer and API answer as they
// should, and what the identity may do there. It asks nobody but the hosts of the
// contexts, and shows no secret. It changes nothing but for tokens, which are
// renewed as by any command.
package check

import (
	"context"
	"errors"
	"fmt"

	"fndeck/auth"
	"fndeck/auth/tokenstore"
	"fndeck/client"
	"fndeck/client/embedded/engine/doctor"
	"fndeck/cmd/config"
	"fndeck/cmd/contexts"
)

// Setup says how to look.
type Setup struct {
	Desk *contexts.Desk
	// Offline asks no host, and runs no program that tells a secret: it may ask one.
	Offline bool
}

// look is one look at one context.
type look struct {
	Setup
	*doctor.Report
	ctx context.Context
	x   config.Context
}

// Look checks contexts, one after the other. The engine of this machine is not for
// it to check.
func Look(ctx context.Context, s Setup, all []config.Context) doctor.Report {
	var report doctor.Report
	shared := false // whether a context needs the token store
	for _, x := range all {
		if x.Backend == config.BackendEmbedded && x.Fault == nil {
			continue
		}
		l := &look{s, &report, ctx, x}
		l.context()
		shared = shared || x.Identity.Flow.Interactive()
	}
	if shared {
		report.Findings = append(report.Findings, storeFindings(s.Desk.Store())...)
	}
	return report
}

func (l *look) context() {
	if l.x.Fault != nil {
		l.failed(l.x.Fault, "a context that cannot be read cannot be used; the others are not kept from work", "mend its file, or remove the context")
		return
	}
	if !l.network() {
		return
	}
	if why := contexts.NoSessions(l.x.Identity.Flow); why != "" && !l.x.ReadOnly {
		l.fact("%s", why)
	}
	refers := l.secrets()
	signed := l.signedIn()
	if l.Offline || !refers {
		return
	}
	answered := l.issuer()
	if l.api() && answered && signed {
		l.project()
	}
}

func (l *look) found(what, why, fix string) {
	l.Findings = append(l.Findings, doctor.Finding{What: "context " + l.x.Name + ": " + what, Why: why, Fix: fix})
}

// failed is the finding of an error; fix is what to do where it does not say that
// itself.
func (l *look) failed(err error, why, fix string) {
	x := client.Explain(client.TokenError(err))
	var e *auth.Error
	switch {
	case errors.As(err, &e) && e.Code == auth.CodeSignIn && l.x.Identity.Flow.Interactive():
		fix = "fndeck auth login " + l.x.Name
	case x.Hint != "":
		fix = x.Hint
	}
	l.found(x.Sentence, why, fix)
}

func (l *look) fact(format string, args ...any) {
	l.Facts = append(l.Facts, "context "+l.x.Name+": "+fmt.Sprintf(format, args...))
}

// storeFindings are what is wrong with the files that hold people's tokens.
func storeFindings(store *tokenstore.Store) (all []doctor.Finding) {
	faults, err := store.Faults()
	if err != nil {
		all = append(all, doctor.Finding{What: "the folder of the tokens cannot be read", Why: err.Error(), Fix: "make it yours: chmod 700"})
	}
	for _, f := range faults {
		finding := doctor.Finding{What: "the token file " + f.Path + " is not yours alone", Why: f.Err.Error(), Fix: "chmod 600 " + f.Path + ", or remove it and sign in again"}
		if errors.Is(f.Err, tokenstore.ErrSetAside) {
			finding = doctor.Finding{What: "the token file " + f.Path + " was set aside", Why: "it was cut off, or another fndeck wrote it in another form", Fix: "sign in again, then remove it"}
		}
		all = append(all, finding)
	}
	return all
}
