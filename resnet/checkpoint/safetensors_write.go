package checkpoint

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"resnet-tui/tensor"
)

// WriteSafetensors writes parameters as float32, in order, one tensor at a time. src
// provides the values, and notes, which may be nil, become the file's __metadata__. It
// returns the errors of src and of the file system, and one for duplicate names; path is
// then unchanged.
func WriteSafetensors(path string, params []tensor.Param, src tensor.Source, notes map[string]string) error {
	return writeSafetensors(path, params, src, notes, func(tensor.Param) DType { return F32 })
}

// WriteHalf is like WriteSafetensors, but writes the weights of convolutions and linear
// layers as float16, which halves the file. It returns an error for a weight of 65520 or
// more, which would become infinite, or that isn't finite.
func WriteHalf(path string, params []tensor.Param, src tensor.Source, notes map[string]string) error {
	return writeSafetensors(path, params, src, notes, func(p tensor.Param) DType {
		if p.Role == tensor.Weight {
			return F16
		}
		return F32
	})
}

// writeSafetensors writes each parameter as the type that dtype returns: F32 or F16.
func writeSafetensors(
	path string, params []tensor.Param, src tensor.Source, notes map[string]string, dtype func(tensor.Param) DType,
) error {
	header, err := formatHeader(params, notes, dtype)
	if err != nil {
		return err
	}
	return WriteFile(path, func(w io.Writer) error {
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
			if err := writeValues(w, dtype(p), p.Name, t.Data); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeValues writes the values of a tensor as F16 or F32.
func writeValues(w io.Writer, d DType, name string, vals []float32) error {
	if d == F16 {
		return writeHalves(w, name, vals)
	}
	return writeFloats(w, vals)
}

// formatHeader returns the header's JSON, padded so that the data is aligned to 8 bytes.
func formatHeader(params []tensor.Param, notes map[string]string, dtype func(tensor.Param) DType) (string, error) {
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
			return "", fmt.Errorf("duplicate tensor %s", p.Name)
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
		d := dtype(p)
		next := offset + int64(p.Shape.Elems())*d.Size()
		members = append(members,
			fmt.Sprintf(`%s:{"dtype":"%v","shape":%s,"data_offsets":[%d,%d]}`, name, d, shape, offset, next))
		offset = next
	}
	header := "{" + strings.Join(members, ",") + "}"
	return header + strings.Repeat(" ", -len(header)&7), nil
}
