// Package several shows the contexts of a list as one backend. Every id that it
// gives begins with its context, such as prod:123, and leads back there: what is
// done to something is done by the backend that has it, under its own marks and
// with its own reasons.
//
// One context that fails, or is slow, keeps no other from being shown: its last
// rows stay, and Standings say what is wrong. All methods are safe for concurrent
// use.
package several

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"fndeck/client"
)

// Patience is how long a list that is read again and again waits for its slowest
// context: what has come by then is shown, and the rest the next time.
const Patience = 2 * time.Second

// kind is the Description.Kind of several contexts.
const kind = "several"

// inTurn is why nothing is pushed.
const inTurn = "contexts shown side by side are read in turn"

// Part is one of the contexts.
type Part struct {
	Name    string
	Backend client.Backend
}

// Backend is several contexts as one.
type Backend struct {
	parts []*part
	clock func() time.Time
	// patience is how long the slowest is waited for, 0 for as long as it takes.
	patience time.Duration
	// life is that of questions nobody waits for any more; end ends them.
	life context.Context
	end  context.CancelFunc
}

var (
	_ client.Backend = (*Backend)(nil)
	_ client.Holder  = (*Backend)(nil)
)

// part is a context with what it has answered. It is shared by the backends that
// Holding makes.
type part struct {
	name    string
	backend client.Backend

	functions shelf[client.Function]
	calls     shelves
	schedules shelf[client.Schedule]
	deploys   shelf[client.Deploy]
	// logs keeps no lines, but why the newest were not to be had.
	logs shelf[client.LogLine]
}

// New shows contexts as one. A list waits for the slowest of them for patience, or with
// 0 for as long as it takes. It owns no backend: Close leaves them open.
func New(parts []Part, clock func() time.Time, patience time.Duration) *Backend {
	b := &Backend{clock: clock, patience: patience}
	b.life, b.end = context.WithCancel(context.Background())
	for _, p := range parts {
		b.parts = append(b.parts, &part{name: p.Name, backend: p.Backend})
	}
	return b
}

// Close ends what is still being read. The contexts belong to whoever opened them.
func (b *Backend) Close() error {
	b.end()
	return nil
}

// Describe implements client.Backend: that of one context alone is its own; several
// lack what all of them lack, and are marked as the strictest of them.
func (b *Backend) Describe() client.Description {
	if len(b.parts) == 1 {
		d := b.parts[0].backend.Describe()
		d.Name = b.parts[0].name
		d.Missing = maps.Clone(d.Missing)
		if d.Missing == nil {
			d.Missing = map[client.Capability]string{}
		}
		d.Missing[client.CanPush] = inTurn
		return d
	}
	d := client.Description{Kind: kind, Missing: map[client.Capability]string{}}
	var names []string
	for i, p := range b.parts {
		one := p.backend.Describe()
		names = append(names, p.name)
		d.Protected = d.Protected || one.Protected
		if i == 0 {
			d.Locked, d.Missing = one.Locked, maps.Clone(one.Missing)
			continue
		}
		maps.DeleteFunc(d.Missing, func(c client.Capability, _ string) bool { _, lacks := one.Missing[c]; return !lacks })
		if one.Locked == "" {
			d.Locked = ""
		}
	}
	if d.Missing == nil {
		d.Missing = map[client.Capability]string{}
	}
	d.Name = client.JoinContexts(names)
	d.Missing[client.CanPush] = inTurn
	if _, lacks := d.Missing[client.CanDeploy]; !lacks {
		d.Missing[client.CanDeploy] = "several contexts are shown: switch to the one where the new function is to be"
	}
	return d
}

// Holding implements client.Holder.
func (b *Backend) Holding(ids ...string) client.Backend {
	narrow := *b
	narrow.parts = slices.DeleteFunc(slices.Clone(b.parts), func(p *part) bool {
		return !slices.ContainsFunc(ids, func(id string) bool { name, _ := parted(id); return name == p.name })
	})
	if len(narrow.parts) == 0 || len(narrow.parts) == len(b.parts) {
		return b
	}
	return &narrow
}

// Apart are the same contexts one by one: what is asked of one of them is asked of that
// one alone, and ids still begin with it.
func (b *Backend) Apart() []client.Backend {
	all := make([]client.Backend, 0, len(b.parts))
	for _, p := range b.parts {
		alone := *b
		alone.parts = []*part{p}
		all = append(all, &alone)
	}
	return all
}

// Standings implements client.Holder: of several questions to a context the one
// that failed counts.
func (b *Backend) Standings() []client.Standing {
	all := make([]client.Standing, 0, len(b.parts))
	for _, p := range b.parts {
		stands := p.functions.standing(b.clock())
		for _, other := range []client.Standing{p.calls.standing(b.clock()), p.schedules.standing(b.clock()), p.deploys.standing(b.clock()), p.logs.standing(b.clock())} {
			if stands.Err == nil && other.Err != nil {
				stands.Err, stands.At = other.Err, other.At
			}
			stands.Lacks = cmp.Or(stands.Lacks, other.Lacks)
		}
		stands.Context = p.name
		all = append(all, stands)
	}
	return all
}

// Traces implements client.Holder.
func (b *Backend) Traces() []client.ContextTrace {
	var all []client.ContextTrace
	for _, p := range b.parts {
		for _, t := range client.Traces(p.backend) {
			all = append(all, client.ContextTrace{Context: p.name, Trace: t.Trace})
		}
	}
	return all
}

// owner is the context that has an id, and the id there.
func (b *Backend) owner(id string) (*part, string, error) {
	name, rest := parted(id)
	for _, p := range b.parts {
		if p.name == name {
			return p, rest, nil
		}
	}
	return nil, "", noContext(id)
}

// held is the capability of the context that has an id, and the id there.
func held[T any](b *Backend, id string, c client.Capability) (does T, p *part, rest string, err error) {
	if p, rest, err = b.owner(id); err != nil {
		return does, p, rest, err
	}
	does, err = client.As[T](p.backend, c)
	return does, p, rest, err
}
