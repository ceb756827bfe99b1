/* Inference through C: options of the fit, tables of predictions, reports; bad inputs; every call with the N-th allocation
 * failing. */
#include "exhaust.h"
#include "samples.h"

#include <math.h>
#include <stddef.h>

static apus_estimator *model;
static apus_view x, y;
static apus_array *result;
static apus_text *report;
static double groups[SAMPLE_ROWS], sigma[SAMPLE_ROWS * SAMPLE_ROWS], counts[2 * SAMPLE_ROWS], exposure[SAMPLE_ROWS];
static int64_t rows_shape[1] = {SAMPLE_ROWS}, square_shape[2] = {SAMPLE_ROWS, SAMPLE_ROWS}, count_shape[2] = {SAMPLE_ROWS, 2};
static apus_view group_view = {groups, APUS_FLOAT64, 1, rows_shape, NULL};
static apus_view sigma_view = {sigma, APUS_FLOAT64, 2, square_shape, NULL};
static apus_view count_view = {counts, APUS_FLOAT64, 2, count_shape, NULL};
static apus_view exposure_view = {exposure, APUS_FLOAT64, 1, rows_shape, NULL};
static apus_fit_options options = APUS_FIT_OPTIONS_INIT;

static double number(const char *name, int64_t index) {
  apus_array *array = NULL;
  apus_view view;
  double value = NAN;
  if (apus_estimator_get_array(&array, model, name) == APUS_OK && apus_array_view(&view, array) == APUS_OK) {
    value = ((const double *)view.data)[index];
  }
  apus_array_free(array);
  return value;
}

static apus_status call_fit(void) { return apus_estimator_fit(model, &x, &y, &options); }
static apus_status call_prediction(void) {
  return apus_estimator_apply(&result, model, "get_prediction", &x, NULL, 0);
}
static apus_status call_intervals(void) { return apus_estimator_apply(&result, model, "conf_int", NULL, NULL, 0); }
static apus_status call_summary(void) { return apus_estimator_text(&report, model, "summary", NULL, 0); }
static apus_status call_attribute(void) { return apus_estimator_get_array(&result, model, "cooks_distance_"); }
static apus_status call_serialize(void) { return apus_estimator_serialize(&result, model); }

/* Frees the results, of which a failed call leaves none. */
static void release(apus_status status) {
  if (status != APUS_OK) CHECK(result == NULL && report == NULL);
  apus_array_free(result);
  apus_text_free(report);
  result = NULL;
  report = NULL;
}

static void exhaust_all(void) {
  exhaust("fit", call_fit, release, RESULT);
  exhaust("get_prediction", call_prediction, release, NOTHING);
  exhaust("conf_int", call_intervals, release, NOTHING);
  exhaust("summary", call_summary, release, NOTHING);
  exhaust("cooks_distance_", call_attribute, release, NOTHING);
  exhaust("serialize", call_serialize, release, NOTHING);
}

static void least_squares(void) {
  double classical, older;
  CHECK(apus_estimator_create(&model, "linear_regression") == APUS_OK);
  CHECK(apus_estimator_fit(model, &x, &y, NULL) == APUS_OK);
  CHECK_ERROR(call_summary(), APUS_ERROR_UNSUPPORTED, "inference=True");
  CHECK(apus_estimator_set_bool(model, "inference", 1) == APUS_OK);
  exhaust_all();
  classical = number("bse_", 1);
  CHECK(classical > 0 && number("rsquared_", 0) > 0.9);
  CHECK(call_summary() == APUS_OK);
  CHECK(strstr(apus_text_data(report), "OLS Regression Results") != NULL);
  apus_text_free(report);
  report = NULL;

  /* The first version's structure ends before the fields that were added. */
  options.struct_size = offsetof(apus_fit_options, validation_group);
  options.groups = &group_view;
  CHECK(call_fit() == APUS_OK);
  older = number("bse_", 1);
  CHECK(older == classical);
  options.struct_size = sizeof options;

  CHECK(apus_estimator_set_string(model, "cov_type", "cluster") == APUS_OK);
  CHECK(call_fit() == APUS_OK);
  CHECK(number("bse_", 1) != classical);
  exhaust("clustered fit", call_fit, release, RESULT);
  options.groups = NULL;
  CHECK_ERROR(call_fit(), APUS_ERROR_ARGUMENT, "groups");
  rows_shape[0] = SAMPLE_ROWS - 1;
  options.groups = &group_view;
  CHECK_ERROR(call_fit(), APUS_ERROR_SHAPE, "groups");
  rows_shape[0] = SAMPLE_ROWS;
  groups[3] = NAN;
  CHECK_ERROR(call_fit(), APUS_ERROR_NOT_FINITE, "groups");
  groups[3] = 0;
  options.groups = NULL;

  CHECK(apus_estimator_set_string(model, "cov_type", "nonrobust") == APUS_OK);
  options.sigma = &sigma_view;
  CHECK(call_fit() == APUS_OK);
  exhaust("whitened fit", call_fit, release, RESULT);
  CHECK(call_prediction() == APUS_OK);
  apus_array_free(result);
  sigma[1] = 5;
  CHECK_ERROR(call_fit(), APUS_ERROR_ARGUMENT, "symmetric");
  sigma[SAMPLE_ROWS] = 5;
  CHECK_ERROR(call_fit(), APUS_ERROR_ARGUMENT, "positive definite");
  sigma[1] = sigma[SAMPLE_ROWS] = 0;
  options.sigma = &group_view;
  CHECK_ERROR(call_fit(), APUS_ERROR_ARGUMENT, "variance");
  options.sigma = NULL;

  apus_argument argument;
  memset(&argument, 0, sizeof argument);
  argument.name = "alpha";
  argument.value.type = APUS_TYPE_DOUBLE;
  argument.value.number = 2;
  CHECK_ERROR(apus_estimator_text(&report, model, "summary", &argument, 1), APUS_ERROR_ARGUMENT, "alpha");
  argument.value.type = APUS_TYPE_STRING;
  argument.value.string = "wide";
  CHECK_ERROR(apus_estimator_apply(&result, model, "conf_int", NULL, &argument, 1), APUS_ERROR_TYPE, "alpha");
  argument.name = "alpah";
  CHECK_ERROR(apus_estimator_apply(&result, model, "get_prediction", &x, &argument, 1), APUS_ERROR_ARGUMENT, "'alpha'");
  CHECK_ERROR(apus_estimator_apply(&result, model, "get_prediction", NULL, NULL, 0), APUS_ERROR_ARGUMENT, "X");
  CHECK_ERROR(apus_estimator_text(&report, model, "story", NULL, 0), APUS_ERROR_UNSUPPORTED, "summary");
  apus_estimator_free(model);
}

