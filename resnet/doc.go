// Package resnet is the family: residual networks of every kind that the
// papers and their best-known implementations define, their plain twins, and
// VGG, which they descend from.
//
// A Config says what is asked. Build makes a Model of it: a tree of modules
// that knows names, shapes and costs and holds no data. Lower turns a Model
// into a tensor.Plan, and a Session runs that plan on a device. A plan may go
// on behind the forward pass: gradientRules take the gradient back through each
// kind of operation, an SGD updates parameters, and probes tell what reaches a
// block through its skip and through its branch (BlockGradient) or how many
// branches the gradient has come through (PathSpectrum). BuildLesioned damages a
// net's blocks without changing its parameters.
//
// Sources: He et al. 2015, "Deep Residual Learning for Image Recognition"
// (arXiv 1512.03385); He et al. 2016, "Identity Mappings in Deep Residual
// Networks" (1603.05027); Veit et al. 2016, "Residual Networks Behave Like
// Ensembles of Relatively Shallow Networks" (path lengths, 1605.06431); Xie et
// al. 2016 (ResNeXt, 1611.05431); Zagoruyko and Komodakis 2016 (Wide ResNet,
// 1605.07146); Simonyan and Zisserman 2014 (VGG, 1409.1556). Module paths and
// parameter names are torchvision's.
package resnet
