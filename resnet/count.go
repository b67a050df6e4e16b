package resnet

import (
	"slices"

	"resnet-tui/resnet/nn"
)

// Counts returns the operations per image by every convention: those of package nn,
// and the paper's.
func (m *Model) Counts() []nn.Count {
	paper := nn.Count{
		Name: "paper", Value: m.paperMACs(),
		What: "He et al. 2015, table 1: multiply-adds of v1, which strides on a bottleneck's first 1×1",
	}
	counts := m.Model.Counts()
	after := slices.IndexFunc(counts, func(c nn.Count) bool { return c.Name == "torchvision" })
	return slices.Insert(counts, after+1, paper)
}

// paperMACs are the multiply-adds of the same net with the paper's strides.
func (m *Model) paperMACs() int64 {
	c := m.Config
	if c.Variant != V15 || c.Block != Bottleneck {
		return m.Total.MACs
	}
	c.Arch, c.Variant = "", V1
	v1, err := Build(c, m.Lesions...)
	if err != nil {
		return m.Total.MACs // unreachable: v1 builds wherever v1.5 does
	}
	return v1.Total.MACs
}
