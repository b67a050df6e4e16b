// The order in which a convolution's sum takes the channels and the taps of a
// window of height×width. Usually taps are innermost, as weights have them. With
// `blocked`, which needs a multiple of eight channels, it takes eight channels of
// a tap, then those of the next tap, and so on: the eight rows of a slab then
// share their tap, and the eight planes that the taps read stay in the cache.
struct Term { uint c, u, v; };

Term order(uint r, uint height, uint width, bool blocked) {
  const uint taps = height * width;
  const uint each = blocked ? r / 8 : r;
  const uint uv = each % taps;
  return Term(blocked ? each / taps * 8 + r % 8 : each / taps, uv / width, uv % width);
}
