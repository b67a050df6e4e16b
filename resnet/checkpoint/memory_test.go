package checkpoint

import "bytes"

// memoryFile is a source in memory.
type memoryFile struct{ *bytes.Reader }

func memory(data []byte) source { return memoryFile{bytes.NewReader(data)} }

func (memoryFile) Close() error         { return nil }
func (memoryFile) release(int64, int64) {}
