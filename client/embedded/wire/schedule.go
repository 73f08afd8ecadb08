package wire

import "encoding/json"

// Schedule is the body of POST schedules, and of PUT schedules/{id}, which puts
// the schedule in the place of another one and does not read FunctionID.
type Schedule struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	FunctionID  int64           `json:"functionId,string,omitempty"`
	Cron        string          `json:"cron"`
	Overlap     string          `json:"overlap,omitempty"`
	CatchUp     string          `json:"catchUp,omitempty"`
	Data        json.RawMessage `json:"data,omitempty"`
}
