package views

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/ui/jsondoc"
	"fndeck/views/cells"
	"fndeck/views/compare"
	"fndeck/views/forms"
)

// elapsed is how long a call took, or has been running.
func elapsed(c client.Call, now time.Time) time.Duration {
	if c.Status.Ended() {
		return c.Duration
	}
	return max(0, now.Sub(c.Started))
}

// The tabs of the page of one call, in order.
const (
	tabResult = iota
	tabLog
	tabData
	tabError
)

// calledOnce is a call with what it was given and what it returned.
type calledOnce struct {
	call   client.Call
	result client.Result
}

// newCallPage shows one call: what came back, what it printed, what it was given
// and why it failed.
func newCallPage(s *shell, c client.Call) *pageScreen[calledOnce] {
	log := newLogPane(s, logScope{query: client.LogQuery{FunctionID: c.FunctionID, CallID: c.ID}})
	return newPage(s, pageSpec[calledOnce]{
		title: "call " + ui.Clean(c.ID), about: c.ID,
		tabs:  []string{"Result", "Log", "Data", "Error", "Raw"},
		kinds: []string{"call"},
		load:  func(ctx context.Context) (calledOnce, error) { return readCall(ctx, s.backend, c) },
		busy:  func(v calledOnce) bool { return !v.call.Status.Ended() },
		build: func(v calledOnce, _ moment) ([]pageTab, error) {
			result, err := jsonTab(s.stateDir, v.result.Response, noResult(v.call))
			if err != nil {
				return nil, err
			}
			data, err := jsonTab(s.stateDir, v.result.Data, "The backend does not hand back what the call was given.")
			if err != nil {
				return nil, err
			}
			failure, err := ui.NewDocument(s.stateDir, failureText(v.call))
			if err != nil {
				return nil, err
			}
			failure.Wrap = true // The end of a path says more than its beginning.
			told, err := json.Marshal(v.call)
			if err != nil {
				return nil, err
			}
			raw, err := jsonTab(s.stateDir, told, "")
			return []pageTab{result, {log: log}, data, {text: failure}, raw}, err
		},
		first:   firstTab,
		running: func(v calledOnce) bool { return !v.call.Status.Ended() },
		ended: func(v calledOnce) (string, time.Duration) {
			return fmt.Sprintf("%s: call %s %s after %s", cmp.Or(v.call.FunctionName, v.call.FunctionID), v.call.ID, v.call.Status, ui.Duration(v.call.Duration)), v.call.Duration
		},
		summary: func(v calledOnce, at moment) []ui.Cell { return callSummary(v.call, at) },
		commands: func(p *pageScreen[calledOnce]) []command {
			f, current := s.functionOf(c), c
			if v, ok := p.value(); ok {
				current = v.call
			}
			able := func(a action.Action) string { return s.reason(a, action.Target{Function: &f}) }
			return []command{
				{id: "functions.call", label: "call again", hinted: true, reason: able(action.Invoke), run: func() tea.Cmd { return s.call(f, c.ID) }},
				{id: "functions.repeat", hinted: true, reason: able(action.Invoke), run: func() tea.Cmd { return s.repeat(f, c.ID) }},
				{id: "functions.redeploy", hinted: true, reason: able(action.Redeploy), run: func() tea.Cmd { return s.redeploy(f) }},
				{id: "list.logs", run: func() tea.Cmd {
					return s.open(newLogs(s, callLog(c)))
				}},
				{id: "calls.cancel", hinted: true, urgent: true, reason: s.uncancellable(current), run: func() tea.Cmd { return s.cancelCall(current) }},
				{id: "list.describe", label: "function", run: func() tea.Cmd { return s.open(newFunctionPage(s, f)) }},
			}
		},
	})
}

