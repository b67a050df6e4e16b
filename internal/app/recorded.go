package app

import (
	"os"
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
// recordings of the same with commas between them.
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

// readRecordings reads one profile, or several with commas between them.
func readRecordings(list string) ([]*profile.Profile, error) {
	names := []string{list}
	if _, err := os.Stat(list); err != nil {
		names = strings.Split(list, ",")
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
