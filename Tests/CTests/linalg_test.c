/* Linear algebra: the defining equations, refusals, failing allocations. */
#include "exhaust.h"

#include <math.h>

static const double matrix[6] = {1, 2, 3, 4, 5, 7};
static const int64_t tall[2] = {3, 2};
static apus_view a = {(void *)matrix, APUS_FLOAT64, 2, tall, NULL};

static double element(const apus_array *array, int64_t row, int64_t column) {
  apus_view view;
  if (apus_array_view(&view, array) != APUS_OK) return NAN;
  return *(double *)((char *)view.data + row * view.strides[0] + (view.ndim > 1 ? column * view.strides[1] : 0));
}

/* Products with `matrix`; a context that is not NULL makes it fail. */
static void product(void *context, int32_t adjoint, const apus_view *vectors, apus_view *products, int32_t *status) {
  const double *v = vectors->data;
  double *out = products->data;
  int64_t block = vectors->shape[1];
  if (context) {
    *status = *(int32_t *)context;
    return;
  }
  for (int64_t k = 0; k < block; k++)
    for (int i = 0; i < (adjoint ? 2 : 3); i++) {
      double sum = 0;
      for (int j = 0; j < (adjoint ? 3 : 2); j++) sum += (adjoint ? matrix[2 * j + i] : matrix[2 * i + j]) * v[j * block + k];
      out[i * block + k] = sum;
    }
  *status = APUS_OK;
}

static const int64_t sparse_offsets[4] = {0, 2, 4, 6}, sparse_columns[6] = {0, 1, 0, 1, 0, 1};
static apus_csr csr = {3, 2, 6, sparse_offsets, sparse_columns, matrix, APUS_INT64, APUS_FLOAT64};

static apus_status call(int index) {
  apus_array *first = NULL, *second = NULL, *third = NULL;
  const int64_t square_shape[2] = {2, 2};
  const double numbers[4] = {4, 1, 1, 3};
  apus_view square = {(void *)numbers, APUS_FLOAT64, 2, square_shape, NULL};
  double value, other;
  int64_t rank;
  apus_status status;
  switch (index) {
    case 0: status = apus_linalg_svd(&first, &second, &third, &a, 0); break;
    case 1: status = apus_linalg_qr(&first, &second, &third, &a); break;
    case 2: status = apus_linalg_cholesky(&first, &square); break;
    case 3: status = apus_linalg_eigh(&first, &second, &square, 0); break;
    case 4: status = apus_linalg_solve(&first, &square, &square); break;
    case 5: status = apus_linalg_lstsq(&first, &rank, &second, &a, &a, -1); break;
    case 6: status = apus_linalg_pinv(&first, &a, -1); break;
    case 7: status = apus_linalg_rank(&rank, &a, -1); break;
    case 8: status = apus_linalg_cond(&value, &a); break;
    case 9: status = apus_linalg_det(&value, &square); break;
    case 10: status = apus_linalg_slogdet(&value, &other, &square); break;
    case 11: status = apus_linalg_randomized_svd(&first, &second, &third, &value, &a, 1, 10, 4, 0); break;
    case 12: status = apus_linalg_svds(&first, &second, &third, &a, 2, 0, 0); break;
    case 13: status = apus_linalg_svds_csr(&first, &second, &third, &csr, 2, 0, 0); break;
    case 14: status = apus_linalg_svds_operator(&first, &second, &third, 3, 2, product, NULL, 2, 0, 0); break;
    case 15: status = apus_linalg_low_rank_errors(&first, &a, 0); break;
    case 16: status = apus_linalg_polar(&first, &second, &a); break;
    default: status = apus_linalg_matmul(&first, &a, &square); break;
  }
  apus_array_free(first);
  apus_array_free(second);
  apus_array_free(third);
  return status;
}

/* The call being exhausted. */
static int current;
static apus_status call_current(void) { return call(current); }

