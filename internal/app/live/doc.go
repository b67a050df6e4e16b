// Package live runs a net for someone who watches it: the screen, or any other
// client that wants to see a net at work and to change how it runs. It draws
// nothing and knows nobody who does.
//
// Requests go in, states come out. A Request is a value such as Pause or
// SetBatch; Engine.Send queues it. A State is an immutable snapshot of
// everything that a client may show; Engine.State returns the newest, and
// Engine.Changed says when there is another.
//
// # Concurrency
//
// One goroutine, the loop, owns all state. It does nothing that takes time: it
// takes requests into what is desired, compares that with what is (reconcile),
// and starts the one task that leads from the latter to the former in a second
// goroutine. What the task does to the sessions is a runner's business, which
// the loop does not touch until the task has sent its outcome. So there is
// nothing to lock: requests, progress and outcomes are messages to the loop, and
// a state is published by swapping a pointer.
//
// Because the loop is never busy, a request is taken in at once, whatever runs.
// If the net should now do something else, the loop cancels the running task's
// context, and devices end a pass at the next kernel. A task that would have to
// be done anyway goes on: InspectParam, or Run while the net runs, cost no pass.
// Only the first compilation and single steps are never cut short.
//
// A task that panics, and a device that fails, become the state Failed. A device
// that hangs does not keep the loop from answering, nor Close from returning.
package live
