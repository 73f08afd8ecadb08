// Package embedded is the backend of the local engine: it finds a running one
// or starts it, speaks to it over its Unix socket, and finds it again when it
// was restarted. Functions, calls and schedules go over the Cognite dialect;
// what only the engine can do goes over its own paths.
package embedded
