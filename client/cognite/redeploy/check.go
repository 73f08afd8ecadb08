package redeploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/client/cognite/kept"
)

// What a project holds at most (API reference 20230101, functions; read in August
// 2026).
const maxFunctions, maxSchedules = 100, 1000

// maxName is how long a function's name may be, in characters.
const maxName = 140

// check reads what the plan must record, and refuses where something would be lost.
func (m *Machine) check(ctx context.Context, r Request, f cognite.Function, l kept.Lineage) (Plan, error) {
	plan := Plan{
		Op: kept.NewKey(), Kind: kindRedeploy, Context: m.Context, Base: m.Base, Project: m.Project, Key: l.Key, Mode: Handover, Old: f.Function, Smoke: r.Change.Smoke,
	}
	if r.Version != 0 {
		plan.Kind = kindRollback
		if err := versionOf(r, l); err != nil {
			return plan, err
		}
	} else if len(r.Code.Zip) == 0 {
		return plan, errNoCode
	}
	if f.ExternalID != "" {
		plan.Mode = Swap
		suffix := []rune(ours + plan.Op)
		name := []rune(f.Name)
		plan.CandidateName = string(append(name[:min(len(name), maxName-len(suffix)):min(len(name), maxName-len(suffix))], suffix...))
	}
	plan.FileName = FileName(f.ExternalID, f.Name, plan.Op)
	if err := m.checkProject(ctx, &plan, r, f); err != nil {
		return plan, err
	}
	if err := m.checkFile(ctx, &plan, f); err != nil {
		return plan, err
	}
	return plan, m.checkSchedules(ctx, &plan, r, l)
}

// checkProject makes sure that functions can be used here, by us, and that there is
// room for one more.
func (m *Machine) checkProject(ctx context.Context, plan *Plan, r Request, f cognite.Function) error {
	status, err := m.API.Status(ctx)
	if err != nil {
		return err
	}
	if status != cognite.Activated {
		return &client.Error{Code: client.CodeConflict, Message: fmt.Sprintf("Cognite Functions is %q in project %s, so nothing can be built there", status, m.Project), Hint: "activate it first; that may take hours"}
	}
	if plan.Smoke != nil && m.NoSessions != "" {
		return &client.Error{Code: client.CodeForbidden, Message: "no smoke call can be made: " + m.NoSessions}
	}
	token, err := m.API.Inspect(ctx)
	if err != nil {
		return err
	}
	plan.Subject = token.Subject
	if lacks := token.LacksToDeploy(); len(lacks) > 0 {
		return &client.Error{Code: client.CodeForbidden, Message: "the identity lacks " + strings.Join(lacks, ", ") + " in project " + m.Project, Hint: "ask for these capabilities: a redeploy that stops halfway helps nobody"}
	}
	limits, err := m.API.Limits(ctx)
	if err != nil {
		return err
	}
	plan.TimeoutMinutes = limits.TimeoutMinutes
	runtime := f.Runtime
	if r.Change.Runtime != nil {
		runtime = *r.Change.Runtime
	}
	if runtime != "" && len(limits.Runtimes) > 0 && !slices.Contains(limits.Runtimes, runtime) {
		return &client.Error{Code: client.CodeInvalid, Message: fmt.Sprintf("runtime %s is not offered any more", runtime), Hint: "redeploy with one of " + strings.Join(limits.Runtimes, ", ")}
	}
	var asked client.FunctionSpec
	apply(&asked, r.Change)
	if err := limits.CheckSpec(asked); err != nil {
		return err
	}
	all, err := m.API.List(ctx)
	if err != nil {
		return err
	}
	if len(all) >= maxFunctions {
		return &client.Error{Code: client.CodeLimit, Message: fmt.Sprintf("project %s holds %d functions, and the new one must stand beside the old one for a while", m.Project, len(all)), Hint: "delete a function that is not needed"}
	}
	return nil
}

// checkFile records what the old function was built from.
func (m *Machine) checkFile(ctx context.Context, plan *Plan, f cognite.Function) error {
	if f.FileID == 0 {
		return nil
	}
	file, ok, err := m.API.File(ctx, f.FileID)
	if err != nil || !ok {
		return err
	}
	if file.Modelled {
		return &client.Error{Code: client.CodeUnsupported, Message: "the code of " + f.Name + " is a file of data modelling, and such a project may refuse files of another kind", Hint: "redeploy it with the tool that deployed it"}
	}
	plan.DataSetID = file.DataSetID
	plan.OldFile = FileRef{ID: file.ID, Name: file.Name, ExternalID: file.ExternalID, Uploaded: file.Uploaded}
	plan.Newer = file.Uploaded.After(f.Created)
	return nil
}

// checkSchedules records the schedules, and makes sure that each can be created
// again.
func (m *Machine) checkSchedules(ctx context.Context, plan *Plan, r Request, l kept.Lineage) error {
	all, err := m.API.Bound(ctx, "")
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.FunctionID != plan.Old.ID {
			continue
		}
		full, err := m.readSchedule(ctx, s)
		if err != nil {
			return err
		}
		if _, err := m.identity(full); err != nil {
			return err
		}
		mine := l.Schedules[s.ID].By
		others := full.SessionType != cognite.ByClient && (mine == "" || mine != plan.Subject)
		if others {
			plan.RunAs = append(plan.RunAs, s.Name)
		}
		if others && !r.RunAsMe {
			return &client.Error{
				Code: client.CodeConflict, Message: fmt.Sprintf("schedule %s of %s runs as whoever created it; moved, it would run as %s", s.Name, plan.Old.Name, plan.Subject),
				Hint: "a redeploy of this one function asks whether it may run as you; or redeploy as the one who created it",
			}
		}
		plan.Schedules = append(plan.Schedules, full)
	}
	if len(plan.Schedules) == 0 {
		return nil
	}
	if m.NoSessions != "" {
		return &client.Error{Code: client.CodeForbidden, Message: fmt.Sprintf("%s of %s must move: %s", schedules(len(plan.Schedules)), plan.Old.Name, m.NoSessions)}
	}
	if len(all) >= maxSchedules {
		return &client.Error{Code: client.CodeLimit, Message: fmt.Sprintf("project %s holds %d schedules, and each must stand twice for a moment", m.Project, len(all)), Hint: "delete a schedule that is not needed"}
	}
	return m.checkSessions(ctx, plan)
}

// schedules counts schedules: "1 schedule", "3 schedules".
func schedules(n int) string {
	if n == 1 {
		return "1 schedule"
	}
	return fmt.Sprintf("%d schedules", n)
}

func (m *Machine) checkSessions(ctx context.Context, plan *Plan) error {
	token, err := m.API.Inspect(ctx)
	if err != nil {
		return err
	}
	if lacks := token.LacksToSchedule(); len(lacks) > 0 {
		return &client.Error{Code: client.CodeForbidden, Message: fmt.Sprintf("the identity lacks %s in project %s, and %d schedules must move", strings.Join(lacks, ", "), m.Project, len(plan.Schedules)), Hint: "ask for these capabilities"}
	}
	return nil
}
