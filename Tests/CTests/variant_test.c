/* The dynamic linker takes the best variant of the library that this processor can run, out of those installed. */
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

/* The file that the library was loaded from. */
static int loaded_path(char *path, size_t size) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[4096];
  int found = 0;
  while (maps != NULL && !found && fgets(line, sizeof line, maps) != NULL) {
    char *name = strchr(line, '/');
    if (name == NULL || strstr(name, "/libapus.so.") == NULL) continue;
    name[strcspn(name, "\n")] = 0;
    found = snprintf(path, size, "%s", name) < (int)size;
  }
  if (maps != NULL) fclose(maps);
  return found;
}

int main(void) {
  static const char marker[] = "/glibc-hwcaps/";
  char path[4096], best[4200];
  CHECK(strlen(apus_version_string()) > 0);
  CHECK(loaded_path(path, sizeof path));
  char *level = strstr(path, marker);
  const char *name = strrchr(path, '/') + 1;
  size_t folder = level != NULL ? (size_t)(level - path) : (size_t)(name - path - 1);
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  const struct {
    const char *level;
    int runs;
  } variants[] = {
      {"x86-64-v4", __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl")},
      {"x86-64-v3", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma")},
  };
  const char *expected = NULL;
  for (size_t i = 0; i < sizeof variants / sizeof *variants && expected == NULL; i++) {
    snprintf(best, sizeof best, "%.*s%s%s/%s", (int)folder, path, marker, variants[i].level, name);
    if (variants[i].runs && access(best, R_OK) == 0) expected = best;
  }
  if (expected == NULL) snprintf(best, sizeof best, "%.*s/%s", (int)folder, path, name);
#else
  snprintf(best, sizeof best, "%.*s/%s", (int)folder, path, name);
#endif
  if (strcmp(path, best) != 0) printf("loaded %s, the best is %s\n", path, best);
  CHECK(strcmp(path, best) == 0);
  return finish();
}
