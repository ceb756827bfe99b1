/*
 * Regression with inference in C: the summary table, standard errors robust to unequal variances, intervals for new rows,
 * and a generalised linear model.
 *
 *   cc inference.c $(pkg-config --cflags --libs apus) -o inference
 *   ./inference longley.csv spector.csv
 *
 * The first column of a file is the target, the others are features; lines that start with '#' are comments.
 */
#include <apus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 1000, MAX_COLUMNS = 32 };

typedef struct table {
  double features[MAX_ROWS * MAX_COLUMNS], targets[MAX_ROWS];
  /* Names of the features, one a line, as summaries take them. */
  char names[1024], target[64];
  int64_t rows, columns;
} table;

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, apus_last_error());
  exit(1);
}

static void read_table(table *result, const char *path) {
  char line[4096];
  FILE *file = fopen(path, "r");
  int header = 1;
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  memset(result, 0, sizeof *result);
  while (result->rows < MAX_ROWS && fgets(line, sizeof line, file) != NULL) {
    int column = 0;
    if (line[0] == '#' || line[0] == '\n') continue;
    for (char *field = strtok(line, ",\n"); field != NULL && column <= MAX_COLUMNS; field = strtok(NULL, ",\n"), column++) {
      if (header && column == 0) {
        snprintf(result->target, sizeof result->target, "%s", field);
      } else if (header) {
        size_t used = strlen(result->names);
        snprintf(result->names + used, sizeof result->names - used, "%s%s", used > 0 ? "\n" : "", field);
      } else if (column == 0) {
        result->targets[result->rows] = atof(field);
      } else {
        result->features[result->rows * result->columns + column - 1] = atof(field);
      }
    }
    if (header) {
      result->columns = column - 1;
    } else {
      result->rows++;
    }
    header = 0;
  }
  fclose(file);
}

/* Fits and prints the summary. */
static void fit_and_report(apus_estimator *model, table *data) {
  int64_t shape_x[2], shape_y[1];
  apus_view x = {data->features, APUS_FLOAT64, 2, NULL, NULL};
  apus_view y = {data->targets, APUS_FLOAT64, 1, NULL, NULL};
  apus_argument arguments[2];
  apus_text *summary = NULL;
  shape_x[0] = shape_y[0] = data->rows;
  shape_x[1] = data->columns;
  x.shape = shape_x;
  y.shape = shape_y;
  memset(arguments, 0, sizeof arguments);
  arguments[0].name = "xname";
  arguments[0].value.type = APUS_TYPE_STRING;
  arguments[0].value.string = data->names;
  arguments[1].name = "yname";
  arguments[1].value.type = APUS_TYPE_STRING;
  arguments[1].value.string = data->target;

  if (apus_estimator_fit(model, &x, &y, NULL) != APUS_OK) fail("fit");
  if (apus_estimator_text(&summary, model, "summary", arguments, 2) != APUS_OK) fail("summary");
  printf("%s\n", apus_text_data(summary));
  apus_text_free(summary);
}

/* Predictions for the first rows with their intervals. */
static void predict(const apus_estimator *model, table *data, int64_t rows) {
  int64_t shape[2];
  apus_view x = {data->features, APUS_FLOAT64, 2, NULL, NULL}, view;
  apus_array *predictions = NULL;
  shape[0] = rows;
  shape[1] = data->columns;
  x.shape = shape;
  if (apus_estimator_apply(&predictions, model, "get_prediction", &x, NULL, 0) != APUS_OK) fail("get_prediction");
  if (apus_array_view(&view, predictions) != APUS_OK) fail("view");
  printf("%12s %12s %12s %12s %12s\n", "observed", "predicted", "std err", "lower", "upper");
  for (int64_t i = 0; i < rows; i++) {
    const double *row = (const double *)view.data + i * view.shape[1];
    printf("%12.6g %12.6g %12.4g %12.6g %12.6g\n", data->targets[i], row[0], row[1], row[2], row[3]);
  }
  printf("\n");
  apus_array_free(predictions);
}

int main(int argc, char **argv) {
  static table longley, spector;
  apus_estimator *line = NULL, *probit = NULL;
  if (argc != 3) {
    fprintf(stderr, "usage: %s LONGLEY.csv SPECTOR.csv\n", argv[0]);
    return 2;
  }
  read_table(&longley, argv[1]);
  read_table(&spector, argv[2]);

  if (apus_estimator_create(&line, "linear_regression") != APUS_OK) fail("create");
  if (apus_estimator_set_bool(line, "inference", 1) != APUS_OK) fail("inference");
  fit_and_report(line, &longley);
  predict(line, &longley, 3);
  if (apus_estimator_set_string(line, "cov_type", "HC3") != APUS_OK) fail("cov_type");
  fit_and_report(line, &longley);

  if (apus_estimator_create(&probit, "glm") != APUS_OK) fail("create");
  if (apus_estimator_set_string(probit, "family", "binomial") != APUS_OK) fail("family");
  if (apus_estimator_set_string(probit, "link", "probit") != APUS_OK) fail("link");
  fit_and_report(probit, &spector);
  predict(probit, &spector, 3);

  apus_estimator_free(line);
  apus_estimator_free(probit);
  return 0;
}
