package views

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/rows"
	"fndeck/ui"
	"fndeck/ui/near"
	"fndeck/views/cmdline"
	"fndeck/views/deck"
)

// viewWords are the words that go to a view, each with its short forms.
var viewWords = [][]string{
	viewFunctions: {"functions", "fn", "function"},
	viewCalls:     {"calls", "call"},
	viewLogs:      {"logs", "log"},
	viewSchedules: {"schedules", "sched", "schedule"},
	viewSources:   {"sources", "src", "source"},
}

// otherWords are the words of commands whose id does not end in them.
var otherWords = map[string]string{
	"err": "app.errors", "dep": "app.deploys", "tr": "app.trace", "trace": "app.trace", "ctx": "app.contexts", "contexts": "app.contexts",
	"edit": "list.edit", "settings": "list.edit", "run": "list.run", "q": "app.quit", "quit": "app.quit",
}

// commandLine is the : line in the foot.
type commandLine struct {
	input textinput.Model
	root  *root
	err   error
	// recalled is the place in the history, its length while a new line is typed;
	// draft is that line.
	recalled int
	draft    string
	// offers are what tab goes through, offered the one that is shown.
	offers  []string
	offered int
}

func newCommandLine(theme *ui.Theme, r *root) *commandLine {
	return &commandLine{input: newInput(theme, " :"), root: r, recalled: len(r.typed)}
}

func (p *commandLine) key(s *shell, msg tea.KeyPressMsg) tea.Cmd {
	name := ui.KeyName(msg)
	if name != "tab" && name != "shift+tab" {
		p.offers = nil
	}
	switch {
	case name == "enter":
		return p.run(s)
	case name == "esc", name == "backspace" && p.input.Value() == "":
		s.prompt = nil
	case name == "up":
		p.recall(s, -1)
	case name == "down":
		p.recall(s, 1)
	case name == "tab":
		p.complete(s, 1)
	case name == "shift+tab":
		p.complete(s, -1)
	default:
		p.err = nil
		p.input, _ = p.input.Update(msg) // its commands blink
	}
	return nil
}

func (p *commandLine) insert(_ *shell, text string) tea.Cmd {
	p.input, _ = p.input.Update(pastedLine(text))
	return nil
}

func (p *commandLine) view(theme *ui.Theme, width int) []string {
	hint := ""
	if p.input.Value() == "" && len(p.root.typed) > 0 {
		hint = theme.Dim.Render("  ↑ " + strings.Join(lastOf(p.root.typed, 3), "   "))
	}
	if rest := p.offers; len(rest) > 1 {
		hint += theme.Dim.Render("  " + ui.Clean(strings.Join(lastWords(rest[p.offered+1:], rest[:p.offered]), "  ")))
	}
	return promptView(theme, p.input, p.err, hint, width)
}

// lastWords are the last words of lines: what a completion would put there.
func lastWords(lines ...[]string) []string {
	var words []string
	for _, line := range slices.Concat(lines...) {
		words = append(words, line[strings.LastIndexByte(line, ' ')+1:])
	}
	return words
}

// lastOf returns up to n texts from the end, cleaned, the newest first.
func lastOf(texts []string, n int) []string {
	var found []string
	for _, text := range slices.Backward(texts) {
		if len(found) < n {
			found = append(found, ui.Clean(text))
		}
	}
	return found
}

// run does what the line says; one that cannot be done stays to be mended.
func (p *commandLine) run(s *shell) tea.Cmd {
	text := strings.TrimSpace(p.input.Value())
	s.prompt = nil
	cmd, err := p.root.execute(text)
	if err != nil {
		s.prompt, p.err = p, err
		return nil
	}
	if text != "" {
		s.typed = append(slices.DeleteFunc(slices.Clone(s.typed), func(old string) bool { return old == text }), text)
	}
	return cmd
}

func (p *commandLine) recall(s *shell, by int) {
	if p.recalled == len(s.typed) {
		p.draft = p.input.Value()
	}
	p.recalled = max(0, min(p.recalled+by, len(s.typed)))
	text := p.draft
	if p.recalled < len(s.typed) {
		text = s.typed[p.recalled]
	}
	p.set(text)
}

