package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
)

// legacyMagic is the number whose pickle starts a legacy file by torch.save.
var legacyMagic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

// isLegacy looks for the magic number near the start, as protocols 1 to 5 write it
// (little-endian) or as protocol 0 does (in decimal).
func isLegacy(head []byte) bool {
	return bytes.Contains(head[:min(32, len(head))], []byte("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")) ||
		bytes.HasPrefix(head, []byte("L"+legacyMagic.String()))
}

// listLegacy reads a legacy stream by torch.save (_legacy_save in
// https://github.com/pytorch/pytorch/blob/main/torch/serialization.py):
//
//	pickle  magic number
//	pickle  version of the format, 1001
//	pickle  description of the machine: byte order, sizes of types
//	pickle  the object; tensors refer to storages by key
//	pickle  list of storage keys
//	        the storages in that order: number of elements (8 bytes), elements
//
// So the position of a storage is known only when all tensors have been listed.
func listLegacy(src source) ([]*dictionary, error) {
	in := newCursor(src, 0, src.Size())
	if err := legacyStart(in); err != nil {
		return nil, err
	}
	known := storages{}
	root, err := unpickle(in, known.storage)
	if err != nil {
		return nil, err
	}
	keys, err := unpickle(in, nil)
	if err != nil {
		return nil, fmt.Errorf("list of storages: %w", err)
	}
	l, ok := keys.(*list)
	if !ok {
		return nil, errors.New("the storage list is not a list")
	}
	if err := known.setPositions(src, in.pos, l.items); err != nil {
		return nil, err
	}
	return dictionariesOf(root)
}

// legacyStart reads and checks the three pickles before the object.
func legacyStart(in *cursor) error {
	magic, err := unpickle(in, nil)
	if err != nil {
		return err
	}
	if n, ok := magic.(*big.Int); !ok || n.Cmp(legacyMagic) != 0 {
		return errors.New("the magic number is wrong")
	}
	version, err := unpickle(in, nil)
	if err != nil {
		return err
	}
	if n, ok := version.(int64); !ok || n != 1001 {
		return fmt.Errorf("version %d of the format is unknown", n)
	}
	info, err := unpickle(in, nil)
	if err != nil {
		return err
	}
	return checkMachine(info)
}

// checkMachine refuses a file from a big-endian machine.
func checkMachine(info any) error {
	machine, ok := info.(*dict)
	if !ok {
		return errors.New("the description of the machine is not a dictionary")
	}
	if machine.get("little_endian") != true {
		return errors.New("the file comes from a big-endian machine, and only little-endian files can be read: " +
			"load it and save it again on a little-endian machine")
	}
	return nil
}

// storage resolves a persistent id to a storage, whose position isn't known yet.
func (known storages) storage(id any) (any, error) {
	if v, ok := foreign(id); ok {
		return v, nil
	}
	s, err := parseStorageID(id)
	if err != nil {
		return nil, err
	}
	st := known[s.key]
	if st == nil {
		st = &storage{key: s.key, elem: s.class.elem, count: s.count}
		known[s.key] = st
	}
	return st.ref(s)
}

// setPositions sets the positions of the storages, which follow one another from pos on in the
// order of keys.
func (known storages) setPositions(src source, pos int64, keys []any) error {
	found := map[string]bool{}
	for _, k := range keys {
		key, ok := storageKey(k)
		st := known[key]
		if !ok || st == nil || found[key] {
			return errors.New("the storage list names a storage that no tensor has, or one twice")
		}
		var count [8]byte
		if st.elem.size == 0 {
			return fmt.Errorf("storage %s has elements of an unknown size", quote(key))
		}
		if st.bytes() > src.Size()-pos-8 {
			return errShort
		}
		if err := readFull(src, count[:], pos); err != nil {
			return err
		}
		if n := le.Uint64(count[:]); n != uint64(st.count) {
			return fmt.Errorf("storage %s should have %d elements, but has %d", quote(key), st.count, n)
		}
		st.store = store{off: pos + 8, size: st.bytes()}
		pos += 8 + st.bytes()
		found[key] = true
	}
	if len(found) < len(known) {
		return fmt.Errorf("the file lacks %d of its %d storages", len(known)-len(found), len(known))
	}
	return nil
}
