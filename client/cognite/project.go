package cognite

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"fndeck/client"
)

// Activated is the state of a project whose functions can be used.
const Activated = "activated"

// Status is whether functions can be used in the project: Activated, or the
// service's other words.
func (b *Backend) Status(ctx context.Context) (string, error) {
	var reply struct {
		Status string `json:"status"`
	}
	err := b.get(ctx, "/functions/status", &reply)
	return reply.Status, err
}

// Limits are the bounds of a project's functions.
type Limits struct {
	// TimeoutMinutes is how long a call may take.
	TimeoutMinutes float64      `json:"timeoutMinutes"`
	CPUCores       client.Range `json:"cpuCores"`
	MemoryGB       client.Range `json:"memoryGb"`
	Runtimes       []string     `json:"runtimes"`
}

// Limits reads the bounds of the project's functions.
func (b *Backend) Limits(ctx context.Context) (Limits, error) {
	var l Limits
	err := b.get(ctx, "/functions/limits", &l)
	return l, err
}

// Inspection is what a token is and may do.
type Inspection struct {
	Subject string
	// Projects are those that the token sees.
	Projects []string
	project  string
	granted  []capability
}

// capability is one entry of a token's capabilities: an access list with its
// actions, and the projects that it counts in. Lists that we do not know may have
// any shape.
type capability map[string]json.RawMessage

func (c capability) allows(acl, action string) bool {
	var list struct {
		Actions []string `json:"actions"`
	}
	return json.Unmarshal(c[acl], &list) == nil && slices.Contains(list.Actions, action)
}

func (c capability) counts(project string) bool {
	var scope struct {
		All      *struct{} `json:"allProjects"`
		Projects []string  `json:"projects"`
	}
	text, scoped := c["projectScope"]
	return !scoped || json.Unmarshal(text, &scope) == nil && (scope.All != nil || slices.Contains(scope.Projects, project))
}

// Inspect asks what the token is and may do in the project.
func (b *Backend) Inspect(ctx context.Context) (Inspection, error) {
	var reply struct {
		Subject  string `json:"subject"`
		Projects []struct {
			Name string `json:"projectUrlName"`
		} `json:"projects"`
		Capabilities []capability `json:"capabilities"`
	}
	if err := b.http.Do(ctx, client.Request{Method: http.MethodGet, Path: "/api/v1/token/inspect"}, &reply); err != nil {
		return Inspection{}, err
	}
	i := Inspection{Subject: reply.Subject, project: b.c.Project, granted: reply.Capabilities}
	for _, p := range reply.Projects {
		i.Projects = append(i.Projects, p.Name)
	}
	return i, nil
}

// Lacks lists which of some actions of an access list the token has not in the
// project, as functionsAcl:WRITE.
func (i Inspection) Lacks(acl string, actions ...string) []string {
	var lacks []string
	for _, action := range actions {
		has := slices.ContainsFunc(i.granted, func(c capability) bool {
			return c.counts(i.project) && c.allows(acl, action)
		})
		if !has {
			lacks = append(lacks, acl+":"+action)
		}
	}
	return lacks
}

// LacksToDeploy lists what the token has not of what deploying needs in the project.
func (i Inspection) LacksToDeploy() []string {
	return append(i.Lacks("functionsAcl", "READ", "WRITE"), i.Lacks("filesAcl", "READ", "WRITE")...)
}

// LacksToSchedule lists what the token has not of what opening and ending sessions
// needs in the project: schedules run under them.
func (i Inspection) LacksToSchedule() []string {
	return i.Lacks("sessionsAcl", "CREATE", "LIST", "DELETE")
}

// ServerTime asks for the time by the server's clock, to the second; ok is false
// where it does not tell.
func (b *Backend) ServerTime(ctx context.Context) (at time.Time, ok bool, err error) {
	err = b.http.Repeat(ctx, client.Safe, func(try int) error {
		reply, err := b.http.Open(ctx, client.Request{Method: http.MethodGet, Path: b.root + "/functions/status", Try: try}, nil)
		if err != nil {
			return err
		}
		at, err = http.ParseTime(reply.Header.Get("Date"))
		ok = err == nil
		return reply.Body.Close()
	})
	return at.UTC(), ok, err
}
