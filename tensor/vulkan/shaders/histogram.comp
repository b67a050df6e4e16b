#version 450
// A tensor's histogram. COUNTS: workgroups count slices of it, whose counts END adds up.
// FIGURES: workgroups sum up slices of each channel, or of the whole tensor as one, and END
// joins the slices in order: the order of additions depends on the geometry alone.
//
// Values are taken apart as integers, since devices may flush subnormal values, and scaled
// by a power of two that brings the largest to 1: neither squares nor sums overflow.
layout(local_size_x = 256) in;
layout(push_constant) uniform Push {
  uint channels, plane, count, slices; // count: elements of a channel
  uint flags;                          // of FIGURES END: 1 rows of channels
} p;
layout(binding = 0) readonly buffer X { uint x[]; };
layout(binding = 1) readonly buffer Counts { uint counts[]; }; // of COUNTS END
layout(binding = 2) buffer Partial { uint part[]; };
layout(binding = 6) buffer Result { uint result[]; };

const uint EXPONENTS = 277, COLUMNS = 2 * EXPONENTS + 3;

#ifdef COUNTS
#ifndef END
shared uint hist[COLUMNS];

// column is where a value is counted.
uint column(uint bits) {
  const uint field = bits >> 23 & 255, fraction = bits & 0x7fffff;
  if (field == 255) return 2 * EXPONENTS + (fraction == 0 ? 2 : 1);
  if (field == 0 && fraction == 0) return 2 * EXPONENTS;
  const uint k = field == 0 ? uint(findMSB(fraction)) : field + 22;
  return bits >> 31 == 1 ? k : EXPONENTS + k;
}

void main() {
  const uint t = gl_LocalInvocationIndex, slice = gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x;
  if (slice >= p.slices) return;
  for (uint i = t; i < COLUMNS; i += 256) hist[i] = 0;
  barrier();
  const uint each = (p.count + p.slices - 1) / p.slices, to = min((slice + 1) * each, p.count);
  for (uint e = slice * each + t; e < to; e += 256) atomicAdd(hist[column(x[e])], 1);
  barrier();
  for (uint i = t; i < COLUMNS; i += 256) part[slice * COLUMNS + i] = hist[i];
}
#else
void main() {
  const uint i = gl_GlobalInvocationID.x;
  if (i >= COLUMNS) return;
  uint n = 0;
  for (uint s = 0; s < p.slices; s++) n += part[s * COLUMNS + i];
  result[i] = floatBitsToUint(float(n & 0xffffff));
  result[COLUMNS + i] = floatBitsToUint(float(n >> 24));
}
#endif
#else
shared int largest;

// scale is the exponent of the largest value, the same in all threads.
int scale() {
  const uint t = gl_LocalInvocationIndex;
  if (t == 0) largest = 0;
  barrier();
  for (uint k = t; k < EXPONENTS; k += 256) {
    if ((counts[k] | counts[EXPONENTS + k] | counts[COLUMNS + k] | counts[COLUMNS + EXPONENTS + k]) != 0) atomicMax(largest, int(k));
  }
  barrier();
  return largest - 149;
}

// scaled is x/2^e for an e that is not less than its exponent.
float scaled(uint bits, int e) {
  const uint sign = bits & 0x80000000;
  uint fraction = bits & 0x7fffff;
  int k = int(bits >> 23 & 255) - 127;
  if (k == -127) { // zero or subnormal: move the first bit to where it is left out
    if (fraction == 0) return 0;
    const int first = findMSB(fraction);
    fraction = fraction << (23 - first) & 0x7fffff;
    k = first - 149;
  }
  k -= e;
  return k < -126 ? 0 : uintBitsToFloat(sign | uint(k + 127) << 23 | fraction);
}

// unscaled are the bits of v·2^e.
uint unscaled(float v, int e) {
  const uint bits = floatBitsToUint(v), sign = bits & 0x80000000;
  int k = int(bits >> 23 & 255) + e;
  if (bits << 1 >> 24 == 0) return sign;
  if (k > 254) return sign | 0x7f800000;
  if (k > 0) return sign | uint(k) << 23 | (bits & 0x7fffff);
  if (k < -23) return sign;
  const uint all = 0x800000 | (bits & 0x7fffff), shift = uint(1 - k);
  return sign | (all + (1u << (shift - 1))) >> shift;
}

