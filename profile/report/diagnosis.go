package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"resnet-tui/profile"
	"resnet-tui/resnet/diagnose"
)

// Diagnosis lists what is wrong with a net, the worst first.
type Diagnosis struct {
	Schema   string         `json:"schema"`
	Model    profile.Model  `json:"model"`
	Device   profile.Device `json:"device"`
	Input    RunInput       `json:"input"`
	Backward bool           `json:"backward"`
	Findings []Finding      `json:"findings"`
	Rules    []string       `json:"rules"` // that were tried
}

// Finding is one of them. Evidence holds its figures by name. Proof is a command line that
// shows it. Also lists other places with the same fault.
type Finding struct {
	Rule     string   `json:"rule"`
	Severity string   `json:"severity"` // "error", "warning", "note"
	Path     string   `json:"path"`
	Message  string   `json:"message"`
	Evidence Figures  `json:"evidence"`
	Proof    string   `json:"proof"`
	Also     []string `json:"also,omitempty"`
	Strength Number   `json:"strength"` // by how many times it exceeds the rule's threshold
}

// Figures are a finding's by name: Numbers, integers, texts, and lists of the latter two.
type Figures map[string]any

// NewDiagnosis reports what the rules find in evidence; prove makes a command line of a
// finding's. The caller fills in Model, Device, Input and Backward.
func NewDiagnosis(e *diagnose.Evidence, prove func(args []string) string) *Diagnosis {
	d := &Diagnosis{Schema: DiagnoseSchema, Findings: []Finding{}, Rules: diagnose.Tried(e)}
	for _, f := range diagnose.Diagnose(e) {
		d.Findings = append(d.Findings, Finding{
			Rule: f.Rule, Severity: f.Severity.String(), Path: f.Path, Message: f.Message,
			Evidence: numbers(f.Evidence), Proof: prove(f.Proof), Also: f.Also, Strength: Number(f.Strength),
		})
	}
	return d
}

// numbers is evidence whose floats may be NaN.
func numbers(evidence map[string]any) Figures {
	all := make(Figures, len(evidence))
	for name, v := range evidence {
		if x, ok := v.(float64); ok {
			v = Number(x)
		}
		all[name] = v
	}
	return all
}

// Table has a row a finding.
func (d *Diagnosis) Table() Tabular {
	return Table[Finding]{Rows: d.Findings, Columns: []Column[Finding]{
		{"severity", "severity", left, func(f Finding) Cell { return plain(f.Severity) }},
		{"rule", "rule", left, func(f Finding) Cell { return plain(f.Rule) }},
		{"path", "at", left, func(f Finding) Cell { return plain(f.Path) }},
		{"message", "finding", left, func(f Finding) Cell { return plain(f.Message) }},
		{"strength", "", right, func(f Finding) Cell { return optional(f.Strength) }},
		{"proof", "", left, func(f Finding) Cell { return plain(f.Proof) }},
	}}
}

// Text writes each finding with its figures and its proof, and what was tried.
func (d *Diagnosis) Text(w io.Writer) error {
	for _, f := range d.Findings {
		var x facts
		x.add(f.Severity, f.Path+": "+f.Message)
		x.add("rule", f.Rule)
		if len(f.Also) > 0 {
			x.add("also at", strings.Join(f.Also, ", "))
		}
		x.add("evidence", evidenceLine(f.Evidence))
		x.add("proof", f.Proof)
		if err := x.write(w); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	return d.facts().write(w)
}

// evidenceLine are figures by name: "channels 3, of 16".
func evidenceLine(evidence Figures) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(evidence)) {
		value := fmt.Sprint(evidence[name])
		if x, ok := evidence[name].(Number); ok {
			value = profile.Significant(float64(x))
		}
		parts = append(parts, name+" "+value)
	}
	if len(parts) == 0 {
		return profile.Dash
	}
	return strings.Join(parts, ", ")
}

// facts are what was diagnosed, and by how many rules.
func (d *Diagnosis) facts() (f facts) {
	f.add("net", d.Model.Line())
	f.add("input", d.Input.Shape.String()+", "+d.Input.Source)
	f.add("device", d.Device.Line())
	counts := map[string]int{}
	for _, x := range d.Findings {
		counts[x.Severity]++
	}
	f.addf("found", "%d errors, %d warnings and %d notes by %d rules (diagnose --rules lists what they need, and how they decide)",
		counts["error"], counts["warning"], counts["note"], len(d.Rules))
	return f
}

// DiagnoseRules is the table of rules.
type DiagnoseRules struct {
	Schema string `json:"schema"`
	Rules  []Rule `json:"rules"`
}

// Rule says how something is found. Severity is the highest of its findings; Needs is what
// it can't do without, "" for nothing but a pass.
type Rule struct {
	Name      string `json:"rule"`
	Severity  string `json:"severity"`
	Needs     string `json:"needs,omitempty"`
	Decides   string `json:"decides"`
	Threshold string `json:"threshold"`
	Source    string `json:"source"`
	CantTell  string `json:"cant_tell"`
}

// NewDiagnoseRules returns the table.
func NewDiagnoseRules() *DiagnoseRules {
	d := &DiagnoseRules{Schema: RulesSchema}
	for _, r := range diagnose.Rules() {
		d.Rules = append(d.Rules, Rule{
			r.Name, r.Severity.String(), r.Needs.String(), r.Decides, r.Limit, r.Source, r.CantTell,
		})
	}
	return d
}

// Table has a row a rule.
func (d *DiagnoseRules) Table() Tabular {
	return Table[Rule]{Rows: d.Rules, Columns: []Column[Rule]{
		{"rule", "rule", left, func(r Rule) Cell { return plain(r.Name) }},
		{"severity", "severity", left, func(r Rule) Cell { return plain(r.Severity) }},
		{"needs", "needs", left, func(r Rule) Cell { return orMissing(r.Needs) }},
		{"decides", "how it decides", left, func(r Rule) Cell { return plain(r.Decides) }},
		{"threshold", "threshold", left, func(r Rule) Cell { return plain(r.Threshold) }},
		{"source", "source", left, func(r Rule) Cell { return plain(r.Source) }},
		{"cant_tell", "can't tell", left, func(r Rule) Cell { return plain(r.CantTell) }},
	}}
}

// Text writes a paragraph a rule: its columns hold sentences.
func (d *DiagnoseRules) Text(w io.Writer) error {
	for i, r := range d.Rules {
		var f facts
		f.add("rule", r.Name+", "+r.Severity)
		if r.Needs != "" {
			f.add("needs", r.Needs)
		}
		f.add("decides by", r.Decides)
		f.add("threshold", r.Threshold)
		f.add("source", r.Source)
		f.add("can't tell", r.CantTell)
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := f.write(w); err != nil {
			return err
		}
	}
	return nil
}
