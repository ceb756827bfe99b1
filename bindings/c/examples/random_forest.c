/*
 * Fits a random forest to a table, in C: out-of-bag accuracy, importances, SHAP values of one row, a printed tree.
 *
 *   cc random_forest.c $(pkg-config --cflags --libs apus) -o random_forest
 *   ./random_forest penguins.csv
 *
 * The first column of the file is the class, the others are features: numbers, words (numbered as they come), or nothing
 * where the value is missing. Lines that start with '#' are comments.
 */
#include <apus.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 2000, MAX_COLUMNS = 32, MAX_WORDS = 64 };

static double features[MAX_ROWS * MAX_COLUMNS];
static int64_t classes[MAX_ROWS];
static char names[MAX_COLUMNS][32], words[MAX_WORDS][32];
static int rows, columns, word_count;

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, apus_last_error());
  exit(1);
}

/* The number of a word, new or known. */
static int word(const char *text) {
  int i = 0;
  while (i < word_count && strcmp(words[i], text) != 0) i++;
  if (i == MAX_WORDS) {
    fprintf(stderr, "too many different words\n");
    exit(1);
  }
  if (i == word_count) snprintf(words[word_count++], sizeof words[0], "%.31s", text);
  return i;
}

static void read_field(const char *text, int column) {
  char *end;
  double value = strtod(text, &end);
  if (column == 0) {
    classes[rows] = word(text);
  } else {
    features[rows * columns + column - 1] = *text == '\0' ? NAN : *end == '\0' ? value : word(text);
  }
}

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
    line[strcspn(line, "\r\n")] = '\0';
    for (char *field = line, *next; field != NULL && column <= MAX_COLUMNS; field = next, column++) {
      next = strchr(field, ',');
      if (next != NULL) *next++ = '\0';
      if (!is_header && column <= columns) read_field(field, column);
      if (is_header && column > 0) snprintf(names[column - 1], sizeof names[0], "%.31s", field);
    }
    if (is_header) columns = column - 1;
    else rows++;
  }
  fclose(file);
}

/* Prints a fitted attribute or the result of an operation: one line of numbers per feature. */
static void print_by_feature(const char *title, apus_array *array) {
  apus_view view;
  int64_t count = 1;
  if (apus_array_view(&view, array) != APUS_OK) fail(title);
  for (int i = 0; i < view.ndim; i++) count *= view.shape[i];
  printf("%s\n", title);
  for (int i = 0; i < columns; i++) {
    printf("  %-18s", names[i]);
    for (int64_t k = 0; k < count / columns; k++) printf(" %8.4f", ((double *)view.data)[i * (count / columns) + k]);
    printf("\n");
  }
  apus_array_free(array);
}

int main(int argc, char **argv) {
  int64_t shape_x[2], shape_y[1];
  apus_view x = {features, APUS_FLOAT64, 2, shape_x, NULL}, y = {classes, APUS_INT64, 1, shape_y, NULL};
  apus_estimator *forest = NULL;
  apus_array *array = NULL;
  apus_text *text = NULL;
  apus_argument depth = {0};
  double score;

  if (argc != 2) {
    fprintf(stderr, "usage: %s TABLE.csv\n", argv[0]);
    return 2;
  }
  read_table(argv[1]);
  shape_x[0] = shape_y[0] = rows;
  shape_x[1] = columns;

  if (apus_estimator_create(&forest, "random_forest_classifier") != APUS_OK) fail("create");
  if (apus_estimator_set_int(forest, "n_estimators", 200) != APUS_OK) fail("n_estimators");
  if (apus_estimator_set_bool(forest, "oob_score", 1) != APUS_OK) fail("oob_score");
  if (apus_estimator_fit(forest, &x, &y, NULL) != APUS_OK) fail("fit");
  if (apus_estimator_get_double(&score, forest, "oob_score_") != APUS_OK) fail("oob_score_");
  printf("%d rows, %d features, accuracy out of bag %.4f\n", rows, columns, score);

  if (apus_estimator_get_array(&array, forest, "feature_importances_") != APUS_OK) fail("feature_importances_");
  print_by_feature("decrease in impurity", array);
  if (apus_permutation_importance(&array, forest, &x, &y, NULL, 3, 0, NULL) != APUS_OK) fail("permutation");
  print_by_feature("fall of accuracy when shuffled, three times", array);
  shape_x[0] = 1;
  if (apus_estimator_apply(&array, forest, "shap_values", &x, NULL, 0) != APUS_OK) fail("shap_values");
  print_by_feature("SHAP values of the first row, by class", array);

  depth.name = "max_depth";
  depth.value.type = APUS_TYPE_INT;
  depth.value.integer = 1;
  if (apus_estimator_text(&text, forest, "export_text", &depth, 1) != APUS_OK) fail("export_text");
  printf("the first tree\n%s", apus_text_data(text));
  apus_text_free(text);
  apus_estimator_free(forest);
  return 0;
}
