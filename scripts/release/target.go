package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// program is the package that is published.
const program = "./cmd/resnet-tui"

// target is a system and a processor, as GOOS and GOARCH name them.
type target struct{ os, arch string }

var targets = []target{
	{"linux", "amd64"}, {"linux", "arm64"},
	{"darwin", "amd64"}, {"darwin", "arm64"},
	{"windows", "amd64"}, {"windows", "arm64"},
}

// host is what this program runs on.
func host() target { return target{runtime.GOOS, runtime.GOARCH} }

func (t target) String() string { return t.os + "-" + t.arch }

// executable is the name of the program's file.
func (t target) executable() string {
	if t.os == "windows" {
		return "resnet-tui.exe"
	}
	return "resnet-tui"
}

// command is the go command for this target. Settings of the caller that
// would change the bytes are overridden.
func (t target) command(args ...string) *exec.Cmd {
	c := exec.Command("go", args...)
	c.Env = append(os.Environ(), "GOOS="+t.os, "GOARCH="+t.arch, "CGO_ENABLED=0",
		"GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=", "GOEXPERIMENT=")
	c.Stderr = os.Stderr
	return c
}

// build writes the program of a version to a file. The repository's state is
// not stamped: the version says it, and a source archive gives the same bytes.
func (t target) build(file, version string) error {
	return t.command("build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X main.release="+version, "-o", file, program).Run()
}

// release writes the target's archive into out. shared is what all targets'
// archives have in common.
func (t target) release(work, out, version string, when time.Time, shared []entry) error {
	built := filepath.Join(work, t.String())
	if err := t.build(built, version); err != nil {
		return err
	}
	data, err := os.ReadFile(built)
	if err != nil {
		return err
	}
	licenses, err := t.licenses()
	if err != nil {
		return err
	}
	files := append([]entry{
		{name: t.executable(), data: data, executable: true},
		{name: "THIRD_PARTY_LICENSES.txt", data: licenses},
	}, shared...)
	name := fmt.Sprintf("resnet-tui-%s-%s", version, t)
	write, suffix := writeTar, ".tar.gz"
	if t.os == "windows" {
		write, suffix = writeZip, ".zip"
	}
	fmt.Println(name + suffix)
	return toFile(filepath.Join(out, name+suffix), write, name, when, files)
}
