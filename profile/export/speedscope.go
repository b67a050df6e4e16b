package export

import (
	"encoding/json"
	"io"

	"resnet-tui/profile"
)

// Speedscope writes the file format of https://www.speedscope.app, whose schema is
// https://www.speedscope.app/file-format-schema.json. It holds sampled profiles:
// one of the whole pass and, if there are several passes (forward, backward,
// update), one of each.
//
// Samples are the kernels in execution order, so that the view Time Order shows a
// pass, with the times of the profile's statistic as widths.
func Speedscope(w io.Writer, p *profile.Profile) error {
	f := speedscopeFile{
		Schema:   "https://www.speedscope.app/file-format-schema.json",
		Name:     p.Model.Arch + " on " + p.Device.Name,
		Exporter: "resnet-tui " + p.Version,
	}
	passes := []string{""} // the whole, then each pass: rows come pass by pass
	for _, r := range p.Layers {
		if last := passes[len(passes)-1]; r.Pass != last {
			passes = append(passes, r.Pass)
		}
	}
	if len(passes) == 2 {
		passes = passes[:1]
	}
	index := map[string]int{} // of frames, shared by all profiles
	for _, pass := range passes {
		f.Profiles = append(f.Profiles, f.profile(p, pass, index))
	}
	return json.NewEncoder(w).Encode(f)
}

// speedscopeFile is the schema's FileFormat.File.
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

// speedscopeProfile is the schema's FileFormat.SampledProfile. Samples and Weights
// have the same length, and the weights add up to End − Start.
type speedscopeProfile struct {
	Type    string  `json:"type"`
	Name    string  `json:"name"`
	Unit    string  `json:"unit"`
	Start   int64   `json:"startValue"`
	End     int64   `json:"endValue"`
	Samples [][]int `json:"samples"` // stacks of indices into Shared.Frames, root first
	Weights []int64 `json:"weights"` // nanoseconds per pass
}

// speedscopeFrame is the schema's FileFormat.Frame.
type speedscopeFrame struct {
	Name string `json:"name"`
}

// profile returns the stacks of one pass or, if pass is empty, all of them and
// the overhead, which belongs to no pass. It adds the frames that index, their
// positions by name, doesn't have.
func (f *speedscopeFile) profile(p *profile.Profile, pass string, index map[string]int) speedscopeProfile {
	out := speedscopeProfile{Type: "sampled", Name: "pass, " + p.Statistic().String(), Unit: "nanoseconds"}
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
		out.Samples = append(out.Samples, frames)
		out.Weights = append(out.Weights, s.ns)
		out.End += s.ns
	}
	return out
}
