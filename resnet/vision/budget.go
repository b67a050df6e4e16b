package vision

import "sync"

// budget shares out bytes among goroutines: who asks for more than is left
// waits. No one may ask for more than there is in all.
type budget struct {
	mu   sync.Mutex
	more sync.Cond
	left int64
}

// memory bounds what all pictures that are being decoded hold.
var memory = newBudget(maxDecode)

func newBudget(n int64) *budget {
	b := &budget{left: n}
	b.more.L = &b.mu
	return b
}

func (b *budget) take(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.left < n {
		b.more.Wait()
	}
	b.left -= n
}

func (b *budget) give(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += n
	b.more.Broadcast()
}
