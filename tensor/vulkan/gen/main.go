//go:build linux

// Gen compiles the shaders to SPIR-V: with glslc of Debian 12, and those on matrix units
// with a newer Shaderc, which it fetches with mvn. With -check it compares them with what
// is committed, and writes nothing. Arguments are the sources to compile, such as conv;
// without any it compiles all.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// A shader is a source and its kernels, by the macros that make them; a tile such as 4x8
// stands for TM=4 and TN=8.
type shader struct {
	source  string
	kernels []string
}

var shaders = []shader{
	{"conv", []string{
		"FORWARD 8x8", "FORWARD 4x8", "FORWARD 4x4", "INPUT 8x8", "INPUT 4x8", "INPUT 4x4", "WEIGHT 8x8", "WEIGHT 4x8", "WEIGHT 4x4",
	}},
	{"arrange", []string{"FORWARD", "INPUT"}},
	{"arrange_scale", []string{"", "END"}},
	{"finish", []string{""}},
	{"map", []string{
		"COPY", "RELU", "RELU_GRAD", "ADD", "DROPOUT", "NORM", "NORM_EVAL", "NORM_GRAD", "NORM_GRAD_EVAL", "PAD", "PAD_GRAD", "UPDATE",
	}},
	{"pool", []string{"MAX", "MAX_GRAD", "MEAN", "MEAN_GRAD", "ADAPTIVE", "ADAPTIVE_GRAD"}},
	{"sums", []string{
		"STATISTICS", "GRADIENT", "TOTAL", "NORMS", "STATISTICS END", "GRADIENT END", "TOTAL END", "NORMS END", "MOMENTS END",
	}},
	{"histogram", []string{"COUNTS", "COUNTS END", "FIGURES", "FIGURES END"}},
	{"loss", []string{"FORWARD", "GRADIENT"}},
	{"peak", []string{"FMA", "READ", "FILL"}},
	{"peak_matrix", []string{"FP16", "BF16"}},
	{"matrix", []string{"FORWARD FP16", "INPUT FP16", "WEIGHT FP16", "FORWARD BF16", "INPUT BF16", "WEIGHT BF16"}},
	{"arrange_matrix", []string{"FORWARD FP16", "INPUT FP16", "FORWARD BF16", "INPUT BF16"}},
}

func main() {
	check := flag.Bool("check", false, "compare with what is committed, write nothing")
	flag.Parse()
	if err := run(*check, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(check bool, only []string) error {
	made := map[string]bool{}
	for _, s := range shaders {
		if len(only) > 0 && !slices.Contains(only, s.source) {
			continue
		}
		for _, k := range s.kernels {
			macros := strings.Fields(k)
			name := strings.ToLower(strings.Join(append([]string{s.source}, macros...), "_")) + ".spv"
			made[name] = true
			compile := glslc
			if strings.Contains(s.source, "matrix") {
				newer, err := newest()
				if err != nil {
					return err
				}
				compile = newer.spirv
			}
			code, err := compile(s.source, macros)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if err := keep(filepath.Join("shaders", "spv", name), code, check); err != nil {
				return err
			}
		}
	}
	if len(only) > 0 {
		return nil
	}
	return noneLeft(made)
}

// newest is the compiler of the kernels on matrix units, fetched once.
var newest = sync.OnceValues(newShaderc)

// glslc is the SPIR-V of a kernel.
func glslc(source string, macros []string) ([]byte, error) {
	temp, err := os.CreateTemp("", "*.spv")
	if err != nil {
		return nil, err
	}
	defer os.Remove(temp.Name())
	args := []string{"-O", "--target-env=vulkan1.1"}
	for _, m := range macros {
		if tm, tn, ok := strings.Cut(m, "x"); ok {
			args = append(args, "-DTM="+tm, "-DTN="+tn)
		} else {
			args = append(args, "-D"+m)
		}
	}
	args = append(args, filepath.Join("shaders", source+".comp"), "-o", temp.Name())
	if out, err := exec.Command("glslc", args...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("glslc: %w\n%s", err, out)
	}
	return os.ReadFile(temp.Name())
}

// keep writes a file, or compares it with what is there.
func keep(path string, code []byte, check bool) error {
	if !check {
		return os.WriteFile(path, code, 0o644)
	}
	if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, code) {
		return fmt.Errorf("%s is not what its source compiles to: run go generate ./tensor/vulkan", path)
	}
	return nil
}

// noneLeft reports a file that no shader makes.
func noneLeft(made map[string]bool) error {
	files, err := filepath.Glob(filepath.Join("shaders", "spv", "*.spv"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if !made[filepath.Base(f)] {
			return fmt.Errorf("%s is made by no shader: remove it", f)
		}
	}
	return nil
}
