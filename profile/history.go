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
)

// HistorySchema names the JSON of a HistoryEntry.
const HistorySchema = "resnet-tui/history/1"

// HistoryEntry is what is kept of a profile: a line of the history.
type HistoryEntry struct {
	Profile
}

const maxHistory = 256 << 20 // bytes that are read

// NewHistoryEntry leaves out what makes a profile large.
func NewHistoryEntry(p *Profile) HistoryEntry {
	e := HistoryEntry{*p}
	e.Schema, e.Layers, e.Trace = HistorySchema, nil, nil
	e.Total.SamplesMS, e.Memory.Timeline, e.Memory.Blocks, e.Memory.Peak = nil, nil, nil, nil
	return e
}

// Config tells entries apart that can't be compared.
func (e *HistoryEntry) Config() string {
	fused := ""
	if !e.Fused {
		fused = ", not fused"
	}
	return fmt.Sprintf("%s %v %s%s, %d threads of %s (%s)", e.Model.Arch, e.Input.Shape, e.Mode, fused, e.Device.Threads, e.Device.Name, e.Device.Kernels)
}

// AppendHistory adds a profile to the file, which it makes if need be. A line
// that an earlier run left unfinished stays a line of its own.
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

// unfinished reports whether the file's last line has no end.
func unfinished(f *os.File) bool {
	var last [1]byte
	end, err := f.Seek(-1, io.SeekEnd)
	if err != nil {
		return false // it is empty
	}
	_, err = f.ReadAt(last[:], end)
	return err == nil && last[0] != '\n'
}

// ReadHistory reads the entries, oldest first, and the numbers of the lines
// that are damaged. No file is no history.
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

func (e *HistoryEntry) usable() bool {
	return e.Schema == HistorySchema && e.Total.MeanMS > 0 && len(e.Input.Shape) > 0
}
