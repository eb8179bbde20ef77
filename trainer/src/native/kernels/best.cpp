// Chooses among the builds of kernels.cpp. A build may use any instruction of what it was compiled
// for, and an operating system must save the registers that they use: whatever is missing of a set
// rules it out.

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

constexpr uint32_t bits() { return 0; }

template <typename... Rest>
constexpr uint32_t bits(int first, Rest... rest) {
  return uint32_t{1} << first | bits(rest...);
}

// What a set takes: bits of the processor's registers, and of the states that the system saves.
struct Set {
  const Kernels *kernels;
  Processor least;
};

// As the compiler has them: x86-64-v3, v4, and v4 with -mavx512bf16 and matrix tiles. From the
// largest to the smallest.
constexpr uint32_t kV3Basic = bits(/*sse3*/ 0, /*ssse3*/ 9, /*fma*/ 12, /*cmpxchg16b*/ 13, /*sse4.1*/ 19, /*sse4.2*/ 20, /*movbe*/ 22,
                                   /*popcnt*/ 23, /*osxsave*/ 27, /*avx*/ 28, /*f16c*/ 29);
constexpr uint32_t kV3Extended = bits(/*bmi1*/ 3, /*avx2*/ 5, /*bmi2*/ 8);
constexpr uint32_t kV3Amd = bits(/*lahf*/ 0, /*lzcnt*/ 5);
constexpr uint32_t kV4Extended = kV3Extended | bits(/*avx512f*/ 16, /*dq*/ 17, /*cd*/ 28, /*bw*/ 30, /*vl*/ 31);
constexpr uint32_t kVectors = bits(/*xmm*/ 1, /*ymm*/ 2);
constexpr uint32_t kWideVectors = kVectors | bits(/*masks*/ 5, /*upper zmm*/ 6, /*zmm 16 to 31*/ 7);
constexpr uint32_t kTiles = kWideVectors | bits(/*tile configuration*/ 17, /*tiles*/ 18);

const Set kSets[] = {
    {&amx::kernels, {kV3Basic, kV4Extended, bits(/*bf16 tiles*/ 22, /*tiles*/ 24), bits(/*avx512_bf16*/ 5), kV3Amd, kTiles}},
    {&avx512::kernels, {kV3Basic, kV4Extended, 0, 0, kV3Amd, kWideVectors}},
    {&avx2::kernels, {kV3Basic, kV3Extended, 0, 0, kV3Amd, kVectors}},
    {&baseline::kernels, {}},
};

bool has(const Processor &processor, const Processor &least) {
  auto all = [](uint64_t have, uint64_t wanted) { return (have & wanted) == wanted; };
  return all(processor.basic, least.basic) && all(processor.extended_b, least.extended_b) && all(processor.extended_d, least.extended_d) &&
         all(processor.extended_1, least.extended_1) && all(processor.amd, least.amd) && all(processor.saved, least.saved);
}

Processor this_processor() {
  Processor processor = {};
  unsigned a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d)) processor.basic = c;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    processor.extended_b = b;
    processor.extended_d = d;
    // How many more leaves of this kind there are.
    if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) processor.extended_1 = a;
  }
  if (__get_cpuid(0x80000001, &a, &b, &c, &d)) processor.amd = c;
  if (processor.basic & bits(/*osxsave*/ 27)) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    processor.saved = uint64_t{high} << 32 | low;
  }
  return processor;
}

// Linux hands tiles to a process that asks.
bool may_use_tiles() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

const Kernels &choose() {
  // For tests and for comparing. A name that this processor cannot run, or nobody knows, is as good
  // as none.
  const char *wanted = getenv("TITER_KERNELS");
  const Processor processor = this_processor();
  const Kernels *first = nullptr;
  for (const Set &set : kSets) {
    if (!has(processor, set.least) || (set.kernels == &amx::kernels && !may_use_tiles())) continue;
    if (!wanted || strcmp(wanted, set.kernels->name) == 0) return *set.kernels;
    if (!first) first = set.kernels;
  }
  return *first;
}

#else

const Kernels &choose() { return baseline::kernels; }

#endif

}  // namespace

const Kernels &best() {
  static const Kernels &chosen = choose();
  return chosen;
}

const Kernels &best_of(const Processor &processor) {
#if defined(__x86_64__)
  for (const Set &set : kSets) {
    if (has(processor, set.least)) return *set.kernels;
  }
#endif
  return baseline::kernels;
}

}  // namespace titer
