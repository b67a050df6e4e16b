package app

import "path/filepath"

// Service makes the use cases. Its fields say where they keep things: in a folder
// whose name is empty, nothing is kept.
type Service struct {
	Version  string // of the program, for reports
	StateDir string // holds the history of profiles
	CacheDir string // holds measured ceilings
}

// HistoryFile is the file of past profiles; "" without a folder for it.
func (v Service) HistoryFile() string {
	if v.StateDir == "" {
		return ""
	}
	return filepath.Join(v.StateDir, "history.jsonl")
}
