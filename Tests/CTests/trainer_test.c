/* The training loop, schedules, custom operations, hooks, data files, samplers and loaders: results, bad input, and every call with the N-th
 * allocation failing. */
#include <apus.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exhaust.h"

static apus_option option_int(const char *name, int64_t value) {
  apus_option option = {.name = name, .type = APUS_OPTION_INT, .integer = value};
  return option;
}

static apus_option option_double(const char *name, double value) {
  apus_option option = {.name = name, .type = APUS_OPTION_DOUBLE, .number = value};
  return option;
}

static apus_option option_text(const char *name, const char *value) {
  apus_option option = {.name = name, .type = APUS_OPTION_STRING, .string = value};
  return option;
}

static apus_tensor *tensor_of(const void *values, int32_t dtype, int64_t rows, int64_t columns, int32_t requires_grad) {
  int64_t shape[2] = {rows, columns};
  apus_view view = {(void *)(uintptr_t)values, dtype, 2, shape, NULL};
  apus_tensor *tensor = NULL;
  CHECK(apus_tensor_create(&tensor, &view, requires_grad) == APUS_OK);
  return tensor;
}

static apus_module *module_of(const char *kind, int64_t inputs, int64_t outputs) {
  apus_option options[2] = {option_int("in_features", inputs), option_int("out_features", outputs)};
  apus_module *module = NULL;
  CHECK(apus_module_create(&module, kind, options, inputs > 0 ? 2 : 0) == APUS_OK);
  return module;
}

enum { ROWS = 40 };
static float features[ROWS * 3], targets[ROWS];
static apus_tensor *x, *y;
static apus_module *parts[3], *model, *loss;
static apus_optimizer *optimizer;
static apus_schedule *schedule;
static apus_trainer *trainer;

static apus_status make_trainer(void) {
  apus_option options[4] = {option_int("epochs", 20), option_int("batch_size", 8), option_text("metrics", "mae"),
                            option_double("clip_norm", 5)};
  return apus_trainer_create(&trainer, model, loss, optimizer, schedule, options, 4);
}

static void build(void) {
  for (int i = 0; i < ROWS * 3; ++i) features[i] = sinf((float)(7 * i));
  for (int i = 0; i < ROWS; ++i) targets[i] = features[3 * i] - 0.5f * features[3 * i + 2];
  CHECK(apus_manual_seed(1) == APUS_OK);
  x = tensor_of(features, APUS_FLOAT32, ROWS, 3, 0);
  y = tensor_of(targets, APUS_FLOAT32, ROWS, 1, 0);
  parts[0] = module_of("Linear", 3, 8);
  parts[1] = module_of("Tanh", 0, 0);
  parts[2] = module_of("Linear", 8, 1);
  CHECK(apus_module_sequential(&model, (const apus_module *const *)parts, NULL, 3) == APUS_OK);
  loss = module_of("MSELoss", 0, 0);
  apus_option rate = option_double("lr", 0.05);
  CHECK(apus_optimizer_create_for(&optimizer, "Adam", model, &rate, 1) == APUS_OK);
  apus_option period = option_int("T_max", 40);
  CHECK(apus_schedule_create(&schedule, "CosineAnnealingLR", optimizer, &period, 1) == APUS_OK);
  CHECK(make_trainer() == APUS_OK);
}

static double last_loss(int64_t *epochs) {
  apus_array *history = NULL;
  apus_text *names = NULL;
  apus_view view;
  CHECK(apus_trainer_history(&history, &names, trainer) == APUS_OK);
  CHECK(strcmp(apus_text_data(names), "epoch\nloss\nvalidation_loss\nlr\nmae\nvalidation_mae") == 0);
  CHECK(apus_array_view(&view, history) == APUS_OK);
  CHECK(view.ndim == 2 && view.shape[1] == 6);
  *epochs = view.shape[0];
  double value = view.shape[0] == 0 ? NAN : ((const double *)view.data)[(view.shape[0] - 1) * 6 + 1];
  apus_array_free(history);
  apus_text_free(names);
  return value;
}

static int reports;
static void progress(void *context, const char *stage, double fraction, int32_t *status) {
  (void)stage;
  ++reports;
  if (context != NULL && fraction > 0.3) CHECK(apus_cancel_trip((apus_cancel *)context) == APUS_OK);
  *status = APUS_OK;
}

