#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
// A convolution and its two gradients as one matrix product, D = A·B, whose
// operands are gathered while slabs of them, eight terms of the sum, are fetched:
//
//   FORWARD  D = y[k, pixel of y]   A = w[k, cuv]         B = x[cuv, pixel of y]
//   INPUT    D = dx[c, pixel of dx] A = w[c, kuv]         B = dy[kuv, pixel of dx]
//   WEIGHT   D = dw[k, cuv]         A = dy[k, pixel of y] B = x[pixel of y, cuv]
//
// A linear layer is a 1×1 window on planes of one pixel. With strides, INPUT
// takes the pixels of dx by their remainder: each parity meets only the taps
// that reach it. The sum may be cut into slices, whose partial sums finish.comp
// adds up, always in the same order.
//
// An element of B lies where its row and its column say. One of them is a pixel,
// the other a channel and a tap; each has an offset, and coordinates whose sums
// must lie in the image. A thread keeps its columns; rows come from a table in
// shared memory, which is filled for 256 rows at a time.
//
// A thread computes TM×TN sums, which lie ROWS and COLS apart. A vec4 of shared
// memory is four terms of the sum, so that each read serves four multiply-adds for
// every element of the other operand. While a slab is multiplied, the next one
// comes from memory to registers, and goes to the other half: a barrier a slab.
layout(local_size_x = 256) in;
layout(constant_id = 0) const uint KH = 1;
layout(constant_id = 1) const uint KW = 1;
layout(constant_id = 2) const uint SH = 1;
layout(constant_id = 3) const uint SW = 1;
layout(constant_id = 4) const uint ROWS = 16;       // of threads
layout(constant_id = 5) const bool BLOCKED = false; // how the sum goes: see order.glsl
layout(push_constant) uniform Push {
  uint n, c, h, w, k, oh, ow, top, left, groups, slices, tail;
  float eps;
} p;
#ifdef WEIGHT
layout(binding = 0) readonly buffer A { float a[]; };
#else
layout(binding = 0) readonly buffer A { vec4 a[]; }; // as arrange.comp lays it out
#endif
layout(binding = 1) readonly buffer B { float b[]; };
layout(binding = 2) writeonly buffer D { float d[]; };
#include "epilogue.glsl"
#include "order.glsl"

const uint COLS = 256 / ROWS, BM = TM * ROWS, BN = TN * COLS; // the workgroup's tile
#ifdef WEIGHT
const uint LA = BM + 4, LB = BN + 4; // four apart, so that scattered writes meet all banks
const uint COLUMNS = 4;              // of B that a thread fetches
#else
const uint LA = BM, LB = BN;
const uint COLUMNS = 1;
#endif
const int OUTSIDE = -(1 << 30);     // of the image, whatever is added
const uint NOWHERE = ~0u;
shared vec4 as[4 * LA], bs[4 * LB]; // two slabs of two rows
shared ivec4 table[256];            // by row of B: offset, y, x; WEIGHT: the pixel's offset in A

uint t;                      // the thread
uint rows, cols, depth;      // of the product
uint m0, n0, g;              // the tile's corner and group
uint plane, out_plane, b_plane;
uint a_at[4];                // of what the thread fetches from A next
ivec3 column[COLUMNS];       // offset, y and x of B's columns
uvec2 extent;                // of the image in B
vec4 a_next, b_next[2];      // of the slab to come: WEIGHT has one row of four columns
uint d_at, d_apart, d_first; // of the column that the thread writes; between channels; of the slice
#ifdef INPUT
uint h0, w0, u0, v0, nu, nv; // the parity's first pixel, its first tap, how many taps
#endif

