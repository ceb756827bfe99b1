/*
 * Fits least squares, the pseudo-inverse's solution and ridge to a table, in C.
 *
 *   cc linear_regression.c $(pkg-config --cflags --libs apus) -o linear_regression
 *   ./linear_regression longley.csv
 *
 * The first column of the file is the target, the others are features; lines that start with '#' are comments.
 */
#include <apus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 1000, MAX_COLUMNS = 32 };

static double features[MAX_ROWS * MAX_COLUMNS];
static double targets[MAX_ROWS];
static char names[MAX_COLUMNS][32];
static int rows, columns;

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, apus_last_error());
  exit(1);
}

/* Reads the table: the header line, then one row a line. */
static void read_table(const char *path) {
  char line[4096];
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  while (fgets(line, sizeof line, file) != NULL) {
    int column = 0;
    if (line[0] == '#' || line[0] == '\n') continue;
    for (char *field = strtok(line, ",\n"); field != NULL; field = strtok(NULL, ",\n"), column++) {
      if (columns == 0) {
        if (column > 0 && column <= MAX_COLUMNS) snprintf(names[column - 1], sizeof names[0], "%s", field);
      } else if (column == 0) {
        targets[rows] = atof(field);
      } else {
        features[rows * columns + column - 1] = atof(field);
      }
    }
    if (columns == 0) {
      columns = column - 1;
    } else if (++rows == MAX_ROWS) {
      break;
    }
  }
  fclose(file);
}

static void print_number(const char *name, double value) { printf("  %-10s %22.13g  %a\n", name, value, value); }

/* Multiplies the targets by the pseudo-inverse of [features, 1]: the least-squares solution of least norm. */
static void solve_and_print(const char *title) {
  static double design[MAX_ROWS * (MAX_COLUMNS + 1)];
  int64_t shape_a[2], shape_y[1];
  apus_view a = {design, APUS_FLOAT64, 2, shape_a, NULL}, y = {targets, APUS_FLOAT64, 1, shape_y, NULL}, inverse_view, view;
  apus_array *inverse = NULL, *solution = NULL;
  shape_a[0] = shape_y[0] = rows;
  shape_a[1] = columns + 1;
  for (int i = 0; i < rows; i++) {
    memcpy(design + i * (columns + 1), features + i * columns, sizeof(double) * (size_t)columns);
    design[i * (columns + 1) + columns] = 1;
  }

  if (apus_linalg_pinv(&inverse, &a, -1) != APUS_OK) fail("pinv");
  if (apus_array_view(&inverse_view, inverse) != APUS_OK) fail("view");
  if (apus_linalg_matmul(&solution, &inverse_view, &y) != APUS_OK) fail("matmul");
  if (apus_array_view(&view, solution) != APUS_OK) fail("view");

  printf("%s\n", title);
  for (int i = 0; i <= columns; i++) print_number(i < columns ? names[i] : "intercept", ((double *)view.data)[i]);
  apus_array_free(solution);
  apus_array_free(inverse);
}

/* Fits one estimator and prints its coefficients, to the last bit. */
static void fit_and_print(const char *title, const char *kind, double alpha) {
  int64_t shape_x[2], shape_y[1];
  apus_view x = {features, APUS_FLOAT64, 2, shape_x, NULL};
  apus_view y = {targets, APUS_FLOAT64, 1, shape_y, NULL};
  apus_estimator *model = NULL;
  apus_array *coefficients = NULL;
  apus_view view;
  double intercept, score;
  shape_x[0] = shape_y[0] = rows;
  shape_x[1] = columns;

  if (apus_estimator_create(&model, kind) != APUS_OK) fail("create");
  if (alpha >= 0 && apus_estimator_set_double(model, "alpha", alpha) != APUS_OK) fail("alpha");
  if (apus_estimator_fit(model, &x, &y, NULL) != APUS_OK) fail("fit");
  if (apus_estimator_get_array(&coefficients, model, "coef_") != APUS_OK) fail("coef_");
  if (apus_array_view(&view, coefficients) != APUS_OK) fail("view");
  if (apus_estimator_get_double(&intercept, model, "intercept_") != APUS_OK) fail("intercept_");
  if (apus_estimator_score(&score, model, &x, &y, NULL) != APUS_OK) fail("score");

  printf("%s\n", title);
  for (int i = 0; i < columns; i++) print_number(names[i], ((double *)view.data)[i]);
  print_number("intercept", intercept);
  print_number("R2", score);
  apus_array_free(coefficients);
  apus_estimator_free(model);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s TABLE.csv\n", argv[0]);
    return 2;
  }
  read_table(argv[1]);
  fit_and_print("ordinary least squares", "linear_regression", -1);
  solve_and_print("pseudo-inverse");
  fit_and_print("ridge, alpha = 1", "ridge", 1);
  return 0;
}