static void generalised(void) {
  CHECK(apus_estimator_create(&model, "glm") == APUS_OK);
  CHECK(apus_estimator_set_string(model, "family", "poisson") == APUS_OK);
  options.exposure = &exposure_view;
  options.offset = &group_view;
  exhaust_all();
  exposure[5] = -1;
  CHECK_ERROR(call_fit(), APUS_ERROR_ARGUMENT, "exposure");
  exposure[5] = 1;
  options.exposure = options.offset = NULL;
  CHECK(apus_estimator_set_string(model, "family", "binomial") == APUS_OK);
  CHECK_ERROR(call_fit(), APUS_ERROR_ARGUMENT, "out of the valid range");
  y = count_view;
  CHECK(call_fit() == APUS_OK);
  CHECK(number("deviance_", 0) > 0);
  counts[7] = -1;
  CHECK_ERROR(call_fit(), APUS_ERROR_ARGUMENT, "negative");
  counts[7] = 2;
  y = (apus_view){sample_y, APUS_FLOAT64, 1, sample_y_shape, NULL};
  CHECK(apus_estimator_set_string(model, "family", "negative_binomial") == APUS_OK);
  CHECK(apus_estimator_set_none(model, "alpha") == APUS_OK);
  CHECK(call_fit() == APUS_OK);
  apus_estimator_free(model);
}

static void logistic(void) {
  y = (apus_view){sample_labels, APUS_FLOAT64, 1, sample_y_shape, NULL};
  CHECK(apus_estimator_create(&model, "logistic_regression") == APUS_OK);
  CHECK(apus_estimator_set_bool(model, "inference", 1) == APUS_OK);
  CHECK_ERROR(call_fit(), APUS_ERROR_ARGUMENT, "penalty=None");
  CHECK(apus_estimator_set_string(model, "penalty", "firth") == APUS_OK);
  CHECK(apus_estimator_set_double(model, "profile_alpha", 0.05) == APUS_OK);
  CHECK(call_fit() == APUS_OK);
  CHECK(number("profile_conf_int_", 0) < number("params_", 0));
  CHECK(apus_estimator_set_none(model, "profile_alpha") == APUS_OK);
  exhaust_all();
  /* The sample's classes are separated by its features. */
  CHECK(apus_estimator_set_none(model, "penalty") == APUS_OK);
  CHECK(call_fit() == APUS_OK);
  CHECK(apus_warning_count() == 1 && strstr(apus_warning_message(0), "perfect separation") != NULL);
  CHECK(isfinite(number("bse_", 0)));
  apus_estimator_free(model);
}

int main(void) {
  make_samples();
  x = sample_features();
  y = (apus_view){sample_y, APUS_FLOAT64, 1, sample_y_shape, NULL};
  for (int i = 0; i < SAMPLE_ROWS; i++) {
    groups[i] = i % 7;
    exposure[i] = 1 + i % 3;
    counts[2 * i] = i % 4;
    counts[2 * i + 1] = 2;
    for (int j = 0; j < SAMPLE_ROWS; j++) sigma[i * SAMPLE_ROWS + j] = i == j ? 1 + i % 2 : 0;
  }
  int64_t blocks = apus_memory_live_blocks();
  least_squares();
  generalised();
  logistic();
  CHECK(apus_memory_live_blocks() == blocks);
  return finish();
}