static void training(void) {
  int64_t epochs = 0;
  CHECK(apus_trainer_fit(trainer, x, y, x, y, NULL, progress, NULL) == APUS_OK);
  CHECK(last_loss(&epochs) < 0.05);
  CHECK(epochs == 20 && reports == 21);
  apus_array *measured = NULL;
  apus_view view;
  CHECK(apus_trainer_evaluate(&measured, trainer, x, y) == APUS_OK);
  CHECK(apus_array_view(&view, measured) == APUS_OK);
  CHECK(view.shape[0] == 2 && ((const double *)view.data)[0] < 0.05);
  apus_array_free(measured);
  apus_tensor *predicted = NULL;
  CHECK(apus_trainer_predict(&predicted, trainer, x) == APUS_OK);
  apus_tensor_free(predicted);

  /* Cancelling keeps whole epochs. */
  apus_cancel *cancel = NULL;
  CHECK(apus_cancel_create(&cancel) == APUS_OK);
  CHECK(apus_trainer_fit(trainer, x, y, NULL, NULL, cancel, progress, cancel) == APUS_CANCELLED);
  (void)last_loss(&epochs);
  CHECK(epochs > 20 && epochs < 40);
  apus_cancel_free(cancel);

  /* A checkpoint goes on with the same bits. */
  char path[] = "/tmp/apus-trainer-XXXXXX";
  int file = mkstemp(path);
  CHECK(file >= 0);
  close(file);
  CHECK(apus_trainer_save(trainer, path) == APUS_OK);
  CHECK(apus_trainer_fit(trainer, x, y, NULL, NULL, NULL, NULL, NULL) == APUS_OK);
  double expected = last_loss(&epochs);
  CHECK(apus_trainer_load(trainer, path) == APUS_OK);
  CHECK(apus_trainer_fit(trainer, x, y, NULL, NULL, NULL, NULL, NULL) == APUS_OK);
  CHECK(last_loss(&epochs) == expected);
  CHECK(truncate(path, 100) == 0);
  CHECK(apus_trainer_load(trainer, path) == APUS_ERROR_FORMAT);
  CHECK(last_loss(&epochs) == expected);
  unlink(path);
  CHECK(apus_trainer_load(trainer, path) == APUS_ERROR_IO);
}

/* The derivative of 3x². */
static void triple_backward(void *context, apus_tensor **gradients, int64_t inputs, const apus_tensor *const *deltas,
                            int64_t outputs, int32_t *status) {
  CHECK(inputs == 1 && outputs == 1);
  apus_option six = option_double("other", 6);
  const apus_tensor *source = *(const apus_tensor *const *)context;
  apus_tensor *scaled = NULL;
  if (apus_tensor_apply(&scaled, "mul", &source, 1, &six, 1) != APUS_OK) return;
  const apus_tensor *both[2] = {scaled, deltas[0]};
  if (apus_tensor_apply(&gradients[0], "mul", both, 2, NULL, 0) == APUS_OK) *status = APUS_OK;
  apus_tensor_free(scaled);
}

static int released;
static void count_release(void *context) {
  (void)context;
  ++released;
}

static apus_tensor *triple(const apus_tensor *const *source) {
  int32_t before = apus_grad_set_enabled(0);
  apus_tensor *square = NULL, *result = NULL;
  apus_option three = option_double("other", 3);
  CHECK(apus_tensor_apply(&square, "square", source, 1, NULL, 0) == APUS_OK);
  CHECK(apus_tensor_apply(&result, "mul", (const apus_tensor *const *)&square, 1, &three, 1) == APUS_OK);
  apus_grad_set_enabled(before);
  apus_tensor_free(square);
  CHECK(apus_tensor_attach(&result, 1, "Triple", source, 1, triple_backward, count_release,
                           (void *)(uintptr_t)source) == APUS_OK);
  return result;
}

static void function(void *context, apus_tensor **outputs, int64_t capacity, int64_t *count,
                     const apus_tensor *const *inputs, int64_t input_count, int32_t *status) {
  CHECK(capacity > 0 && input_count == 1);
  if (apus_tensor_apply(&outputs[0], (const char *)context, inputs, 1, NULL, 0) != APUS_OK) return;
  *count = 1;
  *status = APUS_OK;
}

static void hook(void *context, apus_tensor **replacement, const apus_tensor *gradient, int32_t *status) {
  apus_option factor = option_double("other", *(double *)context);
  if (apus_tensor_apply(replacement, "mul", &gradient, 1, &factor, 1) == APUS_OK) *status = APUS_OK;
}

