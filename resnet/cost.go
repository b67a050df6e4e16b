package resnet

// Cost is what a layer or subtree holds and does: exact integers.
type Cost struct {
	Params  int64 // learnable elements
	Buffers int64 // elements of running statistics
	MACs    int64 // multiply-adds of convolutions and linear layers, per image
	FLOPs   int64 // operations of every layer, per image

	// Bytes of the whole batch in float32, each layer by itself: a pass that
	// fuses layers moves fewer.
	ReadBytes       int64 // operands and parameters
	WriteBytes      int64 // results
	ActivationBytes int64 // results, as a backward pass would keep them
}

// Count is a figure for "the net's operations" by one convention.
type Count struct {
	Name  string // the convention's name, as --count takes it
	Value int64  // per image
	What  string // what it counts
}
