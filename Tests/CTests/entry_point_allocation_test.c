/* Every function of the header with the N-th allocation failing, for every N until it succeeds: the memory status, nothing
 * stored, nothing leaked. What allocates nothing is listed, and that it does not is proven by an allocation that is still to
 * fail after the call. How kinds of estimators, named tests and operations fare is in the tests of their own. */
#include "entry_point_samples.h"

/* Functions with a status that need no data memory. */
static const char *const without_allocations[] = {
    "apus_log_set_callback", "apus_set_num_threads", "apus_memory_limit", "apus_array_view",
    "apus_cancel_create", "apus_cancel_trip", "apus_cancel_reset", "apus_kind_at", "apus_kind_find",
    "apus_kind_parameter", "apus_kind_attribute", "apus_kind_operation", "apus_estimator_create",
    "apus_estimator_clone", "apus_estimator_copy", "apus_estimator_set_none", "apus_estimator_set_bool",
    "apus_estimator_set_int", "apus_estimator_set_double", "apus_estimator_set_string",
    "apus_estimator_set_estimator", "apus_estimator_get_parameter", "apus_estimator_set_note",
    "apus_estimator_get_note", "apus_estimator_text", "apus_estimator_get_attribute",
    "apus_estimator_get_array", "apus_manual_seed", "apus_random_set_state", "apus_tensor_borrow",
    "apus_tensor_describe", "apus_tensor_array", "apus_tensor_item", "apus_operation_names", "apus_tensor_grad",
    "apus_tensor_set_grad", "apus_tensor_set_requires_grad", "apus_tensor_retain_grad", "apus_tensor_set_data",
    "apus_tensor_grad_fn", "apus_tensor_graph", "apus_tensor_attach", "apus_tensor_register_hook",
    "apus_tensor_remove_hook", "apus_anomaly_set_enabled", "apus_module_sequential", "apus_module_train",
    "apus_module_names", "apus_module_tensor", "apus_module_set_tensor", "apus_module_text",
    "apus_module_details", "apus_module_summary", "apus_module_save", "apus_tensors_save",
    "apus_optimizer_create", "apus_optimizer_create_for", "apus_optimizer_add_group", "apus_optimizer_step",
    "apus_optimizer_zero_grad", "apus_optimizer_get", "apus_optimizer_set", "apus_optimizer_settings",
    "apus_optimizer_state_names", "apus_optimizer_state", "apus_schedule_create", "apus_schedule_step",
    "apus_trainer_create", "apus_sampler_create", "apus_sampler_count", "apus_loader_create", "apus_loader_count",
    "apus_loader_next", "apus_loader_restart", "apus_distribution_summary", "apus_covariance_accumulator_size",
};

static int is_listed(const char *name) {
  for (size_t i = 0; i < sizeof without_allocations / sizeof *without_allocations; i++)
    if (is(without_allocations[i], name)) return 1;
  return 0;
}

/* Calls `entry` once after `allowed` more allocations, all of them when negative. */
static apus_status call(const entry_point *entry, int64_t allowed) {
  value arguments[MOST_PARAMETERS], result;
  memset(&result, 0, sizeof result);
  sample_arguments(entry, arguments);
  callback_lacked_memory = 0;
  apus_memory_fail_after(allowed);
  entry->call(&result, arguments);
  if (entry->result != RETURNS_STATUS) return APUS_OK;
  apus_status status = (apus_status)result.integer;
  return status == APUS_ERROR_CALLBACK && callback_lacked_memory ? APUS_ERROR_MEMORY : status;
}

/* Whether the hook waits still: the call before made no allocation. Switches the hook off. */
static int hook_is_waiting(void) {
  apus_array *array = NULL;
  apus_view view = {line, APUS_FLOAT64, 1, three_long, NULL};
  apus_status status = apus_array_create(&array, &view);
  apus_memory_fail_after(-1);
  apus_array_free(array);
  return status == APUS_ERROR_MEMORY;
}

