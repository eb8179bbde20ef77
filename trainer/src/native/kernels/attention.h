// Attention of one head over one sequence, forward and backward. The scores of a few queries against all keys are held at once (a few
// tens of kilobytes: the nearest caches), so softmax needs one pass over them and no running rescue of earlier sums. Products run
// over three shapes, written so that no lane is idle at head size 16, where general matrix kernels spend their time on packing:
//
//   scores   S[q, key]  = Σ_d A[q, d] · Bᵀ[d, key]      lanes are keys
//   gather   C[q, d]    = Σ_key S[q, key] · B[key, d]   lanes are coordinates
//   scatter  Cᵀ[d, key] += Σ_q A[q, d] · S[q, key]      lanes are keys
//
// Included inside the namespace of an instruction set, after vector.h.

constexpr int kQueries = 16;  // held at once
constexpr int kSums = kWidth == 16 ? 16 : 8;  // registers that sums may take

TITER_INLINE constexpr int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

template <int kHead>
constexpr int64_t kPadded = (kHead + kWidth - 1) / kWidth * kWidth;

// One tile: kWidth keys. A transposed matrix lies as [tile, coordinate, lane], scores as [tile, query, lane]: within a tile every
// offset is known to the compiler.
template <int kHead>
constexpr int64_t kTile = kPadded<kHead> * kWidth;
constexpr int64_t kScoreTile = kQueries * kWidth;

template <int kRows, int kTiles, int kHead>
TITER_INLINE void scores_block(const float *a, const float *bt, float *s) {
  Vec sum[kRows][kTiles] = {};
#pragma GCC unroll 4
  for (int d = 0; d < kHead; d++) {
    Vec b[kTiles];
#pragma GCC unroll 8
    for (int v = 0; v < kTiles; v++) b[v] = load(bt + v * kTile<kHead> + d * kWidth);
#pragma GCC unroll 8
    for (int q = 0; q < kRows; q++) {
      Vec x = splat(a[q * kPadded<kHead> + d]);
#pragma GCC unroll 8
      for (int v = 0; v < kTiles; v++) sum[q][v] += x * b[v];
    }
  }
#pragma GCC unroll 8
  for (int q = 0; q < kRows; q++) {
#pragma GCC unroll 8
    for (int v = 0; v < kTiles; v++) store(sum[q][v], s + v * kScoreTile + q * kWidth);
  }
}

// a: [kQueries, padded head]; bt: [tiles, padded head, lanes]; s: [tiles, kQueries, lanes].
template <int kHead>
void scores(const float *a, const float *bt, int64_t tiles, float *s) {
  constexpr int kRows = 4, kTiles = kWidth == 16 ? 4 : 2;
  int64_t tile = 0;
  for (; tile + kTiles <= tiles; tile += kTiles) {
    for (int q = 0; q < kQueries; q += kRows) {
      scores_block<kRows, kTiles, kHead>(a + q * kPadded<kHead>, bt + tile * kTile<kHead>, s + tile * kScoreTile + q * kWidth);
    }
  }
  for (; tile < tiles; tile++) {
    for (int q = 0; q < kQueries; q += kRows) {
      scores_block<kRows, 1, kHead>(a + q * kPadded<kHead>, bt + tile * kTile<kHead>, s + tile * kScoreTile + q * kWidth);
    }
  }
}

