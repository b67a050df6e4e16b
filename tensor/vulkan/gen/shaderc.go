//go:build linux

package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"unsafe"

	"github.com/ebitengine/purego"
)

// The kernels on matrix units need a compiler that knows GL_EXT_bfloat16, of 2025 or
// later. Maven has one as a library of 10 MB that needs nothing else: Shaderc 2026.1.
const (
	shadercArtifact = "org.lwjgl:lwjgl-shaderc:3.4.1:jar:natives-linux"
	shadercInside   = "linux/x64/org/lwjgl/shaderc/libshaderc.so"
	shadercSum      = "27640b3402177c9b7144bbbed8ee60d03e3bbac40c331cd54e1e179c1da1bbaf" // SHA-256
)

// shaderc is the compiler's library.
type shaderc struct {
	compiler uintptr

	newCompiler, newOptions func() uintptr
	setTarget               func(options uintptr, target, version int32)
	define                  func(options uintptr, name string, nameLength uintptr, value string, valueLength uintptr)
	compile                 func(compiler uintptr, source *byte, length uintptr, kind int32, name, entry string, options uintptr) uintptr
	releaseOptions          func(options uintptr)
	status                  func(result uintptr) int32
	errors                  func(result uintptr) string
	length                  func(result uintptr) uintptr
	code                    func(result uintptr) unsafe.Pointer
	release                 func(result uintptr)
}

// Constants of its interface.
const (
	shadercVulkan    = 0
	shadercVulkan12  = 1<<22 | 2<<12 // whose SPIR-V 1.5 keeps subgroups of one size
	shadercCompute   = 2
	shadercSucceeded = 0
)

// newShaderc fetches the library and opens it.
func newShaderc() (*shaderc, error) {
	file, err := fetchShaderc()
	if err != nil {
		return nil, fmt.Errorf("fetching %s with mvn: %w", shadercArtifact, err)
	}
	defer os.Remove(file)
	lib, err := purego.Dlopen(file, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	c := &shaderc{}
	for name, f := range map[string]any{
		"shaderc_compiler_initialize": &c.newCompiler, "shaderc_compile_options_initialize": &c.newOptions,
		"shaderc_compile_options_set_target_env": &c.setTarget, "shaderc_compile_options_add_macro_definition": &c.define,
		"shaderc_compile_options_release": &c.releaseOptions, "shaderc_compile_into_spv": &c.compile,
		"shaderc_result_get_compilation_status": &c.status, "shaderc_result_get_error_message": &c.errors,
		"shaderc_result_get_length": &c.length, "shaderc_result_get_bytes": &c.code, "shaderc_result_release": &c.release,
	} {
		purego.RegisterLibFunc(f, lib, name)
	}
	c.compiler = c.newCompiler()
	return c, nil
}

// fetchShaderc is a file with the library, to be removed.
func fetchShaderc() (string, error) {
	folder, err := os.MkdirTemp("", "shaderc")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	mvn := exec.Command("mvn", "-q", "-B", "dependency:copy", "-Dartifact="+shadercArtifact, "-DoutputDirectory="+folder)
	if out, err := mvn.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	jars, err := filepath.Glob(filepath.Join(folder, "*.jar"))
	if err != nil || len(jars) != 1 {
		return "", fmt.Errorf("it brought %q, of one file", jars)
	}
	jar, err := zip.OpenReader(jars[0])
	if err != nil {
		return "", err
	}
	defer jar.Close()
	inside, err := jar.Open(shadercInside)
	if err != nil {
		return "", err
	}
	library, err := io.ReadAll(inside)
	if err != nil {
		return "", err
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(library)); sum != shadercSum {
		return "", fmt.Errorf("%s has the sum %s, not %s", path.Base(shadercInside), sum, shadercSum)
	}
	file, err := os.CreateTemp("", "libshaderc*.so")
	if err != nil {
		return "", err
	}
	_, err = file.Write(library)
	if err := file.Close(); err != nil {
		return "", err
	}
	return file.Name(), err
}

// spirv is the SPIR-V of a kernel. It is not optimised: drivers do that, and the
// optimiser has broken matrices before.
func (c *shaderc) spirv(source string, macros []string) ([]byte, error) {
	text, err := included(filepath.Join("shaders", source+".comp"))
	if err != nil {
		return nil, err
	}
	options := c.newOptions()
	defer c.releaseOptions(options)
	c.setTarget(options, shadercVulkan, shadercVulkan12)
	for _, m := range macros {
		c.define(options, m, uintptr(len(m)), "", 0)
	}
	result := c.compile(c.compiler, &text[0], uintptr(len(text)), shadercCompute, source, "main", options)
	defer c.release(result)
	if c.status(result) != shadercSucceeded {
		return nil, fmt.Errorf("shaderc: %s", c.errors(result))
	}
	return bytes.Clone(unsafe.Slice((*byte)(c.code(result)), c.length(result))), nil
}

var includes = regexp.MustCompile(`(?m)^#include "(.*)"$`)

// included is a source with the files that it includes.
func included(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var failed error
	text = includes.ReplaceAllFunc(text, func(line []byte) []byte {
		part, err := os.ReadFile(filepath.Join(filepath.Dir(file), string(includes.FindSubmatch(line)[1])))
		if err != nil {
			failed = err
		}
		return part
	})
	return text, failed
}
