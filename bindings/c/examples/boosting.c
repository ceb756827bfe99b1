/*
 * Gradient boosting with a loss of the caller's, watched and stopped early, predicting row by row; in C.
 *
 *   cc boosting.c $(pkg-config --cflags --libs apus) -lm -o boosting && ./boosting
 *
 * The data are made up: counts of events whose rate depends on three features, one of them missing now and then.
 */
#include "example.h"

enum { ROWS = 4000, HELD = 1000, COLUMNS = 3, ROUNDS = 200 };

static double features[ROWS * COLUMNS], counts[ROWS];

/* A number in [0, 1). */
static double uniform(void) {
  static uint64_t state = 1;
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (double)(state >> 11) * 0x1p-53;
}

static void make_data(void) {
  for (int i = 0; i < ROWS; i++) {
    double *x = features + COLUMNS * i, total = -log(1 - uniform()), rate;
    for (int j = 0; j < COLUMNS; j++) x[j] = uniform();
    rate = exp(2 * x[0] - x[1] * x[2]);
    for (counts[i] = 0; total < rate; counts[i]++) total -= log(1 - uniform());
    if (i % 11 == 0) x[2] = NAN;
  }
}

/* The Poisson deviance with the logarithm as link, by its derivatives. */
static void poisson(void *context, const double *y, const double *raw, float *gradient, float *hessian, int64_t rows,
                    int64_t outputs, int32_t *status) {
  (void)context, (void)outputs;
  for (int64_t i = 0; i < rows; i++) {
    double mean = exp(raw[i]);
    gradient[i] = (float)(mean - y[i]);
    hessian[i] = (float)mean;
  }
  *status = APUS_OK;
}

static void watch(void *context, const char *stage, double fraction, int32_t *status) {
  int *shown = context;
  if ((int)(10 * fraction) > *shown) printf("%s %3.0f %%\n", stage, 10.0 * ++*shown);
  *status = APUS_OK;
}

int main(void) {
  int64_t train[2] = {ROWS - HELD, COLUMNS}, held[2] = {HELD, COLUMNS}, one[2] = {1, COLUMNS};
  apus_view x = {features, APUS_FLOAT64, 2, train, NULL}, y = {counts, APUS_FLOAT64, 1, train, NULL};
  apus_view held_x = {features + COLUMNS * (ROWS - HELD), APUS_FLOAT64, 2, held, NULL};
  apus_view held_y = {counts + ROWS - HELD, APUS_FLOAT64, 1, held, NULL};
  apus_fit_options options = APUS_FIT_OPTIONS_INIT;
  apus_estimator *model = NULL;
  double rounds, error = 0;
  int shown = 0;

  make_data();
  check(apus_estimator_create(&model, "hist_gradient_boosting_regressor"));
  check(apus_estimator_set_int(model, "max_iter", ROUNDS));
  check(apus_estimator_set_double(model, "learning_rate", 0.05));
  check(apus_estimator_set_string(model, "loss", "poisson"));
  check(apus_estimator_set_bool(model, "early_stopping", 1));
  options.validation_x = &held_x;
  options.validation_y = &held_y;
  options.objective = poisson;
  options.progress = watch;
  options.progress_context = &shown;
  check(apus_estimator_fit(model, &x, &y, &options));
  check(apus_estimator_get_double(&rounds, model, "n_iter_"));

  for (int i = ROWS - HELD; i < ROWS; i++) {
    double rate;
    int64_t length[1] = {1};
    apus_view row = {features + COLUMNS * i, APUS_FLOAT64, 2, one, NULL}, out = {&rate, APUS_FLOAT64, 1, length, NULL};
    check(apus_estimator_predict_into(&out, model, &row));
    error += fabs(rate - counts[i]) / HELD;
  }
  printf("%.0f of %d rounds; mean absolute error of the held-out counts %.3f\n", rounds, ROUNDS, error);
  apus_estimator_free(model);
  return 0;
}
