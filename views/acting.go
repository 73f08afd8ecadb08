package views

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/ui/form"
	"fndeck/views/forms"
)

// forceWithin is how long after "no changes" a second redeploy goes through.
const forceWithin = 5 * time.Second

// actionDone is the end of an action that the root ran.
type actionDone struct {
	request forms.RunAction
	outcome action.Outcome
	err     error
}

// start runs an action outside the update loop. What its danger asks for is
// asked first.
func (s *shell) start(request forms.RunAction) tea.Cmd {
	return s.informed(func() tea.Cmd { return s.begin(request) })
}

func (s *shell) begin(request forms.RunAction) tea.Cmd {
	backend := s.on(request)
	if reason := ui.Clean(request.Action.Reason(backend, request.Target)); reason != "" {
		if !s.giveBack(request.Origin, reason) {
			s.say(reason, ui.ToneWarn)
		}
		return nil
	}
	if check, asks := request.Action.Check(backend, request.Target, request.Values); asks && !request.Confirmed {
		return s.ask(request, check)
	}
	s.say(request.Action.Label+" "+subject(request)+"…", ui.ToneInfo)
	ctx := s.ctx
	return s.bind(func() tea.Msg {
		outcome, err := request.Action.Run(ctx, request.Target.In(backend), request.Target, request.Values)
		return actionDone{request: request, outcome: outcome, err: err}
	})
}

// on is the backend that an action is done to.
func (s *shell) on(request forms.RunAction) client.Backend {
	if request.On != nil {
		return request.On
	}
	return s.backend
}

// ask puts the action's question on the screen.
func (s *shell) ask(request forms.RunAction, check action.Check) tea.Cmd {
	if losesMore(request) {
		check.Question += "; reading which"
	}
	what := request.Action.Label + " " + subject(request)
	if check.Context == "" {
		what += s.beside(request)
	}
	dialog := s.question(what, check, yesLabel(request.Action, 1))
	if request.Action.ID == action.CancelCall.ID {
		dialog.No = "Let it run" // A button that says Cancel would mean the opposite.
	}
	request.Confirmed = true
	s.pending = &pendingAction{id: dialog.ID, yes: func() tea.Cmd {
		s.overlays = slices.DeleteFunc(slices.Clone(s.overlays), func(o ui.Overlay) bool { return o == ui.Overlay(request.Origin) })
		return s.start(request)
	}}
	if request.Origin != nil { // A no leads back to what was typed.
		s.overlays = append(s.overlays, request.Origin)
	}
	s.overlays = append(s.overlays, dialog)
	return s.lookUpLosses(dialog.ID, request)
}

// beside says which of several contexts a request is for, "" where one is shown.
func (s *shell) beside(request forms.RunAction) string {
	if _, side := s.backend.(client.Holder); !side {
		return ""
	}
	return " in " + ui.Clean(s.holding([]forms.RunAction{request}).Describe().Name)
}

// question makes the dialog of a check. Its title names a context that is
// protected.
func (s *shell) question(what string, check action.Check, yes string) *form.Confirm {
	if check.Context != "" {
		what += " in " + check.Context
	}
	first, rest := "", check.Words
	if len(rest) > 0 {
		first, rest = rest[0], rest[1:]
	}
	dialog := form.NewConfirm(what+"?", check.Question, first, s.clock)
	dialog.Then(rest...)
	s.asked++
	dialog.ID, dialog.Yes = fmt.Sprintf("ask-%d", s.asked), yes
	dialog.SwallowTypeAhead()
	return dialog
}

// yesLabel is the word on the button that does an action to so many things.
func yesLabel(a action.Action, n int) string {
	switch {
	case a.ID != action.CancelCall.ID:
		return sentenceCase(a.Label)
	case n == 1: // Beside a button that cancels the question.
		return "End the call"
	}
	return "End the calls"
}

// questionKnown is the whole question of a dialog that was opened before all of
// it was known.
type questionKnown struct {
	id, question string
}

// lookUpLosses reads what goes with a function that is to be deleted. The
// question stands on the screen meanwhile: keys must not go to the list below.
func (s *shell) lookUpLosses(dialog string, request forms.RunAction) tea.Cmd {
	if !losesMore(request) {
		return nil
	}
	ctx, backend := s.ctx, s.backend
	return s.bind(func() tea.Msg {
		target := request.Target
		target.Losses = action.LossesOf(ctx, target.In(backend), *target.Function)
		check, _ := request.Action.Check(backend, target, request.Values)
		return questionKnown{id: dialog, question: check.Question}
	})
}

// losesMore reports whether it is not known yet what goes with what is deleted.
func losesMore(request forms.RunAction) bool {
	return request.Action.ID == action.DeleteFunction.ID && request.Target.Function != nil && request.Target.Losses == nil
}

