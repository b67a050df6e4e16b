package export

import (
	"encoding/binary"
	"errors"
)

// A file in pprof's format also holds the profile's own JSON, without samples, in
// a field of the top-level message that profile.proto doesn't define. Readers of
// protocol buffers skip fields that they don't know, so every tool can read the
// file. pprof drops unknown fields when it writes a profile, so a merged or
// filtered one has no record that would contradict it.
//
// The wire format (https://protobuf.dev/programming-guides/encoding) is a
// sequence of fields, each a varint tag of number<<3 | wire type and a content.
const (
	recordNumber = 1000 // profile.proto uses numbers up to 15

	// Wire types: how the content is delimited.
	wireVarint = 0 // a varint
	wire64     = 1 // 8 bytes
	wireBytes  = 2 // a varint n, then n bytes
	wire32     = 5 // 4 bytes
)

var (
	errForeign = errors.New("it is a pprof profile, but not one that this program wrote, " +
		"or another tool has rewritten it")
	errWire = errors.New("broken protocol buffer")
)

// recordField returns the field that holds record, to append to a message.
func recordField(record []byte) []byte {
	field := binary.AppendUvarint(nil, recordNumber<<3|wireBytes)
	field = binary.AppendUvarint(field, uint64(len(record)))
	return append(field, record...)
}

// findRecord returns the record in a decompressed profile, as a part of raw. It
// returns errForeign if there is none and errWire if a field is cut off.
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

// fieldExtent returns where the content of a field of this wire type is in raw,
// which starts after the field's tag. end is −1 if the type is unknown or the
// length exceeds raw; for fixed sizes, the caller checks end against raw.
func fieldExtent(raw []byte, wire uint64) (start, end int) {
	switch wire {
	case wireVarint, wireBytes:
		v, n := binary.Uvarint(raw)
		switch {
		case n <= 0 || wire == wireBytes && v > uint64(len(raw)):
			return 0, -1
		case wire == wireVarint:
			return 0, n
		}
		return n, n + int(v)
	case wire64:
		return 0, 8
	case wire32:
		return 0, 4
	}
	return 0, -1
}
