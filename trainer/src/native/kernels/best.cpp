// Chooses among the builds of kernels.cpp.

#include <cstdlib>
#include <cstring>

#include "kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

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
namespace amx {
extern const Kernels kernels;
}
#endif

namespace {

#if defined(__x86_64__)
// Matrix tiles for bf16, which Linux hands to a process that asks.
bool has_amx() {
  unsigned a, b, c, d, a1, b1, c1, d1;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !__get_cpuid_count(7, 1, &a1, &b1, &c1, &d1)) return false;
  const bool tiles = d >> 24 & 1, tiles_of_bf16 = d >> 22 & 1, vectors_of_bf16 = a1 >> 5 & 1;
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  return tiles && tiles_of_bf16 && vectors_of_bf16 && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

const Kernels &choose() {
  // For tests and for comparing. A name that this processor cannot run, or nobody knows, is as good as none.
  const char *wanted = getenv("TITER_KERNELS");
  const Kernels *runnable[4];
  int count = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (v4 && has_amx()) runnable[count++] = &amx::kernels;
  if (v4) runnable[count++] = &avx512::kernels;
  if (v3) runnable[count++] = &avx2::kernels;
#endif
  runnable[count++] = &baseline::kernels;
  for (int i = 0; i < count && wanted; i++) {
    if (strcmp(wanted, runnable[i]->name) == 0) return *runnable[i];
  }
  return *runnable[0];
}

}  // namespace

const Kernels &best() {
  static const Kernels &chosen = choose();
  return chosen;
}

}  // namespace titer
