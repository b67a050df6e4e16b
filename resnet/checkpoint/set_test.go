package checkpoint

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"resnet-tui/tensor"
)

// A saved object is one of: od, a dictionary; constant, a tensor; an int; a string.
type (
	od []struct {
		key, value any
	}
	// constant is a tensor of floats that are all the same.
	constant struct {
		shape tensor.Shape
		fill  byte
	}
)

// pickler writes objects as torch.save does.
type pickler struct {
	pickle  strings.Builder
	entries []string // of the archive
}

func (p *pickler) put(v any) {
	switch v := v.(type) {
	case string:
		p.pickle.WriteString(text(v))
	case int:
		p.pickle.WriteString("K" + string([]byte{byte(v)}))
	case constant:
		p.putTensor(v)
	case od:
		p.pickle.WriteString("}(")
		for _, e := range v {
			p.put(e.key)
			p.put(e.value)
		}
		p.pickle.WriteString("u")
	default:
		panic(fmt.Sprintf("%T", v))
	}
}

func (p *pickler) putTensor(b constant) {
	key, n := fmt.Sprint(len(p.entries)/2), b.shape.Elems()
	p.entries = append(p.entries, "a/data/"+key, strings.Repeat(floatBytes(b.fill), n))
	p.pickle.WriteString("ctorch._utils\n_rebuild_tensor\n(" + typedStorage("FloatStorage", key, byte(n)) + "K\x00(")
	for _, d := range b.shape {
		p.put(d)
	}
	p.pickle.WriteString("t(")
	for _, s := range rowMajor(b.shape) {
		p.put(s)
	}
	p.pickle.WriteString("ttR")
}

