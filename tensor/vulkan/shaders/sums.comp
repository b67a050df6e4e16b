#version 450
// Sums over the images and the plane of each channel, in two steps: workgroups
// add up slices, then END adds the slices in order and makes the results. The
// order of additions depends on the geometry alone.
layout(local_size_x = 256) in;
layout(push_constant) uniform Push {
  uint channels, plane, count, slices; // count: elements of a channel
  uint flags;                          // of GRADIENT: 1 through ReLU
  float eps, momentum;
} p;
layout(binding = 0) readonly buffer X { float x[]; };
layout(binding = 1) readonly buffer Y { float y[]; };
layout(binding = 2) buffer Partial { vec4 part[]; };
layout(binding = 3) readonly buffer Z { float z[]; };
layout(binding = 4) readonly buffer Mean { float mean[]; };
layout(binding = 5) readonly buffer Spread { float spread[]; }; // 1/√(σ² + ε), or σ² in eval mode
layout(binding = 6) buffer First { float first[]; };            // results of END
layout(binding = 7) buffer Second { float second[]; };
layout(binding = 8) buffer RunningMean { float running_mean[]; };
layout(binding = 9) buffer RunningVar { float running_var[]; };

#if defined(STATISTICS) || defined(MOMENTS)
// (count, mean, Σ(x − mean)²) of two parts together: Chan, Golub and LeVeque 1979.
vec4 join(vec4 a, vec4 b) {
  if (b.x == 0) return a;
  if (a.x == 0) return b;
  const float n = a.x + b.x, delta = b.y - a.y;
  return vec4(n, a.y + delta * (b.x / n), a.z + b.z + delta * delta * (a.x * (b.x / n)), 0);
}
#else
vec4 join(vec4 a, vec4 b) { return a + b; }
#endif

#ifndef END
shared vec4 tree[256];

void main() {
  const uint t = gl_LocalInvocationIndex, id = gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x;
  const uint c = id % p.channels, slice = id / p.channels;
  if (slice >= p.slices) return;
  const uint each = (p.count + p.slices - 1) / p.slices, to = min((slice + 1) * each, p.count);
  vec4 sum = vec4(0);
#ifdef STATISTICS
  float shift = 0; // the thread's first value: sums about it lose nothing
  if (slice * each + t < to) { const uint e = slice * each + t; shift = x[(e / p.plane * p.channels + c) * p.plane + e % p.plane]; }
#elif defined(GRADIENT)
  const float centre = mean[c], scale = p.eps < 0 ? spread[c] : 1 / sqrt(spread[c] + p.eps);
#endif
  for (uint e = slice * each + t; e < to; e += 256) {
    const uint i = (e / p.plane * p.channels + c) * p.plane + e % p.plane;
#if defined(STATISTICS) || defined(MOMENTS)
    const float v = x[i] - shift;
    sum += vec4(1, v, v * v, 0);
#elif defined(GRADIENT)
    const float dy = p.flags == 1 && !(z[i] > 0) ? 0 : y[i];
    sum += vec4(dy * (x[i] - centre) * scale, dy, 0, 0);
#elif defined(TOTAL)
    sum.x += x[i];
#elif defined(NORMS)
    const float s = x[i] + y[i];
    sum += vec4(x[i] * x[i], y[i] * y[i], x[i] * y[i], s * s);
#endif
  }
#ifdef STATISTICS
  if (sum.x > 0) { const float m = sum.y / sum.x; sum = vec4(sum.x, shift + m, max(sum.z - sum.y * m, 0), 0); }
#endif
  tree[t] = sum;
  for (uint n = 128; n > 0; n /= 2) {
    barrier();
    if (t < n) tree[t] = join(tree[t], tree[t + n]);
  }
  if (t == 0) part[slice * p.channels + c] = tree[0];
}
#else
void main() {
  const uint c = gl_GlobalInvocationID.x;
  if (c >= p.channels) return;
  vec4 sum = part[c];
  for (uint s = 1; s < p.slices; s++) sum = join(sum, part[s * p.channels + c]);
#if defined(MOMENTS)
  first[0] = sum.y; first[1] = sqrt(sum.z / sum.x);
#elif defined(STATISTICS)
  const float v = sum.z / sum.x;
  first[c] = sum.y; second[c] = 1 / sqrt(v + p.eps);
  running_mean[c] += p.momentum * (sum.y - running_mean[c]);
  running_var[c] += p.momentum * (sum.z / (sum.x - 1) - running_var[c]);
#elif defined(GRADIENT)
  part[c] = sum; // for NORM_GRAD
  if ((p.flags & 2) != 0) { first[c] = sum.x; second[c] = sum.y; }
#elif defined(TOTAL)
  first[c] = sum.x;
#elif defined(NORMS)
  if (p.flags == 1) { first[0] = sqrt(sum.x); first[1] = sqrt(sum.y); first[2] = sum.z; first[3] = sqrt(sum.w); }
  else first[0] = sqrt(sum.x);
#endif
}
#endif
