// Where the time goes: every operation of libtorch and every phase that Rust names is a frame; a frame's own time is its time without
// that of the frames inside it. Only the thread that starts the profile is watched: on a CPU it computes the backward pass too.

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <ATen/record_function.h>

#include "native.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Frame {
  Clock::time_point begin;
  double inside = 0;  // seconds
};

struct Total {
  double seconds = 0;
  int64_t calls = 0;
};

struct Profile {
  bool on = false;
  std::vector<Frame> frames;
  std::vector<std::string> phases;
  std::map<std::pair<std::string, std::string>, Total> totals;  // by phase and operation; no operation: the phase itself

  void enter() { frames.push_back({Clock::now()}); }

  void leave(const std::string &operation) {
    const double seconds = std::chrono::duration<double>(Clock::now() - frames.back().begin).count();
    Total &total = totals[{phases.empty() ? std::string() : phases.back(), operation}];
    total.seconds += seconds - frames.back().inside;
    total.calls++;
    frames.pop_back();
    if (!frames.empty()) frames.back().inside += seconds;
  }
};

Profile &profile() {
  thread_local Profile own;
  return own;
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction &) {
  profile().enter();
  return nullptr;
}

void end(const at::RecordFunction &function, at::ObserverContext *) { profile().leave(function.name()); }

}  // namespace

extern "C" {

void titer_profile_start() {
  profile().on = true;
  at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end).scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION}));
}

bool titer_profile_on() { return profile().on; }

void titer_phase_begin(const char *name) {
  if (!profile().on) return;
  profile().phases.emplace_back(name);
  profile().enter();
}

void titer_phase_end() {
  if (!profile().on) return;
  profile().leave({});
  profile().phases.pop_back();
}

void titer_profile_read(void *out, void (*take)(void *out, const char *phase, const char *operation, double seconds, int64_t calls)) {
  for (const auto &[key, total] : profile().totals) take(out, key.first.c_str(), key.second.c_str(), total.seconds, total.calls);
}

}  // extern "C"
