#ifndef APUS_TESTS_EXHAUST_H
#define APUS_TESTS_EXHAUST_H

#include "check.h"

/* What a call may leave behind: nothing, what a success replaces, or layouts made on first use, which stay also when a later
 * allocation fails (that they are freed with their owner is for the caller to check). */
enum keeping { NOTHING, RESULT, LAYOUTS };

/* Carries out `call` with its N-th allocation failing, for every N until it succeeds: the memory status and nothing leaked.
 * `release`, which may be NULL, gets every status and frees what the call made. A call that is not supported ends it. */
static inline void exhaust(const char *name, apus_status (*call)(void), void (*release)(apus_status), enum keeping keeps) {
  for (int64_t failures = 0; failures <= 100000; failures++) {
    apus_tensor_trim_memory();
    int64_t blocks = apus_memory_live_blocks();
    apus_memory_fail_after(failures);
    apus_status status = call();
    apus_memory_fail_after(-1);
    if (release != NULL) release(status);
    apus_tensor_trim_memory();
    if (status == APUS_ERROR_UNSUPPORTED) return;
    if (status == APUS_OK ? keeps == NOTHING : keeps != LAYOUTS) {
      if (apus_memory_live_blocks() != blocks) printf("%s, allocation %lld leaked\n", name, (long long)failures);
      CHECK(apus_memory_live_blocks() == blocks);
    }
    if (status == APUS_ERROR_MEMORY) continue;
    if (status != APUS_OK) printf("%s, allocation %lld: %s\n", name, (long long)failures, apus_last_error());
    CHECK(status == APUS_OK);
    return;
  }
  CHECK(!"ends");
}

#endif
