package views

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/ui/jsondoc"
	"fndeck/views/feeds"
	"fndeck/views/logread"
)

// pageSpec describes a page: one thing, shown under several tabs.
type pageSpec[T any] struct {
	// title is the crumb; tabs are the names over the text.
	title string
	tabs  []string
	// about is the id of what the page shows, "" where it is not one thing.
	about string
	load  func(ctx context.Context) (T, error)
	// busy makes the page read sooner where nothing pushes.
	busy func(T) bool
	// every reads anew at this pace, 0 where only events change the page.
	every time.Duration
	// kinds are the client.Event kinds that change the page.
	kinds []string
	// build writes the tabs of a value. It runs outside the update loop.
	build func(value T, at moment) ([]pageTab, error)
	// first is the tab to show until the operator goes to one; nil is 0.
	first func(T) int
	// summary stands beside the tabs; running makes it tick.
	summary func(value T, at moment) []ui.Cell
	running func(T) bool
	// ended says how what was running ended, and how long it took.
	ended    func(T) (text string, took time.Duration)
	commands func(p *pageScreen[T]) []command
	// listed says that a list leads here, which may not know yet what was deleted. A
	// call that was just started may only be slow to show.
	listed bool
}

// pageTab is what one tab shows: a text, a JSON document, or a log, whose lines
// are followed.
type pageTab struct {
	text *ui.LogView
	json *jsondoc.View
	log  *logPane
}

// page is what a load brings: the value and its tabs, written.
type page[T any] struct {
	value T
	tabs  []pageTab
}

// pageScreen shows any page.
type pageScreen[T any] struct {
	*shell
	spec pageSpec[T]
	data feeds.Subscription[page[T]]
	tabs []pageTab
	tab  int
	// firstTab is the first tab in the bar as it was drawn.
	firstTab int
	chosen   bool // the operator went to a tab, or pressed a key of one
	gone     bool // it was deleted since it was read
	opened   time.Time
	shown    bool
	// style is what the tabs are written for; they are, outside the update loop.
	style atomic.Pointer[moment]
}

func newPage[T any](s *shell, spec pageSpec[T]) *pageScreen[T] {
	p := &pageScreen[T]{shell: s, spec: spec}
	p.Restyle()
	p.data = feeds.Subscription[page[T]]{Wrap: p.wrap, Every: spec.every, Load: func(ctx context.Context) (page[T], error) {
		value, err := spec.load(ctx)
		if err != nil {
			return page[T]{}, err
		}
		at := *p.style.Load()
		at.Now = s.clock()
		tabs, err := spec.build(value, at)
		return page[T]{value: value, tabs: tabs}, err
	}}
	if spec.busy != nil {
		p.data.Busy = func(v page[T]) bool { return spec.busy(v.value) }
	}
	return p
}

// Restyle has the tabs written anew, as zone and theme are now.
func (p *pageScreen[T]) Restyle() {
	at := p.moment()
	p.style.Store(&at)
	for _, tab := range p.tabs {
		if tab.log != nil {
			tab.log.view.Zone = p.zone
		}
	}
}

// Title implements Screen.
func (p *pageScreen[T]) Title() string { return p.spec.title }

// Pointed is the id of what the page shows.
func (p *pageScreen[T]) Pointed() string { return p.spec.about }

// wrap addresses a message to the page.
func (p *pageScreen[T]) wrap(body tea.Msg) tea.Msg { return screenMsg{owner: p, body: body} }

// Show implements Screen.
func (p *pageScreen[T]) Show() tea.Cmd {
	p.opened, p.shown, p.gone = p.clock(), true, false
	return tea.Batch(p.data.Start(p.source()), p.followLog())
}

// Hide implements Screen.
func (p *pageScreen[T]) Hide() tea.Cmd {
	p.shown = false
	for _, tab := range p.tabs {
		if tab.log != nil {
			tab.log.stop()
		}
	}
	return p.data.Stop()
}

// Discard implements discarder.
func (p *pageScreen[T]) Discard() {
	for _, tab := range p.tabs {
		if tab.log != nil {
			tab.log.discard()
			continue
		}
		if tab.text != nil {
			_ = tab.text.Buffer.Close() // A file without a name; nothing is lost with it.
		}
	}
}

