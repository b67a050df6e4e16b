package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"resnet-tui/resnet"
	"resnet-tui/resnet/nn"
	"resnet-tui/tensor"
)

// HistorySchema names the JSON of a HistoryEntry.
const HistorySchema = "resnet-tui/history/1"

// HistoryEntry is what the history keeps of a profile. In the file it is one
// line of JSON: a profile of another schema, without its large fields.
type HistoryEntry struct {
	Profile
}

// maxHistory bounds the size of a history that is read, in bytes: a quarter of
// a million entries.
const maxHistory = 256 << 20

// NewHistoryEntry copies p without rows, samples, trace and memory plan. p keeps
// them.
func NewHistoryEntry(p *Profile) HistoryEntry {
	e := HistoryEntry{*p}
	e.Schema = HistorySchema
	e.Layers = nil
	e.Trace = nil
	e.Total.SamplesMS = nil
	e.Processes = nil
	e.Memory.Timeline = nil
	e.Memory.Blocks = nil
	e.Memory.Peak = nil
	return e
}

// Config identifies the configuration that was measured. Only entries with
// equal Config are comparable.
func (e *HistoryEntry) Config() string {
	text := fmt.Sprintf("%s %v %s", e.Model.Arch, e.Input.Shape, e.Mode)
	for _, s := range e.runSettings() {
		text += ", " + s
	}
	with := []string{e.Device.Kernels}
	if e.Device.Precision != "" {
		with = append(with, e.Device.Precision)
	}
	if e.Device.Driver != "" {
		with = append(with, e.Device.Driver)
	}
	return fmt.Sprintf("%s, %s (%s)", text, e.Device.Processor(), strings.Join(with, ", "))
}

// Settings is what sets the measurement apart from one with the same columns in a list,
// in the order of importance: how the net ran as far as that is not the default, another
// arithmetic than fp32, the number of classes unless it is the family's, and a file of
// weights. "" if there is nothing to say.
func (e *HistoryEntry) Settings() string {
	settings := e.runSettings()
	if p := e.Device.Precision; p != "" && p != tensor.FP32.String() {
		settings = append(settings, p)
	}
	usual := map[string]int{resnet.ImageNet.String(): 1000, resnet.VGG.String(): 1000, resnet.CIFAR.String(): 10}
	if n := usual[e.Model.Family]; n > 0 && n != e.Model.Classes {
		settings = append(settings, fmt.Sprintf("%d classes", e.Model.Classes))
	}
	if w := e.Model.Weights; w != "" && !strings.HasPrefix(w, "random") {
		settings = append(settings, filepath.Base(w))
	}
	return strings.Join(settings, ", ")
}

// runSettings are how the net ran, as far as it takes time and is not the default.
func (e *HistoryEntry) runSettings() []string {
	var settings []string
	if text := strings.TrimPrefix(e.passText(), ", "); text != "" {
		settings = append(settings, text)
	}
	if !e.Fused {
		settings = append(settings, "not fused")
	}
	if e.Exact {
		settings = append(settings, "exact")
	}
	for _, l := range e.Model.Lesions {
		settings = append(settings, "lesion "+l)
	}
	return settings
}

// passText is what the pass does beyond inference, as far as it takes time: the
// smoothing of labels and the factors of an update don't. Nothing is said of a
// forward pass, nor of the probes that go with a backward pass, so that lines of
// older versions, which lack the pass, stay comparable with new ones.
func (e *HistoryEntry) passText() string {
	p := e.Pass
	if p == nil {
		p = &nn.Pass{}
		if e.Loss != nil {
			p.Backward = &nn.Backward{}
		}
	}
	text := ""
	if p.FreezeStats {
		text += ", frozen statistics"
	}
	if p.Backward != nil {
		text += ", backward"
	}
	if p.Update != nil {
		text += ", update"
		if p.Update.Momentum == 0 {
			text += " without momentum"
		}
	}
	for _, probe := range p.Probes {
		if probe != everyBlock {
			text += fmt.Sprintf(", %v", probe)
		}
	}
	return text
}

// AppendHistory appends p's entry to the file at path, creating the file and its
// folders if necessary. A line that an interrupted run left incomplete is
// terminated first, so that it doesn't damage the new one. Several processes may
// append at once: each entry is a single write in append mode. Its errors are
// those of the file system and of JSON.
func AppendHistory(path string, p *Profile) (err error) {
	line, err := json.Marshal(NewHistoryEntry(p))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	line = append(line, '\n')
	if unfinished(f) {
		line = append([]byte{'\n'}, line...)
	}
	_, err = f.Write(line)
	return err
}

// unfinished reports whether the file's last line lacks its newline.
func unfinished(f *os.File) bool {
	var last [1]byte
	end, err := f.Seek(-1, io.SeekEnd)
	if err != nil {
		return false // the file is empty
	}
	_, err = f.ReadAt(last[:], end)
	return err == nil && last[0] != '\n'
}

// ReadHistory returns the entries in the order of the file, oldest first, and
// the numbers, from 1, of lines that are damaged. A file that doesn't exist is
// an empty history; one that is too large is an error.
func ReadHistory(path string) (entries []HistoryEntry, damaged []int, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxHistory+1))
	if err != nil {
		return nil, nil, err
	}
	if len(data) > maxHistory {
		return nil, nil, fmt.Errorf("%s is larger than %s: move it away", path, FormatBytes(maxHistory))
	}
	for i, line := range bytes.Split(data, []byte{'\n'}) {
		var e HistoryEntry
		switch {
		case len(bytes.TrimSpace(line)) == 0:
		case json.Unmarshal(line, &e) != nil || !e.usable():
			damaged = append(damaged, i+1)
		default:
			entries = append(entries, e)
		}
	}
	return entries, damaged, nil
}

// usable reports whether the entry has what reports divide by and index into.
func (e *HistoryEntry) usable() bool {
	return e.Schema == HistorySchema && e.Total.MeanMS > 0 && len(e.Input.Shape) > 0
}
