/* Statistics: known values, strided and float32 views, refusals, failing allocations, threads. */
#include "exhaust.h"

#include <math.h>
#include <pthread.h>

enum { ROWS = 12, COLUMNS = 3, THREADS = 4, ROUNDS = 40 };

/* Student's sleep data (1908): extra hours of sleep under two drugs. */
static const double drug_a[10] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
static const double drug_b[10] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
static const int64_t ten[1] = {10};
static double data[ROWS * COLUMNS];
static const int64_t data_shape[2] = {ROWS, COLUMNS};

static apus_view sample(const double *values) {
  apus_view view = {(void *)values, APUS_FLOAT64, 1, ten, NULL};
  return view;
}

static apus_view matrix(void) {
  apus_view view = {data, APUS_FLOAT64, 2, data_shape, NULL};
  return view;
}

static int close_to(double value, double expected, double tolerance) {
  return fabs(value - expected) <= tolerance * fabs(expected);
}

/* Element `index` of a contiguous float64 array, NaN if there is none. */
static double element(const apus_array *array, int64_t index) {
  apus_view view;
  if (apus_array_view(&view, array) != APUS_OK) return NAN;
  return ((double *)view.data)[index];
}

static double quantity(const char *distribution, const char *function, double x, const double *parameters, int count) {
  apus_view point = {&x, APUS_FLOAT64, 0, NULL, NULL}, views[4];
  const apus_view *list[4];
  apus_array *out = NULL;
  for (int i = 0; i < count; i++) {
    apus_view view = {(void *)&parameters[i], APUS_FLOAT64, 0, NULL, NULL};
    views[i] = view;
    list[i] = &views[i];
  }
  if (apus_distribution_evaluate(&out, distribution, function, &point, list, count) != APUS_OK) return NAN;
  double value = element(out, 0);
  apus_array_free(out);
  return value;
}

static void test_distributions(void) {
  double eight = 8, one = 1, shapes[2] = {2, 3}, poisson = 2.5, summary[8];
  CHECK(close_to(quantity("norm", "sf", 10, NULL, 0), 7.619853024160527e-24, 1e-14));
  CHECK(close_to(quantity("norm", "logsf", 40, NULL, 0), -804.608442013754, 1e-14));
  CHECK(close_to(quantity("norm", "isf", 1e-300, NULL, 0), 37.0470962993612, 1e-14));
  CHECK(close_to(quantity("norm", "ppf", 0.975, NULL, 0), 1.959963984540054, 1e-15));
  CHECK(close_to(quantity("t", "sf", 2.306004135033371, &eight, 1), 0.02500000000666546, 1e-14));
  CHECK(close_to(quantity("t", "sf", 1e200, &one, 1), 3.183098861837907e-201, 1e-13));
  CHECK(close_to(quantity("beta", "cdf", 0.5, shapes, 2), 0.6875, 1e-15));
  CHECK(close_to(quantity("f", "sf", 1, shapes, 2), 0.4647580015448900, 1e-13));
  CHECK(close_to(quantity("poisson", "cdf", 2, &poisson, 1), 0.5438131158833294, 1e-14));
  CHECK(apus_distribution_summary(summary, "beta", shapes, 2) == APUS_OK);
  CHECK(close_to(summary[0], 0.4, 1e-15) && close_to(summary[1], 0.04, 1e-14) && summary[6] == 0 && summary[7] == 1);

  /* Every second element backwards, in float32. */
  float narrow[6] = {-1, 9, 0, 9, 2, 9};
  int64_t three[1] = {3}, back[1] = {-2 * (int64_t)sizeof(float)};
  apus_view view = {&narrow[4], APUS_FLOAT32, 1, three, back};
  apus_array *out;
  CHECK(apus_distribution_evaluate(&out, "norm", "cdf", &view, NULL, 0) == APUS_OK);
  CHECK(close_to(element(out, 0), 0.9772498680518208, 1e-15) && element(out, 1) == 0.5);
  CHECK(close_to(element(out, 2), 0.15865525393145705, 1e-15));
  apus_array_free(out);

  double x = 0.5, df[2] = {1, 2};
  int64_t two[1] = {2};
  apus_view point = {&x, APUS_FLOAT64, 0, NULL, NULL}, degrees = {df, APUS_FLOAT64, 1, two, NULL};
  const apus_view *list[1] = {&degrees};
  CHECK(apus_distribution_evaluate(&out, "t", "cdf", &point, list, 1) == APUS_OK);
  CHECK(close_to(element(out, 0), 0.6475836176504333, 1e-15) && close_to(element(out, 1), 2.0 / 3, 1e-15));
  apus_array_free(out);

  const apus_view *argument[1] = {&point};
  CHECK(apus_special_evaluate(&out, "erf", argument, 1) == APUS_OK && close_to(element(out, 0), 0.5204998778130465, 1e-15));
  apus_array_free(out);
  CHECK(apus_special_evaluate(&out, "logit", argument, 1) == APUS_OK && element(out, 0) == 0);
  apus_array_free(out);
}

