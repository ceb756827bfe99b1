#include <apus.h>

int header_compiles(void);

int header_compiles(void) {
  apus_fit_options options = APUS_FIT_OPTIONS_INIT;
  return (int)options.struct_size;
}
