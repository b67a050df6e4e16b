package app

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/tensor"
)

// renamed are a net's parameters under other names.
type renamed struct {
	list []tensor.Param
	from tensor.Source
	as   map[string]tensor.Param // of the net, by the name in the file
}

func (r *renamed) Load(p tensor.Param, t *tensor.Tensor) error {
	return r.from.Load(r.as[p.Name], t)
}

// add adds a net's parameters whose names begin with one of only, if there are any.
func (r *renamed) add(t *testing.T, prefix string, c resnet.Config, only ...string) {
	t.Helper()
	m, err := resnet.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	if r.as == nil {
		r.as, r.from = map[string]tensor.Param{}, m.Initial(7)
	}
	for _, p := range m.Params {
		begins := func(part string) bool { return strings.HasPrefix(p.Name, part) }
		if len(only) > 0 && !slices.ContainsFunc(only, begins) {
			continue
		}
		of := p
		p.Name = prefix + p.Name
		r.as[p.Name] = of
		r.list = append(r.list, p)
	}
}

// file writes them.
func (r *renamed) file(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "net.safetensors")
	if err := checkpoint.WriteSafetensors(path, r.list, r, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// netFile writes a fresh net.
func netFile(t *testing.T, c resnet.Config) string {
	t.Helper()
	var r renamed
	r.add(t, "", c)
	return r.file(t)
}

// backbone are the beginnings of all names but the classifier's.
var backbone = []string{"conv1", "bn1", "layer"}

// Without a flag that names the net it is the one that the weights fit; what the spec
// asks for stays.
func TestNetOfWeights(t *testing.T) {
	small := resnet.Config{Family: resnet.CIFAR, Depth: 8, Classes: 7, Channels: 1}
	for _, c := range []struct {
		file, ask resnet.Config
		want      string
		says      string
	}{
		{small, resnet.Config{}, "cifar_resnet8", "fit shortcut A-end, plain as well"},
		{small, resnet.Config{Height: 12, Width: 12, Batch: 3}, "cifar_resnet8", "taken for cifar_resnet8 with 7 classes"},
		{small, resnet.Config{Plain: true}, "cifar_plain8", ""},
		{small, resnet.Config{Shortcut: resnet.ShortcutAEnd}, "cifar_resnet8_a_end", ""},
		{resnet.Config{Arch: "cifar_preact_resnet11"}, resnet.Config{}, "cifar_preact_resnet11", "A-end"},
		{resnet.Config{Depth: 18, Stem: resnet.Stem3x3}, resnet.Config{}, "resnet18_3x3", ""},
		{resnet.Config{Depth: 26, Groups: 4, WidthPerGroup: 8}, resnet.Config{Variant: resnet.V1}, "resnext26_4x8d_v1", ""},
	} {
		var h heard
		b, err := service(t).Open(t.Context(), Spec{Net: c.ask, Weights: netFile(t, c.file)}, h.listener())
		if err != nil {
			t.Errorf("%s: %v", c.want, err)
			continue
		}
		m := b.Model()
		if want, err := c.file.Resolve(); err != nil || m.Name != c.want || m.Config.Classes != want.Classes ||
			m.Config.Channels != want.Channels || c.ask.Batch > 0 && m.Config.Height != c.ask.Height {
			t.Errorf("%+v gives %s %+v, want %s (%v)", c.ask, m.Name, m.Config, c.want, err)
		}
		if said := strings.Join(h.notices, "\n"); (c.says == "") != (said == "") || !strings.Contains(said, c.says) {
			t.Errorf("%s: heard %q, want %q", c.want, said, c.says)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	b, err := service(t).Open(t.Context(), Spec{}, Listener{})
	if err != nil || b.Model().Name != "resnet50" {
		t.Fatalf("without weights: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// A net that doesn't fit its weights is refused with what they fit.
func TestMismatchAdvises(t *testing.T) {
	small := netFile(t, resnet.Config{Family: resnet.CIFAR, Depth: 8, Classes: 7, Channels: 1})
	var two, odd, more renamed
	two.add(t, "student.", resnet.Config{Arch: "cifar_resnet8"})
	two.add(t, "teacher.", resnet.Config{Arch: "cifar_resnet14"})
	odd.add(t, "", resnet.Config{Arch: "cifar_resnet8"}, "conv1")
	more.add(t, "", resnet.Config{Arch: "cifar_resnet8"})
	more.add(t, "loss.", resnet.Config{Arch: "cifar_resnet8"}, "fc")
	for _, c := range []struct {
		net  resnet.Config
		file string
		want string
	}{
		{resnet.Config{Arch: "cifar_resnet14"}, small,
			"; its tensors are those of cifar_resnet8 with 7 classes: arch cifar_resnet8 classes 7 channels 1"},
		{resnet.Config{Arch: "cifar_plain8"}, small,
			"are those of cifar_plain8 with 7 classes: arch cifar_plain8 classes 7 channels 1"},
		{resnet.Config{Classes: 9}, small,
			"are those of cifar_resnet8 with 7 classes: arch cifar_resnet8 classes 7 channels 1"},
		{resnet.Config{Arch: "resnet18", Classes: 10}, netFile(t, resnet.Config{Arch: "resnet18_3x3", Classes: 10}),
			"are those of resnet18_3x3 with 10 classes: arch resnet18_3x3 classes 10"},
		{resnet.Config{Arch: "resnet26", Classes: 10}, netFile(t, resnet.Config{Arch: "resnet26"}),
			"are those of resnet26 (v1.5) with 1000 classes: arch resnet26 classes 1000"},
		{resnet.Config{Arch: "cifar_resnet8"}, more.file(t),
			"2 extra (loss.fc.weight, loss.fc.bias); partial takes the 37 tensors that fit"},
		{resnet.Config{Arch: "resnet18"}, two.file(t), "student (cifar_resnet8 with 10 classes), "},
		{resnet.Config{}, two.file(t), "name one of them: "},
		{resnet.Config{}, odd.file(t), "its 1 tensors (conv1.weight) are no net's that this program can tell"},
	} {
		_, err := service(t).Open(t.Context(), Spec{Net: c.net, Weights: c.file}, Listener{})
		refusedFor(t, err, c.want)
	}
	for _, net := range []string{"cifar_resnet8", "cifar_resnet14"} {
		b, err := service(t).Open(t.Context(), Spec{Net: resnet.Config{Arch: net}, Weights: two.file(t)}, Listener{})
		if err != nil {
			t.Errorf("%s of two nets: %v", net, err)
			continue
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What fits is taken, and the report says what is not.
func TestPartialWeights(t *testing.T) {
	var r renamed
	c := resnet.Config{Arch: "cifar_resnet8"}
	r.add(t, "model.", c, backbone...)
	r.add(t, "model.", resnet.Config{Arch: "cifar_resnet8", Classes: 3}, "fc.weight")
	r.add(t, "loss.", c, "fc.bias")
	spec := tiny("cifar_resnet8")
	spec.Weights = r.file(t)
	v := service(t)
	_, err := v.Run(t.Context(), spec, RunOptions{}, Listener{})
	refusedFor(t, err, "1 of another shape (fc.weight: 3×64 in the file, 10×64 in the net); "+
		"partial takes the 36 tensors that fit")
	spec.Partial = true
	var h heard
	run, err := v.Run(t.Context(), spec, RunOptions{}, h.listener())
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(run.Model.Partial)
	if want := `{"missing":["fc.weight"],"unused":["model.fc.weight"]}`; err != nil || string(data) != want {
		t.Errorf("%s (%v), want %s", data, err, want)
	}
	said := strings.Join(h.notices, "; ")
	for _, want := range []string{
		"1 of the net's 37 tensors stay at their initialisation: fc.weight", "1 of its tensors are not used: model.fc.weight",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("heard %s, want %s", said, want)
		}
	}
	if line := run.Model.Line(); !strings.Contains(line, "net.safetensors (partial: 1 missing, 1 unused)") {
		t.Error(line)
	}
	spec.Net = resnet.Config{Arch: "vgg11"}
	_, err = v.Run(t.Context(), spec, RunOptions{}, Listener{})
	refusedFor(t, err, "doesn't fit the net")
	spec.Weights = ""
	_, err = v.Run(t.Context(), spec, RunOptions{}, Listener{})
	refusedFor(t, err, "partial is about weights")
}

// All of a net and more: with partial it computes what it does without the rest.
func TestPartialOfMore(t *testing.T) {
	c := resnet.Config{Arch: "cifar_resnet8"}
	var r renamed
	r.add(t, "model.", c)
	alone := tiny("cifar_resnet8")
	alone.Weights = r.file(t)
	r.add(t, "loss.", c, "bn1")
	both := tiny("cifar_resnet8")
	both.Weights, both.Partial = r.file(t), true
	a, err := service(t).Run(t.Context(), alone, RunOptions{}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := service(t).Run(t.Context(), both, RunOptions{}, Listener{})
	if err != nil {
		t.Fatal(err)
	}
	if p := b.Model.Partial; a.Model.Partial != nil || p == nil || len(p.Missing) != 0 || len(p.Unused) != 4 {
		t.Errorf("%+v", p)
	}
	for i, row := range a.Output.Logits {
		if !slices.Equal(row, b.Output.Logits[i]) {
			t.Errorf("image %d: %v, with more in the file %v", i, row, b.Output.Logits[i])
		}
	}
}
