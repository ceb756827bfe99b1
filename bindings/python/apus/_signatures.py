"""The C interface of Apus for ctypes.

Written by Utilities/generate-ctypes.py from include/apus.h; do not edit.
"""

from ctypes import (CFUNCTYPE, POINTER, Structure, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_size_t,
    c_uint64, c_void_p)

APUS_VERSION_MAJOR = 0
APUS_VERSION_MINOR = 1
APUS_VERSION_PATCH = 0
APUS_MAX_DIMENSIONS = 32

#: apus_status: The outcome of a call. Values are fixed for ever; new ones fill the gaps.
APUS_OK = 0
#: An argument outside its permitted values.
APUS_ERROR_ARGUMENT = 10
#: A required pointer is NULL.
APUS_ERROR_NULL = 11
#: An unknown enumeration value, struct_size or option.
APUS_ERROR_ENUM = 12
#: Shapes or lengths that do not fit.
APUS_ERROR_SHAPE = 20
#: An element type or parameter type that is not accepted.
APUS_ERROR_TYPE = 21
#: NaN or infinity where finite numbers are needed.
APUS_ERROR_NOT_FINITE = 22
#: A size beyond the address space.
APUS_ERROR_OVERFLOW = 23
#: The estimator has not been fitted.
APUS_ERROR_NOT_FITTED = 30
#: A null, freed, random or wrongly typed handle.
APUS_ERROR_HANDLE = 31
#: Another call is changing the same object.
APUS_ERROR_BUSY = 32
#: Nothing here does what was asked.
APUS_ERROR_UNSUPPORTED = 33
#: Memory could not be allocated, or the limit of apus_memory_limit was met.
APUS_ERROR_MEMORY = 40
#: A cancel token was tripped.
APUS_CANCELLED = 50
#: A callback reported failure.
APUS_ERROR_CALLBACK = 51
#: A file could not be read or written.
APUS_ERROR_IO = 60
#: A file whose content is not what its format demands.
APUS_ERROR_FORMAT = 61
#: A file written by a newer version of the library.
APUS_ERROR_VERSION = 62
#: A computation that could not be completed numerically.
APUS_ERROR_NUMERIC = 70
#: A defect of the library.
APUS_ERROR_INTERNAL = 90

#: apus_warning_kind: What a warning is about.
APUS_WARNING_GENERAL = 1
#: An iteration stopped before it met its tolerance.
APUS_WARNING_CONVERGENCE = 2
#: The data make the result ill-determined (constant input, collinear columns, separation).
APUS_WARNING_DATA = 3
#: The result lost accuracy.
APUS_WARNING_ACCURACY = 4

#: apus_log_level: Severity of a log line.
APUS_LOG_DEBUG = 10
APUS_LOG_INFO = 20
APUS_LOG_WARNING = 30

#: Receives log lines, from any thread; `message` is borrowed for the call. Must not call back into Apus.
apus_log_callback = CFUNCTYPE(None, c_void_p, c_int32, c_char_p)

#: apus_dtype: Element types.
APUS_FLOAT32 = 1
APUS_FLOAT64 = 2
APUS_INT32 = 3
APUS_INT64 = 4
APUS_UINT8 = 5
#: One byte; zero is false.
APUS_BOOL = 6


class apus_view(Structure):
    """An n-dimensional array in the caller's memory. Passed as `const apus_view *` it is borrowed for the call and its
    data are not written; passed as `apus_view *` for output its data are written. Misaligned data are accepted. An
    output may not have zero strides over an extent above 1, nor overlap an input."""

    _fields_ = [
        #: Address of the element with all indices zero; may be NULL when an extent is 0.
        ("data", c_void_p),
        #: An apus_dtype.
        ("dtype", c_int32),
        #: Number of dimensions, 0 ... APUS_MAX_DIMENSIONS.
        ("ndim", c_int32),
        #: ndim extents, each at least 0; may be NULL when ndim is 0.
        ("shape", POINTER(c_int64)),
        #: ndim strides in bytes; NULL means row-major without gaps.
        ("strides", POINTER(c_int64)),
    ]


class apus_csr(Structure):
    """A sparse matrix in compressed sparse row form, borrowed for the call: row i holds data[indptr[i]] ...
    data[indptr[i+1] - 1] in the columns of the same positions of indices. Arrays are contiguous; indices of a row may
    come in any order, and repeated ones are added. Offsets that decrease or pass count, and columns out of range, are
    APUS_ERROR_ARGUMENT."""

    _fields_ = [
        ("rows", c_int64),
        ("columns", c_int64),
        #: Number of entries.
        ("count", c_int64),
        #: rows + 1 offsets.
        ("indptr", c_void_p),
        #: count column numbers.
        ("indices", c_void_p),
        #: count values.
        ("data", c_void_p),
        #: APUS_INT32 or APUS_INT64, for indptr and indices.
        ("index_dtype", c_int32),
        #: APUS_FLOAT32 or APUS_FLOAT64.
        ("dtype", c_int32),
    ]


class apus_array(Structure):
    """An array that the library owns."""


class apus_text(Structure):
    """A text that the library owns."""


class apus_cancel(Structure):
    """A switch any thread may trip to end a long call (a member of apus_fit_options, or a parameter), which returns
    APUS_CANCELLED within 100 ms."""


#: Receives progress on the thread of the call: the stage's name and the fraction done, 0 ... 1. `*status` is preset to
#: APUS_ERROR_CALLBACK; the callback must set it to APUS_OK to go on. Anything else ends the call: APUS_CANCELLED as if
#: cancelled, other values with APUS_ERROR_CALLBACK.
apus_progress_callback = CFUNCTYPE(None, c_void_p, c_char_p, c_double, POINTER(c_int32))

#: Products of a matrix with a block of b vectors: `vectors` is (columns, b), or (rows, b) when `adjoint` is not 0, and
#: `products` is to be filled with (rows, b) or (columns, b): float64, row-major without gaps. Runs on the calling
#: thread. `*status` is preset to APUS_ERROR_CALLBACK; the callback must set it to APUS_OK. Anything else ends the call.
apus_operator_callback = CFUNCTYPE(None, c_void_p, c_int32, POINTER(apus_view), POINTER(apus_view), POINTER(c_int32))

#: apus_parameter_types: Value types of parameters, as bits.
APUS_TYPE_NONE = 1
APUS_TYPE_BOOL = 2
APUS_TYPE_INT = 4
APUS_TYPE_DOUBLE = 8
APUS_TYPE_STRING = 16
APUS_TYPE_ARRAY = 32
APUS_TYPE_ESTIMATOR = 64

#: apus_role: What an estimator makes.
APUS_ROLE_REGRESSOR = 1
APUS_ROLE_CLASSIFIER = 2
APUS_ROLE_TRANSFORMER = 3
APUS_ROLE_CLUSTERER = 4
APUS_ROLE_OUTLIER_DETECTOR = 5
#: A distribution of the rows; score is their mean log-likelihood.
APUS_ROLE_DENSITY_ESTIMATOR = 6
#: Scores by which the rows of a query are ordered.
APUS_ROLE_RANKER = 7

#: apus_traits: What an estimator accepts, as bits.
#: The _csr forms of the calls are supported.
APUS_TRAIT_SPARSE_INPUT = 1
#: NaN in X is a missing value.
APUS_TRAIT_MISSING_VALUES = 2
#: y may have several columns.
APUS_TRAIT_MULTI_OUTPUT = 4
APUS_TRAIT_SAMPLE_WEIGHT = 8
#: apus_estimator_partial_fit is supported.
APUS_TRAIT_PARTIAL_FIT = 16
#: float32 features are used without a copy; linear models and transformers then give float32 results.
APUS_TRAIT_FLOAT32 = 32
#: The model depends on the parameter random_state.
APUS_TRAIT_RANDOMIZED = 64
#: fit needs y.
APUS_TRAIT_NEEDS_TARGETS = 128
#: y must hold two classes.
APUS_TRAIT_BINARY_ONLY = 256
#: X must not be negative.
APUS_TRAIT_NON_NEGATIVE_INPUT = 512
#: apus_estimator_merge is supported.
APUS_TRAIT_MERGEABLE = 1024
#: apus_estimator_text gives "summary" after a fit with inference.
APUS_TRAIT_SUMMARY = 2048
#: y may have two columns, counts of successes and failures.
APUS_TRAIT_COUNT_TARGETS = 4096
#: y must be positive.
APUS_TRAIT_POSITIVE_TARGETS = 8192
#: apus_estimator_member gives the fitted models it is made of.
APUS_TRAIT_MEMBERS = 16384


class apus_kind_info(Structure):
    """A kind of estimator. All pointers are static."""

    _fields_ = [
        #: The name to create it by: "linear_regression".
        ("kind", c_char_p),
        #: Class and module names in Python: "LinearRegression", "linear_model".
        ("python_name", c_char_p),
        ("python_module", c_char_p),
        ("doc", c_char_p),
        #: An apus_role.
        ("role", c_int32),
        #: Bits of apus_traits.
        ("traits", c_int32),
        ("parameter_count", c_int64),
        ("attribute_count", c_int64),
        ("operation_count", c_int64),
    ]


class apus_parameter_info(Structure):
    """A parameter of a kind. All pointers are static."""

    _fields_ = [
        ("name", c_char_p),
        ("doc", c_char_p),
        #: Bits of apus_parameter_types.
        ("types", c_int32),
        #: The bit of the default's type.
        ("default_type", c_int32),
        #: The default as a number (bool as 0 or 1); 0 for other types.
        ("default_number", c_double),
        #: The default as text: "None", "True", "1", "0.5", "auto".
        ("default_text", c_char_p),
        #: Permitted numbers: from minimum to maximum, ends included where the flags are 1.
        ("minimum", c_double),
        ("maximum", c_double),
        ("includes_minimum", c_int32),
        ("includes_maximum", c_int32),
        #: choice_count permitted strings; 0 when any string goes.
        ("choices", POINTER(c_char_p)),
        ("choice_count", c_int64),
    ]


#: apus_attribute_form: Form of a fitted attribute.
APUS_FORM_ARRAY = 1
APUS_FORM_INT = 2
APUS_FORM_DOUBLE = 3
APUS_FORM_BOOL = 4
APUS_FORM_STRING = 5


class apus_attribute_info(Structure):
    """A fitted attribute of a kind. All pointers are static."""

    _fields_ = [
        ("name", c_char_p),
        ("doc", c_char_p),
        #: An apus_attribute_form.
        ("form", c_int32),
    ]


class apus_estimator(Structure):
    """An algorithm with its parameters and, after fit, its model."""


class apus_value(Structure):
    """A value of a parameter, an attribute or an argument."""

    _fields_ = [
        #: The one bit of apus_parameter_types that says which member counts.
        ("type", c_int32),
        #: For bool: 0 or 1.
        ("boolean", c_int32),
        ("integer", c_int64),
        ("number", c_double),
        #: As input borrowed for the call; as output valid until this thread's next call that returns a value.
        ("string", c_char_p),
        #: As input copied; as output a new handle that the caller frees with apus_array_free.
        ("array", POINTER(apus_array)),
        #: As input copied; as output a new handle that the caller frees with apus_estimator_free.
        ("estimator", POINTER(apus_estimator)),
    ]


