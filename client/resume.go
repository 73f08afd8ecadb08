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
}
