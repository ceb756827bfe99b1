// The instruction that asks for memory ahead of its use, which Swift has no name for.
#ifndef APUS_PREFETCH_H
#define APUS_PREFETCH_H

// Brings the line of `address` into the second-level cache. Any address will do, results never depend on it.
static inline __attribute__((always_inline)) void apus_prefetch(const void *address) {
  __builtin_prefetch(address, 0, 2);
}

// As above, into the first-level cache: for what is read within a few hundred cycles.
static inline __attribute__((always_inline)) void apus_prefetch_near(const void *address) {
  __builtin_prefetch(address, 0, 3);
}

#endif