class apus_argument(Structure):
    """A named value."""

    _fields_ = [
        ("name", c_char_p),
        ("value", apus_value),
    ]


#: A loss of the caller's, given by its derivatives, for the kinds of gradient boosting. Called once a round on the
#: thread of the call. `y` (rows,) holds the targets, classes numbered from 0, `raw` (outputs, rows) the raw scores;
#: `gradient` and `hessian` (outputs, rows) are to be written: first and second derivatives of every row's loss by its
#: raw scores, without sample weights, finite, Hessians at least 0. `*status` is preset to failure.
apus_objective_callback = CFUNCTYPE(None, c_void_p, POINTER(c_double), POINTER(c_double), POINTER(c_float), POINTER(c_float), c_int64, c_int64, POINTER(c_int32))


class apus_fit_options(Structure):
    """What fit may be given besides X and y. Every pointer may be NULL; views are borrowed for the call. What a kind
    does not take is refused with APUS_ERROR_ARGUMENT."""

    _fields_ = [
        #: sizeof(apus_fit_options).
        ("struct_size", c_size_t),
        #: (rows,) non-negative weights; an integer weight equals repetition of the row.
        ("sample_weight", POINTER(apus_view)),
        #: Sizes of consecutive query groups, for ranking.
        ("group", POINTER(apus_view)),
        #: Held-out data for early stopping and evaluation.
        ("validation_x", POINTER(apus_view)),
        ("validation_y", POINTER(apus_view)),
        ("validation_sample_weight", POINTER(apus_view)),
        #: (rows,) or (rows, outputs) scores to start boosting from.
        ("initial_score", POINTER(apus_view)),
        #: Ends the call when tripped.
        ("cancel", POINTER(apus_cancel)),
        ("progress", apus_progress_callback),
        ("progress_context", c_void_p),
        #: Sizes of consecutive groups of the held-out rows: queries of a ranker, evaluation sets of other boosting.
        ("validation_group", POINTER(apus_view)),
        #: Replaces the loss of gradient boosting; the kind's own loss remains what evaluations report.
        ("objective", apus_objective_callback),
        ("objective_context", c_void_p),
        #: (rows,) numbers that say which rows belong together, for covariances robust to correlation within groups.
        ("groups", POINTER(apus_view)),
        #: (rows,) variances or (rows, rows) covariance of the errors, for generalised least squares.
        ("sigma", POINTER(apus_view)),
        #: (rows,) terms of the linear predictor with coefficient one, for generalised linear models.
        ("offset", POINTER(apus_view)),
        #: (rows,) positive exposures, whose logarithms are added to the linear predictor, for a log link.
        ("exposure", POINTER(apus_view)),
    ]


class apus_tensor(Structure):
    """An n-dimensional array with its place in the computation graph."""


#: apus_option_type: Types of option values.
APUS_OPTION_NONE = 1
APUS_OPTION_BOOL = 2
APUS_OPTION_INT = 4
APUS_OPTION_DOUBLE = 8
APUS_OPTION_STRING = 16
APUS_OPTION_INTS = 32
APUS_OPTION_DOUBLES = 64
APUS_OPTION_TENSOR = 128


class apus_option(Structure):
    """A named option of an operation, module or optimiser; all it points to is borrowed for the call."""

    _fields_ = [
        ("name", c_char_p),
        #: The apus_option_type that says which member counts.
        ("type", c_int32),
        #: Length of integers or numbers.
        ("count", c_int32),
        #: For bool (0 or 1) and int.
        ("integer", c_int64),
        ("number", c_double),
        ("string", c_char_p),
        ("integers", POINTER(c_int64)),
        ("numbers", POINTER(c_double)),
        ("tensor", POINTER(apus_tensor)),
    ]


#: Called when the library no longer uses borrowed memory, on any thread.
apus_release_callback = CFUNCTYPE(None, c_void_p)


class apus_tensor_info(Structure):
    """What a tensor is."""

    _fields_ = [
        #: Elements, shape and byte strides: valid until the tensor is freed or changed.
        ("view", apus_view),
        ("requires_grad", c_int32),
        ("is_leaf", c_int32),
        #: 1 when grad is present.
        ("has_grad", c_int32),
        #: Number of in-place changes.
        ("version", c_int64),
    ]


#: Computes the derivative of a custom operation: stores into `input_gradients` one tensor per input (NULL for zero),
#: which the library frees, from the gradients of the outputs (NULL for zero), which are lent for the call. `*status` is
#: preset to failure and must be set to APUS_OK.
apus_backward_callback = CFUNCTYPE(None, c_void_p, POINTER(POINTER(apus_tensor)), c_int64, POINTER(POINTER(apus_tensor)), c_int64, POINTER(c_int32))

#: Sees a gradient, lent for the call, and may store another in `*replacement`, which the library frees. `*status` is
#: preset to failure and must be set to APUS_OK.
apus_hook_callback = CFUNCTYPE(None, c_void_p, POINTER(POINTER(apus_tensor)), POINTER(apus_tensor), POINTER(c_int32))

#: A function of tensors: stores up to `capacity` results, which the library frees, and their number. Inputs are lent
#: for the call; `*status` is preset to failure and must be set to APUS_OK.
apus_tensor_function = CFUNCTYPE(None, c_void_p, POINTER(POINTER(apus_tensor)), c_int64, POINTER(c_int64), POINTER(POINTER(apus_tensor)), c_int64, POINTER(c_int32))


class apus_module(Structure):
    """A part of a network, or a loss."""


#: apus_module_names_kind: Sets of names of apus_module_names.
#: Parameters of the module itself, absent ones (no bias) included.
APUS_NAMES_OWN_PARAMETERS = 1
#: Buffers of the module itself.
APUS_NAMES_OWN_BUFFERS = 2
#: Parameters of the module and all within.
APUS_NAMES_PARAMETERS = 3
#: Everything in the state_dict.
APUS_NAMES_STATE = 4


class apus_optimizer(Structure):
    """Changes parameters against their gradients."""


#: Forgets the gradients, computes the loss, calls backward and stores the loss. `*status` is preset to failure and must
#: be set to APUS_OK.
apus_closure_callback = CFUNCTYPE(None, c_void_p, POINTER(c_double), POINTER(c_int32))


class apus_schedule(Structure):
    """A learning rate that changes over the epochs."""


class apus_trainer(Structure):
    """A training loop in the library."""


class apus_sampler(Structure):
    """The order in which the samples of a data set are taken, epoch by epoch."""


class apus_loader(Structure):
    """Batches of the rows of tensors."""


class apus_test_result(Structure):
    """What a hypothesis test returns; numbers that do not apply are NaN. docs/STATISTICS.md says which effect size and
    which estimate belong to a test."""

    _fields_ = [
        ("statistic", c_double),
        #: Of the chosen alternative.
        ("p_value", c_double),
        #: ln of p_value, also where that underflows.
        ("log_p_value", c_double),
        #: Degrees of freedom; for F the numerator's and the denominator's.
        ("df", c_double),
        ("df_denominator", c_double),
        #: Cohen's d, eta squared, Cramer's V ...
        ("effect_size", c_double),
        #: What the interval is about: a difference of means, a correlation ...
        ("estimate", c_double),
        #: Confidence interval of the estimate, at confidence_level.
        ("confidence_low", c_double),
        ("confidence_high", c_double),
        ("confidence_level", c_double),
    ]


#: A statistic of the caller's for apus_test_resample: writes `count` numbers to `out`, one for each resample. A
#: resample is sizes[0] values of the first sample, then sizes[1] of the second, ...; `resamples` holds them one after
#: the other. The number must depend on the values alone; NaN says that it is not defined. `*status` is preset to
#: failure.
apus_statistic_callback = CFUNCTYPE(None, c_void_p, POINTER(c_double), POINTER(c_double), c_int64, POINTER(c_int64), c_int64, POINTER(c_int32))


class apus_covariance_accumulator(Structure):
    """Means and covariances of rows that arrive in pieces or in several places: any partition gives the result of the
    whole."""


