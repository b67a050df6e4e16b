package resnet

// MarshalText writes the family's name; with UnmarshalText a Family reads and
// writes as text, in JSON too, as the other choices do.
func (f Family) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// MarshalText writes the variant's name.
func (v Variant) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// MarshalText writes the block's name.
func (b BlockKind) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// MarshalText writes the option's letter.
func (s Shortcut) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalText writes the normalisation's name.
func (n Norm) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads a family's name.
func (f *Family) UnmarshalText(text []byte) error { return f.Set(string(text)) }

// UnmarshalText reads a variant's name.
func (v *Variant) UnmarshalText(text []byte) error { return v.Set(string(text)) }

// UnmarshalText reads a block's name.
func (b *BlockKind) UnmarshalText(text []byte) error { return b.Set(string(text)) }

// UnmarshalText reads an option's letter.
func (s *Shortcut) UnmarshalText(text []byte) error { return s.Set(string(text)) }

// UnmarshalText reads a normalisation's name.
func (n *Norm) UnmarshalText(text []byte) error { return n.Set(string(text)) }