// Refresh implements refresher.
func (p *pageScreen[T]) Refresh(kinds map[string]bool) tea.Cmd {
	if touches(kinds, p.spec.kinds) {
		p.data.Refresh()
	}
	if len(kinds) > 0 {
		return nil
	}
	if p.gone && p.shown {
		p.gone = false
		return p.data.Start(p.source())
	}
	return p.followLog() // A log that broke off is taken up again.
}

// leave goes back from the page of what is not there: the list that led here was not
// told yet, and reads anew.
func (p *pageScreen[T]) leave() tea.Cmd {
	p.functions.Refresh()
	cmd := p.back()
	p.say(p.spec.title+" is not there any more: the list is read again", ui.ToneWarn)
	return cmd
}

// Update implements Screen.
func (p *pageScreen[T]) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case feeds.Snapshot[page[T]]:
		ran := p.running()
		next, fresh := p.data.Take(msg)
		if !fresh {
			return nil
		}
		if p.data.Last.Loaded && errors.Is(p.data.Last.Err, client.ErrNotFound) {
			p.gone, p.data.Last.Err = true, nil // Asking again would not bring it back.
			return p.data.Stop()
		}
		if p.shown && p.spec.listed && errors.Is(p.data.Last.Err, client.ErrNotFound) {
			return p.leave()
		}
		if p.data.Last.Err != nil {
			p.fail("read "+p.spec.title, p.data.Last.Err)
			return next
		}
		p.gone = false
		return tea.Batch(next, p.accept(p.data.Last.Value), p.tellEnd(ran))
	case textScanned:
		msg.view.Found(msg.step)
		return p.scan()
	case documentIndexed:
		msg.view.Indexed(msg.index, msg.err)
		return nil
	case logread.Grown, logScanned, waiting, previousFound:
		for _, tab := range p.tabs {
			if tab.log != nil {
				return tab.log.update(msg)
			}
		}
	}
	return nil
}

// running reports whether what the page is about still runs.
func (p *pageScreen[T]) running() bool {
	value, ok := p.value()
	return ok && p.spec.running != nil && p.spec.running(value)
}

// tellEnd tells who looks elsewhere that what ran has ended.
func (p *pageScreen[T]) tellEnd(ran bool) tea.Cmd {
	value, ok := p.value()
	if !ran || !ok || p.running() || p.spec.ended == nil {
		return nil
	}
	return p.notify(p.spec.ended(value))
}

// accept takes newly written tabs and keeps the place in each.
func (p *pageScreen[T]) accept(next page[T]) tea.Cmd {
	if p.spec.first != nil && !p.chosen {
		p.tab = p.spec.first(next.value)
	}
	if p.tabs == nil {
		p.tabs = next.tabs
		return tea.Batch(p.followLog(), p.index())
	}
	for i := range next.tabs {
		if err := p.tabs[i].take(next.tabs[i]); err != nil {
			p.fail("read "+p.spec.title, err)
		}
	}
	return tea.Batch(p.followLog(), p.scan(), p.index())
}

// take goes on with newer content of the tab and keeps the place in it.
func (t *pageTab) take(newer pageTab) error {
	switch {
	case newer.log != nil || t.log != nil:
	case newer.json != nil && t.json != nil:
		t.json.Take(newer.json)
	case newer.text != nil && t.text != nil:
		return t.text.Take(newer.text)
	default: // a call has returned: its result is a document now
		*t = newer
	}
	return nil
}

// index reads the documents to their ends, outside the update loop.
func (p *pageScreen[T]) index() tea.Cmd {
	var cmds []tea.Cmd
	for _, tab := range p.tabs {
		if tab.json == nil {
			continue
		}
		if step := tab.json.IndexStep(); step != nil {
			cmds = append(cmds, func() tea.Msg {
				index, err := step()
				return screenMsg{owner: p, body: documentIndexed{view: tab.json, index: index, err: err}}
			})
		}
	}
	return tea.Batch(cmds...)
}

// documentIndexed brings the index of a tab's document.
type documentIndexed struct {
	view  *jsondoc.View
	index *jsondoc.Index
	err   error
}

// followLog begins to follow the log of the tab that is shown.
func (p *pageScreen[T]) followLog() tea.Cmd {
	if log := p.log(); log != nil && p.shown {
		return log.start(p.deps, p)
	}
	return nil
}