// order is a number that grows with a float, and value the way back.
uint order(uint bits) { return bits >> 31 == 1 ? ~bits : bits | 0x80000000; }
uint value(uint n) { return n >> 31 == 1 ? n & 0x7fffffff : ~n; }

// Sums are of finite values: least and most by order, the mean and the squares scaled.
struct Sums {
  uint n, zeros, least, most;
  float mean, squares; // Σ(x − mean)²
};
const Sums NONE = Sums(0, 0, 0xffffffff, 0, 0, 0);

// join are the sums of two parts together: Chan, Golub and LeVeque 1979.
Sums join(Sums a, Sums b) {
  if (b.n == 0) return a;
  if (a.n == 0) return b;
  const float share = float(b.n) / (float(a.n) + float(b.n)), delta = b.mean - a.mean;
  return Sums(a.n + b.n, a.zeros + b.zeros, min(a.least, b.least), max(a.most, b.most),
    a.mean + delta * share, a.squares + b.squares + delta * delta * (float(a.n) * share));
}

#ifndef END
shared Sums tree[256];

// add adds the value at i to sums about a shift.
void add(inout Sums s, uint bits, int e, inout float shift, inout float sum) {
  if ((bits >> 23 & 255) == 255) return;
  const float v = scaled(bits, e);
  if (s.n == 0) shift = v;
  s.n++;
  if (bits << 1 == 0) s.zeros++;
  s.least = min(s.least, order(bits));
  s.most = max(s.most, order(bits));
  sum += v - shift;
  s.squares += (v - shift) * (v - shift);
}

void main() {
  const uint t = gl_LocalInvocationIndex, id = gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x;
  const uint c = id % p.channels, slice = id / p.channels;
  if (slice >= p.slices) return;
  const int e = scale();
  const uint each = (p.count + p.slices - 1) / p.slices, to = min((slice + 1) * each, p.count);
  Sums s = NONE;
  float shift = 0, sum = 0;
  for (uint i = slice * each + t; i < to; i += 256) add(s, x[(i / p.plane * p.channels + c) * p.plane + i % p.plane], e, shift, sum);
  if (s.n > 0) {
    const float m = sum / float(s.n);
    s.mean = shift + m;
    s.squares = max(s.squares - sum * m, 0);
  }
  tree[t] = s;
  for (uint n = 128; n > 0; n /= 2) {
    barrier();
    if (t < n) tree[t] = join(tree[t], tree[t + n]);
  }
  if (t > 0) return;
  const uint at = 6 * (slice * p.channels + c);
  s = tree[0];
  part[at] = s.n; part[at + 1] = s.zeros; part[at + 2] = s.least; part[at + 3] = s.most;
  part[at + 4] = floatBitsToUint(s.mean); part[at + 5] = floatBitsToUint(s.squares);
}
#else
// put writes a count as two float32.
void put(uint row, uint c, uint n) {
  result[row * p.channels + c] = floatBitsToUint(float(n & 0xffffff));
  result[(row + 1) * p.channels + c] = floatBitsToUint(float(n >> 24));
}

void main() {
  const int e = scale();
  const uint c = gl_GlobalInvocationID.x;
  if (c >= p.channels) return;
  Sums s = NONE;
  for (uint i = 0; i < p.slices; i++) {
    const uint at = 6 * (i * p.channels + c);
    s = join(s, Sums(part[at], part[at + 1], part[at + 2], part[at + 3], uintBitsToFloat(part[at + 4]), uintBitsToFloat(part[at + 5])));
  }
  const float variance = s.n == 0 ? 0 : s.squares / float(s.n);
  const uint mean = unscaled(s.mean, e), std = unscaled(sqrt(variance), e);
  const uint least = s.n == 0 ? 0 : value(s.least), most = s.n == 0 ? 0 : value(s.most);
  if (p.flags == 1) {
    result[c] = mean; result[p.channels + c] = std; result[2 * p.channels + c] = most;
    put(3, c, s.zeros);
    put(5, c, s.n);
    return;
  }
  result[0] = mean; result[1] = std; result[2] = least; result[3] = most;
  result[4] = unscaled(sqrt(variance + s.mean * s.mean), e);
}
#endif
#endif
