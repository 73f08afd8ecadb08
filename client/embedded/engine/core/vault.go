package core

import (
	"strconv"

	"fndeck/auth/seal"
	"fndeck/client/embedded/engine/store"
)

// vault opens and closes what versions keep sealed.
type vault struct{ *seal.Sealer }

// place binds a sealed value to where it belongs, so that it cannot be moved.
func place(functionID int64, name string) []byte {
	return []byte(strconv.FormatInt(functionID, 10) + "/" + name)
}

// secretsOf opens the secrets of a version.
func (v vault) secretsOf(version store.Version) (map[string]string, error) {
	all := make(map[string]string, len(version.Settings.Secrets))
	for name, sealed := range version.Settings.Secrets {
		value, err := v.Open(sealed, place(version.FunctionID, "secret/"+name))
		if err != nil {
			return nil, err
		}
		all[name] = value
	}
	return all, nil
}

// indexURLsOf opens the index URLs of a version, empty for those that it has not.
func (v vault) indexURLsOf(version store.Version) (index string, extra []string, err error) {
	at := place(version.FunctionID, "index")
	if version.Settings.IndexURL != nil {
		if index, err = v.Open(version.Settings.IndexURL, at); err != nil {
			return "", nil, err
		}
	}
	for _, sealed := range version.Settings.ExtraIndexURLs {
		u, err := v.Open(sealed, at)
		if err != nil {
			return "", nil, err
		}
		extra = append(extra, u)
	}
	return index, extra, nil
}

// Unopened lists the versions with something sealed that the key in a file does
// not open. It makes no key; an error says why there is none to try.
func Unopened(keyFile string, versions []store.Version) (closed []store.Version, err error) {
	v := vault{seal.New(keyFile, true)}
	if err := v.Check(); err != nil {
		return nil, err
	}
	for _, version := range versions {
		_, err := v.secretsOf(version)
		if err == nil {
			_, _, err = v.indexURLsOf(version)
		}
		if err != nil {
			closed = append(closed, version)
		}
	}
	return closed, nil
}
