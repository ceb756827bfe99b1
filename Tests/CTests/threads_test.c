/* Many threads on one estimator, freeing during fit, cancel and progress, re-entry, fork. */
#include "check.h"
#include "samples.h"

#include <pthread.h>
#include <time.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BIG_ROWS = 20000, BIG_COLUMNS = 60, THREADS = 6, ROUNDS = 200 };

static double *big_x, *big_y;
static const int64_t big_x_shape[2] = {BIG_ROWS, BIG_COLUMNS};
static const int64_t big_y_shape[1] = {BIG_ROWS};
static apus_estimator *shared;
static double reference[SAMPLE_ROWS];

static apus_view big_features(void) {
  apus_view view = {big_x, APUS_FLOAT64, 2, big_x_shape, NULL};
  return view;
}

static apus_view big_targets(void) {
  apus_view view = {big_y, APUS_FLOAT64, 1, big_y_shape, NULL};
  return view;
}

static void make_big(void) {
  uint64_t state = 99;
  big_x = malloc(sizeof(double) * BIG_ROWS * BIG_COLUMNS);
  big_y = malloc(sizeof(double) * BIG_ROWS);
  for (int i = 0; i < BIG_ROWS * BIG_COLUMNS; i++) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    big_x[i] = (double)(state >> 40) / 16777216.0;
  }
  for (int i = 0; i < BIG_ROWS; i++) big_y[i] = big_x[i * BIG_COLUMNS] - big_x[i * BIG_COLUMNS + 1];
}

static void *predict_many(void *failures) {
  apus_view x = sample_features();
  for (int round = 0; round < ROUNDS; round++) {
    double values[SAMPLE_ROWS];
    apus_view out = {values, APUS_FLOAT64, 1, sample_y_shape, NULL};
    if (apus_estimator_predict_into(&out, shared, &x) != APUS_OK || memcmp(values, reference, sizeof values) != 0)
      ++*(int *)failures;
  }
  return NULL;
}

static void *fit_big(void *status) {
  apus_view x = big_features(), y = big_targets();
  *(apus_status *)status = apus_estimator_fit(shared, &x, &y, NULL);
  return NULL;
}

static void progress_fails(void *context, const char *stage, double fraction, int32_t *status) {
  (void)context;
  (void)stage;
  (void)fraction;
  *status = 1234;
}

static void progress_forgets(void *context, const char *stage, double fraction, int32_t *status) {
  (void)stage;
  (void)fraction;
  (void)status;
  ++*(int *)context;
}

static void progress_cancels(void *context, const char *stage, double fraction, int32_t *status) {
  (void)context;
  CHECK(stage != NULL && fraction >= 0 && fraction <= 1);
  *status = APUS_CANCELLED;
}

static void progress_reenters(void *context, const char *stage, double fraction, int32_t *status) {
  apus_view x = sample_features(), y = {sample_y, APUS_FLOAT64, 1, sample_y_shape, NULL};
  (void)stage;
  (void)fraction;
  CHECK_ERROR(apus_estimator_fit((apus_estimator *)context, &x, &y, NULL), APUS_ERROR_BUSY, "another call");
  CHECK_ERROR(apus_estimator_set_bool((apus_estimator *)context, "fit_intercept", 0), APUS_ERROR_BUSY, "another call");
  *status = APUS_OK;
}