// s: [tiles, kQueries, lanes]; b: [tiles · kWidth, padded head], zero beyond the last key; c: [kQueries, padded head].
template <int kHead>
void gather(const float *s, const float *b, int64_t tiles, float *c) {
  constexpr int kVectors = kPadded<kHead> / kWidth, kRows = kSums > kVectors ? kSums / kVectors : 1;
  for (int q = 0; q < kQueries; q += kRows) {
    Vec sum[kRows][kVectors] = {};
    for (int64_t tile = 0; tile < tiles; tile++) {
      const float *weights = s + tile * kScoreTile + q * kWidth, *rows = b + tile * kTile<kHead>;
#pragma GCC unroll 4
      for (int lane = 0; lane < kWidth; lane++) {
        Vec row[kVectors];
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; v++) row[v] = load(rows + lane * kPadded<kHead> + v * kWidth);
#pragma GCC unroll 16
        for (int i = 0; i < kRows; i++) {
          Vec x = splat(weights[i * kWidth + lane]);
#pragma GCC unroll 16
          for (int v = 0; v < kVectors; v++) sum[i][v] += x * row[v];
        }
      }
    }
#pragma GCC unroll 16
    for (int i = 0; i < kRows; i++) {
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; v++) store(sum[i][v], c + (q + i) * kPadded<kHead> + v * kWidth);
    }
  }
}

// a: [kQueries, padded head]; s: [tiles, kQueries, lanes]; ct: [tiles, padded head, lanes].
template <int kHead>
void scatter(const float *a, const float *s, int64_t tiles, float *ct) {
  constexpr int kRows = kHead % kSums == 0 ? kSums : kHead % 12 == 0 && kSums > 12 ? 12 : 4;
  static_assert(kHead % kRows == 0, "no coordinate is left over");
  for (int64_t tile = 0; tile < tiles; tile++) {
    const float *weights = s + tile * kScoreTile;
    for (int d = 0; d < kHead; d += kRows) {
      float *to = ct + tile * kTile<kHead> + d * kWidth;
      Vec sum[kRows];
#pragma GCC unroll 16
      for (int i = 0; i < kRows; i++) sum[i] = load(to + i * kWidth);
#pragma GCC unroll 4
      for (int q = 0; q < kQueries; q++) {
        Vec x = load(weights + q * kWidth);
#pragma GCC unroll 16
        for (int i = 0; i < kRows; i++) sum[i] += x * a[q * kPadded<kHead> + d + i];
      }
#pragma GCC unroll 16
      for (int i = 0; i < kRows; i++) store(sum[i], to + i * kWidth);
    }
  }
}

// Rows [tiles · kWidth, padded head] to tiles [tiles, padded head, lanes].
template <int kHead>
void tiled(const float *rows, int64_t tiles, float *to) {
  for (int64_t tile = 0; tile < tiles; tile++) {
    for (int d = 0; d < kPadded<kHead>; d += kWidth) {
      Vec square[kWidth];
#pragma GCC unroll 16
      for (int i = 0; i < kWidth; i++) square[i] = load(rows + tile * kTile<kHead> + i * kPadded<kHead> + d);
      transpose(square);
#pragma GCC unroll 16
      for (int i = 0; i < kWidth; i++) store(square[i], to + tile * kTile<kHead> + (d + i) * kWidth);
    }
  }
}

// Tiles to rows.
template <int kHead>
void untiled(const float *tiles, int64_t count, float *to) {
  for (int64_t tile = 0; tile < count; tile++) {
    for (int d = 0; d < kPadded<kHead>; d += kWidth) {
      Vec square[kWidth];
#pragma GCC unroll 16
      for (int i = 0; i < kWidth; i++) square[i] = load(tiles + tile * kTile<kHead> + (d + i) * kWidth);
      transpose(square);
#pragma GCC unroll 16
      for (int i = 0; i < kWidth; i++) store(square[i], to + tile * kTile<kHead> + i * kPadded<kHead> + d);
    }
  }
}

constexpr float kNoBias[64] = {};

// Rows as projected, with their bias, to fp32 [padded rows, padded head], the padding zero.
template <int kHead, typename T>
void gathered(const Rows &rows, const float *bias, int64_t count, int64_t padded, float *__restrict to) {
  for (int64_t i = 0; i < count; i++) {
    const T *row = static_cast<const T *>(rows.data) + i * rows.stride;
    for (int d = 0; d < kHead; d++) to[i * kPadded<kHead> + d] = widen(row[d]) + bias[d];
    for (int d = kHead; d < kPadded<kHead>; d++) to[i * kPadded<kHead> + d] = 0;
  }
  memset(to + count * kPadded<kHead>, 0, size_t((padded - count) * kPadded<kHead>) * sizeof(float));
}

