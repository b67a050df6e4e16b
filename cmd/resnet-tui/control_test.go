package main

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"resnet-tui/profile"
)

// evil is a name that would change a terminal's title and colours, break a line, and turn
// the direction of writing.
const evil = "\x1b]0;owned\a\u009b31m\u202e\x7f\ntwo"

// obeyed fails the test where a terminal would obey what was printed.
func obeyed(t *testing.T, what string, printed ...string) {
	t.Helper()
	for _, text := range printed {
		if profile.PrintableLines(text) != text {
			t.Errorf("%s prints %q", what, text)
		}
		if strings.Contains(text, "\ntwo") {
			t.Errorf("%s: a line break of a name comes through in %q", what, text)
		}
	}
}

// TestControlCharacters: what files, folders, flags and the environment hold is printed
// escaped, on both streams and in every format.
func TestControlCharacters(t *testing.T) {
	dir := t.TempDir()
	recorded := filepath.Join(dir, "evil.json")
	mustRun(t, "profile", "--arch", "cifar_resnet20", "--runs", "2", "--warmup", "1", "--no-history",
		"--format", "json", "-o", recorded)
	text, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	const name = `\u001b]0;owned\u0007\u009b31m\u202e\u007f\ntwo`
	for _, word := range []string{`"cifar_resnet20`, `"layer1.0.conv1`, `"random, seed 1`, `"cpu`, `"eval`, `"Conv2d`} {
		text = []byte(strings.ReplaceAll(string(text), word, word+name))
	}
	if err := os.WriteFile(recorded, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "csv", "md", "json"} {
		for _, args := range [][]string{{"open", recorded}, {"diff", recorded, recorded, "--all"}} {
			_, out, errs := inProcess(t, append(args, "--format", format)...)
			obeyed(t, strings.Join(args, " ")+" "+format, out, errs)
		}
	}
	for _, args := range [][]string{
		{evil}, {"summary", "--arch", evil}, {"summary", "--" + evil}, {"summary", "--depth", evil},
		{"open", evil}, {"run", "--weights", evil}, {"run", "--input", evil}, {"summary", "--format", evil},
		{"eval", "--data", evil}, {"history", "--net", evil}, {"help", evil}, {"check", "--baseline", evil},
	} {
		_, out, errs := inProcess(t, args...)
		obeyed(t, strings.Join(args, " "), out, errs)
	}
	t.Setenv("RESNET_TUI_CONFIG_DIR", dir)
	if err := os.WriteFile(configPath(), []byte(`"\e[31m\x7f": 1`), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := inProcess(t, "summary")
	if code != exitUsage {
		t.Errorf("a wrong configuration: exit code %d", code)
	}
	obeyed(t, "config.yaml", out, errs)
}

// TestControlCharactersInFileNames: the name of an image stands in a report.
func TestControlCharactersInFileNames(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("file names can't have them")
	}
	path := filepath.Join(t.TempDir(), "a"+evil+".png")
	f, err := os.Create(path)
	if err != nil {
		t.Skip(err)
	}
	if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 40, 40))); err != nil {
		t.Fatal(err)
	}
	f.Close()
	for _, format := range []string{"text", "csv", "md", "json"} {
		_, out, errs := inProcess(t, "run", "--arch", "cifar_resnet20", "--input", path, "--format", format)
		obeyed(t, "run "+format, out, errs)
	}
	_, out, errs := inProcess(t, "run", "--arch", "cifar_resnet20", "--input", filepath.Dir(path))
	obeyed(t, "run with a folder", out, errs)
}
