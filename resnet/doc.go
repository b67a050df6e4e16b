// Package resnet defines the family of nets: residual networks as the papers and
// their best-known implementations define them, their plain twins, and VGG, from
// which they descend.
//
// A Config selects a net; its zero fields are defaults, and ParseArch makes one
// from a name. Build turns it into a Model, an nn.Model that remembers its Config,
// with lesions if any are given. Package nn runs it.
//
// Nothing here has state: all functions may be called concurrently, and a Model is
// not changed after Build.
//
// Sources: He et al. 2015, "Deep Residual Learning for Image Recognition"
// (arXiv 1512.03385); He et al. 2016, "Identity Mappings in Deep Residual
// Networks" (1603.05027); He et al. 2018, "Bag of Tricks for Image Classification"
// (ResNet-C and -D, 1812.01187); Xie et al. 2016 (ResNeXt, 1611.05431); Zagoruyko
// and Komodakis 2016 (Wide ResNet, 1605.07146); Simonyan and Zisserman 2014 (VGG,
// 1409.1556). Module paths and parameter names are torchvision's; of ResNet-C
// and -D, which it lacks, timm's.
package resnet
