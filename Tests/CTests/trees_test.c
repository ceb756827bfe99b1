/* Trees from C: arrays, reports, explanations and permutation importance, and what they refuse. */
#include "check.h"
#include "samples.h"

#include <math.h>

static apus_estimator *forest;
static apus_view x, y;

static apus_status apply(apus_array **out, const char *operation, const apus_argument *arguments, int64_t count) {
  return apus_estimator_apply(out, forest, operation, &x, arguments, count);
}

/* Shapley values and the expected value add up to the prediction. */
static void check_explanation(const apus_argument *arguments, int64_t count) {
  apus_array *values, *expected, *predicted;
  apus_view v, e, p;
  CHECK(apply(&values, "shap_values", arguments, count) == APUS_OK);
  CHECK(apus_estimator_apply(&expected, forest, "shap_expected_value", NULL, arguments, count) == APUS_OK);
  CHECK(apus_estimator_predict(&predicted, forest, &x) == APUS_OK);
  CHECK(apus_array_view(&v, values) == APUS_OK && apus_array_view(&e, expected) == APUS_OK);
  CHECK(apus_array_view(&p, predicted) == APUS_OK);
  CHECK(v.ndim == 2 && v.shape[0] == SAMPLE_ROWS && v.shape[1] == SAMPLE_COLUMNS && e.ndim == 0);
  for (int row = 0; row < SAMPLE_ROWS; row++) {
    double sum = *(double *)e.data;
    for (int j = 0; j < SAMPLE_COLUMNS; j++) sum += ((double *)v.data)[row * SAMPLE_COLUMNS + j];
    CHECK(fabs(sum - ((double *)p.data)[row]) < 1e-12);
  }
  apus_array_free(values);
  apus_array_free(expected);
  apus_array_free(predicted);
}

static void check_tree_arrays(void) {
  apus_array *left, *offsets;
  apus_view l, o;
  CHECK(apus_estimator_get_array(&left, forest, "tree_children_left_") == APUS_OK);
  CHECK(apus_estimator_get_array(&offsets, forest, "tree_offsets_") == APUS_OK);
  CHECK(apus_array_view(&l, left) == APUS_OK && apus_array_view(&o, offsets) == APUS_OK);
  CHECK(o.shape[0] == 11 && ((int64_t *)o.data)[10] == l.shape[0]);
  for (int64_t tree = 0; tree < 10; tree++) {
    int64_t first = ((int64_t *)o.data)[tree], nodes = ((int64_t *)o.data)[tree + 1] - first;
    for (int64_t node = 0; node < nodes; node++) {
      int64_t child = ((int64_t *)l.data)[first + node];
      CHECK(child == -1 || (child > node && child + 1 < nodes));
    }
  }
  apus_array_free(left);
  apus_array_free(offsets);
}

/* The trees of the forest are estimators of their own, whose mean is the forest. */
static void check_members(void) {
  apus_array *whole, *part;
  apus_view w, p;
  apus_estimator *member, *none = NULL;
  double sums[SAMPLE_ROWS] = {0};
  CHECK(apus_estimator_member_count(forest) == 10 && apus_estimator_member_count(NULL) == -1);
  for (int64_t tree = 0; tree < 10; tree++) {
    CHECK(apus_estimator_member(&member, forest, tree) == APUS_OK);
    CHECK(strcmp(apus_estimator_kind(member), "decision_tree_regressor") == 0 && apus_estimator_is_fitted(member) == 1);
    CHECK(apus_estimator_predict(&part, member, &x) == APUS_OK && apus_array_view(&p, part) == APUS_OK);
    for (int row = 0; row < SAMPLE_ROWS; row++) sums[row] += ((double *)p.data)[row] / 10;
    apus_array_free(part);
    CHECK(apus_estimator_member_count(member) == 0);
    CHECK_ERROR(apus_estimator_member(&none, member, 0), APUS_ERROR_ARGUMENT, "0..<0");
    apus_estimator_free(member);
  }
  CHECK(apus_estimator_predict(&whole, forest, &x) == APUS_OK && apus_array_view(&w, whole) == APUS_OK);
  for (int row = 0; row < SAMPLE_ROWS; row++) CHECK(fabs(sums[row] - ((double *)w.data)[row]) < 1e-12);
  apus_array_free(whole);
  CHECK_ERROR(apus_estimator_member(&none, forest, 10), APUS_ERROR_ARGUMENT, "0..<10");
  CHECK_ERROR(apus_estimator_member(&none, forest, -1), APUS_ERROR_ARGUMENT, "index");
  CHECK(none == NULL);
}

