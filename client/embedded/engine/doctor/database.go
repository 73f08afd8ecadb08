package doctor

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"fndeck/client/embedded/engine/backup"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/python"
	"fndeck/client/embedded/engine/store"
)

const (
	codeDir = "code"
	envsDir = "envs"
	repair  = "fndeck engine stop, then fndeck doctor --repair"
	// namedIDs is how many ids a sentence carries.
	namedIDs = 5
)

// database checks the state's file, and what it refers to.
func (l *look) database() {
	if backup.Unfinished(l.StateDir) {
		l.found("a restore of "+l.StateDir+" was cut", "the new state is complete and not in its place yet", "fndeck engine start carries it through")
		return
	}
	for _, aside := range backup.Aside(l.StateDir) {
		l.fact("%s holds a state that was replaced: delete it when nobody needs it", aside)
	}
	c, err := store.Check(l.ctx, l.StateDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if archives, _ := filepath.Glob(filepath.Join(l.StateDir, codeDir, "*.zip")); len(archives) > 0 { // the pattern is well formed
			l.found(c.Path+" is missing", fmt.Sprintf("the state directory holds the code of functions, archives: %d; the next engine begins anew and deletes them", len(archives)),
				"fndeck engine restore FILE, or deploy again")
		}
		return
	case errors.Is(err, store.ErrDamaged):
		l.found("the database "+c.Path+" is damaged", err.Error(), repair)
		return
	case err != nil:
		l.found("the database "+c.Path+" cannot be read", err.Error(), "use the fndeck that wrote it, or see to what the reason says")
		return
	}
	if len(c.Faults) > 0 {
		l.found("the database "+c.Path+" is damaged", strings.ReplaceAll(strings.Join(c.Faults, "; "), "\n", " "), repair)
		return
	}
	for table, ids := range byTable(c.Damaged) {
		l.found(fmt.Sprintf("rows of %s are damaged: %d", table, len(ids)), "their checksums do not fit, so they are not shown: "+some(ids), repair)
	}
	l.fact("layout %d, functions: %d, calls: %d", c.Layout, c.Rows["functions"], c.Rows["calls"])
	for _, bad := range damagedArchives(l.StateDir, c.Code) {
		l.found("the code archive "+bad.path+" "+bad.how, "versions that were deployed from it cannot be unpacked again", bad.fix)
	}
	environments := &python.Environments{Dir: filepath.Join(l.StateDir, envsDir)}
	for _, key := range c.Environments {
		if !environments.Complete(key) {
			l.found("the package environment "+filepath.Join(l.StateDir, envsDir, key)+" is not complete", "the functions that use it cannot import their requirements",
				"call or redeploy them: the environment is built again")
		}
	}
	if l.KeyFile != "" {
		l.secrets(c)
	}
}

// secrets checks that the key is the one that the state's secrets were sealed
// with.
func (l *look) secrets(c store.Checked) {
	const fix = "put the right key back, or deploy those functions again with their secrets"
	info, err := os.Stat(l.KeyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.Secrets:
		l.found("the key "+l.KeyFile+" is missing", "functions have secrets that only it opens", fix)
		return
	case err != nil || info.Mode().Perm()&0o077 != 0 || len(c.Sealed) == 0: // keyFile has told
		return
	}
	closed, err := core.Unopened(l.KeyFile, c.Sealed)
	if err != nil {
		l.found("the key "+l.KeyFile+" cannot be used, and functions have secrets", err.Error(), fix)
		return
	}
	if len(closed) == 0 {
		return
	}
	ids := make([]string, 0, len(closed))
	for _, v := range closed {
		ids = append(ids, strconv.FormatInt(v.FunctionID, 10))
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	l.found(fmt.Sprintf("the key %s is not the one of this state: functions whose secrets it does not open: %d", l.KeyFile, len(ids)),
		"they were sealed with another key, and the calls of these functions fail: "+some(ids), fix)
}

func byTable(rows []store.DamagedError) map[string][]string {
	all := map[string][]string{}
	for _, r := range rows {
		all[r.Table] = append(all[r.Table], strconv.FormatInt(r.ID, 10))
	}
	return all
}

// some names the first ids.
func some(ids []string) string {
	if len(ids) <= namedIDs {
		return strings.Join(ids, ", ")
	}
	return strings.Join(ids[:namedIDs], ", ") + fmt.Sprintf(" and %d more", len(ids)-namedIDs)
}

// archive is a code archive that is not what its name says.
type archive struct{ sha, path, how, fix string }

// damagedArchives checks archives against their hashes.
func damagedArchives(dir string, shas []string) (bad []archive) {
	for _, sha := range shas {
		path := filepath.Join(dir, codeDir, sha+".zip")
		got, err := hashOf(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			bad = append(bad, archive{sha, path, "is missing", "redeploy the functions that use it"})
		case err != nil:
			bad = append(bad, archive{sha, path, "cannot be read: " + err.Error(), "make it readable"})
		case got != sha:
			bad = append(bad, archive{sha, path, "does not fit its hash", repair + ", and redeploy the functions that use it"})
		}
	}
	return bad
}

func hashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
