#ifndef APUS_TESTS_ENTRY_POINT_SAMPLES_H
#define APUS_TESTS_ENTRY_POINT_SAMPLES_H

#include "check.h"
#include "entry_points.h"
#include "samples.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

/* Objects of every kind, and from them arguments with which every function of the library succeeds. */

enum { SLOTS = 64, NAME_LENGTH = 96 };

static struct {
  apus_array *array, *model, *random, *state;
  apus_text *text;
  apus_cancel *cancel;
  apus_estimator *linear, *second, *ridge, *logistic, *pca, *tree, *forest, *boosting, *ada;
  /* Rows and targets of a network; a leaf, a copy of its shape, its sine, and the sum of that. */
  apus_tensor *x, *y, *leaf, *tangent, *sine, *sum, *number, *loose, *weight;
  apus_module *layer, *network, *loss;
  apus_optimizer *optimizer;
  apus_schedule *schedule;
  apus_trainer *trainer;
  apus_sampler *sampler;
  apus_loader *loader;
  apus_covariance_accumulator *accumulator, *other;
} things;

static char folder[64];
static char model_path[NAME_LENGTH], weights_path[NAME_LENGTH], checkpoint_path[NAME_LENGTH], table_path[NAME_LENGTH],
    output_path[NAME_LENGTH];

static const char lightgbm[] =
    "tree\nversion=v4\nnum_tree_per_iteration=1\nmax_feature_idx=2\nobjective=regression\n\nTree=0\nnum_leaves=2\n"
    "num_cat=0\nsplit_feature=0\nthreshold=0.5\ndecision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=1 2\n\n"
    "end of trees\n";

static double definite[9] = {4, 1, 0.5, 1, 3, 0.25, 0.5, 0.25, 2};
static double line[3] = {0.5, -1, 2}, ones[SAMPLE_ROWS], predicted[SAMPLE_ROWS];
static int64_t by_three[2] = {3, 3}, three_long[1] = {3}, one_long[1] = {1}, sizes[SLOTS] = {2, 3};
static float network_x[8 * 3], network_y[8 * 2];
static int64_t network_x_shape[2] = {8, 3}, network_y_shape[2] = {8, 2};

static apus_option option_number(const char *name, double number) {
  apus_option option;
  memset(&option, 0, sizeof option);
  option.name = name;
  option.type = APUS_OPTION_DOUBLE;
  option.number = number;
  return option;
}

static apus_option option_integer(const char *name, int64_t integer) {
  apus_option option;
  memset(&option, 0, sizeof option);
  option.name = name;
  option.type = APUS_OPTION_INT;
  option.integer = integer;
  return option;
}

static apus_tensor *new_tensor(void *data, int32_t dtype, int32_t ndim, const int64_t *shape, int32_t requires_grad) {
  apus_view view = {data, dtype, ndim, shape, NULL};
  apus_tensor *tensor = NULL;
  CHECK(apus_tensor_create(&tensor, &view, requires_grad) == APUS_OK);
  return tensor;
}

static apus_estimator *new_estimator(const char *kind, const char *size_parameter, int size) {
  apus_estimator *estimator = NULL;
  apus_view x = sample_features(), y = {sample_labels, APUS_FLOAT64, 1, sample_y_shape, NULL};
  CHECK(apus_estimator_create(&estimator, kind) == APUS_OK);
  if (size_parameter != NULL) CHECK(apus_estimator_set_int(estimator, size_parameter, size) == APUS_OK);
  CHECK(apus_estimator_fit(estimator, &x, &y, NULL) == APUS_OK);
  return estimator;
}

static apus_tensor *applied(const char *operation, const apus_tensor *input) {
  apus_tensor *result = NULL;
  CHECK(apus_tensor_apply(&result, operation, &input, 1, NULL, 0) == APUS_OK);
  return result;
}

