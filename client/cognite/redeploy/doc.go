// Package redeploy puts new code behind a remote function without losing its
// schedules, secrets or history, although the service can only delete and create.
//
// An operation is a journal: a plan, and then before each change an intent that is
// durable before the request is sent, and after it what came of it. What is to be
// done next follows from the journal alone, so an operation that was cut is taken
// up by any program on this machine: an intent without an outcome is settled by
// reading, never by sending again blindly. The journal holds no secret, token,
// nonce or signed link.
//
// The new function is built beside the old one, the schedules move one by one, and
// the old one is deleted last. A function with an external id, which is unique and
// cannot be moved, is built a second time under that id once the old one is gone.
package redeploy
