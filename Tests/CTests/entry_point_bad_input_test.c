/* Every function of the header against every bad value of each of its parameters, one parameter at a time, each call in a
 * process of its own: no signal, no call that does not end, the status that the value deserves, one line of message, and
 * nothing stored by a call that failed. */
/* For MAP_ANONYMOUS. */
#define _DEFAULT_SOURCE
#include "entry_point_samples.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { ANY = -1, REFUSED = -2, SECONDS = 20 };

/* A value for one parameter: what it is, and the status it deserves (ANY: success or a failure; REFUSED: any failure). */
typedef struct {
  const char *name;
  int expected;
} bad_value;

static char long_text[100001], fifo_path[NAME_LENGTH], locked_path[NAME_LENGTH], endless_path[NAME_LENGTH];
static double odd_numbers[SAMPLE_ROWS * SAMPLE_COLUMNS + 1];
static int64_t extents[3], steps[3];
static apus_view odd_view;

/* What is written here by the process of a call is read by the one that waits for it. */
static struct {
  char name[64], message[512];
} *report;

/* How such a process ends. */
enum { HANDLED = 0, NO_SUCH_VALUE = 2 };

static void fill_with(double number) {
  for (int i = 0; i <= SAMPLE_ROWS * SAMPLE_COLUMNS; i++) odd_numbers[i] = number;
}

/* View number `index` of those that are malformed (what follows them is odd, but well formed); 0 for none. */
static int bad_view(int index, apus_view *view, bad_value *it) {
  int rank = view->ndim;
  for (int i = 0; i < 3; i++) extents[i] = i < rank ? view->shape[i] : 1;
  steps[0] = steps[1] = steps[2] = 8;
  view->strides = NULL;
  switch (index) {
    case 0: *it = (bad_value){"dtype 0", APUS_ERROR_ENUM}; view->dtype = 0; return 1;
    case 1: *it = (bad_value){"dtype 99", APUS_ERROR_ENUM}; view->dtype = 99; return 1;
    case 2: *it = (bad_value){"dtype -1", APUS_ERROR_ENUM}; view->dtype = -1; return 1;
    case 3: *it = (bad_value){"-1 dimensions", APUS_ERROR_SHAPE}; view->ndim = -1; return 1;
    case 4: *it = (bad_value){"33 dimensions", APUS_ERROR_SHAPE}; view->ndim = 33; return 1;
    case 5: *it = (bad_value){"2^31 - 1 dimensions", APUS_ERROR_SHAPE}; view->ndim = INT32_MAX; return 1;
    case 6: *it = (bad_value){"no shape", APUS_ERROR_NULL}; view->shape = NULL; return 1;
    case 7: *it = (bad_value){"no data", APUS_ERROR_NULL}; view->data = NULL; return 1;
    case 8: *it = (bad_value){"a negative extent", APUS_ERROR_OVERFLOW}; extents[0] = -1; view->shape = extents; return 1;
    case 9: *it = (bad_value){"2^32 x 2^32", APUS_ERROR_OVERFLOW}; view->ndim = 2; extents[0] = extents[1] = INT64_C(1) << 32;
      view->shape = extents; return 1;
    case 10: *it = (bad_value){"2^61 elements", APUS_ERROR_OVERFLOW}; extents[0] = INT64_C(1) << 61; view->shape = extents;
      return 1;
    case 11: *it = (bad_value){"a stride of 2^63 - 1", APUS_ERROR_OVERFLOW}; steps[0] = INT64_MAX; extents[0] = 3;
      view->shape = extents; view->strides = steps; return 1;
    case 12: *it = (bad_value){"a stride of -2^63", APUS_ERROR_OVERFLOW}; steps[0] = INT64_MIN; extents[0] = 3;
      view->shape = extents; view->strides = steps; return 1;
    case 13: *it = (bad_value){"no elements", ANY}; extents[0] = 0; view->shape = extents; view->data = NULL; return 1;
    case 14: *it = (bad_value){"no dimensions", ANY}; view->ndim = 0; view->shape = NULL; return 1;
    case 15: *it = (bad_value){"one dimension", ANY}; view->ndim = 1; view->shape = extents; extents[0] = 3; return 1;
    case 16: *it = (bad_value){"three dimensions", ANY}; view->ndim = 3; extents[0] = extents[1] = 2; extents[2] = 1;
      view->shape = extents; return 1;
    case 17: *it = (bad_value){"one element", ANY}; extents[0] = extents[1] = extents[2] = 1; view->shape = extents; return 1;
    case 18: *it = (bad_value){"zero strides", ANY}; steps[0] = steps[1] = 0; view->strides = steps; return 1;
    case 19: *it = (bad_value){"2^40 rows without strides", ANY}; steps[0] = 0; extents[0] = INT64_C(1) << 40;
      view->shape = extents; view->strides = steps; return 1;
    case 20: *it = (bad_value){"negative strides", ANY}; steps[0] = steps[1] = -8; view->data = &odd_numbers[60];
      fill_with(1.5); extents[0] = extents[1] = 3; view->shape = extents; view->strides = steps; return 1;
    case 21: *it = (bad_value){"misaligned", ANY}; view->data = (char *)odd_numbers + 1; fill_with(0); return 1;
    case 22: *it = (bad_value){"NaN", ANY}; fill_with(NAN); view->data = odd_numbers; return 1;
    case 23: *it = (bad_value){"infinity", ANY}; fill_with(INFINITY); view->data = odd_numbers; return 1;
    case 24: *it = (bad_value){"1e308", ANY}; fill_with(1e308); view->data = odd_numbers; return 1;
    case 25: *it = (bad_value){"5e-324", ANY}; fill_with(5e-324); view->data = odd_numbers; return 1;
    case 26: *it = (bad_value){"zeros", ANY}; fill_with(0); view->data = odd_numbers; return 1;
    case 27: *it = (bad_value){"minus one", ANY}; fill_with(-1); view->data = odd_numbers; return 1;
    case 28: *it = (bad_value){"float32", ANY}; view->dtype = APUS_FLOAT32; return 1;
    case 29: *it = (bad_value){"int32", ANY}; view->dtype = APUS_INT32; return 1;
    case 30: *it = (bad_value){"int64", ANY}; view->dtype = APUS_INT64; return 1;
    case 31: *it = (bad_value){"uint8", ANY}; view->dtype = APUS_UINT8; return 1;
    case 32: *it = (bad_value){"bool", ANY}; view->dtype = APUS_BOOL; return 1;
    default: return 0;
  }
}

