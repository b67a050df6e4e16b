package oracle_test

import (
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"resnet-tui/internal/oracle"
	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// pass is a golden of a forward pass, and the net that must have these results.
type pass struct {
	model  *resnet.Model
	golden *oracle.Golden
	want   *oracle.Pass
	source tensor.Source
	train  bool
}

// TestNetsArePyTorch compares the forward passes of the reference and of the CPU with all
// goldens. In short mode, large nets are skipped.
func TestNetsArePyTorch(t *testing.T) {
	names, err := oracle.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the reference uses one core
			g, err := oracle.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			p := pass{golden: g, model: build(t, g), want: g.Eval}
			if m := p.model; testing.Short() && (m.Total.MACs*int64(g.Shape[0]) > 3e8 || huge(m)) {
				t.Skip("a large net, and the test is short")
			}
			defer makeRoom(p.model)()
			devices := openCPUs(t)
			p.source = newWeights(t, oracle.Source{}, p.model.Params)
			t.Run("eval", func(t *testing.T) { p.run(t, devices) })
			if p.train, p.want = true, g.Train; g.Train != nil {
				t.Run("train", func(t *testing.T) { p.run(t, devices) })
			}
		})
	}
}

// TestMain keeps garbage from doubling the memory of the nets: a VGG's gradients in float64
// take gigabytes.
func TestMain(m *testing.M) {
	debug.SetMemoryLimit(2 << 30)
	m.Run()
}

// huge reports whether a net's tests take gigabytes.
func huge(m *resnet.Model) bool { return m.Total.Params > 4e7 }

// room is held by the test of a huge net.
var room sync.Mutex

// makeRoom waits until no other huge net is tested, if m is huge.
func makeRoom(m *resnet.Model) (done func()) {
	if !huge(m) {
		return func() {}
	}
	room.Lock()
	return room.Unlock
}

// run checks a pass on the reference and on the devices.
func (p pass) run(t *testing.T, devices []tensor.Device) {
	t.Run("reference", p.checkReference)
	for i, dev := range devices {
		if i > 0 && !strings.HasPrefix(p.golden.Arch, "cifar") {
			break // one set of kernels is enough for the large nets
		}
		t.Run(dev.Info().Kernels, func(t *testing.T) { p.checkDevice(t, dev) })
	}
}

// build builds a golden's net.
func build(t *testing.T, g *oracle.Golden) *resnet.Model {
	t.Helper()
	m, err := resnet.Build(resnet.Config{Arch: g.Arch, Classes: g.Classes,
		Batch: g.Shape[0], Channels: g.Shape[1], Height: g.Shape[2], Width: g.Shape[3]})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// weights is a Source that holds every parameter, so that each is made only once.
type weights map[string][]float32

func newWeights(t *testing.T, from tensor.Source, params []tensor.Param) weights {
	t.Helper()
	w := weights{}
	for _, p := range params {
		x := tensor.New(p.Shape...)
		if err := from.Load(p, x); err != nil {
			t.Fatal(err)
		}
		w[p.Name] = x.Data
	}
	return w
}

// Load copies a parameter.
func (w weights) Load(p tensor.Param, t *tensor.Tensor) error {
	copy(t.Data, w[p.Name])
	return nil
}

// lower makes the plan, with probes.
func (p pass) lower(t *testing.T) *nn.Lowered {
	t.Helper()
	l, err := p.model.Lower(nn.Pass{Mode: modeOf(p.train), Probes: []nn.Probe{probeMoments}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// input returns the golden's input.
func (p pass) input() *tensor.Tensor { return oracle.Input(p.golden.Shape) }

// scalars returns the scalars of a plan, all of which are seeds for dropout.
func scalars(p *tensor.Plan) []float32 {
	return slices.Repeat([]float32{oracle.DropoutSeed}, len(p.Scalars))
}

// result is the result of a device or of the reference.
type result struct {
	logits []float64
	buffer func(tensor.BufferID) (mean, std float64) // of a probe
	param  func(tensor.Param) []float64
}

// check compares a result with the golden. The tolerance is bar, or slack times the error of
// PyTorch's own float32 if that is more: batch statistics of a few values amplify rounding.
func (p pass) check(t *testing.T, l *nn.Lowered, r result, bar oracle.Errors, slack float64) {
	t.Helper()
	own := p.want.Float32
	e := oracle.Errors{
		Logits:  p.want.LogitsError(r.logits),
		Layers:  p.checkLayers(t, l, r, max(bar.Layers, slack*own.Layers)),
		Running: p.checkRunning(t, r, max(bar.Running, slack*own.Running)),
	}
	if limit := max(bar.Logits, slack*own.Logits); !(e.Logits <= limit) {
		t.Errorf("logits differ by %.2g, more than %.2g", e.Logits, limit)
	}
	t.Logf("differences at most: %.2g of logits, %.2g of statistics, %.2g of running ones",
		e.Logits, e.Layers, e.Running)
}

// checkLayers compares every call's path and shape, and its statistics if it
// has a probe.
func (p pass) checkLayers(t *testing.T, l *nn.Lowered, r result, bar float64) (worst float64) {
	t.Helper()
	if len(p.model.Layers) != len(p.want.Layers) {
		t.Errorf("%d calls, PyTorch makes %d", len(p.model.Layers), len(p.want.Layers))
	}
	for _, layer := range p.model.Layers {
		golden, err := p.want.Layer(layer.Path, layer.Call)
		if err != nil {
			t.Error(err)
			continue
		}
		if !layer.Out.Equal(golden.Shape) {
			t.Errorf("%s call %d gives %v, PyTorch's %v", layer.Path, layer.Call, layer.Out, golden.Shape)
		}
		moments := siteOf(l, nn.Probe{At: layer.At(), What: nn.Moments})
		if moments == tensor.NoBuffer {
			continue
		}
		e := golden.Error(r.buffer(moments))
		if worst = max(worst, e); !(e <= bar) {
			t.Errorf("%s call %d: statistics differ by %.2g", layer.Path, layer.Call, e)
		}
	}
	return worst
}

// checkRunning compares the running statistics after a pass in train mode.
func (p pass) checkRunning(t *testing.T, r result, bar float64) (worst float64) {
	t.Helper()
	if !p.train {
		return 0
	}
	golden := map[string]oracle.Layer{}
	for _, l := range p.want.Running {
		golden[l.Path] = l
	}
	for _, param := range p.model.Params {
		if param.Role.Learnable() {
			continue
		}
		e := golden[param.Name].Error(oracle.Moments(r.param(param)))
		if worst = max(worst, e); !(e <= bar) {
			t.Errorf("%s differs by %.2g", param.Name, e)
		}
		delete(golden, param.Name)
	}
	for name := range golden {
		t.Errorf("the net has no %s", name)
	}
	return worst
}

// What tests probe.
var (
	probeMoments = nn.Probe{At: nn.EveryLayer, What: nn.Moments}
	probeFlows   = nn.Probe{At: nn.EveryBlock, What: nn.Flow}
	probeGrads   = nn.Probe{At: nn.EveryParameter, What: nn.Keep}
	probeInput   = nn.Probe{At: nn.Input, What: nn.Keep}
)

// modeOf is train mode, or eval mode.
func modeOf(train bool) nn.Mode {
	if train {
		return nn.Train
	}
	return nn.Eval
}

// siteOf is the buffer that a probe is read from.
func siteOf(l *nn.Lowered, p nn.Probe) tensor.BufferID {
	s, _ := l.Site(p)
	return s.Buffer
}
