#ifndef APUS_TESTS_CHECK_H
#define APUS_TESTS_CHECK_H

#include <apus.h>
#include <stdio.h>
#include <string.h>

/* Counts checks; a program ends with `return finish();`. */
static int checks_passed = 0;
static int checks_failed = 0;

static void check(int condition, const char *text, const char *file, int line) {
  if (condition) {
    checks_passed++;
  } else {
    checks_failed++;
    printf("%s:%d: failed: %s (last error: %s)\n", file, line, text, apus_last_error());
  }
}

#define CHECK(condition) check((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
/* The status, and a piece of the message. */
#define CHECK_ERROR(call, expected, piece)                                                     \
  do {                                                                                         \
    apus_status status_ = (call);                                                              \
    check(status_ == (expected), #call " gives " #expected, __FILE__, __LINE__);               \
    check(strstr(apus_last_error(), (piece)) != NULL, "message has \"" piece "\"", __FILE__, __LINE__); \
  } while (0)

static int finish(void) {
  printf("%d passed, %d failed\n", checks_passed, checks_failed);
  return checks_failed == 0 ? 0 : 1;
}

#endif
