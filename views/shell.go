package views

import (
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/rows"
	"fndeck/ui"
	"fndeck/ui/form"
	"fndeck/views/deploying"
	"fndeck/views/drifts"
	"fndeck/views/feeds"
	"fndeck/views/forms"
	"fndeck/views/standing"
)

// shell is what surrounds the screens: the history, what lies on top of the
// screen, and what the frame tells. Screens call its methods; it is touched from
// the update loop only.
type shell struct {
	deps
	// functions lives as long as the console: the header counts deploys wherever
	// the operator is.
	functions *client.Feed[rows.List[client.Function]]
	brake     *feeds.Brake
	known     client.Snapshot[rows.List[client.Function]]
	// deploying are those among known that deploy, by id; the header counts them in
	// every frame.
	deploying map[string]client.Function
	// interrupted counts those whose newest deploy was cut, for the header too.
	interrupted int
	found       foundFunction

	views   []Screen
	history []place
	// here is the visible place, before the one that - goes back to.
	here, before int
	overlays     []ui.Overlay
	prompt       promptLine
	// typed are the command lines of this console, the newest last.
	typed []string
	// offered are the commands that the palette on top shows.
	offered []command
	// checked takes the answer of the checklist on top.
	checked func(on []int) tea.Cmd
	toast   ui.Toast
	file    followed
	// throttled is until when requests wait that the server has refused, by context:
	// that of a console of one alone is empty.
	throttled map[string]time.Time
	// lost is the banner of a backend that is being reconnected, "" if none is.
	lost string
	look

	pending *pendingAction
	// forced is the function whose unchanged code a second redeploy sends anyway.
	forced forced
	asked  int
	// otherZone is where times are shown after the key for that.
	otherZone *time.Location
	// watched says that the terminal is known to have the focus.
	watched bool
	// given is what each function was called with from here, by function id, the
	// newest first.
	given map[string][]action.Earlier
	// standing is how the contexts stand, where several are shown.
	standing standing.Watch
	// drifts are how folders differ from what is deployed of them.
	drifts *drifts.Watch
}

// look is how the frame is drawn.
type look struct {
	dark, ascii, few bool
	// known is true once it is known whether the background is dark.
	known bool
	// fixedTheme keeps dark as it was set, whatever the terminal says.
	fixedTheme bool
	// plainBytes keeps every byte below 0x80, for terminals without UTF-8.
	plainBytes bool
	bodyOnly   bool
	// noHeader and noCrumbs leave that line to the body.
	noHeader, noCrumbs bool
	// mouse takes clicks and the wheel; without it they are the terminal's own.
	mouse bool
	// environ is the environment of the terminal.
	environ []string
}

// place is an entry of the history; depth 0 is one of the five views.
type place struct {
	screen Screen
	depth  int
}

// forced remembers for which function, and until when, redeploy skips the check
// for changes.
type forced struct {
	functionID string
	until      time.Time
}

// historyMost bounds the history; what is older is forgotten.
const historyMost = 50

func newShell(d deps) *shell {
	s := &shell{deps: d, given: map[string][]action.Earlier{}, throttled: map[string]time.Time{}}
	s.drifts = &drifts.Watch{Ctx: d.ctx, Backend: d.backend, Clock: d.clock}
	s.brake = &feeds.Brake{}
	s.functions = feeds.NewBegun(d.source(), s.brake, s.firstFunctions, s.loadFunctions, deploying.Any)
	s.views = newViews(s)
	s.history = []place{{screen: s.views[0]}}
	return s
}

// forms is what forms are given.
func (s *shell) forms() forms.Deps {
	return forms.Deps{
		Ctx: s.ctx, Backend: s.backend, Clock: s.clock, Zone: s.zone, Editor: s.editor,
		Given: func(functionID string) []action.Earlier { return s.given[functionID] },
	}
}

// formsOf is what forms about something that is there are given: of several contexts
// the one that has it.
func (s *shell) formsOf(id string) forms.Deps {
	d := s.forms()
	d.Backend = client.Holding(s.backend, id)
	return d
}

// givenMost bounds how much of what a function was given is kept.
const givenMost = 20

// keepGiven remembers what a function was called with.
func (s *shell) keepGiven(functionID string, data []byte) {
	now := action.Earlier{Data: data, At: s.clock()}
	all := action.Distinct(append([]action.Earlier{now}, s.given[functionID]...))
	s.given[functionID] = all[:min(len(all), givenMost)]
}

// moment is now, for cells.
func (s *shell) moment() moment { return moment{Now: s.clock(), Zone: s.zone, Theme: s.theme} }

// screen is the one that is visible.
func (s *shell) screen() Screen { return s.history[s.here].screen }

// open drills down into a screen.
func (s *shell) open(screen Screen) tea.Cmd {
	return s.push(place{screen: screen, depth: s.history[s.here].depth + 1})
}

func (s *shell) push(p place) tea.Cmd {
	for _, dropped := range s.history[s.here+1:] {
		s.discard(dropped.screen)
	}
	s.history = append(slices.Clone(s.history[:s.here+1]), p)
	if extra := len(s.history) - historyMost; extra > 0 {
		for _, dropped := range s.history[:extra] {
			s.discard(dropped.screen)
		}
		s.history = s.history[extra:]
		s.here = max(0, s.here-extra)
	}
	return s.travel(len(s.history) - 1)
}

