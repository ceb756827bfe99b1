/* Random variates, fits and the covariance accumulator: results, bad input, and every allocation failing. */
#include "exhaust.h"

#include <math.h>
#include <stdlib.h>

enum { COUNT = 500 };

static double data[COUNT];
static const int64_t data_shape[1] = {COUNT};
static const apus_view data_view = {data, APUS_FLOAT64, 1, data_shape, NULL};

static apus_array *result;
static apus_covariance_accumulator *accumulator, *made;
static double rows[20 * 3];
static const int64_t rows_shape[2] = {20, 3};
static const apus_view rows_view = {rows, APUS_FLOAT64, 2, rows_shape, NULL};

static double two[1] = {2.0}, ten[1] = {10.0}, ramp[3] = {1, 2, 3};
static const int64_t one[1] = {1}, three[1] = {3}, cells[2] = {100, 30};
static const apus_view two_view = {two, APUS_FLOAT64, 1, one, NULL}, ten_view = {ten, APUS_FLOAT64, 1, one, NULL};
static const apus_view ramp_view = {ramp, APUS_FLOAT64, 1, three, NULL};
static const apus_view *const gamma_parameters[1] = {&two_view};
static const apus_view *const ramp_parameters[2] = {&ten_view, &ramp_view};

static apus_argument number(const char *name, double value) {
  apus_argument argument = {name, {0}};
  argument.value.type = APUS_TYPE_DOUBLE;
  argument.value.number = value;
  return argument;
}

static apus_status call_sample(void) {
  return apus_distribution_sample(&result, "gamma", gamma_parameters, 1, cells, 2, 5);
}
static apus_status call_broadcast(void) {
  return apus_distribution_sample(&result, "norm", ramp_parameters, 2, NULL, -1, 5);
}
static apus_status call_fit(void) {
  apus_argument fixed[1] = {number("fix_loc", 0)};
  return apus_distribution_fit(&result, "gamma", &data_view, fixed, 1);
}
static apus_status call_discrete_fit(void) {
  static double counts[COUNT];
  apus_view view = {counts, APUS_FLOAT64, 1, data_shape, NULL};
  for (int i = 0; i < COUNT; i++) counts[i] = floor(data[i]);
  return apus_distribution_fit(&result, "nbinom", &view, NULL, 0);
}
static apus_status call_update(void) { return apus_covariance_accumulator_update(accumulator, &rows_view); }
static apus_status call_mean(void) { return apus_covariance_accumulator_mean(&result, accumulator); }
static apus_status call_covariance(void) { return apus_covariance_accumulator_covariance(&result, accumulator, 1); }
static apus_status call_state(void) { return apus_covariance_accumulator_state(&result, accumulator); }
static apus_status call_create(void) {
  apus_status status = apus_covariance_accumulator_create(&made, 3);
  apus_covariance_accumulator_free(made);
  return status;
}

/* Frees the result, of which a failed call leaves none. */
static void release(apus_status status) {
  if (status != APUS_OK) CHECK(result == NULL);
  apus_array_free(result);
  result = NULL;
}

static void test_samples(void) {
  apus_view first, second;
  apus_array *again = NULL;
  CHECK(call_sample() == APUS_OK);
  CHECK(apus_array_view(&first, result) == APUS_OK && first.ndim == 2 && first.shape[0] == 100 && first.shape[1] == 30);
  const double *values = first.data;
  double sum = 0;
  for (int i = 0; i < 3000; i++) sum += values[i];
  CHECK(fabs(sum / 3000 - 2) < 5 * sqrt(2.0 / 3000));
  CHECK(apus_set_num_threads(3) == APUS_OK);
  CHECK(apus_distribution_sample(&again, "gamma", gamma_parameters, 1, cells, 2, 5) == APUS_OK);
  CHECK(apus_array_view(&second, again) == APUS_OK && memcmp(first.data, second.data, 3000 * sizeof(double)) == 0);
  apus_array_free(again);
  apus_array_free(result);
  CHECK(call_broadcast() == APUS_OK && apus_array_view(&first, result) == APUS_OK && first.shape[0] == 3);
  apus_array_free(result);
  CHECK(apus_distribution_sample(&result, "gamma", gamma_parameters, 1, NULL, 0, UINT64_MAX) == APUS_OK);
  CHECK(apus_array_view(&first, result) == APUS_OK && first.ndim == 0);
  apus_array_free(result);

  const int64_t negative[1] = {-1}, huge[2] = {INT64_C(1) << 40, INT64_C(1) << 40}, wrong[1] = {4};
  CHECK_ERROR(apus_distribution_sample(NULL, "gamma", gamma_parameters, 1, cells, 2, 5), APUS_ERROR_NULL, "out");
  CHECK_ERROR(apus_distribution_sample(&result, NULL, gamma_parameters, 1, cells, 2, 5), APUS_ERROR_NULL, "distribution");
  CHECK_ERROR(apus_distribution_sample(&result, "gama", gamma_parameters, 1, cells, 2, 5), APUS_ERROR_ARGUMENT, "gama");
  CHECK_ERROR(apus_distribution_sample(&result, "gamma", NULL, 0, cells, 2, 5), APUS_ERROR_ARGUMENT, "parameters");
  CHECK_ERROR(apus_distribution_sample(&result, "gamma", NULL, 1, cells, 2, 5), APUS_ERROR_NULL, "parameters");
  CHECK_ERROR(apus_distribution_sample(&result, "gamma", gamma_parameters, 1, NULL, 2, 5), APUS_ERROR_NULL, "shape");
  CHECK_ERROR(apus_distribution_sample(&result, "gamma", gamma_parameters, 1, cells, 40, 5), APUS_ERROR_ARGUMENT, "ndim");
  CHECK_ERROR(apus_distribution_sample(&result, "gamma", gamma_parameters, 1, negative, 1, 5), APUS_ERROR_ARGUMENT, "size");
  CHECK_ERROR(apus_distribution_sample(&result, "gamma", gamma_parameters, 1, huge, 2, 5), APUS_ERROR_OVERFLOW, "");
  CHECK_ERROR(apus_distribution_sample(&result, "norm", ramp_parameters, 2, wrong, 1, 5), APUS_ERROR_SHAPE, "");
  CHECK(result == NULL);
}

