/*
 * What the example programs share: the check of a status, and a table read from a text file.
 *
 * Functions are `static inline`, so that a program may leave some of them unused.
 */
#ifndef APUS_EXAMPLE_H
#define APUS_EXAMPLE_H

#include <apus.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program with the library's message when a call has failed. */
static inline void check(apus_status status) {
  if (status == APUS_OK) return;
  fprintf(stderr, "%s: %s\n", apus_status_name(status), apus_last_error());
  exit(1);
}

enum { MAX_ROWS = 2000, MAX_COLUMNS = 32, MAX_WORDS = 16, NAME_LENGTH = 32 };

/* A table whose first column is the target or the class, the others features. */
typedef struct table {
  /* (rows, columns), row-major; NaN where the field is empty. Words are numbered column by column, as they come. */
  double features[MAX_ROWS * MAX_COLUMNS];
  /* (rows,): the first column. */
  double targets[MAX_ROWS];
  int rows, columns;
  /* Names of the columns, the target's first, and of their words. */
  char names[MAX_COLUMNS + 1][NAME_LENGTH];
  char words[MAX_COLUMNS + 1][MAX_WORDS][NAME_LENGTH];
  int word_counts[MAX_COLUMNS + 1];
  /* Extents for the views. */
  int64_t shape_x[2], shape_y[1];
} table;

/* The features as a view, without a copy. */
static inline apus_view table_x(const table *data) {
  apus_view view = {(void *)data->features, APUS_FLOAT64, 2, data->shape_x, NULL};
  return view;
}

/* The targets as a view, without a copy. */
static inline apus_view table_y(const table *data) {
  apus_view view = {(void *)data->targets, APUS_FLOAT64, 1, data->shape_y, NULL};
  return view;
}

/* The name of feature `index`. */
static inline const char *feature_name(const table *data, int index) { return data->names[index + 1]; }

/* A field as a number. */
static inline double table_field(table *data, int column, const char *text) {
  char *end;
  double value = strtod(text, &end);
  int word = 0;
  if (*text == '\0') return NAN;
  if (*end == '\0') return value;
  while (word < data->word_counts[column] && strcmp(data->words[column][word], text) != 0) word++;
  if (word == MAX_WORDS) {
    fprintf(stderr, "%s: too many different words\n", data->names[column]);
    exit(1);
  }
  if (word == data->word_counts[column]) {
    snprintf(data->words[column][word], NAME_LENGTH, "%.*s", NAME_LENGTH - 1, text);
    data->word_counts[column]++;
  }
  return word;
}

/* Reads fields between commas: the names first, then one row a line; lines that start with '#' are comments. */
static inline void read_table(table *data, const char *path) {
  char line[4096];
  FILE *file = fopen(path, "r");
  int header = 1;
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  memset(data, 0, sizeof *data);
  while (data->rows < MAX_ROWS && fgets(line, sizeof line, file) != NULL) {
    int column = 0;
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] == '#' || line[0] == '\0') continue;
    for (char *field = line, *next; field != NULL && column <= MAX_COLUMNS; field = next, column++) {
      next = strchr(field, ',');
      if (next != NULL) *next++ = '\0';
      if (header) {
        snprintf(data->names[column], NAME_LENGTH, "%.*s", NAME_LENGTH - 1, field);
      } else if (column == 0) {
        data->targets[data->rows] = table_field(data, column, field);
      } else if (column <= data->columns) {
        data->features[data->rows * data->columns + column - 1] = table_field(data, column, field);
      }
    }
    if (header) {
      data->columns = column - 1;
    } else {
      data->rows++;
    }
    header = 0;
  }
  fclose(file);
  data->shape_x[0] = data->shape_y[0] = data->rows;
  data->shape_x[1] = data->columns;
}

/* The one argument of a program: the path of its table. */
static inline const char *table_path(int argc, char **argv) {
  if (argc == 2) return argv[1];
  fprintf(stderr, "usage: %s TABLE.csv\n", argv[0]);
  exit(2);
}

/* Subtracts the mean of every feature and divides by its standard deviation. */
static inline void standardise(table *data) {
  for (int j = 0; j < data->columns; j++) {
    double mean = 0, variance = 0;
    for (int i = 0; i < data->rows; i++) mean += data->features[i * data->columns + j] / data->rows;
    for (int i = 0; i < data->rows; i++) variance += pow(data->features[i * data->columns + j] - mean, 2) / data->rows;
    for (int i = 0; i < data->rows; i++) {
      double *value = &data->features[i * data->columns + j];
      *value = (*value - mean) / sqrt(variance);
    }
  }
}

/* A fitted attribute; free it with apus_array_free when its numbers are no longer needed. */
static inline const double *attribute(apus_array **array, apus_view *view, const apus_estimator *model, const char *name) {
  check(apus_estimator_get_array(array, model, name));
  check(apus_array_view(view, *array));
  return view->data;
}

/* A named text, as functions of the library take their arguments. */
static inline apus_argument text_argument(const char *name, const char *text) {
  apus_argument argument = {.name = name, .value = {.type = APUS_TYPE_STRING, .string = text}};
  return argument;
}

/* The first `count` names, one a line, in `buffer`; `names` points to the first of them. */
static inline const char *joined(char *buffer, size_t size, const char *names, int count) {
  size_t used = 0;
  buffer[0] = '\0';
  for (int i = 0; i < count && used < size; i++) {
    used += (size_t)snprintf(buffer + used, size - used, "%s%s", i > 0 ? "\n" : "", names + i * NAME_LENGTH);
  }
  return buffer;
}

/* A new linear layer. */
static inline apus_module *linear_layer(int64_t inputs, int64_t outputs) {
  apus_module *module;
  apus_option options[2] = {{.name = "in_features", .type = APUS_OPTION_INT, .integer = inputs},
                            {.name = "out_features", .type = APUS_OPTION_INT, .integer = outputs}};
  check(apus_module_create(&module, "Linear", options, 2));
  return module;
}

#endif
