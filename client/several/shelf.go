package several

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"fndeck/client"
)

// shelf keeps what a context answered last to one question, and asks again. It is
// safe for concurrent use.
type shelf[T any] struct {
	mu sync.Mutex
	// rows are of the last good answer, which came at at; zero if none has.
	rows []T
	at   time.Time
	// err is why the newest answer was none.
	err error
	// asking closes when the question under way, put at asked, is answered; nil if
	// none is.
	asking chan struct{}
	asked  time.Time
}

// ask puts the question, unless it is under way. The channel closes with the
// answer: whoever does not wait for it finds it the next time.
func (s *shelf[T]) ask(life context.Context, clock func() time.Time, read func(context.Context) ([]T, error)) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asking != nil {
		return s.asking
	}
	answered := make(chan struct{})
	s.asking, s.asked = answered, clock()
	go func() {
		rows, err := recovered(life, read)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asking = nil
		if s.err = err; err == nil {
			s.rows, s.at = rows, clock()
		}
		close(answered)
	}()
	return answered
}

// recovered reads, and turns a panic, which is a bug, into an error of that context.
func recovered[T any](ctx context.Context, read func(context.Context) ([]T, error)) (rows []T, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("the program has a bug here: %v", reason)
		}
	}()
	return read(ctx)
}

// note keeps how a question was answered whose rows are not kept. One that was given up
// says nothing.
func (s *shelf[T]) note(now time.Time, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err = err; err == nil {
		s.at = now
	}
}

// kept is what is on the shelf, and whether it is that of a good answer.
func (s *shelf[T]) kept() (rows []T, good bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows, !s.at.IsZero(), s.err
}

// standing is how the question was answered last. What a context cannot do is not
// held against it.
func (s *shelf[T]) standing(now time.Time) client.Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := client.Standing{At: s.at, Late: s.asking != nil && now.Sub(s.asked) > Patience}
	if errors.Is(s.err, client.ErrUnsupported) {
		out.Lacks = client.Explain(s.err).Sentence
		return out
	}
	out.Err = s.err
	return out
}

// shelves has one shelf for each question about calls. There are few: the pages
// after the first are not kept.
type shelves struct {
	mu  sync.Mutex
	all map[client.CallQuery]*shelf[callPage]
}

func (s *shelves) of(query client.CallQuery) *shelf[callPage] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[client.CallQuery]*shelf[callPage]{}
	}
	if s.all[query] == nil {
		s.all[query] = &shelf[callPage]{}
	}
	return s.all[query]
}

// standing is that of a question that was not answered, if one was not.
func (s *shelves) standing(now time.Time) client.Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.all {
		if stands := one.standing(now); stands.Err != nil || stands.Lacks != "" {
			return stands
		}
	}
	return client.Standing{}
}
