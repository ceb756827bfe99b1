/*
 * Regression with inference in C: the summary table, standard errors robust to unequal variances, intervals for new rows,
 * and a generalised linear model.
 *
 *   cc inference.c $(pkg-config --cflags --libs apus) -lm -o inference
 *   ./inference longley.csv spector.csv
 *
 * The first column of a file is the target, the others are features; lines that start with '#' are comments.
 */
#include "example.h"

/* Fits and prints the summary. */
static void fit_and_report(apus_estimator *model, const table *data) {
  apus_view x = table_x(data), y = table_y(data);
  char names[MAX_COLUMNS * NAME_LENGTH];
  apus_argument arguments[2] = {
      text_argument("xname", joined(names, sizeof names, data->names[1], data->columns)),
      text_argument("yname", data->names[0]),
  };
  apus_text *summary = NULL;

  check(apus_estimator_fit(model, &x, &y, NULL));
  check(apus_estimator_text(&summary, model, "summary", arguments, 2));
  printf("%s\n", apus_text_data(summary));
  apus_text_free(summary);
}

/* Predictions for the first rows with their intervals. */
static void predict(const apus_estimator *model, const table *data, int64_t rows) {
  int64_t shape[2] = {rows, data->columns};
  apus_view x = {(void *)data->features, APUS_FLOAT64, 2, shape, NULL}, view;
  apus_array *predictions = NULL;
  check(apus_estimator_apply(&predictions, model, "get_prediction", &x, NULL, 0));
  check(apus_array_view(&view, predictions));
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

  check(apus_estimator_create(&line, "linear_regression"));
  check(apus_estimator_set_bool(line, "inference", 1));
  fit_and_report(line, &longley);
  predict(line, &longley, 3);
  check(apus_estimator_set_string(line, "cov_type", "HC3"));
  fit_and_report(line, &longley);

  check(apus_estimator_create(&probit, "glm"));
  check(apus_estimator_set_string(probit, "family", "binomial"));
  check(apus_estimator_set_string(probit, "link", "probit"));
  fit_and_report(probit, &spector);
  predict(probit, &spector, 3);

  apus_estimator_free(line);
  apus_estimator_free(probit);
  return 0;
}
