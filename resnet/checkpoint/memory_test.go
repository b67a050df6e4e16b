package checkpoint

import "bytes"

// memory is a source of bytes.
func memory(data []byte) source { return memoryFile{bytes.NewReader(data)} }
