package store

import (
	"runtime"
	"sync"

	"fndeck/client/embedded/engine/disk"
)

// maxGroup bounds how many writes share one commit.
const maxGroup = 256

// Durability says when a write has to be on the disk.
type Durability int

const (
	// Durable writes survive power loss once Write has returned.
	Durable Durability = iota
	// Relaxed writes survive a kill at once and power loss after the next
	// durable write.
	Relaxed
)

type job struct {
	durability Durability
	// checked is set for a job that has changed nothing if it fails.
	checked bool
	work    func(*Tx) error
	result  chan error
}

// queue is what waits to be written. One goroutine writes it all: its stack is
// grown already, and what comes while it commits shares the next commit.
type queue struct {
	mu      sync.Mutex
	jobs    []*job
	writing bool
	closed  bool
	wake    chan struct{} // of one place: somebody waits
	done    chan struct{} // closed when nothing is written any more
}

// Write runs work in a transaction and returns when it is committed as durably
// as asked. An error of work undoes only what this work did. Work must be quick
// and must not block: everybody else's writes wait behind it.
func (s *Store) Write(durability Durability, work func(*Tx) error) error {
	return s.do(&job{durability: durability, work: work})
}

// WriteChecked is Write for work that can fail by itself only before it has changed
// anything. It costs less where others share the transaction.
func (s *Store) WriteChecked(durability Durability, work func(*Tx) error) error {
	return s.do(&job{durability: durability, work: work, checked: true})
}

func (s *Store) do(j *job) error {
	if s.refused != nil {
		return s.refused
	}
	j.result = make(chan error, 1)
	if !s.queue.add(j) {
		return ErrClosed
	}
	err := <-j.result
	if disk.IsFull(err) {
		return disk.Full(s.dir, disk.BallastBytes, err)
	}
	return err
}

func (q *queue) add(j *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.jobs = append(q.jobs, j)
	if !q.writing {
		q.writing = true
		q.wake <- struct{}{}
	}
	return true
}

// next takes what waits now. With nothing there nobody is writing any more.
func (q *queue) next() []*job {
	q.mu.Lock()
	defer q.mu.Unlock()
	count := min(len(q.jobs), maxGroup)
	group := q.jobs[:count:count]
	if q.jobs = q.jobs[count:]; len(q.jobs) == 0 {
		q.jobs = nil
	}
	q.writing = count > 0
	return group
}

// writeQueue commits what waits, until the queue is closed and empty.
func (s *Store) writeQueue() {
	q := &s.queue
	defer close(q.done)
	for range q.wake {
		for {
			runtime.Gosched() // who is about to write as well shares the commit
			group := q.next()
			if len(group) == 0 {
				break
			}
			s.commit(group)
		}
	}
}

// close refuses further writes and waits for those that were accepted.
func (q *queue) close() {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.wake)
	}
	q.mu.Unlock()
	<-q.done
}
