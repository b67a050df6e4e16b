package profile

import (
	"math"
	"time"
)

// Machine is how much of the machine the passes had. What the system does not
// tell is left out.
type Machine struct {
	CPUMS       float64 `json:"cpu_ms,omitempty"`       // of all threads in a pass, waiting for each other included
	Preempted   float64 `json:"preempted,omitempty"`    // times in a pass that a thread lost its processor to another program
	Processors  int     `json:"processors,omitempty"`   // of the system
	OthersCores float64 `json:"others_cores,omitempty"` // that other programs kept busy meanwhile
}

// machineWatch is the system's counters at some moment.
type machineWatch struct {
	at        time.Time
	cpu       time.Duration // of this process
	busy      time.Duration // of all processors
	preempted int64
}

func watchMachine() machineWatch {
	busy, _ := systemBusy()
	return machineWatch{at: time.Now(), cpu: processCPU(), busy: busy, preempted: preemptions()}
}

// readable is how long the system's counters must run to say anything: they go
// by hundredths of a second, each processor's by itself.
const readable = 200 * time.Millisecond

// since compares with the moment of w. cpu is what the passes that count used;
// all are those and the others that ran.
func (w machineWatch) since(cpu time.Duration, passes, all int) *Machine {
	now := watchMachine()
	m := &Machine{CPUMS: float64(cpu) / float64(passes) / 1e6, Preempted: float64(now.preempted-w.preempted) / float64(all)}
	if _, n := systemBusy(); n > 0 && now.busy > w.busy && now.at.Sub(w.at) >= readable {
		others := (float64(now.busy-w.busy) - float64(now.cpu-w.cpu)) / float64(now.at.Sub(w.at))
		m.Processors, m.OthersCores = n, math.Round(100*min(max(others, 0), float64(n)))/100
	}
	if *m == (Machine{}) {
		return nil
	}
	return m
}

// crowded is how many cores' worth of work, beyond what the system has, makes
// it busy.
const crowded = 0.25

// Busy reports whether other programs took processors that so many threads
// would have used.
func (m *Machine) Busy(threads int) bool {
	return m != nil && m.Processors > 0 && m.OthersCores+float64(min(threads, m.Processors)) > float64(m.Processors)+crowded
}
