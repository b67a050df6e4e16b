package app

import (
	"context"
	"errors"
	"fmt"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
)

// MaxProcesses is the largest number of processes of a profile.
const MaxProcesses = 1000

// ProfileProcesses is Profile in n processes, one after the other, each of which child
// runs; it must measure what spec and o say. The report has their passes together.
func (v Service) ProfileProcesses(
	ctx context.Context, spec Spec, o ProfileOptions, n int, child Child, l Listener,
) (*Profiled, error) {
	if n < 1 || n > MaxProcesses {
		return nil, refuse("{processes} %d: it must be from 1 to %d", n, MaxProcesses)
	}
	if o.Trace > 0 || o.CPUProfile {
		return nil, refuse("{trace} and {cpuprofile} record a single process: leave out {processes}")
	}
	if err := spec.checkLabels(); err != nil {
		return nil, err
	}
	s, err := resolve(ctx, spec, 1, l)
	if err != nil {
		return nil, err
	}
	ops, err := s.convention(o.Count)
	if err != nil {
		return nil, err
	}
	var all []*profile.Profile
	for i := range n {
		l.progress(Progress{
			Stage: "processes", Done: int64(i), Total: int64(n), Text: fmt.Sprintf("process %d of %d", i+1, n),
		})
		p, err := child.Profile(ctx)
		if err != nil {
			return nil, inProcess(i, n, err)
		}
		all = append(all, p)
	}
	pool, err := profile.PoolProcesses(all)
	if err != nil {
		return nil, err
	}
	p := &Profiled{Profile: report.Profile{Profile: pool, Ops: ops}}
	p.warnOfLoad(l)
	v.remember(pool, o, l)
	return p, nil
}

// inProcess says in which process an error happened. What every process would refuse
// stands as it is.
func inProcess(i, n int, err error) error {
	var input *InputError
	if i == 0 && errors.As(err, &input) || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("process %d of %d failed: %w", i+1, n, err)
}
