package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	pprof "github.com/google/pprof/profile"

	"resnet-tui/profile"
	"resnet-tui/profile/export"
)

// quick are the flags of a profile that takes little time.
var quick = []string{"--arch", "cifar_resnet8", "--runs", "6", "--warmup", "1"}

func profiled(t *testing.T, args ...string) {
	t.Helper()
	mustRun(t, append(append([]string{"profile"}, quick...), args...)...)
}

// TestProfileExports: every file of one call is there, and reads back.
func TestProfileExports(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	profiled(t, "--format", "json", "-o", at("p.json"), "--pprof", at("p.pb.gz"), "--trace", at("t.json"), "--speedscope", at("s.json"),
		"--folded", at("f.txt"), "--html", at("h.html"), "--cpuprofile", at("cpu.pb.gz"))
	for name, want := range map[string]string{"t.json": `"worker 0"`, "s.json": "speedscope", "f.txt": "cifar_resnet8;forward;layer1;layer1.0;layer1.0.conv1;", "h.html": "<svg"} {
		if data, err := os.ReadFile(at(name)); err != nil || !strings.Contains(string(data), want) {
			t.Errorf("%s lacks %q (%v)", name, want, err)
		}
	}
	whole, err := export.Read(at("p.json"))
	if err != nil {
		t.Fatal(err)
	}
	packed, err := export.Read(at("p.pb.gz"))
	if err != nil || packed.Total.MeanMS != whole.Total.MeanMS || len(packed.Layers) != len(whole.Layers) || packed.Layers[0].SamplesMS != nil {
		t.Errorf("the two exports differ (%v)", err)
	}
	if whole.Recorder == nil || whole.Recorder.Pairs != 6 || whole.Memory.Peak == nil || len(whole.Memory.Timeline) != len(whole.Layers) || whole.Recorded.IsZero() {
		t.Errorf("recorder %+v, memory %+v", whole.Recorder, whole.Memory)
	}
	if peak := whole.Memory.Peak; peak != nil && peak.LiveBytes > whole.Memory.ArenaBytes {
		t.Errorf("%d bytes live in an arena of %d", peak.LiveBytes, whole.Memory.ArenaBytes)
	}
	for _, args := range [][]string{{"open", at("p.json")}, {"open", at("p.pb.gz"), "--format", "text", "--html", at("again.html")}} {
		if out := mustRun(t, args...); !strings.Contains(out, "layer1") || !strings.Contains(out, "throughput") {
			t.Errorf("%v printed\n%s", args, out)
		}
	}
	if out := mustRun(t, "open", at("p.json"), "--folded", at("again.txt")); out != "" {
		t.Errorf("an export also printed %q", out)
	}
	if code, _, errs := inProcess(t, "open", at("p.json"), "--trace", at("t2.json")); code != exitFailed || !strings.Contains(errs, "no spans") {
		t.Errorf("a trace of a recorded profile: exit %d, %s", code, errs)
	}
}

// TestCPUProfileIsLabelled: samples of kernels carry their layer's path.
func TestCPUProfileIsLabelled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpu.pb.gz")
	profiled(t, "--cpuprofile", file)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pprof.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	layers := map[string]int{}
	for _, s := range p.Sample {
		if path := s.Label["path"]; len(path) == 1 && s.Label["pass"][0] == "forward" {
			layers[path[0]]++
		}
	}
	if len(layers) < 3 || layers["layer1.0.conv1"] == 0 {
		t.Errorf("of %d samples, by layer: %v", len(p.Sample), layers)
	}
}

func TestSweep(t *testing.T) {
	s := mustDecode[struct {
		Schema string
		Rows   []map[string]any
	}](t, append(append([]string{"profile"}, quick...), "--batch", "1,2", "--size", "32,16x24", "--threads", "1")...)
	if s.Schema != "resnet-tui/sweep/1" || len(s.Rows) != 4 {
		t.Fatalf("%+v", s)
	}
	for i, want := range []struct{ batch, size any }{{1.0, 32.0}, {2.0, 32.0}, {1.0, "16x24"}, {2.0, "16x24"}} {
		r := s.Rows[i]
		if r["batch"] != want.batch || r["size"] != want.size || r["threads"] != 1.0 || r["images_per_s"].(float64) <= 0 || r["p50_ms"].(float64) <= 0 {
			t.Errorf("row %d: %v", i, r)
		}
	}
}

