//go:build !nogpu

package vulkan

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"resnet-tui/tensor"
	"resnet-tui/tensor/tensortest"
	"resnet-tui/tensor/vulkan/internal/vk"
)

// running is a small net on a device of its own, which a test may break.
type running struct {
	dev   *device
	state tensor.State
	prog  tensor.Program
}

func start(t *testing.T) running {
	t.Helper()
	r := running{dev: open(t)}
	b, _ := tensortest.SmallNet(false, 2)
	var err error
	if r.state, err = r.dev.NewState(b.Params, tensortest.Values{Seed: 1}); err != nil {
		t.Fatal(err)
	}
	if r.prog, err = r.dev.Compile(&b.Plan, r.state, tensor.Options{Fuse: true}); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r running) run() error { return r.prog.Run(context.Background(), tensor.RunOptions{}) }

// mustBeLost checks what a run ended with, and that nothing works any more: runs and
// transfers fail at once, and closing does not wait.
func (r running) mustBeLost(t *testing.T, err error, says string) {
	t.Helper()
	if !errors.Is(err, tensor.ErrLost) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), r.dev.p.name()) {
		t.Errorf("%v, want a lost device: %s", err, says)
	}
	began := time.Now()
	if err := r.run(); !errors.Is(err, tensor.ErrLost) {
		t.Errorf("the next run: %v", err)
	}
	for name := range r.state.(*state).params {
		p := r.state.(*state).params[name]
		if err := r.state.Read(name, tensor.New(p.Shape...)); !errors.Is(err, tensor.ErrLost) {
			t.Errorf("reading %s: %v", name, err)
		}
		break
	}
	if err := errors.Join(r.prog.Close(), r.state.Close(), r.dev.Close()); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("closing took %v", took)
	}
}

// TestLost: a device that is lost while it starts work, or in the middle of it.
func TestLost(t *testing.T) {
	lost := command(func(a, b, c, d, e uintptr) uintptr { return failure(int32(vk.DeviceLost)) })
	for name, breakIt := range map[string]func(*device){
		"starting": func(d *device) { d.QueueSubmit = lost },
		"waiting":  func(d *device) { d.WaitForFences = lost },
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			freed := 0
			free := r.dev.FreeMemory
			r.dev.FreeMemory = command(func(d, m, a uintptr) uintptr {
				freed++
				return free.Address(vk.Handle(d), vk.Handle(m), vk.Handle(a))
			})
			breakIt(r.dev)
			r.mustBeLost(t, r.run(), "its driver has reset it")
			if freed < 4 { // arena, words, parameters, staging
				t.Errorf("%d pieces of memory were freed", freed)
			}
		})
	}
}

// TestWaitFails: after another error nothing is known of the GPU. What it may still use
// is freed only when it is idle.
func TestWaitFails(t *testing.T) {
	r := start(t)
	idle := false
	wait := r.dev.DeviceWaitIdle
	r.dev.DeviceWaitIdle = command(func(d uintptr) uintptr { idle = true; return wait.Address(vk.Handle(d)) })
	r.dev.WaitForFences = command(func(a, b, c, d, e uintptr) uintptr { return failure(int32(vk.OutOfHostMemory)) })
	err := r.run()
	if !idle {
		t.Error("nobody waited for the GPU")
	}
	r.mustBeLost(t, err, "out of host memory")
}

// TestHangs: a GPU that does not end its work is given up, and what it may still use is
// left alone.
func TestHangs(t *testing.T) {
	r := start(t)
	r.dev.patience = 20 * time.Millisecond
	r.dev.WaitForFences = command(func(a, b, c, d, e uintptr) uintptr { return uintptr(vk.Timeout) })
	touched := false
	touch := command(func(a, b, c uintptr) uintptr { touched = true; return 0 })
	r.dev.DeviceWaitIdle, r.dev.FreeMemory, r.dev.DestroyDevice = touch, touch, touch
	r.mustBeLost(t, r.run(), "does not answer after 20ms")
	if touched {
		t.Error("closing frees what the GPU may still use, or waits for it")
	}
}

// TestClosesWhileHanging: closing a device that someone waits for in vain.
func TestClosesWhileHanging(t *testing.T) {
	r := start(t)
	waiting := make(chan bool, 1)
	r.dev.patience = time.Hour
	r.dev.WaitForFences = command(func(a, b, c, d, e uintptr) uintptr {
		select {
		case waiting <- true:
		default:
		}
		time.Sleep(time.Millisecond)
		return uintptr(vk.Timeout)
	})
	ended := make(chan error)
	go func() { ended <- r.run() }()
	<-waiting
	began := time.Now()
	if err := r.dev.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 2*closingPatience {
		t.Errorf("closing took %v", took)
	}
	if err := <-ended; !errors.Is(err, tensor.ErrLost) {
		t.Errorf("the run ended with %v", err)
	}
}