static void failing_hook(void *context, apus_tensor **replacement, const apus_tensor *gradient, int32_t *status) {
  (void)context, (void)replacement, (void)gradient, (void)status;
}

static void derivatives(void) {
  const double values[3] = {0.5, -1, 2};
  apus_tensor *leaf = tensor_of(values, APUS_FLOAT64, 1, 3, 1);
  const apus_tensor *source[1] = {leaf};
  apus_tensor *result = triple(source), *sum = NULL, *grad = NULL;
  CHECK(apus_tensor_apply(&sum, "sum", (const apus_tensor *const *)&result, 1, NULL, 0) == APUS_OK);
  double factor = 10;
  int64_t identifier = 0;
  CHECK(apus_tensor_register_hook(&identifier, leaf, hook, NULL, &factor) == APUS_OK);
  CHECK(apus_tensor_backward(sum, NULL, 0, 0) == APUS_OK);
  CHECK(apus_tensor_remove_hook(leaf, identifier) == APUS_OK);
  apus_tensor_info info;
  int64_t shape[APUS_MAX_DIMENSIONS];
  CHECK(apus_tensor_grad(&grad, leaf) == APUS_OK);
  CHECK(apus_tensor_describe(&info, grad, shape, NULL) == APUS_OK);
  for (int i = 0; i < 3; ++i) CHECK(((const double *)info.view.data)[i] == 60 * values[i]);
  apus_tensor_free(grad);
  apus_tensor_free(sum);
  apus_tensor_free(result);
  CHECK(released == 1);

  CHECK(apus_tensor_register_hook(&identifier, leaf, failing_hook, NULL, NULL) == APUS_OK);
  apus_tensor *sine = NULL;
  CHECK(apus_tensor_apply(&sine, "sin", source, 1, NULL, 0) == APUS_OK);
  CHECK(apus_tensor_apply(&sum, "sum", (const apus_tensor *const *)&sine, 1, NULL, 0) == APUS_OK);
  CHECK(apus_tensor_backward(sum, NULL, 1, 0) == APUS_ERROR_CALLBACK);
  CHECK(apus_tensor_remove_hook(leaf, identifier) == APUS_OK);

  /* J·v of sin is cos(x)·v. */
  const double direction[3] = {1, 2, 3};
  apus_tensor *tangent = tensor_of(direction, APUS_FLOAT64, 1, 3, 0), *product = NULL;
  CHECK(apus_tensor_jvp(&product, (const apus_tensor *const *)&sine, 1, source, 1,
                        (const apus_tensor *const *)&tangent) == APUS_OK);
  CHECK(apus_tensor_describe(&info, product, shape, NULL) == APUS_OK);
  for (int i = 0; i < 3; ++i) CHECK(fabs(((const double *)info.view.data)[i] - cos(values[i]) * direction[i]) < 1e-15);
  apus_tensor_free(product);
  apus_tensor_free(tangent);
  apus_tensor_free(sum);
  apus_tensor_free(sine);

  CHECK(apus_gradient_check(source, 1, function, (void *)(uintptr_t)"tanh", 1e-6, 1e-6, 1e-5, 1) == APUS_OK);
  CHECK(apus_gradient_check(source, 1, function, (void *)(uintptr_t)"tanh", 1e-6, 1e-5, 1e-4, 2) == APUS_OK);
  CHECK(apus_gradient_check(source, 1, function, (void *)(uintptr_t)"nothing", 1e-6, 1e-6, 1e-5, 1) ==
        APUS_ERROR_CALLBACK);
  CHECK(apus_gradient_check(source, 1, function, (void *)(uintptr_t)"tanh", 0, 1e-6, 1e-5, 1) == APUS_ERROR_ARGUMENT);
  CHECK(apus_gradient_check(source, 1, function, (void *)(uintptr_t)"tanh", 1e-6, 1e-6, 1e-5, 3) ==
        APUS_ERROR_ARGUMENT);
  CHECK(apus_gradient_check(source, 1, NULL, NULL, 1e-6, 1e-6, 1e-5, 1) == APUS_ERROR_NULL);
  apus_tensor_free(leaf);
}