static void test_hypothesis_tests(void) {
  apus_view a = sample(drug_a), b = sample(drug_b);
  const apus_view *pair[2] = {&a, &b};
  apus_test_result result;
  apus_text *details = NULL;
  CHECK(apus_test_run(&result, &details, "ttest_rel", pair, 2, NULL, 0) == APUS_OK);
  CHECK(close_to(result.statistic, -4.062127683382037, 1e-14) && close_to(result.p_value, 0.00283289019738427, 1e-13));
  CHECK(close_to(result.confidence_low, -2.459885763276983, 1e-12) && close_to(result.confidence_high, -0.7001142367230175, 1e-12));
  CHECK(result.df == 9 && close_to(exp(result.log_p_value), result.p_value, 1e-14));
  CHECK(details != NULL && strstr(apus_text_data(details), "effect cohen_d") != NULL);
  apus_text_free(details);

  apus_argument options[2] = {{.name = "equal_var", .value = {.type = APUS_TYPE_BOOL, .boolean = 0}},
                              {.name = "alternative", .value = {.type = APUS_TYPE_STRING, .string = "less"}}};
  CHECK(apus_test_run(&result, NULL, "ttest_ind", pair, 2, options, 1) == APUS_OK);
  CHECK(close_to(result.df, 17.776473516178, 1e-12) && close_to(result.p_value, 0.07939414018735, 1e-11));
  double two_sided = result.p_value;
  CHECK(apus_test_run(&result, NULL, "ttest_ind", pair, 2, options, 2) == APUS_OK);
  CHECK(close_to(2 * result.p_value, two_sided, 1e-14));
  CHECK(apus_test_run(&result, NULL, "wilcoxon", pair, 2, NULL, 0) == APUS_OK && result.p_value > 0);

  /* NaN: the result is NaN, or an error, or left out. */
  double holes[10];
  memcpy(holes, drug_a, sizeof holes);
  holes[3] = NAN;
  apus_view missing = sample(holes);
  const apus_view *one[1] = {&missing};
  apus_argument policy = {.name = "nan_policy", .value = {.type = APUS_TYPE_STRING, .string = "raise"}};
  CHECK(apus_test_run(&result, NULL, "ttest_1samp", one, 1, NULL, 0) == APUS_OK && isnan(result.p_value));
  CHECK_ERROR(apus_test_run(&result, NULL, "ttest_1samp", one, 1, &policy, 1), APUS_ERROR_NOT_FINITE, "element 3 is NaN");
  policy.value.string = "omit";
  CHECK(apus_test_run(&result, NULL, "ttest_1samp", one, 1, &policy, 1) == APUS_OK && result.df == 8);

  /* A constant variable: NaN, and a warning that says why. */
  double same[10] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
  apus_view constant = sample(same);
  pair[1] = &constant;
  CHECK(apus_test_run(&result, NULL, "pearsonr", pair, 2, NULL, 0) == APUS_OK && isnan(result.statistic));
  CHECK(apus_warning_count() == 1 && strstr(apus_warning_message(0), "y: all values are equal") != NULL);
}

