package several

import (
	"context"
	"time"

	"fndeck/client"
)

// Functions implements client.Backend.
func (b *Backend) Functions(ctx context.Context) ([]client.Function, error) {
	rows, err := gather(ctx, b, func(p *part) *shelf[client.Function] { return &p.functions }, func(ctx context.Context, p *part) ([]client.Function, error) {
		rows, err := p.backend.Functions(ctx)
		return each(rows, p.function), err
	})
	return newestFirst(rows, func(f client.Function) time.Time { return f.Created }), err
}

// Function implements client.Backend.
func (b *Backend) Function(ctx context.Context, id string) (client.Function, error) {
	p, rest, err := b.owner(id)
	if err != nil {
		return client.Function{}, err
	}
	f, err := p.backend.Function(ctx, rest)
	return p.function(f), err
}

// Deploy implements client.Deployer for one context: several leave open where.
func (b *Backend) Deploy(ctx context.Context, spec client.FunctionSpec, code client.Package, progress client.Progress) (client.Function, error) {
	if len(b.parts) > 1 {
		return client.Function{}, &client.Error{Code: client.CodeUnsupported, Message: b.Describe().Missing[client.CanDeploy]}
	}
	p := b.parts[0]
	does, err := client.As[client.Deployer](p.backend, client.CanDeploy)
	if err != nil {
		return client.Function{}, err
	}
	f, err := does.Deploy(ctx, spec, code, progress)
	return p.function(f), err
}

// StoredCode implements client.FileReader for one context, as Deploy.
func (b *Backend) StoredCode(ctx context.Context, fileID string) ([]byte, error) {
	if len(b.parts) > 1 {
		return nil, &client.Error{Code: client.CodeUnsupported, Message: b.Describe().Missing[client.CanDeploy]}
	}
	does, err := client.As[client.FileReader](b.parts[0].backend, client.CanReadFiles)
	if err != nil {
		return nil, err
	}
	return does.StoredCode(ctx, fileID)
}

// Delete implements client.Deployer.
func (b *Backend) Delete(ctx context.Context, functionID string) error {
	does, _, id, err := held[client.Deployer](b, functionID, client.CanDeploy)
	if err != nil {
		return err
	}
	return does.Delete(ctx, id)
}

// Redeploy implements client.Redeployer.
func (b *Backend) Redeploy(ctx context.Context, functionID string, code client.Package, change client.SpecChange, progress client.Progress) (client.Function, error) {
	does, p, id, err := held[client.Redeployer](b, functionID, client.CanRedeploy)
	if err != nil {
		return client.Function{}, err
	}
	f, err := does.Redeploy(ctx, id, code, change, progress)
	return p.function(f), err
}

// PlanRedeploy implements client.RedeployPlanner.
func (b *Backend) PlanRedeploy(ctx context.Context, functionID string, code client.Package, change client.SpecChange) (client.RedeployPlan, error) {
	does, _, id, err := held[client.RedeployPlanner](b, functionID, client.CanPlan)
	if err != nil {
		return client.RedeployPlan{}, err
	}
	return does.PlanRedeploy(ctx, id, code, change)
}

// PlanRollback implements client.RedeployPlanner.
func (b *Backend) PlanRollback(ctx context.Context, functionID string, version int) (client.RedeployPlan, error) {
	does, _, id, err := held[client.RedeployPlanner](b, functionID, client.CanPlan)
	if err != nil {
		return client.RedeployPlan{}, err
	}
	return does.PlanRollback(ctx, id, version)
}

// ChangeSettings implements client.SettingsChanger.
func (b *Backend) ChangeSettings(ctx context.Context, functionID string, change client.SpecChange) (client.Function, error) {
	does, p, id, err := held[client.SettingsChanger](b, functionID, client.CanChangeSettings)
	if err != nil {
		return client.Function{}, err
	}
	f, err := does.ChangeSettings(ctx, id, change)
	return p.function(f), err
}

// SetMode implements client.ModeChooser.
func (b *Backend) SetMode(ctx context.Context, functionID, mode string, workers int) (client.Function, error) {
	does, p, id, err := held[client.ModeChooser](b, functionID, client.CanChooseMode)
	if err != nil {
		return client.Function{}, err
	}
	f, err := does.SetMode(ctx, id, mode, workers)
	return p.function(f), err
}

// Rebuild implements client.Rebuilder.
func (b *Backend) Rebuild(ctx context.Context, functionID string) (client.Function, error) {
	does, p, id, err := held[client.Rebuilder](b, functionID, client.CanRebuild)
	if err != nil {
		return client.Function{}, err
	}
	f, err := does.Rebuild(ctx, id)
	return p.function(f), err
}
