/*
 * Apus: machine learning in one shared library. The C interface.
 *
 * Conventions (the long form is docs/CONVENTIONS.md):
 *
 * - Every call that can fail returns an apus_status; APUS_OK is 0. On failure apus_last_error() of the same thread is one
 *   line: the argument, what it got, what is allowed. A failed call changes nothing, and its out-parameters are NULL or 0.
 * - Handles (pointers to incomplete types) are checked on every call: a null, freed, random or wrongly typed handle gives
 *   APUS_ERROR_HANDLE, never undefined behaviour. Every apus_<noun>_free accepts NULL and stale handles.
 * - Ownership, in fixed words: "borrowed for the call" is read or written during the call and not kept; "copied" means the
 *   caller may change or free his own at once; "caller frees with X" hands it to the caller.
 * - Any function may be called from any thread. A fitted estimator may be used by any number of threads at once. Of two
 *   calls that change one object at the same time one returns APUS_ERROR_BUSY.
 * - Strings are UTF-8 and NUL-terminated. Sizes are int64_t; strides are in bytes and may be zero (input only) or negative.
 * - A structure that begins with struct_size is filled by its APUS_..._INIT macro; it grows at the end in later versions.
 * - Results do not depend on the number of threads.
 */
#ifndef APUS_H
#define APUS_H

#include <stddef.h>
#include <stdint.h>

#define APUS_VERSION_MAJOR 0
#define APUS_VERSION_MINOR 1
#define APUS_VERSION_PATCH 0

#if defined(__GNUC__) || defined(__clang__)
#define APUS_MUST_CHECK __attribute__((warn_unused_result))
#else
#define APUS_MUST_CHECK
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status and messages ---- */

/** The outcome of a call. Values are fixed for ever; new ones fill the gaps. */
typedef enum apus_status {
  APUS_OK = 0,
  /** An argument outside its permitted values. */
  APUS_ERROR_ARGUMENT = 10,
  /** A required pointer is NULL. */
  APUS_ERROR_NULL = 11,
  /** An unknown enumeration value, struct_size or option. */
  APUS_ERROR_ENUM = 12,
  /** Shapes or lengths that do not fit. */
  APUS_ERROR_SHAPE = 20,
  /** An element type or parameter type that is not accepted. */
  APUS_ERROR_TYPE = 21,
  /** NaN or infinity where finite numbers are needed. */
  APUS_ERROR_NOT_FINITE = 22,
  /** A size beyond the address space. */
  APUS_ERROR_OVERFLOW = 23,
  /** The estimator has not been fitted. */
  APUS_ERROR_NOT_FITTED = 30,
  /** A null, freed, random or wrongly typed handle. */
  APUS_ERROR_HANDLE = 31,
  /** Another call is changing the same object. */
  APUS_ERROR_BUSY = 32,
  /** Nothing here does what was asked. */
  APUS_ERROR_UNSUPPORTED = 33,
  /** Memory could not be allocated, or the limit of apus_memory_limit was met. */
  APUS_ERROR_MEMORY = 40,
  /** A cancel token was tripped. */
  APUS_CANCELLED = 50,
  /** A callback reported failure. */
  APUS_ERROR_CALLBACK = 51,
  /** A file could not be read or written. */
  APUS_ERROR_IO = 60,
  /** A file whose content is not what its format demands. */
  APUS_ERROR_FORMAT = 61,
  /** A file written by a newer version of the library. */
  APUS_ERROR_VERSION = 62,
  /** A computation that could not be completed numerically. */
  APUS_ERROR_NUMERIC = 70,
  /** A defect of the library. */
  APUS_ERROR_INTERNAL = 90
} apus_status;

/** "0.1.0". Static. */
const char *apus_version_string(void);

/** Name of a status, such as "APUS_ERROR_SHAPE"; "APUS_STATUS_UNKNOWN" for other numbers. Static. */
const char *apus_status_name(int32_t status);

/** Message of the last failed call on this thread, one line; "" when none has failed. Valid until this thread's next failed
 *  call. */
const char *apus_last_error(void);

/** What a warning is about. */
typedef enum apus_warning_kind {
  APUS_WARNING_GENERAL = 1,
  /** An iteration stopped before it met its tolerance. */
  APUS_WARNING_CONVERGENCE = 2,
  /** The data make the result ill-determined (constant input, collinear columns, separation). */
  APUS_WARNING_DATA = 3,
  /** The result lost accuracy. */
  APUS_WARNING_ACCURACY = 4
} apus_warning_kind;

/** Number of warnings of this thread's last call that computes (fit, predict, a test, a decomposition ...). */
int64_t apus_warning_count(void);

/** Text of warning `index`, or NULL outside 0 ... count - 1. Valid until this thread's next call that computes. */
const char *apus_warning_message(int64_t index);

/** Kind of warning `index` as an apus_warning_kind, or 0. */
int32_t apus_warning_kind_at(int64_t index);

/** Severity of a log line. */
typedef enum apus_log_level { APUS_LOG_DEBUG = 10, APUS_LOG_INFO = 20, APUS_LOG_WARNING = 30 } apus_log_level;

/** Receives log lines, from any thread; `message` is borrowed for the call. Must not call back into Apus. */
typedef void (*apus_log_callback)(void *context, int32_t level, const char *message);

/** Sets the one receiver of log lines; NULL (the default) discards them. `context` is passed back as it is. */
APUS_MUST_CHECK apus_status apus_log_set_callback(apus_log_callback callback, void *context);

/* ---- Threads and memory ---- */

/** Threads used for parallel work, the calling one included: 1 ... 256. Initially APUS_NUM_THREADS from the environment,
 *  else the processors this process may use. Results are the same for any number. */
APUS_MUST_CHECK apus_status apus_set_num_threads(int32_t count);

/** The current number of threads. */
int32_t apus_get_num_threads(void);

/** Limits the bytes of data memory alive at any time; a negative limit (the default) is none. Requests beyond it fail with
 *  APUS_ERROR_MEMORY. */
APUS_MUST_CHECK apus_status apus_memory_limit(int64_t bytes);

/** Bytes of data memory alive now. */
int64_t apus_memory_live_bytes(void);

/** Blocks of data memory alive now: equal before and after a call that keeps nothing. */
int64_t apus_memory_live_blocks(void);

/** Testing hook: the allocation after the next `count` ones fails once; a negative count switches the hook off. */
void apus_memory_fail_after(int64_t count);

/* ---- Data ---- */

/** Element types. */
typedef enum apus_dtype {
  APUS_FLOAT32 = 1,
  APUS_FLOAT64 = 2,
  APUS_INT32 = 3,
  APUS_INT64 = 4,
  APUS_UINT8 = 5,
  /** One byte; zero is false. */
  APUS_BOOL = 6
} apus_dtype;

/** The largest number of dimensions. */
#define APUS_MAX_DIMENSIONS 32

/**
 * An n-dimensional array in the caller's memory.
 *
 * Passed as `const apus_view *` it is borrowed for the call and its data are not written; passed as `apus_view *` for output
 * its data are written. Misaligned data are accepted. An output may not have zero strides over an extent above 1, nor
 * overlap an input.
 */
typedef struct apus_view {
  /** Address of the element with all indices zero; may be NULL when an extent is 0. */
  void *data;
  /** An apus_dtype. */
  int32_t dtype;
  /** Number of dimensions, 0 ... APUS_MAX_DIMENSIONS. */
  int32_t ndim;
  /** ndim extents, each at least 0; may be NULL when ndim is 0. */
  const int64_t *shape;
  /** ndim strides in bytes; NULL means row-major without gaps. */
  const int64_t *strides;
} apus_view;

/**
 * A sparse matrix in compressed sparse row form, borrowed for the call: row i holds data[indptr[i]] ... data[indptr[i+1] - 1]
 * in the columns of the same positions of indices. Arrays are contiguous; indices of a row may come in any order, and repeated
 * ones are added. Offsets that decrease or pass count, and columns out of range, are APUS_ERROR_ARGUMENT.
 */
typedef struct apus_csr {
  int64_t rows;
  int64_t columns;
  /** Number of entries. */
  int64_t count;
  /** rows + 1 offsets. */
  const void *indptr;
  /** count column numbers. */
  const void *indices;
  /** count values. */
  const void *data;
  /** APUS_INT32 or APUS_INT64, for indptr and indices. */
  int32_t index_dtype;
  /** APUS_FLOAT32 or APUS_FLOAT64. */
  int32_t dtype;
} apus_csr;

/** An array that the library owns. */
typedef struct apus_array apus_array;

/** Copies `source` into a new row-major array; caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_array_create(apus_array **out, const apus_view *source);

/** Describes an array: `out` points into it (data, shape, strides) and is valid until the array is freed. The data are not
 *  to be written to. */
APUS_MUST_CHECK apus_status apus_array_view(apus_view *out, const apus_array *array);

/** Frees an array. NULL and stale handles are ignored. */
void apus_array_free(apus_array *array);

/** A text that the library owns. */
typedef struct apus_text apus_text;

/** The characters, NUL-terminated, valid until the text is freed; NULL for a wrong handle. */
const char *apus_text_data(const apus_text *text);

/** Frees a text. NULL and stale handles are ignored. */
void apus_text_free(apus_text *text);

/* ---- Cancel and progress ---- */

/** A switch any thread may trip to end a long call (a member of apus_fit_options, or a parameter), which returns
 *  APUS_CANCELLED within 100 ms. */
