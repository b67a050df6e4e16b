// Package checkpoint reads and writes weights and plain arrays.
//
// Open recognises a file by its content, maps it into memory and lists its tensors.
// Values are converted to float32 only when they are read, so opening a large file
// takes no longer than opening a small one. The formats:
//
//   - safetensors
//   - torch.save's zip archive (PyTorch 1.6 and later)
//   - torch.save's legacy stream (before 1.6)
//   - torch.save's tar archive (before 0.1.9)
//   - an index of several of these, by Hugging Face's libraries (.index.json)
//   - npy, as a file of one tensor named "array"
//
// torch.save stores pickles, and a pickle is a program. The interpreter here can build
// tensors, dictionaries, lists, numbers and strings, and nothing else: the names of
// classes and functions are looked up in a table (see classes.go), and any other makes an
// inert placeholder. Nothing of a file is imported or run, and a file is refused only
// where its weights come out of such a placeholder. Lengths and counts in a file are
// checked before memory is allocated, so that a small hostile file can't exhaust it.
//
// File.Source matches a file's names with a net's parameters, and chooses among several
// sets of weights; its errors are a *MatchError or a *ChoiceError. Errors about a file
// that is read start with its name and say what is wrong with it; those of the file system
// can be tested with errors.Is, as in os.ErrNotExist.
package checkpoint
