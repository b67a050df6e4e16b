package app

import (
	"errors"

	"resnet-tui/tensor"
)

// Lost reports whether an error says that the device is gone, with all that it held.
func Lost(err error) bool { return errors.Is(err, tensor.ErrLost) }

// Advice is what can be done about an error that a net ended with, beyond what the error
// says itself; false where there is nothing to say.
func Advice(err error) (Message, bool) {
	if Lost(err) {
		return say("start again, or run without it: {device} cpu"), true
	}
	return Message{}, false
}
