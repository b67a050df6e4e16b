package report

import (
	"fmt"
	"image"
	"io"
	"math"
	"strconv"
	"strings"

	"resnet-tui/picture"
	"resnet-tui/profile"
	"resnet-tui/tensor"
)

// Maps is what left a layer or block for one image: its feature maps.
type Maps struct {
	Schema string         `json:"schema"`
	Model  profile.Model  `json:"model"`
	Device profile.Device `json:"device"`
	Input  RunInput       `json:"input"`
	Mode   string         `json:"mode"`

	At       string       `json:"at"`    // as it was asked for
	Layer    string       `json:"layer"` // whose output that is, with its call if it has several
	Image    int          `json:"image"` // of the batch, from 0
	Shape    tensor.Shape `json:"shape"` // C×H×W; of a vector C×1×1
	Channels []MapChannel `json:"channels"`

	values *tensor.Tensor // of Shape
}

// MapChannel describes the map of one channel. Min, Max and Mean are of the finite values,
// and left out where there are none.
type MapChannel struct {
	Channel int     `json:"channel"`
	Min     *Number `json:"min,omitempty"`
	Max     *Number `json:"max,omitempty"`
	Mean    *Number `json:"mean,omitempty"`
	Zeros   int     `json:"zeros"`
	NaN     int     `json:"nan"`
	Inf     int     `json:"inf"`
}

// NewMaps reports what a layer gave, N×C×H×W or N×C, for one of the images. The caller
// fills in Model, Device, Input, Mode, At and Layer.
func NewMaps(t *tensor.Tensor, image int) *Maps {
	shape := tensor.Shape{t.Shape[1], 1, 1}
	if len(t.Shape) == 4 {
		shape = t.Shape[1:]
	}
	n := shape.Elems()
	m := &Maps{Schema: MapsSchema, Image: image, Shape: shape}
	m.values = &tensor.Tensor{Shape: shape, Data: t.Data[image*n : (image+1)*n]}
	per := shape[1] * shape[2]
	for c := range shape[0] {
		m.Channels = append(m.Channels, mapChannel(c, m.values.Data[c*per:(c+1)*per]))
	}
	return m
}

// mapChannel describes one map.
func mapChannel(channel int, values []float32) MapChannel {
	c := MapChannel{Channel: channel}
	finite, sum, least, most := 0, 0.0, math.Inf(1), math.Inf(-1)
	for _, v := range values {
		switch x := float64(v); {
		case x != x:
			c.NaN++
		case math.IsInf(x, 0):
			c.Inf++
		default:
			finite++
			sum += x
			least, most = min(least, x), max(most, x)
			if x == 0 {
				c.Zeros++
			}
		}
	}
	if finite > 0 {
		c.Min, c.Max, c.Mean = known(Number(least)), known(Number(most)), known(Number(sum/float64(finite)))
	}
	return c
}

// Array is C×H×W.
func (m *Maps) Array() *tensor.Tensor { return m.values }

// Picture is a contact sheet of all channels on one scale, those that are zero everywhere
// crossed out.
func (m *Maps) Picture() (image.Image, error) {
	scale := picture.ScaleOf(m.values.Data)
	sheet := picture.Sheet{
		Values: m.values.Data, C: m.Shape[0], H: m.Shape[1], W: m.Shape[2],
		Scale: &scale, Title: fmt.Sprintf("%s: %d maps of %dx%d", m.Layer, m.Shape[0], m.Shape[1], m.Shape[2]),
	}
	for _, c := range m.Channels {
		sheet.Numbers, sheet.Dead = append(sheet.Numbers, c.Channel), append(sheet.Dead, m.dead(c))
	}
	return sheet.Draw()
}

// dead reports whether a channel is zero everywhere.
func (m *Maps) dead(c MapChannel) bool { return c.Zeros == m.Shape[1]*m.Shape[2] }

// Table has a row a channel.
func (m *Maps) Table() Tabular { return m.table(m.Channels) }

func (m *Maps) table(rows []MapChannel) Table[MapChannel] {
	return Table[MapChannel]{Rows: rows, Columns: []Column[MapChannel]{
		{"channel", "channel", right, func(c MapChannel) Cell { return whole(c.Channel) }},
		{"min", "min", right, func(c MapChannel) Cell { return number(c.Min) }},
		{"max", "max", right, func(c MapChannel) Cell { return number(c.Max) }},
		{"mean", "average", right, func(c MapChannel) Cell { return number(c.Mean) }},
		{"zeros", "zeros", right, func(c MapChannel) Cell { return m.zeros(c) }},
		{"nan", "", right, func(c MapChannel) Cell { return whole(c.NaN) }},
		{"inf", "", right, func(c MapChannel) Cell { return whole(c.Inf) }},
		{"", "not finite", right, func(c MapChannel) Cell { return Cell{Text: figureOrDash(c.NaN + c.Inf)} }},
	}}
}

// zeros is a share for people and a number for programs.
func (m *Maps) zeros(c MapChannel) Cell {
	per := m.Shape[1] * m.Shape[2]
	return Cell{profile.FormatShare(float64(c.Zeros) / float64(per)), strconv.Itoa(c.Zeros)}
}

// figureOrDash is a number, or a dash for 0.
func figureOrDash(n int) string {
	if n == 0 {
		return profile.Dash
	}
	return strconv.Itoa(n)
}

// textRows bounds the rows of a table that has one for each channel: 2048 bury the facts.
const textRows = 64

// Text writes the first channels' rows, and facts on all.
func (m *Maps) Text(w io.Writer) error {
	rows := m.Channels[:min(textRows, len(m.Channels))]
	if err := m.table(rows).Text(w); err != nil {
		return err
	}
	if err := writeRest(w, len(m.Channels)-len(rows)); err != nil {
		return err
	}
	return m.facts().write(w)
}

func (m *Maps) facts() (f facts) {
	f.add("net", m.Model.Line())
	f.addf("input", "%v, %s, image %d", m.Input.Shape, m.Input.Source, m.Image)
	f.addf("output", "%v of %s", m.Shape, m.Layer)
	var dead, wrong []string
	for _, c := range m.Channels {
		switch {
		case c.NaN+c.Inf > 0:
			wrong = append(wrong, strconv.Itoa(c.Channel))
		case m.dead(c):
			dead = append(dead, strconv.Itoa(c.Channel))
		}
	}
	f.add("all zero", m.few(dead))
	if len(wrong) > 0 {
		f.add("not finite", m.few(wrong))
	}
	return f
}

// few names some of the channels.
func (m *Maps) few(channels []string) string {
	if len(channels) == 0 {
		return "no channel"
	}
	text := fmt.Sprintf("%d of %d channels: %s", len(channels), len(m.Channels),
		strings.Join(channels[:min(16, len(channels))], ", "))
	if len(channels) > 16 {
		text += " …"
	}
	return text
}
