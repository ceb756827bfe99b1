/* Gradient boosting's own entry points: a user's loss, ranking groups, import and export. */
#include <string.h>

#include "exhaust.h"

enum { ROWS = 200, COLUMNS = 2 };

static double features[ROWS * COLUMNS], targets[ROWS];
static int64_t shape[2] = {ROWS, COLUMNS}, length[1] = {ROWS};
static const char *const model_text =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\nobjective=regression\n\nTree=0\n"
    "num_leaves=2\nnum_cat=0\nsplit_feature=1\nthreshold=0.5\ndecision_type=8\nleft_child=-1\nright_child=-2\n"
    "leaf_value=-1.5 2.5\n\nend of trees\n";

static void squared_loss(void *context, const double *y, const double *raw, float *gradient, float *hessian, int64_t rows,
                         int64_t outputs, int32_t *status) {
  for (int64_t i = 0; i < rows * outputs; i++) {
    gradient[i] = (float)(raw[i] - y[i]);
    hessian[i] = 1;
  }
  ++*(int *)context;
  *status = APUS_OK;
}

static void silent(void *context, const double *y, const double *raw, float *gradient, float *hessian, int64_t rows,
                   int64_t outputs, int32_t *status) {
  (void)context, (void)y, (void)raw, (void)gradient, (void)hessian, (void)rows, (void)outputs, (void)status;
}

static void test_objective(apus_view *x, apus_view *y) {
  apus_estimator *estimator = NULL;
  apus_fit_options options = APUS_FIT_OPTIONS_INIT;
  double score = 0;
  int calls = 0;
  CHECK(apus_estimator_create(&estimator, "hist_gradient_boosting_regressor") == APUS_OK);
  CHECK(apus_estimator_set_int(estimator, "max_iter", 20) == APUS_OK);
  options.objective = squared_loss;
  options.objective_context = &calls;
  CHECK(apus_estimator_fit(estimator, x, y, &options) == APUS_OK);
  CHECK(calls == 20);
  CHECK(apus_estimator_score(&score, estimator, x, y, NULL) == APUS_OK);
  CHECK(score > 0.7);
  /* A callback that never reports leaves the earlier model. */
  options.objective = silent;
  CHECK(apus_estimator_fit(estimator, x, y, &options) == APUS_ERROR_CALLBACK);
  CHECK(apus_estimator_is_fitted(estimator) == 1);
  apus_estimator_free(estimator);
}

/* Targets whose gradients overflow are refused by round, and the earlier model stays. */
static void test_divergence(apus_view *x, apus_view *y) {
  apus_estimator *estimator = NULL;
  double huge[ROWS];
  apus_view far = {huge, APUS_FLOAT64, 1, length, NULL};
  for (int i = 0; i < ROWS; i++) huge[i] = 1e300 * targets[i];
  CHECK(apus_estimator_create(&estimator, "hist_gradient_boosting_regressor") == APUS_OK);
  CHECK(apus_estimator_fit(estimator, x, y, NULL) == APUS_OK);
  CHECK(apus_estimator_fit(estimator, x, &far, NULL) == APUS_ERROR_NUMERIC);
  CHECK(strstr(apus_last_error(), "round 1") != NULL);
  CHECK(apus_estimator_is_fitted(estimator) == 1);
  apus_estimator_free(estimator);
}

static void test_groups(apus_view *x) {
  apus_estimator *estimator = NULL;
  apus_fit_options options = APUS_FIT_OPTIONS_INIT;
  double relevances[ROWS], sizes[2] = {ROWS / 2, ROWS / 2};
  int64_t count[1] = {2};
  apus_view y = {relevances, APUS_FLOAT64, 1, length, NULL}, group = {sizes, APUS_FLOAT64, 1, count, NULL};
  for (int i = 0; i < ROWS; i++) relevances[i] = i % 3;
  CHECK(apus_estimator_create(&estimator, "hist_gradient_boosting_ranker") == APUS_OK);
  options.group = &group;
  CHECK(apus_estimator_fit(estimator, x, &y, &options) == APUS_OK);
  sizes[1] = 7;
  CHECK(apus_estimator_fit(estimator, x, &y, &options) == APUS_ERROR_ARGUMENT);
  CHECK(strstr(apus_last_error(), "group") != NULL);
  sizes[1] = -1;
  CHECK(apus_estimator_fit(estimator, x, &y, &options) == APUS_ERROR_ARGUMENT);
  sizes[1] = ROWS / 2;
  relevances[5] = 2.5;
  CHECK(apus_estimator_fit(estimator, x, &y, &options) == APUS_ERROR_ARGUMENT);
  apus_estimator_free(estimator);
}

