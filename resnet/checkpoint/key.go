package checkpoint

import (
	"fmt"
	"os"
	"strings"
)

// splitKey splits FILE#KEY at the last # before which a file's name stands. The name of a
// file may contain # too: one that has the whole as its name is taken first.
func splitKey(path string) (file, key string) {
	if exists(path) {
		return path, ""
	}
	for i := len(path); ; {
		if i = strings.LastIndexByte(path[:i], '#'); i < 0 {
			return path, ""
		}
		if exists(path[:i]) {
			return path[:i], path[i+1:]
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// under selects what a key names: the dictionary at that path, or those below it, or the
// tensors whose names begin with it. With a dot at its end it is that dictionary or prefix
// without what else lies below, and "." is the outermost dictionary.
func under(all []*dictionary, key string) []*dictionary {
	if key == "" {
		return all
	}
	base, itself := strings.CutSuffix(key, ".")
	found := atPath(all, base)
	if found == nil && base != "" {
		found = belowPath(all, base, itself)
	}
	if !itself {
		return found
	}
	var only []*dictionary
	for _, d := range found {
		if part := d.itself(); len(part.tensors)+len(part.unread) > 0 {
			only = append(only, part)
		}
	}
	return only
}

// atPath is the dictionary at exactly that path, as a list.
func atPath(all []*dictionary, path string) []*dictionary {
	for _, d := range all {
		if d.path == path {
			return []*dictionary{d}
		}
	}
	return nil
}

// belowPath are the dictionaries below a path, unless only prefixes are wanted, and what a
// prefix of names selects. Where there are none, it is what stands under such a name
// further inside, if there is one.
func belowPath(all []*dictionary, path string, prefixes bool) []*dictionary {
	var found []*dictionary
	for _, d := range all {
		if strings.HasPrefix(d.path, path+".") && !prefixes {
			found = append(found, d)
		}
		if rest, ok := cutPath(path, d.path); ok {
			if part := d.withPrefix(path, rest+"."); part != nil {
				found = append(found, part)
			}
		}
	}
	if found == nil {
		return endingIn(all, path)
	}
	return found
}

// endingIn are the sets whose key ends with a path: encoder_q of state_dict.encoder_q.
func endingIn(all []*dictionary, path string) []*dictionary {
	var found []*dictionary
	for _, d := range all {
		for _, s := range setsOf(d) {
			if strings.HasSuffix(strings.TrimSuffix(s.key, "."), "."+path) {
				found = append(found, under(all, s.key)...)
			}
		}
	}
	return found
}

// cutPath is what is left of a path behind that of a dictionary.
func cutPath(path, dict string) (rest string, ok bool) {
	if dict == "" {
		return path, true
	}
	return strings.CutPrefix(path, dict+".")
}

// withPrefix is the part of a dictionary whose names begin with prefix, without it; nil
// if there is none.
func (d *dictionary) withPrefix(path, prefix string) *dictionary {
	part := &dictionary{path: path}
	for _, t := range d.tensors {
		if rest, ok := strings.CutPrefix(t.name, prefix); ok {
			part.tensors = append(part.tensors, named{rest, t.view})
		}
	}
	for _, u := range d.unread {
		if rest, ok := strings.CutPrefix(u.name, prefix); ok {
			part.unread = append(part.unread, unreadTensor{rest, u.err})
		}
	}
	if len(part.tensors)+len(part.unread) == 0 {
		return nil
	}
	return part
}

// itself is a dictionary without the nets that stand under a prefix in it.
func (d *dictionary) itself() *dictionary {
	part := &dictionary{path: d.path, unread: d.unread}
	sets := setsOf(d)
	for _, s := range sets {
		if s.root == "" || len(sets) == 1 {
			part.tensors = s.tensors
		}
	}
	return part
}

// unknownKey is the error for a key under which there is nothing.
func unknownKey(path, key string, all []*dictionary) error {
	var args []string
	for _, d := range all {
		for _, s := range setsOf(d) {
			args = append(args, fmt.Sprintf("%s (%s)", argument(path, s.key), countTensors(s.Len())))
		}
	}
	return fmt.Errorf("it has no set of weights %s; there are %s", quote(key), firstOf(args, mostSets))
}

// argument is what selects the part of a file at a path.
func argument(file, path string) string {
	if path == "" {
		path = "."
	}
	return file + "#" + quoteName(path)
}

func countTensors(n int) string {
	if n == 1 {
		return "1 tensor"
	}
	return fmt.Sprintf("%d tensors", n)
}

// mostSets bounds the number of sets that an error lists.
const mostSets = 6

// firstOf lists up to most names, and counts the rest.
func firstOf(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