static void test_matrices(void) {
  apus_view x = matrix(), transposed;
  const apus_view *list[2] = {&x, &x};
  apus_array *first, *second;
  CHECK(apus_statistics_compute(&first, "pearson_matrix", list, 1, NULL, 0) == APUS_OK);
  apus_test_result result;
  int64_t rows[1] = {ROWS}, stride[1] = {COLUMNS * sizeof(double)};
  for (int i = 0; i < COLUMNS; i++)
    for (int j = 0; j < COLUMNS; j++) {
      apus_view u = {&data[i], APUS_FLOAT64, 1, rows, stride}, v = {&data[j], APUS_FLOAT64, 1, rows, stride};
      const apus_view *pair[2] = {&u, &v};
      if (i == j) continue;
      CHECK(apus_test_run(&result, NULL, "pearsonr", pair, 2, NULL, 0) == APUS_OK);
      CHECK(close_to(element(first, i * COLUMNS + j), result.statistic, 1e-13));
      CHECK(close_to(element(first, 9 + i * COLUMNS + j), result.p_value, 1e-12));
    }
  /* The same columns through a transposed view of a transposed copy. */
  double copy[ROWS * COLUMNS];
  for (int i = 0; i < ROWS; i++)
    for (int j = 0; j < COLUMNS; j++) copy[j * ROWS + i] = data[i * COLUMNS + j];
  int64_t strides[2] = {sizeof(double), ROWS * sizeof(double)};
  transposed = x;
  transposed.data = copy;
  transposed.strides = strides;
  list[0] = &transposed;
  CHECK(apus_statistics_compute(&second, "pearson_matrix", list, 1, NULL, 0) == APUS_OK);
  for (int i = 0; i < 27; i++) CHECK(element(first, i) == element(second, i));
  apus_array_free(first);
  apus_array_free(second);

  list[0] = &x;
  apus_argument mean = {.name = "popmean", .value = {.type = APUS_TYPE_DOUBLE, .number = 0.5}};
  CHECK(apus_statistics_compute(&first, "ttest_1samp_columns", list, 1, &mean, 1) == APUS_OK);
  for (int j = 0; j < COLUMNS; j++) {
    apus_view column = {&data[j], APUS_FLOAT64, 1, rows, stride};
    const apus_view *one[1] = {&column};
    CHECK(apus_test_run(&result, NULL, "ttest_1samp", one, 1, &mean, 1) == APUS_OK);
    CHECK(close_to(element(first, j), result.statistic, 1e-12) && close_to(element(first, 3 + j), result.p_value, 1e-12));
    CHECK(element(first, 12 + j) == ROWS - 1);
  }
  apus_array_free(first);

  double series[4] = {1, 2, 3, 4};
  int64_t four[1] = {4};
  apus_view numbers = {series, APUS_FLOAT64, 1, four, NULL};
  list[0] = &numbers;
  apus_argument lags = {.name = "nlags", .value = {.type = APUS_TYPE_INT, .integer = 2}};
  CHECK(apus_statistics_compute(&first, "autocorrelation", list, 1, &lags, 1) == APUS_OK);
  CHECK(element(first, 0) == 1 && element(first, 1) == 0.25 && element(first, 2) == -0.3);
  apus_array_free(first);
  lags.value.integer = 4;
  CHECK_ERROR(apus_statistics_compute(&first, "autocorrelation", list, 1, &lags, 1), APUS_ERROR_ARGUMENT, "nlags: 4");
}