/* What is no valid handle of `type`. Objects of every other type are tried. */
static int bad_handle(int index, const char *type, void **handle, bad_value *it) {
  struct {
    const char *type;
    void *object;
  } others[] = {{"apus_array", things.array},         {"apus_text", things.text},
                {"apus_cancel", things.cancel},       {"apus_estimator", things.linear},
                {"apus_tensor", things.x},            {"apus_module", things.layer},
                {"apus_optimizer", things.optimizer}, {"apus_schedule", things.schedule},
                {"apus_trainer", things.trainer},     {"apus_covariance_accumulator", things.accumulator},
                {"apus_sampler", things.sampler},     {"apus_loader", things.loader}};
  int count = sizeof others / sizeof *others;
  if (index < count) {
    if (is(others[index].type, type)) index = count;
    else {
      *it = (bad_value){others[index].type, APUS_ERROR_HANDLE};
      *handle = others[index].object;
      return 1;
    }
  }
  switch (index - count) {
    case 0: *it = (bad_value){"1", APUS_ERROR_HANDLE}; *handle = (void *)(uintptr_t)1; return 1;
    case 1: *it = (bad_value){"an address", APUS_ERROR_HANDLE}; *handle = odd_numbers; return 1;
    case 2: *it = (bad_value){"all ones", APUS_ERROR_HANDLE}; *handle = (void *)UINTPTR_MAX; return 1;
    case 3: *it = (bad_value){"of another generation", APUS_ERROR_HANDLE};
      *handle = (void *)((uintptr_t)*handle + ((uintptr_t)1 << 32)); return 1;
    case 4: *it = (bad_value){"of a slot that is none", APUS_ERROR_HANDLE};
      *handle = (void *)((uintptr_t)*handle | UINT32_MAX); return 1;
    case 5: *it = (bad_value){"freed", APUS_ERROR_HANDLE}; discard(type, *handle); return 1;
    default: return 0;
  }
}

