package profile

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// noisy returns a profile of layers with these times and 2 % noise.
func noisy(seed uint64, ms map[string]float64, order ...string) *Profile {
	r := rand.New(rand.NewPCG(seed, 1))
	p := &Profile{Model: Model{Arch: "net"}, Runs: 50, Total: Total{SamplesMS: make([]float64, 50)}}
	for _, path := range order {
		row := LayerRow{Path: path, Pass: "forward", MeanMS: ms[path]}
		for i := range 50 {
			sample := ms[path] * (1 + 0.02*r.NormFloat64())
			row.SamplesMS = append(row.SamplesMS, sample)
			p.Total.SamplesMS[i] += sample
		}
		p.Total.MeanMS += row.MeanMS
		p.Layers = append(p.Layers, row)
	}
	return p
}

// TestDiff: two single processes are compared row by row; what differs does so in this
// pair, and nothing is significant.
func TestDiff(t *testing.T) {
	a := noisy(1, map[string]float64{"conv1": 1, "layer1.0.conv1": 2, "fc": 0.5, "old": 1},
		"conv1", "layer1.0.conv1", "fc", "old")
	b := noisy(2, map[string]float64{"conv1": 1, "layer1.0.conv1": 3, "fc": 0.4, "new": 1},
		"conv1", "layer1.0.conv1", "fc", "new")
	d := NewDiff(a, b, "a.json", "b.json")
	var order []string
	for _, r := range d.Layers {
		order = append(order, r.Path)
	}
	if !slices.Equal(order, []string{"layer1.0.conv1", "fc", "conv1"}) {
		t.Fatalf("rows %v", order)
	}
	for i, verdict := range []string{"differs in this pair", "differs in this pair", "within noise"} {
		if r := d.Layers[i]; r.Verdict() != verdict || r.Significant || r.Reason == "" || r.PAdjusted != nil {
			t.Errorf("%s: %q, %+v", r.Path, r.Verdict(), r)
		}
	}
	if len(d.OnlyA) != 1 || d.OnlyA[0].Path != "old" || d.OnlyA[0].BMS != nil ||
		len(d.OnlyB) != 1 || *d.OnlyB[0].BMS != 1 {
		t.Errorf("rows of one side: %+v, %+v", d.OnlyA, d.OnlyB)
	}
	if t0 := d.Total; t0.DeltaMS < 0.89 || t0.DeltaMS > 0.91 || t0.Significant || !t0.InPair {
		t.Errorf("total %+v", t0)
	}
	if !strings.Contains(d.Reason, "one process a side") || d.Total.Reason != d.Reason {
		t.Errorf("reason %q", d.Reason)
	}
}

// TestDiffWithItself: nothing differs; without samples there are no p-values.
func TestDiffWithItself(t *testing.T) {
	a := noisy(1, map[string]float64{"conv1": 1, "fc": 2}, "conv1", "fc")
	for _, r := range NewDiff(a, a, "", "").Layers {
		if r.Significant || r.InPair || r.Delta() != 0 || *r.PValue < 0.9 {
			t.Errorf("%+v", r)
		}
	}
	bare := *a
	bare.Total.SamplesMS = nil
	bare.Layers = []LayerRow{
		{Path: "conv1", Pass: "forward", MeanMS: 2}, {Path: "conv1", Pass: "forward", MeanMS: 1, Kernel: "second"},
	}
	for _, d := range []*Diff{NewDiff(a, &bare, "", ""), pooledDiff(t, []*Profile{a, a}, []*Profile{&bare, &bare})} {
		if r := d.Layers[0]; r.PValue != nil || r.Significant || *r.BMS != 3 || d.Total.PValue != nil {
			t.Errorf("%+v, %+v", r, d.Total)
		}
		if d.Reason != reasonNoSamples {
			t.Errorf("reason %q", d.Reason)
		}
	}
}

