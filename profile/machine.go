package profile

import (
	"fmt"
	"math"
	"time"
)

// Machine describes how much of the machine was available to the passes. Times
// are too long if other programs compete for the processors, and a report should
// say so. What the system doesn't report is left out.
type Machine struct {
	// CPUMS is the CPU time per pass in milliseconds, summed over threads. It
	// includes the time that threads spin while they wait for each other.
	CPUMS float64 `json:"cpu_ms,omitempty"`

	// Preempted is the number of involuntary context switches per pass: a thread
	// lost its processor to another one.
	Preempted float64 `json:"preempted,omitempty"`

	// Processors is the number of logical processors of the system.
	Processors int `json:"processors,omitempty"`

	// OthersCores is the mean number of processors that other programs kept busy
	// during the measurement, rounded to hundredths.
	OthersCores float64 `json:"others_cores,omitempty"`
}

// machineWatch holds the system's counters, which only ever grow, at one moment.
type machineWatch struct {
	at        time.Time
	cpu       time.Duration // CPU time of this process
	busy      time.Duration // summed over all processors
	preempted int64         // involuntary context switches of this process
}

// watchMachine reads the counters.
func watchMachine() machineWatch {
	busy, _ := systemBusy()
	return machineWatch{at: time.Now(), cpu: processCPU(), busy: busy, preempted: preemptions()}
}

// readable is the shortest interval over which the system's busy time says
// anything: each processor's counter advances in steps of 10 ms.
const readable = 200 * time.Millisecond

// since describes the machine between w and now. cpu is the CPU time of the
// measured passes; preemptions can't be told apart, so they are averaged over
// all passes that ran meanwhile. It is nil if the system reports nothing.
func (w machineWatch) since(cpu time.Duration, passes, all int) *Machine {
	now := watchMachine()
	m := &Machine{
		CPUMS:     float64(cpu) / float64(passes) / 1e6,
		Preempted: float64(now.preempted-w.preempted) / float64(all),
	}
	m.setOthers(w, now)
	if *m == (Machine{}) {
		return nil
	}
	return m
}

// setOthers sets what other programs used between two readings of the counters, if
// the system reports it.
func (m *Machine) setOthers(before, now machineWatch) {
	took := now.at.Sub(before.at)
	if _, n := systemBusy(); n > 0 && now.busy > before.busy && took >= readable {
		others := (float64(now.busy-before.busy) - float64(now.cpu-before.cpu)) / float64(took)
		m.Processors = n
		m.OthersCores = math.Round(100*min(max(others, 0), float64(n))) / 100
	}
}

// loadTime is the time over which Load averages.
const loadTime = 2 * time.Second

// Load says how busy other programs keep the machine while passes run. The zero
// value is ready. It is for one goroutine at a time.
type Load struct {
	since  machineWatch
	newest *Machine
}

// Read returns the processors that other programs used over the last two seconds or
// more, nil if that isn't known, or not yet.
func (l *Load) Read() *Machine {
	if l.since.at.IsZero() {
		l.since = watchMachine()
		return nil
	}
	if time.Since(l.since.at) < loadTime {
		return l.newest
	}
	now, m := watchMachine(), &Machine{}
	m.setOthers(l.since, now)
	if l.since = now; *m == (Machine{}) {
		m = nil
	}
	l.newest = m
	return m
}

// BusyLine says in words what other programs use, for a machine that is Busy.
func (m *Machine) BusyLine() string {
	return fmt.Sprintf("other programs used %s of %d cores, times are too long", Significant(m.OthersCores), m.Processors)
}

// crowded is the tolerated excess of demand over processors, in processors: a
// desktop is never quite idle.
const crowded = 0.25

// Busy reports whether other programs used processors that the given number of
// threads would have needed. It is false if the system doesn't report them, and
// for a nil Machine.
func (m *Machine) Busy(threads int) bool {
	if m == nil || m.Processors == 0 {
		return false
	}
	needed := float64(min(threads, m.Processors))
	return m.OthersCores+needed > float64(m.Processors)+crowded
}
