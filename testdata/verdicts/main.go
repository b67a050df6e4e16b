// Command verdicts tests the verdicts of diff on the machine that it runs on. It compares
// the program with itself, in processes of its own, many times over: a verdict of any
// layer or of the total is wrong. In between it compares it with one in which a layer is
// 3 % slower (build tag slowlayer): that layer must be named, and no other.
//
//	go run ./testdata/verdicts                # 200 and 20 comparisons of a CIFAR ResNet-20, some 20 minutes
//	go run ./testdata/verdicts -for 5m        # a part of them; the same command goes on from there
//	go run ./testdata/verdicts -net resnet18 -runs 10 -processes 8 -rounds 20 -slow-rounds 0
//
// How small a difference is found depends on the number of processes: to find 3 % takes
// more of them than to see that nothing is named without a cause.
//
// Results are kept as lines of JSON in the folder. It exits with 1 if more than 1 % of the
// comparisons with itself name something, or fewer than 95 % of the others name the
// slower layer alone; with 3 if it is not through yet.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// setup is what the flags say.
type setup struct {
	Net       string  `json:"net"`
	Runs      int     `json:"runs"`
	Warmup    int     `json:"warmup"`
	Threads   int     `json:"threads"`
	Processes int     `json:"processes"`
	Share     float64 `json:"share"`

	SlowRuns      int `json:"slow_runs"` // where a layer is slower
	SlowProcesses int `json:"slow_processes"`

	rounds, slowRounds int
	dir                string
	limit              time.Duration
}

// result is a comparison.
type result struct {
	setup
	Layer   string   `json:"layer,omitempty"` // the slower one; "" in a comparison with itself
	Layers  []string `json:"layers"`          // that were named
	Total   bool     `json:"total"`           // was named
	Seconds float64  `json:"seconds"`
}

func main() {
	var s setup
	flag.StringVar(&s.Net, "net", "cifar_resnet20", "net, as --arch takes it")
	flag.IntVar(&s.Runs, "runs", 60, "passes of a process")
	flag.IntVar(&s.Warmup, "warmup", 5, "passes before")
	flag.IntVar(&s.Threads, "threads", 1, "threads of a process")
	flag.IntVar(&s.Processes, "processes", 12, "processes of each side of a comparison")
	flag.IntVar(&s.SlowRuns, "slow-runs", 100, "passes of a process, in comparisons with a slower layer")
	flag.IntVar(&s.SlowProcesses, "slow-processes", 80, "processes of each side, in comparisons with a slower layer")
	flag.Float64Var(&s.Share, "share", 0.03, "by how much a layer is slower")
	flag.IntVar(&s.rounds, "rounds", 200, "comparisons of the program with itself")
	flag.IntVar(&s.slowRounds, "slow-rounds", 20, "comparisons with a slower layer")
	flag.StringVar(&s.dir, "dir", filepath.Join(os.TempDir(), "resnet-tui-verdicts"), "folder of programs and results")
	flag.DurationVar(&s.limit, "for", 0, "stop after this time (0: when all is done)")
	flag.Parse()
	code, err := s.main()
	if err != nil {
		fmt.Fprintln(os.Stderr, "verdicts:", err)
		code = 2
	}
	os.Exit(code)
}

func (s *setup) main() (code int, err error) {
	if min(s.Processes, s.SlowProcesses) < 2 || s.rounds < 0 || s.slowRounds < 0 {
		return 0, errors.New("a comparison takes two processes a side at least")
	}
	if err := s.build(); err != nil {
		return 0, err
	}
	results, err := s.results()
	if err != nil {
		return 0, err
	}
	layers, err := s.layers()
	if err != nil {
		return 0, err
	}
	for began := time.Now(); s.limit == 0 || time.Since(began) < s.limit; {
		layer, more := s.next(results, layers)
		if !more {
			break
		}
		r, err := s.compare(layer)
		if err != nil {
			return 0, err
		}
		if err := s.keep(r); err != nil {
			return 0, err
		}
		results = append(results, *r)
		fmt.Println(r.line(len(results)))
	}
	return s.summary(results), nil
}

// build builds the program, and the one in which a layer can be made slower.
func (s *setup) build() error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	for name, tag := range map[string]string{"plain": "", "slow": "slowlayer"} {
		cmd := exec.Command("go", "build", "-tags", tag, "-o", s.path(name), "./cmd/resnet-tui")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("go build, in the folder of the module: %w\n%s", err, out)
		}
	}
	return nil
}

func (s *setup) path(name string) string { return filepath.Join(s.dir, name) }

// count counts the comparisons with itself and those with a slower layer.
func count(results []result) (same, slow int) {
	for _, r := range results {
		if r.Layer == "" {
			same++
		} else {
			slow++
		}
	}
	return same, slow
}

// next is the slower layer of the next comparison, "" if there is none. The two kinds
// take turns, in the proportion of their numbers, and the layers do too.
func (s *setup) next(results []result, layers []string) (layer string, more bool) {
	same, slow := count(results)
	switch {
	case same >= s.rounds && slow >= s.slowRounds:
		return "", false
	case slow >= s.slowRounds || same < s.rounds && slow*s.rounds >= same*s.slowRounds:
		return "", true
	}
	return layers[slow%len(layers)], true
}

