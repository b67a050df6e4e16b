// Package resnet is the family: residual networks of every kind that the
// papers and their best-known implementations define, their plain twins, and
// VGG, which they descend from.
//
// A Config says what is asked for; its zero fields are defaults, and ParseArch
// reads one from a name. Build makes a Model of it, an nn.Model that remembers
// its Config, with lesions if any are given.
//
// Sources: He et al. 2015, "Deep Residual Learning for Image Recognition"
// (arXiv 1512.03385); He et al. 2016, "Identity Mappings in Deep Residual
// Networks" (1603.05027); Xie et al. 2016 (ResNeXt, 1611.05431); Zagoruyko and Komodakis 2016 (Wide ResNet,
// 1605.07146); Simonyan and Zisserman 2014 (VGG, 1409.1556). Module paths and
// parameter names are torchvision's.
package resnet
