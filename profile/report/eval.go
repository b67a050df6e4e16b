package report

import (
	"fmt"
	"io"

	"resnet-tui/profile"
	"resnet-tui/resnet/train"
)

// Eval is a net's score on a data set. Accuracy is Correct / Total, and Top5 the
// number of images whose class is among the five most likely. Seconds is the wall
// time of the evaluation.
type Eval struct {
	Schema string         `json:"schema"`
	Model  profile.Model  `json:"model"`
	Device profile.Device `json:"device"`
	Data   string         `json:"data"`

	Preprocess *profile.Preprocess `json:"preprocess,omitempty"` // of a folder's pictures
	LeftOut    map[string]int      `json:"left_out,omitempty"`   // files of a folder that were not used, by extension

	Batch    int     `json:"batch"` // images per pass
	Total    int     `json:"total"` // images
	Correct  int     `json:"correct"`
	Accuracy float64 `json:"accuracy"`
	Top5     int     `json:"top5_correct"`
	Loss     Number  `json:"loss"` // mean cross-entropy over images, in nats
	Seconds  float64 `json:"seconds"`
}

// NewEval returns the report of a score. The caller fills in Model, Device, Data,
// Batch and Seconds.
func NewEval(s train.Score) *Eval {
	e := &Eval{Schema: EvalSchema, Total: s.Total, Correct: s.Correct, Top5: s.Top5, Loss: Number(s.Loss)}
	if s.Total > 0 {
		e.Accuracy = float64(s.Correct) / float64(s.Total)
	}
	return e
}

// Table has one row.
func (e *Eval) Table() Tabular {
	return Table[*Eval]{Rows: []*Eval{e}, Columns: []Column[*Eval]{
		{"arch", "net", left, func(e *Eval) Cell { return plain(e.Model.Arch) }},
		{"weights", "weights", left, func(e *Eval) Cell { return plain(e.Model.WeightsLine()) }},
		{"data", "data", left, func(e *Eval) Cell { return plain(e.Data) }},
		{"total", "images", right, func(e *Eval) Cell { return whole(e.Total) }},
		{"correct", "correct", right, func(e *Eval) Cell { return whole(e.Correct) }},
		{"accuracy", "accuracy", right, func(e *Eval) Cell {
			return Cell{percent(e.Correct, e.Total), raw(e.Accuracy)}
		}},
		{"top5_correct", "in top 5", right, func(e *Eval) Cell { return whole(e.Top5) }},
		{"loss", "loss", right, func(e *Eval) Cell { return number(&e.Loss) }},
		{"seconds", "", right, func(e *Eval) Cell { return seconds(e.Seconds) }},
	}}
}

// Text writes the score in words.
func (e *Eval) Text(w io.Writer) error {
	var f facts
	f.add("net", e.Model.Line())
	f.add("data", e.Data)
	if e.Preprocess != nil {
		f.add("pictures", e.Preprocess.String())
	}
	f.addf("accuracy", "%s   %d of %d", percent(e.Correct, e.Total), e.Correct, e.Total)
	f.addf("in top 5", "%s   %d", percent(e.Top5, e.Total), e.Top5)
	f.add("loss", number(&e.Loss).Text+"   mean cross-entropy")
	f.addf("time", "%s s, %s img/s on %s",
		profile.Significant(e.Seconds), perSecond(Number(float64(e.Total)/e.Seconds)).Text, e.Device.Line())
	return f.write(w)
}

// percent formats a share with two decimals, as accuracies usually are.
func percent(part, all int) string {
	if all == 0 {
		return profile.Dash
	}
	return fmt.Sprintf("%.2f %%", 100*float64(part)/float64(all))
}