// complete goes through what the line may become, from what is in memory.
func (p *commandLine) complete(s *shell, by int) {
	if p.offers == nil {
		p.offers, p.offered = cmdline.Complete(p.input.Value(), p.root.words(), p.names(s)), -1
		if by < 0 {
			p.offered = 0
		}
	}
	if n := len(p.offers); n > 0 {
		p.offered = ((p.offered+by)%n + n) % n
		p.set(p.offers[p.offered])
	}
}

// names are what may follow the first word of the line.
func (p *commandLine) names(s *shell) []string {
	word, _, _ := strings.Cut(strings.TrimLeft(p.input.Value(), " "), " ")
	switch {
	case slices.Contains(ofSchedules, word):
		return scheduleNames(s.knownSchedules())
	case otherWords[word] != "app.contexts":
		return functionNames(s.known.Value)
	}
	names, _ := p.root.contextNames() // Without a configuration there is nothing to offer.
	return names
}

func (p *commandLine) set(text string) {
	p.err = nil
	p.input.SetValue(text)
	p.input.CursorEnd()
}

// execute does what a command line says.
func (r *root) execute(text string) (tea.Cmd, error) {
	line, err := cmdline.Parse(text)
	switch {
	case err != nil:
		return nil, err
	case line.Word == "":
		return nil, nil
	case line.Context != "":
		name, err := r.chosenContexts(line.Context)
		if err != nil {
			return nil, err
		}
		if name != r.backend.Describe().Name {
			return func() tea.Msg { return deck.Switch{Name: name, Line: text} }, nil
		}
	}
	view := slices.IndexFunc(viewWords, func(words []string) bool { return slices.Contains(words, line.Word) })
	for key := range line.Options {
		if key != "since" || view != viewCalls && view != viewLogs {
			return nil, fmt.Errorf("%s takes no %s=; a filter goes behind a /", line.Word, key)
		}
	}
	if view < 0 {
		return r.act(line)
	}
	cmd, err := r.goTo(view, line)
	if err != nil || line.Filter == "" {
		return cmd, err
	}
	search, ok := r.screen().(searcher)
	if !ok {
		return cmd, errors.New("there is nothing to filter there")
	}
	more, err := search.Search(line.Filter)
	return tea.Batch(cmd, more), err
}

// contextNames are the contexts that can be switched to.
func (s *shell) contextNames() ([]string, error) {
	rows, err := s.contextRows()
	var names []string
	for _, row := range rows {
		names = append(names, row.Name)
	}
	return names, err
}

// arrived does what was to be done in this context once its functions are known:
// the line may name one.
func (r *root) arrived() tea.Cmd {
	if r.awaiting == "" || !r.known.Loaded && r.known.Err == nil {
		return nil
	}
	line := r.awaiting
	r.awaiting = ""
	cmd, err := r.execute(line)
	if err != nil {
		r.say(err.Error(), ui.ToneWarn)
	}
	return cmd
}

// goTo opens a view, of one function if it is named.
func (r *root) goTo(view int, line cmdline.Line) (tea.Cmd, error) {
	since, limited := line.Options["since"]
	if len(line.Names) == 0 && !limited {
		return r.switchTo(view), nil
	}
	var f client.Function
	var from time.Time
	var err error
	switch {
	case view == viewSchedules || view == viewSources:
		return nil, fmt.Errorf("%s are not kept by function: filter them with /%s", viewWords[view][0], cmdline.Quote(ui.Clean(line.Names[0])))
	case len(line.Names) > 0:
		if f, err = r.named(line.Names); err != nil {
			return nil, err
		}
	}
	name := ui.Clean(f.Name)
	if limited {
		if from, err = cmdline.Since(since, r.clock(), r.zone); err != nil {
			return nil, err
		}
		name = strings.TrimSpace(name + " since " + ui.Clean(since))
	}
	switch view {
	case viewFunctions:
		return r.open(newFunctionPage(r.shell, f)), nil
	case viewCalls:
		return r.open(newCalls(r.shell, callScope{functionID: f.ID, name: name, since: from})), nil
	}
	return r.open(newLogs(r.shell, logScope{query: client.LogQuery{FunctionID: f.ID, Since: from}, name: name})), nil
}