// row_of_b is what the table says of a row.
ivec4 row_of_b(uint r) {
  if (r >= depth) return ivec4(0, OUTSIDE, OUTSIDE, 0);
#if defined(WEIGHT)
  const uint image = r / out_plane, at = r % out_plane, y = at / p.ow * SH, x = at % p.ow * SW;
  return ivec4(image * p.c * plane + y * p.w + x, y, x, image * p.k * out_plane + at);
#elif defined(FORWARD)
  const Term term = order(r, KH, KW, BLOCKED);
  return ivec4(term.c * plane + term.u * p.w + term.v, term.u, term.v, 0);
#else
  const Term term = order(r, SH == 1 ? KH : nu, SW == 1 ? KW : nv, BLOCKED);
  return ivec4(int(term.c * out_plane) - int(term.u * p.ow + term.v), -int(term.u), -int(term.v), 0);
#endif
}

// column_of_b is where column q begins.
ivec3 column_of_b(uint q) {
  if (q >= cols) return ivec3(0, OUTSIDE, OUTSIDE);
#if defined(WEIGHT)
  const uint c = q / (KH * KW), uv = q % (KH * KW);
  const int y = int(uv / KW) - int(p.top), x = int(uv % KW) - int(p.left);
  return ivec3(int((g * (p.c / p.groups) + c) * plane) + y * int(p.w) + x, y, x);
#elif defined(FORWARD)
  const uint image = q / out_plane, at = q % out_plane;
  const int y = int(at / p.ow * SH) - int(p.top), x = int(at % p.ow * SW) - int(p.left);
  return ivec3(int((image * p.c + g * (p.c / p.groups)) * plane) + y * int(p.w) + x, y, x);
#else
  const uint cw = (p.w + SW - 1) / SW, parity_plane = (p.h + SH - 1) / SH * cw;
  const uint image = q / parity_plane, at = q % parity_plane;
  const int y = int(at / cw + (h0 + p.top - u0) / SH), x = int(at % cw + (w0 + p.left - v0) / SW);
  return ivec3(int((image * p.k + g * (p.k / p.groups)) * out_plane) + y * int(p.ow) + x, y, x);
#endif
}

// inside says whether a row and a column meet in the image.
bool inside(ivec4 row, ivec3 c) { return all(lessThan(uvec2(c.yz + row.yz), extent)); }

#ifdef WEIGHT
// A thread fetches one pixel of up to four rows of A, and of four columns of B.
void fetch(uint slab) {
  const ivec4 row = table[slab % 32 * 8 + t % 8];
  a_next = vec4(0);
  if (row.y >= 0) [[unroll]] for (uint i = 0; i < 4; i++) if (32 * i < BM) a_next[i] = a[a_at[i] + row.w];
  [[unroll]] for (uint i = 0; i < 4; i++) if (32 * i < BN) b_next[0][i] = inside(row, column[i]) ? b[column[i].x + row.x] : 0;
}

void store(uint at) {
  const uint x_at = (at + t % 8 / 4) * LA + t / 8, y_at = (at + t % 8 / 4) * LB + t / 8, e = t % 4;
  [[unroll]] for (uint i = 0; i < 4; i++) if (32 * i < BM) as[x_at + 32 * i][e] = a_next[i];
  [[unroll]] for (uint i = 0; i < 4; i++) if (32 * i < BN) bs[y_at + 32 * i][e] = b_next[0][i];
}
#else
// four_of_b is what a column has in four rows, by the table.
vec4 four_of_b(uint first) {
  vec4 v = vec4(0);
  if (BLOCKED) {
    const ivec4 row = table[first];
    const uint at = column[0].x + row.x;
    if (inside(row, column[0])) v = vec4(b[at], b[at + b_plane], b[at + 2 * b_plane], b[at + 3 * b_plane]);
  } else [[unroll]] for (uint r = 0; r < 4; r++) {
    const ivec4 row = table[first + r];
    if (inside(row, column[0])) v[r] = b[column[0].x + row.x];
  }
  return v;
}

