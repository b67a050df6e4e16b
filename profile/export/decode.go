package export

import (
	"fmt"

	"resnet-tui/profile"
)

// Decode reads a profile from memory, as Read does from a file.
func Decode(data []byte) (*profile.Profile, error) { return decode(data) }

const maxProcesses = 1 << 16

// checkProcesses returns an error for processes that a comparison can't rest on.
func checkProcesses(p *profile.Profile) error {
	if len(p.Processes) > maxProcesses {
		return fmt.Errorf("it has %d processes", len(p.Processes))
	}
	for i := range p.Processes {
		one := &p.Processes[i]
		if !positive(one.TypicalMS) || one.LowMS != 0 && !positive(one.LowMS) {
			return fmt.Errorf("process %d has no usable time", i+1)
		}
		if len(one.Layers) != len(p.Layers) {
			return fmt.Errorf("process %d has %d layers, the profile %d", i+1, len(one.Layers), len(p.Layers))
		}
		for k, r := range one.Layers {
			of := &p.Layers[k]
			if r.Path != of.Path || r.Call != of.Call || r.Pass != of.Pass {
				return fmt.Errorf("process %d has layer %s where the profile has %s", i+1, r.Path, of.Path)
			}
			if !(r.TypicalMS >= 0 && r.LowMS >= 0) {
				return fmt.Errorf("process %d: layer %s has no usable time", i+1, r.Path)
			}
		}
	}
	return nil
}
