/*
 * Principal components of the standardised features of a table, in C.
 *
 *   cc pca.c $(pkg-config --cflags --libs apus) -o pca
 *   ./pca wine.csv
 *
 * The first column of the file is a class, the others are features; lines that start with '#' are comments.
 */
#include <apus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 1000, MAX_COLUMNS = 32, COMPONENTS = 3 };

static double features[MAX_ROWS * MAX_COLUMNS];
static char names[MAX_COLUMNS][32];
static int rows, columns;

static void check(apus_status status, const char *what) {
  if (status == APUS_OK) return;
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
      if (column == 0) continue;
      if (is_header)
        snprintf(names[column - 1], sizeof names[0], "%s", field);
      else
        features[rows * columns + column - 1] = atof(field);
    }
    if (is_header)
      columns = column - 1;
    else
      rows++;
  }
  fclose(file);
}

/* The numbers of a fitted attribute, row-major without gaps; caller frees with apus_array_free. */
static const double *attribute(apus_array **array, const apus_estimator *estimator, const char *name) {
  apus_view view;
  check(apus_estimator_get_array(array, estimator, name), name);
  check(apus_array_view(&view, *array), name);
  return view.data;
}

int main(int argc, char **argv) {
  apus_estimator *pca;
  apus_array *scree_array, *loadings_array, *transformed;
  apus_view view;

  if (argc != 2) {
    fprintf(stderr, "usage: %s TABLE.csv\n", argv[0]);
    return 2;
  }
  read_table(argv[1]);
  const int64_t shape[2] = {rows, columns}, one_row[2] = {1, columns};
  const apus_view x = {features, APUS_FLOAT64, 2, shape, NULL}, first = {features, APUS_FLOAT64, 2, one_row, NULL};

  check(apus_estimator_create(&pca, "pca"), "create");
  check(apus_estimator_set_int(pca, "n_components", COMPONENTS), "n_components");
  check(apus_estimator_set_bool(pca, "standardize", 1), "standardize");
  check(apus_estimator_fit(pca, &x, NULL, NULL), "fit");

  const double *scree = attribute(&scree_array, pca, "scree_");
  const double *loadings = attribute(&loadings_array, pca, "loadings_");
  printf("component      variance     of total    cumulated\n");
  for (int k = 0; k < COMPONENTS; k++)
    printf("%9d %13.6f %12.4f %12.4f\n", k + 1, scree[3 * k], scree[3 * k + 1], scree[3 * k + 2]);
  printf("loadings\n");
  for (int j = 0; j < columns; j++)
    printf("  %-22s %9.4f %9.4f %9.4f\n", names[j], loadings[3 * j], loadings[3 * j + 1], loadings[3 * j + 2]);

  check(apus_estimator_transform(&transformed, pca, &first), "transform");
  check(apus_array_view(&view, transformed), "transform");
  const double *t = view.data;
  printf("first row %9.4f %9.4f %9.4f\n", t[0], t[1], t[2]);

  apus_array_free(scree_array);
  apus_array_free(loadings_array);
  apus_array_free(transformed);
  apus_estimator_free(pca);
  return 0;
}