// savedFile writes an object to a file of that name in a folder of its own.
func savedFile(t *testing.T, name string, v any) string {
	t.Helper()
	var p pickler
	p.put(v)
	path := filepath.Join(t.TempDir(), name)
	data := archiveOf(t, append([]string{"a/data.pkl", p.pickle.String() + "."}, p.entries...)...)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// smallNet are the parameters of a net with one block.
var smallNet = map[string]tensor.Shape{
	"conv1.weight": {2, 1, 3, 3}, "bn1.running_mean": {2}, "layer1.0.conv1.weight": {2, 2, 3, 3},
	"layer1.0.bn1.weight": {2}, "fc.weight": {3, 2}, "fc.bias": {3},
}

func smallParams() (list []tensor.Param) {
	for _, name := range slices.Sorted(maps.Keys(smallNet)) {
		list = append(list, tensor.Param{Name: name, Shape: smallNet[name]})
	}
	return list
}

// netOf is a state_dict of smallNet; each of its tensors is filled with the same.
func netOf(prefix string, fill byte) (d od) {
	for _, p := range smallParams() {
		d = append(d, od{{prefix + p.Name, constant{p.Shape, fill}}}...)
	}
	return d
}

func join(ds ...od) od { return slices.Concat(ds...) }

// filled opens a file, matches it with smallNet, and returns what its tensors are filled
// with.
func filled(path string) (float32, error) {
	f, err := Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	src, err := f.Source(smallParams())
	if err != nil {
		return 0, err
	}
	var first float32
	for i, p := range smallParams() {
		x := tensor.New(p.Shape...)
		if err := src.Load(p, x); err != nil {
			return 0, err
		}
		if i == 0 {
			first = x.Data[0]
		}
		if x.Data[0] != first {
			return 0, fmt.Errorf("%s is %v, the first %v", p.Name, x.Data[0], first)
		}
	}
	return first, nil
}

// TestOneSetFits: of several dictionaries, and of several prefixes in one, the one is
// taken that fits the net.
func TestOneSetFits(t *testing.T) {
	other := od{
		{"layer1.0.conv1.weight", constant{tensor.Shape{4, 4, 3, 1}, 9}}, {"conv1.weight", constant{tensor.Shape{4}, 9}},
	}
	under := func(prefix string, d od) (out od) {
		for _, e := range d {
			out = append(out, od{{prefix + e.key.(string), e.value}}...)
		}
		return out
	}
	moments := od{{"exp_avg", constant{tensor.Shape{3}, 8}}}
	optimizer := od{{"state", od{{0, moments}, {1, moments}}}}
	aWeight := od{{"weight", constant{tensor.Shape{3}, 2}}}
	for name, saved := range map[string]od{
		"plain":             netOf("", 1),
		"nested":            {{"epoch", 3}, {"checkpoint", od{{"state_dict", netOf("module.", 1)}}}, {"optimizer", optimizer}},
		"class weights":     {{"state_dict", netOf("model.", 1)}, {"hyper_parameters", aWeight}},
		"another net":       {{"teacher", other}, {"student", netOf("", 1)}},
		"number":            {{1, netOf("", 1)}},
		"number and module": {{7, netOf("module.", 1)}},
		"prefixes":          join(under("teacher.", other), netOf("student.", 1)),
		"beside a prefix":   join(under("teacher.", other), netOf("student.", 1), od{{"center", constant{tensor.Shape{3}, 2}}}),
		"with a part":       {{"model", netOf("", 1)}, {"neck", od{{"conv1.weight", constant{tensor.Shape{2, 1, 3, 3}, 4}}}}},
		"in one":            join(netOf("", 1), od{{"ema", other}}),
		"compiled":          netOf("_orig_mod.", 1),
		"in a sequence":     join(netOf("net.0.", 1), od{{"net.0.bn1.num_batches_tracked", constant{tensor.Shape{}, 2}}}),
	} {
		if got, err := filled(savedFile(t, "net.pth", saved)); err != nil || got != 1 {
			t.Errorf("%s: %v (%v)", name, got, err)
		}
	}
}

// advised is what an error tells to open instead.
var advised = regexp.MustCompile(`\S+net\S*\.pth#\S*`)

// TestSeveralSetsFit: none is taken silently; the error names what opens each, and that
// opens it.
func TestSeveralSetsFit(t *testing.T) {
	queue := od{{"module.queue", constant{tensor.Shape{5}, 3}}}
	for name, c := range map[string]struct {
		saved od
		keys  []string
	}{
		"dictionaries":  {od{{"model", netOf("module.", 1)}, {"model_ema", netOf("", 2)}}, []string{"model", "model_ema"}},
		"the outermost": {join(netOf("", 1), od{{"ema", netOf("", 2)}}), []string{".", "ema"}},
		"numbers":       {od{{1, netOf("", 1)}, {2, netOf("", 2)}}, []string{"1", "2"}},
		"prefixes":      {join(netOf("student.", 1), netOf("teacher.", 2)), []string{"student", "teacher"}},
		"nested prefixes": {
			od{{"state_dict", join(netOf("module.encoder_q.", 1), netOf("module.encoder_k.", 2), queue)}},
			[]string{"state_dict.module.encoder_q", "state_dict.module.encoder_k"},
		},
		"a prefix inside":   {join(netOf("", 1), netOf("ema.module.", 2)), []string{".", "ema.module"}},
		"a prefix in one":   {od{{"sd", join(netOf("net.", 1), netOf("net.ema.", 2))}}, []string{"sd.net.", "sd.net.ema"}},
		"dots in keys":      {od{{"a.b", netOf("", 1)}, {"a", od{{"c", netOf("", 2)}}}}, []string{"a.b", "a.c"}},
		"a name with # too": {od{{"x#y", netOf("", 1)}, {"z", netOf("", 2)}}, []string{"x#y", "z"}},
	} {
		path := savedFile(t, "net#1.pth", c.saved)
		_, err := filled(path)
		var choice *ChoiceError
		if !errors.As(err, &choice) || !choice.Fit || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		args := advised.FindAllString(err.Error(), -1)
		want := []string{path + "#" + c.keys[0], path + "#" + c.keys[1]}
		if !slices.Equal(args, want) {
			t.Errorf("%s: advice %v, want %v", name, args, want)
		}
		for i, arg := range args {
			if got, err := filled(arg); err != nil || got != float32(i+1) {
				t.Errorf("%s: %s is %v (%v)", name, arg, got, err)
			}
		}
	}
}

// TestKeys: what may stand behind FILE#.
func TestKeys(t *testing.T) {
	inner := od{{"state_dict", join(netOf("module.encoder_q.", 1), netOf("module.encoder_k.", 2))}}
	path := savedFile(t, "net.pth", od{{"run", inner}, {"best", od{{"model", netOf("", 3)}}}})
	for key, want := range map[string]float32{
		"run.state_dict.module.encoder_q": 1, "run.state_dict.module.encoder_k.": 2, "encoder_k": 2, "module.encoder_q": 1,
		"best": 3, "best.model": 3, "model": 3, "best.model.": 3,
	} {
		if got, err := filled(path + "#" + key); err != nil || got != want {
			t.Errorf("#%s: %v (%v)", key, got, err)
		}
	}
	for _, key := range []string{"run", "run.state_dict", "run.state_dict.module", ""} {
		var choice *ChoiceError
		if _, err := filled(path + "#" + key); !errors.As(err, &choice) {
			t.Errorf("#%s: %v", key, err)
		}
	}
	for _, key := range []string{"ema", ".", "best.", "run.state_dict.module."} {
		_, err := filled(path + "#" + key)
		wantError(t, key, err, "it has no set of weights \""+key+"\"; there are "+
			path+"#run.state_dict.module.encoder_q (6 tensors)")
	}
	_, err := filled(path + ".none#best")
	wantError(t, "no file", err, "net.pth.none#best: no such file")
}

// TestNoSetFits: the set that comes closest says why.
func TestNoSetFits(t *testing.T) {
	headless := od(slices.DeleteFunc(netOf("", 1), func(e struct{ key, value any }) bool {
		return strings.HasPrefix(e.key.(string), "fc.")
	}))
	other := od{{"weight", constant{tensor.Shape{3}, 2}}}
	path := savedFile(t, "net.pth", od{{"model", headless}, {"weights", od{{"weight", constant{tensor.Shape{3}, 2}}}}})
	_, err := filled(path)
	var mismatch *MatchError
	if !errors.As(err, &mismatch) || !slices.Equal(mismatch.Missing, []string{"fc.bias", "fc.weight"}) ||
		mismatch.Set.Argument() != path+"#model" {
		t.Errorf("%v", err)
	}
	wantError(t, "closest", err, "net.pth#model doesn't fit the net: 2 missing (fc.bias, fc.weight)")
	path = savedFile(t, "net.pth", od{{"a", headless}, {"b", od(slices.Clone(headless))}, {"c", other}})
	_, err = filled(path)
	wantError(t, "two as close", err, "none of which fits the net: "+path+"#a (4 tensors), "+path+"#b (4 tensors)")
}

// sequenceOf is the net as nn.Sequential(*net.children()) names it.
func sequenceOf(prefix string, fill byte) (d od) {
	for _, e := range netOf("", fill) {
		name := e.key.(string)
		for module, number := range map[string]string{"conv1.": "0.", "bn1.": "1.", "layer1.": "4.", "fc.": "9."} {
			if rest, ok := strings.CutPrefix(name, module); ok {
				name = number + rest
				break
			}
		}
		d = append(d, od{{prefix + name, e.value}}...)
	}
	return d
}

// TestSequentialNames: numbers in place of modules' names are taken in their order.
func TestSequentialNames(t *testing.T) {
	for _, prefix := range []string{"", "module.", "0."} {
		if got, err := filled(savedFile(t, "net.pth", sequenceOf(prefix, 1))); err != nil || got != 1 {
			t.Errorf("%q: %v (%v)", prefix, got, err)
		}
	}
	twoHeads := append(sequenceOf("", 1), od{{"11.weight", constant{tensor.Shape{3, 3}, 1}}}...)
	_, err := filled(savedFile(t, "net.pth", twoHeads))
	wantError(t, "two heads", err,
		"1 extra (11.weight); its names, such as 1.running_mean, are those of nn.Sequential(*net.children())")
}

// TestPart takes what fits; of a tensor of another shape, neither the parameter nor the
// tensor is taken.
func TestPart(t *testing.T) {
	saved := netOf("model.", 1)
	saved = slices.DeleteFunc(saved, func(e struct{ key, value any }) bool { return e.key == "model.bn1.running_mean" })
	for i := range saved {
		if saved[i].key == "model.fc.bias" {
			saved[i].value = constant{tensor.Shape{7}, 1}
		}
	}
	saved = append(saved, od{{"loss.weight", constant{tensor.Shape{3}, 1}}}...)
	f, err := Open(savedFile(t, "net.pth", od{{"state_dict", saved}, {"other", od{{"weight", constant{tensor.Shape{1}, 1}}}}}))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := f.Part(smallParams())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Missing, []string{"bn1.running_mean", "fc.bias"}) ||
		!slices.Equal(m.Unused, []string{"model.fc.bias", "loss.weight"}) {
		t.Errorf("missing %v, unused %v", m.Missing, m.Unused)
	}
	src := m.Source(sequence{})
	for _, p := range smallParams() {
		x := tensor.New(p.Shape...)
		if err := src.Load(p, x); err != nil || slices.Contains(m.Missing, p.Name) == (x.Data[1] == 1) {
			t.Errorf("%s: %v (%v)", p.Name, x.Data, err)
		}
	}
	_, err = f.Part(params("features.0.weight"))
	wantError(t, "nothing fits", err, "doesn't fit the net: 1 missing")
	two, err := Open(savedFile(t, "net.pth", join(netOf("a.", 1), netOf("b.", 2))))
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	_, err = two.Part(smallParams())
	wantError(t, "two parts", err, "name one of them")
}

