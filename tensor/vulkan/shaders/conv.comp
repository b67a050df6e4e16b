#version 450
#extension GL_GOOGLE_include_directive : require
// A convolution and its two gradients as one matrix product, D = A·B, whose
// operands are gathered while tiles of them are fetched:
//
//   FORWARD  D = y[k, pixel of y]   A = w[k, cuv]         B = x[cuv, pixel of y]
//   INPUT    D = dx[c, pixel of dx] A = w[c, kuv]         B = dy[kuv, pixel of dx]
//   WEIGHT   D = dw[k, cuv]         A = dy[k, pixel of y] B = x[pixel of y, cuv]
//
// A linear layer is a 1×1 window on planes of one pixel. With strides, INPUT
// takes the pixels of dx by their remainder: each parity meets only the taps
// that reach it. The sum may be cut into slices, whose partial sums finish.comp
// adds up, always in the same order.
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint KH = 1;
layout(constant_id = 1) const uint KW = 1;
layout(constant_id = 2) const uint SH = 1;
layout(constant_id = 3) const uint SW = 1;
layout(push_constant) uniform Push {
  uint n, c, h, w, k, oh, ow, top, left, groups, slices, tail;
  float eps;
} p;
layout(binding = 0) readonly buffer A { float a[]; };
layout(binding = 1) readonly buffer B { float b[]; };
layout(binding = 2) writeonly buffer D { float d[]; };
#include "epilogue.glsl"

const uint TM = 4, TN = 4;                   // a thread's part
const uint BM = 16 * TM, BN = 16 * TN, BK = 16; // a workgroup's tile
const uint LA = BM + 8, LB = BN + 8;           // a row of it in shared memory
shared float as[BK * LA], bs[BK * LB];

