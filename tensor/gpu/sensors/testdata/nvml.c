// A stand-in for NVIDIA's management library: one GPU at 0000:41:00.0.
#include <string.h>

static int started;
static int gpu;

int nvmlInit_v2(void) { started = 1; return 0; }

int nvmlDeviceGetHandleByPciBusId_v2(const char *id, void **device) {
	if (!started) return 1;
	if (strcmp(id, "0000:41:00.0") != 0) return 6; // not found
	*device = &gpu;
	return 0;
}

int nvmlDeviceGetClockInfo(void *device, int type, unsigned *mhz) {
	if (device != &gpu) return 2;
	if (type != 0 && type != 2) return 2;
	*mhz = type == 0 ? 1980 : 2619;
	return 0;
}

int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *celsius) {
	if (device != &gpu || sensor != 0) return 2;
	*celsius = 41;
	return 0;
}

int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts) {
	*milliwatts = 7; // what is written before a failure counts for nothing
	return device == &gpu ? 3 : 2; // not supported
}
