// Package core is the engine itself: functions, versions, calls, logs and
// schedules over the store and the runner, in terms that no cloud's wire API
// knows of. The dialects serve it.
//
// What a method has acknowledged is durable. Its errors are *client.Error, so
// that every dialect can answer in its own words. All methods are safe for
// concurrent use.
package core
