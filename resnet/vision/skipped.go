package vision

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Skipped counts the files of folders that are not read as pictures, by their extension in
// lower case; "" stands for files without one. Hidden files don't count.
type Skipped map[string]int

// add counts a file, unless it is hidden.
func (s Skipped) add(name string) {
	if !strings.HasPrefix(name, ".") {
		s[strings.ToLower(filepath.Ext(name))]++
	}
}

// String is "3 files (2 .heic, 1 without extension)"; "" for none.
func (s Skipped) String() string {
	total := 0
	var kinds []string
	for _, ext := range slices.Sorted(maps.Keys(s)) {
		total += s[ext]
		if ext == "" {
			kinds = append(kinds, fmt.Sprintf("%d without extension", s[ext]))
		} else {
			kinds = append(kinds, fmt.Sprintf("%d %s", s[ext], ext))
		}
	}
	switch total {
	case 0:
		return ""
	case 1:
		return "1 file (" + kinds[0] + ")"
	}
	return fmt.Sprintf("%d files (%s)", total, strings.Join(kinds, ", "))
}

// PicturesOf returns how the pictures of a folder's data set become images, and what the
// set left out. It reports false for other sets, which have no pictures.
func PicturesOf(data Dataset) (t Transform, skipped Skipped, ok bool) {
	f, ok := data.(*folderSet)
	if !ok {
		return Transform{}, nil, false
	}
	return f.t, f.skipped, true
}
