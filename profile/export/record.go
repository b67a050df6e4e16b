package export

import (
	"encoding/binary"
	"errors"
)

// In pprof's format, the profile's own JSON without its samples stands in a
// field of its own: readers of protocol buffers skip fields that they don't
// know, and pprof drops it when it writes a profile anew.
const (
	recordNumber = 1000
	wireBytes    = 2
)

var (
	errForeign = errors.New("it is a pprof profile, but not one that this program wrote, or another tool has rewritten it")
	errWire    = errors.New("broken protocol buffer")
)

// recordField is the field that holds record.
func recordField(record []byte) []byte {
	field := binary.AppendUvarint(nil, recordNumber<<3|wireBytes)
	field = binary.AppendUvarint(field, uint64(len(record)))
	return append(field, record...)
}

// findRecord is what the field holds in an uncompressed profile.
func findRecord(raw []byte) ([]byte, error) {
	for len(raw) > 0 {
		tag, n := binary.Uvarint(raw)
		if n <= 0 {
			return nil, errWire
		}
		raw = raw[n:]
		start, end := fieldExtent(raw, tag&7)
		if end < start || end > len(raw) {
			return nil, errWire
		}
		if tag == recordNumber<<3|wireBytes {
			return raw[start:end], nil
		}
		raw = raw[end:]
	}
	return nil, errForeign
}

// fieldExtent is where the content of a field of that wire type lies in raw,
// which begins after its tag; end is −1 if raw is broken.
func fieldExtent(raw []byte, wire uint64) (start, end int) {
	switch wire {
	case 0, wireBytes:
		v, n := binary.Uvarint(raw)
		switch {
		case n <= 0 || wire == wireBytes && v > uint64(len(raw)):
			return 0, -1
		case wire == 0:
			return 0, n
		}
		return n, n + int(v)
	case 1:
		return 0, 8
	case 5:
		return 0, 4
	}
	return 0, -1
}
