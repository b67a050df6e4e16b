package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

// configKeys are the flags whose defaults config.yaml may set.
var configKeys = []string{
	"count", "device", "exact", "graphics", "no-calibrate", "no-fuse", "no-history", "runs", "seed", "theme", "threads", "warmup",
}

func configPath() string {
	dir := configDir()
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "config.yaml")
}

// applyConfig sets the flags that the user did not give from config.yaml, as
// far as the command has them. A missing file is fine.
func applyConfig(cmd *cobra.Command) error {
	path := configPath()
	data, err := os.ReadFile(path)
	if path == "" || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return usageError{err}
	}
	entries, err := configEntries(data)
	if err != nil {
		return usage("%s: %w", path, err)
	}
	for _, e := range entries {
		f := cmd.Flags().Lookup(e.key)
		if f == nil || f.Changed {
			continue
		}
		if err := f.Value.Set(e.value); err != nil {
			return usage("%s:%d: %s: %s: %w", path, e.line, e.key, e.value, err)
		}
	}
	return nil
}

type configEntry struct {
	key, value string
	line       int
}

// configEntries reads the file: a flat mapping of configKeys to values.
func configEntries(data []byte) ([]configEntry, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) == 0 {
		return nil, nil // nothing but comments
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: it must be a list of key: value", top.Line)
	}
	var entries []configEntry
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		if !slices.Contains(configKeys, key.Value) {
			known := strings.Join(configKeys, ", ")
			return nil, fmt.Errorf("line %d: unknown key %q; known are %s", key.Line, key.Value, known)
		}
		if value.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("line %d: %s takes one value", value.Line, key.Value)
		}
		entries = append(entries, configEntry{key.Value, value.Value, value.Line})
	}
	return entries, nil
}
