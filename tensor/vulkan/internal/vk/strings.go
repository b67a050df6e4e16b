package vk

// CString is a string as C has it.
func CString(s string) *byte { return &append([]byte(s), 0)[0] }

// GoString is a string in a fixed array.
func GoString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
