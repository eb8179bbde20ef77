// Attention in bf16 on the matrix tiles of AMX: products of bf16 with fp32 sums, softmax in fp32, as flash attention does on a GPU.
// At head size 16 the tiles multiply eight times as fast as vectors do, so most of the time goes to softmax.
//
// A product C += A · B takes A as 16 rows of 32 numbers, and B as 16 rows of 16 pairs: two neighbouring numbers of the summed axis
// lie beside each other. So every matrix is packed in the form in which it is used:
//
//   rows     [rows, 32 k]                      A of the scores: queries, gradients of the output
//   columns  [tile of 16 keys, k / 2, key, 2]  B of the scores: keys, values
//   pairs    [tile of 32 keys, key / 2, d, 2]  B of what is summed over keys: values for the output, keys for d query
//   across   [block of 32 queries, d, query]   A of what is summed over queries: d output for d value, queries for d key
//
// Included inside the namespace of an instruction set, after attention.h; head sizes are rounded up to 16 (d) or 32 (k).

// The compiler's intrinsics do not say that they read memory; these do.
template <int kTo>
TITER_INLINE void tile_load(const void *from, int64_t stride) {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "i"(kTo) : "memory");
}
template <int kFrom>
TITER_INLINE void tile_store(void *to, int64_t stride) {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride), "i"(kFrom) : "memory");
}
template <int kTile>
TITER_INLINE void tile_zero() {
  asm volatile("tilezero %%tmm%c0" : : "i"(kTile));
}
template <int kSum, int kA, int kB>
TITER_INLINE void tile_multiply() {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSum), "i"(kA), "i"(kB));
}

// All tiles are full ones. What was configured before, by another library on this thread, is put back.
class TileConfig {
 public:
  TileConfig() {
    asm volatile("sttilecfg %0" : "=m"(before_));
    Layout own{};
    own.palette = 1;
    for (int tile = 0; tile < 8; tile++) {
      own.row_bytes[tile] = 64;
      own.rows[tile] = 16;
    }
    asm volatile("ldtilecfg %0" : : "m"(own));
  }
  ~TileConfig() {
    if (before_.palette == 0) asm volatile("tilerelease");
    else asm volatile("ldtilecfg %0" : : "m"(before_));
  }
  TileConfig(const TileConfig &) = delete;
  TileConfig &operator=(const TileConfig &) = delete;

 private:
  struct alignas(64) Layout {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  };
  Layout before_;
};

constexpr int64_t kLine = 64;  // bytes in a tile's row
constexpr int64_t kTileBytes = 1024;
constexpr int64_t kKeysAtOnce = 32, kQueriesAtOnce = 32;

template <int kHead>
constexpr int64_t kInner = (kHead + 31) / 32;  // tiles along the coordinates, where they are summed over
template <int kHead>
constexpr int64_t kOuter = (kHead + 15) / 16;  // where they are not

TITER_INLINE Bits both(Vec low, Vec high) {  // 32 numbers, in order
  return reinterpret<Bits>(_mm512_cvtne2ps_pbh(reinterpret<__m512>(high), reinterpret<__m512>(low)));
}
TITER_INLINE Bits single(Vec x) {  // 16 numbers, each in the low half of a lane
  return reinterpret<Bits>(_mm512_cvtepu16_epi32(reinterpret<__m256i>(_mm512_cvtneps_pbh(reinterpret<__m512>(x)))));
}
TITER_INLINE Bits paired(Vec even, Vec odd) { return single(even) | single(odd) << 16; }
TITER_INLINE void put_bits(Bits bits, void *to) { memcpy(to, &bits, sizeof bits); }

// As `exponential`, to 3e-6: bf16 keeps three digits of it.
TITER_INLINE Vec exponential_for_bf16(Vec x) {
  x = larger(x, splat(-87.0f));
  Vec shifted = x * 1.44269502e0f + 12582912.0f;
  Vec r = x * 1.44269502e0f - (shifted - 12582912.0f);
  Vec p = splat(9.570097072e-3f);
  for (float c : {5.591786329e-2f, 2.402474498e-1f, 6.931218144e-1f, 9.999992614e-1f}) p = p * r + c;
  return p * reinterpret<Vec>((reinterpret<Int>(shifted) + 127) << 23);
}

