/* Every entry point with the N-th allocation failing, for every N until it succeeds: the memory status, nothing leaked. */
#include "check.h"
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

/* What a call may leave with the estimator: nothing, what a success replaces, or layouts made on first use, which stay also
 * when a later allocation fails (that they are freed with the estimator is checked at the end). */
enum keeping { NOTHING, RESULT, LAYOUTS };

/* Runs `call` with failing allocations. */
static void exhaust(const char *name, const char *kind, apus_status (*call)(void), enum keeping keeps) {
  int64_t failures = 0;
  for (;; failures++) {
    int64_t blocks = apus_memory_live_blocks();
    result = NULL;
    apus_memory_fail_after(failures);
    apus_status status = call();
    apus_memory_fail_after(-1);
    if (status == APUS_ERROR_UNSUPPORTED) return;
    if (status != APUS_ERROR_MEMORY) {
      if (status != APUS_OK) printf("%s, %s, allocation %lld: %s\n", kind, name, (long long)failures, apus_last_error());
      CHECK(status == APUS_OK);
      apus_array_free(result);
      if (keeps == NOTHING) CHECK(apus_memory_live_blocks() == blocks);
      break;
    }
    CHECK(result == NULL);
    if (keeps != LAYOUTS) {
      if (apus_memory_live_blocks() != blocks) printf("%s, %s, allocation %lld leaked\n", kind, name, (long long)failures);
      CHECK(apus_memory_live_blocks() == blocks);
    }
    if (failures > 100000) {
      CHECK(!"ends");
      break;
    }
  }
}

int main(void) {
  make_samples();
  x = sample_features();
  exhaust("array_create", "", call_create, NOTHING);
  for (int64_t k = 0; k < apus_kind_count(); k++) {
    apus_kind_info kind;
    int64_t blocks = apus_memory_live_blocks();
    CHECK(apus_kind_at(&kind, k) == APUS_OK);
    y = sample_targets(&kind);
    CHECK(apus_estimator_create(&estimator, kind.kind) == APUS_OK);
    exhaust("fit", kind.kind, call_fit, RESULT);
    exhaust("first predict", kind.kind, call_predict, LAYOUTS);
    exhaust("predict", kind.kind, call_predict, NOTHING);
    exhaust("transform", kind.kind, call_transform, NOTHING);
    exhaust("predict_proba", kind.kind, call_proba, NOTHING);
    exhaust("score", kind.kind, call_score, NOTHING);
    exhaust("shap_interaction_values", kind.kind, call_shap, NOTHING);
    exhaust("export_text", kind.kind, call_report, NOTHING);
    exhaust("permutation_importance", kind.kind, call_permutation, NOTHING);
    exhaust("serialize", kind.kind, call_serialize, NOTHING);
    CHECK(apus_estimator_serialize(&bytes, estimator) == APUS_OK);
    exhaust("deserialize", kind.kind, call_deserialize, NOTHING);
    apus_array_free(bytes);
    exhaust("partial_fit", kind.kind, call_partial_fit, RESULT);
    apus_estimator_free(estimator);
    CHECK(apus_memory_live_blocks() == blocks);
  }
  return finish();
}
