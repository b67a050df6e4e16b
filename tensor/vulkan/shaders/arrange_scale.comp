#version 450
// The power of two that takes the largest of some values near the end of what fp16 holds,
// and its inverse; 1 if one of them is infinite or NaN. First each workgroup finds its
// largest, then END that of all.
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { uint count; } p;
layout(binding = 0) readonly buffer A { uint a[]; };
layout(binding = 2) writeonly buffer D { uint d[]; };
shared uint most[256];

void main() {
  const uint t = gl_LocalInvocationIndex;
  uint m = 0; // without a sign, bits of floats are in the order of their values
#ifdef END
  for (uint i = t; i < p.count; i += 256) m = max(m, a[i]);
#else
  for (uint i = gl_GlobalInvocationID.x; i < p.count; i += gl_NumWorkGroups.x * 256) m = max(m, a[i] & 0x7fffffffu);
#endif
  most[t] = m;
  for (uint n = 128; n > 0; n /= 2) {
    barrier();
    if (t < n) most[t] = max(most[t], most[t + n]);
  }
  if (t != 0) return;
#ifdef END
  m = most[0];
  const int up = m == 0 || m >= 0x7f800000u ? 0 : clamp(14 + 127 - int(m >> 23), -126, 126);
  d[0] = uint(127 + up) << 23;
  d[1] = uint(127 - up) << 23;
#else
  d[gl_WorkGroupID.x] = most[0];
#endif
}
