package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
)

// maxShards bounds the files that an index may name; they are all open at the same time.
const maxShards = 256

// isIndex looks for JSON, which may start with white space. The length with which
// safetensors starts has a zero byte there.
func isIndex(head []byte) bool {
	text := bytes.TrimLeft(head, " \t\r\n")
	return len(text) > 0 && text[0] == '{' && bytes.IndexByte(head, 0) < 0
}

// shardIndex is an index of the files among which a net's tensors are spread, as Hugging
// Face's libraries write it beside them:
//
//	{"metadata": {…}, "weight_map": {"conv1.weight": "model-00001-of-00002.safetensors", …}}
type shardIndex struct {
	names []string          // of tensors, in the index's order
	shard map[string]string // name of a tensor → file
	files []string          // in the order of their first tensors
}

// readIndex reads an index.
func readIndex(src source) (*shardIndex, error) {
	if src.Size() > maxHeader {
		return nil, fmt.Errorf("this is JSON of %d bytes, more than any index of shards", src.Size())
	}
	data := make([]byte, src.Size())
	if err := readFull(src, data, 0); err != nil {
		return nil, err
	}
	var whole struct {
		Map json.RawMessage `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &whole); err != nil {
		return nil, fmt.Errorf("this is JSON, but not an index of shards: %w", err)
	}
	if whole.Map == nil {
		return nil, errors.New("this is JSON, but not an index of shards: it has no weight_map")
	}
	x := &shardIndex{shard: map[string]string{}}
	return x, x.parse(whole.Map)
}

// parse reads the map token by token: decoded into a map, a JSON object would hide names
// that occur twice.
func (x *shardIndex) parse(object json.RawMessage) error {
	dec := json.NewDecoder(bytes.NewReader(object))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errors.New("its weight_map is not a JSON object")
	}
	known := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		var file string
		if err := dec.Decode(&file); err != nil {
			return fmt.Errorf("its weight_map has no file for tensor %s", quoteName(name))
		}
		if err := checkShardName(file); err != nil {
			return err
		}
		if x.shard[name] != "" {
			return fmt.Errorf("its weight_map has tensor %s twice", quoteName(name))
		}
		x.names, x.shard[name] = append(x.names, name), file
		if !known[file] {
			known[file], x.files = true, append(x.files, file)
		}
	}
	switch {
	case len(x.files) == 0:
		return errors.New("its weight_map is empty")
	case len(x.files) > maxShards:
		return fmt.Errorf("it names %d files, at most %d are possible", len(x.files), maxShards)
	}
	return nil
}

// checkShardName is an error for anything but the name of a file in the index's folder.
func checkShardName(file string) error {
	if file == "" || file == "." || strings.ContainsAny(file, `/\:`) || !filepath.IsLocal(file) {
		return fmt.Errorf("its weight_map names the file %s, but only files in its own folder are read", quote(file))
	}
	return nil
}

// openShards opens the shards that the index src names, beside which they lie, and lists
// their tensors.
func openShards(src source, path string) (source, *dictionary, error) {
	x, err := readIndex(src)
	if err != nil {
		return nil, nil, err
	}
	all, d := &joined{}, &dictionary{}
	all.add(src)
	if err := x.addAll(all, d, filepath.Dir(path)); err != nil {
		all.Close()
		return nil, nil, err
	}
	return all, d, nil
}

// addAll opens the shards in a folder and adds their tensors to d.
func (x *shardIndex) addAll(all *joined, d *dictionary, folder string) error {
	found := map[string]string{} // name of a tensor → shard
	for _, file := range x.files {
		if err := x.add(all, d, found, filepath.Join(folder, file)); err != nil {
			return err
		}
	}
	for _, name := range x.names {
		if found[name] == "" {
			return fmt.Errorf("shard %s lacks tensor %s, which is in it according to the index",
				quoteName(x.shard[name]), quoteName(name))
		}
	}
	return nil
}

// add opens a shard and adds its tensors to d. found are the tensors of the shards so far.
func (x *shardIndex) add(all *joined, d *dictionary, found map[string]string, path string) error {
	file := filepath.Base(path)
	src, err := openSource(path)
	if err != nil {
		return fmt.Errorf("shard %s: %w", quoteName(file), plainError(path, err))
	}
	base := all.add(src)
	part, err := flatDictionary(src)
	if err != nil {
		return fmt.Errorf("shard %s: %w", quoteName(file), err)
	}
	for _, t := range part.tensors {
		v := *t.view
		v.store.off += base
		d.tensors = append(d.tensors, named{t.name, &v})
		if err := x.claim(found, t.name, file); err != nil {
			return err
		}
	}
	for _, u := range part.unread {
		d.unread = append(d.unread, u)
		if err := x.claim(found, u.name, file); err != nil {
			return err
		}
	}
	return nil
}

// claim notes that a tensor is in a shard, where the index must have it.
func (x *shardIndex) claim(found map[string]string, name, file string) error {
	switch before := found[name]; {
	case before != "" && before != file:
		return fmt.Errorf("tensor %s is in two shards, %s and %s", quoteName(name), quoteName(before), quoteName(file))
	case x.shard[name] == "":
		return fmt.Errorf("shard %s has tensor %s, which the index doesn't name", quoteName(file), quoteName(name))
	case x.shard[name] != file:
		return fmt.Errorf("shard %s has tensor %s, which is in %s according to the index",
			quoteName(file), quoteName(name), quoteName(x.shard[name]))
	}
	found[name] = file
	return nil
}

// flatDictionary lists a shard, whose tensors aren't in dictionaries inside it. Each must
// lie within the shard.
func flatDictionary(src source) (*dictionary, error) {
	fm, err := formatOf(src)
	if err != nil {
		return nil, err
	}
	c, err := fm.list(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fm.name, err)
	}
	all := c.all()
	if len(all) != 1 || all[0].path != "" {
		return nil, errors.New("its tensors are in dictionaries inside it, which is no shard of an index")
	}
	all[0].check()
	return all[0], nil
}

// shardName matches the name of one of several shards.
var shardName = regexp.MustCompile(`^(.*)-(\d{5})-of-(\d{5})(\.\w+)$`)

// Whole returns an error if the file is one of several shards, which names their index.
func (f *File) Whole() error {
	g := shardName.FindStringSubmatch(filepath.Base(f.path))
	if g == nil || g[3] == "00001" {
		return nil
	}
	index := filepath.Join(filepath.Dir(f.path), g[1]+g[4]+".index.json")
	advice := "open their index instead: " + quoteName(index)
	if !exists(index) {
		advice = "get the others and their index, " + quoteName(filepath.Base(index)) + ", and open that"
	}
	return fmt.Errorf("%s is only shard %s of %s: %s",
		f.name, strings.TrimLeft(g[2], "0"), strings.TrimLeft(g[3], "0"), advice)
}

// joined is several sources one behind the other. Reads may not cross from one to the next.
type joined struct {
	parts  []source
	starts []int64 // where each begins
	size   int64
}

// add appends a source and returns where it begins.
func (j *joined) add(src source) int64 {
	at := j.size
	j.parts, j.starts, j.size = append(j.parts, src), append(j.starts, at), at+src.Size()
	return at
}

// part returns the source that holds an offset, and where it begins.
func (j *joined) part(off int64) (source, int64) {
	for i := len(j.parts) - 1; i >= 0; i-- {
		if off >= j.starts[i] {
			return j.parts[i], j.starts[i]
		}
	}
	return memoryFile{bytes.NewReader(nil)}, 0
}

// ReadAt reads from the source that holds the offset.
func (j *joined) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, io.EOF
	}
	src, start := j.part(off)
	return src.ReadAt(b, off-start)
}

func (j *joined) Size() int64 { return j.size }

func (j *joined) release(off, n int64) {
	src, start := j.part(off)
	src.release(off-start, n)
}

// Close closes all sources, and returns the first error.
func (j *joined) Close() error {
	var errs []error
	for _, p := range j.parts {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}
