package action

import "fndeck/client"

// In is the backend that has the target: of several contexts shown as one that one.
// A target without an id, which is yet to be made, belongs to the whole.
func (t Target) In(b client.Backend) client.Backend { return client.Holding(b, t.ID()) }

// ID is the id of the target, "" of one that is yet to be made.
func (t Target) ID() string {
	switch {
	case t.Schedule != nil:
		return t.Schedule.ID
	case t.Function != nil:
		return t.Function.ID
	case t.Call != nil:
		return t.Call.ID
	}
	return ""
}
