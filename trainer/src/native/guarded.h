// How the C++ side answers Rust: an exception must not cross.

#pragma once

#include <cstring>

#include <ATen/ATen.h>

namespace titer {

// nullptr, or a message that the caller frees with titer_free.
template <typename F>
char *guarded(F &&body) {
  try {
    body();
    return nullptr;
  } catch (const c10::Error &e) {
    return strdup(e.what_without_backtrace());
  } catch (const std::exception &e) {
    return strdup(e.what());
  } catch (...) {
    return strdup("an exception that says nothing");
  }
}

}  // namespace titer
