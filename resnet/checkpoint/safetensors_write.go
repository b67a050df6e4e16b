package checkpoint

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"resnet-tui/tensor"
)

// WriteSafetensors writes parameters as float32, in their order, with values
// from src, one tensor at a time. notes, which may be nil, become the file's
// __metadata__. The file appears whole or not at all.
func WriteSafetensors(path string, params []tensor.Param, src tensor.Source, notes map[string]string) error {
	header, err := formatHeader(params, notes)
	if err != nil {
		return err
	}
	return writeFile(path, func(w io.Writer) error {
		if _, err := w.Write(le.AppendUint64(nil, uint64(len(header)))); err != nil {
			return err
		}
		if _, err := io.WriteString(w, header); err != nil {
			return err
		}
		for _, p := range params {
			t := tensor.New(p.Shape...)
			if err := src.Load(p, t); err != nil {
				return err
			}
			if err := writeFloats(w, t.Data); err != nil {
				return err
			}
		}
		return nil
	})
}

// formatHeader is the JSON, padded so that the data is aligned to 8 bytes.
func formatHeader(params []tensor.Param, notes map[string]string) (string, error) {
	var members []string
	if len(notes) > 0 {
		js, err := json.Marshal(notes)
		if err != nil {
			return "", err
		}
		members = append(members, `"__metadata__":`+string(js))
	}
	offset, seen := int64(0), map[string]bool{"__metadata__": true}
	for _, p := range params {
		if err := p.Shape.Check(); err != nil {
			return "", fmt.Errorf("%s: %w", p.Name, err)
		}
		if seen[p.Name] {
			return "", fmt.Errorf("%s can't be written: the name is there twice", p.Name)
		}
		seen[p.Name] = true
		name, err := json.Marshal(p.Name)
		if err != nil {
			return "", err
		}
		shape, err := json.Marshal([]int(p.Shape))
		if err != nil {
			return "", err
		}
		next := offset + p.Shape.Bytes()
		members = append(members, fmt.Sprintf(`%s:{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}`, name, shape, offset, next))
		offset = next
	}
	header := "{" + strings.Join(members, ",") + "}"
	return header + strings.Repeat(" ", -len(header)&7), nil
}