func pooledDiff(t *testing.T, a, b []*Profile) *Diff {
	t.Helper()
	d, err := NewPooledDiff(a, b, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// lab simulates a machine on which processes run one after the other, each for a second.
// What a process takes differs by 1 % from one to the next (where its memory lies). In a
// slow spell, rows take a third longer, and one that streams weights 85 %.
type lab struct {
	r     *rand.Rand
	now   time.Time
	slow  bool
	spell time.Duration // until the next change of spells
	mean  time.Duration // of spells; 0: there are none
}

var labRows = []string{"conv1", "layer1.0.conv1", "layer1.0.conv2", "layer2.0.conv1", "layer2.0.conv2", "fc"}

func newLab(seed uint64, spells time.Duration) *lab {
	return &lab{r: rand.New(rand.NewPCG(seed, 3)), now: time.Unix(1e9, 0), mean: spells}
}

// process runs one in which a row takes longer by a factor.
func (l *lab) process(row string, factor float64) *Profile {
	if l.spell -= time.Second; l.mean > 0 && l.spell < 0 {
		l.slow = !l.slow
		l.spell = time.Duration(l.r.ExpFloat64() * float64(l.mean))
	}
	ms := map[string]float64{}
	for i, path := range labRows {
		ms[path] = float64(i+1) / 10 * math.Exp(0.01*l.r.NormFloat64())
		switch {
		case l.slow && path == "layer2.0.conv2":
			ms[path] *= 1.85
		case l.slow:
			ms[path] *= 1.33
		}
		if path == row {
			ms[path] *= factor
		}
	}
	p := noisy(l.r.Uint64(), ms, labRows...)
	p.Started = l.now
	l.now = l.now.Add(time.Second)
	return p
}

// turns runs n processes of each side, turn about.
func (l *lab) turns(n int, row string, factor float64) (a, b []*Profile) {
	for i := range n {
		if i%2 == 0 {
			a, b = append(a, l.process("", 1)), append(b, l.process(row, factor))
		} else {
			b, a = append(b, l.process(row, factor)), append(a, l.process("", 1))
		}
	}
	return a, b
}

// named returns the rows that a diff names, and whether it names the total.
func named(d *Diff) (rows []string, total bool) {
	for _, r := range d.Layers {
		if r.Significant {
			rows = append(rows, r.Path)
		}
	}
	return rows, d.Total.Significant
}

// TestVerdictsHoldInSpells: of 400 comparisons of a program with itself, in spells that
// last from a second to minutes, at most 2 name anything; one process a side would name
// most rows.
func TestVerdictsHoldInSpells(t *testing.T) {
	wrong := 0
	for _, spells := range []time.Duration{0, time.Second, 5 * time.Second, time.Minute} {
		l := newLab(uint64(spells), spells)
		for range 100 {
			a, b := l.turns(8, "", 1)
			if rows, total := named(pooledDiff(t, a, b)); total || len(rows) > 0 {
				wrong++
			}
		}
	}
	if wrong > 2 {
		t.Errorf("%d of 400 comparisons of equal programs name something", wrong)
	}
}

// TestSidesApartNameNoSpell: sides that did not run turn about may each lie in a spell of
// their own, so nothing up to twofold is named; more is.
func TestSidesApartNameNoSpell(t *testing.T) {
	l := newLab(5, 0)
	side := func(row string, factor float64) (of []*Profile) {
		for range 6 {
			of = append(of, l.process(row, factor))
		}
		return of
	}
	a := side("", 1)
	l.slow = true
	b := side("", 1)
	l.slow = false
	d := pooledDiff(t, a, b)
	if rows, total := named(d); len(rows) > 0 || total || d.TurnAbout || d.Reason != reasonApart {
		t.Errorf("a spell: %v, total %v, %q", rows, total, d.Reason)
	}
	if rows, _ := named(pooledDiff(t, a, side("fc", 3))); !slices.Equal(rows, []string{"fc"}) {
		t.Errorf("thrice the time: %v", rows)
	}
}

// TestVerdictsFind: a row that is 3 % slower is named, and no other; in spells that begin
// or end within a pair less often.
func TestVerdictsFind(t *testing.T) {
	for spells, least := range map[time.Duration]int{0: 95, time.Minute: 50} {
		l := newLab(9+uint64(spells), spells)
		found := 0
		for range 100 {
			a, b := l.turns(24, "layer2.0.conv1", 1.03)
			rows, _ := named(pooledDiff(t, a, b))
			if slices.Equal(rows, []string{"layer2.0.conv1"}) {
				found++
			} else if len(rows) > 0 {
				t.Errorf("named %v", rows)
			}
		}
		if found < least {
			t.Errorf("spells of %v: found in %d of 100", spells, found)
		}
	}
}

// TestPooledFile: a file that holds several processes counts as them, and its row of a
// diff is the same as of the files apart.
func TestPooledFile(t *testing.T) {
	l := newLab(3, 0)
	a, b := l.turns(6, "fc", 1.5)
	poolA, err := PoolProcesses(a)
	if err != nil {
		t.Fatal(err)
	}
	poolB, err := PoolProcesses(b)
	if err != nil {
		t.Fatal(err)
	}
	apart, together := pooledDiff(t, a, b), NewDiff(poolA, poolB, "", "")
	if x := together.AboutA; !together.TurnAbout || x.Processes != 6 || x.Recordings != 1 || x.Runs != 300 {
		t.Errorf("%+v", x)
	}
	for i := range apart.Layers {
		x, y := apart.Layers[i], together.Layers[i]
		if x.Path != y.Path || *x.PAdjusted != *y.PAdjusted || x.Significant != (x.Path == "fc") {
			t.Errorf("%+v\n%+v", x, y)
		}
	}
}

func TestPooledDiffRefuses(t *testing.T) {
	l := newLab(1, 0)
	a, b := l.turns(3, "", 1)
	if _, err := NewPooledDiff(a, b[:1], "", ""); err == nil ||
		!strings.Contains(err.Error(), "3 processes of A and 1 of B") {
		t.Errorf("three against one: %v", err)
	}
	b[1].Device.Threads = 7
	if _, err := NewPooledDiff(a, b, "", ""); err == nil || !strings.Contains(err.Error(), "7 threads") {
		t.Errorf("recordings of different nets: %v", err)
	}
}
