// Residual sums with layer normalisation, and GELU. Included inside the namespace of an instruction set, after vector.h.

// Rows of a width: whole vectors, then what is left one by one. `each(i, lanes)` sees vectors as Vec and single values as float.
template <typename Each>
TITER_INLINE void along(int64_t width, Each &&each) {
  int64_t i = 0;
  for (; i + kWidth <= width; i += kWidth) each(i, Vec{});
  for (; i < width; i++) each(i, 0.0f);
}

template <typename T>
TITER_INLINE Vec at(const T *from, Vec) { return load(from); }
template <typename T>
TITER_INLINE float at(const T *from, float) { return widen(*from); }
template <typename T>
TITER_INLINE void put(Vec x, T *to) { store(x, to); }
template <typename T>
TITER_INLINE void put(float x, T *to) { narrow(x, to); }

// A sum over a row, of vectors and of single values.
struct Sum {
  Vec wide = {};
  float rest = 0;
  TITER_INLINE void add(Vec x) { wide += x; }
  TITER_INLINE void add(float x) { rest += x; }
  TITER_INLINE float all() const { return total(wide) + rest; }
};

template <typename T>
void norm_rows(const Norm &norm, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; row++) {
    const int64_t from = row * norm.width;
    const float *x = norm.x + from;
    if (norm.branch) {
      const T *branch = static_cast<const T *>(norm.branch) + from;
      float *sum = norm.sum + from;
      along(norm.width, [&](int64_t i, auto lanes) { put(at(x + i, lanes) + at(branch + i, lanes) + at(norm.branch_bias + i, lanes), sum + i); });
      x = sum;
    }
    Sum sum, squares;
    along(norm.width, [&](int64_t i, auto lanes) { sum.add(at(x + i, lanes)); });
    const float mean = sum.all() / float(norm.width);
    along(norm.width, [&](int64_t i, auto lanes) {
      auto distance = at(x + i, lanes) - mean;
      squares.add(distance * distance);
    });
    const float inverse = 1.0f / __builtin_sqrtf(squares.all() / float(norm.width) + norm.epsilon);
    T *out = static_cast<T *>(norm.normalised) + from;
    along(norm.width, [&](int64_t i, auto lanes) {
      put((at(x + i, lanes) - mean) * inverse * at(norm.weight + i, lanes) + at(norm.bias + i, lanes), out + i);
    });
    norm.mean[row] = mean;
    norm.inverse_deviation[row] = inverse;
  }
}

// With x̂ the normalised row and g = dy · weight: dx = (g - mean(g) - x̂ · mean(g · x̂)) / sd.
template <typename T>
void norm_gradient_rows(const NormGradient &back, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; row++) {
    const int64_t from = row * back.width;
    const float *x = back.sum + from, mean = back.mean[row], inverse = back.inverse_deviation[row];
    const T *d_out = static_cast<const T *>(back.d_normalised) + from;
    Sum sum, with_x;
    along(back.width, [&](int64_t i, auto lanes) {
      auto normal = (at(x + i, lanes) - mean) * inverse, d = at(d_out + i, lanes), g = d * at(back.weight + i, lanes);
      sum.add(g);
      with_x.add(g * normal);
      put(at(back.d_weight + i, lanes) + d * normal, back.d_weight + i);
      put(at(back.d_bias + i, lanes) + d, back.d_bias + i);
    });
    const float average = sum.all() / float(back.width), slope = with_x.all() / float(back.width);
    along(back.width, [&](int64_t i, auto lanes) {
      auto normal = (at(x + i, lanes) - mean) * inverse, g = at(d_out + i, lanes) * at(back.weight + i, lanes);
      auto d = (g - average - normal * slope) * inverse;
      if (back.d_sum) d += at(back.d_sum + from + i, lanes);
      put(d, back.d_x + from + i);
      if (back.d_branch) put(d, static_cast<T *>(back.d_branch) + from + i);
      put(at(back.d_branch_bias + i, lanes) + d, back.d_branch_bias + i);
    });
  }
}

// Φ(-|x|) and the density φ(x) of the standard normal distribution. Φ(-z√2) = ½ exp(-z²) erfcx(z), with erfcx a polynomial in
// t = 1 / (1 + 0.47047 z) times t, fitted for the least relative error over z from 0 to 9.5 (4.3e-8).
TITER_INLINE void normal_tail(Vec x, Vec &tail, Vec &density) {
  const Vec z = (x < 0.0f ? -x : x) * 0.707106781f;
  const Vec gauss = exponential(-z * z), t = reciprocal(1.0f + 0.47047f * z);
  Vec p = splat(-4.555181877e-2f);
  for (float c : {2.604331838e-1f, -5.486434633e-1f, 4.486365806e-1f, -1.135840558e-1f, 2.428647368e-1f, 2.237484710e-1f,
                  2.667191026e-1f, 2.653773057e-1f})
    p = p * t + c;
  tail = 0.5f * gauss * p * t;
  density = 0.398942280f * gauss;
}

// x Φ(x), the erf form of GELU.
TITER_INLINE Vec gelu_of(Vec x) {
  Vec tail, density;
  normal_tail(x, tail, density);
  return x * (x < 0.0f ? tail : 1.0f - tail);
}

// Φ(x) + x φ(x)
TITER_INLINE Vec gelu_derivative(Vec x) {
  Vec tail, density;
  normal_tail(x, tail, density);
  return (x < 0.0f ? tail : 1.0f - tail) + x * density;
}

TITER_INLINE float gelu_of(float x) { return gelu_of(splat(x))[0]; }
TITER_INLINE float gelu_derivative(float x) { return gelu_derivative(splat(x))[0]; }

template <typename T>
void gelu_rows(const Gelu &gelu, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; row++) {
    const T *x = static_cast<const T *>(gelu.x) + row * gelu.width;
    T *out = static_cast<T *>(gelu.out) + row * gelu.width;
    along(gelu.width, [&](int64_t i, auto lanes) { put(gelu_of(at(x + i, lanes) + at(gelu.bias + i, lanes)), out + i); });
  }
}

template <typename T>
void gelu_gradient_rows(const GeluGradient &back, int64_t begin, int64_t end) {
  const Gelu &gelu = back.forward;
  for (int64_t row = begin; row < end; row++) {
    const int64_t from = row * gelu.width;
    const T *x = static_cast<const T *>(gelu.x) + from, *d_out = static_cast<const T *>(back.d_out) + from;
    T *d_x = static_cast<T *>(back.d_x) + from;
    along(gelu.width, [&](int64_t i, auto lanes) {
      auto d = at(d_out + i, lanes) * gelu_derivative(at(x + i, lanes) + at(gelu.bias + i, lanes));
      put(d, d_x + i);
      put(at(back.d_bias + i, lanes) + d, back.d_bias + i);
    });
  }
}
