/*
 * Compares groups of a table in C: analysis of variance, Welch's t test, a correlation, quantiles of the normal distribution.
 *
 *   cc statistics.c $(pkg-config --cflags --libs apus) -lm -o statistics
 *   ./statistics penguins.csv
 *
 * The first field of a line names the group, the fifth and sixth are flipper length (mm) and body mass (g); lines that start
 * with '#' are comments, lines with empty fields are left out.
 */
#include "example.h"

enum { MAX_GROUPS = 8 };

/* One row a bird, so that a column is a strided view: flipper length, body mass. */
static double birds[MAX_ROWS][2];
static char names[MAX_GROUPS][32];
static int first_row[MAX_GROUPS + 1], groups;

/* Reads the rows, which the file holds group by group. */
static void read_birds(const char *path) {
  char line[256], name[32];
  int rows = 0;
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  while (rows < MAX_ROWS && fgets(line, sizeof line, file) != NULL) {
    double length, mass;
    if (sscanf(line, "%31[^,],%*[^,],%*f,%*f,%lf,%lf", name, &length, &mass) != 3) continue;
    if (groups == 0 || strcmp(names[groups - 1], name) != 0) {
      if (groups == MAX_GROUPS) break;
      first_row[groups] = rows;
      strcpy(names[groups++], name);
    }
    birds[rows][0] = length;
    birds[rows++][1] = mass;
  }
  first_row[groups] = rows;
  fclose(file);
}

static const int64_t strides[1] = {sizeof birds[0]};

/* Column `column` of the rows of one group, without a copy. */
static apus_view column_of(int group, int column, int64_t shape[1]) {
  apus_view view = {&birds[first_row[group]][column], APUS_FLOAT64, 1, shape, strides};
  shape[0] = first_row[group + 1] - first_row[group];
  return view;
}

int main(int argc, char **argv) {
  int64_t shapes[MAX_GROUPS][1];
  apus_view masses[MAX_GROUPS];
  const apus_view *samples[MAX_GROUPS];
  apus_test_result result;
  read_birds(table_path(argc, argv));
  for (int i = 0; i < groups; i++) {
    masses[i] = column_of(i, 1, shapes[i]);
    samples[i] = &masses[i];
    printf("%-10s %4d birds\n", names[i], (int)shapes[i][0]);
  }

  check(apus_test_run(&result, NULL, "f_oneway", samples, groups, NULL, 0));
  printf("body mass by species: F(%.0f, %.0f) = %.2f, ln p = %.1f, eta squared %.3f\n", result.df, result.df_denominator,
         result.statistic, result.log_p_value, result.effect_size);

  apus_argument options[2] = {{.name = "equal_var", .value = {.type = APUS_TYPE_BOOL, .boolean = 0}},
                              {.name = "confidence_level", .value = {.type = APUS_TYPE_DOUBLE, .number = 0.99}}};
  for (int i = 0; i < groups; i++) {
    for (int j = i + 1; j < groups; j++) {
      const apus_view *pair[2] = {&masses[i], &masses[j]};
      check(apus_test_run(&result, NULL, "ttest_ind", pair, 2, options, 2));
      printf("%-10s - %-10s %8.1f g, 99 %% interval %8.1f ... %8.1f, t = %7.2f, p = %.3g\n", names[i], names[j],
             result.estimate, result.confidence_low, result.confidence_high, result.statistic, result.p_value);
    }
  }

  for (int i = 0; i < groups; i++) {
    int64_t shape[1];
    apus_view lengths = column_of(i, 0, shape);
    const apus_view *pair[2] = {&lengths, &masses[i]};
    check(apus_test_run(&result, NULL, "pearsonr", pair, 2, NULL, 0));
    printf("%-10s flipper length and body mass: r = %.3f (%.3f ... %.3f), p = %.3g\n", names[i], result.statistic,
           result.confidence_low, result.confidence_high, result.p_value);
  }

  /* Two-sided critical values, far out in the tail as well. */
  double levels[3] = {0.05 / 2, 1e-10 / 2, 1e-300 / 2};
  int64_t three[1] = {3};
  apus_view probabilities = {levels, APUS_FLOAT64, 1, three, NULL}, view;
  apus_array *quantiles = NULL;
  check(apus_distribution_evaluate(&quantiles, "norm", "isf", &probabilities, NULL, 0));
  check(apus_array_view(&view, quantiles));
  for (int i = 0; i < 3; i++) printf("normal quantile beyond which lies %g: %.15g\n", levels[i], ((double *)view.data)[i]);
  apus_array_free(quantiles);
  return 0;
}
