package form

import (
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
)

// PickerEvent says what a message did to a Picker.
type PickerEvent int

// The events.
const (
	PickerGoesOn PickerEvent = iota
	PickerPicked
	PickerCancelled
)

// PickerSpec describes a picker.
type PickerSpec struct {
	// Path is what the field holds at first.
	Path string
	// Home stands for ~, Base is where relative paths begin.
	Home, Base string
	// Recent are absolute paths to offer, the likeliest first.
	Recent []string
	// List reads a folder. It is called outside the update loop. ListFolder is the
	// one for real folders.
	List func(dir string) (Listing, error)
	// Help says in one line what can be picked.
	Help string
	// Other judges a text that may be no path: help says what it is, "" for a path, and
	// fault why it cannot be picked, "" if it can. Nil takes everything for a path.
	Other func(text string) (help, fault string)
}

// Picker picks a folder, a .zip or a notebook: by typing its path, from recent ones, or by
// browsing. A key that needs a folder which is still being read waits for it, and
// so do those behind it: a path typed blindly completes as it would at leisure.
type Picker struct {
	spec  PickerSpec
	input *Text
	// dir is the folder whose listing is or will be held.
	dir     string
	listing Listing
	err     error
	loading bool
	rows    []pickerRow
	// at is the selected row, -1 while the path is being typed.
	at, top int
	waiting []tea.Msg
	rest    []tea.Msg
	said    string
}

// pickerRow is one line to choose: a path, and how it is shown.
type pickerRow struct {
	path, text string
	// opens is true for a folder of the listing, recent for a recent path.
	opens, recent bool
}

// listed is a folder that was read for a picker.
type listed struct {
	owner   *Picker
	dir     string
	listing Listing
	err     error
}

// NewPicker makes a picker and the command that reads its first folder.
func NewPicker(spec PickerSpec) (*Picker, tea.Cmd) {
	p := &Picker{spec: spec, at: -1}
	p.input = NewText(FieldSpec{Label: "Path", Value: spec.Path})
	return p, p.refresh()
}

// Path returns the absolute path of what was picked, or the text that is no path.
func (p *Picker) Path() string {
	if help, _ := p.other(); help != "" {
		return strings.TrimSpace(p.input.Value())
	}
	return filepath.Clean(p.absolute(p.input.Value()))
}

// Dirty reports whether the path is another than at first.
func (p *Picker) Dirty() bool { return p.input.dirty() }

func (p *Picker) other() (help, fault string) {
	if p.spec.Other == nil {
		return "", ""
	}
	return p.spec.Other(strings.TrimSpace(p.input.Value()))
}

// Rest returns the keys that came after the pick was typed, for whoever shows
// next.
func (p *Picker) Rest() []tea.Msg { return p.rest }

// SetRecent replaces the recent paths.
func (p *Picker) SetRecent(paths []string) {
	p.spec.Recent = paths
	p.fill()
}

// Hints returns the keys that work now.
func (p *Picker) Hints() []ui.Hint {
	return []ui.Hint{{Key: "enter", Label: "take it"}, {Key: "tab", Label: "complete, open"}, {Key: "↑↓", Label: "list"}, {Key: "esc", Label: "cancel"}}
}

// Update takes keys, pastes and the listings it asked for.
func (p *Picker) Update(msg tea.Msg) (tea.Cmd, PickerEvent) {
	switch msg := msg.(type) {
	case listed:
		if msg.owner != p || msg.dir != p.dir {
			return nil, PickerGoesOn
		}
		p.listing, p.err, p.loading = msg.listing, msg.err, false
		p.fill()
		return p.replay()
	case tea.KeyPressMsg:
		if msg.String() == "esc" {
			return nil, PickerCancelled
		}
		if len(p.waiting) > 0 || p.loading && needsListing(msg) {
			p.waiting = append(p.waiting, msg)
			return nil, PickerGoesOn
		}
		return p.key(msg)
	case tea.PasteMsg:
		if len(p.waiting) > 0 {
			p.waiting = append(p.waiting, msg)
			return nil, PickerGoesOn
		}
		p.input.update(msg)
		return p.edited(), PickerGoesOn
	}
	return nil, PickerGoesOn
}

