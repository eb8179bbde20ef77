// Chooses among the builds of kernels.cpp.

#include <cstdlib>
#include <cstring>

#include "kernels.h"

namespace titer {

namespace baseline {
extern const Kernels kernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}
#endif

namespace {

const Kernels &choose() {
  // For tests and for comparing: a name that this processor cannot run is not honoured.
  const char *wanted = getenv("TITER_KERNELS");
  auto allowed = [&](const Kernels &kernels) { return !wanted || strcmp(wanted, kernels.name) == 0; };
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (v4 && allowed(avx512::kernels)) return avx512::kernels;
  if (v3 && allowed(avx2::kernels)) return avx2::kernels;
#endif
  (void)allowed;
  return baseline::kernels;
}

}  // namespace

const Kernels &best() {
  static const Kernels &chosen = choose();
  return chosen;
}

}  // namespace titer
