package report

// The schemas name the JSON of reports, each with the version of its format. A new
// field doesn't change the version; removing one, or changing its meaning or unit,
// does. The schemas of profiles, sweeps, diffs, checks and the history are in
// package profile.
const (
	RunSchema          = "resnet-tui/run/1"
	SummarySchema      = "resnet-tui/summary/1"
	CountsSchema       = "resnet-tui/counts/1"
	CompareSchema      = "resnet-tui/compare/1"
	EvalSchema         = "resnet-tui/eval/1"
	TrainSchema        = "resnet-tui/train/1"
	TrainHistorySchema = "resnet-tui/train-history/1"
	InfoSchema         = "resnet-tui/info/1"
	MapsSchema         = "resnet-tui/maps/1"
	StatsSchema        = "resnet-tui/stats/1"
	ExciteSchema       = "resnet-tui/excite/1"
	DiagnoseSchema     = "resnet-tui/diagnose/1"
	RulesSchema        = "resnet-tui/diagnose-rules/1"
	ExplainSchema      = "resnet-tui/explain/1"
	FieldSchema        = "resnet-tui/field/1"
	SimilaritySchema   = "resnet-tui/similarity/1"
)
