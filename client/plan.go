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
	// says what it would do. Its errors are those of Redeploy.
	PlanRedeploy(ctx context.Context, functionID string, code Package, change SpecChange) (RedeployPlan, error)
	// PlanRollback is the same for a roll back to a kept version.
	PlanRollback(ctx context.Context, functionID string, version int) (RedeployPlan, error)
}
