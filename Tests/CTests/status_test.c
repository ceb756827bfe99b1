/* Versions, statuses, threads, handles. */
#include "check.h"

#include <stdint.h>

int main(void) {
  char version[32];
  snprintf(version, sizeof version, "%d.%d.%d", APUS_VERSION_MAJOR, APUS_VERSION_MINOR, APUS_VERSION_PATCH);
  CHECK(strcmp(apus_version_string(), version) == 0);
  CHECK(strcmp(apus_status_name(APUS_ERROR_SHAPE), "APUS_ERROR_SHAPE") == 0);
  CHECK(strcmp(apus_status_name(12345), "APUS_STATUS_UNKNOWN") == 0);
  CHECK(apus_warning_message(-1) == NULL && apus_warning_message(INT64_MAX) == NULL);

  int32_t threads = apus_get_num_threads();
  CHECK(threads >= 1);
  CHECK_ERROR(apus_set_num_threads(0), APUS_ERROR_ARGUMENT, "n_threads: 0");
  CHECK_ERROR(apus_set_num_threads(257), APUS_ERROR_ARGUMENT, "1...256");
  CHECK(apus_get_num_threads() == threads);
  CHECK(apus_set_num_threads(3) == APUS_OK && apus_get_num_threads() == 3);
  CHECK(apus_set_num_threads(threads) == APUS_OK);

  apus_cancel *token = NULL;
  CHECK_ERROR(apus_cancel_create(NULL), APUS_ERROR_NULL, "out");
  CHECK(apus_cancel_create(&token) == APUS_OK && token != NULL);
  CHECK(apus_cancel_trip(token) == APUS_OK && apus_cancel_reset(token) == APUS_OK);
  CHECK_ERROR(apus_cancel_trip((apus_cancel *)(uintptr_t)0xdeadbeef), APUS_ERROR_HANDLE, "no handle");
  CHECK_ERROR(apus_estimator_fit((apus_estimator *)token, NULL, NULL, NULL), APUS_ERROR_HANDLE,
              "is an apus_cancel, expected an apus_estimator");
  apus_cancel_free(NULL);
  apus_cancel_free(token);
  apus_cancel_free(token);
  CHECK_ERROR(apus_cancel_trip(token), APUS_ERROR_HANDLE, "freed");
  apus_array_free((apus_array *)token);

  int64_t extents[2] = {2, 3};
  double numbers[6] = {1, 2, 3, 4, 5, 6};
  apus_view view = {numbers, APUS_FLOAT64, 2, extents, NULL};
  apus_array *array = NULL;
  int64_t blocks = apus_memory_live_blocks();
  CHECK(apus_array_create(&array, &view) == APUS_OK);
  apus_view copy;
  CHECK(apus_array_view(&copy, array) == APUS_OK);
  CHECK(copy.ndim == 2 && copy.shape[0] == 2 && copy.shape[1] == 3 && copy.strides[0] == 24 && copy.strides[1] == 8);
  CHECK(memcmp(copy.data, numbers, sizeof numbers) == 0);
  apus_array_free(array);
  CHECK(apus_memory_live_blocks() == blocks);

  int64_t wrapping[2] = {INT64_C(1) << 32, INT64_C(1) << 32};
  apus_view huge = {numbers, APUS_FLOAT64, 2, wrapping, NULL};
  CHECK_ERROR(apus_array_create(&array, &huge), APUS_ERROR_OVERFLOW, "exceeds the address space");
  CHECK(array == NULL);
  int64_t negative[2] = {-1, 3};
  huge.shape = negative;
  CHECK_ERROR(apus_array_create(&array, &huge), APUS_ERROR_OVERFLOW, "negative");
  view.dtype = 77;
  CHECK_ERROR(apus_array_create(&array, &view), APUS_ERROR_ENUM, "dtype 77");
  view.dtype = APUS_FLOAT64;
  view.ndim = 33;
  CHECK_ERROR(apus_array_create(&array, &view), APUS_ERROR_SHAPE, "33 dimensions");
  view.ndim = 2;
  view.data = NULL;
  CHECK_ERROR(apus_array_create(&array, &view), APUS_ERROR_NULL, "source.data");
  CHECK_ERROR(apus_array_create(&array, NULL), APUS_ERROR_NULL, "source");

  view.data = numbers;
  apus_memory_fail_after(0);
  CHECK_ERROR(apus_array_create(&array, &view), APUS_ERROR_MEMORY, "48 bytes");
  CHECK(apus_array_create(&array, &view) == APUS_OK);
  apus_array_free(array);
  CHECK(apus_memory_limit(16) == APUS_OK);
  CHECK_ERROR(apus_array_create(&array, &view), APUS_ERROR_MEMORY, "could not allocate");
  CHECK(apus_memory_limit(-1) == APUS_OK);
  CHECK(apus_memory_live_blocks() == blocks);

  apus_estimator *estimator = NULL;
  CHECK_ERROR(apus_estimator_create(&estimator, "no_such_kind"), APUS_ERROR_ARGUMENT, "'no_such_kind' is unknown");
  CHECK_ERROR(apus_estimator_create(&estimator, "\xff\xfe"), APUS_ERROR_ARGUMENT, "not valid UTF-8");
  CHECK(estimator == NULL);
  return finish();
}
