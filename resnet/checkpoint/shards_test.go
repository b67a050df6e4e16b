package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet-tui/tensor"
)

// floatShard is safetensors with tensors of one float, given as names and values.
func floatShard(entries ...any) string {
	var header []string
	var data string
	for i := 0; i < len(entries); i += 2 {
		header = append(header, stTensor(entries[i].(string), "F32", "[1]", len(data), len(data)+4))
		data += floatBytes(byte(entries[i+1].(int)))
	}
	return string(stFile("{"+strings.Join(header, ",")+"}", 0)) + data
}

// indexOf is an index, given as names and files.
func indexOf(entries ...string) string {
	var lines []string
	for i := 0; i < len(entries); i += 2 {
		lines = append(lines, fmt.Sprintf("%q: %q", entries[i], entries[i+1]))
	}
	return "{\n \"metadata\": {\"total_size\": 8},\n \"weight_map\": {" + strings.Join(lines, ", ") + "}}"
}

// folderOf writes files, given as names and contents, and returns their folder.
func folderOf(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	shard1 = "model-00001-of-00002.safetensors"
	shard2 = "model-00002-of-00002.safetensors"
	index  = "model.safetensors.index.json"
)

// TestShards: an index opens all its shards, of safetensors and of torch.save.
func TestShards(t *testing.T) {
	dir := folderOf(t, shard1, floatShard("a.weight", 1, "b.bias", 2), shard2, floatShard("c.weight", 3),
		index, indexOf("c.weight", shard2, "a.weight", shard1, "b.bias", shard1),
		"x.bin", string(archiveOf(t, "a/data.pkl", oneTensor(twoBytes), "a/data/0", "\x05\x06\x07\x08")),
		"pytorch_model.bin.index.json", indexOf("w.weight", "x.bin", "c.weight", shard2))
	for file, want := range map[string]map[string][]float32{
		index:                          {"a.weight": {1}, "b.bias": {2}, "c.weight": {3}},
		"pytorch_model.bin.index.json": {"w.weight": {5, 6}, "c.weight": {3}},
	} {
		f, err := Open(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if f.Format() != "shards" || len(f.Names()) != len(want) || f.Whole() != nil {
			t.Errorf("%s: %s, %v, %v", file, f.Format(), f.Names(), f.Whole())
		}
		for name, data := range want {
			if x, err := f.Load(name); err != nil || !slices.Equal(x.Data, data) {
				t.Errorf("%s: %s is %v (%v)", file, name, x, err)
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if _, err := f.Load("c.weight"); err == nil {
			t.Errorf("%s: reads after it was closed", file)
		}
	}
}

// TestShardErrors: what is wrong with an index or its shards is said.
func TestShardErrors(t *testing.T) {
	one, two := floatShard("a.weight", 1), floatShard("b.weight", 2)
	right := indexOf("a.weight", shard1, "b.weight", shard2)
	for name, c := range map[string]struct{ index, one, two, want string }{
		"right":      {right, one, two, ""},
		"folder":     {indexOf("a.weight", "x/y"), one, two, `names the file "x/y", but only files in its own folder`},
		"parent":     {indexOf("a.weight", "../"+shard1), one, two, "only files in its own folder"},
		"dots":       {indexOf("a.weight", ".."), one, two, "only files in its own folder"},
		"absolute":   {indexOf("a.weight", "/etc/passwd"), one, two, "only files in its own folder"},
		"backslash":  {indexOf("a.weight", `..\x`), one, two, "only files in its own folder"},
		"no name":    {indexOf("a.weight", ""), one, two, "only files in its own folder"},
		"missing":    {indexOf("a.weight", "none"), one, two, "shard none: "},
		"itself":     {indexOf("a.weight", index), one, two, "shard " + index + ": this is JSON"},
		"twice":      {indexOf("a.weight", shard1, "a.weight", shard2), one, two, "has tensor a.weight twice"},
		"two shards": {right, one, floatShard("a.weight", 1, "b.weight", 2), "tensor a.weight is in two shards"},
		"lacks":      {indexOf("a.weight", shard1, "c", shard2, "b.weight", shard2), one, two, shard2 + " lacks tensor c"},
		"more":       {right, one, floatShard("b.weight", 2, "c", 3), "has tensor c, which the index doesn't name"},
		"swapped":    {right, two, one, "which is in " + shard2 + " according to the index"},
		"damaged":    {right, one[:20], two, "shard " + shard1 + ": safetensors: "},
		"nested": {
			right, string(archiveOf(t, "a/data.pkl", beside("N"), "a/data/1", "ab")), two, "in dictionaries inside it",
		},
		"unreadable": {
			right, string(stFile("{"+stTensor("a.weight", "F8_E4M3", "[1]", 0, 1)+"}", 1)), two, "float8_e4m3fn",
		},
		"no map":      {`{"metadata": {}}`, one, two, "it has no weight_map"},
		"list":        {`{"weight_map": []}`, one, two, "weight_map is not a JSON object"},
		"number":      {`{"weight_map": {"a.weight": 1}}`, one, two, "has no file for tensor a.weight"},
		"empty":       {`{"weight_map": {}}`, one, two, "weight_map is empty"},
		"other JSON":  {`{"resnet-tui": 1`, one, two, "this is JSON, but not an index of shards"},
		"outside key": {`{"weight_map": {"a` + "\\u001b" + `": 1}}`, one, two, `"a\x1b"`},
	} {
		dir := folderOf(t, shard1, c.one, shard2, c.two, index, c.index)
		f, err := Open(filepath.Join(dir, index))
		if c.want == "" && err == nil {
			f.Close()
			continue
		}
		wantError(t, name, err, c.want)
		if name == "missing" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v", err)
		}
	}
	var many []string
	for i := range maxShards + 1 {
		many = append(many, fmt.Sprint("t", i), fmt.Sprint("f", i))
	}
	_, err := Open(filepath.Join(folderOf(t, index, indexOf(many...)), index))
	wantError(t, "many", err, "it names 257 files, at most 256 are possible")
	_, err = Parse("memory", []byte(right))
	wantError(t, "memory", err, "this is JSON, and no weights")
}

// TestShardAlone: a shard that doesn't hold the whole net names its index.
func TestShardAlone(t *testing.T) {
	net := []tensor.Param{{Name: "a.weight", Shape: tensor.Shape{1}}, {Name: "b.weight", Shape: tensor.Shape{1}}}
	for _, files := range [][]string{
		{shard1, floatShard("a.weight", 1), index, indexOf("a.weight", shard1, "b.weight", shard2)},
		{shard1, floatShard("a.weight", 1)},
		{shard1, floatShard("a.weight", 1, "b.weight", 2)},
	} {
		dir := folderOf(t, files...)
		f, err := Open(filepath.Join(dir, shard1))
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Source(net)
		switch {
		case len(f.Names()) == 2:
			if err != nil {
				t.Errorf("a whole net in one shard: %v", err)
			}
		case len(files) > 2:
			wantError(t, "with index", err, shard1+" is only shard 1 of 2: open their index instead: "+filepath.Join(dir, index))
		default:
			wantError(t, "without index", err, "get the others and their index, "+index+", and open that")
		}
		f.Close()
	}
}

// FuzzIndex fuzzes an index: whatever it names lies in its own folder.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(indexOf("a.weight", shard1, "b.weight", shard2)))
	f.Add([]byte(`{"weight_map": {"a": "../a", "a": "b"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkOpened(t, data)
		x, err := readIndex(memory(data))
		if err != nil {
			wantError(t, "index", err, "")
			return
		}
		for _, file := range x.files {
			if filepath.Dir(filepath.Join("folder", file)) != "folder" || len(x.files) > maxShards {
				t.Errorf("%q of %d", file, len(x.files))
			}
		}
	})
}
