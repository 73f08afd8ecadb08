package redeploy

// Action is the next thing to be done.
type Action struct {
	Step Step
	// Item is the key of a schedule; From is the function that it leaves. Target is
	// the function that the step is about.
	Item, From, Target string
}

// Next is what follows from the journal; its Step is empty when all is done. An
// open intent must be settled first.
func (s *State) Next() Action {
	switch {
	case s.Outcome != "":
		return Action{}
	case s.Back:
		return s.backward()
	}
	return s.forward()
}

func (s *State) forward() Action {
	old := s.Plan.Old.ID
	switch {
	case !s.kept:
		return Action{Step: KeepCode}
	case !s.archived:
		return Action{Step: ArchiveCalls}
	case s.File == "":
		return Action{Step: Upload}
	case !s.rehearsed:
		return Action{Step: Rehearse}
	case s.Candidate == "":
		return Action{Step: CreateCandidate}
	case !s.CandidateReady:
		return Action{Step: AwaitCandidate, Target: s.Candidate}
	case s.Plan.Smoke != nil && s.smoke == "":
		return Action{Step: SmokeCall, Target: s.Candidate}
	case s.Plan.Smoke != nil && !s.smoked:
		return Action{Step: AwaitSmoke, Target: s.Candidate}
	}
	if a, ok := s.replace(old, s.Candidate); ok {
		return a
	}
	if s.Plan.Mode == Handover {
		return Action{Step: Close}
	}
	switch {
	case s.Final == "":
		return Action{Step: CreateFinal}
	case !s.FinalReady:
		return Action{Step: AwaitFinal, Target: s.Final}
	}
	if a, ok := s.replace(s.Candidate, s.Final); ok {
		return a
	}
	return Action{Step: Close}
}

// replace is what is left to do until one function has taken another's place.
func (s *State) replace(from, to string) (Action, bool) {
	if s.deleted[from] {
		return Action{}, false
	}
	if a, ok := s.move(from, to); ok {
		return a, true
	}
	switch {
	case !s.drained[from]:
		return Action{Step: Drain, Target: from}, true
	case !s.looked[from]:
		return Action{Step: Look, Target: from}, true
	}
	return Action{Step: DeleteFunction, Target: from}, true
}

// move is the next step of moving the schedules: each is created on the other
// function before it is removed from the first.
func (s *State) move(from, to string) (Action, bool) {
	for _, m := range s.Schedules {
		switch {
		case m.On[from] == "":
		case m.On[to] == "":
			return Action{Step: CreateSchedule, Item: m.Key, From: from, Target: to}, true
		default:
			return Action{Step: RemoveSchedule, Item: m.Key, From: from, Target: from}, true
		}
	}
	return Action{}, false
}

// backward takes everything back. The old function is there, or this would not be
// asked for.
func (s *State) backward() Action {
	if s.Candidate != "" && !s.deleted[s.Candidate] {
		if a, ok := s.move(s.Candidate, s.Plan.Old.ID); ok {
			return a
		}
		return Action{Step: DeleteFunction, Target: s.Candidate}
	}
	if s.Tried && !s.fileGone {
		return Action{Step: DeleteFile}
	}
	return Action{Step: Close}
}

// Ahead are the step that a journal stands at and those after it, if all goes well.
func Ahead(records []Record) []Step {
	s := StateOf(records)
	var steps []Step
	took := func(a Action) {
		steps = append(steps, a.Step)
		s.apply(Record{Kind: Done, Step: a.Step, Item: a.Item, Target: a.Target, ID: "to come by " + string(a.Step)})
	}
	if open := s.Open; open != nil {
		took(Action{Step: open.Step, Item: open.Item, Target: open.Target})
	}
	for a := s.Next(); a.Step != ""; a = s.Next() {
		if a.Step == Close {
			return append(steps, Close)
		}
		took(a)
	}
	return steps
}