// A thread fetches four rows of a column of A and of one of B, or eight of B where
// columns are as many as threads.
void fetch(uint slab) {
  const uint first = slab % 32 * 8;
  if (t < 2 * BM) a_next = a[a_at[0]];
  a_at[0] += 2 * rows;
  if (t < 2 * BN) b_next[0] = four_of_b(first + (BN == 256 ? 0 : 4 * (t / BN)));
  if (BN == 256) b_next[1] = four_of_b(first + 4);
}

void store(uint at) {
  if (t < 2 * BM) as[at * LA + t] = a_next;
  if (t < 2 * BN) bs[at * LB + t] = b_next[0];
  if (BN == 256) bs[at * LB + 256 + t] = b_next[1];
}
#endif

// multiply adds a slab's terms to the sums.
void multiply(uint x_at, uint y_at, inout float sums[TM][TN]) {
  [[unroll]] for (uint r = 0; r < 2; r++) {
    vec4 y[TN];
    [[unroll]] for (uint j = 0; j < TN; j++) y[j] = bs[y_at + r * LB + j * COLS];
    [[unroll]] for (uint i = 0; i < TM; i++) {
      const vec4 x = as[x_at + r * LA + i * ROWS];
      [[unroll]] for (uint e = 0; e < 4; e++)
        [[unroll]] for (uint j = 0; j < TN; j++) sums[i][j] = fma(x[e], y[j][e], sums[i][j]);
    }
  }
}

// lay puts sums into shared memory, laid gets one of them back: the larger operand's part
// holds a row of each thread.
void lay(uint at, vec4 sums) { if (BN < BM) as[at] = sums; else bs[at] = sums; }
float laid(uint at, uint e) { return BN < BM ? as[at][e] : bs[at][e]; }

// offset is where column q of D begins, in channel 0; NOWHERE beyond the last.
uint offset(uint q) {
  if (q >= cols) return NOWHERE;
#if defined(FORWARD)
  return q / out_plane * p.k * out_plane + q % out_plane;
#elif defined(INPUT)
  const uint cw = (p.w + SW - 1) / SW, parity_plane = (p.h + SH - 1) / SH * cw;
  const uint at = q % parity_plane, y = h0 + SH * (at / cw), x = w0 + SW * (at % cw);
  return y < p.h && x < p.w ? q / parity_plane * p.c * plane + y * p.w + x : NOWHERE;
#else
  return q;
#endif
}

// put writes a row of each thread's sums, those from row `from` of the tile on. They go
// through shared memory, so that neighbours write neighbours.
void put(uint from, uint ty, uint tx, float sums[TN]) {
  [[unroll]] for (uint j = 0; j < TN; j += 4)
    lay(ty * (BN / 4) + j / 4 * COLS + tx, vec4(sums[j], sums[j + 1], sums[j + 2], sums[j + 3]));
  barrier();
  const uint col = t % BN, lies = col / (4 * COLS) * COLS + col % COLS;
  if (d_at != NOWHERE) [[dont_unroll]] for (uint j = 0; j < TN; j++) {
    const uint row = t / BN + j * (256 / BN), m = m0 + from + row;
    if (m < rows) {
      const vec4 f = intBitsToFloat(table[from + row]);
      const uint at = (g * rows + m) * d_apart + d_at;
      const float v = laid(row * (BN / 4) + lies, col / COLS % 4);
      d[d_first + at] = epilogue(Affine(f.x, f.y, f.z), v, at, p.tail);
    }
  }
  barrier();
}

