//go:build !nogpu

package vk

import "syscall"

// Open opens a library and finds a symbol in it.
func Open(name, symbol string) (Command, error) {
	lib, err := syscall.LoadLibrary(name)
	if err != nil {
		return 0, err
	}
	at, err := syscall.GetProcAddress(lib, symbol)
	return Command(at), err
}
