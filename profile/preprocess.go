package profile

import "fmt"

// Preprocess says how pictures became input: scaled, with their aspect ratio kept, to
// just cover Resize, cropped from the centre, and normalised as (v/255 − mean)/std.
type Preprocess struct {
	Resize        []int    `json:"resize"`        // height and width in pixels
	Crop          []int    `json:"crop"`          // height and width in pixels
	Interpolation string   `json:"interpolation"` // "bilinear" or "bicubic", antialiased
	EXIF          string   `json:"exif"`          // "upright": turned as it says; or "ignored"
	Mean          []Number `json:"mean"`          // per channel, or one for all
	Std           []Number `json:"std"`
}

// String is "resized to 256, cropped to 224×224, bilinear".
func (p *Preprocess) String() string {
	s := fmt.Sprintf("resized to %d×%d", p.Resize[0], p.Resize[1])
	if p.Resize[0] == p.Resize[1] {
		s = fmt.Sprintf("resized to %d", p.Resize[0])
	}
	s += fmt.Sprintf(", cropped to %d×%d, %s", p.Crop[0], p.Crop[1], p.Interpolation)
	if p.EXIF == "ignored" {
		s += ", EXIF ignored"
	}
	return s
}
