/* Tensors, networks and optimisers: a training run, handles and bad input. */
#include <apus.h>
#include <math.h>
#include <string.h>

#include "check.h"

static apus_tensor *tensor_of(const float *values, int64_t rows, int64_t columns, int32_t requires_grad) {
  int64_t shape[2] = {rows, columns};
  apus_view view = {(void *)(uintptr_t)values, APUS_FLOAT32, 2, shape, NULL};
  apus_tensor *tensor = NULL;
  CHECK(apus_tensor_create(&tensor, &view, requires_grad) == APUS_OK);
  return tensor;
}

static apus_module *linear(int64_t inputs, int64_t outputs) {
  apus_option options[2];
  memset(options, 0, sizeof options);
  options[0].name = "in_features";
  options[1].name = "out_features";
  options[0].type = options[1].type = APUS_OPTION_INT;
  options[0].integer = inputs;
  options[1].integer = outputs;
  apus_module *module = NULL;
  CHECK(apus_module_create(&module, "Linear", options, 2) == APUS_OK);
  return module;
}

static void gradients(void) {
  const float values[4] = {1, 2, 3, 4};
  apus_tensor *x = tensor_of(values, 2, 2, 1);
  const apus_tensor *pair[2] = {x, x};
  apus_tensor *product = NULL, *sum = NULL, *grad = NULL;
  CHECK(apus_tensor_apply(&product, "mul", pair, 2, NULL, 0) == APUS_OK);
  const apus_tensor *one[1] = {product};
  CHECK(apus_tensor_apply(&sum, "sum", one, 1, NULL, 0) == APUS_OK);
  double value = 0;
  CHECK(apus_tensor_item(&value, sum) == APUS_OK);
  CHECK(value == 30);
  CHECK(apus_tensor_grad(&grad, x) == APUS_OK);
  CHECK(grad == NULL);
  CHECK(apus_tensor_backward(sum, NULL, 0, 0) == APUS_OK);
  CHECK(apus_tensor_backward(sum, NULL, 0, 0) == APUS_ERROR_ARGUMENT);
  CHECK(apus_tensor_grad(&grad, x) == APUS_OK);
  apus_tensor_info info;
  int64_t shape[APUS_MAX_DIMENSIONS], strides[APUS_MAX_DIMENSIONS];
  CHECK(apus_tensor_describe(&info, grad, shape, strides) == APUS_OK);
  CHECK(info.view.ndim == 2 && shape[0] == 2 && shape[1] == 2 && info.view.dtype == APUS_FLOAT32);
  for (int i = 0; i < 4; ++i) CHECK(((const float *)info.view.data)[i] == 2 * values[i]);
  apus_tensor_free(grad);
  apus_tensor_free(sum);
  apus_tensor_free(product);
  apus_tensor_free(x);
}

