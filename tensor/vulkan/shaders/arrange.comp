#version 450
#extension GL_GOOGLE_include_directive : require
// Lays a convolution's weights out as conv.comp reads them: for each group, each
// parity (INPUT) and each four terms of the sum one vec4 a row of the product,
// terms in the order of order.glsl, zero where the last slab of eight has more.
// After the last comes room for what a tile reads beyond its rows.
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint KH = 1;
layout(constant_id = 1) const uint KW = 1;
layout(constant_id = 2) const uint SH = 1;
layout(constant_id = 3) const uint SW = 1;
layout(constant_id = 4) const bool BLOCKED = false;
layout(push_constant) uniform Push { uint total, groups, cg, kg; } p; // total: vec4s
layout(binding = 0) readonly buffer W { float w[]; };
layout(binding = 2) writeonly buffer D { vec4 d[]; };
#include "order.glsl"

void main() {
#ifdef INPUT // only parities that taps reach, by their first tap
  const uint across = min(KW, SW), parities = min(KH, SH) * across;
  const uint rows = p.cg, room = (p.kg * ((KH + SH - 1) / SH) * ((KW + SW - 1) / SW) + 7) / 8 * 2;
#else
  const uint parities = 1, rows = p.kg, room = (p.cg * KH * KW + 7) / 8 * 2;
#endif
  for (uint i = gl_GlobalInvocationID.x; i < p.total; i += gl_NumWorkGroups.x * 256) {
    const uint row = i % rows, first = i / rows % room * 4, parity = i / rows / room % parities, g = i / rows / room / parities;
#ifdef INPUT
    const uint u0 = parity / across, v0 = parity % across, nu = (KH - u0 + SH - 1) / SH, nv = (KW - v0 + SW - 1) / SW;
    const uint depth = p.kg * nu * nv;
#else
    const uint depth = p.cg * KH * KW;
#endif
    vec4 terms = vec4(0);
    for (uint e = 0; e < 4; e++) {
      if (first + e >= depth || g >= p.groups) break;
#ifdef INPUT
      const Term m = order(first + e, nu, nv, BLOCKED);
      terms[e] = w[(((g * p.kg + m.c) * p.cg + row) * KH + u0 + SH * m.u) * KW + v0 + SW * m.v];
#else
      const Term m = order(first + e, KH, KW, BLOCKED);
      terms[e] = w[(((g * p.kg + row) * p.cg + m.c) * KH + m.u) * KW + m.v];
#endif
    }
    d[i] = terms;
  }
}