// TestDiffCommand: one profile against itself differs nowhere; another net
// is compared as far as paths go.
func TestDiffCommand(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.json"), filepath.Join(dir, "b.pb.gz")
	profiled(t, "--format", "json", "-o", a)
	mustRun(t, "profile", "--arch", "cifar_plain8", "--runs", "3", "--warmup", "1", "--pprof", b)
	same := mustDecode[profile.Diff](t, "diff", a, a)
	if !strings.Contains(same.Reason, "one process a side") {
		t.Errorf("reason %q", same.Reason)
	}
	if len(same.Layers) == 0 || slices.ContainsFunc(same.Layers, func(r profile.DiffRow) bool { return r.Significant || r.Delta() != 0 }) {
		t.Errorf("%+v", same)
	}
	text := mustRun(t, "diff", a, b, "--format", "json")
	if !strings.Contains(text, `"p_value": null`) || !strings.Contains(text, `"only_a"`) {
		t.Errorf("%s", text)
	}
	differs := mustRun(t, "diff", a, b)
	if !strings.Contains(differs, "net cifar_resnet8 → cifar_plain8") || !strings.Contains(differs, "only in A") {
		t.Errorf("%s", differs)
	}
	if opened := mustRun(t, "open", a, b); opened != differs {
		t.Errorf("open without a terminal prints\n%s\nnot what diff does:\n%s", opened, differs)
	}
	pooled := mustDecode[profile.Diff](t, "diff", a+","+a, a+","+a)
	if pooled.AboutA.Recordings != 2 || pooled.AboutB.Runs != 12 {
		t.Errorf("pooled %+v", pooled.AboutA)
	}
	text = mustRun(t, "diff", a+","+a, a+","+a)
	if !strings.Contains(text, "did not run turn about") || !strings.Contains(text, "in 2 processes") {
		t.Errorf("%s", text)
	}
	for _, args := range [][]string{{"diff", a + "," + a, a}, {"diff", a + "," + b, a + "," + a}, {"diff", a, b, "--screen"}, {"open", a, b, "--html", filepath.Join(dir, "x.html")}} {
		if code, _, errs := inProcess(t, args...); code != exitUsage || errs == "" {
			t.Errorf("%v exits with %d: %s", args, code, errs)
		}
	}
}

func TestCheckCommand(t *testing.T) {
	c := mustDecode[profile.Checks](t, "check", "--depth", "50", "--max-params", "26M", "--max-macs", "4.1G", "--max-memory", "1GB")
	if !c.OK || len(c.Checks) != 3 || c.Checks[0].Value != 25_557_032 || c.Checks[1].Limit != 4.1e9 {
		t.Errorf("%+v", c)
	}
	code, out, errs := inProcess(t, "check", "--depth", "50", "--max-params", "25M", "--format", "json")
	if code != exitFailed || !strings.Contains(errs, "max-params does not hold") || json.Unmarshal([]byte(out), &c) != nil || c.OK || c.Checks[0].Blame != "layer4.0.conv2" {
		t.Errorf("exit %d, %s, %s", code, errs, out)
	}
	base := filepath.Join(t.TempDir(), "base.json")
	profiled(t, "--format", "json", "-o", base)
	slow := scaled(t, base, 50)
	if md := mustRun(t, append(append([]string{"check"}, quick...), "--baseline", slow, "--format", "md")...); !strings.Contains(md, "| ✓ | baseline |") {
		t.Errorf("%s", md)
	}
	code, _, errs = inProcess(t, append(append([]string{"check"}, quick...), "--baseline", scaled(t, base, 0.02))...)
	if code != exitFailed || !strings.Contains(errs, "slowed down most") {
		t.Errorf("against a baseline of no time: exit %d, %s", code, errs)
	}
	if code, _, errs := inProcess(t, "check", "--depth", "18", "--baseline", base); code != exitUsage || !strings.Contains(errs, "cifar_resnet8") {
		t.Errorf("a baseline of another net: exit %d, %s", code, errs)
	}
}

// scaled writes a profile whose every time is so many times another's.
func scaled(t *testing.T, file string, by float64) string {
	t.Helper()
	p, err := export.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	scale := func(ms []float64) {
		for i := range ms {
			ms[i] *= by
		}
	}
	p.Total.MeanMS, p.Total.P50MS, p.Total.TypicalMS = p.Total.MeanMS*by, p.Total.P50MS*by, p.Total.TypicalMS*by
	scale(p.Total.SamplesMS)
	for i := range p.Layers {
		p.Layers[i].MeanMS *= by
		p.Layers[i].TypicalMS *= by
		scale(p.Layers[i].SamplesMS)
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "scaled.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestHistoryCommand: profiles leave lines unless told not to; damaged ones
// are skipped with a message.
func TestHistoryCommand(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	if out := mustRun(t, "history"); !strings.Contains(out, "no profiles yet") {
		t.Errorf("%s", out)
	}
	profiled(t)
	profiled(t, "--no-history")
	f, err := os.OpenFile(filepath.Join(stateDir(), "history.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("{half a li"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	profiled(t)
	code, out, errs := inProcess(t, "history")
	if code != exitDone || strings.Count(out, "cifar_resnet8") != 3 || !strings.Contains(out, "p50 of 2 profiles") || !strings.Contains(errs, "damaged") {
		t.Errorf("exit %d, %s\n%s", code, errs, out)
	}
	if csv := mustRun(t, "history", "--net", "resnet8", "--last", "1", "--format", "csv"); strings.Count(csv, "\n") != 2 {
		t.Errorf("%s", csv)
	}
}
