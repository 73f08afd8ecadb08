package own

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"

	"fndeck/client"
	"fndeck/client/drift"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

// openCode opens the packed code of a version.
func (a *API) openCode(r *dialect.Request) (archive *os.File, size int64, err error) {
	v, err := a.core.View(r.ID("id"))
	if err != nil {
		return nil, 0, err
	}
	number, err := strconv.Atoi(r.Var("version"))
	if err != nil {
		return nil, 0, client.Invalidf("version %q: a number is expected", r.Var("version"))
	}
	version, err := a.core.Store().Version(v.ID, number)
	if errors.Is(err, store.ErrNotFound) {
		return nil, 0, &client.Error{Code: client.CodeNotFound, Message: v.Name + " has no version " + r.Var("version")}
	}
	if err != nil {
		return nil, 0, err
	}
	if archive, err = a.core.OpenCode(version.SHA256); err != nil {
		return nil, 0, err
	}
	info, err := archive.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, archive.Close())
	}
	return archive, info.Size(), nil
}

// codeFiles lists the files of a version with their hashes, made from the archive
// each time: nobody asks twice, as a version never changes.
func (a *API) codeFiles(r *dialect.Request) error {
	archive, size, err := a.openCode(r)
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }() // only read
	files, err := drift.InZip(r.Context(), archive, size)
	if err != nil {
		return err
	}
	all := wire.List[client.CodeFile]{Items: make([]client.CodeFile, 0, len(files))}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		all.Items = append(all.Items, client.CodeFile{Path: path, SHA256: files[path]})
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, all)
}

// code sends the packed code of a version.
func (a *API) code(r *dialect.Request) error {
	archive, size, err := a.openCode(r)
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }() // only read
	r.Writer.Header().Set("Content-Type", "application/zip")
	r.Writer.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	_, err = io.Copy(r.Writer, archive)
	return err
}
