// Package client is the domain of fndeck: functions, versions, calls, log lines
// and schedules, the Backend interface that every system implements, and what
// all backends share (typed errors, feeds, the HTTP stack).
//
// Values that leave this package are snapshots: a caller may keep them and must
// not change what they point to. Times are UTC. Text in them comes from servers
// and functions as it was sent; whoever draws it must clean it first.
package client
