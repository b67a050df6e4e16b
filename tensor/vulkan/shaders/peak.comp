#version 450
#extension GL_EXT_control_flow_attributes : require
// What the device can do at best: multiply-adds in registers (FMA), and reading memory
// once (READ). FILL writes what READ reads: pages that nobody wrote to may all be one.
layout(local_size_x = 256) in;
layout(push_constant) uniform Push { uint count; } p; // rounds; elements, a multiple of 16
layout(binding = 0) buffer X { vec4 x[]; };
layout(binding = 2) buffer D { float d[]; };

void main() {
#if defined(FMA)
  // Each round is 256 multiply-adds, in 16 chains that don't wait for each other.
  const float a = 1 - float(gl_LocalInvocationIndex) * 1e-6;
  vec4 v[4];
  [[unroll]] for (uint i = 0; i < 4; i++) v[i] = vec4(i, i + 0.25, i + 0.5, i + 0.75) + a;
  for (uint n = 0; n < p.count; n++) {
    [[unroll]] for (uint k = 0; k < 16; k++)
      [[unroll]] for (uint i = 0; i < 4; i++) v[i] = fma(v[i], vec4(a), vec4(1e-3));
  }
  const vec4 sum = v[0] + v[1] + v[2] + v[3];
#elif defined(READ)
  // Four reads at once, so that enough are under way.
  const uint all = gl_NumWorkGroups.x * 256;
  vec4 sum = vec4(0);
  uint i = gl_GlobalInvocationID.x;
  for (; i + 3 * all < p.count / 4; i += 4 * all) sum += x[i] + x[i + all] + (x[i + 2 * all] + x[i + 3 * all]);
  for (; i < p.count / 4; i += all) sum += x[i];
#else
  for (uint i = gl_GlobalInvocationID.x; i < p.count / 4; i += gl_NumWorkGroups.x * 256) {
    const uint hash = i * 747796405u + 2891336453u;
    x[i] = vec4(hash, hash >> 7, hash >> 13, hash >> 17) * 1e-9;
  }
#endif
#ifndef FILL
  const float s = sum.x + sum.y + sum.z + sum.w;
  if (s == 12345.678) d[gl_LocalInvocationIndex] = s; // so that no compiler leaves the sums out
#endif
}