static const apus_tensor *closure_x, *closure_y;
static void closure(void *context, double *value, int32_t *status) {
  apus_tensor *prediction = NULL, *error = NULL;
  if (apus_optimizer_zero_grad(*(apus_optimizer **)context, 1) == APUS_OK &&
      apus_module_forward(&prediction, model, closure_x) == APUS_OK &&
      apus_module_loss(&error, loss, prediction, closure_y) == APUS_OK &&
      apus_tensor_backward(error, NULL, 0, 0) == APUS_OK && apus_tensor_item(value, error) == APUS_OK)
    *status = APUS_OK;
  apus_tensor_free(prediction);
  apus_tensor_free(error);
}

static void closures_and_clipping(void) {
  apus_optimizer *lbfgs = NULL;
  CHECK(apus_optimizer_create_for(&lbfgs, "LBFGS", model, NULL, 0) == APUS_OK);
  closure_x = x;
  closure_y = y;
  double first = 0, second = 0;
  CHECK(apus_optimizer_step(lbfgs) == APUS_ERROR_UNSUPPORTED);
  CHECK(apus_optimizer_step_closure(&first, lbfgs, closure, &lbfgs) == APUS_OK);
  CHECK(apus_optimizer_step_closure(&second, lbfgs, closure, &lbfgs) == APUS_OK);
  CHECK(second <= first);
  CHECK(apus_optimizer_step_closure(&first, lbfgs, NULL, NULL) == APUS_ERROR_NULL);
  apus_tensor *weight = NULL;
  CHECK(apus_module_tensor(&weight, parts[0], "weight") == APUS_OK);
  double norm = 0;
  CHECK(apus_clip_gradient_norm(&norm, (const apus_tensor *const *)&weight, 1, 1e-3, 2) == APUS_OK);
  CHECK(norm >= 0);
  CHECK(apus_clip_gradient_norm(&second, (const apus_tensor *const *)&weight, 1, 1e-3, 2) == APUS_OK);
  CHECK(second <= 1.001e-3);
  CHECK(apus_clip_gradient_value((const apus_tensor *const *)&weight, 1, 1e-6) == APUS_OK);
  CHECK(apus_clip_gradient_value((const apus_tensor *const *)&weight, 1, -1) == APUS_ERROR_ARGUMENT);
  apus_tensor_free(weight);
  CHECK(apus_optimizer_zero_grad(lbfgs, 1) == APUS_OK);
  apus_optimizer_free(lbfgs);
}

static void data_files(void) {
  char path[] = "/tmp/apus-table-XXXXXX";
  int file = mkstemp(path);
  const char text[] = "a;b\n1;2\n3;\n";
  CHECK(file >= 0 && write(file, text, sizeof text - 1) == (ssize_t)(sizeof text - 1));
  close(file);
  apus_tensor *table = NULL;
  apus_text *names = NULL;
  CHECK(apus_data_read_csv(&table, &names, path, ';', -1) == APUS_OK);
  CHECK(strcmp(apus_text_data(names), "a\nb") == 0);
  apus_tensor_info info;
  int64_t shape[APUS_MAX_DIMENSIONS];
  CHECK(apus_tensor_describe(&info, table, shape, NULL) == APUS_OK);
  CHECK(shape[0] == 2 && shape[1] == 2 && isnan(((const double *)info.view.data)[3]));
  apus_text_free(names);
  apus_tensor_free(table);
  CHECK(apus_data_read_csv(&table, NULL, path, ';', 0) == APUS_ERROR_FORMAT);
  CHECK(table == NULL);
  CHECK(apus_data_read_csv(&table, NULL, path, 300, 0) == APUS_ERROR_ARGUMENT);
  CHECK(apus_data_read_csv(&table, NULL, path, ';', 2) == APUS_ERROR_ARGUMENT);
  CHECK(apus_data_read(&table, path) == APUS_ERROR_ARGUMENT);
  unlink(path);
  CHECK(apus_data_read(&table, "/nonexistent/table.csv") == APUS_ERROR_IO);
  CHECK(apus_data_read(&table, NULL) == APUS_ERROR_NULL);
}

static apus_option option_tensor(const char *name, const apus_tensor *value) {
  apus_option option = {.name = name, .type = APUS_OPTION_TENSOR, .tensor = value};
  return option;
}

static apus_tensor *numbers(int64_t count) {
  apus_option end = option_double("end", (double)count);
  apus_tensor *tensor = NULL;
  CHECK(apus_tensor_apply(&tensor, "arange", NULL, 0, &end, 1) == APUS_OK);
  return tensor;
}