static int bad_text(int index, const char *parameter_name, const char **text, bad_value *it) {
  int is_path = is(parameter_name, "path");
  switch (index) {
    case 0: *it = (bad_value){"empty", ANY}; *text = ""; return 1;
    case 1: *it = (bad_value){"invalid UTF-8", APUS_ERROR_ARGUMENT}; *text = "\xff\xfe\x80"; return 1;
    case 2: *it = (bad_value){"a lone surrogate", APUS_ERROR_ARGUMENT}; *text = "\xed\xa0\x80"; return 1;
    case 3: *it = (bad_value){"100,000 characters", ANY}; *text = long_text; return 1;
    case 4: *it = (bad_value){"two lines", ANY}; *text = "no\nsuch\r\nname"; return 1;
    case 5: *it = (bad_value){"conversions", ANY}; *text = "%s%n%p"; return 1;
    case 6: *it = (bad_value){"a folder", is_path ? REFUSED : ANY}; *text = folder; return 1;
    case 7: *it = (bad_value){"a file that is not there", ANY}; *text = "/nonexistent/folder/file.csv"; return 1;
    case 8: *it = (bad_value){"a FIFO", ANY}; *text = fifo_path; return 1;
    case 9: *it = (bad_value){"a device without end", ANY}; *text = endless_path; return 1;
    case 10: *it = (bad_value){"no permission", ANY}; *text = locked_path; return 1;
    default: return 0;
  }
}

/* Special files for bad_text, made anew each time, because writing replaces them. */
static void make_special_files(void) {
  unlink(fifo_path);
  unlink(locked_path);
  unlink(endless_path);
  int file = open(locked_path, O_CREAT | O_WRONLY, 0);
  CHECK(file >= 0 && close(file) == 0);
  CHECK(mkfifo(fifo_path, 0600) == 0);
  CHECK(symlink("/dev/zero", endless_path) == 0);
}

/* Numbers for a parameter that is not the length of something the caller owns, and for one that is. */
static int bad_integer(int index, const parameter *it, int is_length, int64_t *number, bad_value *bad) {
  static const int64_t lengths[] = {0, -1, INT64_MIN, INT64_MAX, INT64_C(1) << 61};
  static const int64_t wide[] = {0,  1,  -1, 2, 3, 7, 33, 255, INT32_MAX, INT64_C(1) << 31, INT64_C(1) << 32, INT64_C(1) << 53,
                                 INT64_C(1) << 61, INT64_MAX, INT64_MIN};
  static const int64_t narrow[] = {0, 1, -1, 2, 3, 7, 99, 255, 65535, INT32_MAX, INT32_MIN};
  const int64_t *list = is_length ? lengths : it->kind == INT32 ? narrow : wide;
  int count = is_length             ? (int)(sizeof lengths / sizeof *lengths)
              : it->kind == INT32 ? (int)(sizeof narrow / sizeof *narrow)
                                  : (int)(sizeof wide / sizeof *wide);
  if (index >= count) return 0;
  static char text[32];
  snprintf(text, sizeof text, "%lld", (long long)list[index]);
  *bad = (bad_value){text, is_length && list[index] < 0 ? REFUSED : ANY};
  *number = list[index];
  return 1;
}

static int bad_number(int index, double *number, bad_value *it) {
  static const double list[] = {0, -1, NAN, INFINITY, -INFINITY, 1e308, -1e308, 5e-324, 1e-300, 3};
  static char text[32];
  if (index >= (int)(sizeof list / sizeof *list)) return 0;
  snprintf(text, sizeof text, "%g", list[index]);
  *it = (bad_value){text, ANY};
  *number = list[index];
  return 1;
}

