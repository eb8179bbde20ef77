// Vectors of fp32 as wide as the instruction set has them, in the compiler's own vector types.
// Included by each build of the kernels inside its own namespace, after <cstdint>, <cstring>, <utility> and, on x86-64,
// <immintrin.h>.

#if defined(__AVX512F__)
constexpr int kWidth = 16;
#elif defined(__AVX2__)
constexpr int kWidth = 8;
#else
constexpr int kWidth = 4;
#endif

typedef float Vec __attribute__((vector_size(4 * kWidth)));
typedef int32_t Int __attribute__((vector_size(4 * kWidth)));
typedef uint32_t Bits __attribute__((vector_size(4 * kWidth)));
typedef uint16_t Half __attribute__((vector_size(2 * kWidth)));

#define TITER_INLINE inline __attribute__((always_inline))

struct bf16 {
  uint16_t bits;
};

template <typename To, typename From>
TITER_INLINE To reinterpret(From from) {
  static_assert(sizeof(To) == sizeof(From), "the same bits");
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}

TITER_INLINE float widen(float x) { return x; }
TITER_INLINE float widen(bf16 x) { return reinterpret<float>(uint32_t(x.bits) << 16); }

// To the nearest, ties to even; NaN stays NaN.
TITER_INLINE void narrow(float x, float *to) { *to = x; }
TITER_INLINE void narrow(float x, bf16 *to) {
  uint32_t bits = reinterpret<uint32_t>(x);
  to->bits = x == x ? uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16) : 0x7fc0;
}

TITER_INLINE Vec load(const float *from) {
  Vec x;
  memcpy(&x, from, sizeof x);
  return x;
}

TITER_INLINE Vec load(const bf16 *from) {
  Half half;
  memcpy(&half, from, sizeof half);
  return reinterpret<Vec>(__builtin_convertvector(half, Bits) << 16);
}

TITER_INLINE void store(Vec x, float *to) { memcpy(to, &x, sizeof x); }

TITER_INLINE void store(Vec x, bf16 *to) {
  Bits bits = reinterpret<Bits>(x);
  Bits rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  Half half = __builtin_convertvector(x == x ? rounded : Bits{} + 0x7fc0, Half);
  memcpy(to, &half, sizeof half);
}

// A difference, because x - 0 is x whatever its sign, which the compiler knows; x + 0 is not.
TITER_INLINE Vec splat(float x) { return x - Vec{}; }

// The larger and the smaller of two; a NaN in `x` is passed on. The instructions do just that, but compilers do not find them.
#if defined(__AVX512F__)
TITER_INLINE Vec larger(Vec x, Vec y) { return reinterpret<Vec>(_mm512_max_ps(reinterpret<__m512>(y), reinterpret<__m512>(x))); }
TITER_INLINE Vec smaller(Vec x, Vec y) { return reinterpret<Vec>(_mm512_min_ps(reinterpret<__m512>(y), reinterpret<__m512>(x))); }
#elif defined(__AVX2__)
TITER_INLINE Vec larger(Vec x, Vec y) { return reinterpret<Vec>(_mm256_max_ps(reinterpret<__m256>(y), reinterpret<__m256>(x))); }
TITER_INLINE Vec smaller(Vec x, Vec y) { return reinterpret<Vec>(_mm256_min_ps(reinterpret<__m256>(y), reinterpret<__m256>(x))); }
#else
TITER_INLINE Vec larger(Vec x, Vec y) { return x < y ? y : x; }
TITER_INLINE Vec smaller(Vec x, Vec y) { return x > y ? y : x; }
#endif

// 1 / x, to a unit in the last place: a division keeps the unit for sixteen cycles, an estimate and one step of Newton's for four.
#if defined(__AVX512F__)
TITER_INLINE Vec reciprocal(Vec x) {
  Vec estimate = reinterpret<Vec>(_mm512_rcp14_ps(reinterpret<__m512>(x)));
  return estimate * (2.0f - x * estimate);
}
#else
TITER_INLINE Vec reciprocal(Vec x) { return 1.0f / x; }
#endif

