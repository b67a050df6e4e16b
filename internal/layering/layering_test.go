package layering

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "resnet-tui"

// row lists what the package in a folder may import, besides the standard library and its
// own internal folders.
type row struct {
	folder string
	may    []string // folders of this module, and path prefixes of other modules
}

// layers has a row for every package, lowest first. The table in docs/architecture.md says
// the same.
var layers = []row{
	{"tensor", nil},
	{"tensor/tensortest/internal/onnxcases", []string{"tensor"}},
	{"tensor/tensortest", []string{"tensor"}}, // for tests only
	{"tensor/fusion", []string{"tensor"}},
	{"tensor/cpu/internal/asm", []string{"golang.org/x/sys"}},
	{"tensor/cpu", []string{"tensor", "tensor/fusion", "golang.org/x/sys"}},
	{"tensor/gpu", []string{"tensor", "tensor/fusion"}},
	{"tensor/gpu/sensors", []string{"tensor", "github.com/ebitengine/purego"}},
	{"tensor/gpu/selfcheck", []string{"tensor", "tensor/gpu"}},
	{"tensor/vulkan/internal/vk", []string{"github.com/ebitengine/purego"}},
	{"tensor/vulkan/gen", []string{"github.com/ebitengine/purego"}},
	{"tensor/vulkan", []string{"tensor", "tensor/fusion", "tensor/gpu", "tensor/gpu/sensors", "tensor/gpu/selfcheck"}},
	{"tensor/device", []string{"tensor", "tensor/cpu", "tensor/vulkan"}},
	{"resnet/nn", []string{"tensor"}},
	{"resnet/inspect", []string{"tensor", "resnet/nn"}},
	{"resnet/diagnose", []string{"tensor", "resnet/nn"}},
	{"resnet", []string{"tensor", "resnet/nn"}},
	{"resnet/checkpoint", []string{"tensor", "golang.org/x/sys"}},
	{"resnet/vision", []string{"tensor", "golang.org/x/image"}},
	{"resnet/builtin", []string{"tensor", "resnet", "resnet/checkpoint"}},
	{"resnet/builtin/pack", []string{"tensor", "resnet", "resnet/checkpoint", "resnet/vision", "resnet/builtin"}},
	{"resnet/train", []string{"tensor", "resnet", "resnet/nn", "resnet/checkpoint", "resnet/vision"}},
	{"picture", []string{"golang.org/x/image"}},
	{"picture/terminal", []string{"picture", "github.com/charmbracelet/x/ansi"}},
	{"profile", []string{"tensor", "resnet", "resnet/nn", "gonum.org/v1/gonum"}},
	{"profile/export", []string{"profile", "github.com/google/pprof"}},
	{"profile/report", []string{"tensor", "resnet", "resnet/nn", "resnet/inspect", "resnet/diagnose", "resnet/checkpoint",
		"resnet/train", "picture", "profile",
		"github.com/charmbracelet/x/ansi"}},
	{"internal/app", []string{"tensor", "tensor/device", "resnet", "resnet/nn", "resnet/inspect", "resnet/diagnose",
		"resnet/builtin", "resnet/checkpoint", "resnet/vision", "resnet/train",
		"picture", "profile", "profile/export", "profile/report"}},
	{"internal/app/live", []string{"tensor", "resnet", "resnet/nn", "resnet/inspect", "resnet/diagnose", "resnet/train", "profile", "internal/app"}},
	{"tui", []string{"tensor", "resnet", "resnet/nn", "resnet/inspect", "resnet/diagnose", "resnet/train", "picture", "picture/terminal",
		"profile", "internal/app/live",
		"charm.land/bubbletea", "charm.land/bubbles", "charm.land/lipgloss", "github.com/charmbracelet",
		"golang.org/x/sys", "golang.org/x/term"}},
	// The command line contains no use case: it turns flags into a Spec, and a report into output.
	{"cmd/resnet-tui", []string{"resnet", "profile", "profile/export", "profile/report",
		"internal/app", "internal/app/live", "tui", "github.com/charmbracelet/colorprofile",
		"github.com/spf13", "github.com/muesli", "golang.org/x/sys", "golang.org/x/term", "go.yaml.in/yaml"}},
	{"internal/oracle", []string{"tensor"}},                                            // for tests only
	{"internal/nettest", []string{"tensor", "resnet", "resnet/nn", "internal/oracle"}}, // for tests only
	{"internal/layering", nil},
	{"scripts/release", nil},
	{"scripts/testlog", nil},
}

// TestNoImportPointsUpward checks the imports of every file of the program, for all systems
// and build tags.
func TestNoImportPointsUpward(t *testing.T) {
	files := 0
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return enter(path)
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files++
		checkFile(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d files were read: the module is not at ../..", files)
	}
}

// enter skips folders that aren't part of the program: test data, and separate modules.
func enter(path string) error {
	name := filepath.Base(path)
	if name == "testdata" || path != "." && strings.HasPrefix(name, ".") {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join("../..", path, "go.mod")); err == nil && path != "." {
		return fs.SkipDir
	}
	return nil
}

// checkFile checks the imports of a file against its layer.
func checkFile(t *testing.T, path string) {
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../..", path), nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	folder := filepath.ToSlash(filepath.Dir(path))
	at := layer(folder)
	if at < 0 {
		t.Errorf("%s: the folder is not in the table of layers", path)
		return
	}
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil || !allowed(layers[at].folder, layers[at].may, name) {
			t.Errorf("%s imports %s, which its layer may not", path, name)
		}
	}
}

// layer returns the index of a folder's row, or −1 if it has none.
func layer(folder string) int {
	return slices.IndexFunc(layers, func(r row) bool { return r.folder == folder })
}

func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// allowed reports whether a package in folder own may import name.
func allowed(own string, may []string, name string) bool {
	if rest, ok := strings.CutPrefix(name, module+"/"); ok {
		return within(rest, own+"/internal") || slices.Contains(may, rest)
	}
	if first, _, _ := strings.Cut(name, "/"); !strings.Contains(first, ".") {
		return name != "C" // the standard library; the program builds without cgo
	}
	return slices.ContainsFunc(may, func(m string) bool { return within(name, m) })
}

// TestTable: no layer may import a higher one.
func TestTable(t *testing.T) {
	for _, r := range layers {
		if slices.Contains(r.may, "tensor/tensortest") {
			t.Errorf("%s may import tensor/tensortest, which only tests need", r.folder)
		}
	}
	for i, r := range layers {
		for _, m := range r.may {
			if at := layer(m); at > i {
				t.Errorf("%s may import %s, which stands above it", r.folder, m)
			}
		}
	}
}