typedef struct apus_cancel apus_cancel;

/** A new token, not tripped; caller frees with apus_cancel_free. */
APUS_MUST_CHECK apus_status apus_cancel_create(apus_cancel **out);

/** Trips the token: calls that use it, now or later, return APUS_CANCELLED. Safe in any thread, not in a signal handler. */
APUS_MUST_CHECK apus_status apus_cancel_trip(apus_cancel *token);

/** Makes the token usable again. */
APUS_MUST_CHECK apus_status apus_cancel_reset(apus_cancel *token);

/** Frees a token; calls in flight keep theirs. NULL and stale handles are ignored. */
void apus_cancel_free(apus_cancel *token);

/**
 * Receives progress on the thread of the call: the stage's name and the fraction done, 0 ... 1.
 * `*status` is preset to APUS_ERROR_CALLBACK; the callback must set it to APUS_OK to go on. Anything else ends the call:
 * APUS_CANCELLED as if cancelled, other values with APUS_ERROR_CALLBACK.
 */
typedef void (*apus_progress_callback)(void *context, const char *stage, double fraction, int32_t *status);

/* ---- Linear algebra ---- */

/*
 * Matrices are float32 or float64 of any strides (integers and bools count as float64), borrowed for the call; results have
 * the type of the arguments and the same bits for any number of threads; caller frees them with apus_array_free. NaN and
 * infinity are refused except in products. rcond < 0 (or NaN) means max(rows, columns) times the machine epsilon: singular
 * values at most rcond times the largest count as zero.
 */

/** The product of two matrices (m, k) and (k, n), of a matrix and a vector, or of two vectors: (m, n), (m,) or (). */
APUS_MUST_CHECK apus_status apus_linalg_matmul(apus_array **out, const apus_view *a, const apus_view *b);

/** The lower triangle L (n, n) with a = L * L^T, of which the lower triangle is read. APUS_ERROR_NUMERIC when `a` is not
 *  positive definite. */
APUS_MUST_CHECK apus_status apus_linalg_cholesky(apus_array **out, const apus_view *a);

/** a = Q * R with Q (rows, k), R (k, columns), k = min(rows, columns), and a diagonal of R that is not negative. With a
 *  non-NULL `permutation` (columns,), int64, columns are exchanged so that the diagonal of R does not increase:
 *  a[:, permutation] = Q * R. */
APUS_MUST_CHECK apus_status apus_linalg_qr(apus_array **q, apus_array **r, apus_array **permutation, const apus_view *a);

/** a = U * diag(s) * Vt with s (k,) descending, U (rows, k), Vt (k, columns), k = min(rows, columns). U and Vt may both be
 *  NULL: values only. `full` not 0: square U (rows, rows) and Vt (columns, columns). */
APUS_MUST_CHECK apus_status apus_linalg_svd(apus_array **u, apus_array **s, apus_array **vt, const apus_view *a,
                                            int32_t full);

/** Eigenvalues (k,), ascending, and orthonormal eigenvectors (n, k), the columns (may be NULL), of a symmetric matrix (n, n),
 *  of which the lower triangle is read. `largest` > 0 computes only that many of the largest, k = largest; 0 means all. */
APUS_MUST_CHECK apus_status apus_linalg_eigh(apus_array **values, apus_array **vectors, const apus_view *a,
                                             int64_t largest);

/** x, of the shape of b, with a * x = b for a square matrix (n, n) and one (n,) or several (n, k) right-hand sides, by LU with
 *  refinement. APUS_ERROR_NUMERIC when `a` is singular. */
APUS_MUST_CHECK apus_status apus_linalg_solve(apus_array **out, const apus_view *a, const apus_view *b);

/** The least-squares solution of least norm, (columns,) for b (rows,) or (columns, k) for b (rows, k), for any shape and rank
 *  of `a`; `rank` and `singular_values` may be NULL. */
APUS_MUST_CHECK apus_status apus_linalg_lstsq(apus_array **out, int64_t *rank, apus_array **singular_values,
                                              const apus_view *a, const apus_view *b, double rcond);

/** The Moore-Penrose pseudo-inverse, (columns, rows). */
APUS_MUST_CHECK apus_status apus_linalg_pinv(apus_array **out, const apus_view *a, double rcond);

/** The number of singular values above the tolerance. */
APUS_MUST_CHECK apus_status apus_linalg_rank(int64_t *out, const apus_view *a, double rcond);

/** The ratio of the largest to the smallest singular value; infinity for a singular matrix. */
APUS_MUST_CHECK apus_status apus_linalg_cond(double *out, const apus_view *a);

/** The determinant of a square matrix; may overflow to infinity. */
APUS_MUST_CHECK apus_status apus_linalg_det(double *out, const apus_view *a);

/** Sign (-1, 0 or 1) and logarithm of the magnitude of the determinant. */
APUS_MUST_CHECK apus_status apus_linalg_slogdet(double *sign, double *logarithm, const apus_view *a);

/* ---- Linear algebra: low rank ---- */

/*
 * Factors are float64 for any input: u (rows, count), s (count,), vt (count, columns); u, vt may be NULL where not wanted. The
 * element of largest magnitude of each row of vt, the first of equals, is positive. Results depend on the seed, every value of
 * which is valid, and on nothing else.
 */

/**
 * The `count` largest singular triplets by randomised subspace iteration (Halko, Martinsson & Tropp 2011): `oversamples`
 * additional random directions (10 is usual) and `power_iterations` multiplications by a^T * a (4 ... 7 are usual; more
 * where singular values fall slowly). `error`, which may be NULL, receives an upper bound of the spectral norm of
 * a - u * diag(s) * vt that holds with probability 1 - 1e-10.
 */
APUS_MUST_CHECK apus_status apus_linalg_randomized_svd(apus_array **u, apus_array **s, apus_array **vt, double *error,
                                                       const apus_view *a, int64_t count, int64_t oversamples,
                                                       int64_t power_iterations, uint64_t seed);

/**
 * The `count` largest singular triplets by block Lanczos with restarts, as accurate as a full decomposition. `tol` is the
 * residual, relative to the square of the singular value, at which one counts as converged; 0 means 1e-10. Where some do not
 * converge there is a warning. `u` and `vt` may be NULL.
 */
APUS_MUST_CHECK apus_status apus_linalg_svds(apus_array **u, apus_array **s, apus_array **vt, const apus_view *a,
                                             int64_t count, double tol, uint64_t seed);

/** As apus_linalg_svds for a sparse matrix, which is never made dense. */
APUS_MUST_CHECK apus_status apus_linalg_svds_csr(apus_array **u, apus_array **s, apus_array **vt, const apus_csr *a,
                                                 int64_t count, double tol, uint64_t seed);

/**
 * Products of a matrix with a block of b vectors: `vectors` is (columns, b), or (rows, b) when `adjoint` is not 0, and
 * `products` is to be filled with (rows, b) or (columns, b): float64, row-major without gaps. Runs on the calling thread.
 * `*status` is preset to APUS_ERROR_CALLBACK; the callback must set it to APUS_OK. Anything else ends the call.
 */
typedef void (*apus_operator_callback)(void *context, int32_t adjoint, const apus_view *vectors, apus_view *products,
                                       int32_t *status);

/** As apus_linalg_svds for a rows x columns matrix that is known by its products; `context` is passed on. */
APUS_MUST_CHECK apus_status apus_linalg_svds_operator(apus_array **u, apus_array **s, apus_array **vt, int64_t rows,
                                                      int64_t columns, apus_operator_callback product, void *context,
                                                      int64_t count, double tol, uint64_t seed);

/** The errors of the best approximations of rank 0, 1, ..., min(rows, columns): in the Frobenius norm, or with `spectral`
 *  not 0 in the spectral norm. float64, min(rows, columns) + 1 values. */
APUS_MUST_CHECK apus_status apus_linalg_low_rank_errors(apus_array **out, const apus_view *a, int32_t spectral);

/** a = unitary * positive, with orthonormal columns (rows where there are fewer of them) in `unitary` and a symmetric
 *  positive semi-definite matrix (columns, columns). */
APUS_MUST_CHECK apus_status apus_linalg_polar(apus_array **unitary, apus_array **positive, const apus_view *a);

/* ---- Introspection: kinds of estimators, their parameters, attributes and operations ---- */

/** Value types of parameters, as bits. */
typedef enum apus_parameter_types {
  APUS_TYPE_NONE = 1,
  APUS_TYPE_BOOL = 2,
  APUS_TYPE_INT = 4,
  APUS_TYPE_DOUBLE = 8,
  APUS_TYPE_STRING = 16,
  APUS_TYPE_ARRAY = 32,
  APUS_TYPE_ESTIMATOR = 64
} apus_parameter_types;

/** What an estimator makes. */
typedef enum apus_role {
  APUS_ROLE_REGRESSOR = 1,
  APUS_ROLE_CLASSIFIER = 2,
  APUS_ROLE_TRANSFORMER = 3,
  APUS_ROLE_CLUSTERER = 4,
  APUS_ROLE_OUTLIER_DETECTOR = 5,
  /** A distribution of the rows; score is their mean log-likelihood. */
  APUS_ROLE_DENSITY_ESTIMATOR = 6,
  /** Scores by which the rows of a query are ordered. */
  APUS_ROLE_RANKER = 7
} apus_role;

