/* Introspection and parameters of every kind: defaults read back, refusals name the parameter and suggest the nearest. */
#include "check.h"
#include "samples.h"

#include <math.h>

static void check_parameter(apus_estimator *estimator, const apus_kind_info *kind, const apus_parameter_info *info) {
  apus_value value;
  apus_status status;
  CHECK(apus_estimator_get_parameter(&value, estimator, info->name) == APUS_OK);
  CHECK(value.type == info->default_type);
  CHECK(info->doc != NULL && strlen(info->doc) > 0);
  apus_array_free(value.array);
  apus_estimator_free(value.estimator);

  /* Setting each type either works or is refused with a message that begins with the name. */
  for (int attempt = 0; attempt < 7; attempt++) {
    switch (attempt) {
      case 0: status = apus_estimator_set_none(estimator, info->name); break;
      case 1: status = apus_estimator_set_bool(estimator, info->name, 1); break;
      case 2: status = apus_estimator_set_int(estimator, info->name, INT64_MIN); break;
      case 3: status = apus_estimator_set_double(estimator, info->name, NAN); break;
      case 4: status = apus_estimator_set_string(estimator, info->name, "no such choice"); break;
      case 5: status = apus_estimator_set_double(estimator, info->name, INFINITY); break;
      default: status = apus_estimator_set_estimator(estimator, info->name, NULL); break;
    }
    if (status != APUS_OK) {
      const char *expected = attempt == 6 ? "value" : info->name;
      CHECK(strncmp(apus_last_error(), expected, strlen(expected)) == 0);
    }
    if (attempt == 3) CHECK(status != APUS_OK);
    if (attempt == 4 && info->choice_count > 0) CHECK(status == APUS_ERROR_ARGUMENT || status == APUS_ERROR_TYPE);
  }
  for (int64_t i = 0; i < info->choice_count; i++) {
    CHECK(apus_estimator_set_string(estimator, info->name, info->choices[i]) == APUS_OK);
    CHECK(apus_estimator_get_parameter(&value, estimator, info->name) == APUS_OK);
    CHECK(value.type == APUS_TYPE_STRING && strcmp(value.string, info->choices[i]) == 0);
  }
  (void)kind;
}

static void loss(void *context, const double *y, const double *raw, float *gradient, float *hessian, int64_t rows,
                 int64_t outputs, int32_t *status) {
  (void)context, (void)y, (void)raw, (void)gradient, (void)hessian, (void)rows, (void)outputs;
  *status = APUS_CANCELLED;
}

static int is_among(const char *kind, const char *const *kinds) {
  while (*kinds != NULL && strcmp(*kinds, kind) != 0) kinds++;
  return *kinds != NULL;
}

