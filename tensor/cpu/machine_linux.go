package cpu

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

// field is the value of the first line "key : value" of a file, or "".
func field(file, key string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for sc := bufio.NewScanner(bytes.NewReader(data)); sc.Scan(); {
		if k, v, ok := strings.Cut(sc.Text(), ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// processorName is the processor's own name.
func processorName() string { return field("/proc/cpuinfo", "model name") }

// meminfo is a line of /proc/meminfo in bytes, 0 if it isn't there.
func meminfo(key string) int64 {
	n, _ := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", key), " kB"), 10, 64)
	return n << 10
}

// totalMemory is what this process may use at most, in bytes.
func totalMemory() int64 {
	total := meminfo("MemTotal")
	for _, g := range controlGroups("memory") {
		if limit, ok := g.number("memory.max", "memory.limit_in_bytes"); ok && limit < total {
			total = limit
		}
	}
	return total
}

// availableMemory is what this process can still take without swapping, in
// bytes: the machine's or, if that is less, its control groups'. Cached files
// that can be dropped count as free. A sixteenth is left to the Go heap and to
// others: whoever takes the last page is killed.
func availableMemory() int64 {
	free := meminfo("MemAvailable")
	for _, g := range controlGroups("memory") {
		limit, ok := g.number("memory.max", "memory.limit_in_bytes")
		used, known := g.number("memory.current", "memory.usage_in_bytes")
		if ok && known {
			free = min(free, max(0, limit-used+g.inactiveFile()))
		}
	}
	return free - free/16
}

// usableCores is the number of threads that are worth running: one per core that
// this process may use, within its control groups' quota.
func usableCores() int {
	cores := make(map[string]bool)
	for _, i := range allowedProcessors() {
		siblings, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", i))
		if err != nil {
			siblings = strconv.AppendInt(nil, int64(i), 10)
		}
		cores[string(siblings)] = true
	}
	n := max(1, len(cores))
	for _, g := range controlGroups("cpu") {
		if quota, ok := g.quota(); ok {
			n = min(n, max(1, int(math.Ceil(quota))))
		}
	}
	return n
}

// controlGroup is the folder of a control group of this process.
type controlGroup string

// controlGroups are this process's group and its parents, for one resource, in
// versions 1 and 2. Inside a container only the last may be visible.
func controlGroups(resource string) []controlGroup {
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	var list []controlGroup
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		root := "/sys/fs/cgroup"
		if names := parts[1]; names != "" {
			if !strings.Contains(","+names+",", ","+resource+",") {
				continue
			}
			root = path.Join(root, resource)
		}
		for dir := path.Clean("/" + parts[2]); ; dir = path.Dir(dir) {
			list = append(list, controlGroup(path.Join(root, dir)))
			if dir == "/" {
				break
			}
		}
	}
	return list
}

// number is the number in the first of the files that is there. "max" is none.
func (g controlGroup) number(files ...string) (int64, bool) {
	for _, f := range files {
		if data, err := os.ReadFile(path.Join(string(g), f)); err == nil {
			n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// inactiveFile is the bytes of cached files that the group could drop.
func (g controlGroup) inactiveFile() int64 {
	data, err := os.ReadFile(path.Join(string(g), "memory.stat"))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(data), "\n") {
		if v, ok := strings.CutPrefix(line, "inactive_file "); ok {
			n, _ := strconv.ParseInt(v, 10, 64)
			return n
		}
	}
	return 0
}

// quota is how many processors' time the group may take.
func (g controlGroup) quota() (float64, bool) {
	if data, err := os.ReadFile(path.Join(string(g), "cpu.max")); err == nil {
		var quota, period float64
		n, _ := fmt.Sscan(string(data), &quota, &period)
		return quota / period, n == 2 && period > 0
	}
	quota, ok := g.number("cpu.cfs_quota_us")
	period, known := g.number("cpu.cfs_period_us")
	return float64(quota) / float64(period), ok && known && quota > 0 && period > 0
}
