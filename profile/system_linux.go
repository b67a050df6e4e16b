package profile

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of the counters in /proc/stat. They are in USER_HZ, which is
// 100 on every architecture that Go supports on Linux.
const tick = 10 * time.Millisecond

// systemBusy returns how long the processors of the system have been busy since
// boot, summed, and their number; zeros if /proc/stat can't be read.
func systemBusy() (time.Duration, int) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	return parseStat(string(stat))
}

// parseStat parses /proc/stat, see proc_stat(5). Its first line holds the sums
// over processors; a line per processor follows:
//
//	cpu  user nice system idle iowait irq softirq steal guest guest_nice
//	cpu0 …
//
// Everything but idle and iowait is busy time. guest and guest_nice are already
// part of user and nice. Unknown lines are ignored.
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
