// Package inspect looks inside a net: what its tensors hold, which part of an image made
// a class likely, what a unit can see, which images excite a channel, where two nets
// agree. Everything is a plan that runs on a session's device, or a sum over what such a
// plan kept; nothing here knows files, flags or a screen.
package inspect
