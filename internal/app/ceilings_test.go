package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"resnet-tui/profile"
	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
)

// slowDevice has ceilings that were measured on a busy machine.
func slowDevice(flops float64) tensor.Device {
	return &tensortest.Fake{
		About: tensor.Info{
			ID: "cpu", Name: "Fake 1", Cores: 4, Kernels: "avx2",
			Precisions: []tensor.Precision{tensor.FP32, tensor.BF16},
		},
		Peak: tensor.Ceilings{
			FLOPS: flops, BytesPerSecond: 20e9, Matrix: map[tensor.Precision]float64{tensor.BF16: 2 * flops},
		},
	}
}

func cached(t *testing.T) Service { return Service{CacheDir: filepath.Join(t.TempDir(), "cache")} }

// TestCeilingsOnlyRise: the highest so far holds, for each number of threads and each
// precision by itself.
func TestCeilingsOnlyRise(t *testing.T) {
	v := cached(t)
	for _, c := range []struct {
		flops     float64
		threads   int
		precision tensor.Precision
		want      float64
	}{
		{150e9, 0, tensor.FP32, 150}, {120e9, 0, tensor.FP32, 150}, {160e9, 4, tensor.FP32, 160},
		{40e9, 1, tensor.FP32, 40}, {300e9, 0, tensor.BF16, 600}, {1e9, 0, tensor.FP32, 300}, // measured with bf16's
	} {
		got, err := v.roofs(slowDevice(c.flops), c.threads, c.precision).Measure(t.Context())
		if err != nil || got.GFLOPS != c.want || got.GBPS != 20 {
			t.Errorf("%+v gives %+v (%v)", c, got, err)
		}
	}
}

// TestCeilingsOfAllPrecisions: they are measured together, and kept together.
func TestCeilingsOfAllPrecisions(t *testing.T) {
	v := cached(t)
	if _, err := v.roofs(slowDevice(150e9), 0, tensor.FP32).Measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := v.roofs(slowDevice(1), 0, tensor.BF16).Known(); c != (profile.Ceilings{GFLOPS: 300, GBPS: 20}) {
		t.Errorf("bf16: %+v", c)
	}
	if c := v.roofs(slowDevice(1), 0, tensor.FP16).Known(); c.Known() {
		t.Errorf("fp16, which was not measured: %+v", c)
	}
}

// TestReachedRaisesTheCeiling: what a layer reaches over many passes is a ceiling too.
func TestReachedRaisesTheCeiling(t *testing.T) {
	v := cached(t)
	p := &profile.Profile{
		Runs: 20, Device: profile.Device{Threads: 4, Precision: "fp32"},
		Layers: []profile.LayerRow{
			{Path: "fast", ExecutedFLOPs: 2e8, Bytes: 1e5, MeanMS: 1, P50MS: 1},
			{Path: "cached", ExecutedFLOPs: 1e6, Bytes: 1e8, MeanMS: 1, P50MS: 1}, // 100 GB/s
		},
	}
	if err := v.addCeilings(t.Context(), p, slowDevice(150e9)); err != nil {
		t.Fatal(err)
	}
	if c := p.Ceilings; c.GFLOPS != 200 || c.GBPS != 20 || !c.Measured || p.AboveRoof() != nil {
		t.Errorf("ceilings %+v, row %+v", p.Ceilings, p.Layers[0])
	}
	if c := v.roofs(slowDevice(1), 0, tensor.FP32).Known(); c != (profile.Ceilings{GFLOPS: 200, GBPS: 20}) {
		t.Errorf("kept %+v", c)
	}
	p.Runs, p.Layers[0].ExecutedFLOPs = 1, 4e8 // one pass may be luck
	if err := v.addCeilings(t.Context(), p, slowDevice(150e9)); err != nil || p.Ceilings.GFLOPS != 200 {
		t.Errorf("one pass gives %+v (%v)", p.Ceilings, err)
	}
	if above := p.AboveRoof(); above == nil || above.Path != "fast" {
		t.Errorf("above the roof: %+v", above)
	}
}

// TestCeilingsFileMayBeBroken: what can't be read, or is no number of a machine, counts
// as unknown, and the next measurement repairs it.
func TestCeilingsFileMayBeBroken(t *testing.T) {
	key := "Fake 1, 4 cores, avx2, fp32"
	for _, text := range []string{
		"", "{", "null", `{"schema":"other"}`, "\x00\xff",
		fmt.Sprintf(`{"schema":%q,"machines":{%q:{"gflops":-1,"gbps":0}}}`, ceilingsSchema, key),
		fmt.Sprintf(`{"schema":%q,"machines":{%q:{"gflops":1e999}}}`, ceilingsSchema, key),
	} {
		v := cached(t)
		if err := os.MkdirAll(v.CacheDir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(v.ceilingsPath(), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		r := v.roofs(slowDevice(150e9), 0, tensor.FP32)
		if c := r.Known(); c.Known() {
			t.Errorf("%q is taken for %+v", text, c)
		}
		if c, err := r.orMeasure(t.Context()); err != nil || c.GFLOPS != 150 || r.Known() != c {
			t.Errorf("%q: measured %+v, kept %+v (%v)", text, c, r.Known(), err)
		}
	}
}

// TestCeilingsOfProgramsAtOnce: of programs that write at once, the highest stays, and
// each one's own key.
func TestCeilingsOfProgramsAtOnce(t *testing.T) {
	v := cached(t)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			r := v.roofs(slowDevice(1), 1+i%2, tensor.FP32)
			r.Keep(profile.Ceilings{GFLOPS: float64(100 + i*7%40), GBPS: 10})
		})
	}
	all.Wait()
	for threads, want := range map[int]float64{1: 138, 2: 139} {
		if c := v.roofs(slowDevice(1), threads, tensor.FP32).Known(); c.GFLOPS != want {
			t.Errorf("%d threads: %+v, want %v", threads, c, want)
		}
	}
	left, err := os.ReadDir(v.CacheDir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// TestLockOfAKilledProgram doesn't hold up anyone for long.
func TestLockOfAKilledProgram(t *testing.T) {
	v := cached(t)
	if err := os.MkdirAll(v.CacheDir, 0o755); err != nil {
		t.Fatal(err)
	}
	lock := v.ceilingsPath() + ".lock"
	if err := os.WriteFile(lock, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(lock, past, past); err != nil {
		t.Fatal(err)
	}
	c := v.roofs(slowDevice(1), 0, tensor.FP32).Keep(profile.Ceilings{GFLOPS: 5, GBPS: 5})
	data, err := os.ReadFile(v.ceilingsPath())
	if c.GFLOPS != 5 || err != nil || !strings.Contains(string(data), "Fake 1") {
		t.Errorf("%+v, %s (%v)", c, data, err)
	}
}
