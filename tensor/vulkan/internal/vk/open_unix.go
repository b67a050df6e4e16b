//go:build !nogpu && (linux || darwin || freebsd)

package vk

import "github.com/ebitengine/purego"

// Open opens a library and finds a symbol in it.
func Open(name, symbol string) (Command, error) {
	lib, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return 0, err
	}
	at, err := purego.Dlsym(lib, symbol)
	return Command(at), err
}
