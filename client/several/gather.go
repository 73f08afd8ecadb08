package several

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"fndeck/client"
)

// gather asks every context the same, and puts together what they have when all have
// answered, or when patience is over and there is something to show. Contexts that
// have not answered, or not well, keep their last rows. It is an error only if all
// have failed.
func gather[T any](ctx context.Context, b *Backend, on func(*part) *shelf[T], read func(context.Context, *part) ([]T, error)) ([]T, error) {
	answers := make(chan struct{}, len(b.parts))
	for _, p := range b.parts {
		answered := on(p).ask(b.life, b.clock, func(ctx context.Context) ([]T, error) { return read(ctx, p) })
		go func() {
			<-answered
			answers <- struct{}{}
		}()
	}
	var over <-chan time.Time
	if b.patience > 0 {
		timer := time.NewTimer(b.patience)
		defer timer.Stop()
		over = timer.C
	}
	impatient := false
	for owed := len(b.parts); owed > 0 && (!impatient || !anything(b.parts, on)); {
		select {
		case <-answers:
			owed--
		case <-over:
			impatient = true
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	var all []T
	var failed []error
	var sentences []string
	for _, p := range b.parts {
		rows, _, err := on(p).kept()
		all = append(all, rows...)
		if err != nil {
			failed, sentences = append(failed, err), append(sentences, p.name+": "+client.Explain(err).Sentence)
		}
	}
	if len(failed) < len(b.parts) {
		return all, nil
	}
	first := client.Explain(failed[0])
	return nil, &client.Error{Code: first.Code, Message: strings.Join(sentences, "; "), Hint: first.Hint, Err: errors.Join(failed...)}
}

// anything reports whether some context has answered well, now or before.
func anything[T any](parts []*part, on func(*part) *shelf[T]) bool {
	return slices.ContainsFunc(parts, func(p *part) bool {
		_, good, _ := on(p).kept()
		return good
	})
}

// newestFirst sorts what several contexts have listed, each in its own order.
func newestFirst[T any](rows []T, at func(T) time.Time) []T {
	slices.SortStableFunc(rows, func(a, b T) int { return at(b).Compare(at(a)) })
	return rows
}

// most cuts rows to a limit; 0 is none.
func most[T any](rows []T, limit int) []T { return rows[:min(len(rows), cmp.Or(limit, len(rows)))] }
