// Release builds what is published of a version: an archive for each system
// and processor, and SHA256SUMS beside them.
//
//	go run ./scripts/release [-o FOLDER] VERSION
//
// Each archive holds the program, the license, the licenses of everything
// linked into the program, README.md, CHANGELOG.md, completions for four shells
// and the manual page. The same commit and the same Go give the same bytes: times are
// those of the commit, or SOURCE_DATE_EPOCH's where it is set.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
)

func main() {
	out := flag.String("o", "dist", "folder for the archives; it must be empty or missing")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./scripts/release [-o FOLDER] VERSION")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *out); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// semantic matches a version as https://semver.org has it, without the "v".
var semantic = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// run builds the archives of a version in a folder, from the module that the
// current folder is the root of.
func run(version, out string) error {
	if !semantic.MatchString(version) {
		return fmt.Errorf("%q is not a version such as 1.2.3 or 1.2.3-rc.1", version)
	}
	if err := makeEmpty(out); err != nil {
		return err
	}
	when, err := releaseTime()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "resnet-tui-release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	shared, err := sharedFiles(work, version, when)
	if err != nil {
		return err
	}
	for _, t := range targets {
		if err := t.release(work, out, version, when, shared); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	return writeSums(out)
}

// makeEmpty makes a folder, and fails if there is anything in it: archives of
// an older version would be listed in SHA256SUMS.
func makeEmpty(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	found, err := os.ReadDir(folder)
	if err == nil && len(found) > 0 {
		err = errors.New(folder + " is not empty")
	}
	return err
}
