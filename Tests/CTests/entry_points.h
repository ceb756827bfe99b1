#ifndef APUS_TESTS_ENTRY_POINTS_H
#define APUS_TESTS_ENTRY_POINTS_H

#include <apus.h>

/* Every function of apus.h as a row of a table that is made from the header itself when the tests are built
 * (Utilities/generate-entry-points.py), so that a new function is in the table without anybody writing its row. */

/* An argument or a result. */
typedef union {
  void *pointer;
  void (*function)(void);
  int64_t integer;
  double number;
} value;

/* What a parameter takes. */
typedef enum {
  VIEW,
  OUT_VIEW,
  VIEWS,
  CSR,
  FIT_OPTIONS,
  OPTIONS,
  ARGUMENTS,
  TEXT,
  TEXTS,
  BYTES,
  CONTEXT,
  INT32,
  INT64,
  NUMBER,
  CALLBACK,
  HANDLE,
  HANDLES,
  OUT_HANDLE,
  OUT_PLAIN
} parameter_class;

typedef enum { RETURNS_STATUS, RETURNS_NOTHING, RETURNS_NUMBER, RETURNS_TEXT } result_class;

enum { MOST_PARAMETERS = 12 };

typedef struct {
  const char *name;
  parameter_class kind;
  /* The type without const and stars: "apus_tensor". */
  const char *type;
} parameter;

typedef struct {
  const char *name;
  void (*call)(value *result, const value *arguments);
  result_class result;
  /* Whether its documentation says something about NULL. */
  int mentions_null;
  int parameter_count;
  parameter parameters[MOST_PARAMETERS];
} entry_point;

#include "entry_points.inc"

enum { ENTRY_POINTS = sizeof entry_points / sizeof entry_points[0] };

#endif
