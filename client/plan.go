package client

import (
	"context"
	"time"
)

// CanPlan names that a redeploy can say beforehand what it will do: RedeployPlanner.
const CanPlan Capability = "plan"

// RedeployPlan is what a redeploy would do, as a person is told before.
type RedeployPlan struct {
	// Gap says that some callers will find nothing for a while; GapLength is how long,
	// about, 0 where nothing tells.
	Gap       bool          `json:"gap"`
	GapLength time.Duration `json:"gapNs,omitempty"`
	// RunAs are the schedules which run as whoever created them, and would run as the
	// one who redeploys. Where there are some, SpecChange.RunAsMe has to accept that.
	RunAs []string `json:"runAs,omitempty"`
	// Schedules counts those that move.
	Schedules int `json:"schedules"`
	// Steps are what is done, one after the other, in the words of a deploy's phases.
	Steps []string `json:"steps,omitempty"`
	// Notes are whole sentences.
	Notes []string `json:"notes"`
}

// RedeployPlanner checks a redeploy or a roll back before its first change.
type RedeployPlanner interface {
	// PlanRedeploy checks all that Redeploy checks before it changes anything, and
	// says what it would do. Its errors are those of Redeploy. An empty package stands
	// for the code that serves, as for ChangeSettings.
	PlanRedeploy(ctx context.Context, functionID string, code Package, change SpecChange) (RedeployPlan, error)
	// PlanRollback is the same for a roll back to a kept version.
	PlanRollback(ctx context.Context, functionID string, version int) (RedeployPlan, error)
}

// AsMe is a RedeployPlanner whose roll backs may move schedules, too.
type AsMe interface {
	// RollbackAsMe is Versioner.Rollback where RedeployPlan.RunAs was accepted.
	RollbackAsMe(ctx context.Context, functionID string, version int) (Function, error)
}
