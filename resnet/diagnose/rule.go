package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity is how bad a finding is.
type Severity uint8

// The severities. An error makes results wrong, a warning probably does, and a note is
// worth knowing.
const (
	Note Severity = iota
	Warning
	Error
)

var severityNames = []string{"note", "warning", "error"}

// String is the severity's name in JSON and flags.
func (s Severity) String() string { return severityNames[s] }

// Severities are the names of all severities, the mildest first.
func Severities() []string { return slices.Clone(severityNames) }

// SeverityNamed is the severity of that name; ok is false if there is none.
func SeverityNamed(name string) (s Severity, ok bool) {
	i := slices.Index(severityNames, name)
	return Severity(max(i, 0)), i >= 0
}

// Rule is one thing that can be wrong, and how that is found out.
type Rule struct {
	Name     string
	Severity Severity // the highest that its findings have
	Decides  string   // how it decides
	Limit    string   // its threshold, with its unit
	Source   string   // where the threshold is from
	CantTell string   // what it can't tell
	Needs    Need     // what it can't do without, beside a pass
	// Explains names rules whose findings follow from this one's.
	Explains []string
	find     func(e *Evidence) []Finding
}

// Need is what a rule needs, as a set of the constants below.
type Need uint8

// The needs.
const (
	Norms    Need = 1 << iota // batch norms
	Images                    // no seeded noise
	Weights                   // of training, not the initialisation
	Labels                    // the right classes
	Gradient                  // a backward pass
	Settings                  // a learning rate
	Partial                   // weights that were loaded in part
	Times                     // a profile
)

var needNames = []string{
	"batch norm", "images", "trained weights", "labels", "--backward", "--lr", "--partial", "--profile",
}

// String lists the needs: "images, labels".
func (n Need) String() string {
	var names []string
	for i, name := range needNames {
		if n&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// has are the needs that evidence fulfils.
func (e *Evidence) has() (n Need) {
	for need, there := range map[Need]bool{
		Norms: e.norms() > 0, Images: e.Input.Real, Weights: e.Trained, Labels: len(e.Input.Labels) > 0, Gradient: e.Step != nil,
		Settings: e.Step != nil && e.Step.Rate > 0, Partial: len(e.Missing) > 0, Times: len(e.Times) > 0,
	} {
		if there {
			n |= need
		}
	}
	return n
}

// Tried are the names of the rules that evidence suffices for.
func Tried(e *Evidence) (names []string) {
	for _, r := range Rules() {
		if r.Needs&^e.has() == 0 {
			names = append(names, r.Name)
		}
	}
	return names
}

// Finding is something that is wrong.
type Finding struct {
	Rule     string
	Severity Severity
	Path     string         // a layer, block or parameter, "input", "labels" or "settings"
	Message  string         // one sentence with its figure
	Evidence map[string]any // numbers, texts and lists of either
	Proof    []string       // a command of the program that shows it, and its own flags
	Also     []string       // other places with the same fault
	Strength float64        // by how many times it exceeds its threshold
}

// Diagnose applies all rules. Of each rule there is one finding at most, at the place
// where it is worst, and none that follows from another. They are ranked by severity, then
// by strength.
func Diagnose(e *Evidence) []Finding {
	var all []Finding
	for _, r := range Rules() {
		if r.Needs&^e.has() != 0 {
			continue
		}
		if found := r.find(e); len(found) > 0 {
			all = append(all, r.merge(found))
		}
	}
	all = withoutEffects(all)
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Strength, a.Strength))
	})
	return all
}

// merge is the worst of a rule's findings, with the places of the others.
func (r *Rule) merge(found []Finding) Finding {
	worst := 0
	for i, f := range found {
		w := found[worst]
		if f.Severity > w.Severity || f.Severity == w.Severity && f.Strength > w.Strength {
			worst = i
		}
	}
	f := found[worst]
	f.Rule = r.Name
	for i, other := range found {
		if i != worst && other.Path != f.Path {
			f.Also = append(f.Also, other.Path)
		}
	}
	if n := len(f.Also); n == 1 {
		f.Message += "; so in " + f.Also[0]
	} else if n > 1 {
		f.Message += fmt.Sprintf("; so in %d other places", n)
	}
	return f
}

// withoutEffects leaves out findings that follow from others. What is only a note explains
// nothing.
func withoutEffects(all []Finding) []Finding {
	explained := map[string]bool{}
	for _, r := range Rules() {
		for _, f := range all {
			if f.Rule == r.Name && f.Severity > Note && !explained[r.Name] {
				for _, effect := range r.Explains {
					explained[effect] = true
				}
			}
		}
	}
	return slices.DeleteFunc(all, func(f Finding) bool { return explained[f.Rule] })
}

// showing is a command that shows the values of a layer's output, or of a parameter.
func showing(path string) []string {
	return []string{"inspect", "stats", "--at", path, "--per-channel"}
}

// showingGradients is a command that shows the gradient of a parameter, or of all for "".
func showingGradients(name string) []string {
	if name == "" {
		return []string{"inspect", "stats", "--backward"}
	}
	return []string{"inspect", "stats", "--backward", "--at", name}
}
