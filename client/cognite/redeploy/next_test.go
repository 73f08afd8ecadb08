package redeploy

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// planned is the journal of a function with two schedules, a and b.
func planned(mode Mode) []Record {
	return []Record{{Kind: Planned, Plan: &Plan{
		Op: "op", Mode: mode, Old: client.Function{ID: "old"},
		Schedules: []Schedule{{Key: "a", On: "old"}, {Key: "b", On: "old"}},
	}}}
}

// did is the outcome of a step, as the project would answer it.
func did(a Action) Record {
	ids := map[Step]string{Upload: "file", CreateCandidate: "candidate", CreateFinal: "final", CreateSchedule: a.Item + "@" + a.Target}
	r := Record{Kind: Done, Step: a.Step, Item: a.Item, Target: a.Target, ID: ids[a.Step]}
	if a.Step == Close {
		r = Record{Kind: Closed, Step: Close, Outcome: Completed}
	}
	return r
}

// walk does what follows, at most n steps, and returns the steps and the journal.
func walk(t *testing.T, records []Record, n int) (steps []string, after []Record) {
	t.Helper()
	for len(steps) < n {
		s := StateOf(records)
		a := s.Next()
		if a.Step == "" {
			return steps, records
		}
		text := string(a.Step)
		if a.Item != "" {
			text += " " + a.Item
		}
		if a.Target != "" {
			text += ": " + a.Target
		}
		steps = append(steps, text)
		records = append(records, did(a))
		require.Less(t, len(steps), 100, "it comes to an end")
	}
	return steps, records
}

var (
	begins = []string{"keep the old code", "archive calls", "upload", "rehearse credentials", "create the candidate", "build: candidate"}
	hands  = []string{
		"create a schedule a: candidate", "remove a schedule a: old", "create a schedule b: candidate", "remove a schedule b: old",
		"drain: old", "last look: old", "delete: old",
	}
	swaps = []string{
		"create under the external id", "second build: final",
		"create a schedule a: final", "remove a schedule a: candidate", "create a schedule b: final", "remove a schedule b: candidate",
		"drain: candidate", "last look: candidate", "delete: candidate",
	}
)

func join(parts ...[]string) (all []string) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return append(all, "close")
}

func TestTheOldFunctionIsDeletedLast(t *testing.T) {
	steps, _ := walk(t, planned(Handover), 100)
	assert.Equal(t, join(begins, hands), steps)
	steps, _ = walk(t, planned(Swap), 100)
	assert.Equal(t, join(begins, hands, swaps), steps)
}

// At every point before the old function is deleted, what is taken back ends with
// both schedules on the old one, nothing of ours left, and each schedule somewhere
// all the time.
func TestWhatIsTakenBackEndsWhereItBegan(t *testing.T) {
	for n := range len(begins) + len(hands) {
		_, records := walk(t, planned(Swap), n)
		records = append(records, Record{Kind: Turned})
		for range 20 {
			s := StateOf(records)
			for _, m := range s.Schedules {
				assert.NotEmpty(t, m.On, "after %d steps", n)
			}
			a := s.Next()
			if a.Step == Close {
				break
			}
			records = append(records, did(a))
		}
		s := StateOf(records)
		require.Equal(t, Close, s.Next().Step, "after %d steps", n)
		for _, m := range s.Schedules {
			assert.Len(t, m.On, 1)
			assert.NotEmpty(t, m.On["old"], "after %d steps", n)
		}
		assert.True(t, s.Candidate == "" || !s.Alive(s.Candidate), "after %d steps", n)
		assert.Equal(t, "old", s.Serving())
	}
}

func TestAScheduleThatIsFoundAtTheLastLookMovesBeforeTheOldFunctionGoes(t *testing.T) {
	_, records := walk(t, planned(Handover), len(begins)+len(hands)-1)
	records = append(records, Record{Kind: Found, Schedule: &Schedule{Key: "c", On: "old"}})
	steps, _ := walk(t, records, 100)
	assert.Equal(t, []string{"create a schedule c: candidate", "remove a schedule c: old", "last look: old", "delete: old", "close"}, steps)
}

func TestSomethingServesAtEveryPoint(t *testing.T) {
	for _, mode := range []Mode{Handover, Swap} {
		for n := range len(begins) + len(hands) + len(swaps) + 1 {
			_, records := walk(t, planned(mode), n)
			s := StateOf(records)
			assert.True(t, s.Alive(s.Serving()), fmt.Sprintf("%s after %d steps: %q", mode, n, s.Serving()))
		}
	}
}

// What is told to be ahead is what then happens, wherever a journal stands and also
// with a request under way.
func TestTheStepsAheadAreThoseThatFollow(t *testing.T) {
	for _, mode := range []Mode{Handover, Swap} {
		var whole []Step
		for records := planned(mode); ; {
			s := StateOf(records)
			a := s.Next()
			if a.Step == "" {
				break
			}
			whole = append(whole, a.Step)
			if a.Step != Close {
				records = append(records, Record{Kind: Intended, Step: a.Step, Item: a.Item, Target: a.Target})
			}
			records = append(records, did(a))
		}
		assert.Equal(t, whole, Ahead(planned(mode)))
		records := planned(mode)
		for i := range whole[:len(whole)-1] {
			s := StateOf(records)
			a := s.Next()
			assert.Equal(t, whole[i:], Ahead(records))
			records = append(records, Record{Kind: Intended, Step: a.Step, Item: a.Item, Target: a.Target})
			assert.Equal(t, whole[i:], Ahead(records), "while %s is under way", a.Step)
			records = append(records, did(a))
		}
		turned := append(planned(mode)[:1:1], Record{Kind: Turned})
		assert.Equal(t, []Step{Close}, Ahead(turned), "nothing was done yet that would be taken back")
	}
}