// named finds the one function that is meant.
func (r *root) named(names []string) (client.Function, error) {
	if len(names) > 1 {
		return client.Function{}, errors.New("one function at a time")
	}
	var found []client.Function
	for _, f := range r.known.Value.All() {
		if f.Name == names[0] || f.ID == names[0] || f.ExternalID == names[0] {
			found = append(found, f)
		}
	}
	switch {
	case len(found) == 0:
		return client.Function{}, unknownWord("function", names[0], functionNames(r.known.Value))
	case len(found) > 1 && found[0].Context != found[1].Context:
		return client.Function{}, fmt.Errorf("%s is in %s and in %s: name it by its id, such as %s", names[0], found[0].Context, found[1].Context, found[0].ID)
	}
	return found[0], nil
}

// ofSchedules are the words of what is done to schedules.
var ofSchedules = []string{"run", "runnow", "change"}

// knownSchedules are the schedules as the list of them was read last, if it was.
func (s *shell) knownSchedules() []client.Schedule {
	list, _ := s.views[viewSchedules].(*listScreen[client.Schedule]) // It is no other.
	return list.data.Last.Value.Items()
}

// namedSchedule finds the one schedule that is meant.
func (r *root) namedSchedule(names []string) (client.Schedule, error) {
	known := r.knownSchedules()
	switch {
	case len(names) > 1:
		return client.Schedule{}, errors.New("one schedule at a time")
	case known == nil:
		return client.Schedule{}, errors.New("the schedules have not been read yet: " + r.keys.Key("view.schedules") + " reads them")
	}
	for _, c := range known {
		if c.Name == names[0] || c.ID == names[0] {
			return c, nil
		}
	}
	return client.Schedule{}, unknownWord("schedule", names[0], scheduleNames(known))
}

// commandsOf are what can be done to what is named.
func (r *root) commandsOf(line cmdline.Line) ([]command, error) {
	switch {
	case otherWords[line.Word] == "app.contexts":
		return nil, errors.New("one context at a time")
	case slices.Contains(ofSchedules, line.Word):
		c, err := r.namedSchedule(line.Names)
		return scheduleCommands(r.shell, c), err
	}
	f, err := r.named(line.Names)
	return namedCommands(r.shell, f), err
}

// act does an action of this screen, of every screen, or of what is named.
func (r *root) act(line cmdline.Line) (tea.Cmd, error) {
	commands := append(slices.Clone(r.screen().Commands()), r.global()...)
	if otherWords[line.Word] == "app.contexts" && len(line.Names) == 1 {
		name, err := r.chosenContexts(line.Names[0])
		if err != nil {
			return nil, err
		}
		return r.toContext(name), nil
	}
	if len(line.Names) > 0 {
		var err error
		if commands, err = r.commandsOf(line); err != nil {
			return nil, err
		}
	}
	id := otherWords[line.Word]
	if id == "app.quit" {
		return tea.Quit, nil
	}
	for _, c := range commands {
		if c.id == id || r.wordOf(c) == line.Word {
			if c.reason != "" {
				return nil, errors.New(c.reason)
			}
			return c.run(), nil
		}
	}
	return nil, unknownWord("view or action", line.Word, r.words())
}

// wordOf is how a command is called in a line: its label without spaces.
func (r *root) wordOf(c command) string {
	b, _ := r.keys.Lookup(c.id)
	return strings.NewReplacer(" ", "", "-", "").Replace(b.Label)
}

// words are all that may begin a line here.
func (r *root) words() []string {
	var words []string
	for _, view := range viewWords {
		words = append(words, view[0])
	}
	for _, c := range append(slices.Clone(r.screen().Commands()), r.global()...) {
		if word := r.wordOf(c); word != "" && !slices.Contains(words, word) && !slices.Contains(unlisted, c.id) {
			words = append(words, word)
		}
	}
	return append(words, "quit")
}

func functionNames(functions rows.List[client.Function]) []string {
	names := make([]string, functions.Len())
	for i, f := range functions.All() {
		names[i] = f.Name
	}
	return names
}

func scheduleNames(schedules []client.Schedule) []string {
	names := make([]string, len(schedules))
	for i, c := range schedules {
		names[i] = c.Name
	}
	return names
}

// unknownWord names the nearest of what there is.
func unknownWord(kind, word string, known []string) error {
	const offered = 3
	nearest := near.Words(word, known, offered)
	if len(nearest) == 0 {
		return fmt.Errorf("there is no %s %q", kind, word)
	}
	return fmt.Errorf("there is no %s %q; nearest are %s", kind, word, strings.Join(nearest, ", "))
}
