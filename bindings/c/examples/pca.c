/*
 * Principal components of the standardised features of a table, in C.
 *
 *   cc pca.c $(pkg-config --cflags --libs apus) -lm -o pca
 *   ./pca wine.csv
 *
 * The first column of the file is a class, the others are features; lines that start with '#' are comments.
 */
#include "example.h"

enum { COMPONENTS = 3 };

int main(int argc, char **argv) {
  static table wine;
  apus_estimator *pca = NULL;
  apus_array *scree_array = NULL, *loadings_array = NULL, *transformed = NULL;
  apus_view view;
  read_table(&wine, table_path(argc, argv));
  const int64_t one_row[2] = {1, wine.columns};
  const apus_view x = table_x(&wine), first = {wine.features, APUS_FLOAT64, 2, one_row, NULL};

  check(apus_estimator_create(&pca, "pca"));
  check(apus_estimator_set_int(pca, "n_components", COMPONENTS));
  check(apus_estimator_set_bool(pca, "standardize", 1));
  check(apus_estimator_fit(pca, &x, NULL, NULL));

  const double *scree = attribute(&scree_array, &view, pca, "scree_");
  const double *loadings = attribute(&loadings_array, &view, pca, "loadings_");
  printf("component      variance     of total    cumulated\n");
  for (int k = 0; k < COMPONENTS; k++)
    printf("%9d %13.6f %12.4f %12.4f\n", k + 1, scree[3 * k], scree[3 * k + 1], scree[3 * k + 2]);
  printf("loadings\n");
  for (int j = 0; j < wine.columns; j++) {
    const double *row = loadings + COMPONENTS * j;
    printf("  %-22s %9.4f %9.4f %9.4f\n", feature_name(&wine, j), row[0], row[1], row[2]);
  }

  check(apus_estimator_transform(&transformed, pca, &first));
  check(apus_array_view(&view, transformed));
  const double *t = view.data;
  printf("first row %9.4f %9.4f %9.4f\n", t[0], t[1], t[2]);

  apus_array_free(scree_array);
  apus_array_free(loadings_array);
  apus_array_free(transformed);
  apus_estimator_free(pca);
  return 0;
}
