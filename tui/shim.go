package tui

func (m *Model) pathLines() int        { return 0 }
func (m *Model) drawPaths(r rect)      {}
func (m *Model) drawCompare(r rect)    {}
func (m *Model) drawTraining(r rect)   {}
func (m *Model) askPaths()             {}
