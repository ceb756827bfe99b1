/* Every kind of estimator against the arrays of shared bad inputs, each case in a process of its own: no signal, the status
 * that is expected, and the fitted model as it was. */
#include "check.h"
#include "samples.h"

#include <math.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static double scratch[SAMPLE_ROWS * SAMPLE_COLUMNS * 2];

typedef struct {
  const char *name;
  apus_view x, y, weight;
  int has_y, has_weight;
  /* The statuses that are right; 0 ends the list. APUS_OK as first entry: must succeed. */
  int expected[4];
} bad_case;

static bad_case prepare(const apus_kind_info *info, int index) {
  static int64_t x_shape[3], x_strides[2], y_shape[2], w_shape[1];
  bad_case it;
  memset(&it, 0, sizeof it);
  it.x = sample_features();
  it.y = sample_targets(info);
  it.has_y = 1;
  it.weight = (apus_view){scratch, APUS_FLOAT64, 1, w_shape, NULL};
  memcpy(scratch, sample_x, sizeof sample_x);
  x_shape[0] = SAMPLE_ROWS;
  x_shape[1] = SAMPLE_COLUMNS;
  y_shape[0] = w_shape[0] = SAMPLE_ROWS;
  int missing = (info->traits & APUS_TRAIT_MISSING_VALUES) != 0;
  switch (index) {
    case 0: it.name = "0 rows"; x_shape[0] = y_shape[0] = 0; it.x.shape = x_shape; it.y.shape = y_shape;
      it.expected[0] = APUS_ERROR_SHAPE; break;
    case 1: it.name = "0 features"; x_shape[1] = 0; it.x.shape = x_shape; it.expected[0] = APUS_ERROR_SHAPE; break;
    case 2: it.name = "1-D X"; it.x.ndim = 1; it.expected[0] = APUS_ERROR_SHAPE; break;
    case 3: it.name = "0-D X"; it.x.ndim = 0; it.expected[0] = APUS_ERROR_SHAPE; break;
    case 4: it.name = "3-D X"; x_shape[0] = 2; x_shape[1] = 2; x_shape[2] = 2; it.x.ndim = 3; it.x.shape = x_shape;
      it.expected[0] = APUS_ERROR_SHAPE; break;
    case 5: it.name = "short y"; y_shape[0] = SAMPLE_ROWS - 1; it.y.shape = y_shape; it.expected[0] = APUS_ERROR_SHAPE;
      break;
    case 6: it.name = "NaN in X"; scratch[4] = NAN; it.x.data = scratch;
      it.expected[0] = missing ? APUS_OK : APUS_ERROR_NOT_FINITE; break;
    case 7: it.name = "Inf in X"; scratch[4] = INFINITY; it.x.data = scratch; it.expected[0] = APUS_ERROR_NOT_FINITE;
      it.expected[1] = missing ? APUS_OK : APUS_ERROR_NOT_FINITE; break;
    case 8: it.name = "NaN in y"; memcpy(scratch, it.y.data, sizeof sample_y); scratch[3] = NAN; it.y.data = scratch;
      it.expected[0] = APUS_ERROR_NOT_FINITE; break;
    case 9: it.name = "rows x columns wraps"; x_shape[0] = x_shape[1] = INT64_C(1) << 32; it.x.shape = x_shape;
      it.expected[0] = APUS_ERROR_OVERFLOW; break;
    case 10: it.name = "2^61 rows"; x_shape[0] = INT64_C(1) << 61; it.x.shape = x_shape;
      it.expected[0] = APUS_ERROR_OVERFLOW; break;
    case 11: it.name = "negative shape"; x_shape[0] = -5; it.x.shape = x_shape; it.expected[0] = APUS_ERROR_OVERFLOW;
      break;
    case 12: it.name = "unknown dtype"; it.x.dtype = 99; it.expected[0] = APUS_ERROR_ENUM; break;
    case 13: it.name = "NULL data"; it.x.data = NULL; it.expected[0] = APUS_ERROR_NULL; break;
    case 14: it.name = "NULL shape"; it.x.shape = NULL; it.expected[0] = APUS_ERROR_NULL; break;
    case 15: it.name = "huge stride"; x_strides[0] = INT64_MAX; x_strides[1] = 8; it.x.strides = x_strides;
      it.expected[0] = APUS_ERROR_OVERFLOW; break;
    case 16: it.name = "misaligned X"; memmove((char *)scratch + 1, sample_x, sizeof sample_x);
      it.x.data = (char *)scratch + 1; it.expected[0] = APUS_OK; break;
    case 17: it.name = "reversed rows"; x_strides[0] = -8 * SAMPLE_COLUMNS; x_strides[1] = 8;
      it.x.data = sample_x + SAMPLE_COLUMNS * (SAMPLE_ROWS - 1); it.x.strides = x_strides; it.expected[0] = APUS_OK; break;
    case 18: it.name = "negative weight"; it.has_weight = 1; scratch[2] = -1; it.expected[0] = APUS_ERROR_ARGUMENT; break;
    case 19: it.name = "zero weights"; it.has_weight = 1; memset(scratch, 0, sizeof scratch);
      it.expected[0] = APUS_ERROR_ARGUMENT; break;
    case 20: it.name = "NaN weight"; it.has_weight = 1; scratch[0] = NAN; it.expected[0] = APUS_ERROR_NOT_FINITE; break;
    case 21: it.name = "short weight"; it.has_weight = 1; w_shape[0] = 3; it.expected[0] = APUS_ERROR_SHAPE; break;
    case 22: it.name = "no y"; it.has_y = 0;
      it.expected[0] = (info->traits & APUS_TRAIT_NEEDS_TARGETS) ? APUS_ERROR_ARGUMENT : APUS_OK; break;
    case 23: it.name = "33 dimensions"; it.x.ndim = 33; it.expected[0] = APUS_ERROR_SHAPE; break;
    case 24: it.name = "negative dimensions"; it.x.ndim = -1; it.expected[0] = APUS_ERROR_SHAPE; break;
    case 25: it.name = "NaN as float32"; it.x.data = scratch; it.x.dtype = APUS_FLOAT32;
      for (int i = 0; i < SAMPLE_ROWS * SAMPLE_COLUMNS; i++) ((float *)scratch)[i] = (float)sample_x[i];
      ((float *)scratch)[7] = NAN; it.expected[0] = missing ? APUS_OK : APUS_ERROR_NOT_FINITE; break;
    case 26: it.name = "features of 1e200"; for (int i = 0; i < SAMPLE_ROWS * SAMPLE_COLUMNS; i++) scratch[i] *= 1e200;
      it.x.data = scratch; it.expected[0] = APUS_OK; it.expected[1] = APUS_ERROR_NUMERIC;
      it.expected[2] = APUS_ERROR_NOT_FINITE; it.expected[3] = APUS_ERROR_ARGUMENT; break;
    case 27: it.name = "constant feature"; for (int i = 0; i < SAMPLE_ROWS; i++) scratch[i * SAMPLE_COLUMNS] = 1;
      it.x.data = scratch; it.expected[0] = APUS_OK; break;
    case 28: it.name = "collinear columns";
      for (int i = 0; i < SAMPLE_ROWS; i++) scratch[i * SAMPLE_COLUMNS] = scratch[i * SAMPLE_COLUMNS + 1];
      it.x.data = scratch; it.expected[0] = APUS_OK; break;
    default: it.name = NULL;
  }
  return it;
}

