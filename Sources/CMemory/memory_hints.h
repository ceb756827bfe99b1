// What Swift has no name for: asking for memory ahead of its use, and giving it back.
#ifndef APUS_MEMORY_HINTS_H
#define APUS_MEMORY_HINTS_H

#include <malloc.h>

// Brings the line of `address` into the second-level cache. Any address will do, results never depend on it.
static inline __attribute__((always_inline)) void apus_prefetch(const void *address) {
  __builtin_prefetch(address, 0, 2);
}

// As above, into the first-level cache: for what is read within a few hundred cycles.
static inline __attribute__((always_inline)) void apus_prefetch_near(const void *address) {
  __builtin_prefetch(address, 0, 3);
}

// Gives freed memory that the C library keeps for later back to the system: for fits with a phase of large scratch before
// the one that needs the most. Milliseconds.
static inline void apus_return_free_memory(void) { malloc_trim(0); }

#endif
