package profile

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/stat's counters: USER_HZ is 100 on every Linux
// that Go runs on.
const tick = 10 * time.Millisecond

// systemBusy is the time that all processors of the system have been busy,
// and how many they are; 0 if it does not tell.
func systemBusy() (time.Duration, int) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	return parseStat(string(stat))
}

// parseStat reads /proc/stat: the first line is the sum over processors of
// user, nice, system, idle, iowait, irq, softirq and steal.
func parseStat(stat string) (busy time.Duration, processors int) {
	for line := range strings.Lines(stat) {
		fields := strings.Fields(line)
		switch {
		case len(fields) < 5 || !strings.HasPrefix(fields[0], "cpu"):
			continue
		case fields[0] != "cpu":
			processors++
			continue
		}
		for i, f := range fields[1:min(len(fields), 9)] {
			if i == 3 || i == 4 { // idle, iowait
				continue
			}
			n, _ := strconv.ParseInt(f, 10, 64)
			busy += time.Duration(n) * tick
		}
	}
	return busy, processors
}
