package cloud

import (
	"slices"

	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/client/cognite/kept"
	"fndeck/client/cognite/redeploy"
)

// view is what this machine keeps of the project, at one moment.
type view struct {
	lineages []kept.Lineage
	entries  []redeploy.Entry // newest first
}

func (b *Backend) view() (v view, err error) {
	if v.lineages, err = b.store.Lineages(); err == nil {
		v.entries, err = b.machine.List()
	}
	return v, err
}

// open returns the open operation of a lineage, if there is one.
func (v view) open(key string) *redeploy.Entry {
	i := slices.IndexFunc(v.entries, func(e redeploy.Entry) bool { return e.Plan.Key == key && e.Outcome == "" })
	if i < 0 {
		return nil
	}
	return &v.entries[i]
}

// find returns the lineage that an id belongs to, also if that is one of an open
// operation.
func (v view) find(id string) (kept.Lineage, bool) {
	for _, l := range v.lineages {
		if l.Has(id) {
			return l, true
		}
		if e := v.open(l.Key); e != nil && slices.Contains(e.Functions(), id) {
			return l, true
		}
	}
	return kept.Lineage{}, false
}

// unborn reports whether a function was made by an open operation that has not heard of
// it yet: it has no row of its own.
func (v view) unborn(f cognite.Function) bool {
	return slices.ContainsFunc(v.entries, func(e redeploy.Entry) bool { return e.Outcome == "" && e.Made(f) })
}

// serving is the id by which the project knows a lineage now.
func (v view) serving(l kept.Lineage) string {
	if e := v.open(l.Key); e != nil {
		return e.Serving()
	}
	return l.Present().ID
}

// present is the id by which the project knows a function now, whichever of its ids
// was given.
func (v view) present(id string) string {
	if l, ok := v.find(id); ok {
		return v.serving(l)
	}
	return id
}

// public is the id by which a function is known here.
func (v view) public(id string) string {
	if l, ok := v.find(id); ok {
		return l.ID()
	}
	return id
}

// places are the ids that a function's calls are found under, the present one
// first; the project still has the calls of the alive ones.
func (v view) places(id string) (ids []string, alive map[string]bool) {
	l, ok := v.find(id)
	if !ok {
		return []string{id}, map[string]bool{id: true}
	}
	now := v.serving(l)
	ids, alive = []string{now}, map[string]bool{now: true}
	if e := v.open(l.Key); e != nil {
		for _, other := range slices.Backward(e.Functions()) {
			alive[other] = e.Alive(other)
			if other != now {
				ids = append(ids, other)
			}
		}
	}
	for _, other := range slices.Backward(l.IDs) {
		if !slices.Contains(ids, other.ID) {
			ids = append(ids, other.ID)
		}
	}
	return ids, alive
}

// version is the number of the version that an id of a function stands for.
func (v view) version(id string) int {
	l, ok := v.find(id)
	if !ok {
		return 0
	}
	for _, i := range l.IDs {
		if i.ID == id {
			return i.Version
		}
	}
	if e := v.open(l.Key); e != nil {
		return e.Plan.To
	}
	return 0
}

// schedule is the id by which a schedule of the project is known here.
func (v view) schedule(id string) string {
	for _, l := range v.lineages {
		for present, s := range l.Schedules {
			if present == id || slices.Contains(s.Was, id) {
				return s.First
			}
		}
		if e := v.open(l.Key); e != nil {
			for _, m := range e.Schedules {
				if m.Key != id && has(m, id) {
					return v.schedule(m.Key)
				}
			}
		}
	}
	return id
}

func has(m redeploy.Moving, id string) bool {
	for _, there := range m.On {
		if there == id {
			return true
		}
	}
	return false
}

// scheduleIDs are the ids that a schedule has or had in the project, the present
// one first.
func (v view) scheduleIDs(id string) []string {
	public := v.schedule(id)
	for _, l := range v.lineages {
		for present, s := range l.Schedules {
			if s.First == public {
				ids := []string{present}
				for _, was := range slices.Backward(s.Was) {
					ids = append(ids, was)
				}
				return ids
			}
		}
	}
	return []string{id}
}

// latest is the newest version of a lineage.
func latest(l kept.Lineage) kept.Version {
	var newest kept.Version
	for _, v := range l.Versions {
		if v.Number > newest.Number {
			newest = v
		}
	}
	return newest
}

// errBusy refuses a change of a function that is being redeployed.
func errBusy(name string) error {
	return &client.Error{Code: client.CodeConflict, Message: name + " is being redeployed", Hint: "wait for its end, or take up what was cut: fndeck get deploys shows it"}
}
