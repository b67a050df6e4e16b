package diagnose

import (
	"fmt"
	"math"
)

const (
	severalImages = 8
	sameLogits    = 1e-4 // deviation between images by that between classes
	worseByChance = 0.5  // nats above ln C
	movedPart     = 0.75 // of the images whose label is as far from the answer
)

// oneClass finds trained nets that answer the same class to all images.
func oneClass(e *Evidence) []Finding {
	n := e.Input.distinct()
	if !e.Trained || !e.Input.Real || n < severalImages || e.Net.Classes() < 3 || allEqual(e.Input.Labels) {
		return nil
	}
	classes := e.Eval.classes()
	if !allEqual(classes) {
		return nil
	}
	return []Finding{{
		Severity: Error, Path: e.classifier(), Strength: float64(n) / severalImages,
		Proof:    showing(e.classifier()),
		Message:  fmt.Sprintf("all %d different images get class %d", n, classes[0]),
		Evidence: map[string]any{"class": classes[0], "images": n},
	}}
}

// allEqual reports whether there are values, and they are all the same.
func allEqual(values []int) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return len(values) > 0
}

// classifier is the path of the last layer.
func (e *Evidence) classifier() string { return e.Net.Layers[len(e.Net.Layers)-1].Path }

// deafNet finds nets whose answer doesn't depend on the image.
func deafNet(e *Evidence) []Finding {
	t := e.Eval.Logits
	if e.Input.distinct() < 2 || e.Net.Classes() < 2 {
		return nil
	}
	between, across := 0.0, 0.0
	for c := range t.Shape[1] {
		var column []float32
		for i := range t.Shape[0] {
			column = append(column, rowOf(t, i)[c])
		}
		_, std := momentsOf(column)
		between += std * std
	}
	for i := range t.Shape[0] {
		_, std := momentsOf(rowOf(t, i))
		across += std * std
	}
	between = math.Sqrt(between / float64(t.Shape[1]))
	across = math.Sqrt(across / float64(t.Shape[0]))
	if !(between <= sameLogits*across) {
		return nil
	}
	return []Finding{{
		Severity: Error, Path: e.classifier(), Strength: 1 + sameLogits*across/max(between,
			1e-30*across+1e-300)/1e3,
		Proof: showing(e.classifier()),
		Message: fmt.Sprintf("different images get the same logits: they vary by %.2g between images, by %.2g between classes",
			between, across),
		Evidence: map[string]any{"between_images": between, "between_classes": across},
	}}
}

// loss is the mean cross-entropy of the eval pass with the right labels; NaN without them.
func (e *Evidence) loss() float64 {
	if len(e.Input.Labels) == 0 || len(e.Input.Labels) != e.Eval.Logits.Shape[0] {
		return math.NaN()
	}
	sum := 0.0
	for i, label := range e.Input.Labels {
		sum -= math.Log(max(softmax(rowOf(e.Eval.Logits, i))[label], 1e-300))
	}
	return sum / float64(len(e.Input.Labels))
}

// belowChance finds trained nets that do worse than guessing.
func belowChance(e *Evidence) []Finding {
	chance := math.Log(float64(e.Net.Classes()))
	loss := e.loss()
	if !e.Trained || len(e.Input.Labels) < severalImages || !(loss > chance+worseByChance) {
		return nil
	}
	right := 0
	for i, class := range e.Eval.classes() {
		if class == e.Input.Labels[i] {
			right++
		}
	}
	return []Finding{{
		Severity: Warning, Path: "labels", Strength: loss / (chance + worseByChance), Proof: []string{"run"},
		Message: fmt.Sprintf("the loss on these labels is %.3g, guessing gives %.3g, and %d of %d are right: labels or "+
			"images are not those that it was trained on", loss, chance, right, len(e.Input.Labels)),
		Evidence: map[string]any{"loss": loss, "chance": chance, "right": right, "images": len(e.Input.Labels)},
	}}
}

// movedLabels finds labels that are all as far from what a net answers.
func movedLabels(e *Evidence) []Finding {
	n := len(e.Input.Labels)
	if !e.Trained || n < severalImages || allEqual(e.Input.Labels) {
		return nil
	}
	counts, classes := map[int]int{}, e.Net.Classes()
	most := 0
	for i, class := range e.Eval.classes() {
		by := ((e.Input.Labels[i]-class)%classes + classes) % classes
		if counts[by]++; counts[by] > counts[most] {
			most = by
		}
	}
	part := float64(counts[most]) / float64(n)
	if most == 0 || part < movedPart {
		return nil
	}
	return []Finding{{
		Severity: Error, Path: "labels", Strength: 1 + part/movedPart, Proof: []string{"run"},
		Message: fmt.Sprintf("%d of %d labels are %d above the class that the net answers: they are counted otherwise",
			counts[most], n, most),
		Evidence: map[string]any{"by": most, "count": counts[most], "images": n},
	}}
}
