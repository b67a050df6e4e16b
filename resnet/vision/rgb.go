package vision

import (
	"fmt"
	"image"
	"image/color"
)

// draw sets im to m as Pillow's convert("RGB") does: alpha is dropped, not blended; grey is
// repeated; of 16-bit samples the high byte is kept. (Pillow clips 16-bit grey to white
// instead, which is of no use.)
func (im *Image) draw(m image.Image, c *codec, hidden *hiddenColor) error {
	switch m := m.(type) {
	case *image.YCbCr:
		im.drawYCbCr(m, c.name == "WebP")
	case *image.NYCbCrA:
		im.drawYCbCr(&m.YCbCr, true)
	case *image.Gray:
		im.rows(m.Pix, m.Stride, 1, func(p, q []uint8) { p[0], p[1], p[2] = q[0], q[0], q[0] })
	case *image.Gray16:
		im.rows(m.Pix, m.Stride, 2, func(p, q []uint8) { p[0], p[1], p[2] = q[0], q[0], q[0] })
	case *image.RGBA:
		im.rows(m.Pix, m.Stride, 4, drawRGBA)
	case *image.NRGBA:
		im.rows(m.Pix, m.Stride, 4, func(p, q []uint8) { p[0], p[1], p[2] = q[0], q[1], q[2] })
	case *image.RGBA64: // opaque
		im.rows(m.Pix, m.Stride, 8, func(p, q []uint8) { p[0], p[1], p[2] = q[0], q[2], q[4] })
	case *image.NRGBA64:
		im.rows(m.Pix, m.Stride, 8, func(p, q []uint8) { p[0], p[1], p[2] = q[0], q[2], q[4] })
	case *image.CMYK:
		im.rows(m.Pix, m.Stride, 4, drawCMYK)
	case *image.Paletted:
		im.drawPaletted(m, hidden)
	default:
		return fmt.Errorf("pixels of type %T", m)
	}
	return nil
}

// rows calls pixel for every pixel of im, and of a picture of the same size with n bytes per
// pixel and stride bytes per row.
func (im *Image) rows(pix []uint8, stride, n int, pixel func(dst, src []uint8)) {
	dst := im.Pix
	for y := range im.Height {
		src := pix[y*stride:]
		for range im.Width {
			pixel(dst[:3], src[:n])
			dst, src = dst[3:], src[n:]
		}
	}
}

// drawRGBA undoes the multiplication of colours by alpha. A pixel that is wholly clear
// stays black.
func drawRGBA(dst, src []uint8) {
	copy(dst, src[:3])
	if a := int(src[3]); a > 0 && a < 255 {
		for i, v := range src[:3] {
			dst[i] = uint8(min((int(v)*255+a/2)/a, 255))
		}
	}
}

// drawCMYK is Pillow's cmyk2rgb: (255−c)·(255−k)/255, rounded.
func drawCMYK(dst, src []uint8) {
	white := 255 - int(src[3])
	for i := range 3 {
		t := int(src[i])*white + 128
		dst[i] = uint8(max(white-(t>>8+t)>>8, 0))
	}
}

// drawPaletted draws a frame. If it is smaller than the canvas, the rest gets the
// transparent colour, or the palette's first.
func (im *Image) drawPaletted(m *image.Paletted, hidden *hiddenColor) {
	var table [256][3]uint8
	for i, c := range m.Palette {
		table[i] = rgbOf(c)
	}
	background := table[0]
	if hidden != nil {
		background = rgbOf(hidden.color)
		table[hidden.index] = background
	}
	if b := m.Bounds(); b.Dx() != im.Width || b.Dy() != im.Height {
		for i := 0; i < len(im.Pix); i += 3 {
			copy(im.Pix[i:], background[:])
		}
	}
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		dst := im.Pix[3*(y*im.Width+m.Rect.Min.X):]
		row := m.Pix[(y-m.Rect.Min.Y)*m.Stride:]
		for x, v := range row[:m.Rect.Dx()] {
			copy(dst[3*x:3*x+3], table[v][:])
		}
	}
}

// rgbOf returns a palette's colour without its alpha.
func rgbOf(c color.Color) [3]uint8 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return [3]uint8{n.R, n.G, n.B}
}