/** What an estimator accepts, as bits. */
typedef enum apus_traits {
  /** The _csr forms of the calls are supported. */
  APUS_TRAIT_SPARSE_INPUT = 1,
  /** NaN in X is a missing value. */
  APUS_TRAIT_MISSING_VALUES = 2,
  /** y may have several columns. */
  APUS_TRAIT_MULTI_OUTPUT = 4,
  APUS_TRAIT_SAMPLE_WEIGHT = 8,
  /** apus_estimator_partial_fit is supported. */
  APUS_TRAIT_PARTIAL_FIT = 16,
  /** float32 features are used without a copy; linear models and transformers then give float32 results. */
  APUS_TRAIT_FLOAT32 = 32,
  /** The model depends on the parameter random_state. */
  APUS_TRAIT_RANDOMIZED = 64,
  /** fit needs y. */
  APUS_TRAIT_NEEDS_TARGETS = 128,
  /** y must hold two classes. */
  APUS_TRAIT_BINARY_ONLY = 256,
  /** X must not be negative. */
  APUS_TRAIT_NON_NEGATIVE_INPUT = 512,
  /** apus_estimator_merge is supported. */
  APUS_TRAIT_MERGEABLE = 1024,
  /** apus_estimator_text gives "summary" after a fit with inference. */
  APUS_TRAIT_SUMMARY = 2048,
  /** y may have two columns, counts of successes and failures. */
  APUS_TRAIT_COUNT_TARGETS = 4096,
  /** y must be positive. */
  APUS_TRAIT_POSITIVE_TARGETS = 8192,
  /** apus_estimator_member gives the fitted models it is made of. */
  APUS_TRAIT_MEMBERS = 16384
} apus_traits;

/** A kind of estimator. All pointers are static. */
typedef struct apus_kind_info {
  /** The name to create it by: "linear_regression". */
  const char *kind;
  /** Class and module names in Python: "LinearRegression", "linear_model". */
  const char *python_name;
  const char *python_module;
  const char *doc;
  /** An apus_role. */
  int32_t role;
  /** Bits of apus_traits. */
  int32_t traits;
  int64_t parameter_count;
  int64_t attribute_count;
  int64_t operation_count;
} apus_kind_info;

/** A parameter of a kind. All pointers are static. */
typedef struct apus_parameter_info {
  const char *name;
  const char *doc;
  /** Bits of apus_parameter_types. */
  int32_t types;
  /** The bit of the default's type. */
  int32_t default_type;
  /** The default as a number (bool as 0 or 1); 0 for other types. */
  double default_number;
  /** The default as text: "None", "True", "1", "0.5", "auto". */
  const char *default_text;
  /** Permitted numbers: from minimum to maximum, ends included where the flags are 1. */
  double minimum;
  double maximum;
  int32_t includes_minimum;
  int32_t includes_maximum;
  /** choice_count permitted strings; 0 when any string goes. */
  const char *const *choices;
  int64_t choice_count;
} apus_parameter_info;

/** Form of a fitted attribute. */
typedef enum apus_attribute_form {
  APUS_FORM_ARRAY = 1,
  APUS_FORM_INT = 2,
  APUS_FORM_DOUBLE = 3,
  APUS_FORM_BOOL = 4,
  APUS_FORM_STRING = 5
} apus_attribute_form;

/** A fitted attribute of a kind. All pointers are static. */
typedef struct apus_attribute_info {
  const char *name;
  const char *doc;
  /** An apus_attribute_form. */
  int32_t form;
} apus_attribute_info;

/** Number of kinds. */
int64_t apus_kind_count(void);

/** Describes kind number `index` of 0 ... count - 1, in alphabetical order. */
APUS_MUST_CHECK apus_status apus_kind_at(apus_kind_info *out, int64_t index);

/** Describes the kind called `kind`; the message for an unknown one suggests the nearest. */
APUS_MUST_CHECK apus_status apus_kind_find(apus_kind_info *out, const char *kind);

/** Describes parameter number `index` of a kind. */
APUS_MUST_CHECK apus_status apus_kind_parameter(apus_parameter_info *out, const char *kind, int64_t index);

/** Describes fitted attribute number `index` of a kind. */
APUS_MUST_CHECK apus_status apus_kind_attribute(apus_attribute_info *out, const char *kind, int64_t index);

/** Name of operation number `index` of a kind, static. */
APUS_MUST_CHECK apus_status apus_kind_operation(const char **out, const char *kind, int64_t index);

/* ---- Estimators ---- */

/** An algorithm with its parameters and, after fit, its model. */
typedef struct apus_estimator apus_estimator;

/** A value of a parameter, an attribute or an argument. */
typedef struct apus_value {
  /** The one bit of apus_parameter_types that says which member counts. */
  int32_t type;
  /** For bool: 0 or 1. */
  int32_t boolean;
  int64_t integer;
  double number;
  /** As input borrowed for the call; as output valid until this thread's next call that returns a value. */
  const char *string;
  /** As input copied; as output a new handle that the caller frees with apus_array_free. */
  apus_array *array;
  /** As input copied; as output a new handle that the caller frees with apus_estimator_free. */
  apus_estimator *estimator;
} apus_value;

/** A named value. */
typedef struct apus_argument {
  const char *name;
  apus_value value;
} apus_argument;

/** A new estimator with default parameters; caller frees with apus_estimator_free. */
APUS_MUST_CHECK apus_status apus_estimator_create(apus_estimator **out, const char *kind);

/** A new unfitted estimator with the same parameters; caller frees with apus_estimator_free. */
APUS_MUST_CHECK apus_status apus_estimator_clone(apus_estimator **out, const apus_estimator *estimator);

/** A new estimator with the same parameters and the same fitted model (shared, constant); caller frees with
 *  apus_estimator_free. */
APUS_MUST_CHECK apus_status apus_estimator_copy(apus_estimator **out, const apus_estimator *estimator);

/** Number of fitted members that apus_estimator_member gives: the trees of a forest, the estimators of a bagging; 0 for other
 *  models and before a fit, -1 for a handle that is none. */
int64_t apus_estimator_member_count(const apus_estimator *estimator);

/** Member `index` of a fitted ensemble, from 0 to apus_estimator_member_count - 1, as a new fitted estimator of its own; caller
 *  frees with apus_estimator_free. Classifiers among the members predict positions in the ensemble's `classes_`, and members of a
 *  bagging take the columns that `estimators_features_` lists. APUS_ERROR_ARGUMENT for another index. */
APUS_MUST_CHECK apus_status apus_estimator_member(apus_estimator **out, const apus_estimator *estimator, int64_t index);

/** Frees an estimator; calls in flight on it end normally. NULL and stale handles are ignored. */
void apus_estimator_free(apus_estimator *estimator);

/** The kind's name, static; NULL for a wrong handle. */
const char *apus_estimator_kind(const apus_estimator *estimator);

/** Sets a parameter to None. Unknown names, wrong types and values out of range are refused; a fitted model stays. */
APUS_MUST_CHECK apus_status apus_estimator_set_none(apus_estimator *estimator, const char *name);
/** Sets a parameter to true (not 0) or false (0). */
APUS_MUST_CHECK apus_status apus_estimator_set_bool(apus_estimator *estimator, const char *name, int32_t value);
/** Sets a parameter to an integer. */
APUS_MUST_CHECK apus_status apus_estimator_set_int(apus_estimator *estimator, const char *name, int64_t value);
/** Sets a parameter to a number. */
APUS_MUST_CHECK apus_status apus_estimator_set_double(apus_estimator *estimator, const char *name, double value);
/** Sets a parameter to a string, which is copied. */
APUS_MUST_CHECK apus_status apus_estimator_set_string(apus_estimator *estimator, const char *name, const char *value);
/** Sets a parameter to an array, which is copied. */
APUS_MUST_CHECK apus_status apus_estimator_set_array(apus_estimator *estimator, const char *name, const apus_view *value);
/** Sets a parameter to an estimator, which is copied, unfitted. */
APUS_MUST_CHECK apus_status apus_estimator_set_estimator(apus_estimator *estimator, const char *name,
                                                         const apus_estimator *value);

/** Reads a parameter; see apus_value for who frees what. */
APUS_MUST_CHECK apus_status apus_estimator_get_parameter(apus_value *out, const apus_estimator *estimator,
                                                         const char *name);

/** Keeps a text (copied) with the estimator under a name of letters, digits, '_', '-' and '.', for programs that have
 *  something to remember, such as the names of features. Copies and model files keep it, clones do not; fit leaves it as
 *  it is. NULL removes it. */
APUS_MUST_CHECK apus_status apus_estimator_set_note(apus_estimator *estimator, const char *name, const char *note);

/** The text kept under `name`; `*out` is NULL when there is none. Caller frees with apus_text_free. */
APUS_MUST_CHECK apus_status apus_estimator_get_note(apus_text **out, const apus_estimator *estimator, const char *name);

/** A loss of the caller's, given by its derivatives, for the kinds of gradient boosting. Called once a round on the thread of
 *  the call. `y` (rows,) holds the targets, classes numbered from 0, `raw` (outputs, rows) the raw scores; `gradient` and
 *  `hessian` (outputs, rows) are to be written: first and second derivatives of every row's loss by its raw scores, without
 *  sample weights, finite, Hessians at least 0. `*status` is preset to failure. */
typedef void (*apus_objective_callback)(void *context, const double *y, const double *raw, float *gradient, float *hessian,
                                        int64_t rows, int64_t outputs, int32_t *status);

/** What fit may be given besides X and y. Every pointer may be NULL; views are borrowed for the call. What a kind does not
 *  take is refused with APUS_ERROR_ARGUMENT. */