// The same, scaled and rotated: (a, b) of the two halves becomes (a cos - b sin, b cos + a sin).
template <int kHead, typename T>
void rotated(const Rows &rows, const float *bias, int64_t count, int64_t padded, const Attention &at, float scale, float *__restrict to) {
  constexpr int kHalf = kHead / 2;
  for (int64_t i = 0; i < count; i++) {
    const T *row = static_cast<const T *>(rows.data) + i * rows.stride;
    const float *cosine = at.cosine + i * kHalf, *sine = at.sine + i * kHalf;
    float *__restrict out = to + i * kPadded<kHead>;
    for (int d = 0; d < kHalf; d++) {
      float a = (widen(row[d]) + bias[d]) * scale, b = (widen(row[d + kHalf]) + bias[d + kHalf]) * scale;
      out[d] = a * cosine[d] - b * sine[d];
      out[d + kHalf] = b * cosine[d] + a * sine[d];
    }
    for (int d = kHead; d < kPadded<kHead>; d++) out[d] = 0;
  }
  memset(to + count * kPadded<kHead>, 0, size_t((padded - count) * kPadded<kHead>) * sizeof(float));
}

// Gradients of rotated rows back to those of the rows as projected, and of their bias: the rotation the other way round.
template <int kHead, typename T>
void rotated_back(const float *from, int64_t first, int64_t count, const Attention &at, float scale, const Rows &to, float *d_bias) {
  constexpr int kHalf = kHead / 2;
  float sum[kHead] = {};
  for (int64_t i = 0; i < count; i++) {
    const float *row = from + i * kPadded<kHead>;
    const float *cosine = at.cosine + (first + i) * kHalf, *sine = at.sine + (first + i) * kHalf;
    T *__restrict out = static_cast<T *>(to.data) + (first + i) * to.stride;
    for (int d = 0; d < kHalf; d++) {
      float a = row[d] * scale, b = row[d + kHalf] * scale;
      float d_a = a * cosine[d] + b * sine[d], d_b = b * cosine[d] - a * sine[d];
      narrow(d_a, out + d);
      narrow(d_b, out + d + kHalf);
      sum[d] += d_a;
      sum[d + kHalf] += d_b;
    }
  }
  for (int d = 0; d < kHead; d++) d_bias[d] += sum[d];
}

template <int kHead, typename T>
void scattered(const float *from, float scale, T *__restrict to) {
  for (int d = 0; d < kHead; d++) narrow(from[d] * scale, to + d);
}

// Gradients of rows that were not rotated, and of their bias.
template <int kHead, typename T>
void gathered_back(const float *from, int64_t count, const Rows &to, float *d_bias) {
  float sum[kHead] = {};
  for (int64_t i = 0; i < count; i++) {
    const float *row = from + i * kPadded<kHead>;
    for (int d = 0; d < kHead; d++) sum[d] += row[d];
    scattered<kHead>(row, 1.0f, static_cast<T *>(to.data) + i * to.stride);
  }
  for (int d = 0; d < kHead; d++) d_bias[d] += sum[d];
}

