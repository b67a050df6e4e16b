package diagnose_test

import (
	"testing"

	"resnet-tui/resnet"
	"resnet-tui/resnet/diagnose"
)

// freshConfigs are nets of every kind, at a size that runs in a moment.
func freshConfigs() []resnet.Config {
	imagenet := func(c resnet.Config) resnet.Config {
		c.Height, c.Width, c.Batch, c.Classes = 64, 64, 4, 100
		return c
	}
	shallow := func(c resnet.Config) resnet.Config {
		if err := c.Blocks.Set("1,1,1,1"); err != nil {
			panic(err)
		}
		return imagenet(c)
	}
	cifar := func(c resnet.Config) resnet.Config {
		c.Family, c.Batch = resnet.CIFAR, 4
		return c
	}
	return []resnet.Config{
		cifar(resnet.Config{Depth: 20}), cifar(resnet.Config{Depth: 20, Plain: true}), // in short tests, too
		imagenet(resnet.Config{Arch: "resnet18"}), imagenet(resnet.Config{Arch: "plain18"}),
		imagenet(resnet.Config{Arch: "plain34"}), imagenet(resnet.Config{Arch: "resnet50"}),
		imagenet(resnet.Config{Depth: 18, Norm: resnet.NormNone}),
		shallow(resnet.Config{Groups: 32, WidthPerGroup: 4}), shallow(resnet.Config{WidthPerGroup: 128}),
		shallow(resnet.Config{Variant: resnet.V2}), shallow(resnet.Config{Variant: resnet.V1}),
		shallow(resnet.Config{Block: resnet.Basic, Shortcut: resnet.ShortcutD, Stem: resnet.StemDeep}),
		shallow(resnet.Config{Block: resnet.Basic, Shortcut: resnet.ShortcutC}),
		shallow(resnet.Config{Block: resnet.Basic, Plain: true, Norm: resnet.NormNone}),
		cifar(resnet.Config{Depth: 32}), cifar(resnet.Config{Depth: 56}), cifar(resnet.Config{Depth: 29}),
		cifar(resnet.Config{Depth: 20, Shortcut: resnet.ShortcutB}), cifar(resnet.Config{Depth: 20, Shortcut: resnet.ShortcutC}),
		cifar(resnet.Config{Depth: 20, Shortcut: resnet.ShortcutAEnd}), cifar(resnet.Config{Depth: 56, Plain: true}),
		cifar(resnet.Config{Depth: 20, Variant: resnet.V2}), cifar(resnet.Config{Depth: 20, Norm: resnet.NormNone}),
		cifar(resnet.Config{Depth: 20, Plain: true, Norm: resnet.NormNone}),
	}
}

// healthyNets are trained, short-trained and fresh nets: 30 without those that aren't part
// of the project.
func healthyNets(short bool) (all []*patient) {
	all = append(all, fashion(), plain(), stripe14())
	for i, c := range freshConfigs() {
		if i < 2 || !short {
			all = append(all, fresh(c))
		}
	}
	if short {
		return all
	}
	for _, c := range []resnet.Config{
		{Family: resnet.CIFAR, Depth: 14, Plain: true}, {Family: resnet.CIFAR, Depth: 14, Variant: resnet.V2},
		{Family: resnet.CIFAR, Depth: 20, Block: resnet.Bottleneck},
	} {
		all = append(all, shortTrained(c))
	}
	for _, batch := range []int{1, 32} {
		all = append(all, cifar(20, "resnet20-12fca82f.th", batch), cifar(56, "resnet56-4bfd9763.th", batch))
	}
	return all
}

// TestHealthyNets: nothing is found in them, not even a note.
func TestHealthyNets(t *testing.T) {
	n := 0
	for _, p := range healthyNets(testing.Short()) {
		if p == nil {
			continue // a file that isn't part of the project
		}
		n++
		for _, f := range diagnose.Diagnose(p.evidence(t)) {
			t.Errorf("%s: %v %s at %s (%.2f): %s", p.name, f.Severity, f.Rule, f.Path, f.Strength, f.Message)
		}
	}
	if !testing.Short() && n < 30 {
		t.Errorf("%d nets", n)
	}
}