/* Adds a tensor's int64 elements to `into` and frees it. */
static int64_t collect(apus_tensor *tensor, int64_t *into) {
  apus_tensor_info info;
  int64_t shape[APUS_MAX_DIMENSIONS];
  CHECK(apus_tensor_describe(&info, tensor, shape, NULL) == APUS_OK);
  CHECK(info.view.dtype == APUS_INT64 && info.view.ndim == 1);
  memcpy(into, info.view.data, (size_t)shape[0] * sizeof *into);
  apus_tensor_free(tensor);
  return shape[0];
}

static void loaders(void) {
  /* PyTorch's order: DataLoader(TensorDataset(arange(11)), batch_size=3, shuffle=True) after manual_seed(11). */
  const int64_t expected[11] = {7, 4, 6, 1, 9, 0, 3, 10, 8, 2, 5};
  apus_tensor *data = numbers(11);
  apus_option options[3] = {option_int("batch_size", 3), option_int("shuffle", 1), option_int("drop_last", 1)};
  apus_loader *loader = NULL;
  CHECK(apus_loader_create(&loader, (const apus_tensor *const *)&data, 1, NULL, options, 2) == APUS_OK);
  int64_t batches = 0, count = 0, found[33], length = 0;
  CHECK(apus_loader_count(&batches, loader) == APUS_OK && batches == 4);
  CHECK(apus_manual_seed(11) == APUS_OK);
  apus_tensor *batch = NULL;
  for (int i = 0; i < 4; ++i) {
    CHECK(apus_loader_next(&batch, 1, &count, loader) == APUS_OK && count == 1);
    length += collect(batch, found + length);
  }
  CHECK(length == 11 && memcmp(found, expected, sizeof expected) == 0);
  CHECK(apus_loader_next(&batch, 1, &count, loader) == APUS_OK && count == 0);
  CHECK(apus_loader_next(&batch, 0, &count, loader) == APUS_ERROR_ARGUMENT && count == 0);
  CHECK(apus_loader_next(NULL, 1, &count, loader) == APUS_ERROR_NULL);
  CHECK(apus_manual_seed(11) == APUS_OK);
  CHECK(apus_loader_next(&batch, 1, &count, loader) == APUS_OK && collect(batch, found) == 3);
  CHECK(apus_loader_restart(loader) == APUS_OK);
  CHECK(apus_manual_seed(11) == APUS_OK);
  CHECK(apus_loader_next(&batch, 1, &count, loader) == APUS_OK && collect(batch, found) == 3 && found[0] == 7);
  apus_loader_free(loader);

  /* Samplers: each one's order, alone and under a loader. */
  apus_sampler *sampler = NULL;
  apus_option population[2] = {option_int("population", 11), option_int("num_samples", 30)};
  CHECK(apus_sampler_create(&sampler, "RandomSampler", population, 2) == APUS_OK);
  CHECK(apus_sampler_count(&count, sampler) == APUS_OK && count == 30);
  CHECK(apus_sampler_indices(&batch, sampler) == APUS_OK && collect(batch, found) == 30);
  int seen[11] = {0};
  for (int i = 0; i < 30; ++i) ++seen[found[i]];
  for (int i = 0; i < 11; ++i) CHECK(seen[i] == 2 || seen[i] == 3);
  CHECK(apus_loader_create(&loader, (const apus_tensor *const *)&data, 1, sampler, options, 2) == APUS_ERROR_ARGUMENT);
  options[1] = options[2];
  CHECK(apus_loader_create(&loader, (const apus_tensor *const *)&data, 1, sampler, options, 2) == APUS_OK);
  apus_sampler_free(sampler);
  CHECK(apus_sampler_indices(&batch, sampler) == APUS_ERROR_HANDLE);
  CHECK(apus_loader_count(&batches, loader) == APUS_OK && batches == 10);
  CHECK(apus_loader_next(&batch, 1, &count, loader) == APUS_OK && collect(batch, found) == 3);
  apus_loader_free(loader);
  CHECK(apus_loader_next(&batch, 1, &count, loader) == APUS_ERROR_HANDLE);
  CHECK(apus_sampler_create(&sampler, "SequentialSampler", population, 1) == APUS_OK);
  CHECK(apus_sampler_indices(&batch, sampler) == APUS_OK && collect(batch, found) == 11 && found[10] == 10);
  apus_sampler_free(sampler);
  int64_t places[3] = {4, 2, 9}, shape[1] = {3};
  double shares[3] = {0, 2, 1};
  apus_view view = {places, APUS_INT64, 1, shape, NULL}, share_view = {shares, APUS_FLOAT64, 1, shape, NULL};
  apus_tensor *chosen = NULL, *weights = NULL;
  CHECK(apus_tensor_create(&chosen, &view, 0) == APUS_OK && apus_tensor_create(&weights, &share_view, 0) == APUS_OK);
  apus_option subset[2] = {option_tensor("indices", chosen), option_int("seed", 5)};
  CHECK(apus_sampler_create(&sampler, "SubsetRandomSampler", subset, 2) == APUS_OK);
  CHECK(apus_sampler_indices(&batch, sampler) == APUS_OK && collect(batch, found) == 3);
  CHECK(found[0] + found[1] + found[2] == 15);
  apus_sampler_free(sampler);
  apus_option weighted[2] = {option_tensor("weights", weights), option_int("num_samples", 20)};
  CHECK(apus_sampler_create(&sampler, "WeightedRandomSampler", weighted, 2) == APUS_OK);
  CHECK(apus_sampler_indices(&batch, sampler) == APUS_OK && collect(batch, found) == 20);
  for (int i = 0; i < 20; ++i) CHECK(found[i] == 1 || found[i] == 2);
  apus_sampler_free(sampler);

  /* Bad input. */
  CHECK(apus_sampler_create(&sampler, "MetropolisSampler", NULL, 0) == APUS_ERROR_ARGUMENT);
  CHECK(apus_sampler_create(&sampler, "RandomSampler", NULL, 0) == APUS_ERROR_ARGUMENT);
  population[1].integer = 0;
  CHECK(apus_sampler_create(&sampler, "RandomSampler", population, 2) == APUS_ERROR_ARGUMENT);
  population[1].integer = INT64_MAX;
  CHECK(apus_sampler_create(&sampler, "RandomSampler", population, 2) == APUS_OK);
  CHECK(apus_sampler_indices(&batch, sampler) == APUS_ERROR_OVERFLOW && batch == NULL);
  apus_sampler_free(sampler);
  CHECK(apus_sampler_create(&sampler, "WeightedRandomSampler", weighted, 1) == APUS_ERROR_ARGUMENT);
  CHECK(sampler == NULL);
  places[1] = -3;
  apus_tensor_free(chosen);
  CHECK(apus_tensor_create(&chosen, &view, 0) == APUS_OK);
  subset[0].tensor = chosen;
  CHECK(apus_sampler_create(&sampler, "SubsetRandomSampler", subset, 1) == APUS_OK);
  CHECK(apus_loader_create(&loader, (const apus_tensor *const *)&data, 1, sampler, NULL, 0) == APUS_OK);
  CHECK(apus_loader_next(&batch, 1, &count, loader) == APUS_ERROR_ARGUMENT);
  CHECK(strstr(apus_last_error(), "-3") != NULL);
  apus_loader_free(loader);
  apus_sampler_free(sampler);
  options[0].integer = 0;
  CHECK(apus_loader_create(&loader, (const apus_tensor *const *)&data, 1, NULL, options, 1) == APUS_ERROR_ARGUMENT);
  CHECK(apus_loader_create(&loader, NULL, 0, NULL, NULL, 0) == APUS_ERROR_SHAPE);
  const apus_tensor *unequal[2] = {data, weights};
  CHECK(apus_loader_create(&loader, unequal, 2, NULL, NULL, 0) == APUS_ERROR_SHAPE && loader == NULL);
  CHECK(apus_loader_create(&loader, unequal, 1, (const apus_sampler *)data, NULL, 0) == APUS_ERROR_HANDLE);
  CHECK(apus_loader_restart(NULL) == APUS_ERROR_HANDLE);
  CHECK(apus_sampler_count(NULL, NULL) == APUS_ERROR_NULL && apus_loader_count(NULL, NULL) == APUS_ERROR_NULL);
  apus_sampler_free(NULL);
  apus_loader_free(NULL);
  apus_tensor_free(weights);
  apus_tensor_free(chosen);
  apus_tensor_free(data);
}

