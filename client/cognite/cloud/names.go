package cloud

import (
	"context"

	"fndeck/client/cognite"
)

// nameAll remembers what functions are called: calls and schedules carry their id
// alone.
func (b *Backend) nameAll(found []cognite.Function) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range found {
		b.names[f.ID] = f.Name
	}
}

// knownName is what the function of an id is called, as far as that was seen or this
// machine deployed it; else empty.
func (b *Backend) knownName(v view, id string) string {
	if l, ok := v.find(id); ok {
		return latest(l).Settings.Name
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.names[id]
}

// functionName is knownName, and looks at the functions where that is not known. One
// that was deleted is remembered as nameless and looked for once; a list that fails
// leaves the name out, which is no reason to show no schedules.
func (b *Backend) functionName(ctx context.Context, v view, id string) string {
	if name := b.knownName(v, id); name != "" || b.named(id) {
		return name
	}
	found, err := b.List(ctx)
	if err != nil {
		return ""
	}
	b.nameAll(found)
	b.mu.Lock()
	defer b.mu.Unlock()
	name := b.names[id]
	b.names[id] = name
	return name
}

func (b *Backend) named(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.names[id]
	return ok
}
