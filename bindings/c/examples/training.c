/*
 * Reads a CSV file, trains a small network on it in the library and goes on from a checkpoint: no loop over batches here.
 *
 *   cc training.c $(pkg-config --cflags --libs apus) -lm -o training
 *   ./training [TABLE.csv]
 *
 * The file has two features and the target; without one the program writes a table of products and learns to multiply.
 */
#include "example.h"

static apus_option integer(const char *name, int64_t value) {
  apus_option option = {.name = name, .type = APUS_OPTION_INT, .integer = value};
  return option;
}

static apus_option number(const char *name, double value) {
  apus_option option = {.name = name, .type = APUS_OPTION_DOUBLE, .number = value};
  return option;
}

/* Columns first ... first + count - 1 of a table, as float32. */
static apus_tensor *columns(const apus_tensor *table, int64_t first, int64_t count) {
  apus_option part[3] = {integer("dim", 1), integer("start", first), integer("length", count)};
  apus_option type = integer("dtype", APUS_FLOAT32);
  apus_tensor *narrow, *result;
  check(apus_tensor_apply(&narrow, "narrow", &table, 1, part, 3));
  check(apus_tensor_apply(&result, "to", (const apus_tensor *const *)&narrow, 1, &type, 1));
  apus_tensor_free(narrow);
  return result;
}

static void report(void *context, const char *stage, double fraction, int32_t *status) {
  int *quarters = context;
  if (4 * fraction >= *quarters + 1) printf("%s: %d %%\n", stage, 25 * ++*quarters);
  *status = APUS_OK;
}

int main(int argc, char **argv) {
  const char *path = argc > 1 ? argv[1] : "training_example.csv";
  if (argc < 2) {
    FILE *file = fopen(path, "w");
    if (file == NULL) return 1;
    fprintf(file, "a,b,product\n");
    for (int i = 0; i < 200; ++i) {
      double a = (i % 20) / 10.0 - 1, b = (i / 20) / 5.0 - 1;
      fprintf(file, "%g,%g,%g\n", a, b, a * b);
    }
    fclose(file);
  }
  apus_tensor *table;
  check(apus_data_read(&table, path));
  apus_tensor *x = columns(table, 0, 2), *y = columns(table, 2, 1);

  check(apus_manual_seed(42));
  apus_module *first = linear_layer(2, 16), *second = linear_layer(16, 1), *tanh, *model, *loss;
  check(apus_module_create(&tanh, "Tanh", NULL, 0));
  check(apus_module_create(&loss, "MSELoss", NULL, 0));
  const apus_module *layers[3] = {first, tanh, second};
  check(apus_module_sequential(&model, layers, NULL, 3));

  apus_optimizer *optimizer;
  apus_option rate = number("lr", 0.02);
  check(apus_optimizer_create_for(&optimizer, "Adam", model, &rate, 1));
  apus_schedule *schedule;
  apus_option period = integer("T_max", 200);
  check(apus_schedule_create(&schedule, "CosineAnnealingLR", optimizer, &period, 1));
  apus_trainer *trainer;
  apus_option options[2] = {integer("epochs", 100), integer("batch_size", 20)};
  check(apus_trainer_create(&trainer, model, loss, optimizer, schedule, options, 2));

  int quarters = 0;
  check(apus_trainer_fit(trainer, x, y, NULL, NULL, NULL, report, &quarters));
  check(apus_trainer_save(trainer, "training_example.safetensors"));
  check(apus_trainer_load(trainer, "training_example.safetensors"));
  check(apus_trainer_fit(trainer, x, y, NULL, NULL, NULL, NULL, NULL));

  apus_array *history;
  apus_text *names;
  apus_view view;
  check(apus_trainer_history(&history, &names, trainer));
  check(apus_array_view(&view, history));
  const double *rows = view.data;
  for (int64_t epoch = 0; epoch < view.shape[0]; epoch += 66)
    printf("epoch %3.0f: loss %.6f\n", rows[epoch * view.shape[1]], rows[epoch * view.shape[1] + 1]);
  printf("epoch %3lld: loss %.6f\n", (long long)view.shape[0], rows[(view.shape[0] - 1) * view.shape[1] + 1]);

  apus_array_free(history);
  apus_text_free(names);
  apus_trainer_free(trainer);
  apus_schedule_free(schedule);
  apus_optimizer_free(optimizer);
  apus_module *modules[5] = {first, second, tanh, model, loss};
  for (int i = 0; i < 5; ++i) apus_module_free(modules[i]);
  apus_tensor *tensors[3] = {table, x, y};
  for (int i = 0; i < 3; ++i) apus_tensor_free(tensors[i]);
  remove("training_example.safetensors");
  if (argc < 2) remove(path);
  return 0;
}
