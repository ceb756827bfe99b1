/*
 * Chooses the penalty of a lasso by cross-validation and prints which features enter along the path, in C.
 *
 *   cc lasso_path.c $(pkg-config --cflags --libs apus) -o lasso_path
 *   ./lasso_path diabetes.csv
 *
 * The first column of the file is the target, the others are features; lines that start with '#' are comments.
 */
#include <apus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 2000, MAX_COLUMNS = 32 };

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
  while (rows < MAX_ROWS && fgets(line, sizeof line, file) != NULL) {
    int column = 0, is_header = columns == 0;
    if (line[0] == '#' || line[0] == '\n') continue;
    for (char *field = strtok(line, ",\n"); field != NULL && column <= MAX_COLUMNS; field = strtok(NULL, ",\n"), column++) {
      if (is_header) {
        if (column > 0) snprintf(names[column - 1], sizeof names[0], "%s", field);
      } else if (column == 0) {
        targets[rows] = atof(field);
      } else if (column <= columns) {
        features[rows * columns + column - 1] = atof(field);
      }
    }
    if (is_header) {
      columns = column - 1;
    } else {
      rows++;
    }
  }
  fclose(file);
}

/* An array of the fitted model; free it with apus_array_free. */
static apus_array *fitted(apus_view *view, const apus_estimator *model, const char *name) {
  apus_array *array = NULL;
  if (apus_estimator_get_array(&array, model, name) != APUS_OK) fail(name);
  if (apus_array_view(view, array) != APUS_OK) fail(name);
  return array;
}

int main(int argc, char **argv) {
  int64_t shape_x[2], shape_y[1];
  apus_view x = {features, APUS_FLOAT64, 2, shape_x, NULL};
  apus_view y = {targets, APUS_FLOAT64, 1, shape_y, NULL};
  apus_view alphas_view, path_view, errors_view;
  apus_estimator *model = NULL;
  double alpha, score;
  if (argc != 2) {
    fprintf(stderr, "usage: %s TABLE.csv\n", argv[0]);
    return 2;
  }
  read_table(argv[1]);
  shape_x[0] = shape_y[0] = rows;
  shape_x[1] = columns;

  if (apus_estimator_create(&model, "lasso_cv") != APUS_OK) fail("create");
  if (apus_estimator_set_int(model, "cv", 10) != APUS_OK) fail("cv");
  if (apus_estimator_set_int(model, "alphas", 20) != APUS_OK) fail("alphas");
  if (apus_estimator_fit(model, &x, &y, NULL) != APUS_OK) fail("fit");
  if (apus_estimator_get_double(&alpha, model, "alpha_") != APUS_OK) fail("alpha_");
  if (apus_estimator_score(&score, model, &x, &y, NULL) != APUS_OK) fail("score");

  apus_array *alphas = fitted(&alphas_view, model, "alphas_");
  apus_array *path = fitted(&path_view, model, "coef_path_");
  apus_array *errors = fitted(&errors_view, model, "mse_path_");
  const double *penalty = alphas_view.data, *coefficient = path_view.data, *error = errors_view.data;
  int count = (int)alphas_view.shape[0], folds = (int)errors_view.shape[1];
  for (int k = 0; k < count; k++) {
    double mean = 0;
    for (int fold = 0; fold < folds; fold++) mean += error[k * folds + fold] / folds;
    printf("alpha %10.5f  mean squared error %8.1f %s", penalty[k], mean, penalty[k] == alpha ? "*" : " ");
    for (int j = 0; j < columns; j++) {
      if (coefficient[j * count + k] != 0) printf(" %s", names[j]);
    }
    printf("\n");
  }
  printf("chosen by %d folds: alpha %.5f, R2 %.4f\n", folds, alpha, score);
  apus_array_free(alphas);
  apus_array_free(path);
  apus_array_free(errors);
  apus_estimator_free(model);
  return 0;
}
