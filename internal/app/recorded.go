package app

import (
	"os"
	"path/filepath"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/profile/export"
	"resnet-tui/resnet"
)

// ReadProfile reads a recorded profile: its JSON, or what was written for pprof.
func ReadProfile(path string) (*profile.Profile, error) {
	p, err := export.Read(path)
	return p, refused(err)
}

// RecordedNet is the net of a profile, with its lesions. It is an error if the rows of
// the profile are not those of the net as this version runs it.
func RecordedNet(p *profile.Profile) (*resnet.Model, error) {
	m, err := p.Net()
	if err != nil {
		return nil, err
	}
	_, err = profile.NewReplay(p, m.Model)
	return m, err
}

// Diff compares recorded profiles layer by layer. Each side is a file, or several
// recordings of the same: with commas between them, or a pattern of their names.
func (v Service) Diff(a, b string, l Listener) (*profile.Diff, error) {
	left, err := readRecordings(a)
	if err != nil {
		return nil, err
	}
	right, err := readRecordings(b)
	if err != nil {
		return nil, err
	}
	d, err := profile.NewPooledDiff(left, right, a, b)
	if err != nil {
		return nil, refused(err)
	}
	if len(d.Layers) == 0 {
		l.notice("no layer of %s (%s) is in %s (%s): nothing to compare but the totals",
			a, d.AboutA.Model, b, d.AboutB.Model)
	}
	return d, nil
}

// readRecordings reads one profile, or several with commas between them, or those whose
// names match a pattern.
func readRecordings(list string) ([]*profile.Profile, error) {
	names, err := recordings(list)
	if err != nil {
		return nil, err
	}
	var all []*profile.Profile
	for _, name := range names {
		p, err := ReadProfile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// recordings are the names of files in a list. What is a file's name is no list, and no
// pattern.
func recordings(list string) (names []string, err error) {
	if _, err := os.Stat(list); err == nil {
		return []string{list}, nil
	}
	for name := range strings.SplitSeq(list, ",") {
		if _, err := os.Stat(name); err == nil || !strings.ContainsAny(name, "*?[") {
			names = append(names, name)
			continue
		}
		found, err := filepath.Glob(name)
		if err != nil || len(found) == 0 {
			return nil, refuse("no file matches %s", name)
		}
		names = append(names, found...)
	}
	return names, nil
}