// TestSharedModule: tensors that are saved under two names are one set.
func TestSharedModule(t *testing.T) {
	f := fileOf(t, "a.layer1.0.conv1.weight", "b.layer1.0.conv1.weight")
	if len(f.Sets()) != 1 {
		t.Errorf("%d sets of tensors that are no convolutions", len(f.Sets()))
	}
	shape := tensor.Shape{2, 2, 3, 3}
	v := &view{dtype: F32, shape: shape, strides: rowMajor(shape), store: store{size: 4 * 36}}
	g := &File{name: "net", path: "net"}
	g.list([]*dictionary{{tensors: []named{{"a.layer1.0.conv1.weight", v}, {"b.layer1.0.conv1.weight", v}}}})
	if len(g.Sets()) != 2 {
		t.Fatalf("%d sets", len(g.Sets()))
	}
	if _, err := g.Source([]tensor.Param{{Name: "layer1.0.conv1.weight", Shape: shape}}); err != nil {
		t.Error(err)
	}
}

// TestForeignTensors: the names of other projects are listed as torchvision's.
func TestForeignTensors(t *testing.T) {
	conv := tensor.Shape{2, 2, 3, 3}
	f, err := Open(savedFile(t, "net.pth", od{
		{"resnet.embedder.embedder.convolution.weight", constant{conv, 1}},
		{"resnet.encoder.stages.0.layers.0.layer.0.convolution.weight", constant{conv, 1}},
		{"resnet.encoder.stages.0.layers.0.shortcut.normalization.running_mean", constant{tensor.Shape{2}, 1}},
		{"classifier.1.weight", constant{tensor.Shape{3, 2}, 1}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []string
	for _, p := range f.Sets()[0].Tensors() {
		got = append(got, p.Name)
	}
	for _, want := range []string{
		"conv1.weight", "layer1.0.conv1.weight", "layer1.0.downsample.1.running_mean", "fc.weight",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in %v", want, got)
		}
	}
}

// TestSetTensors lists names as torchvision has them.
func TestSetTensors(t *testing.T) {
	counter := od{{"module.bn1.num_batches_tracked", constant{tensor.Shape{}, 1}}}
	f, err := Open(savedFile(t, "net.pth", od{{"sd", join(netOf("module.", 1), counter)}}))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := map[string]tensor.Shape{}
	for _, p := range f.Sets()[0].Tensors() {
		got[p.Name] = p.Shape
	}
	if len(got) != len(smallNet) {
		t.Errorf("%v", got)
	}
	for name, shape := range smallNet {
		if !got[name].Equal(shape) {
			t.Errorf("%s is %v, want %v", name, got[name], shape)
		}
	}
}
