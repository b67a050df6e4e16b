// Package app is what the program can do, without flags and without a screen.
//
// A Spec says which net is meant, with which weights, on which images and how it
// runs: plain data, which a command line, a file or a request in JSON can give.
// The use cases are the methods of Service: each takes a context, a Spec, options
// that are plain data too, and a Listener that hears how far the work is; each
// returns a report. Nothing here prints.
//
//	Spec ─resolve→ subject ─equip→ Bench ─session→ nn.Session ─→ report
//	       net and images    device, weights   compiled
//
// An *InputError says that the spec, or a file that it names, can't be used. Any
// other error means that the work failed.
//
// Service is safe for concurrent use. A Bench is not.
package app