int main(void) {
  apus_array *u, *s, *vt, *q, *r, *order, *x;
  CHECK(apus_linalg_svd(&u, &s, &vt, &a, 0) == APUS_OK);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 2; j++) {
      double sum = 0;
      for (int k = 0; k < 2; k++) sum += element(u, i, k) * element(s, k, 0) * element(vt, k, j);
      CHECK(fabs(sum - matrix[2 * i + j]) < 1e-14);
    }
  CHECK(apus_linalg_qr(&q, &r, &order, &a) == APUS_OK);
  CHECK(element(r, 1, 0) == 0 && element(r, 0, 0) >= element(r, 1, 1) && element(r, 1, 1) >= 0);
  double b[3] = {1, 2, 3};
  int64_t three[1] = {3};
  apus_view target = {b, APUS_FLOAT64, 1, three, NULL};
  int64_t rank;
  CHECK(apus_linalg_lstsq(&x, &rank, NULL, &a, &target, -1) == APUS_OK && rank == 2);
  for (int j = 0; j < 2; j++) {
    double gradient = 0;
    for (int i = 0; i < 3; i++)
      gradient += matrix[2 * i + j] * (matrix[2 * i] * element(x, 0, 0) + matrix[2 * i + 1] * element(x, 1, 0) - b[i]);
    CHECK(fabs(gradient) < 1e-12);
  }
  apus_array *all[] = {u, s, vt, q, r, order, x};
  for (int i = 0; i < 7; i++) apus_array_free(all[i]);

  apus_array *exact, *some, *errors, *unitary, *positive;
  double bound;
  CHECK(apus_linalg_svd(NULL, &exact, NULL, &a, 0) == APUS_OK);
  CHECK(apus_linalg_svds_operator(NULL, &some, NULL, 3, 2, product, NULL, 2, 0, UINT64_MAX) == APUS_OK);
  for (int i = 0; i < 2; i++) CHECK(fabs(element(some, i, 0) - element(exact, i, 0)) < 1e-13);
  CHECK(apus_linalg_low_rank_errors(&errors, &a, 1) == APUS_OK);
  CHECK(element(errors, 0, 0) == element(exact, 0, 0) && element(errors, 2, 0) == 0);
  apus_array_free(some);
  CHECK(apus_linalg_randomized_svd(NULL, &some, NULL, &bound, &a, 1, 10, 2, 1) == APUS_OK);
  CHECK(fabs(element(some, 0, 0) - element(exact, 0, 0)) < 1e-12 && bound >= element(exact, 1, 0));
  CHECK(apus_linalg_polar(&unitary, &positive, &a) == APUS_OK);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 2; j++) {
      double sum = 0;
      for (int k = 0; k < 2; k++) sum += element(unitary, i, k) * element(positive, k, j);
      CHECK(fabs(sum - matrix[2 * i + j]) < 1e-13);
    }
  apus_array *more[] = {exact, some, errors, unitary, positive};
  for (int i = 0; i < 5; i++) apus_array_free(more[i]);
  CHECK_ERROR(apus_linalg_svds(NULL, &x, NULL, &a, 3, 0, 0), APUS_ERROR_ARGUMENT, "min(3, 2) = 2");
  CHECK_ERROR(apus_linalg_svds(NULL, &x, NULL, &a, 0, 0, 0), APUS_ERROR_ARGUMENT, "n_components");
  CHECK_ERROR(apus_linalg_svds(NULL, &x, NULL, &a, 1, NAN, 0), APUS_ERROR_ARGUMENT, "tol");
  CHECK_ERROR(apus_linalg_svds(NULL, NULL, NULL, &a, 1, 0, 0), APUS_ERROR_NULL, "s");
  CHECK_ERROR(apus_linalg_svds_csr(NULL, &x, NULL, NULL, 1, 0, 0), APUS_ERROR_NULL, "a");
  CHECK_ERROR(apus_linalg_svds_operator(NULL, &x, NULL, 3, 2, NULL, NULL, 1, 0, 0), APUS_ERROR_NULL, "product");
  CHECK_ERROR(apus_linalg_svds_operator(NULL, &x, NULL, 0, 2, product, NULL, 1, 0, 0), APUS_ERROR_SHAPE, "rows");
  CHECK_ERROR(apus_linalg_svds_operator(NULL, &x, NULL, INT64_MAX, 2, product, NULL, 1, 0, 0), APUS_ERROR_OVERFLOW,
              "address space");
  int32_t failures[2] = {APUS_ERROR_CALLBACK, APUS_CANCELLED};
  CHECK_ERROR(apus_linalg_svds_operator(NULL, &x, NULL, 3, 2, product, &failures[0], 1, 0, 0), APUS_ERROR_CALLBACK,
              "product");
  CHECK_ERROR(apus_linalg_svds_operator(NULL, &x, NULL, 3, 2, product, &failures[1], 1, 0, 0), APUS_CANCELLED,
              "cancelled");
  CHECK_ERROR(apus_linalg_randomized_svd(NULL, &x, NULL, NULL, &a, 1, -1, 4, 0), APUS_ERROR_ARGUMENT, "n_oversamples");
  CHECK_ERROR(apus_linalg_randomized_svd(NULL, &x, NULL, NULL, &a, 1, 1, INT64_MAX, 0), APUS_ERROR_ARGUMENT, "n_iter");
  CHECK_ERROR(apus_linalg_polar(&unitary, NULL, &a), APUS_ERROR_NULL, "positive");

  double determinant, nan_matrix[4] = {1, NAN, 0, 1};
  int64_t two[2] = {2, 2};
  apus_view bad = {nan_matrix, APUS_FLOAT64, 2, two, NULL};
  CHECK_ERROR(apus_linalg_det(&determinant, &bad), APUS_ERROR_NOT_FINITE, "NaN");
  CHECK_ERROR(apus_linalg_det(&determinant, &a), APUS_ERROR_SHAPE, "square");
  CHECK_ERROR(apus_linalg_det(NULL, &a), APUS_ERROR_NULL, "out");
  CHECK_ERROR(apus_linalg_eigh(&x, NULL, &a, -1), APUS_ERROR_ARGUMENT, "largest");
  CHECK_ERROR(apus_linalg_matmul(&x, &a, &a), APUS_ERROR_SHAPE, "b");
  nan_matrix[1] = 0;
  nan_matrix[0] = 0;
  CHECK_ERROR(apus_linalg_solve(&x, &bad, &bad), APUS_ERROR_NUMERIC, "singular");
  CHECK(x == NULL);

  for (current = 0; current < 18; current++) exhaust("call", call_current, NULL, NOTHING);
  return finish();
}