void main() {
  const uint t = gl_LocalInvocationIndex, tx = t % 16, ty = t / 16;
  const uint cg = p.c / p.groups, kg = p.k / p.groups, plane = p.h * p.w, out_plane = p.oh * p.ow;
#if defined(FORWARD)
  const uint rows = kg, cols = p.n * out_plane, depth = cg * KH * KW, parities = 1;
#elif defined(INPUT)
  const uint ch = (p.h + SH - 1) / SH, cw = (p.w + SW - 1) / SW, parities = SH * SW;
  const uint rows = cg, cols = p.n * ch * cw;
#else
  const uint rows = kg, cols = cg * KH * KW, depth = p.n * out_plane, parities = 1;
#endif
  // Which tile this is: rows first, so that neighbours share what B fetches.
  uint id = gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x;
  const uint tall = (rows + BM - 1) / BM, wide = (cols + BN - 1) / BN;
  const uint m0 = id % tall * BM; id /= tall;
  const uint n0 = id % wide * BN; id /= wide;
  const uint g = id % p.groups; id /= p.groups;
  const uint parity = id % parities, slice = id / parities;
  if (slice >= p.slices) return;
#ifdef INPUT
  // Rows h = h0 + SH·i of dx meet the taps u = u0 + SH·j of row y0 + i − j of dy.
  const uint h0 = parity / SW, w0 = parity % SW;
  const uint u0 = (h0 + p.top) % SH, v0 = (w0 + p.left) % SW;
  const uint nu = u0 < KH ? (KH - u0 + SH - 1) / SH : 0, nv = v0 < KW ? (KW - v0 + SW - 1) / SW : 0;
  const int y0 = int((h0 + p.top - u0) / SH), x0 = int((w0 + p.left - v0) / SW);
  const uint depth = kg * nu * nv;
#endif
  const uint each = (depth + p.slices * BK - 1) / (p.slices * BK) * BK;
  const uint from = slice * each, to = min(from + each, depth);

  float acc[TM][TN];
  for (uint i = 0; i < TM; i++) for (uint j = 0; j < TN; j++) acc[i][j] = 0;

  // What does not change along the sum: the pixel, or the taps, of B's columns.
#ifndef WEIGHT
  const uint col = n0 + t % BN;
#if defined(FORWARD)
  const uint image = col / out_plane, at = col % out_plane;
  const int cy = int(at / p.ow * SH) - int(p.top), cx = int(at % p.ow * SW) - int(p.left);
  const uint base = (image * p.c + g * cg) * plane;
#else
  const uint image = col / (ch * cw), at = col % (ch * cw);
  const int cy = int(at / cw) + y0, cx = int(at % cw) + x0;
  const uint base = (image * p.k + g * kg) * out_plane;
#endif
#else
  uint taps[TN]; int ty0[TN], tx0[TN];
  for (uint i = 0; i < TN; i++) {
    const uint q = n0 + ty + 16 * i, c = q / (KH * KW), uv = q % (KH * KW);
    taps[i] = q < cols ? (g * cg + c) * plane : ~0u;
    ty0[i] = int(uv / KW) - int(p.top); tx0[i] = int(uv % KW) - int(p.left);
  }
#endif

  for (uint r0 = from; r0 < to; r0 += BK) {
#if defined(WEIGHT)
    const uint r = r0 + tx, image = r / out_plane, at = r % out_plane;
    const int py = int(at / p.ow * SH), px = int(at % p.ow * SW);
    for (uint i = 0; i < TM; i++) {
      const uint m = m0 + ty + 16 * i;
      as[tx * LA + ty + 16 * i] = (r < to && m < rows ? a[(image * p.k + g * kg + m) * out_plane + at] : 0);
    }
    for (uint i = 0; i < TN; i++) {
      const int y = py + ty0[i], x = px + tx0[i];
      const bool in_image = r < to && taps[i] != ~0u && y >= 0 && x >= 0 && y < int(p.h) && x < int(p.w);
      bs[tx * LB + ty + 16 * i] = (in_image ? b[image * p.c * plane + taps[i] + uint(y) * p.w + uint(x)] : 0);
    }
#else
    for (uint i = 0; i < BK * BN / 256; i++) {
      const uint rb = t / BN + i * (256 / BN), r = r0 + rb;
#if defined(FORWARD)
      const uint c = r / (KH * KW), uv = r % (KH * KW);
      const int y = cy + int(uv / KW), x = cx + int(uv % KW);
      const bool in_image = r < to && col < cols && y >= 0 && x >= 0 && y < int(p.h) && x < int(p.w);
      bs[rb * LB + t % BN] = (in_image ? b[base + c * plane + uint(y) * p.w + uint(x)] : 0);
#else
      const uint k = r / (nu * nv), uv = r % (nu * nv);
      const int y = cy - int(uv / nv), x = cx - int(uv % nv);
      const bool in_image = r < to && col < cols && y >= 0 && x >= 0 && y < int(p.oh) && x < int(p.ow);
      bs[rb * LB + t % BN] = (in_image ? b[base + k * out_plane + uint(y) * p.ow + uint(x)] : 0);
#endif
    }
#if defined(FORWARD)
    for (uint i = 0; i < TM; i++) {
      const uint m = m0 + ty + 16 * i, r = r0 + tx;
      as[tx * LA + ty + 16 * i] = (m < rows && r < to ? a[(g * kg + m) * depth + r] : 0);
    }
#else
    for (uint i = 0; i < BK * BM / 256; i++) {
      const uint m = m0 + t % BM, ra = t / BM + i * (256 / BM), r = r0 + ra;
      const uint k = r / (nu * nv), uv = r % (nu * nv), u = u0 + SH * (uv / nv), v = v0 + SW * (uv % nv);
      as[ra * LA + t % BM] = (m < rows && r < to ? a[((g * kg + k) * cg + m) * (KH * KW) + u * KW + v] : 0);
    }
#endif
#endif
    barrier();
    for (uint r = 0; r < BK; r++) {
      float x[TM], y[TN];
      for (uint i = 0; i < TM; i++) x[i] = as[r * LA + ty + 16 * i];
      for (uint j = 0; j < TN; j++) y[j] = bs[r * LB + tx + 16 * j];
      for (uint i = 0; i < TM; i++) for (uint j = 0; j < TN; j++) acc[i][j] = fma(x[i], y[j], acc[i][j]);
    }
    barrier();
  }

  for (uint j = 0; j < TN; j++) {
    const uint q = n0 + tx + 16 * j;
    if (q >= cols) continue;
    for (uint i = 0; i < TM; i++) {
      const uint m = m0 + ty + 16 * i;
      if (m >= rows) continue;
#if defined(FORWARD)
      const uint channel = g * kg + m, total = p.n * p.k * out_plane;
      const uint to_at = (q / out_plane * p.k + channel) * out_plane + q % out_plane;
#elif defined(INPUT)
      const uint channel = g * cg + m, total = p.n * p.c * plane, yx = q % (ch * cw);
      const uint y = h0 + SH * (yx / cw), x = w0 + SW * (yx % cw);
      if (y >= p.h || x >= p.w) continue;
      const uint to_at = (q / (ch * cw) * p.c + channel) * plane + y * p.w + x;
#else
      const uint channel = g * kg + m, total = p.k * cols, to_at = channel * cols + q;
#endif
      if (p.slices > 1) d[slice * total + to_at] = acc[i][j];
      else d[to_at] = epilogue(acc[i][j], channel, to_at, p.tail, p.eps);
    }
  }
}