static void make_network(void) {
  apus_option sides[2] = {option_integer("in_features", 3), option_integer("out_features", 2)};
  apus_option rate = option_number("lr", 0.01), gamma = option_number("gamma", 0.9), epochs = option_integer("epochs", 1);
  for (int i = 0; i < 8 * 3; i++) network_x[i] = sinf((float)i);
  for (int i = 0; i < 8 * 2; i++) network_y[i] = cosf((float)i);
  things.x = new_tensor(network_x, APUS_FLOAT32, 2, network_x_shape, 0);
  things.y = new_tensor(network_y, APUS_FLOAT32, 2, network_y_shape, 0);
  things.leaf = new_tensor(line, APUS_FLOAT64, 1, three_long, 1);
  things.tangent = new_tensor(line, APUS_FLOAT64, 1, three_long, 0);
  things.number = new_tensor(line, APUS_FLOAT64, 1, one_long, 0);
  things.loose = new_tensor(line, APUS_FLOAT64, 1, three_long, 0);
  things.sine = applied("sin", things.leaf);
  things.sum = applied("sum", things.sine);
  CHECK(apus_module_create(&things.layer, "Linear", sides, 2) == APUS_OK);
  CHECK(apus_module_create(&things.loss, "MSELoss", NULL, 0) == APUS_OK);
  CHECK(apus_module_sequential(&things.network, (const apus_module *const *)&things.layer, NULL, 1) == APUS_OK);
  CHECK(apus_module_tensor(&things.weight, things.layer, "weight") == APUS_OK);
  CHECK(apus_optimizer_create_for(&things.optimizer, "Adam", things.network, &rate, 1) == APUS_OK);
  CHECK(apus_schedule_create(&things.schedule, "ExponentialLR", things.optimizer, &gamma, 1) == APUS_OK);
  CHECK(apus_trainer_create(&things.trainer, things.network, things.loss, things.optimizer, things.schedule, &epochs, 1) ==
        APUS_OK);
  CHECK(apus_trainer_fit(things.trainer, things.x, things.y, NULL, NULL, NULL, NULL, NULL) == APUS_OK);
  apus_option population = option_integer("population", 8), batch_size = option_integer("batch_size", 3);
  CHECK(apus_sampler_create(&things.sampler, "RandomSampler", &population, 1) == APUS_OK);
  CHECK(apus_loader_create(&things.loader, (const apus_tensor *const *)&things.x, 1, NULL, &batch_size, 1) == APUS_OK);
  CHECK(apus_tensor_backward(things.sum, NULL, 1, 0) == APUS_OK);
  apus_tensor *output = NULL, *error = NULL;
  CHECK(apus_module_forward(&output, things.network, things.x) == APUS_OK);
  CHECK(apus_module_loss(&error, things.loss, output, things.y) == APUS_OK);
  CHECK(apus_tensor_backward(error, NULL, 0, 0) == APUS_OK);
  apus_tensor_free(output);
  apus_tensor_free(error);
}

static void make_things(void) {
  apus_view x = sample_features();
  CHECK(apus_manual_seed(0) == APUS_OK);
  CHECK(apus_array_create(&things.array, &x) == APUS_OK);
  CHECK(apus_operation_names(&things.text) == APUS_OK);
  CHECK(apus_cancel_create(&things.cancel) == APUS_OK);
  things.linear = new_estimator("linear_regression", NULL, 0);
  things.second = new_estimator("linear_regression", NULL, 0);
  things.ridge = new_estimator("ridge", NULL, 0);
  things.logistic = new_estimator("logistic_regression", NULL, 0);
  things.pca = new_estimator("pca", "n_components", 2);
  things.tree = new_estimator("decision_tree_regressor", "max_depth", 3);
  things.forest = new_estimator("random_forest_regressor", "n_estimators", 2);
  things.boosting = new_estimator("hist_gradient_boosting_regressor", "max_iter", 2);
  things.ada = new_estimator("ada_boost_regressor", "n_estimators", 2);
  CHECK(apus_estimator_serialize(&things.model, things.linear) == APUS_OK);
  CHECK(apus_random_state(&things.random) == APUS_OK);
  CHECK(apus_covariance_accumulator_create(&things.accumulator, SAMPLE_COLUMNS) == APUS_OK);
  CHECK(apus_covariance_accumulator_update(things.accumulator, &x) == APUS_OK);
  CHECK(apus_covariance_accumulator_create(&things.other, SAMPLE_COLUMNS) == APUS_OK);
  CHECK(apus_covariance_accumulator_update(things.other, &x) == APUS_OK);
  CHECK(apus_covariance_accumulator_state(&things.state, things.accumulator) == APUS_OK);
  make_network();
}

