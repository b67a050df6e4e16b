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

// position is how far a run has come.
type position struct {
	Step    int          `json:"step"`     // steps made
	Epoch   int          `json:"epoch"`    // epochs that have ended, with their evaluation
	LossSum float64      `json:"loss_sum"` // over the current epoch's steps
	Wrong   int          `json:"wrong"`    // images of the current epoch told wrongly
	Seen    int          `json:"seen"`     // images of the current epoch
	Seconds float64      `json:"seconds"`  // spent
	Last    *EpochRecord `json:"last"`     // of the last epoch that ended
}

// notes of a checkpoint, as its metadata.
const (
	notesKind     = "resnet-tui"
	notesVersion  = "training/1"
	notesNet      = "net"
	notesSettings = "settings"
	notesPosition = "position"
)

// saved is a checkpoint's notes.
type saved struct {
	path     string
	net      string
	settings Settings
	position position
}

// describe names a net with all that a training run can't change.
func describe(m *resnet.Model) string {
	d := fmt.Sprintf("%s for images of %v, %d classes", m.Name, m.Root.In[1:], m.Config.Classes)
	for _, l := range m.Lesions {
		d += ", lesion " + l.String()
	}
	return d
}

// write writes a checkpoint: parameters, running statistics and the
// optimiser's buffers from state.
func (s *saved) write(m *resnet.Model, state tensor.State) error {
	settings, err := json.Marshal(s.settings)
	if err != nil {
		return err
	}
	at, err := json.Marshal(s.position)
	if err != nil {
		return err
	}
	notes := map[string]string{
		"format": "pt", notesKind: notesVersion, notesNet: s.net, notesSettings: string(settings), notesPosition: string(at),
	}
	return checkpoint.WriteSafetensors(s.path, kept(m, s.settings.SGD), stateSource{state}, notes)
}

// kept is what a checkpoint holds.
func kept(m *resnet.Model, o nn.SGD) []tensor.Param {
	params := append([]tensor.Param(nil), m.Params...)
	if o.Momentum != 0 {
		params = append(params, m.Slots()...)
	}
	return params
}

// stateSource reads from a state.
type stateSource struct{ tensor.State }

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
		return nil, fmt.Errorf("%s is no checkpoint of a training run that could go on; --weights begins with its weights", path)
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

// prefix is what names of a run's checkpoints begin with.
func (r Run) prefix() string { return fmt.Sprintf("%s-seed%d-", r.Model, r.Seed) }

// epochFile and stepFile are the names of checkpoints at the end of an epoch,
// and between.
func (r Run) epochFile(epoch int) string {
	return fmt.Sprintf("%sepoch%04d%s", r.prefix(), epoch, extension)
}

func (r Run) stepFile(step int) string {
	return fmt.Sprintf("%sstep%08d%s", r.prefix(), step, extension)
}

// newest is the checkpoint in a folder from which a run goes on; nil if the
// folder has none of any run. one says that there is no other run beside it: a
// folder with other runs' checkpoints alone is then an error.
func newest(folder string, r Run, one bool) (*saved, error) {
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
		if best == nil || s.position.Step > best.position.Step || s.position.Step == best.position.Step && s.position.Epoch > best.position.Epoch {
			best = s
		}
	}
	if best == nil && one && len(others) > 0 {
		return nil, fmt.Errorf("%s has no checkpoint of %s with seed %d, but of another run: %s", folder, r.Model, r.Seed, others[0])
	}
	return best, nil
}

// checkpoints are the names of a run's checkpoints in a folder, and of others.
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