// discard gives back what a screen holds that the history has dropped.
func (s *shell) discard(screen Screen) {
	if slices.Contains(s.views, screen) {
		return
	}
	if d, ok := screen.(discarder); ok {
		d.Discard()
	}
}

// travel goes to a place in the history: that screen comes back as it was left.
func (s *shell) travel(to int) tea.Cmd {
	if to < 0 || to >= len(s.history) || to == s.here && s.history[to].screen == nil {
		return nil
	}
	from := s.here
	leaving := s.history[min(from, len(s.history)-1)].screen
	s.prompt = nil
	if s.toast.Tone == ui.ToneWarn {
		s.toast = ui.Toast{} // It answered a key on the screen that is left.
	}
	s.here, s.before = to, from
	if leaving == s.screen() {
		return nil
	}
	return tea.Batch(leaving.Hide(), s.screen().Show())
}

// switchTo goes to one of the five views.
func (s *shell) switchTo(view int) tea.Cmd {
	if s.screen() == s.views[view] {
		return nil
	}
	return s.push(place{screen: s.views[view]})
}

// step goes to the next view, or to the next tab of a page that has them.
func (s *shell) step(by int) tea.Cmd {
	if tabbed, ok := s.screen().(interface{ Tab(by int) tea.Cmd }); ok {
		return tabbed.Tab(by)
	}
	at := max(0, slices.Index(s.views, s.screen()))
	n := len(s.views)
	return s.switchTo((at + by + n) % n)
}

// back takes one step back: it clears the filter or search, else it stops what is
// being read, else it pops. It never quits.
func (s *shell) back() tea.Cmd {
	if text, ok := s.screen().(searcher); ok && text.Searched() != "" {
		cmd, _ := text.Search("") // The empty search always parses.
		return cmd
	}
	if reading, ok := s.screen().(stopper); ok {
		if said, cmd := reading.Stop(); said != "" {
			s.say(said, ui.ToneWarn)
			return cmd
		}
	}
	if s.history[s.here].depth > 0 {
		return s.travel(s.here - 1)
	}
	return nil
}

// leave pops; in one of the five views it asks whether to quit.
func (s *shell) leave() tea.Cmd {
	if s.history[s.here].depth > 0 && s.here > 0 {
		return s.travel(s.here - 1)
	}
	// Quitting destroys nothing, so a key typed ahead may answer.
	question := "Deploys, calls and schedules go on without the console."
	if n := client.Driven(s.backend); n > 0 {
		question = fmt.Sprintf("This console drives %d deploys: they stop where they are, and can be resumed. Calls and schedules go on.", n)
	}
	s.asked++
	dialog := form.NewConfirm("quit fndeck?", question, "", s.clock)
	dialog.ID, dialog.Yes = quitID, "Quit"
	s.overlays = append(s.overlays, dialog)
	return nil
}

const quitID = "quit"

// overlay puts a form on top of the screen.
func (s *shell) overlay(o ui.Overlay, cmd tea.Cmd) tea.Cmd {
	s.toast = ui.Toast{} // The form's own keys belong in the foot.
	s.overlays = append(s.overlays, o)
	return cmd
}

// say tells something in the foot.
func (s *shell) say(text string, tone ui.Tone) {
	s.toast = ui.NewToast(text, tone, s.clock())
	if tone == ui.ToneBad {
		s.toast.More = s.allShown() // What has failed is kept there.
	}
}

// longJob is how long something takes that its end is told to who looks elsewhere.
const longJob = 10 * time.Second

// comeBack reads at once what was read seldom while nobody looked.
func (s *shell) comeBack() tea.Cmd {
	if !s.away.Swap(false) {
		return nil
	}
	if _, err := client.As[client.Pusher](s.backend, client.CanPush); err == nil {
		return nil // It tells by itself.
	}
	return s.refresh(nil)
}

// notify tells of the end of a job outside the screen, if it took long and nobody
// is known to look.
func (s *shell) notify(text string, took time.Duration) tea.Cmd {
	if !s.notifies || s.watched || took < longJob {
		return nil
	}
	return tea.Raw(s.way.Notify("fndeck "+ui.Clean(s.backend.Describe().Name), ui.Clean(text)))
}

// fail keeps a failure in the list of errors. On the page of errors it is seen
// at once and is no news.
func (s *shell) fail(operation string, err error) {
	s.errors.add(s.backend.Describe().Name, operation, err)
	if page, ok := s.screen().(*listScreen[failure]); ok {
		s.errors.read()
		page.data.Refresh()
	}
}

// reason is why an action cannot be done to a target here and now.
func (s *shell) reason(a action.Action, target action.Target) string {
	return ui.Clean(a.Reason(s.backend, target))
}

// unable is why an action cannot be done here, whatever it would be done to.
func (s *shell) unable(a action.Action) string { return ui.Clean(a.Unable(s.backend)) }

// refresh asks for what is visible anew; no kinds mean everything.
func (s *shell) refresh(kinds map[string]bool) tea.Cmd {
	if s.left.Load() {
		return nil // What has changed is read when this console is seen again.
	}
	if touches(kinds, []string{"function", "version", "deploy", "call", "schedule"}) {
		s.functions.Refresh()
	}
	if r, ok := s.screen().(refresher); ok {
		return r.Refresh(kinds)
	}
	return nil
}

// close ends what the shell started.
func (s *shell) close() {
	if cmd := s.screen().Hide(); cmd != nil {
		cmd()
	}
	for _, p := range s.history {
		s.discard(p.screen)
	}
	s.functions.Close()
}