static void discard_things(void) {
  apus_tensor *tensors[] = {things.x,    things.y,      things.leaf,  things.tangent, things.sine,
                            things.sum,  things.number, things.loose, things.weight};
  apus_estimator *estimators[] = {things.linear, things.second, things.ridge,    things.logistic,
                                  things.pca,    things.tree,   things.forest, things.boosting, things.ada};
  apus_loader_free(things.loader);
  apus_sampler_free(things.sampler);
  apus_trainer_free(things.trainer);
  apus_schedule_free(things.schedule);
  apus_optimizer_free(things.optimizer);
  apus_module_free(things.network);
  apus_module_free(things.loss);
  apus_module_free(things.layer);
  for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) apus_tensor_free(tensors[i]);
  for (size_t i = 0; i < sizeof estimators / sizeof *estimators; i++) apus_estimator_free(estimators[i]);
  apus_covariance_accumulator_free(things.accumulator);
  apus_covariance_accumulator_free(things.other);
  apus_array_free(things.array);
  apus_array_free(things.model);
  apus_array_free(things.random);
  apus_array_free(things.state);
  apus_text_free(things.text);
  apus_cancel_free(things.cancel);
  memset(&things, 0, sizeof things);
  apus_tensor_trim_memory();
}

/* Files to read, in a folder of their own; needs things. */
static void make_files(void) {
  snprintf(folder, sizeof folder, "/tmp/apus-entry-points-XXXXXX");
  CHECK(mkdtemp(folder) != NULL);
  snprintf(model_path, sizeof model_path, "%s/model", folder);
  snprintf(weights_path, sizeof weights_path, "%s/weights", folder);
  snprintf(checkpoint_path, sizeof checkpoint_path, "%s/checkpoint", folder);
  snprintf(table_path, sizeof table_path, "%s/table.csv", folder);
  snprintf(output_path, sizeof output_path, "%s/output", folder);
  CHECK(apus_estimator_save(things.linear, model_path) == APUS_OK);
  CHECK(apus_module_save(things.layer, weights_path) == APUS_OK);
  CHECK(apus_trainer_save(things.trainer, checkpoint_path) == APUS_OK);
  FILE *table = fopen(table_path, "w");
  CHECK(table != NULL && fputs("a,b\n1,2\n3,4\n", table) >= 0);
  if (table != NULL) fclose(table);
}

static void discard_files(void) {
  DIR *listing = opendir(folder);
  CHECK(listing != NULL);
  for (struct dirent *file; listing != NULL && (file = readdir(listing)) != NULL;)
    if (file->d_name[0] != '.') (void)unlinkat(dirfd(listing), file->d_name, 0);
  if (listing != NULL) closedir(listing);
  CHECK(rmdir(folder) == 0);
}

/* Callbacks that do what they should and report `callback_status`. One that calls the library says when that had no
 * memory. */

static int32_t callback_status = APUS_OK;
static int callback_lacked_memory;

static void good_log(void *context, int32_t level, const char *message) { (void)context, (void)level, (void)message; }

static void good_progress(void *context, const char *stage, double fraction, int32_t *status) {
  (void)context, (void)stage, (void)fraction;
  *status = callback_status;
}

static void good_product(void *context, int32_t adjoint, const apus_view *vectors, apus_view *products, int32_t *status) {
  (void)context, (void)adjoint;
  int64_t columns = vectors->shape[1];
  const double *in = vectors->data;
  double *out = products->data;
  if (vectors->shape[0] != 3) return;
  for (int64_t i = 0; i < 3; i++)
    for (int64_t j = 0; j < columns; j++) {
      out[i * columns + j] = 0;
      for (int64_t k = 0; k < 3; k++) out[i * columns + j] += definite[3 * i + k] * in[k * columns + j];
    }
  *status = callback_status;
}

static void good_release(void *context) { (void)context; }

static void good_backward(void *context, apus_tensor **gradients, int64_t inputs, const apus_tensor *const *deltas,
                          int64_t outputs, int32_t *status) {
  (void)context, (void)gradients, (void)inputs, (void)deltas, (void)outputs;
  *status = callback_status;
}

static void good_hook(void *context, apus_tensor **replacement, const apus_tensor *gradient, int32_t *status) {
  (void)context, (void)replacement, (void)gradient;
  *status = callback_status;
}