static void bad_input(void) {
  apus_trainer *none = NULL;
  apus_schedule *rates = NULL;
  CHECK(apus_trainer_create(&none, model, parts[0], optimizer, NULL, NULL, 0) == APUS_ERROR_ARGUMENT);
  CHECK(apus_trainer_create(&none, NULL, loss, optimizer, NULL, NULL, 0) == APUS_ERROR_HANDLE);
  CHECK(apus_trainer_create(NULL, model, loss, optimizer, NULL, NULL, 0) == APUS_ERROR_NULL);
  apus_option wrong = option_int("batches", 1), negative = option_int("epochs", -1);
  CHECK(apus_trainer_create(&none, model, loss, optimizer, NULL, &wrong, 1) == APUS_ERROR_ARGUMENT);
  CHECK(apus_trainer_create(&none, model, loss, optimizer, NULL, &negative, 1) == APUS_ERROR_ARGUMENT);
  CHECK(none == NULL);
  CHECK(apus_trainer_fit(NULL, x, y, NULL, NULL, NULL, NULL, NULL) == APUS_ERROR_HANDLE);
  CHECK(apus_trainer_fit(trainer, NULL, y, NULL, NULL, NULL, NULL, NULL) == APUS_ERROR_HANDLE);
  CHECK(apus_trainer_fit(trainer, x, y, x, NULL, NULL, NULL, NULL) == APUS_ERROR_HANDLE);
  CHECK(apus_trainer_fit(trainer, x, y, NULL, NULL, (apus_cancel *)trainer, NULL, NULL) == APUS_ERROR_HANDLE);
  CHECK(apus_trainer_predict(NULL, trainer, x) == APUS_ERROR_NULL);
  CHECK(apus_trainer_save(trainer, "/nonexistent/folder/file") == APUS_ERROR_IO);
  CHECK(apus_schedule_create(&rates, "NoLR", optimizer, NULL, 0) == APUS_ERROR_ARGUMENT);
  CHECK(apus_schedule_create(&rates, "StepLR", optimizer, NULL, 0) == APUS_ERROR_ARGUMENT);
  CHECK(apus_schedule_create(&rates, "StepLR", (apus_optimizer *)model, NULL, 0) == APUS_ERROR_HANDLE);
  CHECK(rates == NULL);
  CHECK(apus_schedule_step(NULL, 0) == APUS_ERROR_HANDLE);
  const apus_tensor *inputs[1] = {x};
  CHECK(apus_tensor_attach(&x, 1, "Same", inputs, 1, triple_backward, NULL, NULL) == APUS_ERROR_ARGUMENT);
  CHECK(apus_tensor_attach(&y, 1, "None", inputs, 1, NULL, NULL, NULL) == APUS_ERROR_NULL);
  int64_t identifier;
  CHECK(apus_tensor_register_hook(&identifier, x, hook, NULL, NULL) == APUS_ERROR_ARGUMENT);
  apus_trainer_free(NULL);
  apus_trainer_free((apus_trainer *)model);
  apus_schedule_free(NULL);
}

