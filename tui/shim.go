package tui

func (m *Model) drawTraining(r rect) {}
