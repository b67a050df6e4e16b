package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableEscapes makes those of the streams that are consoles understand escape
// sequences. One that can't shows them as they are.
func enableEscapes(streams ...any) {
	for _, s := range streams {
		f, ok := s.(*os.File)
		if !ok {
			continue
		}
		var mode uint32
		if h := windows.Handle(f.Fd()); windows.GetConsoleMode(h, &mode) == nil {
			_ = windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
		}
	}
}
