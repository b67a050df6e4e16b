package report

// The schemas name the JSON of the reports that are this package's own. A new
// field does not change a schema; a field that goes or changes its meaning
// does. The schemas of profiles, sweeps, differences, checks and the history
// are package profile's.
const (
	RunSchema          = "resnet-tui/run/1"
	SummarySchema      = "resnet-tui/summary/1"
	CountsSchema       = "resnet-tui/counts/1"
	CompareSchema      = "resnet-tui/compare/1"
	EvalSchema         = "resnet-tui/eval/1"
	TrainSchema        = "resnet-tui/train/1"
	TrainHistorySchema = "resnet-tui/train-history/1"
	InfoSchema         = "resnet-tui/info/1"
)
