package vision

import "sync"

// budget limits the bytes that goroutines use together. One that asks for more than is
// left waits; it must not ask for more than the whole budget.
type budget struct {
	mu   sync.Mutex
	more sync.Cond
	left int64
}

// memory bounds the memory of all pictures that are being decoded.
var memory = newBudget(maxDecode)

// newBudget returns a budget of n bytes.
func newBudget(n int64) *budget {
	b := &budget{left: n}
	b.more.L = &b.mu
	return b
}

// take waits until n bytes are left, and takes them.
func (b *budget) take(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.left < n {
		b.more.Wait()
	}
	b.left -= n
}

// give returns n bytes.
func (b *budget) give(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += n
	b.more.Broadcast()
}