static void test_bad_input(void) {
  apus_view x = matrix(), a = sample(drug_a), bad = a;
  const apus_view *one[1] = {&a}, *null[1] = {NULL}, *pair[2] = {&a, &x};
  apus_array *out = (apus_array *)1;
  apus_test_result result;
  double summary[8], negative = -1;

  CHECK_ERROR(apus_distribution_evaluate(NULL, "norm", "cdf", &a, NULL, 0), APUS_ERROR_NULL, "out");
  CHECK_ERROR(apus_distribution_evaluate(&out, NULL, "cdf", &a, NULL, 0), APUS_ERROR_NULL, "distribution");
  CHECK(out == NULL);
  CHECK_ERROR(apus_distribution_evaluate(&out, "norm", NULL, &a, NULL, 0), APUS_ERROR_NULL, "function");
  CHECK_ERROR(apus_distribution_evaluate(&out, "norm", "cdf", NULL, NULL, 0), APUS_ERROR_NULL, "x");
  CHECK_ERROR(apus_distribution_evaluate(&out, "norm", "cdf", &a, NULL, 1), APUS_ERROR_NULL, "parameters");
  CHECK_ERROR(apus_distribution_evaluate(&out, "t", "cdf", &a, null, 1), APUS_ERROR_NULL, "parameters");
  CHECK_ERROR(apus_distribution_evaluate(&out, "norm", "cdf", &a, one, -1), APUS_ERROR_ARGUMENT, "-1");
  CHECK_ERROR(apus_distribution_evaluate(&out, "gauss", "cdf", &a, NULL, 0), APUS_ERROR_ARGUMENT, "gauss");
  CHECK_ERROR(apus_distribution_evaluate(&out, "norm", "tail", &a, NULL, 0), APUS_ERROR_ARGUMENT, "tail");
  CHECK_ERROR(apus_distribution_evaluate(&out, "\xff", "cdf", &a, NULL, 0), APUS_ERROR_ARGUMENT, "UTF-8");
  CHECK_ERROR(apus_distribution_evaluate(&out, "t", "cdf", &a, NULL, 0), APUS_ERROR_ARGUMENT, "parameters");
  bad.dtype = 99;
  CHECK(apus_distribution_evaluate(&out, "norm", "cdf", &bad, NULL, 0) == APUS_ERROR_ENUM && out == NULL);
  int64_t wraps[2] = {INT64_C(1) << 32, INT64_C(1) << 32}, less[1] = {-1};
  bad = x;
  bad.shape = wraps;
  CHECK(apus_distribution_evaluate(&out, "norm", "cdf", &bad, NULL, 0) == APUS_ERROR_OVERFLOW && out == NULL);
  bad = a;
  bad.shape = less;
  CHECK(apus_distribution_evaluate(&out, "norm", "cdf", &bad, NULL, 0) != APUS_OK && out == NULL);

  CHECK_ERROR(apus_distribution_summary(NULL, "norm", NULL, 0), APUS_ERROR_NULL, "out");
  CHECK_ERROR(apus_distribution_summary(summary, NULL, NULL, 0), APUS_ERROR_NULL, "distribution");
  CHECK_ERROR(apus_distribution_summary(summary, "t", NULL, 1), APUS_ERROR_NULL, "parameters");
  CHECK_ERROR(apus_distribution_summary(summary, "t", &negative, 1), APUS_ERROR_ARGUMENT, "df: -1.0");
  CHECK_ERROR(apus_distribution_summary(summary, "t", &negative, 1 << 20), APUS_ERROR_ARGUMENT, "parameter_count");

  CHECK_ERROR(apus_special_evaluate(NULL, "erf", one, 1), APUS_ERROR_NULL, "out");
  CHECK_ERROR(apus_special_evaluate(&out, NULL, one, 1), APUS_ERROR_NULL, "function");
  CHECK_ERROR(apus_special_evaluate(&out, "erf", NULL, 1), APUS_ERROR_NULL, "arguments");
  CHECK_ERROR(apus_special_evaluate(&out, "erf", null, 1), APUS_ERROR_NULL, "arguments");
  CHECK_ERROR(apus_special_evaluate(&out, "erf", one, 0), APUS_ERROR_ARGUMENT, "takes 1");
  CHECK_ERROR(apus_special_evaluate(&out, "bessel", one, 1), APUS_ERROR_ARGUMENT, "bessel");
  CHECK_ERROR(apus_special_evaluate(&out, "betaln", pair, 2), APUS_ERROR_SHAPE, "broadcast");

  CHECK_ERROR(apus_test_run(NULL, NULL, "ttest_1samp", one, 1, NULL, 0), APUS_ERROR_NULL, "out");
  CHECK_ERROR(apus_test_run(&result, NULL, NULL, one, 1, NULL, 0), APUS_ERROR_NULL, "test");
  CHECK_ERROR(apus_test_run(&result, NULL, "ttest_1samp", NULL, 1, NULL, 0), APUS_ERROR_NULL, "samples");
  CHECK_ERROR(apus_test_run(&result, NULL, "ttest_1samp", null, 1, NULL, 0), APUS_ERROR_NULL, "samples");
  CHECK(apus_test_run(&result, NULL, "ttest_1samp", one, 1, NULL, 1) == APUS_ERROR_NULL);
  CHECK_ERROR(apus_test_run(&result, NULL, "guess", one, 1, NULL, 0), APUS_ERROR_ARGUMENT, "guess");
  CHECK_ERROR(apus_test_run(&result, NULL, "ttest_ind", one, 1, NULL, 0), APUS_ERROR_ARGUMENT, "takes 2");
  CHECK_ERROR(apus_test_run(&result, NULL, "ttest_ind", pair, 2, NULL, 0), APUS_ERROR_SHAPE, "needs one dimension");
  apus_argument option = {.name = "alternative", .value = {.type = APUS_TYPE_STRING, .string = "sideways"}};
  CHECK_ERROR(apus_test_run(&result, NULL, "ttest_1samp", one, 1, &option, 1), APUS_ERROR_ARGUMENT, "sideways");
  option.name = "popmean";
  CHECK_ERROR(apus_test_run(&result, NULL, "ttest_1samp", one, 1, &option, 1), APUS_ERROR_TYPE, "popmean");
  option.name = "temperature";
  CHECK_ERROR(apus_test_run(&result, NULL, "ttest_1samp", one, 1, &option, 1), APUS_ERROR_ARGUMENT, "temperature");
  option.name = NULL;
  CHECK(apus_test_run(&result, NULL, "ttest_1samp", one, 1, &option, 1) == APUS_ERROR_NULL);
  option.name = "popmean";
  option.value.type = 1 << 20;
  CHECK(apus_test_run(&result, NULL, "ttest_1samp", one, 1, &option, 1) == APUS_ERROR_ENUM);

  CHECK_ERROR(apus_statistics_compute(NULL, "pearson_matrix", one, 1, NULL, 0), APUS_ERROR_NULL, "out");
  CHECK_ERROR(apus_statistics_compute(&out, NULL, one, 1, NULL, 0), APUS_ERROR_NULL, "name");
  CHECK_ERROR(apus_statistics_compute(&out, "pearson_matrix", NULL, 1, NULL, 0), APUS_ERROR_NULL, "arrays");
  CHECK_ERROR(apus_statistics_compute(&out, "pearson_matrix", one, 1, NULL, 0), APUS_ERROR_SHAPE, "two dimensions");
  CHECK_ERROR(apus_statistics_compute(&out, "pearson_matrix", one, 0, NULL, 0), APUS_ERROR_ARGUMENT, "at least 1");
  CHECK_ERROR(apus_statistics_compute(&out, "horoscope", one, 1, NULL, 0), APUS_ERROR_ARGUMENT, "horoscope");
}

