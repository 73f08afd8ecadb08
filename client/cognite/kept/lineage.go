package kept

import (
	"slices"
	"time"

	"fndeck/client"
)

// Lineage is one function as a person sees it: the project gives it a new id with
// each redeploy.
type Lineage struct {
	// Key names it on this machine, whatever its ids are.
	Key string `json:"key"`
	// IDs are those that it has had in the project, newest last; none before it is
	// created.
	IDs []Identity `json:"ids,omitempty"`
	// Versions are the kept ones, oldest first.
	Versions []Version `json:"versions,omitempty"`
	// Last is the highest number that a version was given.
	Last int `json:"last"`
	// Schedules are those that have moved with it or were made here, by their
	// present id.
	Schedules map[string]Schedule `json:"schedules,omitempty"`
}

// Identity is an id in the project, and the version that it stands for.
type Identity struct {
	ID      string    `json:"id"`
	Version int       `json:"version,omitempty"`
	Since   time.Time `json:"since"`
}

// Schedule is what is kept of a schedule.
type Schedule struct {
	// First is the id that it had before it first moved.
	First string `json:"first"`
	// Was holds its ids before the present one, oldest first.
	Was []string `json:"was,omitempty"`
	// By is the subject of whoever created it from here, empty if it was made
	// elsewhere.
	By string `json:"by,omitempty"`
	// ClientID is the client that it was created to run as, where that is not the
	// context's own, and Secret its sealed secret: a redeploy creates it again.
	ClientID string `json:"clientId,omitempty"`
	Secret   []byte `json:"secret,omitempty"`
}

// Version is a kept deployed state.
type Version struct {
	Number int `json:"number"`
	// SHA256 names the zip, see Store.Zip; empty if the code could not be had.
	SHA256 string `json:"sha256,omitempty"`
	Size   int64  `json:"size"`
	// FileID is the file in the project; FileName its external id if it is ours.
	FileID   int64    `json:"fileId,omitempty"`
	FileName string   `json:"fileName,omitempty"`
	Settings Settings `json:"settings"`
	// Secrets, IndexURL and ExtraIndexURLs are sealed. Unknown names the secrets
	// whose value this machine never saw.
	Secrets        map[string][]byte `json:"secrets,omitempty"`
	IndexURL       []byte            `json:"indexUrl,omitempty"`
	ExtraIndexURLs [][]byte          `json:"extraIndexUrls,omitempty"`
	Unknown        []string          `json:"unknown,omitempty"`
	// Folder is where it was packed, DeployID how it came into service.
	Folder   string                `json:"folder,omitempty"`
	DeployID string                `json:"deployId,omitempty"`
	Status   client.FunctionStatus `json:"status"`
	Error    *client.Failure       `json:"error,omitempty"`
	Created  time.Time             `json:"created"`
	// Ready is when it was first seen to be that, zero before.
	Ready time.Time `json:"ready,omitzero"`
}

// Settings are those that a version was sent with, without what is secret.
type Settings struct {
	Name         string            `json:"name"`
	ExternalID   string            `json:"externalId,omitempty"`
	Description  string            `json:"description,omitempty"`
	Owner        string            `json:"owner,omitempty"`
	FunctionPath string            `json:"functionPath,omitempty"`
	Runtime      string            `json:"runtime,omitempty"`
	EnvVars      map[string]string `json:"envVars,omitempty"`
	Metadata     map[string]string `json:"metadata,omitempty"`
	CPU          float64           `json:"cpu,omitempty"`
	MemoryGB     float64           `json:"memoryGb,omitempty"`
}

// ID is the id that the function is known by here: the first one.
func (l Lineage) ID() string {
	if len(l.IDs) == 0 {
		return ""
	}
	return l.IDs[0].ID
}

// Present is the newest identity, zero before it is created.
func (l Lineage) Present() Identity {
	if len(l.IDs) == 0 {
		return Identity{}
	}
	return l.IDs[len(l.IDs)-1]
}

// Has reports whether an id is or was the function's.
func (l Lineage) Has(id string) bool {
	return slices.ContainsFunc(l.IDs, func(i Identity) bool { return i.ID == id })
}

// Version returns a kept version.
func (l Lineage) Version(number int) (Version, bool) {
	i := slices.IndexFunc(l.Versions, func(v Version) bool { return v.Number == number })
	if i < 0 {
		return Version{}, false
	}
	return l.Versions[i], true
}

// Put keeps a version in the place of the one with its number.
func (l *Lineage) Put(v Version) {
	l.Last = max(l.Last, v.Number)
	i := slices.IndexFunc(l.Versions, func(have Version) bool { return have.Number == v.Number })
	if i < 0 {
		l.Versions = append(l.Versions, v)
		return
	}
	l.Versions[i] = v
}

// Note changes a kept version, if it is there.
func (l *Lineage) Note(number int, change func(*Version)) {
	for i := range l.Versions {
		if l.Versions[i].Number == number {
			change(&l.Versions[i])
		}
	}
}

// Name makes id the newest identity, with the version that it stands for.
func (l *Lineage) Name(id string, version int, now time.Time) {
	l.IDs = slices.DeleteFunc(l.IDs, func(i Identity) bool { return i.ID == id })
	l.IDs = append(l.IDs, Identity{ID: id, Version: version, Since: now})
}