typedef struct apus_fit_options {
  /** sizeof(apus_fit_options). */
  size_t struct_size;
  /** (rows,) non-negative weights; an integer weight equals repetition of the row. */
  const apus_view *sample_weight;
  /** Sizes of consecutive query groups, for ranking. */
  const apus_view *group;
  /** Held-out data for early stopping and evaluation. */
  const apus_view *validation_x;
  const apus_view *validation_y;
  const apus_view *validation_sample_weight;
  /** (rows,) or (rows, outputs) scores to start boosting from. */
  const apus_view *initial_score;
  /** Ends the call when tripped. */
  apus_cancel *cancel;
  apus_progress_callback progress;
  void *progress_context;
  /** Sizes of consecutive groups of the held-out rows: queries of a ranker, evaluation sets of other boosting. */
  const apus_view *validation_group;
  /** Replaces the loss of gradient boosting; the kind's own loss remains what evaluations report. */
  apus_objective_callback objective;
  void *objective_context;
  /** (rows,) numbers that say which rows belong together, for covariances robust to correlation within groups. */
  const apus_view *groups;
  /** (rows,) variances or (rows, rows) covariance of the errors, for generalised least squares. */
  const apus_view *sigma;
  /** (rows,) terms of the linear predictor with coefficient one, for generalised linear models. */
  const apus_view *offset;
  /** (rows,) positive exposures, whose logarithms are added to the linear predictor, for a log link. */
  const apus_view *exposure;
} apus_fit_options;

#define APUS_FIT_OPTIONS_INIT                                                                                          \
  {sizeof(apus_fit_options), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
   NULL}

/** Fits on X (rows, columns) and y ((rows,), (rows, targets), or NULL for unsupervised kinds). Both may have any element type;
 *  the y of a classifier holds the labels of the rows, whole numbers, whatever their values. `options` may be NULL.
 *
 *  APUS_ERROR_SHAPE for shapes that do not fit, APUS_ERROR_NOT_FINITE with the first row and column, APUS_ERROR_ARGUMENT for
 *  parameters and data that exclude each other, APUS_CANCELLED, APUS_ERROR_MEMORY. On any failure an earlier model stays. A fit
 *  that ends without meeting its tolerance succeeds with a warning (apus_warning_message). */
APUS_MUST_CHECK apus_status apus_estimator_fit(apus_estimator *estimator, const apus_view *x, const apus_view *y,
                                               const apus_fit_options *options);
/** As apus_estimator_fit on sparse features. */
APUS_MUST_CHECK apus_status apus_estimator_fit_csr(apus_estimator *estimator, const apus_csr *x, const apus_view *y,
                                                   const apus_fit_options *options);

/** Fits on a further batch of rows, for kinds with APUS_TRAIT_PARTIAL_FIT. `options` may be NULL. */
APUS_MUST_CHECK apus_status apus_estimator_partial_fit(apus_estimator *estimator, const apus_view *x, const apus_view *y,
                                                       const apus_fit_options *options);
/** As apus_estimator_partial_fit on sparse features. */
APUS_MUST_CHECK apus_status apus_estimator_partial_fit_csr(apus_estimator *estimator, const apus_csr *x,
                                                           const apus_view *y, const apus_fit_options *options);

/** Makes `estimator` the model of its own rows and those `other` saw, for kinds with APUS_TRAIT_MERGEABLE. */
APUS_MUST_CHECK apus_status apus_estimator_merge(apus_estimator *estimator, const apus_estimator *other);

/** 1 after a successful fit, 0 before, -1 for a wrong handle. */
int32_t apus_estimator_is_fitted(const apus_estimator *estimator);

/** One prediction a row, (rows,), or (rows, targets) for several targets: labels in the element type of the fit's y
 *  (classifiers), int64 (1 inside, -1 outside, of outlier detectors), else float64, or float32 as APUS_TRAIT_FLOAT32 says.
 *  APUS_ERROR_NOT_FITTED before fit, APUS_ERROR_SHAPE for another number of columns than in fit. Caller frees with
 *  apus_array_free. */
APUS_MUST_CHECK apus_status apus_estimator_predict(apus_array **out, const apus_estimator *estimator, const apus_view *x);
/** (rows, classes) probabilities, in the order of the attribute classes_; caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_estimator_predict_proba(apus_array **out, const apus_estimator *estimator,
                                                         const apus_view *x);
/** Signed scores, (rows,) for two classes (positive: the second) and for outlier detectors (negative: outside), else
 *  (rows, classes); caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_estimator_decision_function(apus_array **out, const apus_estimator *estimator,
                                                             const apus_view *x);
/** X transformed, (rows, components); caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_estimator_transform(apus_array **out, const apus_estimator *estimator,
                                                     const apus_view *x);
/** Features out of transformed ones X (rows, components), (rows, columns); caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_estimator_inverse_transform(apus_array **out, const apus_estimator *estimator,
                                                             const apus_view *x);

/** Predicts into the caller's buffer: `out` has the shape and element type apus_estimator_predict would return. */
APUS_MUST_CHECK apus_status apus_estimator_predict_into(apus_view *out, const apus_estimator *estimator,
                                                        const apus_view *x);

/** Carries out any operation of the kind by name. `x` may be NULL for operations on the model alone; `argument_count`
 *  arguments are borrowed for the call. Caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_estimator_apply(apus_array **out, const apus_estimator *estimator,
                                                 const char *operation, const apus_view *x,
                                                 const apus_argument *arguments, int64_t argument_count);
/** As apus_estimator_apply on sparse features. */
APUS_MUST_CHECK apus_status apus_estimator_apply_csr(apus_array **out, const apus_estimator *estimator,
                                                     const char *operation, const apus_csr *x,
                                                     const apus_argument *arguments, int64_t argument_count);

/** A report of the fitted model as text, such as "summary"; caller frees with apus_text_free. */
APUS_MUST_CHECK apus_status apus_estimator_text(apus_text **out, const apus_estimator *estimator, const char *name,
                                                const apus_argument *arguments, int64_t argument_count);

/** R-squared for regressors, accuracy for classifiers and outlier detectors; other kinds have operations, such as
 *  "score_samples" of apus_estimator_apply. `sample_weight` may be NULL. */
APUS_MUST_CHECK apus_status apus_estimator_score(double *out, const apus_estimator *estimator, const apus_view *x,
                                                 const apus_view *y, const apus_view *sample_weight);
/** As apus_estimator_score on sparse features. */
APUS_MUST_CHECK apus_status apus_estimator_score_csr(double *out, const apus_estimator *estimator, const apus_csr *x,
                                                     const apus_view *y, const apus_view *sample_weight);

/** How much the score falls when one feature's values are shuffled among the rows: (columns, repeats), in shuffles chosen by
 *  `seed`. `sample_weight` and `cancel` may be NULL. Caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_permutation_importance(apus_array **out, const apus_estimator *estimator,
                                                        const apus_view *x, const apus_view *y,
                                                        const apus_view *sample_weight, int64_t repeats, uint64_t seed,
                                                        apus_cancel *cancel);

/** Reads a fitted attribute of any form; see apus_value for who frees what. APUS_TYPE_NONE when this fit has none. Every
 *  kind has the integer n_features_in_. */
APUS_MUST_CHECK apus_status apus_estimator_get_attribute(apus_value *out, const apus_estimator *estimator,
                                                         const char *name);

/** A fitted attribute as an array (scalars have 0 dimensions); caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_estimator_get_array(apus_array **out, const apus_estimator *estimator, const char *name);

/** A scalar fitted attribute (number, integer or bool) as a number. */
APUS_MUST_CHECK apus_status apus_estimator_get_double(double *out, const apus_estimator *estimator, const char *name);

/* ---- Model files ---- */

/** Saves parameters and model into one file (safetensors container, docs/MODEL_FILE.md), atomically: APUS_ERROR_IO leaves an
 *  existing file as it was. */
APUS_MUST_CHECK apus_status apus_estimator_save(const apus_estimator *estimator, const char *path);

/** Loads an estimator of any kind; caller frees with apus_estimator_free. Hostile files give an error: APUS_ERROR_IO,
 *  APUS_ERROR_FORMAT, or APUS_ERROR_VERSION for a file of a newer version. */
APUS_MUST_CHECK apus_status apus_estimator_load(apus_estimator **out, const char *path);

/** The bytes apus_estimator_save would write, as a uint8 array; caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_estimator_serialize(apus_array **out, const apus_estimator *estimator);

/** The inverse of apus_estimator_serialize; `bytes` is borrowed for the call. */
APUS_MUST_CHECK apus_status apus_estimator_deserialize(apus_estimator **out, const void *bytes, int64_t count);

/** Reads a model of another library: `format` is "lightgbm" (text) or "xgboost" (JSON), `bytes` its file, borrowed for the
 *  call. Predictions are equal; parameters are the defaults. Caller frees with apus_estimator_free. Hostile files give an
 *  error; APUS_ERROR_UNSUPPORTED says that a model has no counterpart. */
APUS_MUST_CHECK apus_status apus_estimator_import(apus_estimator **out, const char *format, const void *bytes,
                                                  int64_t count);

/** The fitted model in another format as a uint8 array: "onnx" for gradient boosting. Caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_estimator_export(apus_array **out, const apus_estimator *estimator, const char *format);

/* ---- Tensors and automatic differentiation ---- */