static int stored_anything(const entry_point *entry) {
  for (int i = 0; i < entry->parameter_count; i++)
    if (entry->parameters[i].kind == OUT_HANDLE)
      for (int slot = 0; slot < SLOTS; slot++)
        if (cells.handles[i][slot] != NULL) return 1;
  return 0;
}

/* Whether a call only makes what it stores, so that nothing is left when that is freed. */
static int only_makes(const entry_point *entry) {
  for (int i = 0; i < entry->parameter_count; i++)
    if (entry->parameters[i].kind == OUT_HANDLE && i == 0) return 1;
  return 0;
}

/* Frees what a call stored: handles, and those inside an apus_value. */
static void discard_results(const entry_point *entry) {
  for (int i = 0; i < entry->parameter_count; i++) {
    const parameter *it = &entry->parameters[i];
    if (it->kind == OUT_HANDLE)
      for (int slot = 0; slot < SLOTS; slot++) {
        if (cells.handles[i][slot] != NULL) discard(it->type, cells.handles[i][slot]);
        cells.handles[i][slot] = NULL;
      }
    if (it->kind == OUT_PLAIN && is(it->type, "apus_value")) {
      apus_value *stored = (apus_value *)(void *)cells.plain[i];
      apus_array_free(stored->array);
      apus_estimator_free(stored->estimator);
      memset(stored, 0, sizeof *stored);
    }
  }
}

static void exhaust(const entry_point *entry) {
  int64_t failures = 0;
  /* Training begins by forgetting gradients, which would look like blocks that are missing after a failure. */
  if (is(entry->name, "apus_trainer_fit")) CHECK(apus_optimizer_zero_grad(things.optimizer, 1) == APUS_OK);
  for (;; failures++) {
    apus_tensor_trim_memory();
    int64_t blocks = apus_memory_live_blocks();
    apus_status status = call(entry, failures);
    if (failures == 0 && (entry->result != RETURNS_STATUS || is_listed(entry->name))) {
      if (!hook_is_waiting()) printf("%s allocates\n", entry->name), CHECK(!"allocates nothing");
      CHECK(status == APUS_OK);
      break;
    }
    apus_memory_fail_after(-1);
    if (status != APUS_ERROR_MEMORY) {
      if (status != APUS_OK) printf("%s, allocation %lld: %s\n", entry->name, (long long)failures, apus_last_error());
      CHECK(status == APUS_OK);
      if (status == APUS_OK && failures == 0) {
        printf("%s allocates nothing and is not listed\n", entry->name);
        CHECK(!"is listed");
      }
      discard_results(entry);
      apus_tensor_trim_memory();
      if (only_makes(entry) && apus_memory_live_blocks() != blocks) {
        printf("%s leaves %lld blocks\n", entry->name, (long long)(apus_memory_live_blocks() - blocks));
        CHECK(!"leaves nothing");
      }
      break;
    }
    if (stored_anything(entry)) printf("%s, allocation %lld: stores a result\n", entry->name, (long long)failures);
    CHECK(!stored_anything(entry));
    apus_tensor_trim_memory();
    if (apus_memory_live_blocks() != blocks) {
      printf("%s, allocation %lld leaks %lld blocks\n", entry->name, (long long)failures,
             (long long)(apus_memory_live_blocks() - blocks));
    }
    CHECK(apus_memory_live_blocks() == blocks);
    if (failures > 100000) {
      CHECK(!"ends");
      break;
    }
  }
  discard_results(entry);
}

int main(void) {
  make_samples();
  make_things();
  make_files();
  discard_things();
  for (int i = 0; i < ENTRY_POINTS; i++) {
    const entry_point *entry = &entry_points[i];
    /* The hook itself, which the call would set. */
    if (is(entry->name, "apus_memory_fail_after")) continue;
    int64_t blocks = apus_memory_live_blocks();
    make_things();
    exhaust(entry);
    discard_things();
    if (apus_memory_live_blocks() != blocks) printf("%s leaks\n", entry->name);
    CHECK(apus_memory_live_blocks() == blocks);
  }
  discard_files();
  return finish();
}
