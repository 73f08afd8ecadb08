package store

import "sync"

// maxTouched bounds how many changes are remembered between two lists; with more
// the next list reads everything anew.
const maxTouched = 10_000

// newest remembers every function's newest call between two lists of them, and
// what has changed since: with many functions, most have not been called.
type newest struct {
	reading sync.Mutex // one list reads at a time
	calls   map[int64]Call
	owners  map[int64]int64 // the function of each of these calls

	mu sync.Mutex
	// valid is false while calls does not say what the file says, but for what was
	// touched: calls by their id and functions.
	valid            bool
	touchedCalls     map[int64]bool
	touchedFunctions map[int64]bool
}

// touched is what a transaction has changed; it belongs to the writer.
type touched struct {
	calls, functions []int64
	events           []Event
	// definitions says that functions or versions were.
	definitions bool
}

func (t *touched) reset() {
	t.calls, t.functions, t.events, t.definitions = t.calls[:0], t.functions[:0], t.events[:0], false
}

func (tx *Tx) touchCall(id int64) {
	if !tx.quiet {
		tx.s.touched.calls = append(tx.s.touched.calls, id)
	}
}

func (tx *Tx) touchFunction(id int64) {
	if !tx.quiet {
		tx.s.touched.functions = append(tx.s.touched.functions, id)
	}
}

// touchDefinition records that a function or a version is another.
func (tx *Tx) touchDefinition() { tx.s.touched.definitions = true }

// published tells the readers what was committed.
func (s *Store) published() {
	t := &s.touched
	s.history.add(t.events)
	if t.definitions {
		s.definitions.Add(1)
	}
	n := &s.newest
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.valid {
		return
	}
	if len(n.touchedCalls)+len(n.touchedFunctions) > maxTouched {
		n.valid = false
		return
	}
	for _, id := range t.calls {
		n.touchedCalls[id] = true
	}
	for _, id := range t.functions {
		n.touchedFunctions[id] = true
	}
}

// Definitions is a number that changes with every change of a function or a
// version. Read it before what depends on it.
func (s *Store) Definitions() int64 { return s.definitions.Load() }

// LastCalls reads the newest call of every function.
func (s *Store) LastCalls() ([]Call, error) {
	n := &s.newest
	n.reading.Lock()
	defer n.reading.Unlock()
	n.mu.Lock()
	valid, calls, functions := n.valid, n.touchedCalls, n.touchedFunctions
	n.valid, n.touchedCalls, n.touchedFunctions = true, map[int64]bool{}, map[int64]bool{}
	n.mu.Unlock()
	err := s.renewNewest(valid, calls, functions)
	if err != nil {
		n.mu.Lock()
		n.valid = false
		n.mu.Unlock()
		return nil, err
	}
	all := make([]Call, 0, len(n.calls))
	for _, c := range n.calls {
		all = append(all, c)
	}
	return all, nil
}

func (s *Store) renewNewest(valid bool, calls, functions map[int64]bool) error {
	n := &s.newest
	if !valid {
		all, err := list(s, scanCall, `SELECT `+callColumns+` FROM calls WHERE id IN
			(SELECT (SELECT MAX(c.id) FROM calls c WHERE c.function_id = f.id) FROM functions f)`)
		if err != nil {
			return err
		}
		n.calls, n.owners = make(map[int64]Call, len(all)), make(map[int64]int64, len(all))
		for _, c := range all {
			n.calls[c.FunctionID], n.owners[c.ID] = c, c.FunctionID
		}
		return nil
	}
	for id := range calls {
		if function, ok := n.owners[id]; ok {
			functions[function] = true
		}
	}
	for id := range functions {
		newest, err := s.Calls(CallQuery{FunctionID: id, Limit: 1})
		if err != nil {
			return err
		}
		delete(n.owners, n.calls[id].ID)
		delete(n.calls, id)
		for _, c := range newest {
			n.calls[id], n.owners[c.ID] = c, id
		}
	}
	return nil
}
