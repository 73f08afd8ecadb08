// Package journal keeps the files that only grow at their end: the engine's log,
// of which the newest part is kept, and the audit trail, of which nothing is
// ever deleted. A line is written whole or not at all.
package journal