void main() {
  t = gl_LocalInvocationIndex;
  plane = p.h * p.w; out_plane = p.oh * p.ow;
#ifdef INPUT
  extent = uvec2(p.oh, p.ow); b_plane = out_plane;
#else
  extent = uvec2(p.h, p.w); b_plane = plane;
#endif
  const uint cg = p.c / p.groups, kg = p.k / p.groups;
  uint parities = 1;
#if defined(FORWARD)
  rows = kg; cols = p.n * out_plane; depth = cg * KH * KW;
#elif defined(INPUT)
  const uint ch = (p.h + SH - 1) / SH, cw = (p.w + SW - 1) / SW;
  parities = SH * SW;
  rows = cg; cols = p.n * ch * cw;
#else
  rows = kg; cols = cg * KH * KW; depth = p.n * out_plane;
#endif
  // Which tile this is: rows first, so that neighbours share what B fetches.
  uint id = gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x;
  const uint tall = (rows + BM - 1) / BM, wide = (cols + BN - 1) / BN;
  m0 = id % tall * BM; id /= tall;
  n0 = id % wide * BN; id /= wide;
  g = id % p.groups; id /= p.groups;
  const uint parity = id % parities, slice = id / parities;
  if (slice >= p.slices) return;
#ifdef INPUT
  // Rows h = h0 + SH·i of dx meet the taps u = u0 + SH·j of row y0 + i − j of dy.
  h0 = parity / SW; w0 = parity % SW;
  u0 = (h0 + p.top) % SH; v0 = (w0 + p.left) % SW;
  nu = u0 < KH ? (KH - u0 + SH - 1) / SH : 0; nv = v0 < KW ? (KW - v0 + SW - 1) / SW : 0;
  depth = kg * nu * nv;
#endif
  const uint all = (depth + 7) / 8, each = (all + p.slices - 1) / p.slices; // slabs
  const uint from = min(slice * each, all), slabs = min(each, all - from);

#ifdef WEIGHT
  [[unroll]] for (uint i = 0; i < 4; i++) {
    a_at[i] = (g * kg + min(m0 + t / 8 + 32 * i, rows - 1)) * out_plane;
    column[i] = column_of_b(n0 + t / 8 + 32 * i);
  }
#else
#ifdef INPUT // all parities that taps reach have as much room
  const uint place = g * (min(KH, SH) * min(KW, SW)) + u0 * min(KW, SW) + v0;
  const uint room = (kg * ((KH + SH - 1) / SH) * ((KW + SW - 1) / SW) + 7) / 8;
#else
  const uint place = g, room = all;
#endif
  a_at[0] = ((place * room + from) * 2 + t / BM) * rows + m0 + t % BM;
  column[0] = column_of_b(n0 + t % BN);
#endif
  float acc[TM][TN];
  [[unroll]] for (uint i = 0; i < TM; i++) [[unroll]] for (uint j = 0; j < TN; j++) acc[i][j] = 0;
  const uint warp = t / 32, lane = t % 32; // a warp's threads lie together: 4 rows of 8
  const uint tx = warp % (COLS / 8) * 8 + lane % 8, ty = warp / (COLS / 8) * 4 + lane / 8;

  for (uint s = 0; s <= slabs; s++) {
    if (s < slabs) {
      if (s % 32 == 0) {
        table[t] = row_of_b((from + s) * 8 + t);
        barrier();
      }
      fetch(s);
    }
    if (s > 0) multiply((s - 1) % 2 * (2 * LA) + ty, (s - 1) % 2 * (2 * LB) + tx, acc);
    if (s < slabs) store(s % 2 * 2);
    barrier();
  }

#if defined(FORWARD)
  d_apart = out_plane; const uint total = p.n * p.k * out_plane;
#elif defined(INPUT)
  d_apart = plane; const uint total = p.n * p.c * plane;
#else
  d_apart = cols; const uint total = p.k * cols;
#endif
  d_at = offset(n0 + t % BN);
  if (t < BM) {
    const Affine f = affine(g * rows + min(m0 + t, rows - 1), p.tail, p.eps);
    table[t] = floatBitsToInt(vec4(f.shift, f.scale, f.beta, 0));
  }
  d_first = slice * total; // finish.comp adds up the slices, and what follows
#define ROW(i) put(i * ROWS, ty, tx, acc[i]);
  ROW(0) ROW(1) ROW(2) ROW(3)
#if TM == 8
  ROW(4) ROW(5) ROW(6) ROW(7)
#endif
}