// profile records a process of some passes into a file.
func (s *setup) profile(program, layer string, runs int, file string) error {
	cmd := exec.Command(s.path(program), "profile", "--arch", s.Net, "--runs", fmt.Sprint(runs),
		"--warmup", fmt.Sprint(s.Warmup), "--threads", fmt.Sprint(s.Threads),
		"--no-history", "--format", "json", "-o", s.path(file))
	cmd.Env = append(os.Environ(), "RESNET_TUI_SLOW=")
	if layer != "" {
		cmd.Env = append(os.Environ(), fmt.Sprintf("RESNET_TUI_SLOW=%s=%g", layer, s.Share))
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
	}
	return nil
}

// compare makes a comparison: processes turn about, each side first every other time.
func (s *setup) compare(layer string) (*result, error) {
	program, processes, runs := "plain", s.Processes, s.Runs
	if layer != "" {
		program, processes, runs = "slow", s.SlowProcesses, s.SlowRuns
	}
	began := time.Now()
	var files [2][]string
	for i := range processes {
		for k := range 2 {
			side := (i + k) % 2
			file := fmt.Sprintf("%c%d.json", 'a'+side, i)
			slower := ""
			if side == 1 {
				slower = layer
			}
			if err := s.profile(program, slower, runs, file); err != nil {
				return nil, err
			}
			files[side] = append(files[side], s.path(file))
		}
	}
	r := &result{setup: *s, Layer: layer}
	err := s.diff(files, r)
	r.Seconds = time.Since(began).Seconds()
	return r, err
}

// diff lets the program compare two sides, and notes what it names.
func (s *setup) diff(files [2][]string, r *result) error {
	out, err := exec.Command(s.path("plain"), "diff", strings.Join(files[0], ","), strings.Join(files[1], ","),
		"--format", "json").Output()
	if err != nil {
		return fmt.Errorf("diff: %w", err)
	}
	var d struct {
		TurnAbout bool `json:"turn_about"`
		Total     struct{ Significant bool }
		Layers    []struct {
			Path        string
			Significant bool
		}
	}
	if err := json.Unmarshal(out, &d); err != nil {
		return err
	}
	if !d.TurnAbout {
		return errors.New("diff doesn't see that the processes ran turn about")
	}
	r.Total = d.Total.Significant
	r.Layers = []string{}
	for _, l := range d.Layers {
		if l.Significant {
			r.Layers = append(r.Layers, l.Path)
		}
	}
	return nil
}

// layers are those that take a share of the pass that is worth slowing down.
func (s *setup) layers() (paths []string, err error) {
	const worth = 0.03
	if err := s.profile("plain", "", s.Runs, "layers.json"); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(s.path("layers.json"))
	if err != nil {
		return nil, err
	}
	var p struct {
		Layers []struct {
			Path  string
			Share float64
		}
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, err
	}
	for _, l := range p.Layers {
		if l.Share >= worth {
			paths = append(paths, l.Path)
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no layer of %s takes %g of a pass", s.Net, worth)
	}
	return paths, nil
}

const resultsFile = "results.jsonl"

// results reads what earlier runs with the same flags left.
func (s *setup) results() (all []result, err error) {
	f, err := os.Open(s.path(resultsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r result
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		if r.setup = r.setup.measured(); r.setup == s.measured() {
			all = append(all, r)
		}
	}
	return all, nil
}

// measured is the setup without what doesn't change a comparison.
func (s setup) measured() setup {
	s.rounds, s.slowRounds, s.dir, s.limit = 0, 0, "", 0
	return s
}

// keep adds a result to the file.
func (s *setup) keep(r *result) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(s.path(resultsFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// right reports whether a comparison names what it should: nothing, or the slower layer.
// The total is slower too, by little, and may be named with it.
func (r *result) right() bool {
	if r.Layer == "" {
		return !r.Total && len(r.Layers) == 0
	}
	return slices.Equal(r.Layers, []string{r.Layer})
}

func (r *result) line(n int) string {
	text := "itself"
	if r.Layer != "" {
		text = r.Layer + " slower"
	}
	named := strings.Join(r.Layers, ", ")
	if r.Total {
		named = strings.TrimPrefix(named+", total", ", ")
	}
	if named == "" {
		named = "nothing"
	}
	mark := "✓"
	if !r.right() {
		mark = "✗"
	}
	return fmt.Sprintf("%4d  %s  %-24s names %s, %.1f s", n, mark, text, named, r.Seconds)
}

// summary prints the counts, and returns the exit code.
func (s *setup) summary(results []result) int {
	var wrong, found, missed int
	var seconds float64
	for _, r := range results {
		seconds += r.Seconds
		switch {
		case r.Layer == "" && !r.right():
			wrong++
		case r.Layer != "" && r.right():
			found++
		case r.Layer != "" && len(r.Layers) == 0:
			missed++
		}
	}
	same, slow := count(results)
	fmt.Printf("%s on %d threads, %.0f s in all\n", s.Net, s.Threads, seconds)
	fmt.Printf("with itself, %d processes a side of %d passes: %d of %d name something\n",
		s.Processes, s.Runs, wrong, same)
	fmt.Printf("a layer %g %% slower, %d processes a side of %d passes: %d of %d name it and no other, %d name nothing\n",
		100*s.Share, s.SlowProcesses, s.SlowRuns, found, slow, missed)
	switch {
	case 100*wrong > s.rounds || 100*(slow-found) > 5*s.slowRounds:
		return 1
	case same < s.rounds || slow < s.slowRounds:
		return 3
	}
	return 0
}