static int bad_csr(int index, apus_csr *matrix, bad_value *it) {
  switch (index) {
    case 0: *it = (bad_value){"negative rows", REFUSED}; matrix->rows = -1; return 1;
    case 1: *it = (bad_value){"negative columns", REFUSED}; matrix->columns = -1; return 1;
    case 2: *it = (bad_value){"negative count", REFUSED}; matrix->count = -1; return 1;
    case 3: *it = (bad_value){"2^63 - 1 rows", REFUSED}; matrix->rows = INT64_MAX; return 1;
    case 4: *it = (bad_value){"2^61 entries", REFUSED}; matrix->count = INT64_C(1) << 61; return 1;
    case 5: *it = (bad_value){"no indptr", APUS_ERROR_NULL}; matrix->indptr = NULL; return 1;
    case 6: *it = (bad_value){"no indices", APUS_ERROR_NULL}; matrix->indices = NULL; return 1;
    case 7: *it = (bad_value){"no data", APUS_ERROR_NULL}; matrix->data = NULL; return 1;
    case 8: *it = (bad_value){"index_dtype 99", APUS_ERROR_ENUM}; matrix->index_dtype = 99; return 1;
    case 9: *it = (bad_value){"float indices", APUS_ERROR_ENUM}; matrix->index_dtype = APUS_FLOAT64; return 1;
    case 10: *it = (bad_value){"dtype 0", APUS_ERROR_ENUM}; matrix->dtype = 0; return 1;
    case 11: *it = (bad_value){"integer values", REFUSED}; matrix->dtype = APUS_INT32; return 1;
    case 12: *it = (bad_value){"a column out of range", REFUSED}; cells.columns[5] = SAMPLE_COLUMNS; return 1;
    case 13: *it = (bad_value){"a negative column", REFUSED}; cells.columns[5] = -1; return 1;
    case 14: *it = (bad_value){"offsets that fall", REFUSED}; cells.offsets[3] = 0; return 1;
    case 15: *it = (bad_value){"an offset out of range", REFUSED}; cells.offsets[SAMPLE_ROWS] = INT64_MAX; return 1;
    case 16: *it = (bad_value){"a negative offset", REFUSED}; cells.offsets[0] = INT64_MIN; return 1;
    case 17: *it = (bad_value){"no rows", ANY}; matrix->rows = matrix->count = 0; return 1;
    case 18: *it = (bad_value){"no entries", ANY}; matrix->count = 0; memset(cells.offsets, 0, sizeof cells.offsets); return 1;
    case 19: *it = (bad_value){"no columns", ANY}; matrix->columns = 0; return 1;
    case 20: *it = (bad_value){"2^62 columns", ANY}; matrix->columns = INT64_C(1) << 62; return 1;
    case 21: *it = (bad_value){"NaN", ANY}; fill_with(NAN); matrix->data = odd_numbers; return 1;
    case 22: *it = (bad_value){"a repeated column", ANY}; cells.columns[1] = cells.columns[0]; return 1;
    default: return 0;
  }
}