// replay hands over what waited for a folder, until the next wait or the pick.
func (p *Picker) replay() (tea.Cmd, PickerEvent) {
	var cmds []tea.Cmd
	queue := p.waiting
	p.waiting = nil
	for i, msg := range queue {
		cmd, event := p.Update(msg)
		cmds = append(cmds, cmd)
		if event != PickerGoesOn {
			p.rest = queue[i+1:]
			return tea.Batch(cmds...), event
		}
	}
	return tea.Batch(cmds...), PickerGoesOn
}

// needsListing reports whether a key means something in the folder's listing.
func needsListing(msg tea.KeyPressMsg) bool {
	switch msg.String() {
	case "tab", "down", "pgdown":
		return true
	}
	return false
}

func (p *Picker) key(msg tea.KeyPressMsg) (tea.Cmd, PickerEvent) {
	p.said = ""
	switch msg.String() {
	case "tab":
		return p.complete(), PickerGoesOn
	case "enter", "ctrl+s":
		return p.take()
	case "down":
		p.at = min(p.at+1, len(p.rows)-1)
	case "up":
		p.at = max(p.at-1, -1)
	case "pgdown":
		p.at = min(p.at+pickerPage, len(p.rows)-1)
	case "pgup":
		p.at = max(p.at-pickerPage, -1)
	default:
		if p.input.update(msg) {
			return p.edited(), PickerGoesOn
		}
	}
	return nil, PickerGoesOn
}

// pickerPage is how far a page key moves.
const pickerPage = 10

// take picks the selected row, or the typed path where none is selected. The
// parent folder is opened: nobody who goes up means to deploy what is there.
func (p *Picker) take() (tea.Cmd, PickerEvent) {
	if p.at >= 0 && p.at < len(p.rows) {
		row := p.rows[p.at]
		if row.text == parentRow {
			return p.open(row.path), PickerGoesOn
		}
		p.input.SetValue(row.path)
		return nil, PickerPicked
	}
	if strings.TrimSpace(p.input.Value()) == "" {
		p.said = "type the path of a folder, a .zip or a notebook, or choose one below"
		return nil, PickerGoesOn
	}
	if _, p.said = p.other(); p.said != "" {
		return nil, PickerGoesOn
	}
	return nil, PickerPicked
}

// complete opens the selected folder, or completes the typed path as far as it
// is certain.
func (p *Picker) complete() tea.Cmd {
	if p.at >= 0 && p.at < len(p.rows) {
		row := p.rows[p.at]
		if row.opens {
			return p.open(row.path)
		}
		p.input.SetValue(row.path)
		return p.edited()
	}
	var found []pickerRow
	for _, row := range p.rows {
		if !row.recent && row.text != parentRow {
			found = append(found, row)
		}
	}
	switch len(found) {
	case 0:
		p.said = "nothing here begins with that"
		return nil
	case 1:
		if found[0].opens {
			return p.open(found[0].path)
		}
		p.input.SetValue(found[0].path)
		return p.edited()
	}
	common := found[0].path
	for _, row := range found[1:] {
		common = commonPrefix(common, row.path)
	}
	if len(common) > len(p.absolute(p.input.Value())) {
		p.input.SetValue(common)
	}
	return p.edited()
}

func (p *Picker) open(dir string) tea.Cmd {
	p.input.SetValue(strings.TrimSuffix(dir, "/") + "/")
	return p.edited()
}

// edited follows a change of the path.
func (p *Picker) edited() tea.Cmd {
	p.at, p.top = -1, 0
	return p.refresh()
}

// refresh reads the folder of the typed path, unless it is the one held.
func (p *Picker) refresh() tea.Cmd {
	dir, _ := filepath.Split(p.absolute(p.input.Value()))
	if help, _ := p.other(); help != "" || dir == p.dir {
		p.fill()
		return nil
	}
	p.dir, p.listing, p.err, p.loading = dir, Listing{}, nil, true
	p.fill()
	list := p.spec.List
	return func() tea.Msg {
		listing, err := list(dir)
		return listed{owner: p, dir: dir, listing: listing, err: err}
	}
}

// absolute spells out ~ and relative paths. It keeps a final slash, which says
// that the folder's content is meant.
func (p *Picker) absolute(path string) string {
	switch {
	case path == "~" || strings.HasPrefix(path, "~/"):
		return p.spec.Home + path[1:]
	case strings.HasPrefix(path, "/"):
		return path
	}
	return strings.TrimSuffix(p.spec.Base, "/") + "/" + path
}

func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) {
		size := clusterLen(a, n)
		if !strings.HasPrefix(b[n:], a[n:n+size]) {
			break
		}
		n += size
	}
	return a[:n]
}
