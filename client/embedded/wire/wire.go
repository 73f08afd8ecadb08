// Package wire is what the two sides of the engine's socket agree on: where it
// is, and what the engine serves beside the clouds' APIs. Bodies are JSON of the
// domain types of package client.
package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"fndeck/client"
)

const (
	// Prefix is the path of what only the engine can do.
	Prefix = "/fndeck/v1/"
	// TokenFile in the state directory holds the value that every request over
	// the socket carries as its bearer token: who can read it may use the
	// engine. It is new at each start.
	TokenFile = "engine.token"
	// BearerFile in the state directory holds the bearer token of the TCP port,
	// also new at each start.
	BearerFile = "engine.bearer"
	// ClientFile in the state directory holds, as JSON, the client_id and the
	// client_secret that the TCP port's token endpoint takes. Unlike the bearer it
	// stays the same over restarts.
	ClientFile = "engine.client.json"
	// TokenPath is the token endpoint on the TCP port, for client credentials.
	TokenPath = "/fndeck-oauth/token"
	// LockFile in the state directory is held, by the kernel, while an engine
	// runs.
	LockFile = "engine.lock"
	// LogFile in the state directory is the engine's log.
	LogFile = "fndeck.log"
)

// ExitLocked is the exit code of an engine that found the lock taken.
const ExitLocked = 5

// maxSocketPath is the longest path of a Unix socket on Linux (sockaddr_un); a
// longer one fails with "invalid argument".
const maxSocketPath = 107

// SocketPath is where the engine of a state directory listens: a private
// directory for sockets, and in it a hash of the state directory's real path.
// It does not lie in the state directory, whose path may be too long for one.
func SocketPath(stateDir string, env func(string) string) (string, error) {
	real, err := filepath.EvalSymlinks(stateDir)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(real))
	name := hex.EncodeToString(sum[:8]) + ".sock"
	var dirs []string
	if runtime := env("XDG_RUNTIME_DIR"); runtime != "" {
		dirs = append(dirs, filepath.Join(runtime, "fndeck"))
	}
	user := "fndeck-" + strconv.Itoa(os.Getuid())
	dirs = append(dirs, filepath.Join(os.TempDir(), user), filepath.Join("/tmp", user))
	for _, dir := range dirs {
		path := filepath.Join(dir, name)
		if len(path) <= maxSocketPath {
			return path, nil
		}
	}
	return "", fmt.Errorf("no directory with a path short enough for a socket (%d bytes): set XDG_RUNTIME_DIR", maxSocketPath)
}

// ReadOnlyToken is where the token of TokenFile stands beside the socket of an
// engine that cannot write to its state directory.
func ReadOnlyToken(socket string) string { return strings.TrimSuffix(socket, ".sock") + ".token" }

// ReadOnlyLog is the log of such an engine.
func ReadOnlyLog(socket string) string { return strings.TrimSuffix(socket, ".sock") + ".log" }

// Status is what GET status answers.
type Status struct {
	PID      int    `json:"pid"`
	Version  string `json:"version"`
	StateDir string `json:"stateDir"`
	Socket   string `json:"socket"`
	// TCP is the base URL of the loopback port, empty while that is off.
	TCP string `json:"tcp,omitempty"`
	// TokenURL is the token endpoint there, ClientFile the file with the client id
	// and secret that it takes, BearerFile the one with a ready token.
	TokenURL   string `json:"tokenUrl,omitempty"`
	ClientFile string `json:"clientFile,omitempty"`
	BearerFile string `json:"bearerFile,omitempty"`
	// Issuer is an OpenID issuer whose tokens the port takes too, if they are meant
	// for Audience.
	Issuer        string    `json:"trustedIssuer,omitempty"`
	Audience      string    `json:"trustedAudience,omitempty"`
	Started       time.Time `json:"started"`
	Functions     int       `json:"functions"`
	Running       int       `json:"running"`
	LoadedZygotes int       `json:"loadedZygotes"`
	Isolation     string    `json:"isolation"`
	// Limits says what bounds calls: rlimits, the watchdog, and cgroups where they
	// can be had.
	Limits string `json:"limits"`
	// ReadOnly is why nothing can be changed, empty where something can.
	ReadOnly string   `json:"readOnly,omitempty"`
	Runtimes []string `json:"runtimes"`
	// DataLimitBytes bounds the data of a call.
	DataLimitBytes int64 `json:"dataLimitBytes"`
	// CPUCores and MemoryGB are what a function may be created with.
	CPUCores client.Range `json:"cpuCores"`
	MemoryGB client.Range `json:"memoryGb"`
	Disk     Disk         `json:"disk"`
	// Process is what the engine itself uses, without the functions.
	Process Process `json:"process"`
}