/* The largest value of the first sample less the largest of the others; fails on the number of calls `context` points to. */
static void range_between(void *context, double *out, const double *resamples, int64_t count, const int64_t *sizes,
                          int64_t sample_count, int32_t *status) {
  int *left = context;
  if (left != NULL && (*left)-- == 0) return;
  for (int64_t k = 0; k < count; k++) {
    double largest[8] = {0};
    for (int64_t i = 0; i < sample_count; i++) {
      largest[i] = -INFINITY;
      for (int64_t j = 0; j < sizes[i]; j++, resamples++) largest[i] = fmax(largest[i], *resamples);
    }
    out[k] = largest[0] - (sample_count > 1 ? largest[1] : 0);
  }
  *status = APUS_OK;
}

/* A permutation test and a bootstrap of a function of the caller's: on one thread and on several, in batches of any size. */
static void test_statistics_of_the_caller(void) {
  double first[4] = {4, 7, 9, 12}, second[4] = {1, 2, 3, 5};
  int64_t four[1] = {4};
  apus_view a = {first, APUS_FLOAT64, 1, four, NULL}, b = {second, APUS_FLOAT64, 1, four, NULL};
  const apus_view *pair[2] = {&a, &b};
  apus_test_result result, other;
  apus_text *details = NULL;
  /* Of the 70 ways to deal the values the difference is at least 7 in those with 5 in the second sample only, and 9 and 7. */
  CHECK(apus_test_resample(&result, &details, "permutation_test", pair, 2, range_between, NULL, NULL, 0) == APUS_OK);
  CHECK(result.statistic == 7 && strstr(apus_text_data(details), "resamples 70") != NULL);
  apus_text_free(details);
  int reached = 0;
  double all[8] = {4, 7, 9, 12, 1, 2, 3, 5};
  for (int chosen = 0; chosen < 256; chosen++) {
    double x = -INFINITY, y = -INFINITY;
    int count = 0;
    for (int i = 0; i < 8; i++) {
      if (chosen >> i & 1)
        x = fmax(x, all[i]), count++;
      else
        y = fmax(y, all[i]);
    }
    reached += count == 4 && x - y >= 7;
  }
  CHECK(close_to(result.p_value, 2.0 * reached / 70, 1e-14));
  apus_argument options[3] = {{"n_resamples", {.type = APUS_TYPE_INT, .integer = 500}},
                              {"seed", {.type = APUS_TYPE_INT, .integer = 3}},
                              {"batch", {.type = APUS_TYPE_INT, .integer = 7}}};
  CHECK(apus_test_resample(&result, NULL, "bootstrap", pair, 2, range_between, NULL, options, 3) == APUS_OK);
  options[2] = (apus_argument){"parallel", {.type = APUS_TYPE_BOOL, .boolean = 1}};
  CHECK(apus_test_resample(&other, NULL, "bootstrap", pair, 2, range_between, NULL, options, 3) == APUS_OK);
  CHECK(result.statistic == 7 && result.confidence_low < result.confidence_high);
  CHECK(memcmp(&result, &other, sizeof result) == 0);
  for (int calls = 0; calls < 2; calls++) {
    int left = calls;
    CHECK_ERROR(apus_test_resample(&result, NULL, "bootstrap", pair, 2, range_between, &left, options, 2),
                APUS_ERROR_CALLBACK, "statistic: the callback reported");
  }
  CHECK_ERROR(apus_test_resample(&result, NULL, "bootstrap", pair, 2, NULL, NULL, NULL, 0), APUS_ERROR_NULL, "statistic");
  CHECK_ERROR(apus_test_resample(&result, NULL, "ztest", pair, 2, range_between, NULL, NULL, 0), APUS_ERROR_ARGUMENT,
              "bootstrap");
  options[2] = (apus_argument){"batch", {.type = APUS_TYPE_INT, .integer = -1}};
  CHECK_ERROR(apus_test_resample(&result, NULL, "bootstrap", pair, 2, range_between, NULL, options, 3),
              APUS_ERROR_ARGUMENT, "batch: -1");
}

