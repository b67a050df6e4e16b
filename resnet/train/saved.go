package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"resnet-tui/resnet"
	"resnet-tui/resnet/checkpoint"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// position is how far a run has got.
type position struct {
	Step    int          `json:"step"`     // steps made
	Epoch   int          `json:"epoch"`    // epochs completed, with their evaluation
	LossSum float64      `json:"loss_sum"` // over the current epoch's steps
	Wrong   int          `json:"wrong"`    // images of the current epoch that were misclassified
	Seen    int          `json:"seen"`     // images of the current epoch
	Seconds float64      `json:"seconds"`  // time spent so far
	Last    *EpochRecord `json:"last"`     // of the last completed epoch
}

// possible reports whether a run with perEpoch steps per epoch can be at p.
func (p position) possible(perEpoch, batch int) bool {
	within := p.Step - p.Epoch*perEpoch // steps of the current epoch
	return p.Epoch >= 0 && within >= 0 && within <= perEpoch &&
		p.Seen == within*batch && (p.Epoch == 0 || p.Last != nil)
}

// The keys of a checkpoint's safetensors metadata, and the version of their format.
const (
	notesKind     = "resnet-tui"
	notesVersion  = "training/1"
	notesNet      = "net"
	notesSettings = "settings"
	notesPosition = "position"
)

// saved is a checkpoint's file and metadata.
type saved struct {
	path     string
	net      string
	settings Settings
	position position
}

// describe names a net and everything about it that must stay the same within a run.
func describe(m *resnet.Model) string {
	d := fmt.Sprintf("%s for images of %v, %d classes", m.Name, m.Root.In[1:], m.Config.Classes)
	for _, l := range m.Lesions {
		d += ", lesion " + l.String()
	}
	return d
}

// write writes a checkpoint: parameters, running statistics and the
// optimiser's buffers from a source.
func (s *saved) write(m *resnet.Model, from tensor.Source) error {
	settings, err := json.Marshal(s.settings)
	if err != nil {
		return err
	}
	at, err := json.Marshal(s.position)
	if err != nil {
		return err
	}
	notes := map[string]string{
		"format":  "pt", // as PyTorch writes it
		notesKind: notesVersion, notesNet: s.net, notesSettings: string(settings), notesPosition: string(at),
	}
	return checkpoint.WriteSafetensors(s.path, kept(m, s.settings.SGD), from, notes)
}

// kept lists the tensors of a checkpoint: the net's, and the momentum buffers of an
// SGD that has them.
func kept(m *resnet.Model, o nn.SGD) []tensor.Param {
	params := append([]tensor.Param(nil), m.Params...)
	if o.Momentum != 0 {
		params = append(params, m.Slots()...)
	}
	return params
}

// stateSource makes a state the source of tensors to write.
type stateSource struct{ tensor.State }

// Load reads a parameter of the state.
func (s stateSource) Load(p tensor.Param, t *tensor.Tensor) error { return s.Read(p.Name, t) }

// readSaved reads the notes of a checkpoint.
func readSaved(path string) (*saved, error) {
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	notes := f.Notes()
	if notes[notesKind] != notesVersion {
		return nil, fmt.Errorf("%s is not a resumable training checkpoint; "+
			"use --weights to start from its weights", path)
	}
	s := &saved{path: path, net: notes[notesNet]}
	if err := json.Unmarshal([]byte(notes[notesSettings]), &s.settings); err != nil {
		return nil, fmt.Errorf("%s: its settings are damaged: %w", path, err)
	}
	if err := json.Unmarshal([]byte(notes[notesPosition]), &s.position); err != nil {
		return nil, fmt.Errorf("%s: its position is damaged: %w", path, err)
	}
	return s, nil
}

// restore reads what the checkpoint holds into a state.
func (s *saved) restore(m *resnet.Model, state tensor.State) error {
	f, err := checkpoint.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close()
	params := kept(m, s.settings.SGD)
	source, err := f.Source(params)
	if err != nil {
		return err
	}
	for _, p := range params {
		t := tensor.New(p.Shape...)
		if err := source.Load(p, t); err != nil {
			return err
		}
		if err := state.Write(p.Name, t); err != nil {
			return err
		}
	}
	return nil
}

const extension = ".safetensors"

// prefix is the start of the names of a run's checkpoints.
func (r Run) prefix() string { return fmt.Sprintf("%s-seed%d-", r.Model, r.Seed) }

// epochFile is the name of the checkpoint at the end of an epoch.
func (r Run) epochFile(epoch int) string {
	return fmt.Sprintf("%sepoch%04d%s", r.prefix(), epoch, extension)
}

// stepFile is the name of a checkpoint within an epoch.
func (r Run) stepFile(step int) string {
	return fmt.Sprintf("%sstep%08d%s", r.prefix(), step, extension)
}

// newest returns the checkpoint in a folder from which a run resumes, or nil if there
// is none. alone means that the folder is for this run only: a folder that holds only
// other runs' checkpoints is then an error, since it is probably the wrong one.
func newest(folder string, r Run, alone bool) (*saved, error) {
	own, others, err := checkpoints(folder, r)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no folder %s to resume from", folder)
	}
	if err != nil {
		return nil, err
	}
	var best *saved
	for _, name := range own {
		s, err := readSaved(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		if best == nil || s.position.after(best.position) {
			best = s
		}
	}
	if best == nil && alone && len(others) > 0 {
		return nil, fmt.Errorf("%s has no checkpoint of %s with seed %d, only other runs' (such as %s)",
			folder, r.Model, r.Seed, others[0])
	}
	return best, nil
}

// after reports whether p is further on than q. The end of an epoch and its last step
// differ in the evaluation.
func (p position) after(q position) bool {
	return p.Step > q.Step || p.Step == q.Step && p.Epoch > q.Epoch
}

// checkpoints lists the names of a run's checkpoints in a folder, and those of other
// runs.
func checkpoints(folder string, r Run) (own, others []string, err error) {
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.IsDir() || strings.HasPrefix(name, ".") || filepath.Ext(name) != extension:
		case strings.HasPrefix(name, r.prefix()):
			own = append(own, name)
		default:
			others = append(others, name)
		}
	}
	return own, others, err
}