static int bad_option(int index, apus_option *option, bad_value *it) {
  static const int32_t types[] = {0, 3, -1, 1 << 20, INT32_MAX, INT32_MIN};
  static const int32_t others[] = {APUS_OPTION_NONE, APUS_OPTION_BOOL, APUS_OPTION_INT, APUS_OPTION_DOUBLE};
  if (index < 6) {
    *it = (bad_value){"an unknown type", APUS_ERROR_ENUM};
    option->type = types[index];
    return 1;
  }
  if (index < 10) {
    *it = (bad_value){"another type", ANY};
    option->type = others[index - 6];
    option->integer = INT64_MIN;
    option->number = NAN;
    return 1;
  }
  switch (index) {
    case 10: *it = (bad_value){"no name", APUS_ERROR_NULL}; option->name = NULL; return 1;
    case 11: *it = (bad_value){"a name of invalid UTF-8", APUS_ERROR_ARGUMENT}; option->name = "\xff"; return 1;
    case 12: *it = (bad_value){"an unknown name", REFUSED}; option->name = "no\nsuch name"; return 1;
    case 13: *it = (bad_value){"no string", APUS_ERROR_NULL}; option->type = APUS_OPTION_STRING; return 1;
    case 14: *it = (bad_value){"no integers", APUS_ERROR_NULL}; option->type = APUS_OPTION_INTS; option->count = 3; return 1;
    case 15: *it = (bad_value){"no numbers", APUS_ERROR_NULL}; option->type = APUS_OPTION_DOUBLES; option->count = 3; return 1;
    case 16: *it = (bad_value){"-1 integers", REFUSED}; option->type = APUS_OPTION_INTS; option->count = -1;
      option->integers = sizes; return 1;
    case 17: *it = (bad_value){"2^31 - 1 numbers", REFUSED}; option->type = APUS_OPTION_DOUBLES; option->count = INT32_MAX;
      option->numbers = odd_numbers; return 1;
    case 18: *it = (bad_value){"no tensor", APUS_ERROR_HANDLE}; option->type = APUS_OPTION_TENSOR; return 1;
    case 19: *it = (bad_value){"a tensor that is none", APUS_ERROR_HANDLE}; option->type = APUS_OPTION_TENSOR;
      option->tensor = (const apus_tensor *)things.array; return 1;
    case 20: *it = (bad_value){"empty integers", ANY}; option->type = APUS_OPTION_INTS; return 1;
    case 21: *it = (bad_value){"a tensor", ANY}; option->type = APUS_OPTION_TENSOR; option->tensor = things.x; return 1;
    case 22: *it = (bad_value){"2^63 - 1", ANY}; option->type = APUS_OPTION_INT; option->integer = INT64_MAX; return 1;
    default: return 0;
  }
}

static int bad_argument(int index, apus_argument *argument, bad_value *it) {
  static const int32_t types[] = {0, 3, -1, 1 << 20, INT32_MAX, INT32_MIN};
  if (index < 6) {
    *it = (bad_value){"an unknown type", APUS_ERROR_ENUM};
    argument->value.type = types[index];
    return 1;
  }
  switch (index) {
    case 6: *it = (bad_value){"no name", APUS_ERROR_NULL}; argument->name = NULL; return 1;
    case 7: *it = (bad_value){"a name of invalid UTF-8", APUS_ERROR_ARGUMENT}; argument->name = "\xff"; return 1;
    case 8: *it = (bad_value){"an unknown name", REFUSED}; argument->name = "no\nsuch name"; return 1;
    case 9: *it = (bad_value){"no string", APUS_ERROR_NULL}; argument->value.type = APUS_TYPE_STRING; return 1;
    case 10: *it = (bad_value){"no array", APUS_ERROR_HANDLE}; argument->value.type = APUS_TYPE_ARRAY; return 1;
    case 11: *it = (bad_value){"an array that is none", APUS_ERROR_HANDLE}; argument->value.type = APUS_TYPE_ARRAY;
      argument->value.array = (apus_array *)(void *)things.text; return 1;
    case 12: *it = (bad_value){"no estimator", APUS_ERROR_HANDLE}; argument->value.type = APUS_TYPE_ESTIMATOR; return 1;
    case 13: *it = (bad_value){"NaN", ANY}; argument->value.number = NAN; return 1;
    case 14: *it = (bad_value){"None", ANY}; argument->value.type = APUS_TYPE_NONE; return 1;
    case 15: *it = (bad_value){"an array", ANY}; argument->value.type = APUS_TYPE_ARRAY; argument->value.array = things.array;
      return 1;
    case 16: *it = (bad_value){"2^63 - 1", ANY}; argument->value.type = APUS_TYPE_INT; argument->value.integer = INT64_MAX;
      return 1;
    default: return 0;
  }
}

