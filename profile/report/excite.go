package report

import (
	"fmt"
	"image"
	"io"
	"strconv"
	"strings"

	"resnet-tui/picture"
	"resnet-tui/profile"
	"resnet-tui/resnet/inspect"
)

// Excite is which images of a set excite the channels of a layer or block most.
type Excite struct {
	Schema string         `json:"schema"`
	Model  profile.Model  `json:"model"`
	Device profile.Device `json:"device"`
	Mode   string         `json:"mode"`
	Data   string         `json:"data"`

	At       string          `json:"at"`     // as it was asked for
	Layer    string          `json:"layer"`  // whose output that is, with its call if it has several
	Images   int             `json:"images"` // that were looked at
	Channels []ExciteChannel `json:"channels"`

	Photos map[int]image.Image `json:"-"` // of the Pictured images, by number
}

// ExciteChannel has the images that excite a channel most, the largest value first: at
// most as many as were asked for, and fewer where they have no finite value.
type ExciteChannel struct {
	Channel int          `json:"channel"`
	Top     []ExcitePeak `json:"top"`
}

// ExcitePeak is the largest value of a channel in one image. Box is the unit's theoretical
// receptive field in the image's pixels, which may reach beyond it.
type ExcitePeak struct {
	Image int         `json:"image"` // of the set, from 0
	Class string      `json:"class,omitempty"`
	Value Number      `json:"value"`
	Y     int         `json:"y"`
	X     int         `json:"x"`
	Box   inspect.Box `json:"box"`
}

// NewExcite reports what was gathered; field is the box of a peak. The caller fills in
// Model, Device, Mode, Data, At, Layer and, for a picture, Photos.
func NewExcite(e *inspect.Excitation, field func(inspect.Peak) inspect.Box) *Excite {
	r := &Excite{Schema: ExciteSchema, Images: e.Images}
	for i, channel := range e.Channels {
		c := ExciteChannel{Channel: channel, Top: []ExcitePeak{}}
		for _, p := range e.Peaks[i] {
			c.Top = append(c.Top, ExcitePeak{Image: p.Image, Value: Number(p.Value), Y: p.Y, X: p.X, Box: field(p)})
		}
		r.Channels = append(r.Channels, c)
	}
	return r
}

// SetClasses adds the names of the images' classes, by the label of each image.
func (e *Excite) SetClasses(labels []int, names []string) {
	for _, c := range e.Channels {
		for i := range c.Top {
			if label := labels[c.Top[i].Image]; label < len(names) {
				c.Top[i].Class = names[label]
			}
		}
	}
}

// picturedRows bounds the rows of the picture, one for each channel.
const picturedRows = 64

// Pictured are the images that the picture shows.
func (e *Excite) Pictured() (images []int) {
	for _, c := range e.Channels[:min(picturedRows, len(e.Channels))] {
		for _, p := range c.Top {
			images = append(images, p.Image)
		}
	}
	return images
}

// Picture shows what the units of the first channels see of the images that excite them,
// a row for each channel.
func (e *Excite) Picture() (image.Image, error) {
	sheet := picture.Patches{Title: fmt.Sprintf("%s: patches of %d images, by channel", e.Layer, e.Images)}
	for _, c := range e.Channels[:min(picturedRows, len(e.Channels))] {
		var row []picture.Patch
		for _, p := range c.Top {
			row = append(row, picture.Patch{
				Photo: e.Photos[p.Image], Box: p.Box.Rectangle(), Caption: profile.Significant(float64(p.Value)),
			})
		}
		sheet.Rows, sheet.Labels = append(sheet.Rows, row), append(sheet.Labels, strconv.Itoa(c.Channel))
	}
	return sheet.Draw()
}

// rankedPeak is a row of the table.
type rankedPeak struct {
	channel, rank int
	ExcitePeak
}

// Table has a row for each image of each channel.
func (e *Excite) Table() Tabular { return e.table(len(e.Channels)) }

