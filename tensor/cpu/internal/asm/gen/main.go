// Command gen writes the assembly of package asm. It is a module of its own,
// so that nobody who builds the program needs it, and it does not load the
// package that it writes for.
//
//	go -C tensor/cpu/internal/asm/gen run .         writes the files
//	go -C tensor/cpu/internal/asm/gen run . -check  fails if they are not current
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("gen: ")
	dir := flag.String("dir", "..", "the package's folder")
	check := flag.Bool("check", false, "compare instead of writing")
	flag.Parse()
	for _, emit := range []func() ([]file, error){amd64, arm64} {
		files, err := emit()
		if err != nil {
			log.Fatal(err)
		}
		for _, f := range files {
			if err := f.put(*dir, *check); err != nil {
				log.Fatal(err)
			}
		}
	}
}

// file is one generated file.
type file struct {
	name string
	text []byte
}

func (f file) put(dir string, check bool) error {
	path := filepath.Join(dir, f.name)
	if !check {
		return os.WriteFile(path, f.text, 0o644)
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(old, f.text) {
		return fmt.Errorf("%s is not what the generator writes: run go generate", path)
	}
	return nil
}
