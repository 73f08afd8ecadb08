package several

import (
	"context"
	"time"

	"fndeck/client"
)

// Versions implements client.Versioner.
func (b *Backend) Versions(ctx context.Context, functionID string) ([]client.Version, error) {
	does, p, id, err := held[client.Versioner](b, functionID, client.CanVersion)
	if err != nil {
		return nil, err
	}
	rows, err := does.Versions(ctx, id)
	return each(rows, p.version), err
}

// Rollback implements client.Versioner.
func (b *Backend) Rollback(ctx context.Context, functionID string, version int) (client.Function, error) {
	does, p, id, err := held[client.Versioner](b, functionID, client.CanVersion)
	if err != nil {
		return client.Function{}, err
	}
	f, err := does.Rollback(ctx, id, version)
	return p.function(f), err
}

// RollbackAsMe implements client.AsMe.
func (b *Backend) RollbackAsMe(ctx context.Context, functionID string, version int) (client.Function, error) {
	does, p, id, err := held[client.AsMe](b, functionID, client.CanPlan)
	if err != nil {
		return client.Function{}, err
	}
	f, err := does.RollbackAsMe(ctx, id, version)
	return p.function(f), err
}

// CodeFiles implements client.CodeReader.
func (b *Backend) CodeFiles(ctx context.Context, functionID string, version int) ([]client.CodeFile, error) {
	does, _, id, err := held[client.CodeReader](b, functionID, client.CanReadCode)
	if err != nil {
		return nil, err
	}
	return does.CodeFiles(ctx, id, version)
}

// Code implements client.CodeReader.
func (b *Backend) Code(ctx context.Context, functionID string, version int) ([]byte, error) {
	does, _, id, err := held[client.CodeReader](b, functionID, client.CanReadCode)
	if err != nil {
		return nil, err
	}
	return does.Code(ctx, id, version)
}

// Deploys implements client.DeployLister.
func (b *Backend) Deploys(ctx context.Context, functionID string, limit int) ([]client.Deploy, error) {
	if functionID != "" {
		does, p, id, err := held[client.DeployLister](b, functionID, client.CanListBuilds)
		if err != nil {
			return nil, err
		}
		rows, err := does.Deploys(ctx, id, limit)
		return each(rows, p.deploy), err
	}
	rows, err := gather(ctx, b, func(p *part) *shelf[client.Deploy] { return &p.deploys }, func(ctx context.Context, p *part) ([]client.Deploy, error) {
		does, err := client.As[client.DeployLister](p.backend, client.CanListBuilds)
		if err != nil {
			return nil, err
		}
		rows, err := does.Deploys(ctx, "", limit)
		return each(rows, p.deploy), err
	})
	return most(newestFirst(rows, func(d client.Deploy) time.Time { return d.Started }), limit), err
}

// ResumeDeploy implements client.DeployResumer.
func (b *Backend) ResumeDeploy(ctx context.Context, deployID string) error {
	does, _, id, err := held[client.DeployResumer](b, deployID, client.CanResume)
	if err != nil {
		return err
	}
	return does.ResumeDeploy(ctx, id)
}

// RollBackDeploy implements client.DeployResumer.
func (b *Backend) RollBackDeploy(ctx context.Context, deployID string) error {
	does, _, id, err := held[client.DeployResumer](b, deployID, client.CanResume)
	if err != nil {
		return err
	}
	return does.RollBackDeploy(ctx, id)
}

// Driven implements client.Driver.
func (b *Backend) Driven() int {
	n := 0
	for _, p := range b.parts {
		n += client.Driven(p.backend)
	}
	return n
}

// Settle implements client.Driver.
func (b *Backend) Settle(ctx context.Context) error {
	for _, p := range b.parts {
		driver, ok := p.backend.(client.Driver)
		if !ok {
			continue
		}
		if err := driver.Settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// LeaveDeploy implements client.DeployResumer.
func (b *Backend) LeaveDeploy(ctx context.Context, deployID string) error {
	does, _, id, err := held[client.DeployResumer](b, deployID, client.CanResume)
	if err != nil {
		return err
	}
	return does.LeaveDeploy(ctx, id)
}

// StopDeploy implements client.DeployResumer.
func (b *Backend) StopDeploy(ctx context.Context, deployID string) error {
	does, _, id, err := held[client.DeployResumer](b, deployID, client.CanResume)
	if err != nil {
		return err
	}
	return does.StopDeploy(ctx, id)
}
