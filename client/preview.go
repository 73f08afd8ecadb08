package client

import (
	"context"
	"time"
)

// CanPreview names that a redeploy can be told beforehand: RedeployPreviewer.
const CanPreview Capability = "redeploy-preview"

// RedeployPreview is what a redeploy would do.
type RedeployPreview struct {
	// Gap is how long some callers will find nothing, about; 0 for not at all, or not
	// known.
	Gap time.Duration
	// Notes are whole sentences, with a final stop.
	Notes []string
}

// RedeployPreviewer says what a redeploy would do, where that is more than to put
// the code into service.
type RedeployPreviewer interface {
	// PreviewRedeploy checks all that Redeploy checks before its first change, and
	// changes nothing. Its error is the one that Redeploy would return.
	PreviewRedeploy(ctx context.Context, functionID string, code Package, change SpecChange) (RedeployPreview, error)
}