// Tab goes to another tab.
func (p *pageScreen[T]) Tab(by int) tea.Cmd {
	p.chosen = true
	n := len(p.spec.tabs)
	p.tab = ((p.tab+by)%n + n) % n
	return p.followLog()
}

// log is the log of the tab that is shown, nil if that is a text.
func (p *pageScreen[T]) log() *logPane {
	if p.tab >= len(p.tabs) {
		return nil
	}
	return p.tabs[p.tab].log
}

// json is the document of the tab that is shown, nil if it shows no such.
func (p *pageScreen[T]) json() *jsondoc.View {
	if p.tab >= len(p.tabs) {
		return nil
	}
	return p.tabs[p.tab].json
}

// text is the view of the tab that is shown, nil before there is one.
func (p *pageScreen[T]) text() *ui.LogView {
	if log := p.log(); log != nil {
		return log.view
	}
	if p.tab >= len(p.tabs) {
		return nil
	}
	return p.tabs[p.tab].text
}

// Search implements searcher.
func (p *pageScreen[T]) Search(text string) (tea.Cmd, error) {
	p.chosen = true
	if json := p.json(); json != nil {
		json.Search(text)
		return nil, nil
	}
	view := p.text()
	if view == nil {
		return nil, errors.New("nothing to search yet")
	}
	if log := p.log(); log != nil {
		return log.search(p.deps, text)
	}
	if err := view.Search(text); err != nil {
		return nil, err
	}
	return p.scan(), nil
}

// Stop implements stopper.
func (p *pageScreen[T]) Stop() (string, tea.Cmd) {
	if log := p.log(); log != nil {
		if said, cmd := log.stopOrShow(p.deps); said != "" {
			return said, cmd
		}
	}
	if !p.data.Halt() {
		return "", nil
	}
	return "stopped loading " + p.spec.title, nil
}

// Resume implements stopper.
func (p *pageScreen[T]) Resume() {
	if p.data.Brake.Stopped() {
		p.opened = p.clock()
		p.data.Brake.Release()
	}
}

// Searched implements searcher.
func (p *pageScreen[T]) Searched() string {
	if json := p.json(); json != nil {
		return json.Searched()
	}
	if view := p.text(); view != nil {
		return view.Searched()
	}
	return ""
}

func (p *pageScreen[T]) scan() tea.Cmd {
	if log := p.log(); log != nil {
		return log.scan()
	}
	view := p.text()
	if view == nil {
		return nil
	}
	step := view.ScanStep()
	if step == nil {
		return nil
	}
	return func() tea.Msg { return screenMsg{owner: p, body: textScanned{view: view, step: step()}} }
}

// textScanned brings a step of a text's search.
type textScanned struct {
	view *ui.LogView
	step ui.Scanned
}

// Commands implements Screen.
func (p *pageScreen[T]) Commands() []command {
	var all []command
	if p.spec.commands != nil {
		all = p.spec.commands(p)
	}
	if p.gone {
		for i, c := range all {
			if c.id == "list.delete" {
				all[i].reason = p.spec.title + " is deleted already"
			}
		}
	}
	if log := p.log(); log != nil {
		return append(all, p.choosing(log.commands(p.shell))...)
	}
	if json := p.json(); json != nil {
		return append(all, p.choosing(documentCommands(p.shell, json))...)
	}
	if view := p.text(); view != nil {
		return append(all, p.choosing(textCommands(view, p.say))...)
	}
	return append(all, command{id: "text.down", run: do(func() {})})
}

// choosing makes the keys of a text hold its tab: what is being read does not
// give way to another tab by itself.
func (p *pageScreen[T]) choosing(commands []command) []command {
	for i, c := range commands {
		commands[i].run = func() tea.Cmd {
			p.chosen = true
			return c.run()
		}
	}
	return commands
}

// value is what the page is about, once it is known.
func (p *pageScreen[T]) value() (T, bool) { return p.data.Last.Value.value, p.data.Last.Loaded }

// factTabs is a page of one tab of facts.
func factTabs(dir string, lists ...[]ui.Fact) ([]pageTab, error) {
	var tabs []pageTab
	for _, facts := range lists {
		view, err := ui.NewFacts(dir, facts)
		if err != nil {
			return nil, err
		}
		tabs = append(tabs, pageTab{text: view})
	}
	return tabs, nil
}
