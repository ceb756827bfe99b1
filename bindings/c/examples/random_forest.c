/*
 * Fits a random forest to a table, in C: out-of-bag accuracy, importances, SHAP values of one row, a printed tree.
 *
 *   cc random_forest.c $(pkg-config --cflags --libs apus) -lm -o random_forest
 *   ./random_forest penguins.csv
 *
 * The first column of the file is the class, the others are features: numbers, words, or nothing where the value is missing.
 * Lines that start with '#' are comments.
 */
#include "example.h"

/* Prints an array with one line of numbers per feature, and frees it. */
static void print_by_feature(const char *title, const table *data, apus_array *array) {
  apus_view view;
  int64_t count = 1;
  check(apus_array_view(&view, array));
  for (int i = 0; i < view.ndim; i++) count *= view.shape[i];
  count /= data->columns;
  printf("%s\n", title);
  for (int i = 0; i < data->columns; i++) {
    printf("  %-18s", feature_name(data, i));
    for (int64_t k = 0; k < count; k++) printf(" %8.4f", ((double *)view.data)[i * count + k]);
    printf("\n");
  }
  apus_array_free(array);
}

/* Makes the columns of words categorical and prints what their numbers mean. */
static void set_categories(apus_estimator *forest, const table *data) {
  int64_t columns[MAX_COLUMNS], count[1] = {0};
  for (int i = 0; i < data->columns; i++) {
    if (data->word_counts[i + 1] == 0) continue;
    columns[count[0]++] = i;
    printf("%s:", feature_name(data, i));
    for (int k = 0; k < data->word_counts[i + 1]; k++) printf(" %d %s", k, data->words[i + 1][k]);
    printf("\n");
  }
  apus_view view = {columns, APUS_INT64, 1, count, NULL};
  if (count[0] > 0) check(apus_estimator_set_array(forest, "categorical_features", &view));
}

int main(int argc, char **argv) {
  static table penguins;
  char names[MAX_COLUMNS * NAME_LENGTH], classes[MAX_WORDS * NAME_LENGTH];
  apus_estimator *forest = NULL;
  apus_array *array = NULL;
  apus_text *text = NULL;
  double score;

  read_table(&penguins, table_path(argc, argv));
  apus_view x = table_x(&penguins), y = table_y(&penguins);

  check(apus_estimator_create(&forest, "random_forest_classifier"));
  check(apus_estimator_set_int(forest, "n_estimators", 200));
  check(apus_estimator_set_bool(forest, "oob_score", 1));
  set_categories(forest, &penguins);
  check(apus_estimator_fit(forest, &x, &y, NULL));
  check(apus_estimator_get_double(&score, forest, "oob_score_"));
  printf("%d rows, %d features, accuracy out of bag %.4f\n", penguins.rows, penguins.columns, score);

  check(apus_estimator_get_array(&array, forest, "feature_importances_"));
  print_by_feature("decrease in impurity", &penguins, array);
  check(apus_permutation_importance(&array, forest, &x, &y, NULL, 3, 0, NULL));
  print_by_feature("fall of accuracy when shuffled, three times", &penguins, array);
  const int64_t one_row[2] = {1, penguins.columns};
  const apus_view first = {penguins.features, APUS_FLOAT64, 2, one_row, NULL};
  check(apus_estimator_apply(&array, forest, "shap_values", &first, NULL, 0));
  print_by_feature("SHAP values of the first row, by species", &penguins, array);

  apus_argument arguments[3] = {
      text_argument("feature_names", joined(names, sizeof names, penguins.names[1], penguins.columns)),
      text_argument("class_names", joined(classes, sizeof classes, penguins.words[0][0], penguins.word_counts[0])),
      {.name = "max_depth", .value = {.type = APUS_TYPE_INT, .integer = 2}},
  };
  check(apus_estimator_text(&text, forest, "export_text", arguments, 3));
  printf("the first tree\n%s", apus_text_data(text));
  apus_text_free(text);
  apus_estimator_free(forest);
  return 0;
}
