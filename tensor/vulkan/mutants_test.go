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

// mutant is a shader that is broken on purpose: the nth occurrence of a text in its source,
// from 0, or all of them, are another. A test must fail with it.
type mutant struct {
	name, source string
	sources      string // that are compiled: those that have the source's text
	old          string
	nth          int
	by           string
	test         string
}

const all = -1

// Software renderers run a workgroup's threads in turn, some at a time, and change between
// them at barriers: one barrier too few need not show where others are near.
var mutants = []mutant{
	{"no barriers in a convolution", "conv.comp", "conv", "barrier();", all, "", "TestConforms/convolutions/net_4"},
	{"the last row is left out", "conv.comp", "conv", "if (m >= rows) return;", 0, "if (m + 1 >= rows) return;", "TestConforms/convolutions/random_0"},
	{"taps of a strided gradient are shifted", "conv.comp", "conv", "(w0 + p.left - v0) / SW", 0, "(w0 + p.left + SW - v0) / SW", "TestConforms/convolution_gradients/net_5"},
	{"the next rows of the table", "conv.comp", "conv", "row_of_b((from + s) * 8 + t)", 0, "row_of_b((from + s + 1) * 8 + t)", "TestConforms/convolutions/random_0"},
	{"a slice too few", "finish.comp", "finish", "s < p.slices", 0, "s + 1 < p.slices", "TestConforms/convolutions/net_8"},
	{"no barrier in a tree of sums", "sums.comp", "sums", "    barrier();\n", 0, "", "TestConforms/operations/batch_statistics"},
	{"means of parts don't count", "sums.comp", "sums", "delta * delta * (a.x * (b.x / n))", 0, "0", "TestConforms/operations/batch_statistics"},
	{"a slice ends early", "sums.comp", "sums", "min((slice + 1) * each, p.count)", 0, "min((slice + 1) * each - 1, p.count)", "TestConforms/operations/batch_statistics"},
	{"no barrier in a tree of losses", "loss.comp", "loss", "    barrier();\n", 0, "", "TestConforms/gradients/cross-entropy"},
	{"the largest logit is overwritten", "loss.comp", "loss", "    const float top = tree[0];\n    barrier();\n", 0, "    const float top = tree[0];\n", "TestConforms/gradients/cross-entropy"},
	{"a carry is dropped", "map.comp", "map", "a.y + b.y + carry", 0, "a.y + b.y", "TestConforms/operations/dropout"},
	{"gradients pass a closed ReLU", "map.comp", "map", "!(z[i] > 0)", 0, "!(z[i] >= 0)", "TestNets/cifar_resnet8_train"},
	{"the last maximum, not the first", "pool.comp", "pool", "v > best", 0, "v >= best", "TestConforms/gradients/max_pool"},
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
	path := filepath.Join(dir, "shaders", m.source)
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(source), m.old)
	if len(parts) < m.nth+2 || len(parts) < 2 {
		t.Fatalf("%s has no %q: break it elsewhere", m.source, m.old)
	}
	broken := strings.Join(parts, m.by)
	if m.nth != all {
		broken = strings.Join(parts[:m.nth+1], m.old) + m.by + strings.Join(parts[m.nth+1:], m.old)
	}
	if err := os.WriteFile(path, []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	compile := exec.Command(gen, strings.Fields(m.sources)...)
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