static apus_status call(int index) {
  apus_view x = matrix(), a = sample(drug_a), b = sample(drug_b);
  double mean = 3;
  apus_view number = {&mean, APUS_FLOAT64, 0, NULL, NULL};
  const apus_view *pair[2] = {&a, &b}, *one[2] = {&x, &x}, *three[1] = {&number};
  apus_array *out = NULL;
  apus_text *details = NULL;
  apus_test_result result;
  double summary[8];
  apus_status status;
  switch (index) {
    case 0: status = apus_distribution_evaluate(&out, "norm", "ppf", &x, NULL, 0); break;
    case 1: status = apus_distribution_evaluate(&out, "norm", "logcdf", &x, pair, 0); break;
    case 2: status = apus_distribution_summary(summary, "norm", NULL, 0); break;
    case 3: status = apus_special_evaluate(&out, "erf", one, 1); break;
    case 4: status = apus_test_run(&result, &details, "ttest_ind", pair, 2, NULL, 0); break;
    case 5: status = apus_test_run(&result, &details, "mannwhitneyu", pair, 2, NULL, 0); break;
    case 6: status = apus_test_run(&result, NULL, "kendalltau", pair, 2, NULL, 0); break;
    case 7: status = apus_test_run(&result, NULL, "shapiro", pair, 1, NULL, 0); break;
    case 8: status = apus_test_run(&result, NULL, "permutation_test", pair, 2, NULL, 0); break;
    case 9: status = apus_statistics_compute(&out, "pearson_matrix", one, 1, NULL, 0); break;
    case 10: status = apus_statistics_compute(&out, "spearman_matrix", one, 1, NULL, 0); break;
    case 11: status = apus_statistics_compute(&out, "ttest_ind_columns", one, 2, NULL, 0); break;
    case 12: status = apus_statistics_compute(&out, "autocorrelation", pair, 1, NULL, 0); break;
    case 13: status = apus_statistics_compute(&out, "ledoit_wolf", one, 1, NULL, 0); break;
    case 14: status = apus_test_resample(&result, &details, "bootstrap", pair, 2, range_between, NULL, NULL, 0); break;
    case 15: status = apus_test_resample(&result, NULL, "permutation_test", pair, 2, range_between, NULL, NULL, 0); break;
    case 16: status = apus_distribution_evaluate(&out, "poisson", "cdf", &x, three, 1); break;
    case 17: status = apus_distribution_evaluate(&out, "poisson", "ppf", &x, three, 1); break;
    case 18: status = apus_distribution_evaluate(&out, "gamma", "ppf", &x, three, 1); break;
    default: status = apus_statistics_compute(&out, "tukey_hsd", pair, 2, NULL, 0); break;
  }
  apus_array_free(out);
  apus_text_free(details);
  return status;
}

