package export

import (
	"encoding/json"
	"io"

	"resnet-tui/profile"
)

// Speedscope writes the file format of https://www.speedscope.app: rows in
// execution order, so that its time order shows a pass of mean times.
func Speedscope(w io.Writer, p *profile.Profile) error {
	f := speedscopeFile{
		Schema:   "https://www.speedscope.app/file-format-schema.json",
		Name:     p.Model.Arch + " on " + p.Device.Name,
		Exporter: "resnet-tui " + p.Version,
	}
	passes := []string{""} // everything, then each pass that there is
	for _, r := range p.Layers {
		if last := passes[len(passes)-1]; r.Pass != last {
			passes = append(passes, r.Pass)
		}
	}
	if len(passes) == 2 {
		passes = passes[:1]
	}
	index := map[string]int{}
	for _, pass := range passes {
		f.Profiles = append(f.Profiles, f.profile(p, pass, index))
	}
	return json.NewEncoder(w).Encode(f)
}

type speedscopeFile struct {
	Schema   string              `json:"$schema"`
	Name     string              `json:"name"`
	Exporter string              `json:"exporter"`
	Active   int                 `json:"activeProfileIndex"`
	Profiles []speedscopeProfile `json:"profiles"`
	Shared   struct {
		Frames []speedscopeFrame `json:"frames"`
	} `json:"shared"`
}

type speedscopeProfile struct {
	Type    string  `json:"type"`
	Name    string  `json:"name"`
	Unit    string  `json:"unit"`
	Start   int64   `json:"startValue"`
	End     int64   `json:"endValue"`
	Samples [][]int `json:"samples"` // stacks of frames' indices, root first
	Weights []int64 `json:"weights"`
}

type speedscopeFrame struct {
	Name string `json:"name"`
}

// profile is the stacks of one pass, or all of them if pass is empty. index
// finds frames by name.
func (f *speedscopeFile) profile(p *profile.Profile, pass string, index map[string]int) speedscopeProfile {
	out := speedscopeProfile{Type: "sampled", Name: profile.Statistic + " pass", Unit: "nanoseconds"}
	if pass != "" {
		out.Name = pass
	}
	for _, s := range stacks(p) {
		if pass != "" && (s.row == nil || s.row.Pass != pass) {
			continue
		}
		frames := make([]int, len(s.frames))
		for i, name := range s.frames {
			at, ok := index[name]
			if !ok {
				at = len(f.Shared.Frames)
				index[name] = at
				f.Shared.Frames = append(f.Shared.Frames, speedscopeFrame{name})
			}
			frames[i] = at
		}
		out.Samples, out.Weights = append(out.Samples, frames), append(out.Weights, s.ns)
		out.End += s.ns
	}
	return out
}
