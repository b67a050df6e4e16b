package vision

import "encoding/binary"

// orientation returns the EXIF orientation (1 to 8) in a TIFF block, or 1 (upright) if it
// has none or an invalid one: tag 0x0112 of the first directory (CIPA DC-008).
func orientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(tiff[:2]) == "MM" {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	dir := tiff[at:]
	n := int(order.Uint16(dir))
	dir = dir[2:]
	for ; n > 0 && len(dir) >= 12; n, dir = n-1, dir[12:] {
		if order.Uint16(dir) != 0x0112 {
			continue
		}
		if v := tagValue(order, dir); v >= 1 && v <= 8 {
			return v
		}
		return 1
	}
	return 1
}

// tagValue returns the first value of a SHORT or LONG entry, and 0 for other types.
func tagValue(order binary.ByteOrder, entry []byte) int {
	switch order.Uint16(entry[2:]) {
	case 3:
		return int(order.Uint16(entry[8:]))
	case 4:
		return int(order.Uint32(entry[8:]))
	}
	return 0
}

// orient turns a picture with EXIF orientation o upright.
func orient(im *Image, o int) *Image {
	if o == 1 {
		return im
	}
	w, h := im.Width, im.Height
	last := w*h - 1
	// Pixel (x, y) of the result is pixel first + x·right + y·down of im.
	var first, right, down int
	switch o {
	case 2: // mirrored left to right
		first, right, down = w-1, -1, w
	case 3: // rotated by 180°
		first, right, down = last, -1, -w
	case 4: // mirrored top to bottom
		first, right, down = last-(w-1), 1, -w
	case 5: // transposed
		first, right, down = 0, w, 1
	case 6: // to be rotated clockwise
		first, right, down = last-(w-1), -w, 1
	case 7: // transposed along the other diagonal
		first, right, down = last, -w, -1
	case 8: // to be rotated counterclockwise
		first, right, down = w-1, w, -1
	}
	if o >= 5 {
		w, h = h, w
	}
	out := newImage(w, h)
	for y := range h {
		dst := out.Pix[3*w*y : 3*w*(y+1)]
		for x := range w {
			copy(dst[3*x:3*x+3], im.Pix[3*(first+y*down+x*right):])
		}
	}
	return out
}
