#ifndef APUS_COPENBLAS_SHIM_H
#define APUS_COPENBLAS_SHIM_H
#include <cblas.h>
#include <lapacke.h>
#endif
