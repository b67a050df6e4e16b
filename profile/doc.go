// Package profile measures a net as it runs and analyses the times. It holds the
// data and the statistics; packages profile/report and profile/export print
// them, package tui shows them live.
//
//	nn.Session ─ spans ─▶ Recorder ──▶ Snapshot ──▶ Tree.Measure ──▶ screen
//	                         │
//	                      Measure ──▶ Profile ──▶ JSON, Tree, Diff, Checks, Sweep
//
// A Recorder keeps the times of the last passes, and a Snapshot their statistics.
// Measure runs passes under controlled conditions (warm-up, CPU time, the
// recorder's own cost, other programs) and returns a Profile, which is complete
// in itself: it records the net, its lesions and the pass, so that NewReplay can
// play it on its net again. A Tree arranges either as rows: modules, blocks, and
// what each kernel computes. NewDiff tests whether two profiles differ, and
// Ceilings say what bounds a kernel.
//
// # Rows and kernels
//
// The unit of measurement is a kernel of the device's program
// (tensor.KernelInfo): one operation, or several that are fused. A fused kernel
// has one time, which belongs to the operation at its head.
//
// A Tree follows pprof: every kernel is in exactly one row, a row's flat time is
// that of its own kernels, its cumulative time includes the rows below, and the
// flat times of all rows add up to a pass.
//
// # Times
//
// The time of a kernel is wall time, from the start of its first worker to the
// end of its last. Kernels run one after another, so a pass is the sum of its
// kernels and the overhead between them, which has a row of its own. This sum
// holds for each pass and thus for means; it does not hold for percentiles.
//
// What is shown as a row's time is its mean over the typical passes (Statistic), the
// same for all rows; shares, rates and bounds are of it. A file without single
// passes has means of all passes in their place.
//
// Fields of JSON end in their unit: _ms are milliseconds per pass, _ns
// nanoseconds, _bytes bytes. MACs (multiply-adds) are per image; FLOPs, bytes
// and times are per pass, of the whole batch.
//
// # Statistics
//
// Verdicts rest on processes, since spells of the machine outlast a recording:
// verdict.go says how they are tested, and a Match does so until it is settled. Within a
// pair of processes, RankTest (Wilcoxon–Mann–Whitney) compares medians of stretches of
// passes, as those are robust and nearly independent; that is no verdict.
//
// # Concurrency
//
// A Recorder's readers may run beside the run that it observes. A Profile is
// plain data: any number of goroutines may read it. Everything else is for one
// goroutine at a time.
package profile