static void check_reports(void) {
  apus_text *text;
  apus_argument argument = {0};
  const char *names[] = {"export_text", "export_graphviz", "export_svg"}, *starts[] = {"|---", "digraph", "<svg"};
  for (int i = 0; i < 3; i++) {
    CHECK(apus_estimator_text(&text, forest, names[i], NULL, 0) == APUS_OK);
    CHECK(strncmp(apus_text_data(text), starts[i], strlen(starts[i])) == 0);
    apus_text_free(text);
  }
  argument.name = "tree";
  argument.value.type = APUS_TYPE_INT;
  argument.value.integer = 10;
  CHECK_ERROR(apus_estimator_text(&text, forest, "export_text", &argument, 1), APUS_ERROR_ARGUMENT, "0...9");
  CHECK(text == NULL);
  argument.name = "trees";
  CHECK_ERROR(apus_estimator_text(&text, forest, "export_text", &argument, 1), APUS_ERROR_ARGUMENT, "tree");
  CHECK_ERROR(apus_estimator_text(&text, forest, "export_pdf", NULL, 0), APUS_ERROR_ARGUMENT, "export_");
}

static void check_permutation_importance(void) {
  apus_array *array = NULL;
  apus_view view, short_y = y;
  apus_estimator *fresh;
  apus_cancel *cancel;
  const int64_t wrong[1] = {SAMPLE_ROWS - 1};
  CHECK(apus_permutation_importance(&array, forest, &x, &y, NULL, 4, 1, NULL) == APUS_OK);
  CHECK(apus_array_view(&view, array) == APUS_OK);
  CHECK(view.ndim == 2 && view.shape[0] == SAMPLE_COLUMNS && view.shape[1] == 4);
  for (int i = 0; i < 4; i++) CHECK(((double *)view.data)[2 * 4 + i] > ((double *)view.data)[i]);
  apus_array_free(array);

  short_y.shape = wrong;
  CHECK(apus_permutation_importance(NULL, forest, &x, &y, NULL, 4, 1, NULL) == APUS_ERROR_NULL);
  CHECK(apus_permutation_importance(&array, NULL, &x, &y, NULL, 4, 1, NULL) == APUS_ERROR_HANDLE);
  CHECK(array == NULL);
  CHECK(apus_permutation_importance(&array, forest, NULL, &y, NULL, 4, 1, NULL) == APUS_ERROR_NULL);
  CHECK(apus_permutation_importance(&array, forest, &x, NULL, NULL, 4, 1, NULL) == APUS_ERROR_NULL);
  CHECK(apus_permutation_importance(&array, forest, &x, &short_y, NULL, 4, 1, NULL) != APUS_OK);
  CHECK_ERROR(apus_permutation_importance(&array, forest, &x, &y, NULL, 0, 1, NULL), APUS_ERROR_ARGUMENT, "n_repeats");
  CHECK_ERROR(apus_permutation_importance(&array, forest, &x, &y, NULL, INT64_MIN, 1, NULL), APUS_ERROR_ARGUMENT, "n_repeats");
  CHECK(apus_permutation_importance(&array, forest, &x, &y, NULL, 4, 1, (apus_cancel *)forest) == APUS_ERROR_HANDLE);
  CHECK(apus_estimator_create(&fresh, "decision_tree_regressor") == APUS_OK);
  CHECK(apus_permutation_importance(&array, fresh, &x, &y, NULL, 4, 1, NULL) == APUS_ERROR_NOT_FITTED);
  apus_estimator_free(fresh);
  CHECK(apus_cancel_create(&cancel) == APUS_OK);
  CHECK(apus_cancel_trip(cancel) == APUS_OK);
  CHECK(apus_permutation_importance(&array, forest, &x, &y, NULL, 4, 1, cancel) == APUS_CANCELLED);
  CHECK(array == NULL);
  apus_cancel_free(cancel);
}

int main(void) {
  apus_array *background, *result;
  apus_argument argument = {0};
  make_samples();
  x = sample_features();
  y.data = sample_y;
  y.dtype = APUS_FLOAT64;
  y.ndim = 1;
  y.shape = sample_y_shape;
  CHECK(apus_estimator_create(&forest, "random_forest_regressor") == APUS_OK);
  CHECK(apus_estimator_set_int(forest, "n_estimators", 10) == APUS_OK);
  CHECK(apus_estimator_fit(forest, &x, &y, NULL) == APUS_OK);
  check_tree_arrays();
  check_explanation(NULL, 0);
  CHECK(apus_array_create(&background, &x) == APUS_OK);
  argument.name = "background";
  argument.value.type = APUS_TYPE_ARRAY;
  argument.value.array = background;
  check_explanation(&argument, 1);
  apus_array_free(background);
  argument.value.type = APUS_TYPE_BOOL;
  CHECK(apply(&result, "shap_values", &argument, 1) == APUS_ERROR_TYPE);
  CHECK(apply(&result, "predict_quantiles", NULL, 0) == APUS_ERROR_UNSUPPORTED);
  CHECK(apus_estimator_apply(&result, forest, "shap_values", NULL, NULL, 0) == APUS_ERROR_ARGUMENT);
  check_members();
  check_reports();
  check_permutation_importance();
  apus_estimator_free(forest);
  return finish();
}
