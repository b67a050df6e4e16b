package app

import (
	"errors"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/profile/report"
)

// HistoryOptions say which past profiles are meant.
type HistoryOptions struct {
	Net  string `json:"net,omitempty"`  // only nets whose name contains this
	Last int    `json:"last,omitempty"` // only the newest of them, 0 for all
}

// History lists the profiles that were made on this machine, oldest first.
func (v Service) History(o HistoryOptions, l Listener) (*report.History, error) {
	path := v.HistoryFile()
	if path == "" {
		return nil, errors.New("there is no folder for a history: set XDG_STATE_HOME or HOME")
	}
	entries, damaged, err := profile.ReadHistory(path)
	if err != nil {
		return nil, refused(err)
	}
	if len(damaged) > 0 {
		l.notice("%s: skipped %d damaged lines, the first is line %d", path, len(damaged), damaged[0])
	}
	h := &report.History{Schema: profile.HistorySchema, Path: path, Entries: []profile.HistoryEntry{}}
	for _, e := range entries {
		if strings.Contains(e.Model.Arch, o.Net) {
			h.Entries = append(h.Entries, e)
		}
	}
	if o.Last > 0 && len(h.Entries) > o.Last {
		h.Older = len(h.Entries) - o.Last
		h.Entries = h.Entries[h.Older:]
	}
	return h, nil
}

// remember keeps a profile in the history. A history that can't be written is no
// reason to lose the profile.
func (v Service) remember(p *profile.Profile, o ProfileOptions, l Listener) {
	path := v.HistoryFile()
	if o.NoHistory || path == "" {
		return
	}
	if err := profile.AppendHistory(path, p); err != nil {
		l.notice("the history was not written ({no-history} leaves it alone): %w", err)
	}
}
