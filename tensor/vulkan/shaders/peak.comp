#version 450
// What the device can do at best: multiply-adds in registers (FMA), and reading memory
// once (READ).
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { uint count; } p; // rounds; elements, a multiple of 4
layout(binding = 0) readonly buffer X { vec4 x[]; };
layout(binding = 2) buffer D { float d[]; };

void main() {
#ifdef FMA
  // Each round is 64 multiply-adds, in 16 chains that don't wait for each other.
  const float a = 1 - float(gl_LocalInvocationIndex) * 1e-6;
  vec4 v[4];
  for (uint i = 0; i < 4; i++) v[i] = vec4(i, i + 0.25, i + 0.5, i + 0.75) + a;
  for (uint n = 0; n < p.count; n++) {
    for (uint k = 0; k < 4; k++) for (uint i = 0; i < 4; i++) v[i] = fma(v[i], vec4(a), vec4(1e-3));
  }
  const vec4 sum = v[0] + v[1] + v[2] + v[3];
#else
  vec4 sum = vec4(0);
  for (uint i = gl_GlobalInvocationID.x; i < p.count / 4; i += gl_NumWorkGroups.x * 256) sum += x[i];
#endif
  const float s = sum.x + sum.y + sum.z + sum.w;
  if (s == 12345.678) d[gl_LocalInvocationIndex] = s; // so that no compiler leaves the sums out
}