// from: fp32 [count, padded head], count a multiple of 16. Memory as [kInner, count, 32].
template <int kHead>
void pack_rows(const float *from, int64_t count, char *to) {
  for (int64_t i = 0; i < count; i++) {
    for (int64_t k = 0; k < kInner<kHead>; k++) {
      const float *row = from + i * kPadded<kHead> + k * 32;
      put_bits(both(load(row), k * 32 + 16 < kPadded<kHead> ? load(row + 16) : Vec{}), to + (k * count + i) * kLine);
    }
  }
}

// [tile of 16, kInner, 16, 16 pairs], from what `pack_rows` left.
template <int kHead>
void pack_columns(const char *rows, int64_t count, char *to) {
  for (int64_t tile = 0; tile < count / 16; tile++) {
    for (int64_t k = 0; k < kInner<kHead>; k++) {
      Vec square[16];
#pragma GCC unroll 16
      for (int i = 0; i < 16; i++) memcpy(&square[i], rows + (k * count + tile * 16 + i) * kLine, kLine);
      transpose(square);
#pragma GCC unroll 16
      for (int i = 0; i < 16; i++) memcpy(to + (tile * kInner<kHead> + k) * kTileBytes + i * kLine, &square[i], kLine);
    }
  }
}

// [tile of 32, kOuter, 16 pairs of rows, 16]
template <int kHead>
void pack_pairs(const float *from, int64_t count, char *to) {
  for (int64_t pair = 0; pair < count / 2; pair++) {
    for (int64_t d = 0; d < kOuter<kHead>; d++) {
      const float *even = from + 2 * pair * kPadded<kHead> + d * 16;
      put_bits(paired(load(even), load(even + kPadded<kHead>)),
               to + ((pair / 16) * kOuter<kHead> + d) * kTileBytes + pair % 16 * kLine);
    }
  }
}

// [block of 32, kOuter, 16 coordinates, 32 rows]
template <int kHead>
void pack_across(const float *from, int64_t count, char *to) {
  for (int64_t block = 0; block < count / 32; block++) {
    for (int64_t d = 0; d < kOuter<kHead>; d++) {
      Vec low[16], high[16];
#pragma GCC unroll 16
      for (int i = 0; i < 16; i++) low[i] = load(from + (block * 32 + i) * kPadded<kHead> + d * 16);
#pragma GCC unroll 16
      for (int i = 0; i < 16; i++) high[i] = load(from + (block * 32 + 16 + i) * kPadded<kHead> + d * 16);
      transpose(low);
      transpose(high);
#pragma GCC unroll 16
      for (int i = 0; i < 16; i++) put_bits(both(low[i], high[i]), to + (block * kOuter<kHead> + d) * kTileBytes + i * kLine);
    }
  }
}

// A product takes its time, and the next one with the same sum waits for it: four sums are under way at once.

// Scores of 16 rows, at row `row` of `count`, with `kTiles` tiles of columns: fp32 [kTiles, 16, 16] to `s`.
template <int kHead, int kTiles>
TITER_INLINE void tile_scores(const char *rows, int64_t count, int64_t row, const char *columns, float *s) {
  constexpr int64_t kColumn = kInner<kHead> * kTileBytes;
  tile_zero<0>();
  tile_zero<1>();
  if constexpr (kTiles == 4) {
    tile_zero<2>();
    tile_zero<3>();
  }
#pragma GCC unroll 2
  for (int64_t k = 0; k < kInner<kHead>; k++, columns += kTileBytes) {
    tile_load<4>(rows + (k * count + row) * kLine, kLine);
    tile_load<5>(columns, kLine);
    tile_multiply<0, 4, 5>();
    tile_load<6>(columns + kColumn, kLine);
    tile_multiply<1, 4, 6>();
    if constexpr (kTiles == 4) {
      tile_load<5>(columns + 2 * kColumn, kLine);
      tile_multiply<2, 4, 5>();
      tile_load<6>(columns + 3 * kColumn, kLine);
      tile_multiply<3, 4, 6>();
    }
  }
  tile_store<0>(s, kLine);
  tile_store<1>(s + 256, kLine);
  if constexpr (kTiles == 4) {
    tile_store<2>(s + 512, kLine);
    tile_store<3>(s + 768, kLine);
  }
}

