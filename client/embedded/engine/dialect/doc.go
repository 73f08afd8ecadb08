// Package dialect holds what the engine's wire APIs share: routing without
// redirects, bodies with limits, and JSON answers for errors too.
package dialect