static int bad_fit_options(int index, apus_fit_options *options, bad_value *it) {
  odd_view = (apus_view){odd_numbers, 99, 1, sample_y_shape, NULL};
  switch (index) {
    case 0: *it = (bad_value){"struct_size 0", APUS_ERROR_ENUM}; options->struct_size = 0; return 1;
    case 1: *it = (bad_value){"struct_size 3", APUS_ERROR_ENUM}; options->struct_size = 3; return 1;
    case 2: *it = (bad_value){"a huge struct_size", APUS_ERROR_ENUM}; options->struct_size = SIZE_MAX; return 1;
    case 3: *it = (bad_value){"a freed token", APUS_ERROR_HANDLE}; apus_cancel_free(things.cancel); return 1;
    case 4: *it = (bad_value){"a token that is none", APUS_ERROR_HANDLE}; options->cancel = (apus_cancel *)(void *)things.x;
      return 1;
    case 5: *it = (bad_value){"malformed weights", APUS_ERROR_ENUM}; options->sample_weight = &odd_view; return 1;
    case 6: *it = (bad_value){"malformed validation_x", APUS_ERROR_ENUM}; options->validation_x = &odd_view; return 1;
    case 7: *it = (bad_value){"malformed validation_y", APUS_ERROR_ENUM}; options->validation_y = &odd_view; return 1;
    case 8: *it = (bad_value){"malformed validation weights", APUS_ERROR_ENUM}; options->validation_sample_weight = &odd_view;
      return 1;
    case 9: *it = (bad_value){"malformed group", APUS_ERROR_ENUM}; options->group = &odd_view; return 1;
    case 10: *it = (bad_value){"malformed validation group", APUS_ERROR_ENUM}; options->validation_group = &odd_view; return 1;
    case 11: *it = (bad_value){"malformed initial_score", APUS_ERROR_ENUM}; options->initial_score = &odd_view; return 1;
    case 12: *it = (bad_value){"malformed groups", APUS_ERROR_ENUM}; options->groups = &odd_view; return 1;
    case 13: *it = (bad_value){"malformed sigma", APUS_ERROR_ENUM}; options->sigma = &odd_view; return 1;
    case 14: *it = (bad_value){"malformed offset", APUS_ERROR_ENUM}; options->offset = &odd_view; return 1;
    case 15: *it = (bad_value){"malformed exposure", APUS_ERROR_ENUM}; options->exposure = &odd_view; return 1;
    case 16: *it = (bad_value){"progress that fails", APUS_ERROR_CALLBACK}; callback_status = 1234; return 1;
    case 17: *it = (bad_value){"a tripped token", APUS_CANCELLED}; CHECK(apus_cancel_trip(things.cancel) == APUS_OK); return 1;
    case 18: *it = (bad_value){"progress that cancels", APUS_CANCELLED}; callback_status = APUS_CANCELLED; return 1;
    default: return 0;
  }
}

/* Whether parameter number `index` says how long something is that the caller owns. */
static int is_length(const entry_point *entry, int index) {
  const char *name = entry->parameters[index].name;
  size_t length = strlen(name);
  if (entry->parameters[index].kind != INT64 || index == 0) return 0;
  if (is(name, "capacity")) return 1;
  if (length < 5 || strcmp(name + length - 5, "count") != 0) return 0;
  switch (entry->parameters[index - 1].kind) {
    case VIEWS:
    case OPTIONS:
    case ARGUMENTS:
    case BYTES:
    case HANDLES:
    case TEXTS: return 1;
    default: return 0;
  }
}

