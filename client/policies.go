package client

import (
	"context"
	"slices"
	"strings"
)

// What a schedule does with a run that is due while the one before still runs.
const (
	// OverlapSkip leaves it out, with a row that says so.
	OverlapSkip = "skip"
	// OverlapAllow starts it beside the other.
	OverlapAllow = "allow"
	// OverlapQueue starts it when the other ends; one waits at most.
	OverlapQueue = "queue"
)

// What a schedule does after runs that were missed, because the engine was not
// running or the machine slept.
const (
	// CatchUpSkip leaves them out.
	CatchUpSkip = "skip"
	// CatchUpOnce runs the last of them, once.
	CatchUpOnce = "once"
)

// Overlaps lists the words for ScheduleSpec.Overlap, the default first.
func Overlaps() []string { return []string{OverlapSkip, OverlapAllow, OverlapQueue} }

// CatchUps lists the words for ScheduleSpec.CatchUp, the default first.
func CatchUps() []string { return []string{CatchUpSkip, CatchUpOnce} }

// CheckPolicies refuses words that are no policies; empty ones are the defaults.
func CheckPolicies(overlap, catchUp string) error {
	if overlap != "" && !slices.Contains(Overlaps(), overlap) {
		return Invalidf("overlap %q: allowed are %s", overlap, strings.Join(Overlaps(), ", "))
	}
	if catchUp != "" && !slices.Contains(CatchUps(), catchUp) {
		return Invalidf("catch-up %q: allowed are %s", catchUp, strings.Join(CatchUps(), ", "))
	}
	return nil
}

// What only some backends can do with schedules.
const (
	CanReplaceSchedule Capability = "replace-schedule"  // ScheduleReplacer
	CanRunSchedule     Capability = "run-schedule"      // ScheduleRunner
	CanSetPolicies     Capability = "schedule-policies" // Scheduler that heeds ScheduleSpec.Overlap and CatchUp
	CanRunAs           Capability = "run-as"            // Scheduler that heeds ScheduleSpec.ClientID
)

// ScheduleReplacer puts another schedule in the place of one.
type ScheduleReplacer interface {
	// ReplaceSchedule deletes the schedule and creates one of the same function at
	// once. The new one has its own id; FunctionID of spec is not read.
	ReplaceSchedule(ctx context.Context, id string, spec ScheduleSpec) (Schedule, error)
}

// ScheduleRunner runs a schedule when a person asks for it.
type ScheduleRunner interface {
	// RunSchedule starts a call with the schedule's data, whatever else runs. It
	// has no due time and moves none.
	RunSchedule(ctx context.Context, id string) (Call, error)
}
