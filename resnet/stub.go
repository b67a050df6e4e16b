package resnet

import (
	"context"
	"errors"
	"time"

	"resnet-tui/tensor"
)

var errSoon = errors.New("not there yet")

func RandomInput(seed uint64, shape tensor.Shape) *tensor.Tensor { return nil }

// Initial is the He initialisation; see Model.Initial.
type Initial struct{ Seed uint64 }

func (m *Model) Initial(seed uint64) Initial                  { return Initial{seed} }
func (i Initial) Load(p tensor.Param, t *tensor.Tensor) error { return errSoon }

// SessionOptions of a run.
type SessionOptions struct {
	Train, Fuse, Exact, Moments bool
	Threads                     int
	Precision                   tensor.Precision
	Source                      tensor.Source // nil: He initialisation from Seed
	Seed                        uint64
	Calibrate                   bool // without Source: one seeded train-mode pass sets the running statistics
	Progress                    func(stage string, done, total int64)
}

// Session is a net that runs. One goroutine at a time, but for Progress.
type Session struct{}

// Observer of passes.
type Observer interface {
	Begin(l *Lowered)
	Span(s tensor.Span)
	End(wall time.Duration)
}

func NewSession(ctx context.Context, dev tensor.Device, m *Model, o SessionOptions) (*Session, error) {
	return nil, errSoon
}
func (s *Session) Model() *Model                                           { return nil }
func (s *Session) Lowered() *Lowered                                       { return nil }
func (s *Session) Options() SessionOptions                                 { return SessionOptions{} }
func (s *Session) Kernels() []tensor.KernelInfo                            { return nil }
func (s *Session) Memory() tensor.MemoryPlan                               { return tensor.MemoryPlan{} }
func (s *Session) Calibrated() bool                                        { return false }
func (s *Session) SetInput(t *tensor.Tensor) error                         { return errSoon }
func (s *Session) Run(ctx context.Context, obs Observer) error             { return errSoon }
func (s *Session) Step(ctx context.Context, group int, obs Observer) error { return errSoon }
func (s *Session) Logits() (*tensor.Tensor, error)                         { return nil, errSoon }
func (s *Session) Stats(layer int) (mean, std float64, ok bool)            { return 0, 0, false }
func (s *Session) With(ctx context.Context, m *Model, change func(*SessionOptions)) (*Session, error) {
	return nil, errSoon
}
func (s *Session) Progress() int                                              { return -1 }
func (s *Session) Close() error                                               { return nil }
func MaxBatch(dev tensor.Device, m *Model, o SessionOptions, limit int64) int { return 0 }