/* Puts bad value number `index` into argument number `at`; 0 when there are no more. The first is NULL for pointers. */
static int spoil(const entry_point *entry, int at, int index, value *arguments, bad_value *it) {
  const parameter *target = &entry->parameters[at];
  value *argument = &arguments[at];
  int is_pointer = target->kind != INT32 && target->kind != INT64 && target->kind != NUMBER;
  /* A list goes with its length. */
  int has_length = at + 1 < entry->parameter_count && is_length(entry, at + 1);
  if (is_pointer && target->kind != CONTEXT && index == 0) {
    *it = (bad_value){"NULL", entry->mentions_null || is(target->type, "apus_release_callback") ? ANY : REFUSED};
    if (argument->pointer == NULL && target->kind != CALLBACK) it->expected = ANY;
    argument->pointer = NULL;
    argument->function = NULL;
    if (has_length) arguments[at + 1].integer = 1;
    return 1;
  }
  if (is_pointer) index--;
  switch (target->kind) {
    case VIEW:
    case OUT_VIEW:
      if (target->kind == OUT_VIEW && is(entry->name, "apus_array_view")) return 0;
      return bad_view(index, argument->pointer, it);
    case VIEWS:
      arguments[at + 1].integer = 1;
      if (index == 0) {
        *it = (bad_value){"a view that is NULL", APUS_ERROR_NULL};
        cells.views[at][0] = NULL;
        return 1;
      }
      return bad_view(index - 1, &cells.view[at], it);
    case CSR: return bad_csr(index, &cells.csr, it);
    case FIT_OPTIONS: return bad_fit_options(index, &cells.fit, it);
    case OPTIONS:
      arguments[at + 1].integer = 1;
      if (index == 0) {
        *it = (bad_value){"a name that comes twice", APUS_ERROR_ARGUMENT};
        cells.options[1] = cells.options[0];
        arguments[at + 1].integer = 2;
        return 1;
      }
      return bad_option(index - 1, &cells.options[0], it);
    case ARGUMENTS:
      arguments[at + 1].integer = 1;
      return bad_argument(index, &cells.argument, it);
    case TEXT: return bad_text(index, target->name, (const char **)(void *)&argument->pointer, it);
    case TEXTS:
      if (index == 0) {
        *it = (bad_value){"a text that is NULL", APUS_ERROR_NULL};
        cells.lists[at][0] = NULL;
        return 1;
      }
      return bad_text(index - 1, target->name, (const char **)(void *)&cells.lists[at][0], it);
    case INT32:
    case INT64: return bad_integer(index, target, is_length(entry, at), &argument->integer, it);
    case NUMBER: return bad_number(index, &argument->number, it);
    case CALLBACK:
      if (index == 0) *it = (bad_value){"that fails", ANY}, callback_status = 1234;
      if (index == 1) *it = (bad_value){"that cancels", ANY}, callback_status = APUS_CANCELLED;
      return index < 2;
    case HANDLE:
      if (argument->pointer == NULL) return 0;
      return bad_handle(index, target->type, &argument->pointer, it);
    case HANDLES:
      if (argument->pointer == NULL) return 0;
      if (index == 0) {
        *it = (bad_value){"a handle that is NULL", entry->mentions_null ? ANY : REFUSED};
        cells.lists[at][0] = NULL;
        return 1;
      }
      return bad_handle(index - 1, target->type, (void **)(uintptr_t)&cells.lists[at][0], it);
    case BYTES:
      if (index == 0) {
        *it = (bad_value){"noise", ANY};
        argument->pointer = long_text;
        return 1;
      }
      return 0;
    case CONTEXT:
    case OUT_HANDLE:
    case OUT_PLAIN: return 0;
  }
  return 0;
}

static void complain(const char *what) {
  snprintf(report->message, sizeof report->message, "%s (last error: %.200s)", what, apus_last_error());
}

/* Whether a failed call cannot clear what it was to fill: lists whose length is the bad value itself, lists of which it stores
 * the length, and the numbers of apus_tensor_describe, as many as there are dimensions. */
static int has_outputs_of_any_length(const entry_point *entry, int at) {
  if (at >= 0 && is_length(entry, at)) return 1;
  if (is(entry->name, "apus_tensor_describe")) return 1;
  for (int i = 0; i < entry->parameter_count; i++)
    if (is(entry->parameters[i].name, "capacity")) return 1;
  return 0;
}

