"""The random numbers of tensor/random.go, bit for bit, in numpy."""
import numpy as np

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(z):
    """The finaliser of SplitMix64, of a Python integer."""
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
    return z ^ z >> 31


def poly(x, *c):
    """c[0] + c[1]·x + c[2]·x² + … by Horner's rule."""
    y = np.full_like(x, c[-1])
    for k in reversed(c[:-1]):
        y = y * x + k
    return y


def logarithm(x):
    bits = x.view(np.uint64)
    e = (bits >> np.uint64(52)).astype(np.int64) - 1022
    m = (bits & np.uint64((1 << 52) - 1) | np.uint64(1022 << 52)).view(np.float64)
    small = m < np.sqrt(2.0) / 2
    m = np.where(small, m * 2, m)
    e = np.where(small, e - 1, e)
    t = (m - 1) / (m + 1)
    t2 = t * t
    low = poly(t2, 1.0, 1 / 3, 1 / 5, 1 / 7)
    high = poly(t2, 1 / 9, 1 / 11, 1 / 13, 1 / 15)
    t8 = (t2 * t2) * (t2 * t2)
    return e.astype(np.float64) * np.log(2.0) + 2 * t * (low + t8 * high)


def upper_quantile(tail):
    """Algorithm PPND7 of Wichura 1988 (AS 241)."""
    z = np.empty_like(tail)
    q = 0.5 - tail
    central = q <= 0.425
    r = 0.180625 - q[central] * q[central]
    num = poly(r, 3.3871327179, 50.434271938, 159.29113202, 59.109374720)
    z[central] = q[central] * num / poly(r, 1.0, 17.895169469, 78.757757664, 67.187563600)
    r = np.sqrt(-logarithm(tail[~central]))
    near = poly(r - 1.6, 1.4234372777, 2.7568153900, 1.3067284816, 0.17023821103)
    near = near / poly(r - 1.6, 1.0, 0.73700164250, 0.12021132975)
    far = poly(r - 5, 6.6579051150, 3.0812263860, 0.42868294337, 0.017337203997)
    far = far / poly(r - 5, 1.0, 0.24197894225, 0.012258202635)
    z[~central] = np.where(r <= 5, near, far)
    return z


class Stream:
    def __init__(self, seed, name):
        h = 0xCBF29CE484222325
        for byte in name.encode():
            h = ((h ^ byte) * 0x100000001B3) & MASK
        self.key = mix(mix((seed + GOLDEN) & MASK) ^ h)

    def bits(self, n, first=0):
        i = np.arange(first + 1, first + n + 1, dtype=np.uint64)
        z = i * np.uint64(GOLDEN) + np.uint64(self.key)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        return z ^ z >> np.uint64(31)

    def uniform(self, n):
        return (self.bits(n) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def uniforms(self, n, low, high):
        return (low + (high - low) * self.uniform(n)).astype(np.float32)

    def normals(self, n, std, chunk=1 << 20):
        out = np.empty(n, np.float32)
        for first in range(0, n, chunk):
            bits = self.bits(min(chunk, n - first), first)
            tail = ((bits & np.uint64((1 << 52) - 1)).astype(np.float64) + 0.5) * 2.0**-53
            z = upper_quantile(tail)
            out[first : first + len(z)] = std * np.where(bits >> np.uint64(63) == 1, -z, z)
        return out