// Softmax over the scores of kQueries rows, s: [tiles, kQueries, lanes]. `put(q, tile, e)` takes exp(score - largest) of kTiles tiles at a
// time; `inverse` is one over its sum, `log_sum` the logarithm of Σ exp(score): [kQueries] each. Whatever is folded over lanes is
// folded for kWidth rows at once.
template <int kTiles, typename Exponential, typename Put>
TITER_INLINE void softmax(float *s, int64_t tiles, int64_t keys, float *inverse, float *log_sum, Exponential &&exponential_of, Put &&put) {
  float beyond[kWidth];
  const int64_t whole = keys / kWidth;  // tiles without a lane beyond the last key
  for (int q = 0; q < kQueries; q += kWidth) {
    Vec most[kWidth], sums[kWidth];
    for (int64_t tile = whole; tile < tiles; tile++) {
      for (int lane = 0; lane < kWidth; lane++) beyond[lane] = tile * kWidth + lane < keys ? 0.0f : -__builtin_inff();
      for (int i = 0; i < kWidth; i++) {
        float *row = s + tile * kScoreTile + (q + i) * kWidth;
        store(load(row) + load(beyond), row);
      }
    }
    for (int i = 0; i < kWidth; i++) {
      const float *row = s + (q + i) * kWidth;
      Vec own = load(row);
      for (int64_t tile = 1; tile < tiles; tile++) own = larger(load(row + tile * kScoreTile), own);
      most[i] = own;
    }
    float largest[kWidth];
    const Vec all_largest = folded(most, [](Vec a, Vec b) { return larger(a, b); });
    store(all_largest, largest);
    for (int i = 0; i < kWidth; i++) {
      const float *row = s + (q + i) * kWidth;
      Vec sum = {};
      for (int64_t tile = 0; tile < tiles; tile += kTiles) {
        Vec e[kTiles];
#pragma GCC unroll 2
        for (int j = 0; j < kTiles; j++) {
          e[j] = exponential_of(load(row + (tile + j) * kScoreTile) - largest[i]);
          sum += e[j];
        }
        put(q + i, tile, e);
      }
      sums[i] = sum;
    }
    const Vec sum = folded(sums, [](Vec a, Vec b) { return a + b; });
    store(1.0f / sum, inverse + q);
    store(all_largest + logarithm(sum), log_sum + q);
  }
}

struct Scratch {
  float *next;
  float *take(int64_t count) {
    float *taken = next;
    next += round_up(count, 16);
    return taken;
  }
};

template <int kHead>
int64_t scratch_of(int64_t queries, int64_t keys, bool gradient) {
  int64_t rows = round_up(queries, kQueries) * kPadded<kHead>, columns = round_up(keys, kWidth) * kPadded<kHead>;
  int64_t block = kQueries * round_up(keys, kWidth), slack = 16 * 12;
  return gradient ? 2 * rows + 5 * columns + 2 * block + kQueries * (kPadded<kHead> + 1) + slack
                  : rows + 3 * columns + block + kQueries * kPadded<kHead> + slack;
}

template <int kHead, typename T>
void attend(const Attention &at) {
  const int64_t tiles = (at.keys + kWidth - 1) / kWidth, queries = round_up(at.queries, kQueries);
  Scratch scratch{at.scratch};
  float *query = scratch.take(queries * kPadded<kHead>), *rows = scratch.take(tiles * kTile<kHead>);
  float *key = scratch.take(tiles * kTile<kHead>), *value = scratch.take(tiles * kTile<kHead>);
  float *s = scratch.take(tiles * kScoreTile), *out = scratch.take(kQueries * kPadded<kHead>);
  rotated<kHead, T>(at.query, at.query_bias, at.queries, queries, at, at.scale, query);
  rotated<kHead, T>(at.key, at.key_bias, at.keys, tiles * kWidth, at, 1.0f, rows);
  tiled<kHead>(rows, tiles, key);
  gathered<kHead, T>(at.value, at.value_bias, at.keys, tiles * kWidth, value);

  for (int64_t first = 0; first < at.queries; first += kQueries) {
    const int64_t count = at.queries - first < kQueries ? at.queries - first : kQueries;
    scores<kHead>(query + first * kPadded<kHead>, key, tiles, s);
    float inverse[kQueries], log_sum[kQueries];
    softmax<1>(s, tiles, at.keys, inverse, log_sum, [](Vec x) { return exponential(x); },
               [&](int q, int64_t tile, Vec (&e)[1]) { store(e[0], s + tile * kScoreTile + q * kWidth); });
    memcpy(at.log_sum + first, log_sum, size_t(count) * sizeof(float));
    gather<kHead>(s, value, tiles, out);
    T *to = static_cast<T *>(at.out.data) + first * at.out.stride;
    for (int64_t q = 0; q < count; q++) scattered<kHead>(out + q * kPadded<kHead>, inverse[q], to + q * at.out.stride);
  }
}