/* The call being exhausted. */
static int current;
static apus_status call_current(void) { return call(current); }

static void test_failing_allocations(void) {
  for (current = 0; current < 20; current++) exhaust("call", call_current, NULL, NOTHING);
}

static apus_test_result expected;

static void *run_tests(void *failures) {
  apus_view a = sample(drug_a), b = sample(drug_b), x = matrix();
  const apus_view *pair[2] = {&a, &b}, *one[1] = {&x};
  for (int round = 0; round < ROUNDS; round++) {
    apus_test_result result;
    apus_array *out = NULL;
    if (apus_test_run(&result, NULL, "ttest_ind", pair, 2, NULL, 0) != APUS_OK ||
        memcmp(&result, &expected, sizeof result) != 0)
      ++*(int *)failures;
    if (apus_statistics_compute(&out, "pearson_matrix", one, 1, NULL, 0) != APUS_OK) ++*(int *)failures;
    apus_array_free(out);
    if (apus_test_run(&result, NULL, "guess", pair, 2, NULL, 0) != APUS_ERROR_ARGUMENT) ++*(int *)failures;
  }
  return NULL;
}

static void test_threads(void) {
  apus_view a = sample(drug_a), b = sample(drug_b);
  const apus_view *pair[2] = {&a, &b};
  pthread_t threads[THREADS];
  int failures[THREADS] = {0};
  memset(&expected, 0, sizeof expected);
  CHECK(apus_test_run(&expected, NULL, "ttest_ind", pair, 2, NULL, 0) == APUS_OK);
  for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, run_tests, &failures[i]) == 0);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    CHECK(failures[i] == 0);
  }
}

int main(void) {
  for (int i = 0; i < ROWS * COLUMNS; i++) data[i] = 0.5 + 0.4 * sin(1.7 * i) + 0.2 * ((i / COLUMNS) % 4);
  test_distributions();
  test_hypothesis_tests();
  test_statistics_of_the_caller();
  test_matrices();
  test_bad_input();
  test_failing_allocations();
  test_threads();
  return finish();
}