static int matches(const bad_case *it, int status) {
  for (int i = 0; i < 4; i++) {
    if (i > 0 && it->expected[i] == 0) break;
    if (it->expected[i] == status) return 1;
  }
  return 0;
}

/* 0 when all is as it should be, else the number of the check that failed. */
static int run(const apus_kind_info *info, const bad_case *it) {
  apus_estimator *estimator = NULL;
  apus_view x = sample_features(), y = sample_targets(info);
  apus_array *before = NULL, *after = NULL;
  apus_fit_options options = APUS_FIT_OPTIONS_INIT;
  if (apus_estimator_create(&estimator, info->kind) != APUS_OK) return 1;
  if (apus_estimator_fit(estimator, &x, &y, NULL) != APUS_OK) return 2;
  if (apus_estimator_serialize(&before, estimator) != APUS_OK) return 3;
  if (it->has_weight) {
    if (!(info->traits & APUS_TRAIT_SAMPLE_WEIGHT)) return 0;
    options.sample_weight = &it->weight;
  }
  int status = apus_estimator_fit(estimator, &it->x, it->has_y ? &it->y : NULL, &options);
  if (!(info->traits & APUS_TRAIT_NEEDS_TARGETS) && status == APUS_OK && (it->y.shape[0] != SAMPLE_ROWS || it->y.data == scratch))
    return 0; /* unsupervised: y is not looked at */
  if (!matches(it, status)) {
    printf("%s, %s: status %s: %s\n", info->kind, it->name, apus_status_name(status), apus_last_error());
    return 4;
  }
  if (status != APUS_OK) {
    apus_view first, second;
    if (strchr(apus_last_error(), '\n') != NULL || apus_last_error()[0] == 0) return 5;
    if (apus_estimator_serialize(&after, estimator) != APUS_OK) return 6;
    if (apus_array_view(&first, before) != APUS_OK || apus_array_view(&second, after) != APUS_OK) return 7;
    if (first.shape[0] != second.shape[0] || memcmp(first.data, second.data, (size_t)first.shape[0]) != 0) return 8;
  }
  apus_array_free(before);
  apus_array_free(after);
  apus_estimator_free(estimator);
  return 0;
}

int main(void) {
  make_samples();
  CHECK(apus_kind_count() > 0);
  for (int64_t k = 0; k < apus_kind_count(); k++) {
    apus_kind_info info;
    CHECK(apus_kind_at(&info, k) == APUS_OK);
    for (int index = 0;; index++) {
      bad_case it = prepare(&info, index);
      if (it.name == NULL) break;
      fflush(stdout);
      pid_t child = fork();
      if (child == 0) {
        int result = run(&info, &it);
        fflush(stdout);
        _exit(result);
      }
      int state = 0;
      CHECK(waitpid(child, &state, 0) == child);
      if (!WIFEXITED(state) || WEXITSTATUS(state) != 0) {
        printf("%s, case \"%s\": %s %d\n", info.kind, it.name, WIFEXITED(state) ? "check" : "signal",
               WIFEXITED(state) ? WEXITSTATUS(state) : WTERMSIG(state));
      }
      CHECK(WIFEXITED(state) && WEXITSTATUS(state) == 0);
    }
  }
  return finish();
}