/* What the call left behind, against what it deserved. */
static void judge(const entry_point *entry, int at, const bad_value *it, const value *result, const value *arguments) {
  apus_status status = (apus_status)result->integer;
  const char *message = apus_last_error();
  char text[128];
  if (entry->result != RETURNS_STATUS) return;
  if (it->expected == APUS_OK ? status != APUS_OK : it->expected == REFUSED && status == APUS_OK) complain("is not refused");
  if (it->expected > 0 && (int)status != it->expected) {
    snprintf(text, sizeof text, "gives %s instead of %s", apus_status_name(status), apus_status_name(it->expected));
    complain(text);
  }
  if (status == APUS_OK) return;
  if (status == APUS_ERROR_INTERNAL) complain("is called a defect of the library");
  if (message[0] == 0) complain("has no message");
  if (strpbrk(message, "\n\r") != NULL) complain("has a message of several lines");
  if (has_outputs_of_any_length(entry, at)) return;
  for (int i = 0; i < entry->parameter_count; i++) {
    const parameter *output = &entry->parameters[i];
    static const char nothing[sizeof(void *)] = {0};
    int is_handle = output->kind == OUT_HANDLE;
    if (arguments[i].pointer == NULL || !(is_handle || output->kind == OUT_PLAIN)) continue;
    const void *stored = is_handle ? (const void *)cells.handles[i] : (const void *)cells.plain[i];
    if (memcmp(stored, nothing, sizeof nothing) != 0) complain("leaves something in an output");
  }
}

/* One case, in a process of its own; how that ends. */
static int run(const entry_point *entry, int at, int index) {
  value arguments[MOST_PARAMETERS], result;
  bad_value it = {"valid", APUS_OK};
  memset(&result, 0, sizeof result);
  sample_arguments(entry, arguments);
  if (at >= 0) {
    make_special_files();
    if (!spoil(entry, at, index, arguments, &it)) return NO_SUCH_VALUE;
  }
  snprintf(report->name, sizeof report->name, "%s", it.name);
  for (int i = 0; i < entry->parameter_count; i++) {
    cells.handles[i][0] = (void *)(uintptr_t)1;
    cells.plain[i][0] = -1;
  }
  alarm(SECONDS);
  entry->call(&result, arguments);
  judge(entry, at, &it, &result, arguments);
  return HANDLED;
}

/* Runs a case and counts it; 0 when there is none of that number. */
static int run_in_process(const entry_point *entry, int at, int index) {
  int state = 0;
  report->message[0] = 0;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) _exit(run(entry, at, index));
  CHECK(waitpid(child, &state, 0) == child);
  if (WIFEXITED(state) && WEXITSTATUS(state) == NO_SUCH_VALUE) return 0;
  if (WIFSIGNALED(state)) snprintf(report->message, sizeof report->message, "ends with signal %d", WTERMSIG(state));
  if (report->message[0] != 0)
    printf("%s, %s %s: %s\n", entry->name, at < 0 ? "all arguments" : entry->parameters[at].name, report->name,
           report->message);
  CHECK(report->message[0] == 0);
  return 1;
}

int main(void) {
  report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (report == MAP_FAILED) return 1;
  memset(long_text, 'x', sizeof long_text - 1);
  make_samples();
  make_things();
  make_files();
  snprintf(fifo_path, sizeof fifo_path, "%s/fifo", folder);
  snprintf(locked_path, sizeof locked_path, "%s/locked.csv", folder);
  snprintf(endless_path, sizeof endless_path, "%s/endless.csv", folder);
  CHECK(chdir(folder) == 0);
  CHECK(apus_memory_limit(INT64_C(256) << 20) == APUS_OK);
  for (int i = 0; i < ENTRY_POINTS; i++) {
    CHECK(run_in_process(&entry_points[i], -1, 0));
    for (int at = 0; at < entry_points[i].parameter_count; at++)
      for (int index = 0; run_in_process(&entry_points[i], at, index); index++) continue;
  }
  CHECK(chdir("/") == 0);
  discard_files();
  discard_things();
  return finish();
}