/* Arguments of fit that a kind does not take are refused by their names, never left unread. */
static void check_fit_arguments(apus_estimator *estimator, const apus_kind_info *kind) {
  static const char *const ranker[] = {"hist_gradient_boosting_ranker", NULL};
  static const char *const boosters[] = {"hist_gradient_boosting_ranker",     "hist_gradient_boosting_classifier",
                                         "hist_gradient_boosting_regressor",  "gradient_boosting_classifier",
                                         "gradient_boosting_regressor",       NULL};
  static const char *const inferring[] = {"linear_regression", "logistic_regression", "glm", NULL};
  const apus_view rows = {sample_y, APUS_FLOAT64, 1, sample_y_shape, NULL};
  const apus_view x = sample_features(), y = sample_targets(kind);
  struct {
    const char *name;
    size_t offset;
    const char *const *takers;
  } arguments[] = {{"group", offsetof(apus_fit_options, group), ranker},
                   {"validation_x", offsetof(apus_fit_options, validation_x), boosters},
                   {"validation_y", offsetof(apus_fit_options, validation_y), boosters},
                   {"validation_sample_weight", offsetof(apus_fit_options, validation_sample_weight), boosters + 1},
                   {"validation_group", offsetof(apus_fit_options, validation_group), boosters},
                   {"initial_score", offsetof(apus_fit_options, initial_score), boosters},
                   {"objective", 0, boosters},
                   {"groups", offsetof(apus_fit_options, groups), inferring},
                   {"sigma", offsetof(apus_fit_options, sigma), (const char *const[]){"linear_regression", NULL}},
                   {"offset", offsetof(apus_fit_options, offset), (const char *const[]){"glm", NULL}},
                   {"exposure", offsetof(apus_fit_options, exposure), (const char *const[]){"glm", NULL}}};
  for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
    apus_fit_options options = APUS_FIT_OPTIONS_INIT;
    if (is_among(kind->kind, arguments[i].takers)) continue;
    if (arguments[i].offset == 0) {
      options.objective = loss;
    } else {
      *(const apus_view **)((char *)&options + arguments[i].offset) = &rows;
    }
    CHECK(apus_estimator_fit(estimator, &x, &y, &options) == APUS_ERROR_ARGUMENT);
    CHECK(strncmp(apus_last_error(), arguments[i].name, strlen(arguments[i].name)) == 0);
    CHECK(strstr(apus_last_error(), ": is not an argument of ") != NULL);
    CHECK(apus_estimator_is_fitted(estimator) == 0);
  }
  if (!(kind->traits & APUS_TRAIT_SAMPLE_WEIGHT)) {
    apus_fit_options options = APUS_FIT_OPTIONS_INIT;
    options.sample_weight = &rows;
    CHECK(apus_estimator_fit(estimator, &x, &y, &options) != APUS_OK);
    CHECK(strstr(apus_last_error(), "sample_weight: ") != NULL);
  }
}

int main(void) {
  apus_kind_info kind;
  make_samples();
  CHECK(apus_kind_count() > 0);
  CHECK_ERROR(apus_kind_at(&kind, -1), APUS_ERROR_ARGUMENT, "index: -1");
  CHECK_ERROR(apus_kind_at(&kind, apus_kind_count()), APUS_ERROR_ARGUMENT, "index");
  CHECK_ERROR(apus_kind_find(&kind, "linear_regresion"), APUS_ERROR_ARGUMENT, "did you mean 'linear_regression'");
  for (int64_t k = 0; k < apus_kind_count(); k++) {
    apus_estimator *estimator = NULL, *clone = NULL;
    const char *operation = NULL;
    CHECK(apus_kind_at(&kind, k) == APUS_OK);
    CHECK(apus_estimator_create(&estimator, kind.kind) == APUS_OK);
    CHECK(strcmp(apus_estimator_kind(estimator), kind.kind) == 0);
    CHECK(apus_estimator_is_fitted(estimator) == 0);
    check_fit_arguments(estimator, &kind);
    for (int64_t p = 0; p < kind.parameter_count; p++) {
      apus_parameter_info info;
      CHECK(apus_kind_parameter(&info, kind.kind, p) == APUS_OK);
      check_parameter(estimator, &kind, &info);
    }
    for (int64_t a = 0; a < kind.attribute_count; a++) {
      apus_attribute_info info;
      apus_value value;
      CHECK(apus_kind_attribute(&info, kind.kind, a) == APUS_OK);
      CHECK_ERROR(apus_estimator_get_attribute(&value, estimator, info.name), APUS_ERROR_NOT_FITTED, "not fitted");
    }
    for (int64_t o = 0; o < kind.operation_count; o++) {
      apus_array *array = NULL;
      apus_view x = sample_features();
      CHECK(apus_kind_operation(&operation, kind.kind, o) == APUS_OK);
      CHECK_ERROR(apus_estimator_apply(&array, estimator, operation, &x, NULL, 0), APUS_ERROR_NOT_FITTED, "not fitted");
    }
    CHECK_ERROR(apus_estimator_set_int(estimator, "no_such_parameter_at_all", 1), APUS_ERROR_ARGUMENT, "is not a parameter");
    CHECK(apus_estimator_clone(&clone, estimator) == APUS_OK);
    apus_estimator_free(clone);
    apus_estimator_free(estimator);
    CHECK(apus_estimator_kind(estimator) == NULL);
    CHECK(apus_estimator_is_fitted(estimator) == -1);
  }
  return finish();
}