// Scores of 32 rows with two tiles of columns: fp32 [tile, half of the rows, 16, 16] to `s`.
template <int kHead>
TITER_INLINE void square_scores(const char *rows, int64_t count, int64_t row, const char *columns, float *s) {
  tile_zero<0>();
  tile_zero<1>();
  tile_zero<2>();
  tile_zero<3>();
#pragma GCC unroll 2
  for (int64_t k = 0; k < kInner<kHead>; k++, columns += kTileBytes) {
    tile_load<4>(rows + (k * count + row) * kLine, kLine);
    tile_load<6>(columns, kLine);
    tile_multiply<0, 4, 6>();
    tile_load<5>(rows + (k * count + row + 16) * kLine, kLine);
    tile_multiply<1, 5, 6>();
    tile_load<7>(columns + kInner<kHead> * kTileBytes, kLine);
    tile_multiply<2, 4, 7>();
    tile_multiply<3, 5, 7>();
  }
  tile_store<0>(s, kLine);
  tile_store<1>(s + 256, kLine);
  tile_store<2>(s + 512, kLine);
  tile_store<3>(s + 768, kLine);
}

// Two products added to sums that are kept in memory, fp32 [16, 16] each.
TITER_INLINE void tile_add(float *sum, const char *a, const char *b, float *other_sum, const char *other_a, const char *other_b) {
  tile_load<0>(sum, kLine);
  tile_load<2>(a, kLine);
  tile_load<4>(b, kLine);
  tile_multiply<0, 2, 4>();
  tile_load<1>(other_sum, kLine);
  tile_load<3>(other_a, kLine);
  tile_load<5>(other_b, kLine);
  tile_multiply<1, 3, 5>();
  tile_store<0>(sum, kLine);
  tile_store<1>(other_sum, kLine);
}

// Σ over tiles of A · B for two matrices A, `other` bytes apart: [16, 16] each. `step` is from one tile to the next.
TITER_INLINE void tile_sums(const char *a, int64_t other, int64_t a_step, const char *b, int64_t b_step, int64_t tiles, float *sum,
                            float *other_sum, int64_t stride) {
  tile_zero<0>();
  tile_zero<1>();
  for (int64_t tile = 0; tile < tiles; tile++, a += a_step, b += b_step) {
    tile_load<4>(b, kLine);
    tile_load<2>(a, kLine);
    tile_multiply<0, 2, 4>();
    tile_load<3>(a + other, kLine);
    tile_multiply<1, 3, 4>();
  }
  tile_store<0>(sum, stride);
  tile_store<1>(other_sum, stride);
}

template <int kHead>
int64_t amx_scratch_of(int64_t queries, int64_t keys, bool gradient) {
  const int64_t q = round_up(queries, kQueriesAtOnce), k = round_up(keys, kKeysAtOnce);
  const int64_t row = kPadded<kHead>, packed = kInner<kHead> * 16, slack = 16 * 16;  // in floats: bf16 takes half of one
  const int64_t longest = q > k ? q : k;
  return gradient ? longest * row + 3 * q * packed + 2 * q * row + 4 * k * packed + 3 * k * row + k * 16 + 12 * 256 + 32 * row + slack
                  : longest * row + q * packed + 2 * k * packed + k * row + 2 * k * 16 + 32 * row + slack;
}

TITER_INLINE char *bytes(float *floats) { return reinterpret_cast<char *>(floats); }