// complete puts the whole question into the dialog that waits for it.
func (s *shell) complete(known questionKnown) tea.Cmd {
	for _, o := range s.overlays {
		if dialog, ok := o.(*form.Confirm); ok && dialog.ID == known.id {
			dialog.SetQuestion(known.question)
		}
	}
	return nil
}

// pendingAction is what a yes to the question on the screen does.
type pendingAction struct {
	id  string
	yes func() tea.Cmd
}

// confirmed takes the yes of a dialog.
func (s *shell) confirmed(msg form.Confirmed) tea.Cmd {
	if msg.ID == quitID {
		return tea.Quit
	}
	pending := s.pending
	s.pending = nil
	if pending == nil || pending.id != msg.ID {
		return nil
	}
	return pending.yes()
}

// tell says how an action ended and refreshes what it touched.
func (s *shell) tell(done actionDone) tea.Cmd {
	refresh := s.refresh(nil)
	var findings *action.FindingsError
	var gap *action.GapError
	switch fn := done.request.Target.Function; {
	case done.err == nil:
		text, tone := done.outcome.Sentence, ui.ToneOK
		if warnings := done.outcome.Warnings; len(warnings) > 0 && done.request.Action.ID == action.Redeploy.ID {
			text, tone = text+"; "+warnings[0], ui.ToneWarn // A form has shown those of other actions.
		}
		if next := done.outcome.Next; !next.IsZero() {
			text += ", next at " + dueText(next, moment{Now: s.clock(), Zone: s.zone})
		}
		if s.say(text, tone); invoked(done) {
			s.toast = ui.Toast{} // Its page tells how it goes, and would soon gainsay this.
		}
		return tea.Batch(refresh, s.called(done), s.point(done), s.callBoth(done))
	case errors.Is(done.err, action.ErrUnchanged) && fn != nil && done.request.On == nil:
		s.forced = forced{functionID: fn.ID, until: s.clock().Add(forceWithin)}
		since := ""
		if fn.Version > 0 {
			since = fmt.Sprintf(" since v%d", fn.Version)
		}
		s.say(fmt.Sprintf("no changes%s, %s again within 5 s deploys anyway", since, s.keys.Key("functions.redeploy")), ui.ToneWarn)
	case errors.As(done.err, &gap):
		return tea.Batch(refresh, s.ask(overGap(done.request, gap), gap.Check(s.on(done.request).Describe())))
	case errors.As(done.err, &findings) && fn != nil && done.request.On == nil:
		return tea.Batch(refresh, s.upload(fn, fn.Folder))
	default:
		operation := done.request.Action.Label + " " + subject(done.request)
		s.fail(operation, done.err)
		x := client.Explain(done.err)
		text := x.Sentence
		if x.Hint != "" {
			text += "; " + x.Hint
		}
		if !s.giveBack(done.request.Origin, text) {
			s.say(text, ui.ToneBad)
		}
		if here := s.signInHere(); x.Code == client.CodeUnauthenticated && here.reason == "" {
			return tea.Batch(refresh, here.run()) // What was typed lies below.
		}
	}
	return refresh
}

// giveBack shows the form again that asked for what was not done, so that
// nothing typed is lost. It goes under what the operator has opened since.
func (s *shell) giveBack(form forms.Refusable, why string) bool {
	if form == nil {
		return false
	}
	form.Refused(why)
	s.toast = ui.Toast{} // The form says it, and its keys belong in the foot.
	s.overlays = append([]ui.Overlay{form}, s.overlays...)
	return true
}

// invoked reports whether a function was called, so that the page of its call is opened.
func invoked(done actionDone) bool {
	return done.request.Action.ID == action.Invoke.ID && done.outcome.Call != nil && done.request.Target.Function != nil && !done.request.Values.Async
}

// called opens the page of a call that was just made, and keeps its data for
// the next form on that function.
func (s *shell) called(done actionDone) tea.Cmd {
	fn, call := done.request.Target.Function, done.outcome.Call
	if done.request.Action.ID == action.RunSchedule.ID && call != nil {
		return s.open(newCallPage(s, *call))
	}
	if done.request.Action.ID != action.Invoke.ID || fn == nil || call == nil {
		return nil
	}
	s.keepGiven(fn.ID, done.request.Values.Data)
	made := *call
	if made.FunctionName == "" {
		made.FunctionName = fn.Name
	}
	if made.FunctionID == "" {
		made.FunctionID = fn.ID
	}
	if done.request.Values.Async {
		return nil
	}
	return tea.Batch(s.open(newCallPage(s, made)), s.patience(made, done.request.Values.Patience))
}

