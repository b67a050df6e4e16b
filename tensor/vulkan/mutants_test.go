//go:build !nogpu

package vulkan

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// shadersVariable names an environment variable with a folder of SPIR-V to use in place of
// the kernels of the same names.
const shadersVariable = "RESNET_TUI_TEST_SHADERS"

// useShaders has kernels come from a folder, if it has them.
func useShaders(folder string) {
	if folder == "" {
		return
	}
	own := code
	code = func(kernel string) ([]byte, error) {
		if b, err := os.ReadFile(filepath.Join(folder, kernel+".spv")); err == nil {
			return b, nil
		}
		return own(kernel)
	}
}

// mutant is a shader that is broken on purpose: a text of its source is replaced, the first
// times or, if that is −1, everywhere. A test must fail with it.
type mutant struct {
	name, source string
	old, by      string
	times        int
	test         string
}

// Software renderers run a workgroup's threads in turn, some at a time, and change between
// them at barriers: one barrier too few need not show where others are near.
var mutants = []mutant{
	{"no barriers in a convolution", "conv", "barrier();", "", -1, "TestConforms/convolutions/net_4"},
	{"the last row is left out", "conv", "if (m < rows)", "if (m + 1 < rows)", 1, "TestConforms/convolutions/random_0"},
	{"taps of a strided gradient are shifted", "conv", "(w0 + p.left - v0) / SW", "(w0 + p.left + SW - v0) / SW", 1,
		"TestConforms/convolution_gradients/net_5"},
	{"the next rows of the table", "conv", "row_of_b((from + s) * 8 + t)", "row_of_b((from + s + 1) * 8 + t)", 1,
		"TestConforms/convolutions/random_0"},
	{"taps of a weight's gradient are shifted", "conv", "int(uv / KW) - int(p.top)", "int(uv / KW)", 1,
		"TestConforms/convolution_gradients/net_5"},
	{"the last term of a sum is not laid out", "arrange", "first + e >= depth", "first + e + 1 >= depth", 1,
		"TestConforms/convolutions/random_0"},
	{"a slice too few", "finish", "s < p.slices", "s + 1 < p.slices", 1, "TestConforms/convolutions/net_8"},
	{"no barrier in a tree of sums", "sums", "    barrier();\n", "", 1, "TestConforms/operations/batch_statistics"},
	{"means of parts don't count", "sums", "delta * delta * (a.x * (b.x / n))", "0", 1,
		"TestConforms/operations/batch_statistics"},
	{"a slice ends early", "sums", "min((slice + 1) * each, p.count)", "min((slice + 1) * each - 1, p.count)", 1,
		"TestConforms/operations/batch_statistics"},
	{"no barrier in a tree of losses", "loss", "    barrier();\n", "", 1, "TestConforms/gradients/cross-entropy"},
	{"the largest logit is overwritten", "loss", "tree[0];\n    barrier();\n", "tree[0];\n", 1,
		"TestConforms/gradients/cross-entropy"},
	{"a carry is dropped", "map", "a.y + b.y + carry", "a.y + b.y", 1, "TestConforms/operations/dropout"},
	{"gradients pass a closed ReLU", "map", "!(z[i] > 0)", "!(z[i] >= 0)", 1, "TestNets/cifar_resnet8_train"},
	{"the last maximum, not the first", "pool", "v > best", "v >= best", 1, "TestConforms/gradients/max_pool"},
}

// mutantsVariable names an environment variable that, if set, has TestMutants run.
const mutantsVariable = "RESNET_TUI_TEST_MUTANTS"

// TestMutants breaks shaders on purpose: each must fail the test that is named with it.
func TestMutants(t *testing.T) {
	if os.Getenv(mutantsVariable) == "" {
		t.Skip("it takes minutes: testdata/vulkan/check.sh runs it")
	}
	needDevice(t)
	gen := filepath.Join(t.TempDir(), "gen")
	if out, err := exec.Command("go", "build", "-o", gen, "./gen").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) { m.check(t, gen) })
	}
}

// check compiles the mutant and runs its test.
func (m mutant) check(t *testing.T, gen string) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "shaders"), os.DirFS("shaders")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "shaders", m.source+".comp")
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(source), m.old, m.by, m.times)
	if broken == string(source) {
		t.Fatalf("%s has no %q: break it elsewhere", m.source, m.old)
	}
	if err := os.WriteFile(path, []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	compile := exec.Command(gen, m.source)
	compile.Dir = dir
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	pattern := "^" + strings.ReplaceAll(m.test, "/", "$/^") + "$"
	test := exec.Command(os.Args[0], "-test.v", "-test.run", pattern)
	test.Env = append(os.Environ(), shadersVariable+"="+filepath.Join(dir, "shaders", "spv"), mutantsVariable+"=")
	out, err := test.CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("--- FAIL: "+m.test+" ")) {
		t.Errorf("%s does not fail (%v):\n%s", m.test, err, tail(out))
	}
}

// tail is the end of what a test says.
func tail(out []byte) []byte { return out[max(0, len(out)-2000):] }