// readCall reads the call, and what it was given and returned.
func readCall(ctx context.Context, b client.Backend, c client.Call) (calledOnce, error) {
	call, err := b.Call(ctx, c.FunctionID, c.ID)
	if err != nil {
		return calledOnce{}, err
	}
	call.FunctionName = cmp.Or(call.FunctionName, c.FunctionName)
	result, err := b.Result(ctx, c.FunctionID, c.ID)
	if errors.Is(err, client.ErrNotFound) {
		err = nil // Some backends have no result before the end.
	}
	return calledOnce{call: call, result: result}, err
}

// firstTab is where the operator looks first.
func firstTab(v calledOnce) int {
	switch {
	case !v.call.Status.Ended():
		return tabLog
	case v.call.Error != nil:
		return tabError
	}
	return tabResult
}

func callSummary(c client.Call, at moment) []ui.Cell {
	took := ui.Duration(elapsed(c, at.Now))
	if !c.Status.Ended() {
		took = ui.Elapsed(elapsed(c, at.Now))
	}
	shown := []ui.Cell{cells.State(at, string(c.Status), 0), {Text: took}, cells.Text(cmp.Or(c.FunctionName, c.FunctionID))}
	if c.Version > 0 {
		shown = append(shown, ui.Cell{Text: fmt.Sprintf("v%d", c.Version)})
	}
	return append(shown, cells.Dim(cells.Clock(c.Started, at)), cells.Dim(trigger(c)))
}

// checkedAtOnce is up to what size JSON is checked before it is shown. A longer
// one shows its beginning at once and its mistake when that is come to.
const checkedAtOnce = 1 << 20

// jsonTab is JSON to read, as the bytes are. What is not JSON is shown as text
// with its size.
func jsonTab(dir string, raw json.RawMessage, instead string) (pageTab, error) {
	if len(raw) == 0 {
		text, err := ui.NewDocument(dir, instead)
		if err == nil {
			text.Wrap = true // It is a sentence.
		}
		return pageTab{text: text}, err
	}
	document, err := jsondoc.NewView(raw)
	if err != nil || len(raw) < checkedAtOnce && !json.Valid(raw) {
		text, err := ui.NewDocument(dir, fmt.Sprintf("not JSON, %s:\n%s", ui.Bytes(int64(len(raw))), raw))
		return pageTab{text: text}, err
	}
	return pageTab{json: document}, nil
}

func noResult(c client.Call) string {
	switch {
	case !c.Status.Ended():
		return "The call is still running."
	case c.Error != nil:
		return "The call returned nothing: it failed. The Error tab says why."
	}
	return "The call returned nothing."
}

func failureText(c client.Call) string {
	if c.Error == nil {
		if !c.Status.Ended() {
			return "The call is still running."
		}
		return "The call did not fail."
	}
	if c.Error.Trace == "" {
		return c.Error.Message
	}
	return c.Error.Message + "\n\n" + c.Error.Trace
}

// newComparison shows how two calls differ.
func newComparison(s *shell, first, second client.Call) *pageScreen[[2]calledOnce] {
	return comparisonPage(s, first.ID+" "+second.ID, func(ctx context.Context) (both [2]calledOnce, err error) {
		if both[0], err = readCall(ctx, s.backend, first); err == nil {
			both[1], err = readCall(ctx, s.backend, second)
		}
		return both, err
	})
}

// comparisonPage shows how two calls differ, wherever they were made.
func comparisonPage(s *shell, what string, load func(context.Context) ([2]calledOnce, error)) *pageScreen[[2]calledOnce] {
	return newPage(s, pageSpec[[2]calledOnce]{
		title: "compare " + ui.Clean(what),
		tabs:  []string{"Overview", "Result", "Data"},
		kinds: []string{"call"},
		load:  load,
		build: func(both [2]calledOnce, _ moment) ([]pageTab, error) {
			a, b := both[0], both[1]
			return factTabs(s.stateDir, compare.Calls(a.call, b.call),
				compare.JSON("result", a.result.Response, b.result.Response), compare.JSON("data", a.result.Data, b.result.Data))
		},
	})
}

