package resnet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"resnet-tui/resnet/nn"
)

// mustBuild builds a net that is known to build.
func mustBuild(t testing.TB, c Config) *Model {
	t.Helper()
	m, err := Build(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestParameters compares the family with published numbers of learnable parameters:
// torchvision's, the paper's for CIFAR, Keras's summaries (which include the running
// statistics).
func TestParameters(t *testing.T) {
	for arch, want := range map[string]int64{
		"resnet18": 11_689_512, "resnet34": 21_797_672,
		"resnet50": 25_557_032, "resnet101": 44_549_160, "resnet152": 60_192_808,
		"resnext50_32x4d": 25_028_904, "resnext101_32x8d": 88_791_336, "resnext101_64x4d": 83_455_272,
		"wide_resnet50_2": 68_883_240, "wide_resnet101_2": 126_886_696,
		"resnet34_a": 21_623_848, "resnet34_b": 21_797_672, "resnet34_c": 22_716_840,
		"resnet34_a_end": 21_623_848, "resnet26": 15_995_176,
		"resnet18d": 11_708_744, "resnet26d": 16_014_408, "resnet34d": 21_816_904, "resnet50d": 25_576_264,
		"resnet101d": 44_568_392, "resnet152d": 60_212_040, "resnet200d": 64_693_064, "resnext50d_32x4d": 25_048_136,
		"resnet50c": 25_576_264, "resnet200": 64_673_832,
		"plain34": 21_623_848, "resnet50_v1": 25_557_032,
		"vgg11": 132_863_336, "vgg13": 133_047_848, "vgg16": 138_357_544, "vgg19": 143_667_240,
		"vgg16_bn": 138_365_992, "vgg19_bn": 143_678_248,
		"cifar_resnet20": 269_722, "cifar_resnet32": 464_154, "cifar_resnet44": 658_586, "cifar_resnet56": 853_018,
		"cifar_resnet110": 1_727_962, "cifar_resnet1202": 19_421_274, "cifar_plain20": 269_722,
	} {
		if got := mustBuild(t, Config{Arch: arch}).Total.Params; got != want {
			t.Errorf("%s has %d parameters, want %d", arch, got, want)
		}
	}
	for arch, want := range map[string]int64{
		"keras_resnet50": 25_636_712, "keras_resnet101": 44_707_176, "keras_resnet152": 60_419_944,
		"resnet50v2": 25_613_800, "resnet101v2": 44_675_560, "resnet152v2": 60_380_648,
	} {
		if c := mustBuild(t, Config{Arch: arch}).Total; c.Params+c.Buffers != want {
			t.Errorf("%s has %d parameters and running statistics, want %d", arch, c.Params+c.Buffers, want)
		}
	}
}

// TestMACs compares multiply-adds with torchvision's table of GFLOPS, and those of v1
// with what the paper's strides give.
func TestMACs(t *testing.T) {
	for arch, want := range map[string]string{
		"resnet18": "1.81", "resnet34": "3.66", "resnet50": "4.09", "resnet101": "7.80", "resnet152": "11.51",
		"resnext50_32x4d": "4.23", "resnext101_32x8d": "16.41", "resnext101_64x4d": "15.46",
		"wide_resnet50_2": "11.40", "wide_resnet101_2": "22.75",
		"vgg11": "7.61", "vgg13": "11.31", "vgg16": "15.47", "vgg19": "19.63", "vgg19_bn": "19.63",
		"resnet50_v1": "3.858", "resnet101_v1": "7.570", "resnet152_v1": "11.282",
	} {
		digits := len(want) - 1 - strings.IndexByte(want, '.')
		got := fmt.Sprintf("%.*f", digits, float64(mustBuild(t, Config{Arch: arch}).Total.MACs)/1e9)
		if got != want {
			t.Errorf("%s: %s GMACs, want %s", arch, got, want)
		}
	}
}

// TestInstant: even the largest nets are built, counted and lowered promptly.
func TestInstant(t *testing.T) {
	for _, c := range []Config{{Arch: "cifar_resnet1202", Batch: 256}, {Depth: 152, Batch: 256}} {
		start := time.Now()
		m := mustBuild(t, c)
		m.Counts()
		if _, err := m.Lower(nn.Pass{Probes: []nn.Probe{{At: nn.EveryLayer, What: nn.Moments}}}); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: built, counted and lowered in %v", m.Name, time.Since(start))
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s took %v", m.Name, d)
		}
	}
}
