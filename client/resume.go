package client

import "context"

// CanResume names that deploys can be cut and taken up: DeployResumer.
const CanResume Capability = "resume"

// DeployResumer takes up deploys whose status is DeployInterrupted. Any program on
// the machine that began them can.
type DeployResumer interface {
	// ResumeDeploy goes on where the deploy was cut. It returns once that has begun.
	ResumeDeploy(ctx context.Context, deployID string) error
	// RollBackDeploy takes back what the deploy has done. It returns once that has
	// begun; ErrConflict where it is too late for that.
	RollBackDeploy(ctx context.Context, deployID string) error
	// LeaveDeploy gives the deploy up and touches nothing: what it has made so far
	// stays, and is the operator's to see to.
	LeaveDeploy(ctx context.Context, deployID string) error
	// StopDeploy stops a deploy that this program drives at the step where it is, for
	// whoever does not want to wait: it is DeployInterrupted then. ErrConflict where
	// this program does not drive it.
	StopDeploy(ctx context.Context, deployID string) error
}

// Driver is a backend whose deploys this program drives itself: they stop when it
// ends, and can be taken up.
type Driver interface {
	// Driven counts those under way.
	Driven() int
	// Settle waits for their end, or that of ctx, which is its error.
	Settle(ctx context.Context) error
}

// Driven counts the deploys that stop when this program ends.
func Driven(b Backend) int {
	if d, ok := b.(Driver); ok {
		return d.Driven()
	}
	return 0
}
