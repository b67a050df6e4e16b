package live

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"resnet-tui/tensor"
)

// gpu makes a fake device a GPU with this much free memory.
func gpu(free int64) func(*device) {
	return func(d *device) {
		d.About = tensor.Info{ID: "vulkan:0", Name: "Abacus RTX", Kind: tensor.KindDiscrete, Memory: 8e9, Free: free}
	}
}

// TestLostDevice: an engine whose device is gone says so, with what to do, and answers on.
func TestLostDevice(t *testing.T) {
	lost := fmt.Errorf("vulkan:0 (Abacus RTX): %w", tensor.ErrLost)
	for name, ask := range map[string]func(d *device, e *Engine){
		"while running":   func(d *device, e *Engine) { d.RunError = lost; e.Send(Run{}) },
		"while compiling": func(d *device, e *Engine) { d.CompileError = lost; e.Send(SetFuse{false}) },
		"while stepping":  func(d *device, e *Engine) { d.RunError = lost; e.Send(StepLayer{}) },
	} {
		d := fake(gpu(6e9))
		o := small(t, d)
		o.Paused, o.Naming = true, func(field string) string { return "--" + field }
		e := start(t, o)
		await(t, e, "a pause", isAt(Paused))
		ask(d, e)
		s := await(t, e, name, isAt(Failed))
		want := "vulkan:0 (Abacus RTX): the device is lost; start again, or run without it: --device cpu"
		if !errors.Is(s.Err, tensor.ErrLost) || s.Err.Error() != want {
			t.Errorf("%s: %v", name, s.Err)
		}
		before := s.Answered
		e.Send(Run{})
		if s := await(t, e, name, func(s *State) bool { return s.Answered > before }); s.Phase != Failed {
			t.Errorf("%s: it is at %v", name, s.Phase)
		}
	}
}

// TestTooLittleMemory: what a device refuses names the largest batch that it takes, and
// what was there before stays.
func TestTooLittleMemory(t *testing.T) {
	d := fake(gpu(6e9))
	e := startPaused(t, d)
	d.CompileError = &tensor.MemoryError{Need: 9e9, Have: 200 << 20}
	e.Send(SetBatch{64})
	s := await(t, e, "a refusal", func(s *State) bool { return s.Notice != "" })
	for _, want := range []string{
		"cifar_resnet20 at batch 64 does not fit on vulkan:0 (Abacus RTX)", "it needs 9.00 GB", "the largest batch that fits is",
	} {
		if !strings.Contains(s.Notice, want) {
			t.Errorf("%q, want %q in it", s.Notice, want)
		}
	}
	if s.Phase != Paused || s.Actual.Batch != 1 {
		t.Errorf("at %v, batch %d", s.Phase, s.Actual.Batch)
	}

	d = fake(gpu(6e9))
	d.CompileError = &tensor.MemoryError{Need: 9e9, Have: 200 << 20}
	s = await(t, start(t, small(t, d)), "a failure", isAt(Failed))
	if !strings.Contains(s.Err.Error(), "the largest batch that fits is") {
		t.Errorf("at the start: %v", s.Err)
	}
}

// TestDeviceIsReadAgain: while passes run, the state has the device as it is now.
func TestDeviceIsReadAgain(t *testing.T) {
	d := fake(gpu(6e9))
	e := start(t, small(t, d))
	s := await(t, e, "passes", func(s *State) bool { return s.Device != nil })
	if s.Device.ID != "vulkan:0" || s.Device.Free != 6e9 {
		t.Errorf("%+v", s.Device)
	}
	first, began := s.Device, time.Now()
	await(t, e, "another reading", func(s *State) bool { return s.Device != first })
	if wait := time.Since(began); wait < deviceEvery/2 {
		t.Errorf("it was asked again after %v", wait)
	}
}