template <int kHead>
void amx_attend(const Attention &at) {
  TileConfig config;
  constexpr int64_t kColumn = kInner<kHead> * kTileBytes;
  const int64_t queries = round_up(at.queries, kQueriesAtOnce), keys = round_up(at.keys, kKeysAtOnce), tiles = keys / 16;
  Scratch scratch{at.scratch};
  float *rows = scratch.take((queries > keys ? queries : keys) * kPadded<kHead>);
  char *query = bytes(scratch.take(queries * kInner<kHead> * 16)), *plain = bytes(scratch.take(keys * kInner<kHead> * 16));
  char *key = bytes(scratch.take(keys * kInner<kHead> * 16)), *value = bytes(scratch.take(keys * kPadded<kHead>));
  float *s = scratch.take(keys * 16), *p = scratch.take(keys * 16), *out = scratch.take(32 * kPadded<kHead>);
  rotated<kHead, bf16>(at.query, at.query_bias, at.queries, queries, at, at.scale, rows);
  pack_rows<kHead>(rows, queries, query);
  rotated<kHead, bf16>(at.key, at.key_bias, at.keys, keys, at, 1.0f, rows);
  pack_rows<kHead>(rows, keys, plain);
  pack_columns<kHead>(plain, keys, key);
  gathered<kHead, bf16>(at.value, at.value_bias, at.keys, keys, rows);
  pack_pairs<kHead>(rows, keys, value);

  for (int64_t first = 0; first < at.queries; first += kQueriesAtOnce) {
    const int64_t count = at.queries - first < kQueriesAtOnce ? at.queries - first : kQueriesAtOnce;
    float inverse[kQueriesAtOnce], log_sum[kQueriesAtOnce];
    for (int64_t half = 0; half * 16 < count; half++) {
      int64_t tile = 0;
      for (; tile + 4 <= tiles; tile += 4) {
        tile_scores<kHead, 4>(query, queries, first + half * 16, key + tile * kColumn, s + tile * 256);
      }
      if (tile < tiles) tile_scores<kHead, 2>(query, queries, first + half * 16, key + tile * kColumn, s + tile * 256);
      softmax<2>(s, tiles, at.keys, inverse + half * 16, log_sum + half * 16, [](Vec x) { return exponential_for_bf16(x); },
                 [&](int q, int64_t tile, Vec (&e)[2]) {
                   put_bits(both(e[0], e[1]), bytes(p) + tile * kTileBytes + (half * 16 + q) * kLine);
                 });
    }
    memcpy(at.log_sum + first, log_sum, size_t(count) * sizeof(float));
    for (int64_t d = 0; d < kOuter<kHead>; d++) {
      tile_sums(bytes(p), kTileBytes, 2 * kTileBytes, value + d * kTileBytes, kOuter<kHead> * kTileBytes, tiles / 2, out + d * 16,
                out + 16 * kPadded<kHead> + d * 16, kPadded<kHead> * 4);
    }
    bf16 *to = static_cast<bf16 *>(at.out.data) + first * at.out.stride;
    for (int64_t q = 0; q < count; q++) scattered<kHead>(out + q * kPadded<kHead>, inverse[q], to + q * at.out.stride);
  }
}

