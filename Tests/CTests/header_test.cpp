#include <apus.h>

int header_compiles();

int header_compiles() {
  apus_fit_options options = APUS_FIT_OPTIONS_INIT;
  return static_cast<int>(options.struct_size);
}