// noPromotion is why a function cannot go to another context, "" if it can. What that
// one takes is asked once it is chosen.
func (s *shell) noPromotion(f client.Function) string {
	if s.contexts == nil {
		return "there is no other context: fndeck context add makes one"
	}
	if f.Folder == "" {
		return "the folder that " + ui.Clean(f.Name) + " came from is not known"
	}
	return ""
}

// promote asks for the context that a function goes to.
func (s *shell) promote(f client.Function) tea.Cmd {
	rows, err := s.contextRows()
	if err != nil {
		s.fail("list the contexts", err)
		s.say(client.Explain(err).Sentence, ui.ToneBad)
		return nil
	}
	var names []string
	for _, c := range rows {
		if !c.Here && c.Fault == nil {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		s.say("there is no other context that can be used: fndeck context add makes one", ui.ToneWarn)
		return nil
	}
	return s.overlay(forms.NewPromote(s.forms(), f, names))
}

// promoteOpened is the context that a function is promoted to.
type promoteOpened struct {
	to      forms.PromoteTo
	backend client.Backend
	err     error
}

// openFor opens the context that a function goes to, outside the loop.
func (s *shell) openFor(to forms.PromoteTo) tea.Cmd {
	ctx, contexts := s.ctx, s.contexts
	return s.bind(func() tea.Msg {
		opened, err := contexts.Open(ctx, to.Context)
		return promoteOpened{to: to, backend: opened.Backend, err: err}
	})
}

// promoteTo runs the action on the context that was opened, under its marks.
func (s *shell) promoteTo(o promoteOpened) tea.Cmd {
	if o.err != nil {
		s.fail("open "+o.to.Context, o.err)
		s.giveBack(o.to.Origin, client.Explain(o.err).Sentence)
		return nil
	}
	return s.start(forms.RunAction{
		Action: action.Promote, Target: action.Target{Function: &o.to.Function}, On: o.backend, Origin: o.to.Origin,
		Values: action.Values{To: o.to.Context, Data: o.to.Data, Spec: client.FunctionSpec{Secrets: o.to.Secrets}},
	})
}

// bothCalled is what a function and its promoted twin answered.
type bothCalled struct {
	names   [2]string
	answers [2]action.Answer
	err     error
}

// callBoth waits until a promoted function is Ready, and calls both with the data that
// the form was given.
func (s *shell) callBoth(done actionDone) tea.Cmd {
	there, made, data := done.request.On, done.outcome.Function, done.request.Values.Data
	if there == nil || made == nil || data == nil {
		return nil
	}
	ctx, here, fn := s.ctx, s.backend, *done.request.Target.Function
	return s.bind(func() tea.Msg {
		both := bothCalled{names: [2]string{here.Describe().Name, there.Describe().Name}}
		var ready client.Function
		if ready, both.err = action.AwaitReady(ctx, there, made.ID, nil); both.err != nil {
			return both
		}
		for i, at := range []struct {
			backend client.Backend
			fn      client.Function
		}{{here, fn}, {there, ready}} {
			if both.answers[i], both.err = action.CallOnce(ctx, at.backend, at.fn, action.Values{Data: data}); both.err != nil {
				break
			}
		}
		return both
	})
}

// showBoth opens the page of what both answered.
func (s *shell) showBoth(both bothCalled) tea.Cmd {
	if both.err != nil {
		s.fail("compare "+both.names[0]+" and "+both.names[1], both.err)
		s.say(client.Explain(both.err).Sentence, ui.ToneBad)
		return nil
	}
	a, b := both.answers[0], both.answers[1]
	return s.open(comparisonPage(s, both.names[0]+" "+both.names[1], func(context.Context) ([2]calledOnce, error) {
		return [2]calledOnce{{call: a.Call, result: a.Result}, {call: b.Call, result: b.Result}}, nil
	}))
}
