package redeploy

import (
	"context"
	"errors"
	"slices"
	"strings"

	"fndeck/client"
	"fndeck/client/cognite/kept"
)

const (
	// ours stands in the external id of every file that fndeck makes.
	ours = ".fndeck."
	// restoredSuffix ends the name of a file with the old code.
	restoredSuffix = ".old"
	// keptVersions is how many versions of a function stay on this machine.
	keptVersions = 10
)

// FileName is the external id of a file for the code of a function: op makes it one
// that no other has.
func FileName(externalID, name, op string) string {
	const most = 255 // characters of an external id (API reference 20230101, files)
	stem := externalID
	if stem == "" {
		stem = name
	}
	runes := []rune(stem)
	return string(runes[:min(len(runes), most-len(ours+op+restoredSuffix))]) + ours + op
}

// IsOurs reports whether a file's external id is one that FileName makes.
func IsOurs(fileName string) bool { return strings.Contains(fileName, ours) }

// closeUp brings what is kept up to date, removes files of ours that nothing needs
// any more, and ends the operation.
func (o *Operation) closeUp(ctx context.Context) error {
	s := o.state()
	outcome := s.outcome()
	if err := o.m.Store.Update(s.Plan.Key, func(l *kept.Lineage) error { return o.keep(l, outcome) }); err != nil {
		return err
	}
	if err := o.removeFiles(ctx, outcome); err != nil {
		return err
	}
	if err := errors.Join(o.m.Store.Sweep(), o.m.forget()); err != nil {
		return err
	}
	return o.write(Record{Kind: Closed, Step: Close, Outcome: outcome})
}

func (s *State) outcome() Outcome {
	switch {
	case s.Back:
		return Unchanged
	case s.Restoring:
		return RestoredOld
	}
	return Completed
}

// keep writes the outcome into a lineage; twice does no harm.
func (o *Operation) keep(l *kept.Lineage, outcome Outcome) error {
	s, p, now := o.state(), o.state().Plan, o.m.Clock().UTC()
	serving := p.To
	if outcome == RestoredOld {
		serving = p.From
	}
	if outcome != Completed && p.Kind == kindRedeploy {
		failure := s.Failure
		if failure == nil {
			failure = &client.Failure{Message: s.Reason}
		}
		l.Note(p.To, func(v *kept.Version) { v.Status, v.Error = client.FunctionFailed, failure })
	}
	if outcome != Unchanged {
		l.Name(s.Candidate, p.To, now)
		if s.Final != "" {
			l.Name(s.Final, serving, now)
		}
		l.Note(serving, func(v *kept.Version) {
			_, v.FileName = o.building()
			v.Status, v.Error, v.FileID = client.FunctionReady, nil, o.file()
			if v.Ready.IsZero() {
				v.Ready = now
			}
		})
	}
	for _, m := range s.Schedules {
		follow(l, m, m.On[s.Serving()], p.Subject)
	}
	for i := 0; i < len(l.Versions) && len(l.Versions) > keptVersions; {
		if n := l.Versions[i].Number; n == l.Present().Version || n == p.From || n == p.To {
			i++
			continue
		}
		l.Versions = slices.Delete(l.Versions, i, i+1)
	}
	return nil
}

// follow notes that a schedule has another id now.
func follow(l *kept.Lineage, m Moving, id, subject string) {
	if id == "" || id == m.Key {
		return
	}
	was, ok := l.Schedules[m.Key]
	if !ok {
		was = kept.Schedule{First: m.Key}
		if have, done := l.Schedules[id]; done {
			was = have // noted before the operation was cut
		}
	}
	if l.Schedules == nil {
		l.Schedules = map[string]kept.Schedule{}
	}
	delete(l.Schedules, m.Key)
	was.By = ""
	if !slices.Contains(was.Was, m.Key) {
		was.Was = append(was.Was, m.Key)
	}
	if m.ClientID == "" {
		was.By = subject
	}
	l.Schedules[id] = was
}

// removeFiles removes what we uploaded and nothing needs: the old version's file if
// its bytes are kept here, and that of a version that is not to be.
func (o *Operation) removeFiles(ctx context.Context, outcome Outcome) error {
	s := o.state()
	if outcome == Unchanged {
		return nil
	}
	if outcome == RestoredOld {
		f, ok, err := o.m.API.FileNamed(ctx, s.Plan.FileName)
		if err == nil && ok {
			err = o.m.API.DeleteFiles(ctx, f.ID)
		}
		if err != nil {
			return err
		}
	}
	l, err := o.m.Store.Get(s.Plan.Key)
	if err != nil {
		return err
	}
	from, _ := l.Version(s.Plan.From)
	if !IsOurs(s.Plan.OldFile.ExternalID) || from.SHA256 == "" {
		return nil
	}
	return o.m.API.DeleteFiles(ctx, s.Plan.OldFile.ID)
}
