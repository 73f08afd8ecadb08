// Package feeds brings data to the screens: what is visible is read as often as it
// may change, what the backend pushes wakes it, and late answers are dropped.
package feeds
