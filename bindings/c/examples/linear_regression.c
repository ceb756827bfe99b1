/*
 * Fits least squares, the pseudo-inverse's solution and ridge to a table, in C.
 *
 *   cc linear_regression.c $(pkg-config --cflags --libs apus) -lm -o linear_regression
 *   ./linear_regression longley.csv
 *
 * The first column of the file is the target, the others are features; lines that start with '#' are comments.
 */
#include "example.h"

static void print_number(const char *name, double value) { printf("  %-10s %22.13g  %a\n", name, value, value); }

/* Multiplies the targets by the pseudo-inverse of [features, 1]: the least-squares solution of least norm. */
static void solve_and_print(const char *title, const table *data) {
  static double design[MAX_ROWS * (MAX_COLUMNS + 1)];
  int columns = data->columns;
  int64_t shape[2] = {data->rows, columns + 1};
  apus_view a = {design, APUS_FLOAT64, 2, shape, NULL}, y = table_y(data), inverse_view, view;
  apus_array *inverse = NULL, *solution = NULL;
  for (int i = 0; i < data->rows; i++) {
    memcpy(design + i * (columns + 1), data->features + i * columns, sizeof(double) * (size_t)columns);
    design[i * (columns + 1) + columns] = 1;
  }

  check(apus_linalg_pinv(&inverse, &a, -1));
  check(apus_array_view(&inverse_view, inverse));
  check(apus_linalg_matmul(&solution, &inverse_view, &y));
  check(apus_array_view(&view, solution));

  printf("%s\n", title);
  for (int i = 0; i <= columns; i++) {
    print_number(i < columns ? feature_name(data, i) : "intercept", ((double *)view.data)[i]);
  }
  apus_array_free(solution);
  apus_array_free(inverse);
}

/* Fits one estimator and prints its coefficients, to the last bit. */
static void fit_and_print(const char *title, apus_estimator *model, const table *data) {
  apus_view x = table_x(data), y = table_y(data), view;
  apus_array *array = NULL;
  double intercept, score;

  check(apus_estimator_fit(model, &x, &y, NULL));
  const double *coefficients = attribute(&array, &view, model, "coef_");
  check(apus_estimator_get_double(&intercept, model, "intercept_"));
  check(apus_estimator_score(&score, model, &x, &y, NULL));

  printf("%s\n", title);
  for (int i = 0; i < data->columns; i++) print_number(feature_name(data, i), coefficients[i]);
  print_number("intercept", intercept);
  print_number("R2", score);
  apus_array_free(array);
}

int main(int argc, char **argv) {
  static table longley;
  apus_estimator *least_squares = NULL, *ridge = NULL;
  read_table(&longley, table_path(argc, argv));

  check(apus_estimator_create(&least_squares, "linear_regression"));
  fit_and_print("ordinary least squares", least_squares, &longley);
  solve_and_print("pseudo-inverse", &longley);
  check(apus_estimator_create(&ridge, "ridge"));
  check(apus_estimator_set_double(ridge, "alpha", 1));
  fit_and_print("ridge, alpha = 1", ridge, &longley);

  apus_estimator_free(least_squares);
  apus_estimator_free(ridge);
  return 0;
}