// patience tells of a call that has not ended after so long; 0 is for ever. Its page
// shows one that has.
func (s *shell) patience(made client.Call, length time.Duration) tea.Cmd {
	if length == 0 {
		return nil
	}
	ctx, backend := s.ctx, s.backend
	said := fmt.Sprintf("call %s of %s still runs after %s and goes on; %s lists the calls",
		ui.Clean(made.ID), ui.Clean(made.FunctionName), ui.Duration(length), s.keys.Key("view.calls"))
	return func() tea.Msg {
		waiting, stop := context.WithTimeout(ctx, length)
		defer stop()
		_, err := action.AwaitCall(waiting, backend, made)
		if err == nil || ctx.Err() != nil || waiting.Err() == nil {
			return nil // It has ended, or what keeps it from being read is told by its page.
		}
		return forms.Told{Sentence: said}
	}
}

// point puts the cursor of the visible list on what a form has just made.
func (s *shell) point(done actionDone) tea.Cmd {
	switch screen := s.screen().(type) {
	case *listScreen[client.Function]:
		if done.request.On != nil {
			return nil // It stands in another context.
		}
		if made := done.outcome.Function; made != nil && (done.request.Values.Code != nil || done.request.Action.ID == action.New.ID) {
			return screen.point(made.ID)
		}
	case *listScreen[client.Schedule]:
		if made := done.outcome.Schedule; made != nil && done.request.Action.ID != action.DeleteSchedule.ID {
			return screen.point(made.ID)
		}
	case *pageScreen[scheduleRuns]:
		if made := done.outcome.Schedule; made != nil && done.request.Action.ID == action.ReplaceSchedule.ID {
			return s.open(newSchedulePage(s, *made))
		}
	}
	return nil
}

// subject is what an action is done to, in words.
func subject(request forms.RunAction) string {
	return ui.Clean(action.Subject(request.Target, request.Values))
}

func sentenceCase(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// redeploy is the r key: at once, and a second time within a few seconds also
// without changes. Where no folder is known it asks for one.
func (s *shell) redeploy(fn client.Function) tea.Cmd {
	if reason := s.reason(action.Redeploy, action.Target{Function: &fn}); reason != "" {
		s.say(reason, ui.ToneWarn)
		return nil
	}
	if fn.Folder == "" {
		return s.upload(&fn, "")
	}
	values := action.Values{}
	if s.forced.functionID == fn.ID && s.clock().Before(s.forced.until) {
		values.Force = true
	}
	s.forced = forced{}
	return s.start(forms.RunAction{Action: action.Redeploy, Target: action.Target{Function: &fn}, Values: values})
}

// upload opens the deploy form for a function, or for a new one.
func (s *shell) upload(fn *client.Function, folder string) tea.Cmd {
	d := s.forms()
	if fn != nil {
		d = s.formsOf(fn.ID)
	}
	return s.overlay(forms.NewUpload(d, fn, folder, s.known.Value.Items()))
}

// call opens the call form for a function, filled with the data of the call, or
// with what the function was given last. The form opens at once and reads what it
// proposes: keys that are typed meanwhile must not reach the list below.
func (s *shell) call(fn client.Function, callID string) tea.Cmd {
	data, callID := s.lastGiven(fn, callID)
	return s.overlay(forms.NewCall(s.formsOf(fn.ID), fn, forms.CallStart{Data: data, CallID: callID}))
}

// lastGiven is the data of a call that is named, else of the function's last one
// from here; where they have to be read, it is the id of the call to read, else of
// the function's last one at all.
func (s *shell) lastGiven(fn client.Function, callID string) (data json.RawMessage, read string) {
	if given := s.given[fn.ID]; callID == "" && len(given) > 0 {
		return given[0].Data, ""
	}
	if callID == "" && fn.LastCall != nil {
		callID = fn.LastCall.ID
	}
	return nil, callID
}

// prefilled is the data of an earlier call, to repeat it.
type prefilled struct {
	fn   client.Function
	data json.RawMessage
	err  error
}

// repeat calls once more with the same data.
func (s *shell) repeat(fn client.Function, callID string) tea.Cmd {
	data, read := s.lastGiven(fn, callID)
	if read == "" {
		return s.prefill(prefilled{fn: fn, data: data})
	}
	ctx, backend := s.ctx, s.backend
	return s.bind(func() tea.Msg {
		result, err := backend.Result(ctx, fn.ID, read)
		return prefilled{fn: fn, data: result.Data, err: err}
	})
}

// prefill repeats the call with the data, if they could be read.
func (s *shell) prefill(p prefilled) tea.Cmd {
	if p.err != nil {
		s.fail("read the data of the last call of "+p.fn.Name, p.err)
		s.say(client.Explain(p.err).Sentence, ui.ToneBad)
		return nil
	}
	return s.start(forms.RunAction{
		Action: action.Invoke, Target: action.Target{Function: &p.fn}, Values: action.Values{Data: p.data},
	})
}