// With P the softmax and D_q = dO_q · O_q: dV = Pᵀ dO, dS = P ∘ (dO Vᵀ - D), dQ = dS K, dK = dSᵀ Q (Dao et al. 2022).
template <int kHead, typename T>
void attend_back(const AttentionGradient &back) {
  const Attention &at = back.forward;
  const int64_t tiles = (at.keys + kWidth - 1) / kWidth, queries = round_up(at.queries, kQueries);
  const int64_t columns = tiles * kTile<kHead>;
  Scratch scratch{at.scratch};
  float *query = scratch.take(queries * kPadded<kHead>), *d_out = scratch.take(queries * kPadded<kHead>);
  float *rows = scratch.take(columns), *key = scratch.take(columns), *value = scratch.take(columns);
  float *d_key = scratch.take(columns), *d_value = scratch.take(columns);
  float *p = scratch.take(tiles * kScoreTile), *ds = scratch.take(tiles * kScoreTile);
  float *d_query = scratch.take(kQueries * kPadded<kHead>);
  rotated<kHead, T>(at.query, at.query_bias, at.queries, queries, at, at.scale, query);
  gathered<kHead, T>(back.d_out, kNoBias, at.queries, queries, d_out);
  gathered<kHead, T>(at.value, at.value_bias, at.keys, tiles * kWidth, rows);
  tiled<kHead>(rows, tiles, value);
  rotated<kHead, T>(at.key, at.key_bias, at.keys, tiles * kWidth, at, 1.0f, rows);
  tiled<kHead>(rows, tiles, key);
  memset(d_key, 0, size_t(columns) * sizeof(float));
  memset(d_value, 0, size_t(columns) * sizeof(float));

  for (int64_t first = 0; first < at.queries; first += kQueries) {
    const int64_t count = at.queries - first < kQueries ? at.queries - first : kQueries;
    const float *q_rows = query + first * kPadded<kHead>, *d_rows = d_out + first * kPadded<kHead>;
    scores<kHead>(q_rows, key, tiles, p);
    scores<kHead>(d_rows, value, tiles, ds);
    // What lies beyond the last query or key is zero in one factor of every product: whatever P is there, nothing is added.
    for (int64_t q = 0; q < kQueries; q++) {
      float log_sum = 0, dot = 0;
      if (q < count) {
        const T *out = static_cast<const T *>(at.out.data) + (first + q) * at.out.stride;
        for (int d = 0; d < kHead; d++) dot += d_rows[q * kPadded<kHead> + d] * widen(out[d]);
        log_sum = at.log_sum[first + q];
      }
      for (int64_t i = q * kWidth; i < tiles * kScoreTile; i += kScoreTile) {
        Vec e = exponential(smaller(load(p + i) - log_sum, Vec{}));  // a score of no key, 0, may lie far above the others
        store(e, p + i);
        store(e * (load(ds + i) - dot), ds + i);
      }
    }
    scatter<kHead>(d_rows, p, tiles, d_value);
    scatter<kHead>(q_rows, ds, tiles, d_key);
    gather<kHead>(ds, rows, tiles, d_query);
    rotated_back<kHead, T>(d_query, first, count, at, at.scale, back.d_query, back.d_query_bias);
  }
  untiled<kHead>(d_key, tiles, rows);
  rotated_back<kHead, T>(rows, 0, at.keys, at, 1.0f, back.d_key, back.d_key_bias);
  untiled<kHead>(d_value, tiles, rows);
  gathered_back<kHead, T>(rows, at.keys, back.d_value, back.d_value_bias);
}
