// Package own serves what only the engine can do, beside the clouds' APIs:
// versions, redeploy and rollback that keep ids, calls over all functions with
// their use of the machine, build output, following logs, and events.
package own
