"""What may be passed as an array: without copies, in any strides, and the same results from all of them."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from support import assert_same, outputs

from apus import _arrays
from apus._library import lib
from apus.linear_model import LinearRegression
from apus.tree import DecisionTreeClassifier, DecisionTreeRegressor

RNG = np.random.default_rng(7)
X = RNG.normal(size=(40, 3))
Y = X @ [1.0, -2.0, 3.0]


def misaligned(array):
    raw = np.zeros(array.nbytes + 1, dtype=np.uint8)
    result = raw[1:].view(array.dtype).reshape(array.shape)
    result[...] = array
    assert not result.flags.aligned
    return result


def read_only(array):
    result = array.copy()
    result.flags.writeable = False
    return result


def embedded(array):
    wide = np.full((array.shape[0] * 2, array.shape[1] * 3), np.nan)
    wide[::2, 1::3] = array
    return wide[::2, 1::3]


def reversed_twice(array):
    return array[::-1, ::-1].copy()[::-1, ::-1]


class HasArray:
    def __init__(self, array):
        self._array = array

    def __array__(self, dtype=None, copy=None):
        return self._array


class HasInterface:
    def __init__(self, array):
        self._array = array
        self.__array_interface__ = array.__array_interface__


FORMS = {
    "fortran": np.asfortranarray,
    "strided": embedded,
    "negative strides": reversed_twice,
    "transposed": lambda array: np.ascontiguousarray(array.T).T,
    "read-only": read_only,
    "misaligned": misaligned,
    "byte-swapped": lambda array: array.astype(array.dtype.newbyteorder()),
    "list": lambda array: array.tolist(),
    "objects": lambda array: array.astype(object),
    "__array__": HasArray,
    "__array_interface__": HasInterface,
    "memoryview": memoryview,
    "data frame": pd.DataFrame,
    "subclass": lambda array: array.view(np.recarray),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_result(form):
    expected = LinearRegression().fit(X, Y)
    given = FORMS[form](X)
    fitted = LinearRegression().fit(given, Y)
    np.testing.assert_allclose(fitted.coef_, expected.coef_, rtol=1e-12)
    np.testing.assert_allclose(expected.predict(np.asarray(given, dtype=float)), expected.predict(X), rtol=1e-13)
    tree = DecisionTreeRegressor(random_state=0).fit(X, Y)
    assert_same(outputs(DecisionTreeRegressor(random_state=0).fit(given, Y), X), outputs(tree, X))


@pytest.mark.parametrize("form", sorted(FORMS.keys() - {"data frame"}))
def test_every_form_of_targets(form):
    targets = np.stack([Y, -Y], axis=1)
    expected = LinearRegression().fit(X, targets).coef_
    np.testing.assert_allclose(LinearRegression().fit(X, FORMS[form](targets)).coef_, expected, rtol=1e-12)


@pytest.mark.parametrize("form", ["fortran", "strided", "negative strides", "transposed", "read-only", "misaligned"])
def test_memory_is_used_in_place(form):
    array = FORMS[form](X)
    assert _arrays.numbers(array, "X") is array
    assert _arrays.view(array).data == array.ctypes.data


@pytest.mark.parametrize(
    ("dtype", "taken"),
    [
        (np.float32, np.float32),
        (np.float16, np.float64),
        (np.longdouble, np.float64),
        (np.int8, np.int32),
        (np.int16, np.int32),
        (np.int32, np.int32),
        (np.int64, np.int64),
        (np.uint8, np.uint8),
        (np.uint16, np.int32),
        (np.uint32, np.int64),
        (np.uint64, np.int64),
        (np.bool_, np.bool_),
    ],
)
def test_conversions_are_exact(dtype, taken):
    values = RNG.integers(0, 2 if dtype == np.bool_ else 100, size=(30, 3)).astype(dtype)
    array = _arrays.numbers(values, "X")
    assert array.dtype == taken
    np.testing.assert_array_equal(array, values)
    swapped = values.astype(values.dtype.newbyteorder())
    np.testing.assert_array_equal(_arrays.numbers(swapped, "X"), values)
    tree = DecisionTreeRegressor(random_state=0).fit(values.astype(np.float64), Y[:30])
    assert_same(outputs(DecisionTreeRegressor(random_state=0).fit(values, Y[:30]), values), outputs(tree, values))


def test_float16_keeps_every_value():
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)]
    np.testing.assert_array_equal(_arrays.numbers(finite, "X"), finite)


def test_large_unsigned_numbers():
    assert _arrays.numbers(np.array([2**64 - 1], dtype=np.uint64), "X").dtype == np.float64


def test_zero_strides_are_right_as_input():
    wide = np.lib.stride_tricks.as_strided(np.array([2.5]), shape=(6, 4), strides=(0, 0))
    model = LinearRegression().fit(RNG.normal(size=(10, 4)), np.arange(10.0))
    np.testing.assert_allclose(model.predict(wide), model.predict(np.full((6, 4), 2.5)))


def test_inputs_are_never_written():
    features, targets, weights = X.copy(), Y.copy(), np.ones(len(Y))
    before = [array.tobytes() for array in (features, targets, weights)]
    for cls in (LinearRegression, DecisionTreeRegressor):
        cls().fit(features, targets, sample_weight=weights).predict(features)
    assert [array.tobytes() for array in (features, targets, weights)] == before


def test_memory_mapped_file(tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    np.testing.assert_array_equal(LinearRegression().fit(mapped, Y).coef_, LinearRegression().fit(X, Y).coef_)


class TestSparse:
    MATRIX = scipy.sparse.random(50, 6, density=0.4, random_state=3, format="csr")
    TARGETS = np.asarray(MATRIX.sum(axis=1)).ravel()

    @pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"])
    @pytest.mark.parametrize("make", [scipy.sparse.csr_matrix, scipy.sparse.csr_array])
    def test_formats(self, kind, make):
        matrix = make(self.MATRIX).asformat(kind)
        expected = LinearRegression().fit(self.MATRIX.toarray(), self.TARGETS)
        model = LinearRegression().fit(matrix, self.TARGETS)
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(model.predict(matrix), expected.predict(self.MATRIX.toarray()), rtol=1e-9)
        assert model.score(matrix, self.TARGETS) > 0.999

    def test_index_types(self):
        long = self.MATRIX.copy()
        long.indices, long.indptr = long.indices.astype(np.int64), long.indptr.astype(np.int64)
        mixed = self.MATRIX.copy()
        mixed.indptr = mixed.indptr.astype(np.int64)
        expected = LinearRegression().fit(self.MATRIX, self.TARGETS).coef_
        for matrix in (long, mixed):
            np.testing.assert_array_equal(LinearRegression().fit(matrix, self.TARGETS).coef_, expected)

    def test_values_in_place(self):
        given = _arrays.Input(self.MATRIX)
        assert given.is_sparse and given.rows == 50 and given.columns == 6
        assert given._kept[2] is self.MATRIX.data

    def test_sparse_targets_are_refused(self):
        with pytest.raises(TypeError, match="sparse"):
            LinearRegression().fit(X, scipy.sparse.csr_array(Y[:, None]))


class TestFrames:
    FRAME = pd.DataFrame(X, columns=["a", "b", "c"])

    def test_names(self):
        model = LinearRegression().fit(self.FRAME, Y)
        assert model.feature_names_in_.tolist() == ["a", "b", "c"]
        assert model.feature_names_in_.dtype == object
        with pytest.raises(ValueError, match="same order as they were in fit"):
            model.predict(self.FRAME[["b", "a", "c"]])
        with pytest.raises(ValueError, match="unseen at fit time:\n- d\nFeature names seen at fit time, yet now missing"):
            model.predict(self.FRAME.rename(columns={"a": "d"}))
        with pytest.warns(UserWarning, match="does not have valid feature names, but LinearRegression was fitted with"):
            model.predict(X)
        unnamed = LinearRegression().fit(X, Y)
        assert not hasattr(unnamed, "feature_names_in_")
        with pytest.warns(UserWarning, match="X has feature names, but LinearRegression was fitted without"):
            unnamed.predict(self.FRAME)

    def test_numbers_as_names_are_no_names(self):
        model = LinearRegression().fit(pd.DataFrame(X), Y)
        assert not hasattr(model, "feature_names_in_")

    def test_mixed_names_are_refused(self):
        with pytest.raises(TypeError, match="all of them are strings"):
            LinearRegression().fit(pd.DataFrame(X, columns=["a", "b", 1]), Y)

    def test_columns_of_several_types(self):
        frame = pd.DataFrame({"a": [1, 2, 3, 4], "b": [True, False, False, True], "c": [0.5, 1.5, -1.0, 2.0]})
        model = DecisionTreeRegressor().fit(frame, [1.0, 2.0, 3.0, 4.0])
        np.testing.assert_array_equal(model.predict(frame), [1.0, 2.0, 3.0, 4.0])

    def test_nullable_columns(self):
        frame = pd.DataFrame({"a": pd.array([1, 2, None, 4], dtype="Int64"), "b": pd.array([0.5, 1, 2, 3])})
        model = DecisionTreeRegressor().fit(frame, pd.Series([1.0, 2.0, 3.0, 4.0]))
        np.testing.assert_array_equal(model.predict(frame), [1.0, 2.0, 3.0, 4.0])
        with pytest.raises(ValueError, match="NaN"):
            LinearRegression().fit(frame, [1.0, 2.0, 3.0, 4.0])

    def test_text_columns_are_refused(self):
        with pytest.raises(ValueError, match="could not convert string to float"):
            LinearRegression().fit(pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}), [1.0, 2.0])

    def test_series_of_labels(self):
        labels = pd.Series(np.where(Y > 0, "up", "down"), index=range(100, 140))
        model = DecisionTreeClassifier().fit(self.FRAME, labels)
        assert model.classes_.tolist() == ["down", "up"]
        assert (model.predict(self.FRAME) == labels.to_numpy()).all()
        assert model.score(self.FRAME, labels) == 1.0
        categorical = DecisionTreeClassifier().fit(self.FRAME, labels.astype("category"))
        assert categorical.classes_.tolist() == ["down", "up"]


class TestResults:
    def test_predictions_are_the_callers(self):
        model = LinearRegression().fit(X, Y)
        for rows in (1, 40, 5000):
            given = np.tile(X, (200, 1))[:rows]
            first = model.predict(given)
            expected = first.copy()
            first[:] = 0.0
            np.testing.assert_array_equal(model.predict(given), expected)

    def test_attributes_are_read_only_and_outlive_the_model(self):
        model = LinearRegression().fit(X, Y)
        coefficients = model.coef_
        assert model.coef_ is coefficients
        with pytest.raises(ValueError, match="read-only"):
            coefficients[0] = 1.0
        del model
        np.testing.assert_allclose(coefficients, [1.0, -2.0, 3.0])

    def test_attributes_cannot_be_set(self):
        model = LinearRegression().fit(X, Y)
        with pytest.raises(AttributeError, match="coef_"):
            model.coef_ = np.zeros(3)

    def test_memory_is_freed_with_the_last_view(self):
        model = DecisionTreeRegressor().fit(X, Y)
        given = np.tile(X, (100, 1))
        model.predict(given)
        before = lib.apus_memory_live_blocks()
        part = model.predict(given)[10:20]
        assert lib.apus_memory_live_blocks() == before + 1
        del part
        assert lib.apus_memory_live_blocks() == before

    def test_element_types(self):
        narrow = LinearRegression().fit(X.astype(np.float32), Y.astype(np.float32))
        assert narrow.predict(X.astype(np.float32)).dtype == np.float32
        assert narrow.coef_.dtype == np.float32
        assert LinearRegression().fit(X, Y).predict(X).dtype == np.float64