static void training(void) {
  CHECK(apus_manual_seed(42) == APUS_OK);
  apus_module *first = linear(3, 8), *second = linear(8, 1), *relu = NULL, *model = NULL, *loss = NULL;
  CHECK(apus_module_create(&relu, "ReLU", NULL, 0) == APUS_OK);
  const apus_module *layers[3] = {first, relu, second};
  CHECK(apus_module_sequential(&model, layers, NULL, 3) == APUS_OK);
  CHECK(apus_module_create(&loss, "MSELoss", NULL, 0) == APUS_OK);
  float inputs[30], targets[10];
  for (int i = 0; i < 30; ++i) inputs[i] = sinf((float)i);
  for (int i = 0; i < 10; ++i) targets[i] = inputs[3 * i] - inputs[3 * i + 1];
  apus_tensor *x = tensor_of(inputs, 10, 3, 0), *y = tensor_of(targets, 10, 1, 0);
  apus_optimizer *optimizer = NULL;
  apus_option rate;
  memset(&rate, 0, sizeof rate);
  rate.name = "lr";
  rate.type = APUS_OPTION_DOUBLE;
  rate.number = 0.05;
  CHECK(apus_optimizer_create_for(&optimizer, "Adam", model, &rate, 1) == APUS_OK);
  double before = 0, after = 0;
  for (int epoch = 0; epoch < 100; ++epoch) {
    apus_tensor *prediction = NULL, *error = NULL;
    CHECK(apus_module_forward(&prediction, model, x) == APUS_OK);
    CHECK(apus_module_loss(&error, loss, prediction, y) == APUS_OK);
    CHECK(apus_tensor_item(epoch == 0 ? &before : &after, error) == APUS_OK);
    CHECK(apus_tensor_backward(error, NULL, 0, 0) == APUS_OK);
    CHECK(apus_optimizer_step(optimizer) == APUS_OK);
    CHECK(apus_optimizer_zero_grad(optimizer, 1) == APUS_OK);
    apus_tensor_free(error);
    apus_tensor_free(prediction);
  }
  CHECK(after < 0.2 * before);
  double setting = 0;
  CHECK(apus_optimizer_get(&setting, optimizer, 0, "lr") == APUS_OK && setting == 0.05);
  CHECK(apus_optimizer_get(&setting, optimizer, 1, "lr") == APUS_ERROR_ARGUMENT);
  CHECK(apus_optimizer_set(optimizer, 0, "speed", 1) == APUS_ERROR_ARGUMENT);

  /* The state survives a file, and a file of another network is refused by name. */
  CHECK(apus_module_save(model, "network_test.safetensors") == APUS_OK);
  CHECK(apus_module_load(model, "network_test.safetensors", 1) == APUS_OK);
  CHECK(apus_module_load(first, "network_test.safetensors", 1) == APUS_ERROR_ARGUMENT);
  CHECK(strstr(apus_last_error(), "0.weight") != NULL);
  CHECK(remove("network_test.safetensors") == 0);

  apus_optimizer_free(optimizer);
  apus_tensor_free(x);
  apus_tensor_free(y);
  apus_module_free(loss);
  apus_module_free(model);
  apus_module_free(relu);
  apus_module_free(second);
  apus_module_free(first);
}