/* What the calls below make. */
static apus_tensor *result;

static apus_status call_tensor(void) {
  int64_t shape[2] = {ROWS, 3};
  apus_view view = {features, APUS_FLOAT32, 2, shape, NULL};
  return apus_tensor_create(&result, &view, 0);
}
static apus_status call_operation(void) {
  const apus_tensor *inputs[1] = {x};
  apus_option dim = option_int("dim", 1);
  return apus_tensor_apply(&result, "softmax", inputs, 1, &dim, 1);
}
static apus_status call_forward(void) { return apus_module_forward(&result, model, x); }
static apus_status call_module(void) {
  apus_option options[2] = {option_int("input_size", 5), option_int("hidden_size", 7)};
  apus_module *module = NULL;
  apus_status status = apus_module_create(&module, "LSTM", options, 2);
  apus_module_free(module);
  return status;
}
static apus_status call_backward(void) {
  apus_tensor *prediction = NULL, *error = NULL;
  apus_status status = apus_module_forward(&prediction, model, x);
  if (status == APUS_OK) status = apus_module_loss(&error, loss, prediction, y);
  if (status == APUS_OK) status = apus_tensor_backward(error, NULL, 0, 0);
  apus_tensor_free(prediction);
  apus_tensor_free(error);
  apus_status forgotten = apus_optimizer_zero_grad(optimizer, 1);
  return status == APUS_OK ? forgotten : status;
}
static apus_status call_recurrent(void) {
  apus_option options[2] = {option_int("input_size", 3), option_int("hidden_size", 9)};
  apus_module *module = NULL;
  apus_tensor *outputs[2] = {NULL, NULL}, *sum = NULL;
  const apus_tensor *inputs[1] = {x};
  int64_t count = 0;
  apus_status status = apus_module_create(&module, "GRU", options, 2);
  if (status == APUS_OK) status = apus_module_forward_all(outputs, 2, &count, module, inputs, 1);
  if (status == APUS_OK) status = apus_tensor_apply(&sum, "sum", (const apus_tensor *const *)outputs, 1, NULL, 0);
  if (status == APUS_OK) status = apus_tensor_backward(sum, NULL, 0, 0);
  apus_tensor_free(sum);
  apus_tensor_free(outputs[0]);
  apus_tensor_free(outputs[1]);
  apus_module_free(module);
  return status;
}
static apus_status call_optimizer(void) {
  apus_optimizer *twin = NULL;
  apus_option settings[2] = {option_double("lr", 1e-9), option_double("momentum", 0.9)};
  apus_status status = apus_optimizer_create_for(&twin, "SGD", model, settings, 2);
  apus_tensor *prediction = NULL, *error = NULL;
  if (status == APUS_OK) status = apus_module_forward(&prediction, model, x);
  if (status == APUS_OK) status = apus_module_loss(&error, loss, prediction, y);
  if (status == APUS_OK) status = apus_tensor_backward(error, NULL, 0, 0);
  if (status == APUS_OK) status = apus_optimizer_step(twin);
  apus_tensor_free(prediction);
  apus_tensor_free(error);
  apus_status forgotten = apus_optimizer_zero_grad(optimizer, 1);
  apus_optimizer_free(twin);
  return status == APUS_OK ? forgotten : status;
}
static apus_status call_fit(void) {
  apus_optimizer *own = NULL;
  apus_trainer *twin = NULL;
  apus_option rate = option_double("lr", 1e-9);
  apus_option options[2] = {option_int("epochs", 1), option_int("batch_size", 16)};
  apus_status status = apus_optimizer_create_for(&own, "Adam", model, &rate, 1);
  if (status == APUS_OK) status = apus_trainer_create(&twin, model, loss, own, NULL, options, 2);
  if (status == APUS_OK) status = apus_trainer_fit(twin, x, y, x, y, NULL, NULL, NULL);
  apus_trainer_free(twin);
  apus_optimizer_free(own);
  return status;
}

