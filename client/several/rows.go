package several

import (
	"strings"

	"fndeck/client"
)

// These put the context into what one of them has answered: into its own field,
// and into every id.

func (p *part) function(f client.Function) client.Function {
	f.Context, f.ID, f.DeployID = p.name, of(p.name, f.ID), of(p.name, f.DeployID)
	f.LastCall = p.summary(f.LastCall)
	return f
}

func (p *part) summary(s *client.CallSummary) *client.CallSummary {
	if s == nil {
		return nil
	}
	named := *s
	named.ID = of(p.name, s.ID)
	return &named
}

func (p *part) call(c client.Call) client.Call {
	c.Context, c.ID = p.name, of(p.name, c.ID)
	c.FunctionID, c.ScheduleID = of(p.name, c.FunctionID), of(p.name, c.ScheduleID)
	return c
}

func (p *part) schedule(c client.Schedule) client.Schedule {
	c.Context, c.ID, c.FunctionID = p.name, of(p.name, c.ID), of(p.name, c.FunctionID)
	c.LastCall = p.summary(c.LastCall)
	return c
}

func (p *part) run(r client.ScheduleRun) client.ScheduleRun {
	r.ScheduleID, r.CallID = of(p.name, r.ScheduleID), of(p.name, r.CallID)
	return r
}

func (p *part) deploy(d client.Deploy) client.Deploy {
	d.Context, d.ID, d.FunctionID = p.name, of(p.name, d.ID), of(p.name, d.FunctionID)
	return d
}

func (p *part) version(v client.Version) client.Version {
	v.FunctionID, v.DeployID = of(p.name, v.FunctionID), of(p.name, v.DeployID)
	return v
}

func (p *part) line(l client.LogLine) client.LogLine {
	l.CallID, l.FunctionID = of(p.name, l.CallID), of(p.name, l.FunctionID)
	l.FunctionName = strings.TrimSuffix(p.name+"/"+l.FunctionName, "/") // A backend may not tell the function.
	return l
}

// each does that to every row. The rows may be those of an earlier answer, so they
// are copied.
func each[T any](rows []T, name func(T) T) []T {
	named := make([]T, len(rows))
	for i, row := range rows {
		named[i] = name(row)
	}
	return named
}