int main(void) {
  make_samples();
  make_big();
  apus_view x = sample_features(), y = {sample_y, APUS_FLOAT64, 1, sample_y_shape, NULL};
  apus_view out = {reference, APUS_FLOAT64, 1, sample_y_shape, NULL};
  CHECK(apus_estimator_create(&shared, "linear_regression") == APUS_OK);
  CHECK_ERROR(apus_estimator_predict_into(&out, shared, &x), APUS_ERROR_NOT_FITTED, "not fitted");
  CHECK(apus_estimator_fit(shared, &x, &y, NULL) == APUS_OK);
  CHECK(apus_estimator_predict_into(&out, shared, &x) == APUS_OK);

  /* One row at a time gives the same bits as all rows at once. */
  for (int i = 0; i < SAMPLE_ROWS; i++) {
    int64_t one[2] = {1, SAMPLE_COLUMNS};
    double value;
    apus_view row = {sample_x + i * SAMPLE_COLUMNS, APUS_FLOAT64, 2, one, NULL};
    apus_view single = {&value, APUS_FLOAT64, 1, one, NULL};
    CHECK(apus_estimator_predict_into(&single, shared, &row) == APUS_OK);
    CHECK(memcmp(&value, &reference[i], sizeof value) == 0);
  }

  /* Outputs that overlap themselves or the input, or have another shape. */
  int64_t zero_stride[1] = {0};
  apus_view repeated = {reference, APUS_FLOAT64, 1, sample_y_shape, zero_stride};
  CHECK_ERROR(apus_estimator_predict_into(&repeated, shared, &x), APUS_ERROR_ARGUMENT, "overlap");
  apus_view aliased = {sample_x, APUS_FLOAT64, 1, sample_y_shape, NULL};
  CHECK_ERROR(apus_estimator_predict_into(&aliased, shared, &x), APUS_ERROR_ARGUMENT, "overlaps an input");
  CHECK_ERROR(apus_estimator_predict_into(NULL, shared, &x), APUS_ERROR_NULL, "out");
  int64_t wrong[1] = {SAMPLE_ROWS - 1};
  out.shape = wrong;
  CHECK_ERROR(apus_estimator_predict_into(&out, shared, &x), APUS_ERROR_SHAPE, "out");
  out.shape = sample_y_shape;

  pthread_t threads[THREADS];
  int failures[THREADS] = {0};
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, predict_many, &failures[i]);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    CHECK(failures[i] == 0);
  }

  /* Progress that fails, forgets to answer, cancels, re-enters. The model stays. */
  apus_view bx = big_features(), by = big_targets();
  int calls = 0;
  apus_fit_options options = APUS_FIT_OPTIONS_INIT;
  options.progress = progress_fails;
  CHECK_ERROR(apus_estimator_fit(shared, &bx, &by, &options), APUS_ERROR_CALLBACK, "status 1234");
  options.progress = progress_forgets;
  options.progress_context = &calls;
  CHECK_ERROR(apus_estimator_fit(shared, &bx, &by, &options), APUS_ERROR_CALLBACK, "callback reported");
  CHECK(calls == 1);
  options.progress = progress_cancels;
  CHECK(apus_estimator_fit(shared, &bx, &by, &options) == APUS_CANCELLED);
  CHECK(apus_estimator_predict_into(&out, shared, &x) == APUS_OK);
  options.progress = progress_reenters;
  options.progress_context = shared;
  CHECK(apus_estimator_fit(shared, &x, &y, &options) == APUS_OK);

  apus_fit_options cancelled = APUS_FIT_OPTIONS_INIT;
  CHECK(apus_cancel_create(&cancelled.cancel) == APUS_OK);
  CHECK(apus_cancel_trip(cancelled.cancel) == APUS_OK);
  CHECK(apus_estimator_fit(shared, &bx, &by, &cancelled) == APUS_CANCELLED);
  CHECK(apus_cancel_reset(cancelled.cancel) == APUS_OK);
  CHECK(apus_estimator_fit(shared, &bx, &by, &cancelled) == APUS_OK);
  apus_cancel_free(cancelled.cancel);
  CHECK_ERROR(apus_estimator_fit(shared, &bx, &by, &cancelled), APUS_ERROR_HANDLE, "options.cancel");
  options = (apus_fit_options)APUS_FIT_OPTIONS_INIT;
  options.struct_size = 3;
  CHECK_ERROR(apus_estimator_fit(shared, &x, &y, &options), APUS_ERROR_ENUM, "struct_size 3");

  /* Freed while another thread fits: the fit ends normally, the handle is gone. */
  for (int round = 0; round < 20; round++) {
    apus_status status = APUS_ERROR_INTERNAL;
    pthread_t thread;
    pthread_create(&thread, NULL, fit_big, &status);
    if (round % 2) nanosleep(&(struct timespec){0, 500000}, NULL);
    apus_estimator_free(shared);
    pthread_join(thread, NULL);
    CHECK(status == APUS_OK || status == APUS_ERROR_HANDLE);
    CHECK(apus_estimator_is_fitted(shared) == -1);
    CHECK(apus_estimator_create(&shared, "linear_regression") == APUS_OK);
  }

  /* A forked child computes the same bits with threads of its own. */
  CHECK(apus_set_num_threads(4) == APUS_OK);
  CHECK(apus_estimator_fit(shared, &bx, &by, NULL) == APUS_OK);
  CHECK(apus_estimator_predict_into(&out, shared, &bx) != APUS_OK);
  double parent, child_value;
  CHECK(apus_estimator_score(&parent, shared, &bx, &by, NULL) == APUS_OK);
  int pipes[2];
  CHECK(pipe(pipes) == 0);
  pid_t child = fork();
  if (child == 0) {
    apus_estimator *own = NULL;
    double value = 0;
    if (apus_estimator_create(&own, "linear_regression") != APUS_OK) _exit(1);
    if (apus_estimator_fit(own, &bx, &by, NULL) != APUS_OK) _exit(2);
    if (apus_estimator_score(&value, own, &bx, &by, NULL) != APUS_OK) _exit(3);
    _exit(write(pipes[1], &value, sizeof value) == sizeof value ? 0 : 4);
  }
  int state;
  CHECK(waitpid(child, &state, 0) == child && WIFEXITED(state) && WEXITSTATUS(state) == 0);
  CHECK(read(pipes[0], &child_value, sizeof child_value) == sizeof child_value);
  CHECK(memcmp(&parent, &child_value, sizeof parent) == 0);

  apus_estimator_free(shared);
  free(big_x);
  free(big_y);
  return finish();
}
