package train

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"resnet-tui/tensor"
)

// losing is a device that is lost in one of its runs: that run and all after it fail,
// and so does what reads its states.
type losing struct {
	tensor.Device
	runs int // until it is lost
}

func (d *losing) lost() error {
	if d.runs <= 0 {
		return fmt.Errorf("the driver has reset it: %w", tensor.ErrLost)
	}
	return nil
}

func (d *losing) NewState(params []tensor.Param, source tensor.Source) (tensor.State, error) {
	s, err := d.Device.NewState(params, source)
	return &losingState{s, d}, err
}

func (d *losing) Compile(p *tensor.Plan, s tensor.State, o tensor.Options) (tensor.Program, error) {
	if own, ok := s.(*losingState); ok {
		s = own.State
	}
	prog, err := d.Device.Compile(p, s, o)
	return &losingProgram{prog, d}, err
}

type losingState struct {
	tensor.State
	device *losing
}

func (s *losingState) Read(name string, t *tensor.Tensor) error {
	if err := s.device.lost(); err != nil {
		return err
	}
	return s.State.Read(name, t)
}

type losingProgram struct {
	tensor.Program
	device *losing
}

func (p *losingProgram) Run(ctx context.Context, o tensor.RunOptions) error {
	p.device.runs--
	if err := p.device.lost(); err != nil {
		return err
	}
	return p.Program.Run(ctx, o)
}

// TestLostDevice: a run whose device is lost keeps its last checkpoint, or the copy of
// its state in memory where that is newer, and goes on from there to the same bits.
func TestLostDevice(t *testing.T) {
	dir := t.TempDir()
	long := func(o *Options) { o.Epochs, o.Images = 2, patches{8 * 50, 1, -1} } // 50 steps an epoch
	straight := run(t, newDevice(t), filepath.Join(dir, "straight"), t.Context(), long)
	for _, c := range []struct{ lostIn, saveEvery, kept int }{
		{20, 0, 0},   // the copy is of the beginning
		{40, 0, 32},  // the copy is newer than any checkpoint
		{39, 10, 32}, // and than the one of step 30
		{36, 5, 35},
		{56, 0, 50}, // the epoch's checkpoint, after three passes that evaluate
	} {
		folder := filepath.Join(dir, fmt.Sprint(c))
		dev := &losing{newDevice(t), c.lostIn + 1}
		broken := run(t, dev, folder, t.Context(), func(o *Options) {
			long(o)
			o.SaveEvery = c.saveEvery
		})
		if !errors.Is(broken.err, tensor.ErrLost) {
			t.Fatalf("%+v: %v", c, broken.err)
		}
		if c.kept == 0 {
			if broken.Checkpoint != "" {
				t.Errorf("%+v: kept %s", c, broken.Checkpoint)
			}
			continue
		}
		saved, err := readSaved(broken.Checkpoint)
		if err != nil || saved.position.Step != c.kept || broken.Steps < c.kept {
			t.Fatalf("%+v: kept %+v of %d steps (%v)", c, saved, broken.Steps, err)
		}
		resumed := run(t, newDevice(t), folder, t.Context(), func(o *Options) {
			long(o)
			o.Resume = true
		})
		if resumed.err != nil {
			t.Fatal(resumed.err)
		}
		sameWeights(t, straight.Checkpoint, resumed.Checkpoint)
		if left, _ := filepath.Glob(filepath.Join(folder, "*step*")); len(left) > 0 {
			t.Errorf("%+v: left behind: %v", c, left)
		}
	}
}
