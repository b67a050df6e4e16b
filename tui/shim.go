package tui

func (m *Model) drawCompare(r rect)  {}
func (m *Model) drawTraining(r rect) {}
