// Package checkpoint reads trained weights, and reads and writes plain arrays.
//
// Open recognises a file by its content, maps it into memory and lists its
// tensors; values are converted to float32 only when they are read, so opening
// costs the same for a small net and a large one. The formats:
//
//   - safetensors
//   - torch.save's zip archive (PyTorch 1.6 and later)
//   - torch.save's legacy stream (before 1.6)
//   - npy, as a file of one tensor named "array"
//
// torch.save stores pickles, and a pickle is a program. The one that runs here
// is an interpreter of its own that can build tensors, dictionaries, lists,
// numbers and strings, and nothing else: what a file asks to call is looked up
// in a table (see allow.go), and refused by name if it is not there.
//
// File.Source matches a file's names with a net's parameters.
package checkpoint
