package form

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fndeck/ui"
)

// parentRow is how the folder above is shown.
const parentRow = "../"

// recentMost bounds the recent paths on screen.
const recentMost = 5

// fill makes the rows for the typed path: recent ones that hold it, then what
// the folder has that begins with its last part.
func (p *Picker) fill() {
	p.rows = p.rows[:0]
	if help, _ := p.other(); help != "" {
		p.at = -1
		return
	}
	typed := p.input.Value()
	for _, path := range p.spec.Recent {
		if len(p.rows) < recentMost && strings.Contains(path, strings.TrimPrefix(typed, "~")) {
			p.rows = append(p.rows, pickerRow{path: path, text: path, recent: true})
		}
	}
	_, part := filepath.Split(p.absolute(typed))
	if part == "" && p.dir != "/" {
		p.rows = append(p.rows, pickerRow{path: filepath.Dir(filepath.Clean(p.dir)), text: parentRow, opens: true})
	}
	for _, name := range p.listing.Folders {
		if begins(name, part) {
			p.rows = append(p.rows, pickerRow{path: p.dir + name, text: name + "/", opens: true})
		}
	}
	for _, name := range p.listing.Files {
		if begins(name, part) {
			p.rows = append(p.rows, pickerRow{path: p.dir + name, text: name})
		}
	}
	p.at = min(p.at, len(p.rows)-1)
}

// begins matches the start of a name, without regard to case if the part has
// none. Hidden names show only when a dot was typed.
func begins(name, part string) bool {
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(part, ".") {
		return false
	}
	if part == strings.ToLower(part) {
		return strings.HasPrefix(strings.ToLower(name), part)
	}
	return strings.HasPrefix(name, part)
}

// View returns exactly height lines of at most width cells.
func (p *Picker) View(theme *ui.Theme, width, height int) []string {
	if width <= 0 || height <= 0 {
		return make([]string, max(height, 0))
	}
	mark, style := theme.Glyph('›')+" ", theme.Accent
	if p.at >= 0 {
		mark, style = "  ", theme.Dim
	}
	const head = 8 // The mark and "Path  ".
	input := p.input.draw(theme, max(width-head, 1), 1, p.at < 0)
	lines := []string{style.Render(mark+"Path  ") + input[0]}
	lines = append(lines, strings.Repeat(" ", head)+p.status(theme, width-head))
	if height > 8 {
		lines = append(lines, "")
	}
	return exactly(append(lines, p.list(theme, width, height-len(lines))...), width, height)
}

// status is the line under the path: what is wrong, what is going on, or help.
func (p *Picker) status(theme *ui.Theme, width int) string {
	help, _ := p.other()
	switch {
	case help != "" && p.said == "":
		return theme.Dim.Render(fit(theme, help, width))
	case help != "":
		return theme.Warn.Render(fit(theme, p.said, width))
	case len(p.waiting) > 0:
		return theme.Dim.Render(fit(theme, "reading "+ui.Clean(p.dir)+", keys wait", width))
	case p.loading:
		return theme.Dim.Render(fit(theme, "reading "+ui.Clean(p.dir), width))
	case p.err != nil:
		return theme.Warn.Render(fit(theme, ui.Clean(p.err.Error()), width))
	case p.said != "":
		return theme.Warn.Render(fit(theme, p.said, width))
	case p.listing.More:
		return theme.Dim.Render(fit(theme, "a very large folder: type what the name begins with", width))
	}
	return theme.Dim.Render(fit(theme, p.spec.Help, width))
}

// list draws the rows with their two headings, scrolled to the selected one.
func (p *Picker) list(theme *ui.Theme, width, height int) []string {
	if height <= 0 {
		return nil
	}
	p.top = scrollTo(p.top, max(p.at, 0), max(p.at, 0)+1, max(height-2, 1))
	var lines []string
	for i := p.top; i < len(p.rows) && len(lines) < height; i++ {
		row := p.rows[i]
		if i == p.top || row.recent != p.rows[i-1].recent {
			lines = append(lines, theme.Title.Render(fit(theme, "  "+p.heading(row), width)))
		}
		text := fit(theme, "  "+ui.Clean(row.text), width-2)
		if i == p.at {
			lines = append(lines, theme.Accent.Render(theme.Glyph('›')+" ")+theme.Selection.Render(ui.Pad(text, max(width-2, 0))))
			continue
		}
		lines = append(lines, "  "+render(theme.Text, text))
	}
	if help, _ := p.other(); help == "" && len(p.rows) == 0 && !p.loading && p.err == nil {
		lines = append(lines, theme.Dim.Render(fit(theme, "  no folder, .zip or notebook here begins with that", width)))
	}
	return lines
}

func (p *Picker) heading(row pickerRow) string {
	if row.recent {
		return "Recent"
	}
	return ui.Clean(p.dir)
}

// Bounds of reading a folder: more than a person scrolls through is not read.
const (
	listMost  = 20_000
	listChunk = 1024
)

// Listing is what a picker offers of a folder: folders, .zip files and notebooks,
// sorted.
type Listing struct {
	Folders, Files []string
	// More says that the folder holds more than was read.
	More bool
}

// ListFolder reads a folder from the file system. It follows a link to say
// whether it leads to a folder, and opens nothing else.
func ListFolder(dir string) (Listing, error) {
	var listing Listing
	f, err := os.Open(dir)
	if err != nil {
		return listing, err
	}
	defer f.Close() // Opened for reading only: closing cannot lose anything.
	for seen := 0; ; {
		entries, err := f.ReadDir(listChunk)
		for _, entry := range entries {
			listing.add(dir, entry)
		}
		seen += len(entries)
		listing.More = seen >= listMost
		if errors.Is(err, io.EOF) || listing.More {
			break
		}
		if err != nil {
			return listing, err
		}
	}
	slices.Sort(listing.Folders)
	slices.Sort(listing.Files)
	return listing, nil
}

func (l *Listing) add(dir string, entry os.DirEntry) {
	name, mode := entry.Name(), entry.Type()
	if mode&os.ModeSymlink != 0 {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return // A link that leads nowhere is nothing to pick.
		}
		mode = info.Mode().Type()
	}
	switch {
	case mode.IsDir():
		l.Folders = append(l.Folders, name)
	case mode.IsRegular() && (strings.EqualFold(filepath.Ext(name), ".zip") || strings.EqualFold(filepath.Ext(name), ".ipynb")):
		l.Files = append(l.Files, name)
	}
}
