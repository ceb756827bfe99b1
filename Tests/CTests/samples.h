#ifndef APUS_TESTS_SAMPLES_H
#define APUS_TESTS_SAMPLES_H

#include <apus.h>

enum { SAMPLE_ROWS = 40, SAMPLE_COLUMNS = 3 };

static double sample_x[SAMPLE_ROWS * SAMPLE_COLUMNS];
static double sample_y[SAMPLE_ROWS];
static double sample_labels[SAMPLE_ROWS];
static const int64_t sample_x_shape[2] = {SAMPLE_ROWS, SAMPLE_COLUMNS};
static const int64_t sample_y_shape[1] = {SAMPLE_ROWS};

/* Positive, well-spread numbers from a small linear congruential generator, a noisy linear target, and two classes. */
static inline void make_samples(void) {
  uint64_t state = 12345;
  for (int i = 0; i < SAMPLE_ROWS; i++) {
    double target = 1;
    for (int j = 0; j < SAMPLE_COLUMNS; j++) {
      state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
      double value = (double)(state >> 11) / 9007199254740992.0 + 0.01;
      sample_x[i * SAMPLE_COLUMNS + j] = value;
      target += (j + 1) * value;
    }
    sample_y[i] = target + 0.05 * ((i * 7) % 5);
    sample_labels[i] = target > 4.0 ? 1 : 0;
  }
}

static inline apus_view sample_features(void) {
  apus_view view = {sample_x, APUS_FLOAT64, 2, sample_x_shape, NULL};
  return view;
}

/* Targets that fit the role of the kind. */
static inline apus_view sample_targets(const apus_kind_info *info) {
  int is_labelled = info->role == APUS_ROLE_CLASSIFIER || info->role == APUS_ROLE_RANKER;
  apus_view view = {is_labelled ? sample_labels : sample_y, APUS_FLOAT64, 1, sample_y_shape, NULL};
  return view;
}

#endif
