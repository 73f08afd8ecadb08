package redeploy

import (
	"slices"
	"strconv"
	"time"

	"fndeck/client"
	"fndeck/client/cognite"
)

// State is what a journal says.
type State struct {
	Plan Plan
	// Open is an intent whose outcome is not known.
	Open *Record
	// Tried says that an upload was begun.
	Tried bool
	// File, Candidate and Final are ids, empty before there is one.
	File, Candidate, Final     string
	CandidateReady, FinalReady bool
	kept, archived, rehearsed  bool
	// smoke is the id of the smoke call; smoked says that it went well.
	smoke                    string
	smoked                   bool
	fileGone                 bool
	drained, looked, deleted map[string]bool
	Schedules                []Moving
	// Back says that everything is taken back; Restoring that the old code is built
	// instead of the new.
	Back, Restoring bool
	Reason          string
	Failure         *client.Failure
	Notes           []string
	Outcome         Outcome
	Started, Ended  time.Time
	// Last is the newest record.
	Last Record
}

// Moving is a schedule on its way. On holds its id on each function that has it.
type Moving struct {
	Schedule
	On map[string]string
	// Born holds when it was created on a function, Ended when it was removed from one.
	Born, Ended map[string]time.Time
	// was holds the ids that it had on functions before.
	was map[string]string
}

// StateOf folds a journal.
func StateOf(records []Record) State {
	s := State{drained: map[string]bool{}, looked: map[string]bool{}, deleted: map[string]bool{}}
	for _, r := range records {
		s.apply(r)
	}
	return s
}

func (s *State) apply(r Record) {
	s.Last = r
	switch r.Kind {
	case Planned:
		s.Plan, s.Started = *r.Plan, r.At
		for _, x := range r.Plan.Schedules {
			s.add(x)
		}
	case Intended:
		s.Open = &r
		s.Tried = s.Tried || r.Step == Upload
	case Void:
		s.Open = nil
	case Done:
		s.Open = nil
		s.finish(r)
	case Found:
		s.add(*r.Schedule)
		s.looked[r.Schedule.On] = false
	case Gone:
		s.forget(r.Item)
	case Lost:
		s.drop(r.Target)
	case Turned:
		s.Back, s.Reason, s.Failure = true, r.Text, r.Failure
	case Restored:
		s.Restoring, s.File, s.Tried, s.Reason = true, "", false, r.Text
	case Noted:
		s.Notes = append(s.Notes, r.Text)
	case Closed:
		s.Outcome, s.Ended = r.Outcome, r.At
	}
}

func (s *State) finish(r Record) {
	switch r.Step {
	case KeepCode:
		s.kept = true
	case ArchiveCalls:
		s.archived = true
	case Upload:
		s.File = r.ID
	case Rehearse:
		s.rehearsed = true
	case CreateCandidate:
		s.Candidate = r.ID
	case AwaitCandidate:
		s.CandidateReady = true
	case SmokeCall:
		s.smoke = r.ID
	case AwaitSmoke:
		s.smoked = true
	case CreateFinal:
		s.Final = r.ID
	case AwaitFinal:
		s.FinalReady = true
	case CreateSchedule:
		s.each(r.Item, func(m *Moving) { m.On[r.Target], m.Born[r.Target] = r.ID, r.At })
	case RemoveSchedule:
		s.each(r.Item, func(m *Moving) {
			m.was[r.Target], m.Ended[r.Target] = m.On[r.Target], r.At
			delete(m.On, r.Target)
		})
	case Drain:
		s.drained[r.Target] = true
	case Look:
		s.looked[r.Target] = true
	case DeleteFunction:
		s.deleted[r.Target] = true
		if r.Target == s.Final {
			s.drop(r.Target)
		}
		for i := range s.Schedules {
			delete(s.Schedules[i].On, r.Target)
		}
	case DeleteFile:
		s.fileGone = true
	case Close: // Closed says it
	}
}

// drop forgets a function of ours that is no more.
func (s *State) drop(id string) {
	if id == s.Candidate {
		s.Candidate, s.CandidateReady, s.smoke, s.smoked = "", false, "", false
	}
	if id == s.Final {
		s.Final, s.FinalReady = "", false
	}
}

func (s *State) add(x Schedule) {
	s.Schedules = append(s.Schedules, Moving{
		Schedule: x, On: map[string]string{x.On: x.Key}, Born: map[string]time.Time{}, Ended: map[string]time.Time{}, was: map[string]string{},
	})
}

func (s *State) each(key string, change func(*Moving)) {
	for i := range s.Schedules {
		if s.Schedules[i].Key == key {
			change(&s.Schedules[i])
		}
	}
}

func (s *State) forget(key string) {
	s.Schedules = slices.DeleteFunc(s.Schedules, func(m Moving) bool { return m.Key == key })
}

// Ours reports whether a schedule id of a function is one that the journal knows.
func (s *State) Ours(function, id string) bool {
	return slices.ContainsFunc(s.Schedules, func(m Moving) bool { return m.On[function] == id })
}

// Serving is the function that answers for the lineage now: the old one until the
// schedules have moved, so that it can run dry.
func (s *State) Serving() string {
	old := s.Plan.Old.ID
	switch {
	case s.Final != "" && s.FinalReady && s.bare(s.Candidate):
		return s.Final
	case s.Switched():
		return s.Candidate
	case s.CandidateReady && !s.Back && s.bare(old):
		return s.Candidate
	}
	return old
}

// bare reports whether no schedule is on a function any more.
func (s *State) bare(function string) bool {
	return !slices.ContainsFunc(s.Schedules, func(m Moving) bool { return m.On[function] != "" })
}

// Functions are the ids that belong to the operation.
func (s *State) Functions() []string {
	ids := []string{s.Plan.Old.ID}
	for _, id := range []string{s.Candidate, s.Final} {
		if id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// Made reports whether the operation has made a function, also one of which it does not
// know yet because the answer was cut: the file that it is built from is ours alone.
func (s *State) Made(f cognite.Function) bool {
	return slices.Contains([]string{s.Candidate, s.Final}, f.ID) || s.File != "" && s.File == strconv.FormatInt(f.FileID, 10)
}

// Switched reports whether the old function is deleted: from here on it goes
// forward only.
func (s *State) Switched() bool { return s.deleted[s.Plan.Old.ID] }

// Alive reports whether a function of the operation was not deleted yet.
func (s *State) Alive(id string) bool { return id != "" && !s.deleted[id] }