static void good_function(void *context, apus_tensor **outputs, int64_t capacity, int64_t *count,
                          const apus_tensor *const *inputs, int64_t input_count, int32_t *status) {
  (void)context, (void)capacity;
  *status = apus_tensor_apply(&outputs[0], "tanh", inputs, input_count, NULL, 0);
  if (*status == APUS_ERROR_MEMORY) callback_lacked_memory = 1;
  *count = *status == APUS_OK ? 1 : 0;
  if (*status == APUS_OK) *status = callback_status;
}

static void good_closure(void *context, double *loss, int32_t *status) {
  (void)context;
  *loss = 1;
  *status = callback_status;
}

static void good_statistic(void *context, double *out, const double *resamples, int64_t count, const int64_t *sizes,
                           int64_t sample_count, int32_t *status) {
  (void)context;
  int64_t width = 0;
  for (int64_t i = 0; i < sample_count; i++) width += sizes[i];
  for (int64_t k = 0; k < count; k++) out[k] = resamples[k * width];
  *status = callback_status;
}

/* The callback of this type above. */
static void (*callback_of(const char *type))(void) {
  static const struct {
    const char *type;
    void (*good)(void);
  } callbacks[] = {
      {"apus_log_callback", (void (*)(void))good_log},
      {"apus_progress_callback", (void (*)(void))good_progress},
      {"apus_operator_callback", (void (*)(void))good_product},
      {"apus_release_callback", (void (*)(void))good_release},
      {"apus_backward_callback", (void (*)(void))good_backward},
      {"apus_hook_callback", (void (*)(void))good_hook},
      {"apus_tensor_function", (void (*)(void))good_function},
      {"apus_closure_callback", (void (*)(void))good_closure},
      {"apus_statistic_callback", (void (*)(void))good_statistic},
  };
  for (size_t i = 0; i < sizeof callbacks / sizeof *callbacks; i++)
    if (strcmp(callbacks[i].type, type) == 0) return callbacks[i].good;
  printf("no callback of type %s\n", type);
  CHECK(!"every callback type has a callback");
  return NULL;
}

/* Where the arguments of one call live. */
static struct {
  void *handles[MOST_PARAMETERS][SLOTS];
  double plain[MOST_PARAMETERS][SLOTS];
  apus_view view[MOST_PARAMETERS];
  const apus_view *views[MOST_PARAMETERS][SLOTS];
  const void *lists[MOST_PARAMETERS][SLOTS];
  apus_option options[2];
  apus_argument argument;
  apus_fit_options fit;
  apus_csr csr;
  int64_t offsets[SAMPLE_ROWS + 1], columns[SAMPLE_ROWS * SAMPLE_COLUMNS];
} cells;