/** An n-dimensional array with its place in the computation graph. */
typedef struct apus_tensor apus_tensor;

/** Types of option values. */
typedef enum apus_option_type {
  APUS_OPTION_NONE = 1,
  APUS_OPTION_BOOL = 2,
  APUS_OPTION_INT = 4,
  APUS_OPTION_DOUBLE = 8,
  APUS_OPTION_STRING = 16,
  APUS_OPTION_INTS = 32,
  APUS_OPTION_DOUBLES = 64,
  APUS_OPTION_TENSOR = 128
} apus_option_type;

/** A named option of an operation, module or optimiser; all it points to is borrowed for the call. */
typedef struct apus_option {
  const char *name;
  /** The apus_option_type that says which member counts. */
  int32_t type;
  /** Length of integers or numbers. */
  int32_t count;
  /** For bool (0 or 1) and int. */
  int64_t integer;
  double number;
  const char *string;
  const int64_t *integers;
  const double *numbers;
  const apus_tensor *tensor;
} apus_option;

/** Restarts the default random generator; PyTorch's streams from the same seed. */
APUS_MUST_CHECK apus_status apus_manual_seed(uint64_t seed);

/** The state of the default random generator, 5056 bytes as torch.get_rng_state(); caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_random_state(apus_array **out);

/** Continues from a state of apus_random_state; `bytes` is borrowed for the call. */
APUS_MUST_CHECK apus_status apus_random_set_state(const void *bytes, int64_t count);

/** A leaf tensor with a copy of `source`; caller frees with apus_tensor_free. */
APUS_MUST_CHECK apus_status apus_tensor_create(apus_tensor **out, const apus_view *source, int32_t requires_grad);

/** Called when the library no longer uses borrowed memory, on any thread. */
typedef void (*apus_release_callback)(void *context);

/** A leaf tensor on the caller's memory, which stays valid until `release` (may be NULL) is called; caller frees with
 *  apus_tensor_free. */
APUS_MUST_CHECK apus_status apus_tensor_borrow(apus_tensor **out, const apus_view *memory,
                                               apus_release_callback release, void *context);

/** Frees a tensor. Graphs that need its values keep them. NULL and stale handles are ignored. */
void apus_tensor_free(apus_tensor *tensor);

/** What a tensor is. */
typedef struct apus_tensor_info {
  /** Elements, shape and byte strides: valid until the tensor is freed or changed. */
  apus_view view;
  int32_t requires_grad;
  int32_t is_leaf;
  /** 1 when grad is present. */
  int32_t has_grad;
  /** Number of in-place changes. */
  int64_t version;
} apus_tensor_info;

/** Describes a tensor: `shape` and `strides`, where not NULL, receive up to APUS_MAX_DIMENSIONS numbers each and the view
 *  points to them. */
APUS_MUST_CHECK apus_status apus_tensor_describe(apus_tensor_info *out, const apus_tensor *tensor, int64_t *shape,
                                                 int64_t *strides);

/** The elements as an array that shares the tensor's memory; caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_tensor_array(apus_array **out, const apus_tensor *tensor);

/** The only element of a tensor as a number. */
APUS_MUST_CHECK apus_status apus_tensor_item(double *out, const apus_tensor *tensor);

/** Carries out an operation by name ("add", "matmul", "softmax" ... with PyTorch's option names) that has one result;
 *  inputs may be NULL where the operation allows it. In-place operations (names that end in _) give their first input.
 *  Caller frees with apus_tensor_free. */
APUS_MUST_CHECK apus_status apus_tensor_apply(apus_tensor **out, const char *operation,
                                              const apus_tensor *const *inputs, int64_t input_count,
                                              const apus_option *options, int64_t option_count);

/** As apus_tensor_apply for operations with several results: up to `capacity` are stored, `*count` is their number. */
APUS_MUST_CHECK apus_status apus_tensor_apply_all(apus_tensor **outputs, int64_t capacity, int64_t *count,
                                                  const char *operation, const apus_tensor *const *inputs,
                                                  int64_t input_count, const apus_option *options,
                                                  int64_t option_count);

/** Names of all operations, one a line; caller frees with apus_text_free. */
APUS_MUST_CHECK apus_status apus_operation_names(apus_text **out);

/** Adds derivatives to the grad of every leaf the tensor depends on. `gradient` may be NULL for scalars. */
APUS_MUST_CHECK apus_status apus_tensor_backward(const apus_tensor *tensor, const apus_tensor *gradient,
                                                 int32_t retain_graph, int32_t create_graph);

/** Derivatives of `outputs` (weighted by `gradients`, NULL or one each, NULL entries for scalars) with respect to `inputs`:
 *  `out` receives input_count tensors, NULL for unused inputs when `allow_unused` is 1. */
APUS_MUST_CHECK apus_status apus_tensor_gradients(apus_tensor **out, const apus_tensor *const *outputs,
                                                  int64_t output_count, const apus_tensor *const *inputs,
                                                  int64_t input_count, const apus_tensor *const *gradients,
                                                  int32_t retain_graph, int32_t create_graph, int32_t allow_unused);

/** The accumulated gradient, NULL when there is none; caller frees with apus_tensor_free. */
APUS_MUST_CHECK apus_status apus_tensor_grad(apus_tensor **out, const apus_tensor *tensor);

/** Replaces the accumulated gradient; NULL removes it. */
APUS_MUST_CHECK apus_status apus_tensor_set_grad(apus_tensor *tensor, const apus_tensor *gradient);

/** Asks a leaf to collect gradients (1) or not (0). */
APUS_MUST_CHECK apus_status apus_tensor_set_requires_grad(apus_tensor *tensor, int32_t value);

/** Keeps the gradient of a tensor that is no leaf. */
APUS_MUST_CHECK apus_status apus_tensor_retain_grad(apus_tensor *tensor);

/** Makes `tensor` hold the memory of `other`, outside the graph. */
APUS_MUST_CHECK apus_status apus_tensor_set_data(apus_tensor *tensor, const apus_tensor *other);

/** The name of the operation that made the tensor, such as "AddmmBackward0"; "" for leaves. Caller frees with
 *  apus_text_free. */
APUS_MUST_CHECK apus_status apus_tensor_grad_fn(apus_text **out, const apus_tensor *tensor);

/** The graph behind a tensor in Graphviz's language; caller frees with apus_text_free. */
APUS_MUST_CHECK apus_status apus_tensor_graph(apus_text **out, const apus_tensor *tensor);

/** Computes the derivative of a custom operation: stores into `input_gradients` one tensor per input (NULL for zero), which
 *  the library frees, from the gradients of the outputs (NULL for zero), which are lent for the call. `*status` is preset
 *  to failure and must be set to APUS_OK. */
typedef void (*apus_backward_callback)(void *context, apus_tensor **input_gradients, int64_t input_count,
                                       const apus_tensor *const *output_gradients, int64_t output_count,
                                       int32_t *status);

/** Makes `outputs`, computed by the caller from `inputs` while recording was off, the results of an operation `name` whose
 *  derivative is `backward`. `release` (may be NULL) is called with `context` when no graph can call it any more; not
 *  when this call fails. */
APUS_MUST_CHECK apus_status apus_tensor_attach(apus_tensor *const *outputs, int64_t output_count, const char *name,
                                               const apus_tensor *const *inputs, int64_t input_count,
                                               apus_backward_callback backward, apus_release_callback release,
                                               void *context);

/** Sees a gradient, lent for the call, and may store another in `*replacement`, which the library frees. `*status` is preset to
 *  failure and must be set to APUS_OK. */
typedef void (*apus_hook_callback)(void *context, apus_tensor **replacement, const apus_tensor *gradient,
                                   int32_t *status);

/** Calls `hook` with every gradient of a tensor before it is accumulated or passed on. `*identifier` is what
 *  apus_tensor_remove_hook takes; `release` as in apus_tensor_attach. */
APUS_MUST_CHECK apus_status apus_tensor_register_hook(int64_t *identifier, apus_tensor *tensor, apus_hook_callback hook,
                                                      apus_release_callback release, void *context);

/** Removes a hook; unknown identifiers do nothing. */
APUS_MUST_CHECK apus_status apus_tensor_remove_hook(apus_tensor *tensor, int64_t identifier);

/** Jacobian-vector products: `out` receives one tensor per output, how it changes when `inputs` move along `tangents` (one
 *  each); NULL where it does not depend on them. The graph stays usable. Caller frees with apus_tensor_free. */
APUS_MUST_CHECK apus_status apus_tensor_jvp(apus_tensor **out, const apus_tensor *const *outputs, int64_t output_count,
                                            const apus_tensor *const *inputs, int64_t input_count,
                                            const apus_tensor *const *tangents);

/** A function of tensors: stores up to `capacity` results, which the library frees, and their number. Inputs are lent for
 *  the call; `*status` is preset to failure and must be set to APUS_OK. */
typedef void (*apus_tensor_function)(void *context, apus_tensor **outputs, int64_t capacity, int64_t *count,
                                     const apus_tensor *const *inputs, int64_t input_count, int32_t *status);

/** Compares the derivatives of `function` at float64 `inputs` with central differences of width `step`: APUS_ERROR_NUMERIC
 *  names the first that is off by more than absolute + relative * |expected|. `order` 2 checks the derivatives of the
 *  derivatives. */
APUS_MUST_CHECK apus_status apus_gradient_check(const apus_tensor *const *inputs, int64_t input_count,
                                                apus_tensor_function function, void *context, double step,
                                                double absolute, double relative, int32_t order);

