package tui

import "testing"

// BenchmarkFrame is a frame of the deepest net, all of it unfolded, on a large
// terminal: newest figures, rows, text.
func BenchmarkFrame(b *testing.B) {
	for _, arch := range []string{"resnet101", "cifar_resnet1202"} {
		b.Run(arch, func(b *testing.B) {
			m := screen(b, arch, 120, 40)
			run(b, m, true, recorded)
			m.list.setOpen(true)
			b.ReportAllocs()
			for b.Loop() {
				m.follow()
				m.list.tree.update(&m.snap)
				m.samples, m.stale = m.samples+1, true
				m.refresh()
				m.View()
			}
		})
	}
}

// BenchmarkSample is taking one new pass of the deepest net into the figures.
func BenchmarkSample(b *testing.B) {
	m := screen(b, "cifar_resnet1202", 120, 40)
	run(b, m, true, recorded)
	l := m.program.Lowered
	f := fake(nil).Program(l.Plan, true)
	for b.Loop() {
		b.StopTimer()
		record(b, m.program, f)
		b.StartTimer()
		m.sample(true)
	}
}

// TestFrameCostsWhatIsVisible holds that a net of 1202 layers takes no more
// memory a frame than one of 20.
func TestFrameCostsWhatIsVisible(t *testing.T) {
	allocs := func(arch string) float64 {
		m := screen(t, arch, 120, 24)
		run(t, m, true, 5)
		m.list.setOpen(true)
		return testing.AllocsPerRun(20, func() {
			m.stale = true
			m.View()
		})
	}
	small, large := allocs("cifar_resnet20"), allocs("cifar_resnet1202")
	if large > 1.5*small+50 {
		t.Errorf("%v allocations a frame for 1202 layers, %v for 20", large, small)
	}
}
