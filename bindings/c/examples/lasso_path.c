/*
 * Chooses the penalty of a lasso by cross-validation and prints which features enter along the path, in C.
 *
 *   cc lasso_path.c $(pkg-config --cflags --libs apus) -lm -o lasso_path
 *   ./lasso_path diabetes.csv
 *
 * The first column of the file is the target, the others are features, which are standardised so that one penalty suits
 * them all; lines that start with '#' are comments.
 */
#include "example.h"

int main(int argc, char **argv) {
  static table data;
  apus_view alphas_view, path_view, errors_view;
  apus_array *alphas = NULL, *path = NULL, *errors = NULL;
  apus_estimator *model = NULL;
  double alpha, score;
  read_table(&data, table_path(argc, argv));
  standardise(&data);
  apus_view x = table_x(&data), y = table_y(&data);

  check(apus_estimator_create(&model, "lasso_cv"));
  check(apus_estimator_set_int(model, "cv", 10));
  check(apus_estimator_fit(model, &x, &y, NULL));
  check(apus_estimator_get_double(&alpha, model, "alpha_"));
  check(apus_estimator_score(&score, model, &x, &y, NULL));

  const double *penalty = attribute(&alphas, &alphas_view, model, "alphas_");
  const double *coefficient = attribute(&path, &path_view, model, "coef_path_");
  const double *error = attribute(&errors, &errors_view, model, "mse_path_");
  int count = (int)alphas_view.shape[0], folds = (int)errors_view.shape[1];
  printf("%10s %19s   features\n", "alpha", "mean squared error");
  for (int k = 0; k < count; k++) {
    double mean = 0;
    int chosen = penalty[k] == alpha;
    if (k % 6 != 0 && !chosen) continue;
    for (int fold = 0; fold < folds; fold++) mean += error[k * folds + fold] / folds;
    printf("%10.5f %19.1f %s", penalty[k], mean, chosen ? "*" : " ");
    for (int j = 0; j < data.columns; j++) {
      if (coefficient[j * count + k] != 0) printf(" %s", feature_name(&data, j));
    }
    printf("\n");
  }
  printf("* chosen by %d folds among %d penalties: alpha %.5f, R2 %.4f\n", folds, count, alpha, score);
  apus_array_free(alphas);
  apus_array_free(path);
  apus_array_free(errors);
  apus_estimator_free(model);
  return 0;
}
