// Package nn runs networks: what is general about them, whatever family they
// come from.
//
// A Builder makes a Model, a tree of modules that knows names, shapes and costs
// and holds no data. Lower turns a Model into a tensor.Plan, and a Session runs
// that plan on a device. A plan may continue past the forward pass:
// gradientRules take the gradient back through each kind of operation, an SGD
// updates parameters, and probes report what reaches a block through its skip
// and through its branch (BlockGradient), or how many branches the gradient has
// come through (PathSpectrum). Lesions damage a net's blocks without changing
// its parameters.
//
// Names are PyTorch's. Sources: He et al. 2015 (initialisation, arXiv
// 1502.01852; blocks, 1512.03385); Veit et al. 2016, "Residual Networks Behave
// Like Ensembles of Relatively Shallow Networks" (path lengths and lesions,
// 1605.06431).
package nn
