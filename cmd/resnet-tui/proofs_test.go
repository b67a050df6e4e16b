package main

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"resnet-tui/profile/report"
	"resnet-tui/resnet"
	"resnet-tui/resnet/builtin"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/tensor"
)

// spoilt is a source of parameters some of which are changed.
type spoilt struct {
	tensor.Source
	change map[string]func(x []float32)
}

func (s spoilt) Load(p tensor.Param, t *tensor.Tensor) error {
	err := s.Source.Load(p, t)
	if f := s.change[p.Name]; f != nil {
		f(t.Data)
	}
	return err
}

// spoiltFile writes weights that come with the program, with changes.
func spoiltFile(t *testing.T, change map[string]func(x []float32)) string {
	t.Helper()
	net, err := builtin.Find("fashion-resnet20")
	if err != nil {
		t.Fatal(err)
	}
	m, err := resnet.Build(net.Config())
	if err != nil {
		t.Fatal(err)
	}
	f, err := net.Open()
	if err != nil {
		t.Fatal(err)
	}
	source, err := f.Source(m.Params)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "spoilt weights.safetensors")
	if err := checkpoint.WriteSafetensors(path, m.Params, spoilt{source, change}, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// fillWith sets the first n values.
func fillWith(n int, v float32) func(x []float32) {
	return func(x []float32) {
		for i := range x[:n] {
			x[i] = v
		}
	}
}

// TestProofsRun: the command lines that findings name are accepted and run.
func TestProofsRun(t *testing.T) {
	scale := func(x []float32) {
		for i := range x {
			x[i] *= 1000
		}
	}
	many := spoiltFile(t, map[string]func(x []float32){
		"layer1.0.conv1.weight":     fillWith(16*9, 0),
		"layer1.1.conv1.weight":     fillWith(16*16*9, 0.5),
		"layer1.2.conv1.weight":     scale,
		"layer2.0.bn1.weight":       fillWith(32, -1),
		"layer2.1.bn2.weight":       fillWith(32, 0),
		"layer2.2.bn1.bias":         fillWith(32, -50),
		"layer3.0.bn1.running_mean": fillWith(64, 0),
		"layer3.0.bn1.running_var":  fillWith(64, 1),
	})
	bad := spoiltFile(t, map[string]func(x []float32){"layer1.0.bn1.running_var": fillWith(1, float32(math.NaN()))})
	net := []string{"--arch", "cifar_resnet20", "--channels", "1", "--size", "28"}
	for _, args := range [][]string{
		append([]string{"--weights", many, "--backward", "--lr", "9", "--momentum", "0.999", "--weight-decay", "1"}, net...),
		append([]string{"--weights", bad}, net...),
		{"--arch", "cifar_resnet8", "--data", "synthetic:400", "--limit", "12", "--mean=-300", "--std", "0.01", "--no-calibrate"},
		{"--weights", "builtin:fashion-resnet20", "--labels", "1,2,3,4,5,6,7,8,9,0"},
	} {
		d := mustDecode[report.Diagnosis](t, append([]string{"diagnose"}, args...)...)
		if len(d.Findings) == 0 {
			t.Errorf("%v: nothing was found", args)
		}
		tried := map[string]bool{}
		for _, f := range d.Findings {
			if tried[f.Proof] {
				continue
			}
			tried[f.Proof] = true
			words := strings.Fields(strings.ReplaceAll(f.Proof, "spoilt weights", "spoilt\x00weights"))
			for i, word := range words {
				words[i] = strings.Trim(strings.ReplaceAll(word, "\x00", " "), "'")
			}
			if code, _, errs := inProcess(t, words[1:]...); code != exitDone {
				t.Errorf("%s: %s: exit %d: %s", f.Rule, f.Proof, code, errs)
			}
		}
	}
}