// Process is what a process uses; a field is 0 where the system does not tell.
type Process struct {
	ResidentBytes int64 `json:"residentBytes"`
	Descriptors   int   `json:"descriptors"`
	Goroutines    int   `json:"goroutines"`
}

// Disk is what the state takes and how long it can go on so.
type Disk struct {
	// DatabaseBytes are the history and all else but code and packages.
	DatabaseBytes    int64 `json:"databaseBytes"`
	CodeBytes        int64 `json:"codeBytes"`
	EnvironmentBytes int64 `json:"environmentBytes"`
	FreeBytes        int64 `json:"freeBytes"`
	// OldestCall is zero without a call. What is older than Retention goes, and
	// so does the oldest when the database exceeds RetentionBytes, unless 0.
	OldestCall     time.Time     `json:"oldestCall,omitzero"`
	Retention      time.Duration `json:"retentionNs"`
	RetentionBytes int64         `json:"retentionBytes,omitempty"`
	// RunsOut is when the disk is full if the history grows on as it did, zero if
	// that will not come.
	RunsOut time.Time `json:"runsOut,omitzero"`
}

// TotalBytes is all that the state takes.
func (d Disk) TotalBytes() int64 { return d.DatabaseBytes + d.CodeBytes + d.EnvironmentBytes }

// Redeploy is the body of POST functions/{id}/versions. Nil leaves as is; without
// a file the code that serves stays. Secrets replaces all but KeepSecrets. An empty
// map or list is not nil: it takes all away.
type Redeploy struct {
	FileID         int64             `json:"fileId,string,omitempty"`
	KeepSecrets    []string          `json:"keepSecrets,omitzero"`
	Description    *string           `json:"description,omitempty"`
	Owner          *string           `json:"owner,omitempty"`
	Metadata       map[string]string `json:"metadata,omitzero"`
	Folder         string            `json:"folder,omitempty"`
	FunctionPath   *string           `json:"functionPath,omitempty"`
	Runtime        *string           `json:"runtime,omitempty"`
	Secrets        map[string]string `json:"secrets,omitzero"`
	EnvVars        map[string]string `json:"envVars,omitzero"`
	IndexURL       *string           `json:"indexUrl,omitempty"`
	ExtraIndexURLs []string          `json:"extraIndexUrls,omitzero"`
}

// Rollback is the body of POST functions/{id}/rollback; 0 means the one before.
type Rollback struct {
	Version int `json:"version"`
}

// Mode is the body of PUT functions/{id}/mode; 0 workers means the default.
type Mode struct {
	Mode    string `json:"mode"`
	Workers int    `json:"workers,omitempty"`
}

// Origin is the body of PUT functions/{id}/origin.
type Origin struct {
	Folder string `json:"folder"`
}

// List is the answer of every list.
type List[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the next page, empty on the last one.
	Next string `json:"next,omitempty"`
}

// Event is one line of GET events. Epoch names the history: with another epoch
// than before, or with Reset, the reader reads everything anew. A line without
// Kind is a heartbeat.
type Event struct {
	Seq     int64  `json:"seq"`
	Epoch   string `json:"epoch,omitempty"`
	Kind    string `json:"kind,omitempty"`
	Subject int64  `json:"id,omitempty"`
	Reset   bool   `json:"reset,omitempty"`
}

// Lines is one line of GET logs: a batch of log lines, or the mark that no more
// can come.
type Lines struct {
	Lines []client.LogLine `json:"lines,omitempty"`
	Ended bool             `json:"ended,omitempty"`
}

// Brief leaves out whose each line is where it is whose the one before is: what was
// asked for with brief=true.
func (l Lines) Brief() {
	call := ""
	for i := range l.Lines {
		if line := &l.Lines[i]; line.CallID != call {
			call = line.CallID
		} else {
			line.CallID, line.FunctionID, line.FunctionName = "", "", ""
		}
	}
}

// Full undoes Brief; lines that are not brief stay as they are.
func (l Lines) Full() {
	for i := 1; i < len(l.Lines); i++ {
		if line, before := &l.Lines[i], &l.Lines[i-1]; line.CallID == "" {
			line.CallID, line.FunctionID, line.FunctionName = before.CallID, before.FunctionID, before.FunctionName
		}
	}
}

// Failure is the answer of every error.
type Failure struct {
	Error struct {
		Code    client.Code `json:"code"`
		Message string      `json:"message"`
		Hint    string      `json:"hint,omitempty"`
	} `json:"error"`
}
