//go:build !unix

package tui

import tea "charm.land/bubbletea/v2"

// tty stands for the terminal of other systems.
type tty struct{ gone func(error) }

// hold returns no terminal: a console's answers are no text, and nothing stops here.
func (s streams) hold() (*tty, streams) { return nil, s }

func (t *tty) options() []tea.ProgramOption { return nil }

func (t *tty) release() {}