static apus_status call_loader(void) {
  apus_option options[2] = {option_int("batch_size", 7), option_int("shuffle", 1)};
  apus_loader *loader = NULL;
  const apus_tensor *both[2] = {x, y};
  apus_tensor *batch[2] = {NULL, NULL};
  int64_t count = 0;
  apus_status status = apus_loader_create(&loader, both, 2, NULL, options, 2);
  if (status == APUS_OK) status = apus_loader_next(batch, 2, &count, loader);
  apus_tensor_free(batch[0]);
  apus_tensor_free(batch[1]);
  apus_loader_free(loader);
  return status;
}

/* Frees the result, of which a failed call leaves none. */
static void release(apus_status status) {
  if (status != APUS_OK) CHECK(result == NULL);
  apus_tensor_free(result);
  result = NULL;
}

int main(void) {
  build();
  training();
  derivatives();
  closures_and_clipping();
  data_files();
  loaders();
  bad_input();
  exhaust("tensor", call_tensor, release, NOTHING);
  exhaust("operation", call_operation, release, NOTHING);
  exhaust("module", call_module, release, NOTHING);
  exhaust("forward", call_forward, release, NOTHING);
  exhaust("backward", call_backward, release, NOTHING);
  exhaust("recurrent", call_recurrent, release, NOTHING);
  exhaust("optimizer", call_optimizer, release, NOTHING);
  exhaust("fit", call_fit, release, NOTHING);
  exhaust("loader", call_loader, release, NOTHING);
  apus_trainer_free(trainer);
  apus_schedule_free(schedule);
  apus_optimizer_free(optimizer);
  apus_tensor_free(x);
  apus_tensor_free(y);
  for (int i = 0; i < 3; ++i) apus_module_free(parts[i]);
  apus_module_free(model);
  apus_module_free(loss);
  return finish();
}
