package export

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	pprof "github.com/google/pprof/profile"

	"resnet-tui/profile"
)

func TestPProfValues(t *testing.T) {
	var b bytes.Buffer
	if err := PProf(&b, sample()); err != nil {
		t.Fatal(err)
	}
	p, err := pprof.ParseData(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var sum [4]int64
	for _, s := range p.Sample {
		for i, v := range s.Value {
			sum[i] += v
		}
	}
	if sum != [4]int64{10e6, 11000, 7 * 2048, 16} {
		t.Errorf("sums %v", sum)
	}
	s := p.Sample[1]
	var frames []string
	for _, l := range s.Location {
		frames = append(frames, l.Line[0].Function.Name)
	}
	if got := strings.Join(frames, "|"); got != "winograd F(4,3) avx2|layer1.0.conv1|layer1.0|layer1|forward|resnet50" {
		t.Errorf("frames %s", got)
	}
	for key, want := range map[string]string{"pass": "forward", "kind": "Conv2d", "block": "layer1.0", "path_in_block": "branch", "device": "cpu"} {
		if got := s.Label[key]; len(got) != 1 || got[0] != want {
			t.Errorf("label %s = %v, want %s", key, got, want)
		}
	}
	if p.DefaultSampleType != "time" || p.DurationNanos != 10e6 {
		t.Errorf("default %s, duration %d", p.DefaultSampleType, p.DurationNanos)
	}
}

// TestPProfTool reads the file with Go's own tool.
func TestPProfTool(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command on the path")
	}
	slow := sample()
	slow.Layers[1].MeanMS, slow.Total.MeanMS = 3, 11
	a, b := written(t, PProf, sample(), "a.pb.gz"), written(t, PProf, slow, "b.pb.gz")
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"-top", "-cum", a}, []string{"Type: time", "Duration: 10ms, Total samples = 10000us", "10000us 100% resnet50", "4000us 40.00% backward", "overhead"}},
		{[]string{"-tree", a}, []string{"layer1.0.downsample.0", "layer3"}},
		{[]string{"-top", "-sample_index=macs", a}, []string{"Type: macs", "11000"}},
		{[]string{"-top", "-sample_index=bytes", a}, []string{"14kB"}},
		{[]string{"-top", "-sample_index=runs", a}, []string{"16"}},
		{[]string{"-top", "-tagfocus=pass=update", a}, []string{"500us 5.00%", "sgd"}},
		{[]string{"-top", "-tagfocus=path_in_block=skip", "-cum", a}, []string{"layer1.0.downsample.0"}},
		{[]string{"-top", "-diff_base", a, b}, []string{"1ms 10.00%", "winograd"}},
		{[]string{"-traces", a}, []string{"pass:", "layer3.4.conv2"}},
		{[]string{"-dot", a}, []string{"digraph"}},
	} {
		cmd := exec.Command(goTool, append([]string{"tool", "pprof"}, c.args...)...)
		cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+t.TempDir())
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v: %v\n%s", c.args, err, out)
			continue
		}
		text := strings.Join(strings.Fields(string(out)), " ")
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%v: no %q in\n%s", c.args, want, out)
			}
		}
	}
}

// written writes p by an exporter and returns the file's path.
func written(t *testing.T, to func(w io.Writer, p *profile.Profile) error, p *profile.Profile, name string) string {
	t.Helper()
	var b bytes.Buffer
	if err := to(&b, p); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