// exp(x) for x <= 0 (and up to 88), to a unit in the last place; below -87 it is exp(-87), and NaN stays NaN. 2^n · 2^r with r within a half;
// the polynomial is fitted to 2^r for the least relative error (1.9e-9).
TITER_INLINE Vec exponential(Vec x) {
  x = larger(x, splat(-87.0f));
  constexpr float kLog2E = 1.44269502e0f, kLog2ERest = 1.92596303e-8f, kRound = 12582912.0f;  // 1.5 · 2^23
  Vec shifted = x * kLog2E + kRound;
  Vec n = shifted - kRound;
  Vec r = (x * kLog2E - n) + x * kLog2ERest;
  Vec p = splat(1.534580793e-4f);
  for (float c : {1.339993157e-3f, 9.618488976e-3f, 5.550328776e-2f, 2.402264689e-1f, 6.931472057e-1f, 1.0f}) p = p * r + c;
  Int power = (reinterpret<Int>(shifted) + 127) << 23;  // the low bits of `shifted` are n
  return p * reinterpret<Vec>(power);
}

template <int kStep, int... kLane>
TITER_INLINE void exchange(Vec &a, Vec &b, std::integer_sequence<int, kLane...>) {
#if defined(__clang__)
  Vec low = __builtin_shufflevector(a, b, (kLane & kStep ? kWidth + kLane - kStep : kLane)...);
  Vec high = __builtin_shufflevector(a, b, (kLane & kStep ? kWidth + kLane : kLane + kStep)...);
#else
  Vec low = __builtin_shuffle(a, b, Int{(kLane & kStep ? kWidth + kLane - kStep : kLane)...});
  Vec high = __builtin_shuffle(a, b, Int{(kLane & kStep ? kWidth + kLane : kLane + kStep)...});
#endif
  a = low;
  b = high;
}

template <int kStep>
TITER_INLINE void transpose_from(Vec (&rows)[kWidth]) {
  if constexpr (kStep < kWidth) {
#pragma GCC unroll 16
    for (int i = 0; i < kWidth; i++) {
      if (!(i & kStep)) exchange<kStep>(rows[i], rows[i + kStep], std::make_integer_sequence<int, kWidth>{});
    }
    transpose_from<kStep * 2>(rows);
  }
}

// A square of kWidth rows, by Eklundh's exchanges.
TITER_INLINE void transpose(Vec (&rows)[kWidth]) { transpose_from<1>(rows); }

// One value a vector: each folded by itself, all at once.
template <typename Fold>
TITER_INLINE Vec folded(Vec (&rows)[kWidth], Fold &&fold) {
  transpose(rows);
#pragma GCC unroll 4
  for (int step = kWidth / 2; step > 0; step /= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < step; i++) rows[i] = fold(rows[i], rows[i + step]);
  }
  return rows[0];
}

TITER_INLINE float total(Vec x) {
  float lanes[kWidth];
  store(x, lanes);
#pragma GCC unroll 4
  for (int step = kWidth / 2; step > 0; step /= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < step; i++) lanes[i] += lanes[i + step];
  }
  return lanes[0];
}

// log(x) for normal x > 0, to some units in the last place; NaN stays NaN. x = 2^n m with m in [0.75, 1.5), and log m = 2 artanh((m - 1) / (m + 1)).
TITER_INLINE Vec logarithm(Vec x) {
  const Int bits = reinterpret<Int>(x), n = (bits - 0x3f400000) >> 23;
  const Vec m = reinterpret<Vec>(bits - (n << 23)), s = (m - 1.0f) / (m + 1.0f), t = s * s;
  const Vec series = ((2.0f / 9 * t + 2.0f / 7) * t + 2.0f / 5) * t + 2.0f / 3;
  const Vec result = __builtin_convertvector(n, Vec) * 0.693147181f + (2.0f * s + s * t * series);
  return x == x ? result : x;
}
