// Package nn runs networks: everything about them that does not depend on the
// family they belong to.
//
//	Builder ──Model──▶ Model ──Lower(Pass)──▶ Lowered ──▶ Session ──▶ device
//	                     ▲                                   │
//	                  lesions                             probes
//
// A Builder makes a Model: a tree of modules, and flat, in execution order, its
// layers. It knows names, shapes and costs and holds no data. A Pass says what
// to compute: forward, or on to the loss, its gradients and the optimiser's
// step, and which Probes to keep for reading. Lower turns both into a
// tensor.Plan, by gradientRules for each kind of operation, and a Session runs
// that plan on a device.
//
// Probes report the mean and deviation of outputs, norms of gradients, outputs
// and gradients themselves, and what reaches a block through its skip and
// through its branch (BlockGradient). LowerPaths splits the gradient by the
// number of branches that it came through (PathSpectrum). Lesions damage a
// net's blocks without changing its parameters.
//
// Names are PyTorch's. Sources: He et al. 2015 (initialisation, arXiv
// 1502.01852; blocks, 1512.03385); Veit et al. 2016, "Residual Networks Behave
// Like Ensembles of Relatively Shallow Networks" (path lengths and lesions,
// 1605.06431).
package nn