static void bad_input(void) {
  apus_tensor *out = NULL;
  const float values[6] = {1, 2, 3, 4, 5, 6};
  apus_tensor *a = tensor_of(values, 2, 3, 0), *b = tensor_of(values, 3, 2, 0);
  const apus_tensor *pair[2] = {a, b};
  CHECK(apus_tensor_apply(&out, "add", pair, 2, NULL, 0) == APUS_ERROR_SHAPE);
  CHECK(out == NULL && strstr(apus_last_error(), "[2, 3]") != NULL && strstr(apus_last_error(), "[3, 2]") != NULL);
  CHECK(apus_tensor_apply(&out, "levitate", pair, 2, NULL, 0) == APUS_ERROR_ARGUMENT);
  CHECK(apus_tensor_apply(NULL, "add", pair, 2, NULL, 0) == APUS_ERROR_NULL);
  CHECK(apus_tensor_apply(&out, NULL, pair, 2, NULL, 0) == APUS_ERROR_NULL);
  CHECK(apus_tensor_apply(&out, "add", NULL, 2, NULL, 0) == APUS_ERROR_NULL);
  CHECK(apus_tensor_apply(&out, "add", pair, -1, NULL, 0) == APUS_ERROR_ARGUMENT);
  CHECK(apus_tensor_apply(&out, "add", pair, 1, NULL, 0) == APUS_ERROR_ARGUMENT);
  apus_option option;
  memset(&option, 0, sizeof option);
  option.name = "dim";
  option.type = 3;
  CHECK(apus_tensor_apply(&out, "sum", pair, 1, &option, 1) == APUS_ERROR_ENUM);
  option.type = APUS_OPTION_INT;
  option.integer = 7;
  CHECK(apus_tensor_apply(&out, "sum", pair, 1, &option, 1) == APUS_ERROR_ARGUMENT);
  option.name = "colour";
  CHECK(apus_tensor_apply(&out, "sum", pair, 1, &option, 1) == APUS_ERROR_ARGUMENT);
  const int64_t huge[2] = {(int64_t)1 << 32, (int64_t)1 << 32};
  option.name = "size";
  option.type = APUS_OPTION_INTS;
  option.count = 2;
  option.integers = huge;
  CHECK(apus_tensor_apply(&out, "randn", NULL, 0, &option, 1) == APUS_ERROR_OVERFLOW);
  /* Too few inputs, counts and sizes whose sums wrap, numbers that are no indices. */
  const float no_numbers[2] = {NAN, NAN};
  const int64_t sections[2] = {INT64_MAX, 2};
  apus_tensor *nan = tensor_of(no_numbers, 1, 2, 0), *parts[4] = {NULL};
  const apus_tensor *looked_up[2] = {nan, a};
  int64_t part_count = 0;
  CHECK(apus_tensor_apply(&out, "index_put_", NULL, 0, NULL, 0) == APUS_ERROR_ARGUMENT);
  CHECK(apus_tensor_apply(&out, "index_put_", pair, 1, NULL, 0) == APUS_ERROR_ARGUMENT);
  CHECK(apus_tensor_apply(&out, "embedding", looked_up, 2, NULL, 0) == APUS_ERROR_TYPE);
  CHECK(apus_tensor_apply(&out, "one_hot", looked_up, 1, NULL, 0) == APUS_ERROR_TYPE);
  option.name = "sections";
  option.integers = sections;
  CHECK(apus_tensor_apply_all(parts, 4, &part_count, "split_sections", pair, 1, &option, 1) != APUS_OK);
  option.name = "chunks";
  option.type = APUS_OPTION_INT;
  option.integer = INT64_MAX;
  CHECK(apus_tensor_apply_all(parts, 4, &part_count, "chunk", pair, 1, &option, 1) == APUS_OK && part_count == 2);
  for (int i = 0; i < 4; ++i) apus_tensor_free(parts[i]);
  apus_tensor_free(nan);
  CHECK(apus_tensor_backward(a, NULL, 0, 0) == APUS_ERROR_ARGUMENT);
  double value = 0;
  CHECK(apus_tensor_item(&value, a) == APUS_ERROR_ARGUMENT);

  /* Handles: NULL, of another type, freed, random. */
  apus_module *module = linear(3, 1);
  CHECK(apus_module_forward(&out, module, b) == APUS_ERROR_SHAPE);
  CHECK(apus_module_forward(&out, NULL, a) == APUS_ERROR_HANDLE);
  CHECK(apus_module_forward(&out, (const apus_module *)a, a) == APUS_ERROR_HANDLE);
  CHECK(apus_tensor_item(&value, (const apus_tensor *)module) == APUS_ERROR_HANDLE);
  apus_module *stale = module;
  apus_module_free(module);
  apus_module_free(stale);
  CHECK(apus_module_forward(&out, stale, a) == APUS_ERROR_HANDLE);
  CHECK(apus_tensor_item(&value, (const apus_tensor *)(uintptr_t)0x1234567) == APUS_ERROR_HANDLE);
  apus_tensor_free(NULL);
  apus_optimizer_free(NULL);
  CHECK(apus_module_create(&module, "Levitation", NULL, 0) == APUS_ERROR_ARGUMENT);
  CHECK(apus_module_create(&module, "Linear", NULL, 0) == APUS_ERROR_ARGUMENT);

  apus_optimizer *optimizer = NULL;
  CHECK(apus_optimizer_create(&optimizer, "SGD", NULL, 0, NULL, 0) == APUS_ERROR_ARGUMENT);
  apus_tensor_free(a);
  apus_tensor_free(b);
}

int main(void) {
  gradients();
  training();
  bad_input();
  return finish();
}