// table has the first channels' images.
func (e *Excite) table(channels int) Table[rankedPeak] {
	var rows []rankedPeak
	for _, c := range e.Channels[:channels] {
		for i, p := range c.Top {
			rows = append(rows, rankedPeak{c.Channel, i, p})
		}
	}
	box := func(side func(inspect.Box) int) func(rankedPeak) Cell {
		return func(p rankedPeak) Cell { return whole(side(p.Box)) }
	}
	return Table[rankedPeak]{Rows: rows, Columns: []Column[rankedPeak]{
		{"channel", "channel", right, func(p rankedPeak) Cell { return whole(p.channel) }},
		{"", "rank", right, func(p rankedPeak) Cell { return whole(p.rank + 1) }},
		{"image", "image", right, func(p rankedPeak) Cell { return whole(p.Image) }},
		{"class", "class", left, func(p rankedPeak) Cell { return plain(p.Class) }},
		{"value", "value", right, func(p rankedPeak) Cell { return number(&p.Value) }},
		{"y", "y", right, func(p rankedPeak) Cell { return whole(p.Y) }},
		{"x", "x", right, func(p rankedPeak) Cell { return whole(p.X) }},
		{"", "sees", left, func(p rankedPeak) Cell { return plain(boxText(p.Box)) }},
		{"top", "", right, box(func(b inspect.Box) int { return b.Top })},
		{"left", "", right, box(func(b inspect.Box) int { return b.Left })},
		{"bottom", "", right, box(func(b inspect.Box) int { return b.Bottom })},
		{"right", "", right, box(func(b inspect.Box) int { return b.Right })},
	}}
}

// boxText says which rows and columns a box has.
func boxText(b inspect.Box) string {
	return fmt.Sprintf("rows %d to %d, columns %d to %d", b.Top, b.Bottom-1, b.Left, b.Right-1)
}

// channelTable has a row for each of the first channels.
func (e *Excite) channelTable(channels int) Table[ExciteChannel] {
	best := func(cell func(ExcitePeak) Cell) func(ExciteChannel) Cell {
		return func(c ExciteChannel) Cell {
			if len(c.Top) == 0 {
				return missing
			}
			return cell(c.Top[0])
		}
	}
	return Table[ExciteChannel]{Rows: e.Channels[:channels], Columns: []Column[ExciteChannel]{
		{"", "channel", right, func(c ExciteChannel) Cell { return whole(c.Channel) }},
		{"", "largest", right, best(func(p ExcitePeak) Cell { return number(&p.Value) })},
		{"", "y", right, best(func(p ExcitePeak) Cell { return whole(p.Y) })},
		{"", "x", right, best(func(p ExcitePeak) Cell { return whole(p.X) })},
		{"", "images", left, func(c ExciteChannel) Cell { return plain(c.images()) }},
	}}
}

// images are the numbers of the images, with the classes of those that have some.
func (c *ExciteChannel) images() string {
	const most = 9
	var words []string
	for _, p := range c.Top[:min(most, len(c.Top))] {
		words = append(words, strings.TrimSpace(strconv.Itoa(p.Image)+" "+p.Class))
	}
	if len(c.Top) > most {
		words = append(words, "…")
	}
	return strings.Join(words, ", ")
}

// Text writes all of one channel, or a line for each of the first channels.
func (e *Excite) Text(w io.Writer) error {
	var t Tabular = e.table(min(1, len(e.Channels)))
	if len(e.Channels) > 1 {
		t = e.channelTable(min(textRows, len(e.Channels)))
	}
	if err := t.Text(w); err != nil {
		return err
	}
	if err := writeRest(w, len(e.Channels)-textRows); err != nil {
		return err
	}
	var f facts
	f.add("net", e.Model.Line())
	f.addf("data", "%s, %d images", e.Data, e.Images)
	f.add("output", e.Layer)
	return f.write(w)
}

// writeRest says how many rows for channels were left out, if any, and ends the table.
func writeRest(w io.Writer, left int) error {
	end := "\n"
	if left > 0 {
		end = fmt.Sprintf("… and %d channels more (json and csv have all)\n\n", left)
	}
	_, err := io.WriteString(w, end)
	return err
}