/** Whether this thread records operations. */
int32_t apus_grad_enabled(void);

/** Switches recording for this thread and returns the earlier state. */
int32_t apus_grad_set_enabled(int32_t value);

/** Switches anomaly detection, for all threads: a backward pass fails at the first NaN and names the operation. */
APUS_MUST_CHECK apus_status apus_anomaly_set_enabled(int32_t value);

/** Gives memory that waits for reuse by tensors back to the system. */
void apus_tensor_trim_memory(void);

/* ---- Networks ---- */

/** A part of a network, or a loss. */
typedef struct apus_module apus_module;

/** A new module by PyTorch's class name ("Linear", "ReLU", "MSELoss") with PyTorch's parameter names; weights start with
 *  PyTorch's bits for the seed of apus_manual_seed. APUS_ERROR_ARGUMENT for an unknown kind or option, or one that is
 *  missing. Caller frees with apus_module_free. */
APUS_MUST_CHECK apus_status apus_module_create(apus_module **out, const char *kind, const apus_option *options,
                                               int64_t option_count);

/** The modules one after the other, called "0", "1" ... or by `names` (may be NULL); they are shared, not copied. Caller frees
 *  with apus_module_free. */
APUS_MUST_CHECK apus_status apus_module_sequential(apus_module **out, const apus_module *const *modules,
                                                   const char *const *names, int64_t count);

/** Frees a module; containers that hold it keep it. NULL and stale handles are ignored. */
void apus_module_free(apus_module *module);

/** The module's function of one tensor; caller frees with apus_tensor_free. */
APUS_MUST_CHECK apus_status apus_module_forward(apus_tensor **out, const apus_module *module, const apus_tensor *input);

/** The module's function of several tensors; up to `capacity` results are stored, `*count` is their number. */
APUS_MUST_CHECK apus_status apus_module_forward_all(apus_tensor **outputs, int64_t capacity, int64_t *count,
                                                    const apus_module *module, const apus_tensor *const *inputs,
                                                    int64_t input_count);

/** A loss of `input` against `target`; caller frees with apus_tensor_free. */
APUS_MUST_CHECK apus_status apus_module_loss(apus_tensor **out, const apus_module *loss, const apus_tensor *input,
                                             const apus_tensor *target);

/** Training mode (1) or evaluation mode (0), for this module and all within. */
APUS_MUST_CHECK apus_status apus_module_train(apus_module *module, int32_t mode);

/** Sets of names of apus_module_names. */
typedef enum apus_module_names_kind {
  /** Parameters of the module itself, absent ones (no bias) included. */
  APUS_NAMES_OWN_PARAMETERS = 1,
  /** Buffers of the module itself. */
  APUS_NAMES_OWN_BUFFERS = 2,
  /** Parameters of the module and all within. */
  APUS_NAMES_PARAMETERS = 3,
  /** Everything in the state_dict. */
  APUS_NAMES_STATE = 4
} apus_module_names_kind;

/** Names, one a line; caller frees with apus_text_free. */
APUS_MUST_CHECK apus_status apus_module_names(apus_text **out, const apus_module *module, int32_t kind);

/** The parameter or buffer with this dotted name, NULL for an absent one; caller frees with apus_tensor_free. */
APUS_MUST_CHECK apus_status apus_module_tensor(apus_tensor **out, const apus_module *module, const char *name);

/** Puts a tensor (or NULL) in the place of a parameter or buffer of the module itself. */
APUS_MUST_CHECK apus_status apus_module_set_tensor(apus_module *module, const char *name, const apus_tensor *tensor);

/** The module as text, as Python prints it; caller frees with apus_text_free. */
APUS_MUST_CHECK apus_status apus_module_text(apus_text **out, const apus_module *module);

/** What stands between the parentheses of that text; caller frees with apus_text_free. */
APUS_MUST_CHECK apus_status apus_module_details(apus_text **out, const apus_module *module);

/** A table of layers, shapes and parameter counts; caller frees with apus_text_free. */
APUS_MUST_CHECK apus_status apus_module_summary(apus_text **out, const apus_module *module);

/** Writes the state_dict as a safetensors file with PyTorch's names. */
APUS_MUST_CHECK apus_status apus_module_save(const apus_module *module, const char *path);

/** Writes tensors by name as a safetensors file, which PyTorch's and Hugging Face's tools read. */
APUS_MUST_CHECK apus_status apus_tensors_save(const char *path, const char *const *names,
                                              const apus_tensor *const *tensors, int64_t count);

/** Reads a safetensors file: up to `capacity` tensors, their number, and their names in order, one a line. With a capacity of
 *  0 only number and names. Caller frees with apus_tensor_free and apus_text_free. */
APUS_MUST_CHECK apus_status apus_tensors_load(apus_text **names, apus_tensor **tensors, int64_t capacity, int64_t *count,
                                              const char *path);

/** Reads a safetensors file of apus_module_save or of PyTorch; `strict` 0 leaves out what is missing on either side. */
APUS_MUST_CHECK apus_status apus_module_load(apus_module *module, const char *path, int32_t strict);

/* ---- Optimisers ---- */

/** Changes parameters against their gradients. */
typedef struct apus_optimizer apus_optimizer;

/** A new optimiser by PyTorch's class name (SGD, Adam, AdamW, NAdam, RAdam, Adamax, Adagrad, Adadelta, RMSprop, Rprop, ASGD,
 *  LBFGS, Muon, Lion) with PyTorch's parameter names as numbers (betas as beta1 and beta2) and PyTorch's defaults; caller frees
 *  with apus_optimizer_free. */
APUS_MUST_CHECK apus_status apus_optimizer_create(apus_optimizer **out, const char *kind,
                                                  const apus_tensor *const *parameters, int64_t parameter_count,
                                                  const apus_option *options, int64_t option_count);

/** As apus_optimizer_create for all parameters of a module. */
APUS_MUST_CHECK apus_status apus_optimizer_create_for(apus_optimizer **out, const char *kind, const apus_module *module,
                                                      const apus_option *options, int64_t option_count);

/** Adds a group of parameters with settings of its own. */
APUS_MUST_CHECK apus_status apus_optimizer_add_group(apus_optimizer *optimizer, const apus_tensor *const *parameters,
                                                     int64_t parameter_count, const apus_option *options,
                                                     int64_t option_count);

/** Frees an optimiser. NULL and stale handles are ignored. */
void apus_optimizer_free(apus_optimizer *optimizer);

/** One step with the gradients the parameters have. */
APUS_MUST_CHECK apus_status apus_optimizer_step(apus_optimizer *optimizer);

/** Removes (or with `set_to_none` 0 zeroes) the gradients of all parameters. */
APUS_MUST_CHECK apus_status apus_optimizer_zero_grad(apus_optimizer *optimizer, int32_t set_to_none);

/** A setting of a group, such as "lr". */
APUS_MUST_CHECK apus_status apus_optimizer_get(double *out, const apus_optimizer *optimizer, int64_t group,
                                               const char *name);

/** Changes a setting of a group. */
APUS_MUST_CHECK apus_status apus_optimizer_set(apus_optimizer *optimizer, int64_t group, const char *name, double value);

/** Names of a group's settings, one a line; caller frees with apus_text_free. */
APUS_MUST_CHECK apus_status apus_optimizer_settings(apus_text **out, const apus_optimizer *optimizer, int64_t group);

/** Names of what is remembered about a parameter, one a line; caller frees with apus_text_free. */
APUS_MUST_CHECK apus_status apus_optimizer_state_names(apus_text **out, const apus_optimizer *optimizer,
                                                       const apus_tensor *parameter);

/** What is remembered about a parameter, such as "exp_avg" (its tensor, shared) or "step" (a scalar); caller frees with
 *  apus_tensor_free. */
APUS_MUST_CHECK apus_status apus_optimizer_state(apus_tensor **out, const apus_optimizer *optimizer,
                                                 const apus_tensor *parameter, const char *name);

/** Sets what is remembered about a parameter, copied: resuming from a checkpoint. */
APUS_MUST_CHECK apus_status apus_optimizer_set_state(apus_optimizer *optimizer, const apus_tensor *parameter,
                                                     const char *name, const apus_tensor *value);

/** Forgets the gradients, computes the loss, calls backward and stores the loss. `*status` is preset to failure and must be
 *  set to APUS_OK. */
typedef void (*apus_closure_callback)(void *context, double *loss, int32_t *status);

/** A step that evaluates the loss through `closure`, several times for "LBFGS"; stores the first loss. */
APUS_MUST_CHECK apus_status apus_optimizer_step_closure(double *out, apus_optimizer *optimizer,
                                                        apus_closure_callback closure, void *context);

/** Scales the gradients of all parameters so that their joint p-norm is at most `maximum`; stores the norm before. */
APUS_MUST_CHECK apus_status apus_clip_gradient_norm(double *out, const apus_tensor *const *parameters, int64_t count,
                                                    double maximum, double p);

/** Limits every element of the gradients to [-maximum, maximum]. */
APUS_MUST_CHECK apus_status apus_clip_gradient_value(const apus_tensor *const *parameters, int64_t count,
                                                     double maximum);

/** A learning rate that changes over the epochs. */
typedef struct apus_schedule apus_schedule;

