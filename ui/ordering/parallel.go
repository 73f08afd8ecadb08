package ordering

import "sync"

// parallel does each of n pieces of work in a goroutine and waits for all. What one
// of them panics with is the caller's: only its own goroutine has the recover that
// gives the terminal back.
func parallel(n int, work func(piece int)) {
	var working sync.WaitGroup
	panics := make([]any, n)
	for piece := range n {
		working.Go(func() {
			defer func() { panics[piece] = recover() }()
			work(piece)
		})
	}
	working.Wait()
	for _, what := range panics {
		if what != nil {
			panic(what)
		}
	}
}
