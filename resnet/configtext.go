package resnet

// MarshalText returns the family's name. With UnmarshalText, a Family is encoded as
// text, in JSON too, as the other choices are.
func (f Family) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// MarshalText returns the variant's name.
func (v Variant) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// MarshalText returns the block's name.
func (b BlockKind) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// MarshalText returns the stem's name.
func (s Stem) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalText returns the option's name.
func (s Shortcut) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalText returns the normalisation's name.
func (n Norm) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText parses a family's name.
func (f *Family) UnmarshalText(text []byte) error { return f.Set(string(text)) }

// UnmarshalText parses a variant's name.
func (v *Variant) UnmarshalText(text []byte) error { return v.Set(string(text)) }

// UnmarshalText parses a block's name.
func (b *BlockKind) UnmarshalText(text []byte) error { return b.Set(string(text)) }

// UnmarshalText parses a stem's name.
func (s *Stem) UnmarshalText(text []byte) error { return s.Set(string(text)) }

// UnmarshalText parses an option's name.
func (s *Shortcut) UnmarshalText(text []byte) error { return s.Set(string(text)) }

// UnmarshalText parses a normalisation's name.
func (n *Norm) UnmarshalText(text []byte) error { return n.Set(string(text)) }