/** A schedule by PyTorch's class name (StepLR, MultiStepLR, ExponentialLR, ConstantLR, LinearLR, PolynomialLR,
 *  CosineAnnealingLR, CosineAnnealingWarmRestarts, OneCycleLR, ReduceLROnPlateau) with PyTorch's parameter names; sets the rates
 *  of epoch 0. It keeps the optimiser. Caller frees with apus_schedule_free. */
APUS_MUST_CHECK apus_status apus_schedule_create(apus_schedule **out, const char *kind, const apus_optimizer *optimizer,
                                                 const apus_option *options, int64_t option_count);

/** Moves on by one epoch; `metric` is what "ReduceLROnPlateau" watches, others ignore it. */
APUS_MUST_CHECK apus_status apus_schedule_step(apus_schedule *schedule, double metric);

/** Frees a schedule. NULL and stale handles are ignored. */
void apus_schedule_free(apus_schedule *schedule);

/* ---- Training ---- */

/** A training loop in the library. */
typedef struct apus_trainer apus_trainer;

/** A trainer of a module with a loss and an optimiser of its parameters, which it keeps; `schedule` may be NULL and is stepped
 *  after every epoch.
 *
 *  Options: "epochs" 10, "batch_size" 32 (0: all samples), "shuffle" 1, "drop_last" 0, "accumulation_steps" 1, "clip_norm",
 *  "clip_value", "patience" (epochs without improvement before training ends), "min_delta" 0, "restore_best" 0,
 *  "checkpoint" (a path, written every "checkpoint_interval" = 1 epochs), "metrics" ("accuracy,mae,mse"). Caller frees
 *  with apus_trainer_free. */
APUS_MUST_CHECK apus_status apus_trainer_create(apus_trainer **out, const apus_module *module, const apus_module *loss,
                                                const apus_optimizer *optimizer, const apus_schedule *schedule,
                                                const apus_option *options, int64_t option_count);

/** Trains for the epochs of the options, or until early stopping; may be called again and goes on. Validation tensors,
 *  `cancel` and `progress` may be NULL. When it is cancelled, or fails because the loss is not finite
 *  (APUS_ERROR_NUMERIC), everything is as after the last complete epoch. */
APUS_MUST_CHECK apus_status apus_trainer_fit(apus_trainer *trainer, const apus_tensor *x, const apus_tensor *y,
                                             const apus_tensor *validation_x, const apus_tensor *validation_y,
                                             apus_cancel *cancel, apus_progress_callback progress, void *context);

/** All epochs so far, float64 (epochs, columns), and the columns' names, one a line: "epoch", "loss", "validation_loss",
 *  "lr", the metrics, the metrics with "validation_". Caller frees with apus_array_free and apus_text_free. */
APUS_MUST_CHECK apus_status apus_trainer_history(apus_array **out, apus_text **names, const apus_trainer *trainer);

/** The loss and the metrics on other data, (1 + metrics,); caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_trainer_evaluate(apus_array **out, const apus_trainer *trainer, const apus_tensor *x,
                                                  const apus_tensor *y);

/** The module's outputs in evaluation mode, without recording; caller frees with apus_tensor_free. */
APUS_MUST_CHECK apus_status apus_trainer_predict(apus_tensor **out, const apus_trainer *trainer, const apus_tensor *x);

/** Writes a checkpoint: parameters, optimiser, schedule, random state, history. Training goes on from it bit by bit. */
APUS_MUST_CHECK apus_status apus_trainer_save(const apus_trainer *trainer, const char *path);

/** Continues from a checkpoint of the same model, optimiser and metrics. */
APUS_MUST_CHECK apus_status apus_trainer_load(apus_trainer *trainer, const char *path);

/** Frees a trainer. NULL and stale handles are ignored. */
void apus_trainer_free(apus_trainer *trainer);

/** Reads numbers from a file by the ending of its name: .csv, .tsv (float64, empty cells NaN), .npy, .idx and ubyte (MNIST),
 *  each also with .gz. Caller frees with apus_tensor_free. */
APUS_MUST_CHECK apus_status apus_data_read(apus_tensor **out, const char *path);

/** Reads a CSV file, float64 (rows, columns). `header` 1: the first line names the columns, 0: it does not, -1: find out.
 *  `names` (may be NULL) receives them, one a line. Caller frees with apus_tensor_free and apus_text_free. */
APUS_MUST_CHECK apus_status apus_data_read_csv(apus_tensor **out, apus_text **names, const char *path, int32_t delimiter,
                                               int32_t header);

/** The order in which the samples of a data set are taken, epoch by epoch. */
typedef struct apus_sampler apus_sampler;

/** A sampler by PyTorch's class name, with PyTorch's draws: "SequentialSampler" ("population"), "RandomSampler" ("population",
 *  "replacement" 0, "num_samples": all), "WeightedRandomSampler" ("weights", a tensor, "num_samples", "replacement" 1),
 *  "SubsetRandomSampler" ("indices", a tensor of integers). "seed" gives a random generator of its own, "generator" names one
 *  by its state (the operation generator_state), a tensor that the sampler keeps and moves on. Caller frees with
 *  apus_sampler_free. */
APUS_MUST_CHECK apus_status apus_sampler_create(apus_sampler **out, const char *kind, const apus_option *options,
                                                int64_t option_count);

/** The samples of the next epoch, int64 (samples); caller frees with apus_tensor_free. */
APUS_MUST_CHECK apus_status apus_sampler_indices(apus_tensor **out, const apus_sampler *sampler);

/** Samples of one epoch. */
APUS_MUST_CHECK apus_status apus_sampler_count(int64_t *out, const apus_sampler *sampler);

/** Frees a sampler; loaders that use it keep it. NULL and stale handles are ignored. */
void apus_sampler_free(apus_sampler *sampler);

/** Batches of the rows of tensors. */
typedef struct apus_loader apus_loader;

/** A loader of tensors of equal length, which it keeps. `sampler` decides on the order; NULL: the rows as they stand, or a
 *  random order with "shuffle". Options: "batch_size" 1, "shuffle" 0, "drop_last" 0, "seed" (a random generator of its own);
 *  the order is that of PyTorch's DataLoader. Caller frees with apus_loader_free. */
APUS_MUST_CHECK apus_status apus_loader_create(apus_loader **out, const apus_tensor *const *tensors, int64_t tensor_count,
                                               const apus_sampler *sampler, const apus_option *options,
                                               int64_t option_count);

/** Batches of one epoch. */
APUS_MUST_CHECK apus_status apus_loader_count(int64_t *out, const apus_loader *loader);

/** The next batch: one tensor for each of the loader's into `outputs` (of at least that `capacity`), `*count` their number.
 *  After an epoch's last batch `*count` is 0 once, and the call after that begins the next epoch. Caller frees each with
 *  apus_tensor_free. */
APUS_MUST_CHECK apus_status apus_loader_next(apus_tensor **outputs, int64_t capacity, int64_t *count, apus_loader *loader);

/** Leaves the epoch under way: the next batch is the first of a new one. */
APUS_MUST_CHECK apus_status apus_loader_restart(apus_loader *loader);

/** Frees a loader. NULL and stale handles are ignored. */
void apus_loader_free(apus_loader *loader);

/* ---- Statistics ---- */

/**
 * A function of a distribution at every element of `x`, under the names of scipy.stats: distributions norm, t, chi2, f, beta,
 * gamma, expon, uniform, lognorm, logistic, truncnorm, weibull_min, binom, poisson, geom, nbinom, hypergeom; functions pdf, logpdf,
 * cdf, sf, logcdf, logsf, ppf, isf (pdf is the mass of a discrete distribution). Tails keep their relative precision and logarithms
 * continue beyond underflow. Result float64 of the broadcast shape; caller frees with apus_array_free.
 *
 * `parameters` are parameter_count views: the shapes, then loc, then scale (trailing ones may be left out), each broadcast
 * against x. A parameter out of range is an error when it is a single number, NaN at its elements otherwise.
 */
APUS_MUST_CHECK apus_status apus_distribution_evaluate(apus_array **out, const char *distribution, const char *function,
                                                       const apus_view *x, const apus_view *const *parameters,
                                                       int64_t parameter_count);

/** Writes eight numbers: mean, variance, skewness, excess kurtosis, entropy, median, and the ends of the support. */
APUS_MUST_CHECK apus_status apus_distribution_summary(double *out, const char *distribution, const double *parameters,
                                                      int64_t parameter_count);

/**
 * Independent random variates of a distribution, float64 (whole numbers for a discrete one). The result is the same for any number
 * of threads: 1,024 variates at a time draw from one stream of the seed (each variate from its own when parameters are arrays).
 *
 * `parameters` as for apus_distribution_evaluate, broadcast to the shape of `ndim` extents; ndim -1 with shape NULL takes the shape of
 * the parameters, ndim 0 gives one variate. Any seed is valid. Caller frees with apus_array_free.
 */
APUS_MUST_CHECK apus_status apus_distribution_sample(apus_array **out, const char *distribution,
                                                     const apus_view *const *parameters, int64_t parameter_count,
                                                     const int64_t *shape, int64_t ndim, uint64_t seed);

/**
 * Fits a family of distributions to one-dimensional data by maximum likelihood. Options by name: fix_NAME gives a parameter (a
 * discrete family's loc is 0 unless fixed otherwise), lower_NAME and upper_NAME bound it, nan_policy (raise, omit).
 *
 * The result is (k + 1, k + 3) for k parameters in the order shapes, loc, scale: a row a parameter with its estimate, its
 * standard error (0 when fixed, NaN where the asymptotic theory does not hold), 1 when it was fixed, and its row of the
 * covariance (inverse observed information); the last row holds the log-likelihood, the number of data, 1 for convergence,
 * then zeros. A likelihood without interior maximum gives a warning. Caller frees with apus_array_free.
 */