// The formulas are those of `attend_back`.
template <int kHead>
void amx_attend_back(const AttentionGradient &back) {
  TileConfig config;
  const Attention &at = back.forward;
  const int64_t queries = round_up(at.queries, kQueriesAtOnce), keys = round_up(at.keys, kKeysAtOnce);
  constexpr int64_t kColumn = kInner<kHead> * kTileBytes, kSums = kOuter<kHead> * 256;
  Scratch scratch{at.scratch};
  float *rows = scratch.take((queries > keys ? queries : keys) * kPadded<kHead>);
  char *query = bytes(scratch.take(queries * kInner<kHead> * 16)), *d_out = bytes(scratch.take(queries * kInner<kHead> * 16));
  char *query_across = bytes(scratch.take(queries * kPadded<kHead> / 2)), *d_out_across = bytes(scratch.take(queries * kPadded<kHead> / 2));
  float *dots = scratch.take(queries);
  char *plain = bytes(scratch.take(keys * kInner<kHead> * 16)), *key = bytes(scratch.take(keys * kInner<kHead> * 16));
  char *value = bytes(scratch.take(keys * kInner<kHead> * 16)), *key_pairs = bytes(scratch.take(keys * kPadded<kHead> / 2));
  float *d_key = scratch.take(keys * kPadded<kHead>), *d_value = scratch.take(keys * kPadded<kHead>);
  char *ds_rows = bytes(scratch.take(kQueriesAtOnce * keys / 2));
  float *s = scratch.take(4 * 256), *dp = scratch.take(4 * 256);
  char *p_pairs = bytes(scratch.take(2 * 256)), *ds_pairs = bytes(scratch.take(2 * 256));
  float *d_query = scratch.take(kQueriesAtOnce * kPadded<kHead>);

  rotated<kHead, bf16>(at.query, at.query_bias, at.queries, queries, at, at.scale, rows);
  pack_rows<kHead>(rows, queries, query);
  pack_across<kHead>(rows, queries, query_across);
  gathered<kHead, bf16>(back.d_out, kNoBias, at.queries, queries, rows);
  pack_rows<kHead>(rows, queries, d_out);
  pack_across<kHead>(rows, queries, d_out_across);
  memset(dots, 0, size_t(queries) * sizeof(float));
  for (int64_t q = 0; q < at.queries; q++) {
    const bf16 *out = static_cast<const bf16 *>(at.out.data) + q * at.out.stride;
    for (int d = 0; d < kHead; d++) dots[q] += rows[q * kPadded<kHead> + d] * widen(out[d]);
  }
  gathered<kHead, bf16>(at.value, at.value_bias, at.keys, keys, rows);
  pack_rows<kHead>(rows, keys, plain);
  pack_columns<kHead>(plain, keys, value);
  rotated<kHead, bf16>(at.key, at.key_bias, at.keys, keys, at, 1.0f, rows);
  pack_rows<kHead>(rows, keys, plain);
  pack_columns<kHead>(plain, keys, key);
  pack_pairs<kHead>(rows, keys, key_pairs);
  memset(d_key, 0, size_t(keys * kPadded<kHead>) * sizeof(float));
  memset(d_value, 0, size_t(keys * kPadded<kHead>) * sizeof(float));

  for (int64_t first = 0; first < at.queries; first += kQueriesAtOnce) {
    float log_sum[kQueriesAtOnce] = {};
    for (int64_t q = first; q < at.queries && q < first + kQueriesAtOnce; q++) log_sum[q - first] = at.log_sum[q];
    for (int64_t tile = 0; tile < keys / 16; tile += 2) {
      // Beyond the last key a score is 0, which may lie far above a row's others: kept from overflow, it meets only zeros.
      // s, dp: [16-key tile, half of the queries, 16, 16]
      square_scores<kHead>(query, queries, first, key + tile * kColumn, s);
      square_scores<kHead>(d_out, queries, first, value + tile * kColumn, dp);
      char *ds_row = ds_rows + tile / 2 * 2 * kTileBytes;
#pragma GCC unroll 2
      for (int64_t q = 0; q < kQueriesAtOnce; q += 2) {
        Vec p[2][2], ds[2][2];  // [query, tile]
#pragma GCC unroll 2
        for (int i = 0; i < 2; i++) {
#pragma GCC unroll 2
          for (int j = 0; j < 2; j++) {
            const int64_t at_row = (j * 2 + q / 16) * 256 + (q % 16 + i) * 16;
            p[i][j] = exponential_for_bf16(smaller(load(s + at_row) - log_sum[q + i], Vec{}));
            ds[i][j] = p[i][j] * (load(dp + at_row) - dots[first + q + i]);
          }
          put_bits(both(ds[i][0], ds[i][1]), ds_row + (q + i) * kLine);
        }
#pragma GCC unroll 2
        for (int j = 0; j < 2; j++) {
          put_bits(paired(p[0][j], p[1][j]), p_pairs + j * kTileBytes + q / 2 * kLine);
          put_bits(paired(ds[0][j], ds[1][j]), ds_pairs + j * kTileBytes + q / 2 * kLine);
        }
      }
      for (int64_t j = 0; j < 2; j++) {
        for (int64_t d = 0; d < kOuter<kHead>; d++) {
          const int64_t across = (first / 32 * kOuter<kHead> + d) * kTileBytes, sum = (tile + j) * kSums + d * 256;
          tile_add(d_value + sum, d_out_across + across, p_pairs + j * kTileBytes, d_key + sum, query_across + across,
                   ds_pairs + j * kTileBytes);
        }
      }
    }
    for (int64_t d = 0; d < kOuter<kHead>; d++) {
      tile_sums(ds_rows, kTileBytes, 2 * kTileBytes, key_pairs + d * kTileBytes, kOuter<kHead> * kTileBytes, keys / 32, d_query + d * 16,
                d_query + 16 * kPadded<kHead> + d * 16, kPadded<kHead> * 4);
    }
    const int64_t count = at.queries - first < kQueriesAtOnce ? at.queries - first : kQueriesAtOnce;
    rotated_back<kHead, bf16>(d_query, first, count, at, at.scale, back.d_query, back.d_query_bias);
  }
  untiled<kHead>(d_key, keys / 16, rows);
  rotated_back<kHead, bf16>(rows, 0, at.keys, at, 1.0f, back.d_key, back.d_key_bias);
  untiled<kHead>(d_value, keys / 16, rows);
  gathered_back<kHead, bf16>(rows, at.keys, back.d_value, back.d_value_bias);
}
