//go:build !nogpu

package vulkan

import (
	"resnet-tui/tensor/vulkan/internal/vk"
)

// derived is what lays parameters out in the arena, and the versions of them that it was
// last done for.
type derived struct {
	pipes, sets []vk.Handle
	versions    []uint64
	made        bool
	commands    vk.Handle // recorded the first time
}

// readyDerived makes the pipelines and descriptor sets.
func (p *program) readyDerived() error {
	v := &p.derived
	for i := range p.Derived {
		pipe, set, err := p.ready(&p.Derived[i].Kernel)
		if err != nil {
			return err
		}
		v.pipes, v.sets, v.versions = append(v.pipes, pipe), append(v.sets, set), append(v.versions, 0)
	}
	return nil
}

// derive lays parameters out if one of them has changed since it was last done.
func (p *program) derive() error {
	v := &p.derived
	if len(p.Derived) == 0 || v.made && !p.outdated() {
		return nil
	}
	d := p.dev
	if v.commands == 0 {
		cb, err := d.commandBuffer(p.commands)
		if err != nil {
			return err
		}
		if err := d.record(cb, 0, p.putDerived); err != nil {
			return err
		}
		v.commands = cb
	}
	if err := d.submit(v.commands, 0); err != nil {
		return err
	}
	if err := d.wait(0); err != nil {
		return err
	}
	v.made = true
	for i := range p.Derived {
		v.versions[i] = p.param(p.Derived[i].Param).version
	}
	return nil
}

// outdated reports whether a parameter has changed.
func (p *program) outdated() bool {
	for i := range p.Derived {
		if p.param(p.Derived[i].Param).version != p.derived.versions[i] {
			return true
		}
	}
	return false
}

// putDerived writes the commands. The kernels are independent.
func (p *program) putDerived(cb vk.Handle) {
	p.dev.waitForAll(cb)
	for i := range p.Derived {
		p.dispatch(cb, &p.Derived[i].Kernel, p.derived.pipes[i], p.derived.sets[i])
	}
	p.dev.waitForKernels(cb)
}