static void test_fits(void) {
  apus_view table;
  CHECK(call_fit() == APUS_OK);
  CHECK(apus_array_view(&table, result) == APUS_OK && table.shape[0] == 4 && table.shape[1] == 6);
  const double *value = table.data;
  /* Shape 2 within five standard errors; loc fixed; converged; mean = shape * scale. */
  CHECK(fabs(value[0] - 2) < 5 * value[1] && value[1] > 0);
  CHECK(value[6] == 0 && value[7] == 0 && value[8] == 1);
  CHECK(value[18] < 0 && value[19] == COUNT && value[20] == 1);
  double mean = 0;
  for (int i = 0; i < COUNT; i++) mean += data[i] / COUNT;
  CHECK(fabs(value[0] * value[12] - mean) < 1e-8 * mean);
  apus_array_free(result);

  apus_argument unknown[1] = {number("fix_mu", 0)}, bad[2] = {number("lower_a", 3), number("upper_a", 1)};
  apus_argument stray[1] = {number("steps", 3)}, impossible[1] = {number("fix_scale", -1)};
  CHECK_ERROR(apus_distribution_fit(&result, "gamma", NULL, NULL, 0), APUS_ERROR_NULL, "data");
  CHECK_ERROR(apus_distribution_fit(&result, "gamma", &data_view, unknown, 1), APUS_ERROR_ARGUMENT, "mu");
  CHECK_ERROR(apus_distribution_fit(&result, "gamma", &data_view, bad, 2), APUS_ERROR_ARGUMENT, "a");
  CHECK_ERROR(apus_distribution_fit(&result, "gamma", &data_view, stray, 1), APUS_ERROR_ARGUMENT, "steps");
  CHECK_ERROR(apus_distribution_fit(&result, "gamma", &data_view, impossible, 1), APUS_ERROR_ARGUMENT, "scale");
  CHECK_ERROR(apus_distribution_fit(&result, "norm", &rows_view, NULL, 0), APUS_ERROR_SHAPE, "data");
  CHECK_ERROR(apus_distribution_fit(&result, "poisson", &data_view, NULL, 0), APUS_ERROR_ARGUMENT, "outside the support");
  double first = data[0];
  data[0] = NAN;
  CHECK_ERROR(apus_distribution_fit(&result, "norm", &data_view, NULL, 0), APUS_ERROR_NOT_FINITE, "element 0");
  data[0] = first;
  CHECK(result == NULL);
}