static int is(const char *text, const char *expected) { return strcmp(text, expected) == 0; }
static int starts(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

/* An object of the type of a handle, the one that suits the function. */
static void *sample_handle(const char *function, const char *name, const char *type) {
  if (is(type, "apus_array")) return things.array;
  if (is(type, "apus_text")) return things.text;
  if (is(type, "apus_cancel")) return things.cancel;
  if (is(type, "apus_optimizer")) return things.optimizer;
  if (is(type, "apus_schedule")) return things.schedule;
  if (is(type, "apus_trainer")) return things.trainer;
  if (is(type, "apus_sampler")) return things.sampler;
  if (is(type, "apus_loader")) return things.loader;
  if (is(type, "apus_module")) return is(name, "loss") ? things.loss : things.layer;
  if (is(type, "apus_covariance_accumulator")) return is(name, "other") ? things.other : things.accumulator;
  if (is(type, "apus_estimator")) {
    if (is(name, "other")) return things.second;
    if (is(name, "value")) return things.tree;
    if (is(function, "apus_estimator_predict_proba") || is(function, "apus_estimator_decision_function")) return things.logistic;
    if (is(function, "apus_estimator_transform") || is(function, "apus_estimator_inverse_transform")) return things.pca;
    if (is(function, "apus_estimator_set_none") || is(function, "apus_estimator_set_int")) return things.tree;
    if (is(function, "apus_estimator_text")) return things.tree;
    if (is(function, "apus_estimator_member")) return things.forest;
    if (is(function, "apus_estimator_set_estimator")) return things.ada;
    if (is(function, "apus_estimator_export")) return things.boosting;
    if (starts(function, "apus_estimator_set_") && !is(function, "apus_estimator_set_bool") &&
        !is(function, "apus_estimator_set_note"))
      return things.ridge;
    return things.linear;
  }
  if (is(type, "apus_tensor")) {
    if (starts(function, "apus_trainer") || starts(function, "apus_module")) {
      if (is(function, "apus_module_set_tensor")) return things.weight;
      int is_target = is(name, "y") || is(name, "validation_y") || is(function, "apus_module_loss");
      return is_target ? things.y : things.x;
    }
    if (starts(function, "apus_optimizer")) return things.weight;
    if (is(function, "apus_tensor_item")) return things.number;
    if (is(function, "apus_tensor_backward")) return is(name, "gradient") ? NULL : things.sum;
    if (is(function, "apus_tensor_retain_grad")) return things.sine;
    if (is(function, "apus_tensor_set_data")) return is(name, "other") ? things.loose : things.tangent;
    if (is(name, "gradient")) return things.tangent;
    return things.leaf;
  }
  printf("%s: no object of type %s\n", function, type);
  CHECK(!"every handle type has an object");
  return NULL;
}

static void *sample_list(const char *function, const char *name, const char *type, int index) {
  const void **list = cells.lists[index];
  memset(list, 0, sizeof cells.lists[index]);
  if (is(type, "apus_module")) list[0] = things.layer;
  else if (is(type, "char")) list[0] = "first";
  else if (is(function, "apus_tensor_attach")) list[0] = is(name, "outputs") ? things.loose : things.leaf;
  else if (is(name, "tangents")) list[0] = things.tangent;
  else if (is(function, "apus_tensor_gradients") && is(name, "outputs")) list[0] = things.sum;
  else if (is(function, "apus_tensor_jvp") && is(name, "outputs")) list[0] = things.sine;
  else if (is(function, "apus_tensor_gradients") && is(name, "gradients")) return NULL;
  else if (is(function, "apus_module_forward_all")) list[0] = things.x;
  else if (is(function, "apus_optimizer_add_group")) list[0] = things.leaf;
  else list[0] = things.leaf;
  return list;
}

static apus_view sample_view(const char *function, const char *name) {
  apus_view view = sample_features();
  if (starts(function, "apus_linalg")) return (apus_view){definite, APUS_FLOAT64, 2, by_three, NULL};
  if (is(name, "y") || is(name, "data")) return (apus_view){sample_y, APUS_FLOAT64, 1, sample_y_shape, NULL};
  if (is(name, "sample_weight")) return (apus_view){ones, APUS_FLOAT64, 1, sample_y_shape, NULL};
  if (is(name, "value")) return (apus_view){ones, APUS_FLOAT64, 1, one_long, NULL};
  if (is(name, "state")) CHECK(apus_array_view(&view, things.state) == APUS_OK);
  if (starts(function, "apus_test_")) return (apus_view){sample_y, APUS_FLOAT64, 1, sample_y_shape, NULL};
  if (is(function, "apus_estimator_inverse_transform")) {
    static int64_t two_columns[2] = {SAMPLE_ROWS, 2};
    view.shape = two_columns;
  }
  return view;
}

static const char *sample_text(const char *function, const char *name) {
  if (is(name, "path")) {
    if (is(function, "apus_estimator_load")) return model_path;
    if (is(function, "apus_module_load") || is(function, "apus_tensors_load")) return weights_path;
    if (is(function, "apus_trainer_load")) return checkpoint_path;
    if (starts(function, "apus_data")) return table_path;
    return output_path;
  }
  if (is(name, "kind")) {
    if (starts(function, "apus_module")) return "Linear";
    if (starts(function, "apus_optimizer")) return "SGD";
    if (starts(function, "apus_schedule")) return "ExponentialLR";
    if (starts(function, "apus_sampler")) return "RandomSampler";
    return "linear_regression";
  }
  if (is(name, "operation")) return starts(function, "apus_estimator") ? "predict" : "softmax";
  if (is(name, "distribution")) return "norm";
  if (is(name, "function")) return starts(function, "apus_special") ? "erf" : "cdf";
  if (is(name, "test")) return is(function, "apus_test_resample") ? "bootstrap" : "wilcoxon";
  if (is(name, "format")) return is(function, "apus_estimator_export") ? "onnx" : "lightgbm";
  if (is(function, "apus_statistics_compute")) return "pearson_matrix";
  if (is(function, "apus_estimator_set_none") || is(function, "apus_estimator_set_int")) return "max_depth";
  if (is(function, "apus_estimator_set_bool") || is(function, "apus_estimator_get_parameter")) return "fit_intercept";
  if (is(function, "apus_estimator_set_string")) return is(name, "name") ? "solver" : "svd";
  if (is(function, "apus_estimator_set_estimator")) return "estimator";
  if (starts(function, "apus_estimator_set_") && !is(function, "apus_estimator_set_note")) return "alpha";
  if (is(function, "apus_estimator_get_attribute") || is(function, "apus_estimator_get_array")) return "coef_";
  if (is(function, "apus_estimator_get_double")) return "intercept_";
  if (is(function, "apus_estimator_text")) return "export_text";
  if (is(function, "apus_optimizer_get") || is(function, "apus_optimizer_set")) return "lr";
  if (is(function, "apus_optimizer_state") || is(function, "apus_optimizer_set_state")) return "exp_avg";
  if (starts(function, "apus_module")) return "weight";
  return "text";
}

static int64_t sample_integer(const char *function, const char *name) {
  if (is(name, "option_count")) {
    if (is(function, "apus_module_create")) return 2;
    return starts(function, "apus_statistics") || starts(function, "apus_test") ? 0 : 1;
  }
  if (is(name, "argument_count")) return starts(function, "apus_special") ? 1 : 0;
  if (is(name, "parameter_count")) return starts(function, "apus_optimizer") ? 1 : 0;
  if (is(name, "count") && is(function, "apus_estimator_deserialize")) {
    apus_view view;
    return apus_array_view(&view, things.model) == APUS_OK ? view.shape[0] : 0;
  }
  if (is(name, "count") && is(function, "apus_random_set_state")) return 5056;
  if (is(name, "count") && is(function, "apus_estimator_import")) return (int64_t)sizeof lightgbm - 1;
  if (is(name, "capacity")) return 8;
  if (is(name, "delimiter")) return ',';
  if (is(name, "bytes")) return -1;
  if (is(name, "ndim")) return 2;
  if (is(name, "rows") || is(name, "columns") || is(name, "variables")) return 3;
  if (is(function, "apus_memory_fail_after")) return -1;
  if (is(function, "apus_grad_set_enabled") || is(function, "apus_estimator_set_int")) return 1;
  return is(name, "index") || is(name, "group") || is(name, "largest") || is(name, "identifier") || is(name, "value") ||
                 is(name, "create_graph") || is(name, "full")
             ? 0
             : 1;
}

static double sample_number(const char *name) {
  if (is(name, "rcond")) return -1;
  if (is(name, "step") || is(name, "absolute")) return 1e-5;
  return is(name, "relative") ? 1e-4 : is(name, "tol") ? 0 : 1;
}

static void *sample_bytes(const char *function, const char *name) {
  static double parameters[2] = {0, 1};
  apus_view view = {NULL, 0, 0, NULL, NULL};
  if (is(name, "shape")) return sizes;
  if (is(name, "parameters")) return parameters;
  if (is(function, "apus_estimator_import")) return (void *)(uintptr_t)lightgbm;
  CHECK(apus_array_view(&view, is(function, "apus_random_set_state") ? things.random : things.model) == APUS_OK);
  return view.data;
}

static void *sample_options(const char *function) {
  cells.options[0] = option_number(starts(function, "apus_schedule") ? "gamma" : "lr", 0.5);
  if (starts(function, "apus_tensor")) cells.options[0] = option_integer("dim", 0);
  if (starts(function, "apus_trainer")) cells.options[0] = option_integer("epochs", 1);
  if (starts(function, "apus_sampler")) cells.options[0] = option_integer("population", 8);
  if (starts(function, "apus_loader")) cells.options[0] = option_integer("batch_size", 3);
  if (starts(function, "apus_module")) cells.options[0] = option_integer("in_features", 3);
  cells.options[1] = option_integer("out_features", 2);
  return cells.options;
}

static void *sample_argument(void) {
  memset(&cells.argument, 0, sizeof cells.argument);
  cells.argument.name = "fix_loc";
  cells.argument.value.type = APUS_TYPE_DOUBLE;
  cells.argument.value.number = 0.5;
  return &cells.argument;
}

static void *sample_fit_options(void) {
  apus_fit_options empty = APUS_FIT_OPTIONS_INIT;
  cells.fit = empty;
  cells.fit.cancel = things.cancel;
  cells.fit.progress = good_progress;
  return &cells.fit;
}

/* The sample features, all of them stored. */
static void *sample_csr(void) {
  for (int i = 0; i <= SAMPLE_ROWS; i++) cells.offsets[i] = i * SAMPLE_COLUMNS;
  for (int i = 0; i < SAMPLE_ROWS * SAMPLE_COLUMNS; i++) cells.columns[i] = i % SAMPLE_COLUMNS;
  apus_csr matrix = {SAMPLE_ROWS,  SAMPLE_COLUMNS, SAMPLE_ROWS * SAMPLE_COLUMNS, cells.offsets, cells.columns, sample_x,
                     APUS_INT64, APUS_FLOAT64};
  cells.csr = matrix;
  return &cells.csr;
}

/* Arguments with which the function succeeds. Handles and numbers it stores start as they are not after a failure. */
static void sample_arguments(const entry_point *entry, value *arguments) {
  const char *function = entry->name;
  for (int i = 0; i < SAMPLE_ROWS; i++) ones[i] = 1;
  for (int i = 0; i < entry->parameter_count; i++) {
    const parameter *it = &entry->parameters[i];
    memset(&arguments[i], 0, sizeof arguments[i]);
    switch (it->kind) {
      case VIEW:
        cells.view[i] = sample_view(function, it->name);
        arguments[i].pointer = &cells.view[i];
        break;
      case OUT_VIEW:
        cells.view[i] = (apus_view){predicted, APUS_FLOAT64, 1, sample_y_shape, NULL};
        arguments[i].pointer = &cells.view[i];
        break;
      case VIEWS:
        memset(cells.views[i], 0, sizeof cells.views[i]);
        cells.view[i] = sample_view(function, it->name);
        cells.views[i][0] = &cells.view[i];
        arguments[i].pointer = (void *)cells.views[i];
        break;
      case CSR: arguments[i].pointer = sample_csr(); break;
      case FIT_OPTIONS: arguments[i].pointer = sample_fit_options(); break;
      case OPTIONS: arguments[i].pointer = sample_options(function); break;
      case ARGUMENTS: arguments[i].pointer = sample_argument(); break;
      case TEXT: arguments[i].pointer = (void *)(uintptr_t)sample_text(function, it->name); break;
      case TEXTS:
      case HANDLES: arguments[i].pointer = sample_list(function, it->name, it->type, i); break;
      case BYTES: arguments[i].pointer = sample_bytes(function, it->name); break;
      case CONTEXT: break;
      case INT32:
      case INT64: arguments[i].integer = sample_integer(function, it->name); break;
      case NUMBER: arguments[i].number = sample_number(it->name); break;
      case CALLBACK: arguments[i].function = callback_of(it->type); break;
      case HANDLE: arguments[i].pointer = sample_handle(function, it->name, it->type); break;
      case OUT_HANDLE:
        memset(cells.handles[i], 0, sizeof cells.handles[i]);
        arguments[i].pointer = cells.handles[i];
        break;
      case OUT_PLAIN:
        memset(cells.plain[i], 0, sizeof cells.plain[i]);
        arguments[i].pointer = cells.plain[i];
        break;
    }
  }
}

/* Frees a handle of the type that the parameter stores. */
static void discard(const char *type, void *handle) {
  if (is(type, "apus_array")) apus_array_free(handle);
  else if (is(type, "apus_text")) apus_text_free(handle);
  else if (is(type, "apus_cancel")) apus_cancel_free(handle);
  else if (is(type, "apus_estimator")) apus_estimator_free(handle);
  else if (is(type, "apus_tensor")) apus_tensor_free(handle);
  else if (is(type, "apus_module")) apus_module_free(handle);
  else if (is(type, "apus_optimizer")) apus_optimizer_free(handle);
  else if (is(type, "apus_schedule")) apus_schedule_free(handle);
  else if (is(type, "apus_trainer")) apus_trainer_free(handle);
  else if (is(type, "apus_sampler")) apus_sampler_free(handle);
  else if (is(type, "apus_loader")) apus_loader_free(handle);
  else if (is(type, "apus_covariance_accumulator")) apus_covariance_accumulator_free(handle);
  else CHECK(!"every handle type has an end");
}

#endif
