package app

import (
	"errors"
	"fmt"
	"regexp"

	"resnet-tui/resnet"
)

// Message is a sentence for the user that names fields of a Spec or of options.
// Who shows it decides how fields are called: a command line calls them --flags.
type Message struct {
	format string // with fields in braces: "{batch} %d does not agree with {input}"
	args   []any
}

func say(format string, args ...any) Message { return Message{format, args} }

// String is the message with fields by their plain names.
func (m Message) String() string { return m.Named(func(field string) string { return field }) }

// fieldMark is a field's name in a message's format.
var fieldMark = regexp.MustCompile(`\{([a-z-]+)\}`)

// Named is the message with each field as naming calls it.
func (m Message) Named(naming func(field string) string) string { return m.err(naming).Error() }

func (m Message) err(naming func(field string) string) error {
	unmark := func(mark string) string { return naming(mark[1 : len(mark)-1]) }
	return fmt.Errorf(fieldMark.ReplaceAllStringFunc(m.format, unmark), m.args...)
}

// InputError says that a Spec, an option or a file that one of them names can't
// be used. Nothing was computed.
type InputError struct{ Message }

// Error is the message with fields by their plain names.
func (e *InputError) Error() string { return e.String() }

// Unwrap is the error that the message quotes, if it quotes one.
func (e *InputError) Unwrap() error {
	for _, a := range e.args {
		if err, ok := a.(error); ok {
			return err
		}
	}
	return nil
}

// refuse makes an InputError; fields stand in braces.
func refuse(format string, args ...any) error { return &InputError{Message{format, args}} }

// refused marks an error, if there is one, as the input's. Of a depth that a family
// lacks, it says by which fields one gets a net like it.
func refused(err error) error {
	if err == nil {
		return nil
	}
	var depth *resnet.DepthError
	switch {
	case !errors.As(err, &depth):
		return refuse("%w", err)
	case depth.Other != "":
		return refuse("%w ({arch} %s)", err, depth.Other)
	}
	return refuse("%w; {blocks} makes others", err)
}