#: Name to (result, parameters, whether the result is an apus_status, documentation).
FUNCTIONS = {
    "apus_version_string": (
        c_char_p,
        (),
        False,
        "apus_version_string()\n\n"
        "\"0.1.0\". Static.",
    ),
    "apus_status_name": (
        c_char_p,
        (c_int32,),
        False,
        "apus_status_name(status)\n\n"
        "Name of a status, such as \"APUS_ERROR_SHAPE\"; \"APUS_STATUS_UNKNOWN\" for other numbers. Static.",
    ),
    "apus_last_error": (
        c_char_p,
        (),
        False,
        "apus_last_error()\n\n"
        "Message of the last failed call on this thread, one line; \"\" when none has failed. Valid until this "
        "thread's next failed call.",
    ),
    "apus_warning_count": (
        c_int64,
        (),
        False,
        "apus_warning_count()\n\n"
        "Number of warnings of this thread's last call that computes (fit, predict, a test, a decomposition ...).",
    ),
    "apus_warning_message": (
        c_char_p,
        (c_int64,),
        False,
        "apus_warning_message(index)\n\n"
        "Text of warning `index`, or NULL outside 0 ... count - 1. Valid until this thread's next call that "
        "computes.",
    ),
    "apus_warning_kind_at": (
        c_int32,
        (c_int64,),
        False,
        "apus_warning_kind_at(index)\n\n"
        "Kind of warning `index` as an apus_warning_kind, or 0.",
    ),
    "apus_log_set_callback": (
        c_int,
        (apus_log_callback, c_void_p),
        True,
        "apus_log_set_callback(callback, context)\n\n"
        "Sets the one receiver of log lines; NULL (the default) discards them. `context` is passed back as it is.",
    ),
    "apus_set_num_threads": (
        c_int,
        (c_int32,),
        True,
        "apus_set_num_threads(count)\n\n"
        "Threads used for parallel work, the calling one included: 1 ... 256. Initially APUS_NUM_THREADS from the "
        "environment, else the processors this process may use. Results are the same for any number.",
    ),
    "apus_get_num_threads": (
        c_int32,
        (),
        False,
        "apus_get_num_threads()\n\n"
        "The current number of threads.",
    ),
    "apus_memory_limit": (
        c_int,
        (c_int64,),
        True,
        "apus_memory_limit(bytes)\n\n"
        "Limits the bytes of data memory alive at any time; a negative limit (the default) is none. Requests "
        "beyond it fail with APUS_ERROR_MEMORY.",
    ),
    "apus_memory_live_bytes": (
        c_int64,
        (),
        False,
        "apus_memory_live_bytes()\n\n"
        "Bytes of data memory alive now.",
    ),
    "apus_memory_live_blocks": (
        c_int64,
        (),
        False,
        "apus_memory_live_blocks()\n\n"
        "Blocks of data memory alive now: equal before and after a call that keeps nothing.",
    ),
    "apus_memory_fail_after": (
        None,
        (c_int64,),
        False,
        "apus_memory_fail_after(count)\n\n"
        "Testing hook: the allocation after the next `count` ones fails once; a negative count switches the hook "
        "off.",
    ),
    "apus_array_create": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_view)),
        True,
        "apus_array_create(out, source)\n\n"
        "Copies `source` into a new row-major array; caller frees with apus_array_free.",
    ),
    "apus_array_view": (
        c_int,
        (POINTER(apus_view), POINTER(apus_array)),
        True,
        "apus_array_view(out, array)\n\n"
        "Describes an array: `out` points into it (data, shape, strides) and is valid until the array is freed. "
        "The data are not to be written to.",
    ),
    "apus_array_free": (
        None,
        (POINTER(apus_array),),
        False,
        "apus_array_free(array)\n\n"
        "Frees an array. NULL and stale handles are ignored.",
    ),
    "apus_text_data": (
        c_char_p,
        (POINTER(apus_text),),
        False,
        "apus_text_data(text)\n\n"
        "The characters, NUL-terminated, valid until the text is freed; NULL for a wrong handle.",
    ),
    "apus_text_free": (
        None,
        (POINTER(apus_text),),
        False,
        "apus_text_free(text)\n\n"
        "Frees a text. NULL and stale handles are ignored.",
    ),
    "apus_cancel_create": (
        c_int,
        (POINTER(POINTER(apus_cancel)),),
        True,
        "apus_cancel_create(out)\n\n"
        "A new token, not tripped; caller frees with apus_cancel_free.",
    ),
    "apus_cancel_trip": (
        c_int,
        (POINTER(apus_cancel),),
        True,
        "apus_cancel_trip(token)\n\n"
        "Trips the token: calls that use it, now or later, return APUS_CANCELLED. Safe in any thread, not in a "
        "signal handler.",
    ),
    "apus_cancel_reset": (
        c_int,
        (POINTER(apus_cancel),),
        True,
        "apus_cancel_reset(token)\n\n"
        "Makes the token usable again.",
    ),
    "apus_cancel_free": (
        None,
        (POINTER(apus_cancel),),
        False,
        "apus_cancel_free(token)\n\n"
        "Frees a token; calls in flight keep theirs. NULL and stale handles are ignored.",
    ),
    "apus_linalg_matmul": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_view), POINTER(apus_view)),
        True,
        "apus_linalg_matmul(out, a, b)\n\n"
        "The product of two matrices (m, k) and (k, n), of a matrix and a vector, or of two vectors: (m, n), (m,) "
        "or ().",
    ),
    "apus_linalg_cholesky": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_view)),
        True,
        "apus_linalg_cholesky(out, a)\n\n"
        "The lower triangle L (n, n) with a = L * L^T, of which the lower triangle is read. APUS_ERROR_NUMERIC "
        "when `a` is not positive definite.",
    ),
    "apus_linalg_qr": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), POINTER(apus_view)),
        True,
        "apus_linalg_qr(q, r, permutation, a)\n\n"
        "a = Q * R with Q (rows, k), R (k, columns), k = min(rows, columns), and a diagonal of R that is not "
        "negative. With a non-NULL `permutation` (columns,), int64, columns are exchanged so that the diagonal of "
        "R does not increase: a[:, permutation] = Q * R.",
    ),
    "apus_linalg_svd": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), POINTER(apus_view),
         c_int32),
        True,
        "apus_linalg_svd(u, s, vt, a, full)\n\n"
        "a = U * diag(s) * Vt with s (k,) descending, U (rows, k), Vt (k, columns), k = min(rows, columns). U and "
        "Vt may both be NULL: values only. `full` not 0: square U (rows, rows) and Vt (columns, columns).",
    ),
    "apus_linalg_eigh": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), POINTER(apus_view), c_int64),
        True,
        "apus_linalg_eigh(values, vectors, a, largest)\n\n"
        "Eigenvalues (k,), ascending, and orthonormal eigenvectors (n, k), the columns (may be NULL), of a "
        "symmetric matrix (n, n), of which the lower triangle is read. `largest` > 0 computes only that many of "
        "the largest, k = largest; 0 means all.",
    ),
    "apus_linalg_solve": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_view), POINTER(apus_view)),
        True,
        "apus_linalg_solve(out, a, b)\n\n"
        "x, of the shape of b, with a * x = b for a square matrix (n, n) and one (n,) or several (n, k) right- "
        "hand sides, by LU with refinement. APUS_ERROR_NUMERIC when `a` is singular.",
    ),
    "apus_linalg_lstsq": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(c_int64), POINTER(POINTER(apus_array)), POINTER(apus_view),
         POINTER(apus_view), c_double),
        True,
        "apus_linalg_lstsq(out, rank, singular_values, a, b, rcond)\n\n"
        "The least-squares solution of least norm, (columns,) for b (rows,) or (columns, k) for b (rows, k), for "
        "any shape and rank of `a`; `rank` and `singular_values` may be NULL.",
    ),
    "apus_linalg_pinv": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_view), c_double),
        True,
        "apus_linalg_pinv(out, a, rcond)\n\n"
        "The Moore-Penrose pseudo-inverse, (columns, rows).",
    ),
    "apus_linalg_rank": (
        c_int,
        (POINTER(c_int64), POINTER(apus_view), c_double),
        True,
        "apus_linalg_rank(out, a, rcond)\n\n"
        "The number of singular values above the tolerance.",
    ),
    "apus_linalg_cond": (
        c_int,
        (POINTER(c_double), POINTER(apus_view)),
        True,
        "apus_linalg_cond(out, a)\n\n"
        "The ratio of the largest to the smallest singular value; infinity for a singular matrix.",
    ),
    "apus_linalg_det": (
        c_int,
        (POINTER(c_double), POINTER(apus_view)),
        True,
        "apus_linalg_det(out, a)\n\n"
        "The determinant of a square matrix; may overflow to infinity.",
    ),
    "apus_linalg_slogdet": (
        c_int,
        (POINTER(c_double), POINTER(c_double), POINTER(apus_view)),
        True,
        "apus_linalg_slogdet(sign, logarithm, a)\n\n"
        "Sign (-1, 0 or 1) and logarithm of the magnitude of the determinant.",
    ),
    "apus_linalg_randomized_svd": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), POINTER(c_double),
         POINTER(apus_view), c_int64, c_int64, c_int64, c_uint64),
        True,
        "apus_linalg_randomized_svd(u, s, vt, error, a, count, oversamples, power_iterations, seed)\n\n"
        "The `count` largest singular triplets by randomised subspace iteration (Halko, Martinsson & Tropp 2011): "
        "`oversamples` additional random directions (10 is usual) and `power_iterations` multiplications by a^T * "
        "a (4 ... 7 are usual; more where singular values fall slowly). `error`, which may be NULL, receives an "
        "upper bound of the spectral norm of a - u * diag(s) * vt that holds with probability 1 - 1e-10.",
    ),
    "apus_linalg_svds": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), POINTER(apus_view),
         c_int64, c_double, c_uint64),
        True,
        "apus_linalg_svds(u, s, vt, a, count, tol, seed)\n\n"
        "The `count` largest singular triplets by block Lanczos with restarts, as accurate as a full "
        "decomposition. `tol` is the residual, relative to the square of the singular value, at which one counts "
        "as converged; 0 means 1e-10. Where some do not converge there is a warning. `u` and `vt` may be NULL.",
    ),
    "apus_linalg_svds_csr": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), POINTER(apus_csr),
         c_int64, c_double, c_uint64),
        True,
        "apus_linalg_svds_csr(u, s, vt, a, count, tol, seed)\n\n"
        "As apus_linalg_svds for a sparse matrix, which is never made dense.",
    ),
    "apus_linalg_svds_operator": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), c_int64, c_int64,
         apus_operator_callback, c_void_p, c_int64, c_double, c_uint64),
        True,
        "apus_linalg_svds_operator(u, s, vt, rows, columns, product, context, count, tol, seed)\n\n"
        "As apus_linalg_svds for a rows x columns matrix that is known by its products; `context` is passed on.",
    ),
    "apus_linalg_low_rank_errors": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_view), c_int32),
        True,
        "apus_linalg_low_rank_errors(out, a, spectral)\n\n"
        "The errors of the best approximations of rank 0, 1, ..., min(rows, columns): in the Frobenius norm, or "
        "with `spectral` not 0 in the spectral norm. float64, min(rows, columns) + 1 values.",
    ),
    "apus_linalg_polar": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(POINTER(apus_array)), POINTER(apus_view)),
        True,
        "apus_linalg_polar(unitary, positive, a)\n\n"
        "a = unitary * positive, with orthonormal columns (rows where there are fewer of them) in `unitary` and a "
        "symmetric positive semi-definite matrix (columns, columns).",
    ),
    "apus_kind_count": (
        c_int64,
        (),
        False,
        "apus_kind_count()\n\n"
        "Number of kinds.",
    ),
    "apus_kind_at": (
        c_int,
        (POINTER(apus_kind_info), c_int64),
        True,
        "apus_kind_at(out, index)\n\n"
        "Describes kind number `index` of 0 ... count - 1, in alphabetical order.",
    ),
    "apus_kind_find": (
        c_int,
        (POINTER(apus_kind_info), c_char_p),
        True,
        "apus_kind_find(out, kind)\n\n"
        "Describes the kind called `kind`; the message for an unknown one suggests the nearest.",
    ),
    "apus_kind_parameter": (
        c_int,
        (POINTER(apus_parameter_info), c_char_p, c_int64),
        True,
        "apus_kind_parameter(out, kind, index)\n\n"
        "Describes parameter number `index` of a kind.",
    ),
    "apus_kind_attribute": (
        c_int,
        (POINTER(apus_attribute_info), c_char_p, c_int64),
        True,
        "apus_kind_attribute(out, kind, index)\n\n"
        "Describes fitted attribute number `index` of a kind.",
    ),
    "apus_kind_operation": (
        c_int,
        (POINTER(c_char_p), c_char_p, c_int64),
        True,
        "apus_kind_operation(out, kind, index)\n\n"
        "Name of operation number `index` of a kind, static.",
    ),
    "apus_estimator_create": (
        c_int,
        (POINTER(POINTER(apus_estimator)), c_char_p),
        True,
        "apus_estimator_create(out, kind)\n\n"
        "A new estimator with default parameters; caller frees with apus_estimator_free.",
    ),
    "apus_estimator_clone": (
        c_int,
        (POINTER(POINTER(apus_estimator)), POINTER(apus_estimator)),
        True,
        "apus_estimator_clone(out, estimator)\n\n"
        "A new unfitted estimator with the same parameters; caller frees with apus_estimator_free.",
    ),
    "apus_estimator_copy": (
        c_int,
        (POINTER(POINTER(apus_estimator)), POINTER(apus_estimator)),
        True,
        "apus_estimator_copy(out, estimator)\n\n"
        "A new estimator with the same parameters and the same fitted model (shared, constant); caller frees with "
        "apus_estimator_free.",
    ),
    "apus_estimator_member_count": (
        c_int64,
        (POINTER(apus_estimator),),
        False,
        "apus_estimator_member_count(estimator)\n\n"
        "Number of fitted members that apus_estimator_member gives: the trees of a forest, the estimators of a "
        "bagging; 0 for other models and before a fit, -1 for a handle that is none.",
    ),
    "apus_estimator_member": (
        c_int,
        (POINTER(POINTER(apus_estimator)), POINTER(apus_estimator), c_int64),
        True,
        "apus_estimator_member(out, estimator, index)\n\n"
        "Member `index` of a fitted ensemble, from 0 to apus_estimator_member_count - 1, as a new fitted "
        "estimator of its own; caller frees with apus_estimator_free. Classifiers among the members predict "
        "positions in the ensemble's `classes_`, and members of a bagging take the columns that "
        "`estimators_features_` lists. APUS_ERROR_ARGUMENT for another index.",
    ),
    "apus_estimator_free": (
        None,
        (POINTER(apus_estimator),),
        False,
        "apus_estimator_free(estimator)\n\n"
        "Frees an estimator; calls in flight on it end normally. NULL and stale handles are ignored.",
    ),
    "apus_estimator_kind": (
        c_char_p,
        (POINTER(apus_estimator),),
        False,
        "apus_estimator_kind(estimator)\n\n"
        "The kind's name, static; NULL for a wrong handle.",
    ),
    "apus_estimator_set_none": (
        c_int,
        (POINTER(apus_estimator), c_char_p),
        True,
        "apus_estimator_set_none(estimator, name)\n\n"
        "Sets a parameter to None. Unknown names, wrong types and values out of range are refused; a fitted model "
        "stays.",
    ),
    "apus_estimator_set_bool": (
        c_int,
        (POINTER(apus_estimator), c_char_p, c_int32),
        True,
        "apus_estimator_set_bool(estimator, name, value)\n\n"
        "Sets a parameter to true (not 0) or false (0).",
    ),
    "apus_estimator_set_int": (
        c_int,
        (POINTER(apus_estimator), c_char_p, c_int64),
        True,
        "apus_estimator_set_int(estimator, name, value)\n\n"
        "Sets a parameter to an integer.",
    ),
    "apus_estimator_set_double": (
        c_int,
        (POINTER(apus_estimator), c_char_p, c_double),
        True,
        "apus_estimator_set_double(estimator, name, value)\n\n"
        "Sets a parameter to a number.",
    ),
    "apus_estimator_set_string": (
        c_int,
        (POINTER(apus_estimator), c_char_p, c_char_p),
        True,
        "apus_estimator_set_string(estimator, name, value)\n\n"
        "Sets a parameter to a string, which is copied.",
    ),
    "apus_estimator_set_array": (
        c_int,
        (POINTER(apus_estimator), c_char_p, POINTER(apus_view)),
        True,
        "apus_estimator_set_array(estimator, name, value)\n\n"
        "Sets a parameter to an array, which is copied.",
    ),
    "apus_estimator_set_estimator": (
        c_int,
        (POINTER(apus_estimator), c_char_p, POINTER(apus_estimator)),
        True,
        "apus_estimator_set_estimator(estimator, name, value)\n\n"
        "Sets a parameter to an estimator, which is copied, unfitted.",
    ),
    "apus_estimator_get_parameter": (
        c_int,
        (POINTER(apus_value), POINTER(apus_estimator), c_char_p),
        True,
        "apus_estimator_get_parameter(out, estimator, name)\n\n"
        "Reads a parameter; see apus_value for who frees what.",
    ),
    "apus_estimator_set_note": (
        c_int,
        (POINTER(apus_estimator), c_char_p, c_char_p),
        True,
        "apus_estimator_set_note(estimator, name, note)\n\n"
        "Keeps a text (copied) with the estimator under a name of letters, digits, '_', '-' and '.', for programs "
        "that have something to remember, such as the names of features. Copies and model files keep it, clones "
        "do not; fit leaves it as it is. NULL removes it.",
    ),
    "apus_estimator_get_note": (
        c_int,
        (POINTER(POINTER(apus_text)), POINTER(apus_estimator), c_char_p),
        True,
        "apus_estimator_get_note(out, estimator, name)\n\n"
        "The text kept under `name`; `*out` is NULL when there is none. Caller frees with apus_text_free.",
    ),
    "apus_estimator_fit": (
        c_int,
        (POINTER(apus_estimator), POINTER(apus_view), POINTER(apus_view), POINTER(apus_fit_options)),
        True,
        "apus_estimator_fit(estimator, x, y, options)\n\n"
        "Fits on X (rows, columns) and y ((rows,), (rows, targets), or NULL for unsupervised kinds). Both may "
        "have any element type; the y of a classifier holds the labels of the rows, whole numbers, whatever their "
        "values. `options` may be NULL. APUS_ERROR_SHAPE for shapes that do not fit, APUS_ERROR_NOT_FINITE with "
        "the first row and column, APUS_ERROR_ARGUMENT for parameters and data that exclude each other, "
        "APUS_CANCELLED, APUS_ERROR_MEMORY. On any failure an earlier model stays. A fit that ends without "
        "meeting its tolerance succeeds with a warning (apus_warning_message).",
    ),
    "apus_estimator_fit_csr": (
        c_int,
        (POINTER(apus_estimator), POINTER(apus_csr), POINTER(apus_view), POINTER(apus_fit_options)),
        True,
        "apus_estimator_fit_csr(estimator, x, y, options)\n\n"
        "As apus_estimator_fit on sparse features.",
    ),
    "apus_estimator_partial_fit": (
        c_int,
        (POINTER(apus_estimator), POINTER(apus_view), POINTER(apus_view), POINTER(apus_fit_options)),
        True,
        "apus_estimator_partial_fit(estimator, x, y, options)\n\n"
        "Fits on a further batch of rows, for kinds with APUS_TRAIT_PARTIAL_FIT. `options` may be NULL.",
    ),
    "apus_estimator_partial_fit_csr": (
        c_int,
        (POINTER(apus_estimator), POINTER(apus_csr), POINTER(apus_view), POINTER(apus_fit_options)),
        True,
        "apus_estimator_partial_fit_csr(estimator, x, y, options)\n\n"
        "As apus_estimator_partial_fit on sparse features.",
    ),
    "apus_estimator_merge": (
        c_int,
        (POINTER(apus_estimator), POINTER(apus_estimator)),
        True,
        "apus_estimator_merge(estimator, other)\n\n"
        "Makes `estimator` the model of its own rows and those `other` saw, for kinds with APUS_TRAIT_MERGEABLE.",
    ),
    "apus_estimator_is_fitted": (
        c_int32,
        (POINTER(apus_estimator),),
        False,
        "apus_estimator_is_fitted(estimator)\n\n"
        "1 after a successful fit, 0 before, -1 for a wrong handle.",
    ),
    "apus_estimator_predict": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_estimator), POINTER(apus_view)),
        True,
        "apus_estimator_predict(out, estimator, x)\n\n"
        "One prediction a row, (rows,), or (rows, targets) for several targets: labels in the element type of the "
        "fit's y (classifiers), int64 (1 inside, -1 outside, of outlier detectors), else float64, or float32 as "
        "APUS_TRAIT_FLOAT32 says. APUS_ERROR_NOT_FITTED before fit, APUS_ERROR_SHAPE for another number of "
        "columns than in fit. Caller frees with apus_array_free.",
    ),
    "apus_estimator_predict_proba": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_estimator), POINTER(apus_view)),
        True,
        "apus_estimator_predict_proba(out, estimator, x)\n\n"
        "(rows, classes) probabilities, in the order of the attribute classes_; caller frees with "
        "apus_array_free.",
    ),
    "apus_estimator_decision_function": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_estimator), POINTER(apus_view)),
        True,
        "apus_estimator_decision_function(out, estimator, x)\n\n"
        "Signed scores, (rows,) for two classes (positive: the second) and for outlier detectors (negative: "
        "outside), else (rows, classes); caller frees with apus_array_free.",
    ),
    "apus_estimator_transform": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_estimator), POINTER(apus_view)),
        True,
        "apus_estimator_transform(out, estimator, x)\n\n"
        "X transformed, (rows, components); caller frees with apus_array_free.",
    ),
    "apus_estimator_inverse_transform": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_estimator), POINTER(apus_view)),
        True,
        "apus_estimator_inverse_transform(out, estimator, x)\n\n"
        "Features out of transformed ones X (rows, components), (rows, columns); caller frees with "
        "apus_array_free.",
    ),
    "apus_estimator_predict_into": (
        c_int,
        (POINTER(apus_view), POINTER(apus_estimator), POINTER(apus_view)),
        True,
        "apus_estimator_predict_into(out, estimator, x)\n\n"
        "Predicts into the caller's buffer: `out` has the shape and element type apus_estimator_predict would "
        "return.",
    ),
    "apus_estimator_apply": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_estimator), c_char_p, POINTER(apus_view), POINTER(apus_argument),
         c_int64),
        True,
        "apus_estimator_apply(out, estimator, operation, x, arguments, argument_count)\n\n"
        "Carries out any operation of the kind by name. `x` may be NULL for operations on the model alone; "
        "`argument_count` arguments are borrowed for the call. Caller frees with apus_array_free.",
    ),
    "apus_estimator_apply_csr": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_estimator), c_char_p, POINTER(apus_csr), POINTER(apus_argument),
         c_int64),
        True,
        "apus_estimator_apply_csr(out, estimator, operation, x, arguments, argument_count)\n\n"
        "As apus_estimator_apply on sparse features.",
    ),
    "apus_estimator_text": (
        c_int,
        (POINTER(POINTER(apus_text)), POINTER(apus_estimator), c_char_p, POINTER(apus_argument), c_int64),
        True,
        "apus_estimator_text(out, estimator, name, arguments, argument_count)\n\n"
        "A report of the fitted model as text, such as \"summary\"; caller frees with apus_text_free.",
    ),
    "apus_estimator_score": (
        c_int,
        (POINTER(c_double), POINTER(apus_estimator), POINTER(apus_view), POINTER(apus_view), POINTER(apus_view)),
        True,
        "apus_estimator_score(out, estimator, x, y, sample_weight)\n\n"
        "R-squared for regressors, accuracy for classifiers and outlier detectors; other kinds have operations, "
        "such as \"score_samples\" of apus_estimator_apply. `sample_weight` may be NULL.",
    ),
    "apus_estimator_score_csr": (
        c_int,
        (POINTER(c_double), POINTER(apus_estimator), POINTER(apus_csr), POINTER(apus_view), POINTER(apus_view)),
        True,
        "apus_estimator_score_csr(out, estimator, x, y, sample_weight)\n\n"
        "As apus_estimator_score on sparse features.",
    ),
    "apus_permutation_importance": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_estimator), POINTER(apus_view), POINTER(apus_view),
         POINTER(apus_view), c_int64, c_uint64, POINTER(apus_cancel)),
        True,
        "apus_permutation_importance(out, estimator, x, y, sample_weight, repeats, seed, cancel)\n\n"
        "How much the score falls when one feature's values are shuffled among the rows: (columns, repeats), in "
        "shuffles chosen by `seed`. `sample_weight` and `cancel` may be NULL. Caller frees with apus_array_free.",
    ),
    "apus_estimator_get_attribute": (
        c_int,
        (POINTER(apus_value), POINTER(apus_estimator), c_char_p),
        True,
        "apus_estimator_get_attribute(out, estimator, name)\n\n"
        "Reads a fitted attribute of any form; see apus_value for who frees what. APUS_TYPE_NONE when this fit "
        "has none. Every kind has the integer n_features_in_.",
    ),
    "apus_estimator_get_array": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_estimator), c_char_p),
        True,
        "apus_estimator_get_array(out, estimator, name)\n\n"
        "A fitted attribute as an array (scalars have 0 dimensions); caller frees with apus_array_free.",
    ),
    "apus_estimator_get_double": (
        c_int,
        (POINTER(c_double), POINTER(apus_estimator), c_char_p),
        True,
        "apus_estimator_get_double(out, estimator, name)\n\n"
        "A scalar fitted attribute (number, integer or bool) as a number.",
    ),
    "apus_estimator_save": (
        c_int,
        (POINTER(apus_estimator), c_char_p),
        True,
        "apus_estimator_save(estimator, path)\n\n"
        "Saves parameters and model into one file (safetensors container, docs/MODEL_FILE.md), atomically: "
        "APUS_ERROR_IO leaves an existing file as it was.",
    ),
    "apus_estimator_load": (
        c_int,
        (POINTER(POINTER(apus_estimator)), c_char_p),
        True,
        "apus_estimator_load(out, path)\n\n"
        "Loads an estimator of any kind; caller frees with apus_estimator_free. Hostile files give an error: "
        "APUS_ERROR_IO, APUS_ERROR_FORMAT, or APUS_ERROR_VERSION for a file of a newer version.",
    ),
    "apus_estimator_serialize": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_estimator)),
        True,
        "apus_estimator_serialize(out, estimator)\n\n"
        "The bytes apus_estimator_save would write, as a uint8 array; caller frees with apus_array_free.",
    ),
    "apus_estimator_deserialize": (
        c_int,
        (POINTER(POINTER(apus_estimator)), c_void_p, c_int64),
        True,
        "apus_estimator_deserialize(out, bytes, count)\n\n"
        "The inverse of apus_estimator_serialize; `bytes` is borrowed for the call.",
    ),
    "apus_estimator_import": (
        c_int,
        (POINTER(POINTER(apus_estimator)), c_char_p, c_void_p, c_int64),
        True,
        "apus_estimator_import(out, format, bytes, count)\n\n"
        "Reads a model of another library: `format` is \"lightgbm\" (text) or \"xgboost\" (JSON), `bytes` its file, "
        "borrowed for the call. Predictions are equal; parameters are the defaults. Caller frees with "
        "apus_estimator_free. Hostile files give an error; APUS_ERROR_UNSUPPORTED says that a model has no "
        "counterpart.",
    ),
    "apus_estimator_export": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_estimator), c_char_p),
        True,
        "apus_estimator_export(out, estimator, format)\n\n"
        "The fitted model in another format as a uint8 array: \"onnx\" for gradient boosting. Caller frees with "
        "apus_array_free.",
    ),
    "apus_manual_seed": (
        c_int,
        (c_uint64,),
        True,
        "apus_manual_seed(seed)\n\n"
        "Restarts the default random generator; PyTorch's streams from the same seed.",
    ),
    "apus_random_state": (
        c_int,
        (POINTER(POINTER(apus_array)),),
        True,
        "apus_random_state(out)\n\n"
        "The state of the default random generator, 5056 bytes as torch.get_rng_state(); caller frees with "
        "apus_array_free.",
    ),
    "apus_random_set_state": (
        c_int,
        (c_void_p, c_int64),
        True,
        "apus_random_set_state(bytes, count)\n\n"
        "Continues from a state of apus_random_state; `bytes` is borrowed for the call.",
    ),
    "apus_tensor_create": (
        c_int,
        (POINTER(POINTER(apus_tensor)), POINTER(apus_view), c_int32),
        True,
        "apus_tensor_create(out, source, requires_grad)\n\n"
        "A leaf tensor with a copy of `source`; caller frees with apus_tensor_free.",
    ),
    "apus_tensor_borrow": (
        c_int,
        (POINTER(POINTER(apus_tensor)), POINTER(apus_view), apus_release_callback, c_void_p),
        True,
        "apus_tensor_borrow(out, memory, release, context)\n\n"
        "A leaf tensor on the caller's memory, which stays valid until `release` (may be NULL) is called; caller "
        "frees with apus_tensor_free.",
    ),
    "apus_tensor_free": (
        None,
        (POINTER(apus_tensor),),
        False,
        "apus_tensor_free(tensor)\n\n"
        "Frees a tensor. Graphs that need its values keep them. NULL and stale handles are ignored.",
    ),
    "apus_tensor_describe": (
        c_int,
        (POINTER(apus_tensor_info), POINTER(apus_tensor), POINTER(c_int64), POINTER(c_int64)),
        True,
        "apus_tensor_describe(out, tensor, shape, strides)\n\n"
        "Describes a tensor: `shape` and `strides`, where not NULL, receive up to APUS_MAX_DIMENSIONS numbers "
        "each and the view points to them.",
    ),
    "apus_tensor_array": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_tensor)),
        True,
        "apus_tensor_array(out, tensor)\n\n"
        "The elements as an array that shares the tensor's memory; caller frees with apus_array_free.",
    ),
    "apus_tensor_item": (
        c_int,
        (POINTER(c_double), POINTER(apus_tensor)),
        True,
        "apus_tensor_item(out, tensor)\n\n"
        "The only element of a tensor as a number.",
    ),
    "apus_tensor_apply": (
        c_int,
        (POINTER(POINTER(apus_tensor)), c_char_p, POINTER(POINTER(apus_tensor)), c_int64, POINTER(apus_option),
         c_int64),
        True,
        "apus_tensor_apply(out, operation, inputs, input_count, options, option_count)\n\n"
        "Carries out an operation by name (\"add\", \"matmul\", \"softmax\" ... with PyTorch's option names) that has "
        "one result; inputs may be NULL where the operation allows it. In-place operations (names that end in _) "
        "give their first input. Caller frees with apus_tensor_free.",
    ),
    "apus_tensor_apply_all": (
        c_int,
        (POINTER(POINTER(apus_tensor)), c_int64, POINTER(c_int64), c_char_p, POINTER(POINTER(apus_tensor)), c_int64,
         POINTER(apus_option), c_int64),
        True,
        "apus_tensor_apply_all(outputs, capacity, count, operation, inputs, input_count, options, option_count)\n\n"
        "As apus_tensor_apply for operations with several results: up to `capacity` are stored, `*count` is their "
        "number.",
    ),
    "apus_operation_names": (
        c_int,
        (POINTER(POINTER(apus_text)),),
        True,
        "apus_operation_names(out)\n\n"
        "Names of all operations, one a line; caller frees with apus_text_free.",
    ),
    "apus_tensor_backward": (
        c_int,
        (POINTER(apus_tensor), POINTER(apus_tensor), c_int32, c_int32),
        True,
        "apus_tensor_backward(tensor, gradient, retain_graph, create_graph)\n\n"
        "Adds derivatives to the grad of every leaf the tensor depends on. `gradient` may be NULL for scalars.",
    ),
    "apus_tensor_gradients": (
        c_int,
        (POINTER(POINTER(apus_tensor)), POINTER(POINTER(apus_tensor)), c_int64, POINTER(POINTER(apus_tensor)), c_int64,
         POINTER(POINTER(apus_tensor)), c_int32, c_int32, c_int32),
        True,
        "apus_tensor_gradients(out, outputs, output_count, inputs, input_count, gradients, retain_graph, create_graph, allow_unused)\n\n"
        "Derivatives of `outputs` (weighted by `gradients`, NULL or one each, NULL entries for scalars) with "
        "respect to `inputs`: `out` receives input_count tensors, NULL for unused inputs when `allow_unused` is "
        "1.",
    ),
    "apus_tensor_grad": (
        c_int,
        (POINTER(POINTER(apus_tensor)), POINTER(apus_tensor)),
        True,
        "apus_tensor_grad(out, tensor)\n\n"
        "The accumulated gradient, NULL when there is none; caller frees with apus_tensor_free.",
    ),
    "apus_tensor_set_grad": (
        c_int,
        (POINTER(apus_tensor), POINTER(apus_tensor)),
        True,
        "apus_tensor_set_grad(tensor, gradient)\n\n"
        "Replaces the accumulated gradient; NULL removes it.",
    ),
    "apus_tensor_set_requires_grad": (
        c_int,
        (POINTER(apus_tensor), c_int32),
        True,
        "apus_tensor_set_requires_grad(tensor, value)\n\n"
        "Asks a leaf to collect gradients (1) or not (0).",
    ),
    "apus_tensor_retain_grad": (
        c_int,
        (POINTER(apus_tensor),),
        True,
        "apus_tensor_retain_grad(tensor)\n\n"
        "Keeps the gradient of a tensor that is no leaf.",
    ),
    "apus_tensor_set_data": (
        c_int,
        (POINTER(apus_tensor), POINTER(apus_tensor)),
        True,
        "apus_tensor_set_data(tensor, other)\n\n"
        "Makes `tensor` hold the memory of `other`, outside the graph.",
    ),
    "apus_tensor_grad_fn": (
        c_int,
        (POINTER(POINTER(apus_text)), POINTER(apus_tensor)),
        True,
        "apus_tensor_grad_fn(out, tensor)\n\n"
        "The name of the operation that made the tensor, such as \"AddmmBackward0\"; \"\" for leaves. Caller frees "
        "with apus_text_free.",
    ),
    "apus_tensor_graph": (
        c_int,
        (POINTER(POINTER(apus_text)), POINTER(apus_tensor)),
        True,
        "apus_tensor_graph(out, tensor)\n\n"
        "The graph behind a tensor in Graphviz's language; caller frees with apus_text_free.",
    ),
    "apus_tensor_attach": (
        c_int,
        (POINTER(POINTER(apus_tensor)), c_int64, c_char_p, POINTER(POINTER(apus_tensor)), c_int64,
         apus_backward_callback, apus_release_callback, c_void_p),
        True,
        "apus_tensor_attach(outputs, output_count, name, inputs, input_count, backward, release, context)\n\n"
        "Makes `outputs`, computed by the caller from `inputs` while recording was off, the results of an "
        "operation `name` whose derivative is `backward`. `release` (may be NULL) is called with `context` when "
        "no graph can call it any more; not when this call fails.",
    ),
    "apus_tensor_register_hook": (
        c_int,
        (POINTER(c_int64), POINTER(apus_tensor), apus_hook_callback, apus_release_callback, c_void_p),
        True,
        "apus_tensor_register_hook(identifier, tensor, hook, release, context)\n\n"
        "Calls `hook` with every gradient of a tensor before it is accumulated or passed on. `*identifier` is "
        "what apus_tensor_remove_hook takes; `release` as in apus_tensor_attach.",
    ),
    "apus_tensor_remove_hook": (
        c_int,
        (POINTER(apus_tensor), c_int64),
        True,
        "apus_tensor_remove_hook(tensor, identifier)\n\n"
        "Removes a hook; unknown identifiers do nothing.",
    ),
    "apus_tensor_jvp": (
        c_int,
        (POINTER(POINTER(apus_tensor)), POINTER(POINTER(apus_tensor)), c_int64, POINTER(POINTER(apus_tensor)), c_int64,
         POINTER(POINTER(apus_tensor))),
        True,
        "apus_tensor_jvp(out, outputs, output_count, inputs, input_count, tangents)\n\n"
        "Jacobian-vector products: `out` receives one tensor per output, how it changes when `inputs` move along "
        "`tangents` (one each); NULL where it does not depend on them. The graph stays usable. Caller frees with "
        "apus_tensor_free.",
    ),
    "apus_gradient_check": (
        c_int,
        (POINTER(POINTER(apus_tensor)), c_int64, apus_tensor_function, c_void_p, c_double, c_double, c_double, c_int32),
        True,
        "apus_gradient_check(inputs, input_count, function, context, step, absolute, relative, order)\n\n"
        "Compares the derivatives of `function` at float64 `inputs` with central differences of width `step`: "
        "APUS_ERROR_NUMERIC names the first that is off by more than absolute + relative * |expected|. `order` 2 "
        "checks the derivatives of the derivatives.",
    ),
    "apus_grad_enabled": (
        c_int32,
        (),
        False,
        "apus_grad_enabled()\n\n"
        "Whether this thread records operations.",
    ),
    "apus_grad_set_enabled": (
        c_int32,
        (c_int32,),
        False,
        "apus_grad_set_enabled(value)\n\n"
        "Switches recording for this thread and returns the earlier state.",
    ),
    "apus_anomaly_set_enabled": (
        c_int,
        (c_int32,),
        True,
        "apus_anomaly_set_enabled(value)\n\n"
        "Switches anomaly detection, for all threads: a backward pass fails at the first NaN and names the "
        "operation.",
    ),
    "apus_tensor_trim_memory": (
        None,
        (),
        False,
        "apus_tensor_trim_memory()\n\n"
        "Gives memory that waits for reuse by tensors back to the system.",
    ),
    "apus_module_create": (
        c_int,
        (POINTER(POINTER(apus_module)), c_char_p, POINTER(apus_option), c_int64),
        True,
        "apus_module_create(out, kind, options, option_count)\n\n"
        "A new module by PyTorch's class name (\"Linear\", \"ReLU\", \"MSELoss\") with PyTorch's parameter names; "
        "weights start with PyTorch's bits for the seed of apus_manual_seed. APUS_ERROR_ARGUMENT for an unknown "
        "kind or option, or one that is missing. Caller frees with apus_module_free.",
    ),
    "apus_module_sequential": (
        c_int,
        (POINTER(POINTER(apus_module)), POINTER(POINTER(apus_module)), POINTER(c_char_p), c_int64),
        True,
        "apus_module_sequential(out, modules, names, count)\n\n"
        "The modules one after the other, called \"0\", \"1\" ... or by `names` (may be NULL); they are shared, not "
        "copied. Caller frees with apus_module_free.",
    ),
    "apus_module_free": (
        None,
        (POINTER(apus_module),),
        False,
        "apus_module_free(module)\n\n"
        "Frees a module; containers that hold it keep it. NULL and stale handles are ignored.",
    ),
    "apus_module_forward": (
        c_int,
        (POINTER(POINTER(apus_tensor)), POINTER(apus_module), POINTER(apus_tensor)),
        True,
        "apus_module_forward(out, module, input)\n\n"
        "The module's function of one tensor; caller frees with apus_tensor_free.",
    ),
    "apus_module_forward_all": (
        c_int,
        (POINTER(POINTER(apus_tensor)), c_int64, POINTER(c_int64), POINTER(apus_module), POINTER(POINTER(apus_tensor)),
         c_int64),
        True,
        "apus_module_forward_all(outputs, capacity, count, module, inputs, input_count)\n\n"
        "The module's function of several tensors; up to `capacity` results are stored, `*count` is their number.",
    ),
    "apus_module_loss": (
        c_int,
        (POINTER(POINTER(apus_tensor)), POINTER(apus_module), POINTER(apus_tensor), POINTER(apus_tensor)),
        True,
        "apus_module_loss(out, loss, input, target)\n\n"
        "A loss of `input` against `target`; caller frees with apus_tensor_free.",
    ),
    "apus_module_train": (
        c_int,
        (POINTER(apus_module), c_int32),
        True,
        "apus_module_train(module, mode)\n\n"
        "Training mode (1) or evaluation mode (0), for this module and all within.",
    ),
    "apus_module_names": (
        c_int,
        (POINTER(POINTER(apus_text)), POINTER(apus_module), c_int32),
        True,
        "apus_module_names(out, module, kind)\n\n"
        "Names, one a line; caller frees with apus_text_free.",
    ),
    "apus_module_tensor": (
        c_int,
        (POINTER(POINTER(apus_tensor)), POINTER(apus_module), c_char_p),
        True,
        "apus_module_tensor(out, module, name)\n\n"
        "The parameter or buffer with this dotted name, NULL for an absent one; caller frees with "
        "apus_tensor_free.",
    ),
    "apus_module_set_tensor": (
        c_int,
        (POINTER(apus_module), c_char_p, POINTER(apus_tensor)),
        True,
        "apus_module_set_tensor(module, name, tensor)\n\n"
        "Puts a tensor (or NULL) in the place of a parameter or buffer of the module itself.",
    ),
    "apus_module_text": (
        c_int,
        (POINTER(POINTER(apus_text)), POINTER(apus_module)),
        True,
        "apus_module_text(out, module)\n\n"
        "The module as text, as Python prints it; caller frees with apus_text_free.",
    ),
    "apus_module_details": (
        c_int,
        (POINTER(POINTER(apus_text)), POINTER(apus_module)),
        True,
        "apus_module_details(out, module)\n\n"
        "What stands between the parentheses of that text; caller frees with apus_text_free.",
    ),
    "apus_module_summary": (
        c_int,
        (POINTER(POINTER(apus_text)), POINTER(apus_module)),
        True,
        "apus_module_summary(out, module)\n\n"
        "A table of layers, shapes and parameter counts; caller frees with apus_text_free.",
    ),
    "apus_module_save": (
        c_int,
        (POINTER(apus_module), c_char_p),
        True,
        "apus_module_save(module, path)\n\n"
        "Writes the state_dict as a safetensors file with PyTorch's names.",
    ),
    "apus_tensors_save": (
        c_int,
        (c_char_p, POINTER(c_char_p), POINTER(POINTER(apus_tensor)), c_int64),
        True,
        "apus_tensors_save(path, names, tensors, count)\n\n"
        "Writes tensors by name as a safetensors file, which PyTorch's and Hugging Face's tools read.",
    ),
    "apus_tensors_load": (
        c_int,
        (POINTER(POINTER(apus_text)), POINTER(POINTER(apus_tensor)), c_int64, POINTER(c_int64), c_char_p),
        True,
        "apus_tensors_load(names, tensors, capacity, count, path)\n\n"
        "Reads a safetensors file: up to `capacity` tensors, their number, and their names in order, one a line. "
        "With a capacity of 0 only number and names. Caller frees with apus_tensor_free and apus_text_free.",
    ),
    "apus_module_load": (
        c_int,
        (POINTER(apus_module), c_char_p, c_int32),
        True,
        "apus_module_load(module, path, strict)\n\n"
        "Reads a safetensors file of apus_module_save or of PyTorch; `strict` 0 leaves out what is missing on "
        "either side.",
    ),
    "apus_optimizer_create": (
        c_int,
        (POINTER(POINTER(apus_optimizer)), c_char_p, POINTER(POINTER(apus_tensor)), c_int64, POINTER(apus_option),
         c_int64),
        True,
        "apus_optimizer_create(out, kind, parameters, parameter_count, options, option_count)\n\n"
        "A new optimiser by PyTorch's class name (SGD, Adam, AdamW, NAdam, RAdam, Adamax, Adagrad, Adadelta, "
        "RMSprop, Rprop, ASGD, LBFGS, Muon, Lion) with PyTorch's parameter names as numbers (betas as beta1 and "
        "beta2) and PyTorch's defaults; caller frees with apus_optimizer_free.",
    ),
    "apus_optimizer_create_for": (
        c_int,
        (POINTER(POINTER(apus_optimizer)), c_char_p, POINTER(apus_module), POINTER(apus_option), c_int64),
        True,
        "apus_optimizer_create_for(out, kind, module, options, option_count)\n\n"
        "As apus_optimizer_create for all parameters of a module.",
    ),
    "apus_optimizer_add_group": (
        c_int,
        (POINTER(apus_optimizer), POINTER(POINTER(apus_tensor)), c_int64, POINTER(apus_option), c_int64),
        True,
        "apus_optimizer_add_group(optimizer, parameters, parameter_count, options, option_count)\n\n"
        "Adds a group of parameters with settings of its own.",
    ),
    "apus_optimizer_free": (
        None,
        (POINTER(apus_optimizer),),
        False,
        "apus_optimizer_free(optimizer)\n\n"
        "Frees an optimiser. NULL and stale handles are ignored.",
    ),
    "apus_optimizer_step": (
        c_int,
        (POINTER(apus_optimizer),),
        True,
        "apus_optimizer_step(optimizer)\n\n"
        "One step with the gradients the parameters have.",
    ),
    "apus_optimizer_zero_grad": (
        c_int,
        (POINTER(apus_optimizer), c_int32),
        True,
        "apus_optimizer_zero_grad(optimizer, set_to_none)\n\n"
        "Removes (or with `set_to_none` 0 zeroes) the gradients of all parameters.",
    ),
    "apus_optimizer_get": (
        c_int,
        (POINTER(c_double), POINTER(apus_optimizer), c_int64, c_char_p),
        True,
        "apus_optimizer_get(out, optimizer, group, name)\n\n"
        "A setting of a group, such as \"lr\".",
    ),
    "apus_optimizer_set": (
        c_int,
        (POINTER(apus_optimizer), c_int64, c_char_p, c_double),
        True,
        "apus_optimizer_set(optimizer, group, name, value)\n\n"
        "Changes a setting of a group.",
    ),
    "apus_optimizer_settings": (
        c_int,
        (POINTER(POINTER(apus_text)), POINTER(apus_optimizer), c_int64),
        True,
        "apus_optimizer_settings(out, optimizer, group)\n\n"
        "Names of a group's settings, one a line; caller frees with apus_text_free.",
    ),
    "apus_optimizer_state_names": (
        c_int,
        (POINTER(POINTER(apus_text)), POINTER(apus_optimizer), POINTER(apus_tensor)),
        True,
        "apus_optimizer_state_names(out, optimizer, parameter)\n\n"
        "Names of what is remembered about a parameter, one a line; caller frees with apus_text_free.",
    ),
    "apus_optimizer_state": (
        c_int,
        (POINTER(POINTER(apus_tensor)), POINTER(apus_optimizer), POINTER(apus_tensor), c_char_p),
        True,
        "apus_optimizer_state(out, optimizer, parameter, name)\n\n"
        "What is remembered about a parameter, such as \"exp_avg\" (its tensor, shared) or \"step\" (a scalar); "
        "caller frees with apus_tensor_free.",
    ),
    "apus_optimizer_set_state": (
        c_int,
        (POINTER(apus_optimizer), POINTER(apus_tensor), c_char_p, POINTER(apus_tensor)),
        True,
        "apus_optimizer_set_state(optimizer, parameter, name, value)\n\n"
        "Sets what is remembered about a parameter, copied: resuming from a checkpoint.",
    ),
    "apus_optimizer_step_closure": (
        c_int,
        (POINTER(c_double), POINTER(apus_optimizer), apus_closure_callback, c_void_p),
        True,
        "apus_optimizer_step_closure(out, optimizer, closure, context)\n\n"
        "A step that evaluates the loss through `closure`, several times for \"LBFGS\"; stores the first loss.",
    ),
    "apus_clip_gradient_norm": (
        c_int,
        (POINTER(c_double), POINTER(POINTER(apus_tensor)), c_int64, c_double, c_double),
        True,
        "apus_clip_gradient_norm(out, parameters, count, maximum, p)\n\n"
        "Scales the gradients of all parameters so that their joint p-norm is at most `maximum`; stores the norm "
        "before.",
    ),
    "apus_clip_gradient_value": (
        c_int,
        (POINTER(POINTER(apus_tensor)), c_int64, c_double),
        True,
        "apus_clip_gradient_value(parameters, count, maximum)\n\n"
        "Limits every element of the gradients to [-maximum, maximum].",
    ),
    "apus_schedule_create": (
        c_int,
        (POINTER(POINTER(apus_schedule)), c_char_p, POINTER(apus_optimizer), POINTER(apus_option), c_int64),
        True,
        "apus_schedule_create(out, kind, optimizer, options, option_count)\n\n"
        "A schedule by PyTorch's class name (StepLR, MultiStepLR, ExponentialLR, ConstantLR, LinearLR, "
        "PolynomialLR, CosineAnnealingLR, CosineAnnealingWarmRestarts, OneCycleLR, ReduceLROnPlateau) with "
        "PyTorch's parameter names; sets the rates of epoch 0. It keeps the optimiser. Caller frees with "
        "apus_schedule_free.",
    ),
    "apus_schedule_step": (
        c_int,
        (POINTER(apus_schedule), c_double),
        True,
        "apus_schedule_step(schedule, metric)\n\n"
        "Moves on by one epoch; `metric` is what \"ReduceLROnPlateau\" watches, others ignore it.",
    ),
    "apus_schedule_free": (
        None,
        (POINTER(apus_schedule),),
        False,
        "apus_schedule_free(schedule)\n\n"
        "Frees a schedule. NULL and stale handles are ignored.",
    ),
    "apus_trainer_create": (
        c_int,
        (POINTER(POINTER(apus_trainer)), POINTER(apus_module), POINTER(apus_module), POINTER(apus_optimizer),
         POINTER(apus_schedule), POINTER(apus_option), c_int64),
        True,
        "apus_trainer_create(out, module, loss, optimizer, schedule, options, option_count)\n\n"
        "A trainer of a module with a loss and an optimiser of its parameters, which it keeps; `schedule` may be "
        "NULL and is stepped after every epoch. Options: \"epochs\" 10, \"batch_size\" 32 (0: all samples), \"shuffle\" "
        "1, \"drop_last\" 0, \"accumulation_steps\" 1, \"clip_norm\", \"clip_value\", \"patience\" (epochs without "
        "improvement before training ends), \"min_delta\" 0, \"restore_best\" 0, \"checkpoint\" (a path, written every "
        "\"checkpoint_interval\" = 1 epochs), \"metrics\" (\"accuracy,mae,mse\"). Caller frees with apus_trainer_free.",
    ),
    "apus_trainer_fit": (
        c_int,
        (POINTER(apus_trainer), POINTER(apus_tensor), POINTER(apus_tensor), POINTER(apus_tensor), POINTER(apus_tensor),
         POINTER(apus_cancel), apus_progress_callback, c_void_p),
        True,
        "apus_trainer_fit(trainer, x, y, validation_x, validation_y, cancel, progress, context)\n\n"
        "Trains for the epochs of the options, or until early stopping; may be called again and goes on. "
        "Validation tensors, `cancel` and `progress` may be NULL. When it is cancelled, or fails because the loss "
        "is not finite (APUS_ERROR_NUMERIC), everything is as after the last complete epoch.",
    ),
    "apus_trainer_history": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(POINTER(apus_text)), POINTER(apus_trainer)),
        True,
        "apus_trainer_history(out, names, trainer)\n\n"
        "All epochs so far, float64 (epochs, columns), and the columns' names, one a line: \"epoch\", \"loss\", "
        "\"validation_loss\", \"lr\", the metrics, the metrics with \"validation_\". Caller frees with apus_array_free "
        "and apus_text_free.",
    ),
    "apus_trainer_evaluate": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_trainer), POINTER(apus_tensor), POINTER(apus_tensor)),
        True,
        "apus_trainer_evaluate(out, trainer, x, y)\n\n"
        "The loss and the metrics on other data, (1 + metrics,); caller frees with apus_array_free.",
    ),
    "apus_trainer_predict": (
        c_int,
        (POINTER(POINTER(apus_tensor)), POINTER(apus_trainer), POINTER(apus_tensor)),
        True,
        "apus_trainer_predict(out, trainer, x)\n\n"
        "The module's outputs in evaluation mode, without recording; caller frees with apus_tensor_free.",
    ),
    "apus_trainer_save": (
        c_int,
        (POINTER(apus_trainer), c_char_p),
        True,
        "apus_trainer_save(trainer, path)\n\n"
        "Writes a checkpoint: parameters, optimiser, schedule, random state, history. Training goes on from it "
        "bit by bit.",
    ),
    "apus_trainer_load": (
        c_int,
        (POINTER(apus_trainer), c_char_p),
        True,
        "apus_trainer_load(trainer, path)\n\n"
        "Continues from a checkpoint of the same model, optimiser and metrics.",
    ),
    "apus_trainer_free": (
        None,
        (POINTER(apus_trainer),),
        False,
        "apus_trainer_free(trainer)\n\n"
        "Frees a trainer. NULL and stale handles are ignored.",
    ),
    "apus_data_read": (
        c_int,
        (POINTER(POINTER(apus_tensor)), c_char_p),
        True,
        "apus_data_read(out, path)\n\n"
        "Reads numbers from a file by the ending of its name: .csv, .tsv (float64, empty cells NaN), .npy, .idx "
        "and ubyte (MNIST), each also with .gz. Caller frees with apus_tensor_free.",
    ),
    "apus_data_read_csv": (
        c_int,
        (POINTER(POINTER(apus_tensor)), POINTER(POINTER(apus_text)), c_char_p, c_int32, c_int32),
        True,
        "apus_data_read_csv(out, names, path, delimiter, header)\n\n"
        "Reads a CSV file, float64 (rows, columns). `header` 1: the first line names the columns, 0: it does not, "
        "-1: find out. `names` (may be NULL) receives them, one a line. Caller frees with apus_tensor_free and "
        "apus_text_free.",
    ),
    "apus_sampler_create": (
        c_int,
        (POINTER(POINTER(apus_sampler)), c_char_p, POINTER(apus_option), c_int64),
        True,
        "apus_sampler_create(out, kind, options, option_count)\n\n"
        "A sampler by PyTorch's class name, with PyTorch's draws: \"SequentialSampler\" (\"population\"), "
        "\"RandomSampler\" (\"population\", \"replacement\" 0, \"num_samples\": all), \"WeightedRandomSampler\" (\"weights\", "
        "a tensor, \"num_samples\", \"replacement\" 1), \"SubsetRandomSampler\" (\"indices\", a tensor of integers). "
        "\"seed\" gives a random generator of its own, \"generator\" names one by its state (the operation "
        "generator_state), a tensor that the sampler keeps and moves on. Caller frees with apus_sampler_free.",
    ),
    "apus_sampler_indices": (
        c_int,
        (POINTER(POINTER(apus_tensor)), POINTER(apus_sampler)),
        True,
        "apus_sampler_indices(out, sampler)\n\n"
        "The samples of the next epoch, int64 (samples); caller frees with apus_tensor_free.",
    ),
    "apus_sampler_count": (
        c_int,
        (POINTER(c_int64), POINTER(apus_sampler)),
        True,
        "apus_sampler_count(out, sampler)\n\n"
        "Samples of one epoch.",
    ),
    "apus_sampler_free": (
        None,
        (POINTER(apus_sampler),),
        False,
        "apus_sampler_free(sampler)\n\n"
        "Frees a sampler; loaders that use it keep it. NULL and stale handles are ignored.",
    ),
    "apus_loader_create": (
        c_int,
        (POINTER(POINTER(apus_loader)), POINTER(POINTER(apus_tensor)), c_int64, POINTER(apus_sampler),
         POINTER(apus_option), c_int64),
        True,
        "apus_loader_create(out, tensors, tensor_count, sampler, options, option_count)\n\n"
        "A loader of tensors of equal length, which it keeps. `sampler` decides on the order; NULL: the rows as "
        "they stand, or a random order with \"shuffle\". Options: \"batch_size\" 1, \"shuffle\" 0, \"drop_last\" 0, "
        "\"seed\" (a random generator of its own); the order is that of PyTorch's DataLoader. Caller frees with "
        "apus_loader_free.",
    ),
    "apus_loader_count": (
        c_int,
        (POINTER(c_int64), POINTER(apus_loader)),
        True,
        "apus_loader_count(out, loader)\n\n"
        "Batches of one epoch.",
    ),
    "apus_loader_next": (
        c_int,
        (POINTER(POINTER(apus_tensor)), c_int64, POINTER(c_int64), POINTER(apus_loader)),
        True,
        "apus_loader_next(outputs, capacity, count, loader)\n\n"
        "The next batch: one tensor for each of the loader's into `outputs` (of at least that `capacity`), "
        "`*count` their number. After an epoch's last batch `*count` is 0 once, and the call after that begins "
        "the next epoch. Caller frees each with apus_tensor_free.",
    ),
    "apus_loader_restart": (
        c_int,
        (POINTER(apus_loader),),
        True,
        "apus_loader_restart(loader)\n\n"
        "Leaves the epoch under way: the next batch is the first of a new one.",
    ),
    "apus_loader_free": (
        None,
        (POINTER(apus_loader),),
        False,
        "apus_loader_free(loader)\n\n"
        "Frees a loader. NULL and stale handles are ignored.",
    ),
    "apus_distribution_evaluate": (
        c_int,
        (POINTER(POINTER(apus_array)), c_char_p, c_char_p, POINTER(apus_view), POINTER(POINTER(apus_view)), c_int64),
        True,
        "apus_distribution_evaluate(out, distribution, function, x, parameters, parameter_count)\n\n"
        "A function of a distribution at every element of `x`, under the names of scipy.stats: distributions "
        "norm, t, chi2, f, beta, gamma, expon, uniform, lognorm, logistic, truncnorm, weibull_min, binom, "
        "poisson, geom, nbinom, hypergeom; functions pdf, logpdf, cdf, sf, logcdf, logsf, ppf, isf (pdf is the "
        "mass of a discrete distribution). Tails keep their relative precision and logarithms continue beyond "
        "underflow. Result float64 of the broadcast shape; caller frees with apus_array_free. `parameters` are "
        "parameter_count views: the shapes, then loc, then scale (trailing ones may be left out), each broadcast "
        "against x. A parameter out of range is an error when it is a single number, NaN at its elements "
        "otherwise.",
    ),
    "apus_distribution_summary": (
        c_int,
        (POINTER(c_double), c_char_p, POINTER(c_double), c_int64),
        True,
        "apus_distribution_summary(out, distribution, parameters, parameter_count)\n\n"
        "Writes eight numbers: mean, variance, skewness, excess kurtosis, entropy, median, and the ends of the "
        "support.",
    ),
    "apus_distribution_sample": (
        c_int,
        (POINTER(POINTER(apus_array)), c_char_p, POINTER(POINTER(apus_view)), c_int64, POINTER(c_int64), c_int64,
         c_uint64),
        True,
        "apus_distribution_sample(out, distribution, parameters, parameter_count, shape, ndim, seed)\n\n"
        "Independent random variates of a distribution, float64 (whole numbers for a discrete one). The result is "
        "the same for any number of threads: 1,024 variates at a time draw from one stream of the seed (each "
        "variate from its own when parameters are arrays). `parameters` as for apus_distribution_evaluate, "
        "broadcast to the shape of `ndim` extents; ndim -1 with shape NULL takes the shape of the parameters, "
        "ndim 0 gives one variate. Any seed is valid. Caller frees with apus_array_free.",
    ),
    "apus_distribution_fit": (
        c_int,
        (POINTER(POINTER(apus_array)), c_char_p, POINTER(apus_view), POINTER(apus_argument), c_int64),
        True,
        "apus_distribution_fit(out, distribution, data, options, option_count)\n\n"
        "Fits a family of distributions to one-dimensional data by maximum likelihood. Options by name: fix_NAME "
        "gives a parameter (a discrete family's loc is 0 unless fixed otherwise), lower_NAME and upper_NAME bound "
        "it, nan_policy (raise, omit). The result is (k + 1, k + 3) for k parameters in the order shapes, loc, "
        "scale: a row a parameter with its estimate, its standard error (0 when fixed, NaN where the asymptotic "
        "theory does not hold), 1 when it was fixed, and its row of the covariance (inverse observed "
        "information); the last row holds the log-likelihood, the number of data, 1 for convergence, then zeros. "
        "A likelihood without interior maximum gives a warning. Caller frees with apus_array_free.",
    ),
    "apus_special_evaluate": (
        c_int,
        (POINTER(POINTER(apus_array)), c_char_p, POINTER(POINTER(apus_view)), c_int64),
        True,
        "apus_special_evaluate(out, function, arguments, argument_count)\n\n"
        "A special function at every element of one to three broadcast arguments: erf, erfc, erfcx, erfinv, "
        "erfcinv, ndtr, log_ndtr, ndtri, ndtri_exp, gammaln, gamma, digamma, trigamma, logit, expit, log_expit, "
        "betaln, gammainc, gammaincc, gammaincinv, gammainccinv, betainc, betaincc, betaincinv, betainccinv, and "
        "log_ forms of the incomplete ones, as in scipy.special. Result float64; caller frees with "
        "apus_array_free.",
    ),
    "apus_test_run": (
        c_int,
        (POINTER(apus_test_result), POINTER(POINTER(apus_text)), c_char_p, POINTER(POINTER(apus_view)), c_int64,
         POINTER(apus_argument), c_int64),
        True,
        "apus_test_run(out, details, test, samples, sample_count, options, option_count)\n\n"
        "A hypothesis test by scipy.stats' (or statsmodels') name: ztest, ttest_1samp, ttest_ind, ttest_rel, "
        "proportions_ztest, chisquare, chi2_contingency, mcnemar, fisher_exact, binomtest, f_oneway, anova_welch, "
        "f_test, bartlett, levene, mannwhitneyu, wilcoxon, kruskal, friedmanchisquare, ks_1samp, ks_2samp, "
        "shapiro, anderson, jarque_bera, normaltest, pearsonr, weighted_pearsonr, partial_corr, pointbiserialr, "
        "spearmanr, kendalltau, permutation_test, bootstrap. `samples` are sample_count views in the test's "
        "order; options carry scipy's names: \"alternative\", \"nan_policy\", \"confidence_level\" and the test's own. "
        "`details`, unless NULL, receives lines \"effect NAME\", \"estimate NAME\" and \"NAME VALUE\" for further "
        "quantities; caller frees with apus_text_free. Degenerate data give NaN and a warning "
        "(apus_warning_message).",
    ),
    "apus_test_resample": (
        c_int,
        (POINTER(apus_test_result), POINTER(POINTER(apus_text)), c_char_p, POINTER(POINTER(apus_view)), c_int64,
         apus_statistic_callback, c_void_p, POINTER(apus_argument), c_int64),
        True,
        "apus_test_resample(out, details, test, samples, sample_count, statistic, context, options, option_count)\n\n"
        "A permutation test or a bootstrap (\"permutation_test\", \"bootstrap\") of a statistic of the caller's, of "
        "one sample or more; result and details, which may be NULL, as of apus_test_run. Options besides those of "
        "apus_test_run: \"n_resamples\", \"seed\", \"batch\" (resamples in one call at most), \"parallel\" (true: the "
        "callback may run on several threads at once; otherwise it runs on the thread of the call), "
        "\"permutation_type\" (independent, samples, pairings), \"paired\", \"method\" (percentile, basic, BCa), "
        "\"null\". All permutations are taken when they are no more than n_resamples. The result depends on the "
        "seed alone.",
    ),
    "apus_statistics_compute": (
        c_int,
        (POINTER(POINTER(apus_array)), c_char_p, POINTER(POINTER(apus_view)), c_int64, POINTER(apus_argument), c_int64),
        True,
        "apus_statistics_compute(out, name, arrays, array_count, options, option_count)\n\n"
        "A computation whose result is an array, by name; p variables, n observations: pearson_matrix, "
        "spearman_matrix (X) (3, p, p): coefficients, p-values, ln p; options nan_policy (propagate, omit, raise, "
        "pairwise), repair covariance (X, fweights, aweights) (p, p); empty weights are none; option ddof "
        "empirical_covariance, shrunk_covariance, ledoit_wolf, oas (X) (p + 2, p): covariance, location, a row of "
        "the shrinkage min_cov_det (X) (2p + 2, p): covariance, location, raw covariance, raw location "
        "mahalanobis (X, location, covariance) (n,): squared distances adjust_p_values (p) as p; option method: "
        "bonferroni, holm, fdr_bh, fdr_by tukey_hsd (samples ...) (pairs, 7): i, j, difference, statistic, p, "
        "interval anova_two_way (values, a, b) (4, 6): A, B, A:B, residual by sum of squares, df, F, p, ln p, "
        "partial eta squared expected_freq (table) as the table ttest_1samp_columns (X), ttest_ind_columns (X, Y) "
        "(5, p): t, p-value, ln p, mean difference, df autocorrelation (x) (nlags + 1,): r(0) ... r(nlags); "
        "option nlags power_ttest, power_ztest, power_anova () a number; options effect_size, nobs, alpha, ratio, "
        "kind (one_sample, two_sample), alternative, k_groups solve_ttest, solve_ztest, solve_anova () the one of "
        "effect_size, nobs, alpha and power that the option solve names shrink (covariance) (p, p); option "
        "shrinkage multivariate_normal_logpdf (X, mean, cov) (n,); option allow_singular multivariate_normal_cdf "
        "(upper, lower, mean, cov) probability and its error; options tolerance, maxpts, seed "
        "multivariate_normal_sample (mean, cov) (size, p); options size, seed multivariate_normal_entropy (mean, "
        "cov), multivariate_normal_kl (mean, cov, mean, cov) a number multivariate_normal_fit (X, mean, cov) (p + "
        "1, p): mean and covariance; empty ones are estimated multivariate_normal_marginal (mean, cov, "
        "variables), multivariate_normal_conditional (mean, cov, variables, values) (q + 1, q): mean and "
        "covariance of those variables, or of the others given these kl_divergence (p, q) a number: Kullback- "
        "Leibler divergence D(p || q) of two members of the family named by the option distribution, given by "
        "their parameters moment (parameters) a number: E[X^order]; options distribution, order Caller frees with "
        "apus_array_free.",
    ),
    "apus_covariance_accumulator_create": (
        c_int,
        (POINTER(POINTER(apus_covariance_accumulator)), c_int64),
        True,
        "apus_covariance_accumulator_create(out, variables)\n\n"
        "An empty accumulator for rows of `variables` numbers, 1 to 8192; caller frees with "
        "apus_covariance_accumulator_free.",
    ),
    "apus_covariance_accumulator_restore": (
        c_int,
        (POINTER(POINTER(apus_covariance_accumulator)), POINTER(apus_view)),
        True,
        "apus_covariance_accumulator_restore(out, state)\n\n"
        "An accumulator that continues from what apus_covariance_accumulator_state gave; caller frees with "
        "apus_covariance_accumulator_free.",
    ),
    "apus_covariance_accumulator_free": (
        None,
        (POINTER(apus_covariance_accumulator),),
        False,
        "apus_covariance_accumulator_free(accumulator)\n\n"
        "Frees an accumulator. NULL and stale handles are ignored.",
    ),
    "apus_covariance_accumulator_update": (
        c_int,
        (POINTER(apus_covariance_accumulator), POINTER(apus_view)),
        True,
        "apus_covariance_accumulator_update(accumulator, x)\n\n"
        "Adds the rows of x (rows, variables), borrowed for the call; all must be finite.",
    ),
    "apus_covariance_accumulator_merge": (
        c_int,
        (POINTER(apus_covariance_accumulator), POINTER(apus_covariance_accumulator)),
        True,
        "apus_covariance_accumulator_merge(accumulator, other)\n\n"
        "Adds what another accumulator of as many variables has seen; that one stays as it is.",
    ),
    "apus_covariance_accumulator_size": (
        c_int,
        (POINTER(c_int64), POINTER(c_int64), POINTER(apus_covariance_accumulator)),
        True,
        "apus_covariance_accumulator_size(variables, rows, accumulator)\n\n"
        "Writes the number of variables and the number of rows seen; either may be NULL.",
    ),
    "apus_covariance_accumulator_mean": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_covariance_accumulator)),
        True,
        "apus_covariance_accumulator_mean(out, accumulator)\n\n"
        "The means (variables,); caller frees with apus_array_free.",
    ),
    "apus_covariance_accumulator_covariance": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_covariance_accumulator), c_double),
        True,
        "apus_covariance_accumulator_covariance(out, accumulator, ddof)\n\n"
        "The covariance matrix (variables, variables) with divisor rows - ddof; caller frees with "
        "apus_array_free.",
    ),
    "apus_covariance_accumulator_state": (
        c_int,
        (POINTER(POINTER(apus_array)), POINTER(apus_covariance_accumulator)),
        True,
        "apus_covariance_accumulator_state(out, accumulator)\n\n"
        "The whole state as 2 + 2 p + p (p + 1) float64 for p variables, to be stored or sent; caller frees with "
        "apus_array_free.",
    ),
}