static apus_estimator *imported;
static apus_array *exported;

static apus_status call_import(void) {
  return apus_estimator_import(&imported, "lightgbm", model_text, (int64_t)strlen(model_text));
}
static apus_status call_export(void) { return apus_estimator_export(&exported, imported, "onnx"); }

/* Free what the calls made: nothing where they failed. */
static void free_imported(apus_status status) {
  if (status != APUS_OK) CHECK(imported == NULL);
  apus_estimator_free(imported);
  imported = NULL;
}
static void free_exported(apus_status status) {
  if (status != APUS_OK) CHECK(exported == NULL);
  apus_array_free(exported);
  exported = NULL;
}

static void test_import(void) {
  apus_estimator *estimator = NULL;
  apus_array *result = NULL;
  apus_view view;
  double rows[4] = {0, 0.5, 0, 0.75};
  int64_t two[2] = {2, 2};
  apus_view x = {rows, APUS_FLOAT64, 2, two, NULL};
  int64_t size = (int64_t)strlen(model_text);
  CHECK(apus_estimator_import(NULL, "lightgbm", model_text, size) == APUS_ERROR_NULL);
  CHECK(apus_estimator_import(&estimator, NULL, model_text, size) == APUS_ERROR_NULL);
  CHECK(apus_estimator_import(&estimator, "lightgbm", NULL, size) == APUS_ERROR_NULL);
  CHECK(apus_estimator_import(&estimator, "lightgbm", model_text, -1) == APUS_ERROR_ARGUMENT);
  CHECK(apus_estimator_import(&estimator, "pickle", model_text, size) == APUS_ERROR_ARGUMENT);
  CHECK(apus_estimator_import(&estimator, "xgboost", model_text, size) == APUS_ERROR_FORMAT);
  CHECK(apus_estimator_import(&estimator, "lightgbm", model_text, size / 2) == APUS_ERROR_FORMAT);
  CHECK(estimator == NULL);
  exhaust("import", call_import, free_imported, NOTHING);
  CHECK(apus_estimator_import(&estimator, "lightgbm", model_text, size) == APUS_OK);
  CHECK(apus_estimator_predict(&result, estimator, &x) == APUS_OK);
  CHECK(apus_array_view(&view, result) == APUS_OK);
  CHECK(((double *)view.data)[0] == -1.5 && ((double *)view.data)[1] == 2.5);
  apus_array_free(result);
  imported = estimator;
  exhaust("export", call_export, free_exported, NOTHING);
  result = NULL;
  CHECK(apus_estimator_export(&result, estimator, "pmml") == APUS_ERROR_UNSUPPORTED);
  CHECK(apus_estimator_export(&result, NULL, "onnx") == APUS_ERROR_HANDLE);
  apus_estimator_free(estimator);
  CHECK(apus_estimator_create(&estimator, "hist_gradient_boosting_regressor") == APUS_OK);
  CHECK(apus_estimator_export(&result, estimator, "onnx") == APUS_ERROR_NOT_FITTED);
  apus_estimator_free(estimator);
}

int main(void) {
  apus_view x = {features, APUS_FLOAT64, 2, shape, NULL}, y = {targets, APUS_FLOAT64, 1, length, NULL};
  for (int i = 0; i < ROWS; i++) {
    features[COLUMNS * i] = (double)(i * 37 % 101) / 101;
    features[COLUMNS * i + 1] = (double)(i * 59 % 89) / 89;
    targets[i] = features[COLUMNS * i] > 0.5 ? 1 : features[COLUMNS * i + 1];
  }
  test_objective(&x, &y);
  test_divergence(&x, &y);
  test_groups(&x);
  test_import();
  return finish();
}
