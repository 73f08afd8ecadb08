package client_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// feedOf makes a feed whose whole value comes when release is closed.
func feedOf(t *testing.T, first func() (string, bool, error)) (feed *client.Feed[string], release chan struct{}) {
	t.Helper()
	release = make(chan struct{})
	feed = client.NewFeed(client.FeedOptions[string]{
		Load: func(ctx context.Context) (string, error) {
			select {
			case <-release:
				return "the whole", nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		},
		First: func(context.Context) (string, bool, error) { return first() },
		Clock: time.Now, Jitter: func() float64 { return 0 },
	})
	t.Cleanup(feed.Close)
	return feed, release
}

func TestAFeedShowsTheBeginningBeforeTheWholeIsThere(t *testing.T) {
	feed, release := feedOf(t, func() (string, bool, error) { return "the beg", true, nil })
	begun, ok := feed.Next(t.Context(), 0)
	require.True(t, ok)
	assert.Equal(t, "the beg", begun.Value)
	assert.True(t, begun.Loaded)
	assert.True(t, begun.More)
	close(release)
	whole, ok := feed.Next(t.Context(), begun.Generation)
	require.True(t, ok)
	assert.Equal(t, "the whole", whole.Value)
	assert.False(t, whole.More)
}

func TestABeginningThatIsAllIsNotReadAgainUntilAsked(t *testing.T) {
	feed, release := feedOf(t, func() (string, bool, error) { return "all", false, nil })
	all, ok := feed.Next(t.Context(), 0)
	require.True(t, ok)
	assert.False(t, all.More)
	close(release)
	feed.Refresh()
	again, ok := feed.Next(t.Context(), all.Generation)
	require.True(t, ok)
	assert.Equal(t, "the whole", again.Value)
}

func TestABeginningThatCannotBeReadIsLeftToTheWhole(t *testing.T) {
	feed, release := feedOf(t, func() (string, bool, error) { return "", false, errors.New("not today") })
	close(release)
	whole, ok := feed.Next(t.Context(), 0)
	require.True(t, ok)
	assert.Equal(t, "the whole", whole.Value)
	assert.NoError(t, whole.Err)
}

func TestAFeedWaitsAsItsBackendAsksAndNotForEver(t *testing.T) {
	for asked, waited := range map[time.Duration]time.Duration{
		30 * time.Second: 30*time.Second + 500*time.Millisecond,
		time.Hour:        5*time.Minute + 500*time.Millisecond,
		0:                750 * time.Millisecond, // of the first back-off
	} {
		synctest.Test(t, func(t *testing.T) {
			var loads []time.Time
			feed := client.NewFeed(client.FeedOptions[int]{
				Load: func(context.Context) (int, error) {
					loads = append(loads, time.Now())
					return 0, &client.Error{Code: client.CodeThrottled, Message: "too many", RetryAfter: asked}
				},
				Every: time.Second, Clock: time.Now, Jitter: func() float64 { return 0.5 },
			})
			first, ok := feed.Next(t.Context(), 0)
			require.True(t, ok)
			_, ok = feed.Next(t.Context(), first.Generation)
			require.True(t, ok)
			feed.Close()
			assert.Equal(t, waited, first.RetryAt.Sub(loads[0]), "what the screen counts down to")
			assert.Equal(t, waited, loads[1].Sub(loads[0]))
		})
	}
}