static void test_accumulator(void) {
  apus_covariance_accumulator *other = NULL, *copy = NULL;
  apus_view whole, parts, state;
  apus_array *expected = NULL, *stored = NULL;
  int64_t variables = 0, count = 0;
  const int64_t head_shape[2] = {7, 3}, tail_shape[2] = {13, 3}, narrow_shape[2] = {30, 2};
  const apus_view head = {rows, APUS_FLOAT64, 2, head_shape, NULL}, tail = {rows + 21, APUS_FLOAT64, 2, tail_shape, NULL};
  const apus_view narrow = {rows, APUS_FLOAT64, 2, narrow_shape, NULL};
  const apus_view *const arrays[1] = {&rows_view};
  CHECK(apus_statistics_compute(&expected, "covariance", arrays, 1, NULL, 0) == APUS_OK);
  CHECK(apus_covariance_accumulator_create(&accumulator, 3) == APUS_OK);
  CHECK_ERROR(apus_covariance_accumulator_covariance(&result, accumulator, 1), APUS_ERROR_ARGUMENT, "ddof");
  CHECK(apus_covariance_accumulator_create(&other, 3) == APUS_OK);
  CHECK(apus_covariance_accumulator_update(accumulator, &head) == APUS_OK);
  CHECK(apus_covariance_accumulator_update(other, &tail) == APUS_OK);
  CHECK(apus_covariance_accumulator_state(&stored, other) == APUS_OK);
  CHECK(apus_array_view(&state, stored) == APUS_OK && state.shape[0] == 2 + 6 + 12);
  CHECK(apus_covariance_accumulator_restore(&copy, &state) == APUS_OK);
  CHECK(apus_covariance_accumulator_merge(accumulator, copy) == APUS_OK);
  CHECK(apus_covariance_accumulator_size(&variables, &count, accumulator) == APUS_OK && variables == 3 && count == 20);
  CHECK(apus_covariance_accumulator_covariance(&result, accumulator, 1) == APUS_OK);
  CHECK(apus_array_view(&whole, expected) == APUS_OK && apus_array_view(&parts, result) == APUS_OK);
  const double *a = whole.data, *b = parts.data;
  for (int i = 0; i < 9; i++) CHECK(fabs(a[i] - b[i]) <= 1e-12 * sqrt(a[i / 3 * 4] * a[i % 3 * 4]));
  apus_array_free(result);
  result = NULL;

  double broken[20];
  apus_view damaged = {broken, APUS_FLOAT64, 1, state.shape, NULL};
  apus_covariance_accumulator *none = NULL;
  for (int i = 0; i < 20; i++) {
    memcpy(broken, state.data, sizeof broken);
    broken[i] = NAN;
    CHECK(apus_covariance_accumulator_restore(&none, &damaged) != APUS_OK && none == NULL);
  }
  broken[0] = 8192;
  CHECK(apus_covariance_accumulator_restore(&none, &damaged) != APUS_OK && none == NULL);
  CHECK_ERROR(apus_covariance_accumulator_create(&none, 0), APUS_ERROR_ARGUMENT, "variables");
  CHECK_ERROR(apus_covariance_accumulator_create(&none, INT64_MAX), APUS_ERROR_ARGUMENT, "variables");
  CHECK_ERROR(apus_covariance_accumulator_create(NULL, 3), APUS_ERROR_NULL, "out");
  CHECK_ERROR(apus_covariance_accumulator_update(accumulator, NULL), APUS_ERROR_NULL, "x");
  CHECK_ERROR(apus_covariance_accumulator_update(accumulator, &narrow), APUS_ERROR_SHAPE, "[30, 2]");
  CHECK_ERROR(apus_covariance_accumulator_update(NULL, &head), APUS_ERROR_HANDLE, "accumulator");
  rows[4] = INFINITY;
  CHECK_ERROR(apus_covariance_accumulator_update(accumulator, &rows_view), APUS_ERROR_NOT_FINITE, "row 1");
  rows[4] = 1e200;
  CHECK_ERROR(apus_covariance_accumulator_update(accumulator, &rows_view), APUS_ERROR_NUMERIC, "scale");
  rows[4] = 0.5;
  CHECK(apus_covariance_accumulator_size(NULL, &count, accumulator) == APUS_OK && count == 20);
  CHECK_ERROR(apus_covariance_accumulator_merge(accumulator, (apus_covariance_accumulator *)(void *)expected),
              APUS_ERROR_HANDLE, "apus_array");
  apus_covariance_accumulator_free(copy);
  CHECK_ERROR(apus_covariance_accumulator_merge(accumulator, copy), APUS_ERROR_HANDLE, "freed");
  apus_covariance_accumulator_free(copy);
  apus_covariance_accumulator_free(NULL);
  apus_covariance_accumulator_free(other);
  apus_array_free(stored);
  apus_array_free(expected);
}

int main(void) {
  apus_array *sample = NULL;
  apus_view view;
  const int64_t shape[1] = {COUNT};
  CHECK(apus_distribution_sample(&sample, "gamma", gamma_parameters, 1, shape, 1, 11) == APUS_OK);
  CHECK(apus_array_view(&view, sample) == APUS_OK);
  memcpy(data, view.data, sizeof data);
  apus_array_free(sample);
  for (int i = 0; i < 60; i++) rows[i] = data[i] + i % 3;
  test_samples();
  test_fits();
  test_accumulator();
  exhaust("sample", call_sample, release, NOTHING);
  exhaust("sample with arrays", call_broadcast, release, NOTHING);
  exhaust("fit", call_fit, release, NOTHING);
  exhaust("discrete fit", call_discrete_fit, release, NOTHING);
  exhaust("accumulator create", call_create, release, NOTHING);
  exhaust("accumulator update", call_update, release, RESULT);
  exhaust("accumulator mean", call_mean, release, NOTHING);
  exhaust("accumulator covariance", call_covariance, release, NOTHING);
  exhaust("accumulator state", call_state, release, NOTHING);
  apus_covariance_accumulator_free(accumulator);
  CHECK(apus_memory_live_blocks() == 0);
  return finish();
}
