package action

import (
	"context"
	"maps"
	"sync/atomic"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/rows"
)

// Marks are what an operator has said of a context.
type Marks struct {
	// Protected asks one step more before every action.
	Protected bool
	// ReadOnly is why nothing is changed or called from here, "" if it may be.
	ReadOnly string
}

// ReadOnlyFlag is why --read-only changes nothing.
const ReadOnlyFlag = "read-only: nothing is changed or called; run fndeck without --read-only"

// ReadOnlyConfigured is why a context that the configuration marks so is not
// changed.
func ReadOnlyConfigured(context string) string {
	return context + " is read-only in the configuration"
}

// Guarded is a backend under the marks of its context: it says them in its
// description, and while it is read-only it refuses everything that would change
// or call something before a request leaves. It claims the capabilities of the
// backend that it guards.
type Guarded struct {
	client.Backend
	// lacking are the reasons for what the backend lacks without saying so, as the
	// guard has the methods of every capability.
	lacking map[client.Capability]string
	marks   atomic.Pointer[Marks]
}

var (
	_ client.Tracer = (*Guarded)(nil)
	_ rows.Lister   = (*Guarded)(nil)
)

// Guard puts a backend under marks.
func Guard(b client.Backend, m Marks) *Guarded {
	g := &Guarded{Backend: b, lacking: lacking(b)}
	g.Mark(m)
	return g
}

// Mark replaces the marks. It may be called at any time.
func (g *Guarded) Mark(m Marks) { g.marks.Store(&m) }

// Describe adds the marks, and the reasons for what the backend lacks.
func (g *Guarded) Describe() client.Description {
	d, m := g.Backend.Describe(), g.marks.Load()
	d.Protected, d.Locked = m.Protected, m.ReadOnly
	if len(g.lacking) == 0 {
		return d
	}
	missing := maps.Clone(g.lacking)
	maps.Copy(missing, d.Missing) // The backend's own reasons say more.
	d.Missing = missing
	return d
}

// Trace implements client.Tracer; nil where the backend keeps none.
func (g *Guarded) Trace() *client.Trace {
	if tracer, ok := g.Backend.(client.Tracer); ok {
		return tracer.Trace()
	}
	return nil
}

// Identity implements client.Identified; the zero Status where the backend needs
// none.
func (g *Guarded) Identity() auth.Status {
	status, _ := client.IdentityOf(g.Backend)
	return status
}

// Driven implements client.Driver.
func (g *Guarded) Driven() int { return client.Driven(g.Backend) }

// Settle implements client.Driver.
func (g *Guarded) Settle(ctx context.Context) error {
	if d, ok := g.Backend.(client.Driver); ok {
		return d.Settle(ctx)
	}
	return nil
}

// Lost is the backend's banner while it is being reconnected; one that has none
// is always well.
func (g *Guarded) Lost() (text string, changed <-chan struct{}) {
	if b, ok := g.Backend.(interface {
		Lost() (string, <-chan struct{})
	}); ok {
		return b.Lost()
	}
	return "", nil
}

func lacking(b client.Backend) map[client.Capability]string {
	missing := map[client.Capability]string{}
	kind := b.Describe().Kind
	for capability, has := range map[client.Capability]bool{
		client.CanReadFiles:       is[client.FileReader](b),
		client.CanDeploy:          is[client.Deployer](b),
		client.CanRedeploy:        is[client.Redeployer](b),
		client.CanVersion:         is[client.Versioner](b),
		client.CanReadLogs:        is[client.LogReader](b),
		client.CanFollowLogs:      is[client.LogFollower](b),
		client.CanSchedule:        is[client.Scheduler](b),
		client.CanListRuns:        is[client.RunLister](b),
		client.CanWait:            is[client.CallWaiter](b),
		client.CanPush:            is[client.Pusher](b),
		client.CanListBuilds:      is[client.DeployLister](b),
		client.CanRebuild:         is[client.Rebuilder](b),
		client.CanChooseMode:      is[client.ModeChooser](b),
		client.CanReadCode:        is[client.CodeReader](b),
		client.CanChangeSettings:  is[client.SettingsChanger](b),
		client.CanCancel:          is[client.Canceller](b),
		client.CanReplaceSchedule: is[client.ScheduleReplacer](b),
		client.CanRunSchedule:     is[client.ScheduleRunner](b),
		client.CanResume:          is[client.DeployResumer](b),
		client.CanPlan:            is[client.RedeployPlanner](b),
		client.CanArchive:         is[client.CallArchiver](b),
	} {
		if !has {
			missing[capability] = kind + " does not offer " + string(capability)
		}
	}
	return missing
}

func is[T any](b client.Backend) bool {
	_, ok := b.(T)
	return ok
}

// FunctionList implements rows.Lister for any backend.
func (g *Guarded) FunctionList(ctx context.Context) (rows.List[client.Function], error) {
	return rows.ListFunctions(ctx, g.Backend)
}

// FirstFunctions implements rows.Lister; ErrUnsupported where the backend does not.
func (g *Guarded) FirstFunctions(ctx context.Context) (rows.List[client.Function], bool, error) {
	return rows.FirstFunctions(ctx, g.Backend)
}
