/*
 * Trains a small network in C, step by step: 3-8-4-1, mean squared error, stochastic gradient descent.
 *
 *   cc network.c $(pkg-config --cflags --libs apus) -lm -o network && ./network
 */
#include "example.h"

static apus_tensor *normal(int64_t rows, int64_t columns) {
  apus_tensor *tensor;
  int64_t size[2] = {rows, columns};
  apus_option option = {.name = "size", .type = APUS_OPTION_INTS, .count = 2, .integers = size};
  check(apus_tensor_apply(&tensor, "randn", NULL, 0, &option, 1));
  return tensor;
}

int main(void) {
  check(apus_manual_seed(42));
  apus_module *relu, *sigmoid, *model, *loss;
  apus_module *first = linear_layer(3, 8), *second = linear_layer(8, 4), *third = linear_layer(4, 1);
  check(apus_module_create(&relu, "ReLU", NULL, 0));
  check(apus_module_create(&sigmoid, "Sigmoid", NULL, 0));
  const apus_module *layers[5] = {first, relu, second, sigmoid, third};
  check(apus_module_sequential(&model, layers, NULL, 5));
  check(apus_module_create(&loss, "MSELoss", NULL, 0));
  apus_tensor *x = normal(100, 3), *y = normal(100, 1);

  apus_optimizer *optimizer;
  apus_option rate = {.name = "lr", .type = APUS_OPTION_DOUBLE, .number = 0.1};
  check(apus_optimizer_create_for(&optimizer, "SGD", model, &rate, 1));
  double value = 0;
  for (int epoch = 0; epoch < 1000; ++epoch) {
    apus_tensor *predictions, *error;
    check(apus_module_forward(&predictions, model, x));
    check(apus_module_loss(&error, loss, predictions, y));
    check(apus_tensor_backward(error, NULL, 0, 0));
    check(apus_optimizer_step(optimizer));
    check(apus_optimizer_zero_grad(optimizer, 1));
    check(apus_tensor_item(&value, error));
    apus_tensor_free(error);
    apus_tensor_free(predictions);
    if (epoch % 200 == 0 || epoch == 999) printf("epoch %4d: loss %.6f\n", epoch, value);
  }
  apus_text *text;
  check(apus_module_text(&text, model));
  printf("%s\n", apus_text_data(text));

  apus_text_free(text);
  apus_optimizer_free(optimizer);
  apus_tensor_free(x);
  apus_tensor_free(y);
  apus_module *modules[7] = {first, second, third, relu, sigmoid, model, loss};
  for (int i = 0; i < 7; ++i) apus_module_free(modules[i]);
  return 0;
}
