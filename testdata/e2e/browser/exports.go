package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// export holds the files that one run of the program wrote, by format.
type export struct {
	name     string
	backward bool
	dir      string
	profile  profile
}

// cases are nets whose reports differ: one with all passes, one of bottlenecks
// with a forward pass only, and one with more layers than a drawing can label.
// The first is also opened in speedscope.
var cases = []struct {
	name     string
	backward bool
	flags    []string
}{
	{"step", true, []string{"--arch", "cifar_resnet20", "--batch", "2", "--update"}},
	{"forward", false, []string{"--depth", "50", "--size", "64"}},
	{"deep", true, []string{"--arch", "cifar_resnet110", "--backward"}},
}

func (e *export) file(extension string) string {
	return filepath.Join(e.dir, e.name+"."+extension)
}

// makeExports runs the program once for each case.
func makeExports(ctx context.Context, program, dir string) ([]*export, error) {
	var list []*export
	for _, c := range cases {
		e := &export{name: c.name, backward: c.backward, dir: dir}
		args := append([]string{"profile", "--device", "cpu", "--runs", "3", "--warmup", "1", "--no-history", "--format", "json",
			"--output", e.file("json"), "--html", e.file("html"), "--speedscope", e.file("speedscope.json"),
			"--trace", e.file("trace.json"), "--folded", e.file("folded.txt"), "--pprof", e.file("pb.gz")}, c.flags...)
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+dir, "XDG_CACHE_HOME="+dir, "RESNET_TUI_CONFIG_DIR=")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%v: %w\n%s", args, err, out)
		}
		if err := e.read(); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// read reads the profile that the other files are compared with.
func (e *export) read() error {
	data, err := os.ReadFile(e.file("json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &e.profile); err != nil {
		return fmt.Errorf("%s: %w", e.file("json"), err)
	}
	if len(e.profile.Layers) == 0 {
		return fmt.Errorf("%s: no layers", e.file("json"))
	}
	return nil
}
