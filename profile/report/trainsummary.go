package report

import (
	"fmt"
	"io"
	"strconv"

	"resnet-tui/profile"
	"resnet-tui/resnet/train"
)

// writeSummary writes the means over seeds of each net, and ratios of training
// losses of nets worth comparing. It writes nothing for a nil summary.
func writeSummary(w io.Writer, s *train.Summary) error {
	if s == nil {
		return nil
	}
	fmt.Fprintf(w, "\nafter epoch %d, mean over seeds (least to most)\n", s.Epoch)
	if err := outcomeTable(s.Outcomes).Text(w); err != nil || len(s.Ratios) == 0 {
		return err
	}
	fmt.Fprintf(w, "\ntraining loss of one net over another's\n")
	return ratioTable(s.Ratios).Text(w)
}

// outcomeTable has one row per net.
func outcomeTable(rows []train.Outcome) Table[train.Outcome] {
	return Table[train.Outcome]{Rows: rows, Columns: []Column[train.Outcome]{
		{"", "net", left, func(o train.Outcome) Cell { return plain(o.Model) }},
		{"", "seeds", right, func(o train.Outcome) Cell { return whole(o.TrainLoss.N) }},
		{"", "train loss", right, func(o train.Outcome) Cell { return overSeeds(o.TrainLoss, thousandths) }},
		{"", "train error", right, func(o train.Outcome) Cell { return overSeeds(o.TrainError, profile.FormatShare) }},
		{"", "test loss", right, func(o train.Outcome) Cell { return overSeeds(o.TestLoss, thousandths) }},
		{"", "test error", right, func(o train.Outcome) Cell { return overSeeds(o.TestError, profile.FormatShare) }},
	}}
}

// ratioTable has one row per pair of nets. A ratio is of runs with the same seed.
func ratioTable(rows []train.Ratio) Table[train.Ratio] {
	return Table[train.Ratio]{Rows: rows, Columns: []Column[train.Ratio]{
		{"", "nets", left, func(r train.Ratio) Cell { return plain(r.A + " / " + r.B) }},
		{"", "ratio", right, func(r train.Ratio) Cell { return overSeeds(r.Ratio, hundredths) }},
		{"", "seeds", right, func(r train.Ratio) Cell { return whole(r.Ratio.N) }},
	}}
}

// hundredths formats v with two decimals.
func hundredths(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// thousandths formats v with three decimals.
func thousandths(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

// overSeeds is a mean and, if there are several seeds, the range. Three or four
// seeds, as usual, are too few for a standard deviation.
func overSeeds(s train.SeedStats, format func(float64) string) Cell {
	switch s.N {
	case 0:
		return missing
	case 1:
		return plain(format(s.Mean))
	}
	return plain(fmt.Sprintf("%s (%s to %s)", format(s.Mean), format(s.Min), format(s.Max)))
}