APUS_MUST_CHECK apus_status apus_distribution_fit(apus_array **out, const char *distribution, const apus_view *data,
                                                  const apus_argument *options, int64_t option_count);

/**
 * A special function at every element of one to three broadcast arguments: erf, erfc, erfcx, erfinv, erfcinv, ndtr, log_ndtr,
 * ndtri, ndtri_exp, gammaln, gamma, digamma, trigamma, logit, expit, log_expit, betaln, gammainc, gammaincc, gammaincinv,
 * gammainccinv, betainc, betaincc, betaincinv, betainccinv, and log_ forms of the incomplete ones, as in scipy.special.
 * Result float64; caller frees with apus_array_free.
 */
APUS_MUST_CHECK apus_status apus_special_evaluate(apus_array **out, const char *function,
                                                  const apus_view *const *arguments, int64_t argument_count);

/** What a hypothesis test returns; numbers that do not apply are NaN. docs/STATISTICS.md says which effect size and which
 *  estimate belong to a test. */
typedef struct apus_test_result {
  double statistic;
  /** Of the chosen alternative. */
  double p_value;
  /** ln of p_value, also where that underflows. */
  double log_p_value;
  /** Degrees of freedom; for F the numerator's and the denominator's. */
  double df;
  double df_denominator;
  /** Cohen's d, eta squared, Cramer's V ... */
  double effect_size;
  /** What the interval is about: a difference of means, a correlation ... */
  double estimate;
  /** Confidence interval of the estimate, at confidence_level. */
  double confidence_low;
  double confidence_high;
  double confidence_level;
} apus_test_result;

/**
 * A hypothesis test by scipy.stats' (or statsmodels') name: ztest, ttest_1samp, ttest_ind, ttest_rel, proportions_ztest,
 * chisquare, chi2_contingency, mcnemar, fisher_exact, binomtest, f_oneway, anova_welch, f_test, bartlett, levene, mannwhitneyu,
 * wilcoxon, kruskal, friedmanchisquare, ks_1samp, ks_2samp, shapiro, anderson, jarque_bera, normaltest, pearsonr,
 * weighted_pearsonr, partial_corr, pointbiserialr, spearmanr, kendalltau, permutation_test, bootstrap.
 *
 * `samples` are sample_count views in the test's order; options carry scipy's names: "alternative", "nan_policy",
 * "confidence_level" and the test's own. `details`, unless NULL, receives lines "effect NAME", "estimate NAME" and
 * "NAME VALUE" for further quantities; caller frees with apus_text_free. Degenerate data give NaN and a warning
 * (apus_warning_message).
 */
APUS_MUST_CHECK apus_status apus_test_run(apus_test_result *out, apus_text **details, const char *test,
                                          const apus_view *const *samples, int64_t sample_count,
                                          const apus_argument *options, int64_t option_count);

/**
 * A statistic of the caller's for apus_test_resample: writes `count` numbers to `out`, one for each resample. A resample is
 * sizes[0] values of the first sample, then sizes[1] of the second, ...; `resamples` holds them one after the other. The number must
 * depend on the values alone; NaN says that it is not defined. `*status` is preset to failure.
 */
typedef void (*apus_statistic_callback)(void *context, double *out, const double *resamples, int64_t count,
                                        const int64_t *sizes, int64_t sample_count, int32_t *status);

/**
 * A permutation test or a bootstrap ("permutation_test", "bootstrap") of a statistic of the caller's, of one sample or more; result
 * and details, which may be NULL, as of apus_test_run. Options besides those of apus_test_run: "n_resamples", "seed", "batch" (resamples in one call at
 * most), "parallel" (true: the callback may run on several threads at once; otherwise it runs on the thread of the call),
 * "permutation_type" (independent, samples, pairings), "paired", "method" (percentile, basic, BCa), "null". All permutations are
 * taken when they are no more than n_resamples. The result depends on the seed alone.
 */
APUS_MUST_CHECK apus_status apus_test_resample(apus_test_result *out, apus_text **details, const char *test,
                                               const apus_view *const *samples, int64_t sample_count,
                                               apus_statistic_callback statistic, void *context,
                                               const apus_argument *options, int64_t option_count);

/**
 * A computation whose result is an array, by name; p variables, n observations:
 *   pearson_matrix, spearman_matrix (X)      (3, p, p): coefficients, p-values, ln p; options nan_policy (propagate, omit, raise,
 *                                            pairwise), repair
 *   covariance (X, fweights, aweights)       (p, p); empty weights are none; option ddof
 *   empirical_covariance, shrunk_covariance, ledoit_wolf, oas (X)
 *                                            (p + 2, p): covariance, location, a row of the shrinkage
 *   min_cov_det (X)                          (2p + 2, p): covariance, location, raw covariance, raw location
 *   mahalanobis (X, location, covariance)    (n,): squared distances
 *   adjust_p_values (p)                      as p; option method: bonferroni, holm, fdr_bh, fdr_by
 *   tukey_hsd (samples ...)                  (pairs, 7): i, j, difference, statistic, p, interval
 *   anova_two_way (values, a, b)             (4, 6): A, B, A:B, residual by sum of squares, df, F, p, ln p, partial eta squared
 *   expected_freq (table)                    as the table
 *   ttest_1samp_columns (X), ttest_ind_columns (X, Y)
 *                                            (5, p): t, p-value, ln p, mean difference, df
 *   autocorrelation (x)                      (nlags + 1,): r(0) ... r(nlags); option nlags
 *   power_ttest, power_ztest, power_anova ()  a number; options effect_size, nobs, alpha, ratio, kind (one_sample, two_sample),
 *                                            alternative, k_groups
 *   solve_ttest, solve_ztest, solve_anova () the one of effect_size, nobs, alpha and power that the option solve names
 *   shrink (covariance)                      (p, p); option shrinkage
 *   multivariate_normal_logpdf (X, mean, cov)               (n,); option allow_singular
 *   multivariate_normal_cdf (upper, lower, mean, cov)       probability and its error; options tolerance, maxpts, seed
 *   multivariate_normal_sample (mean, cov)                  (size, p); options size, seed
 *   multivariate_normal_entropy (mean, cov), multivariate_normal_kl (mean, cov, mean, cov)
 *                                            a number
 *   multivariate_normal_fit (X, mean, cov)   (p + 1, p): mean and covariance; empty ones are estimated
 *   multivariate_normal_marginal (mean, cov, variables), multivariate_normal_conditional (mean, cov, variables, values)
 *                                            (q + 1, q): mean and covariance of those variables, or of the others given these
 *   kl_divergence (p, q)                     a number: Kullback-Leibler divergence D(p || q) of two members of the family named by
 *                                            the option distribution, given by their parameters
 *   moment (parameters)                      a number: E[X^order]; options distribution, order
 * Caller frees with apus_array_free.
 */
APUS_MUST_CHECK apus_status apus_statistics_compute(apus_array **out, const char *name, const apus_view *const *arrays,
                                                    int64_t array_count, const apus_argument *options,
                                                    int64_t option_count);

/** Means and covariances of rows that arrive in pieces or in several places: any partition gives the result of the whole. */
typedef struct apus_covariance_accumulator apus_covariance_accumulator;

/** An empty accumulator for rows of `variables` numbers, 1 to 8192; caller frees with apus_covariance_accumulator_free. */
APUS_MUST_CHECK apus_status apus_covariance_accumulator_create(apus_covariance_accumulator **out, int64_t variables);

/** An accumulator that continues from what apus_covariance_accumulator_state gave; caller frees with
 *  apus_covariance_accumulator_free. */
APUS_MUST_CHECK apus_status apus_covariance_accumulator_restore(apus_covariance_accumulator **out, const apus_view *state);

/** Frees an accumulator. NULL and stale handles are ignored. */
void apus_covariance_accumulator_free(apus_covariance_accumulator *accumulator);

/** Adds the rows of x (rows, variables), borrowed for the call; all must be finite. */
APUS_MUST_CHECK apus_status apus_covariance_accumulator_update(apus_covariance_accumulator *accumulator, const apus_view *x);

/** Adds what another accumulator of as many variables has seen; that one stays as it is. */
APUS_MUST_CHECK apus_status apus_covariance_accumulator_merge(apus_covariance_accumulator *accumulator,
                                                              const apus_covariance_accumulator *other);

/** Writes the number of variables and the number of rows seen; either may be NULL. */
APUS_MUST_CHECK apus_status apus_covariance_accumulator_size(int64_t *variables, int64_t *rows,
                                                             const apus_covariance_accumulator *accumulator);

/** The means (variables,); caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_covariance_accumulator_mean(apus_array **out,
                                                             const apus_covariance_accumulator *accumulator);

/** The covariance matrix (variables, variables) with divisor rows - ddof; caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_covariance_accumulator_covariance(apus_array **out,
                                                                   const apus_covariance_accumulator *accumulator,
                                                                   double ddof);

/** The whole state as 2 + 2 p + p (p + 1) float64 for p variables, to be stored or sent; caller frees with apus_array_free. */
APUS_MUST_CHECK apus_status apus_covariance_accumulator_state(apus_array **out,
                                                              const apus_covariance_accumulator *accumulator);

#ifdef __cplusplus
}
#endif

#endif
