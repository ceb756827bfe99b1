/* Every entry point with the N-th allocation failing, for every N until it succeeds: the memory status, nothing leaked. */
#include "exhaust.h"
#include "samples.h"

static apus_estimator *estimator;
static apus_view x, y;
static apus_array *result, *bytes;

static apus_status call_fit(void) { return apus_estimator_fit(estimator, &x, &y, NULL); }
static apus_status call_partial_fit(void) { return apus_estimator_partial_fit(estimator, &x, &y, NULL); }
static apus_status call_predict(void) { return apus_estimator_predict(&result, estimator, &x); }
static apus_status call_transform(void) { return apus_estimator_transform(&result, estimator, &x); }
static apus_status call_proba(void) { return apus_estimator_predict_proba(&result, estimator, &x); }
static apus_status call_serialize(void) { return apus_estimator_serialize(&result, estimator); }
static apus_status call_create(void) { return apus_array_create(&result, &x); }
static apus_status call_shap(void) {
  return apus_estimator_apply(&result, estimator, "shap_interaction_values", &x, NULL, 0);
}
static apus_status call_report(void) {
  apus_text *text = NULL;
  apus_status status = apus_estimator_text(&text, estimator, "export_text", NULL, 0);
  apus_text_free(text);
  return status;
}
static apus_status call_permutation(void) {
  return apus_permutation_importance(&result, estimator, &x, &y, NULL, 1, 0, NULL);
}
static apus_status call_score(void) {
  double score;
  return apus_estimator_score(&score, estimator, &x, &y, NULL);
}
static apus_status call_deserialize(void) {
  apus_view view;
  apus_estimator *copy = NULL;
  if (apus_array_view(&view, bytes) != APUS_OK) return APUS_ERROR_INTERNAL;
  apus_status status = apus_estimator_deserialize(&copy, view.data, view.shape[0]);
  apus_estimator_free(copy);
  return status;
}

/* Frees the result, of which a failed call leaves none. */
static void release(apus_status status) {
  if (status != APUS_OK) CHECK(result == NULL);
  apus_array_free(result);
  result = NULL;
}

/* Exhausts an operation of a kind. */
static void exhaust_kind(const char *name, const char *kind, apus_status (*call)(void), enum keeping keeps) {
  char title[128];
  snprintf(title, sizeof title, "%s, %s", kind, name);
  exhaust(title, call, release, keeps);
}

int main(void) {
  make_samples();
  x = sample_features();
  exhaust("array_create", call_create, release, NOTHING);
  for (int64_t k = 0; k < apus_kind_count(); k++) {
    apus_kind_info kind;
    int64_t blocks = apus_memory_live_blocks();
    CHECK(apus_kind_at(&kind, k) == APUS_OK);
    y = sample_targets(&kind);
    CHECK(apus_estimator_create(&estimator, kind.kind) == APUS_OK);
    exhaust_kind("fit", kind.kind, call_fit, RESULT);
    exhaust_kind("first predict", kind.kind, call_predict, LAYOUTS);
    exhaust_kind("predict", kind.kind, call_predict, NOTHING);
    exhaust_kind("transform", kind.kind, call_transform, NOTHING);
    exhaust_kind("predict_proba", kind.kind, call_proba, NOTHING);
    exhaust_kind("score", kind.kind, call_score, NOTHING);
    exhaust_kind("shap_interaction_values", kind.kind, call_shap, NOTHING);
    exhaust_kind("export_text", kind.kind, call_report, NOTHING);
    exhaust_kind("permutation_importance", kind.kind, call_permutation, NOTHING);
    exhaust_kind("serialize", kind.kind, call_serialize, NOTHING);
    CHECK(apus_estimator_serialize(&bytes, estimator) == APUS_OK);
    exhaust_kind("deserialize", kind.kind, call_deserialize, NOTHING);
    apus_array_free(bytes);
    exhaust_kind("partial_fit", kind.kind, call_partial_fit, RESULT);
    apus_estimator_free(estimator);
    CHECK(apus_memory_live_blocks() == blocks);
  }
  return finish();
}
