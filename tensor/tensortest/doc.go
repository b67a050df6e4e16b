// Package tensortest is a conformance suite for devices, and what tests of plans
// and devices share. Only tests import it.
//
// A new device runs the suite in one of its tests, and is held to the plain
// reference of package tensor as the oracle:
//
//	func TestConforms(t *testing.T) {
//		open := func() (tensor.Device, error) { return vulkan.New(vulkan.Config{}) }
//		tensortest.Run(t, open,
//			tensortest.Precisions(tensor.BF16),
//			tensortest.Without(tensor.SGD, "training comes later"),
//		)
//	}
//
// The suite covers
//   - every kind of operation, forward and backward, at hundreds of geometries:
//     tails, odd sizes, strides, uneven pads, groups down to one channel, planes
//     of one pixel, channels around the multiples of 16, batches, both modes;
//   - whole nets and whole training steps, fused and not, exact and not, and each of
//     their operations on the values that the device itself read;
//   - partial runs, kept buffers, scalars that change from run to run;
//   - states that outlive programs, and programs that follow them;
//   - determinism: the same bits on any number of threads, run after run;
//   - what observed runs report: spans, progress, labels, cancellation;
//   - memory: estimates, blocks, and what does not fit; ceilings;
//   - several goroutines with programs of their own;
//   - wrong requests and use after Close, which must give errors and never panic;
//   - the ONNX project's operator cases, where they are installed.
//
// All that computes runs in every precision that the device has.
//
// How far results may be from the oracle's is in one table, tolerances, with a
// reason for each kind; another, coarse, has what lower precisions add. What a
// device lacks it says by options, and the suite checks that it refuses that too.
// Each part counts its cases, and fails if it ran fewer than it should. With
// -short a fixed eighth of the cases runs.
//
// Beside the suite there are a Builder of small plans; Values for their
// parameters, InputValues and ScalarValues for the rest; the oracle as a device
// (Reference); and a device that computes nothing, but does what a test scripts
// (Fake).
package tensortest
