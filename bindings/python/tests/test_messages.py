"""Exceptions, warnings and log lines."""

import logging
import pickle
import re
import warnings
from ctypes import POINTER, byref

import numpy as np
import pytest
from support import run_script, successful

import apus
from apus import _signatures as c
from apus import _status, exceptions
from apus._calls import show_warnings
from apus._library import lib
from apus.linear_model import LinearRegression

STATUSES = {name: value for name, value in vars(c).items() if name.startswith("APUS_ERROR_") or name == "APUS_CANCELLED"}


@pytest.mark.parametrize("name", STATUSES)
def test_every_status_has_its_exception(name):
    status = STATUSES[name]
    assert status in _status._EXCEPTIONS
    error = _status.exception(status, "alpha: -1 is not in [0, inf)")
    assert str(error) == "alpha: -1 is not in [0, inf)"
    assert error.status == status
    expected = {
        "APUS_ERROR_TYPE": TypeError,
        "APUS_ERROR_OVERFLOW": OverflowError,
        "APUS_ERROR_NOT_FITTED": AttributeError,
        "APUS_ERROR_BUSY": RuntimeError,
        "APUS_ERROR_UNSUPPORTED": NotImplementedError,
        "APUS_ERROR_MEMORY": MemoryError,
        "APUS_CANCELLED": RuntimeError,
        "APUS_ERROR_CALLBACK": RuntimeError,
        "APUS_ERROR_IO": OSError,
        "APUS_ERROR_NUMERIC": ArithmeticError,
        "APUS_ERROR_INTERNAL": RuntimeError,
    }
    assert isinstance(error, expected.get(name, ValueError))


def test_unknown_status():
    assert isinstance(_status.exception(12345, "?"), exceptions.InternalError)


@pytest.mark.parametrize("name", exceptions.__all__)
def test_exceptions_travel_between_processes(name):
    error = exceptions.compatible(getattr(exceptions, name))("text")
    copied = pickle.loads(pickle.dumps(error))
    assert isinstance(copied, getattr(exceptions, name)) and copied.args == ("text",)


def test_classes_are_scikit_learns_too_once_it_is_loaded():
    successful(
        """
        from apus import exceptions
        from apus.linear_model import LinearRegression
        def raised():
            try:
                LinearRegression().predict([[1.0]])
            except ValueError as error:
                return error
        assert type(raised()) is exceptions.NotFittedError
        import sklearn.exceptions
        assert isinstance(raised(), exceptions.NotFittedError)
        assert isinstance(raised(), sklearn.exceptions.NotFittedError)
        joined = exceptions.compatible(exceptions.ConvergenceWarning)
        assert issubclass(joined, sklearn.exceptions.ConvergenceWarning)
        """
    )


def test_warnings_point_at_the_caller():
    x = np.ones((30, 3))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        LinearRegression().fit(x, np.arange(30.0))
    assert caught and all(warning.filename == __file__ for warning in caught)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        LinearRegression().fit(np.ones((3000, 3)), np.arange(3000.0))
    assert caught and all(warning.filename == __file__ for warning in caught)


def test_kinds_of_warnings():
    with pytest.warns(exceptions.ConvergenceWarning, match="stopped"):
        show_warnings([(c.APUS_WARNING_CONVERGENCE, "stopped")])
    with pytest.warns(UserWarning, match="collinear"):
        show_warnings([(c.APUS_WARNING_DATA, "collinear")])


def test_warnings_as_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning):
            LinearRegression().fit(np.ones((30, 3)), np.arange(30.0))


def test_the_library_writes_to_no_stream():
    run = run_script(
        """
        import warnings
        warnings.simplefilter("ignore")
        import numpy as np
        from apus.linear_model import LinearRegression
        LinearRegression().fit(np.ones((30, 3)), np.arange(30.0))
        """
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_log_lines_reach_the_logger(caplog):
    from apus import _logging

    with caplog.at_level(logging.DEBUG, logger="apus"):
        _logging._receive(None, c.APUS_LOG_INFO, "grüße".encode())
    assert [(record.name, record.levelno, record.getMessage()) for record in caplog.records] == [
        ("apus", logging.INFO, "grüße")
    ]


def test_messages_name_argument_value_and_what_is_allowed():
    x, y = np.ones((4, 2)), np.ones(3)
    with pytest.raises(ValueError, match="y: has 3 samples, but X has 4"):
        LinearRegression().fit(x, y)
    with pytest.raises(ValueError, match="Reshape your data"):
        LinearRegression().fit(y, y)
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        LinearRegression().fit(x, None)
    with pytest.raises(ValueError, match="X has 1 features, but LinearRegression is expecting 2 features"):
        LinearRegression().fit(np.eye(4, 2), np.ones(4)).predict(np.ones((4, 1)))
    assert apus.exceptions.InvalidParameterError.__mro__[1:3] == (ValueError, TypeError)


#: Mistakes of newcomers: the message names the argument, what it got, and what is allowed or meant.
MISTAKES = {
    "unknown parameter": (lambda: apus.Ridge(alhpa=1), TypeError, r"'alhpa'; did you mean 'alpha'\?"),
    "a parameter it has not": (lambda: apus.Ridge(depth=1), TypeError, "'depth'; allowed are alpha, copy_X, fit_intercept"),
    "unknown argument of fit": (lambda: apus.Ridge().fit(X, X[:, 0], sample_weigth=1), TypeError, "did you mean 'sample_weight'"),
    "unknown class": (lambda: apus.linear_model.LinearRegresion, AttributeError, r"did you mean 'LinearRegression'\?"),
    "unknown module": (lambda: apus.linear_modle, AttributeError, r"did you mean 'linear_model'\?"),
    "words among objects": (
        lambda: apus.Ridge().fit(np.array([["a", 1]], dtype=object), [1]),
        ValueError,
        "X: contains objects that are not numbers: .*'a'",
    ),
    "ragged rows": (lambda: apus.Ridge().fit([[1, 2], [3]], [1, 2]), ValueError, "X: .*inhomogeneous"),
    "complex numbers": (lambda: apus.Ridge().fit(X + 1j, X[:, 0]), ValueError, "^X: Complex data not supported; .*complex128"),
    "one dimension": (lambda: apus.Ridge().fit(X[:, 0], X[:, 0]), ValueError, r"X: expected a 2D array, got 1D of shape \(30,\)"),
    "threads as text": (lambda: apus.set_num_threads("2"), TypeError, r"count: '2' is not an int in 1\.\.\.256"),
    "no folder to save in": (lambda: apus.Ridge().save("/nonexistent/model.apus"), FileNotFoundError, "/nonexistent"),
    "another device": (lambda: apus.ones(3).to("cuda"), RuntimeError, "device: 'cuda' is not available, allowed is cpu"),
    "another device for a module": (lambda: apus.nn.ReLU().to("cuda:0"), RuntimeError, "device: 'cuda:0' is not available"),
    "a number among modules": (lambda: apus.nn.Sequential(apus.nn.ReLU(), 3), TypeError, "1: 3 is not a Module"),
}

X = np.arange(60.0).reshape(30, 2)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_messages_for_newcomers(mistake):
    call, kind, message = MISTAKES[mistake]
    with pytest.raises(kind, match=message):
        call()


def test_a_text_is_no_model(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello world, this is no model")
    with pytest.raises(exceptions.FileFormatError, match="notes.txt: .*header length"):
        apus.load(path)
    with pytest.raises(exceptions.FileFormatError, match="notes.txt: begins with b'hello wo'; allowed are LightGBM's"):
        apus.import_model(path)


def test_subclasses_may_take_parameters_of_their_own():
    class Named(LinearRegression):
        def __init__(self, name, *, fit_intercept=True):
            super().__init__(fit_intercept=fit_intercept)
            self.name = name

    assert Named(name="line", fit_intercept=False).name == "line"


def test_the_library_suggests_names():
    pointer = POINTER(c.apus_module)()
    for kind, message in (("Lineer", "'Lineer' is no kind of module; did you mean 'Linear'?"), ("Relu", "did you mean 'ReLU'?")):
        with pytest.raises(ValueError, match=re.escape(message)):
            lib.apus_module_create(byref(pointer), kind.encode(), None, 0)
    with pytest.raises(ValueError, match=re.escape("'softmaxx' is unknown; did you mean 'softmax'?")):
        apus._tensor.apply(b"softmaxx", apus.ones(3))
    with pytest.raises(ValueError, match=re.escape("'NoLR' is no kind of schedule; ")):
        model = apus.nn.Linear(1, 1)
        optimizer = apus.optim.SGD(model.parameters(), lr=0.1)
        apus.nn.Trainer(model, apus.nn.MSELoss(), optimizer, schedule="NoLR")


@pytest.mark.parametrize(
    "make",
    [
        lambda: apus.nn.Conv1d(1, 1, 3, padding_mode="reflect"),
        lambda: apus.nn.MSELoss(size_average=False),
        lambda: apus.nn.Linear(1, 1, device="cuda"),
    ],
)
def test_what_is_accepted_for_compatibility_is_not_ignored(make):
    with pytest.raises((NotImplementedError, RuntimeError), match="is not supported, allowed is|is not available"):
        make()


@pytest.mark.parametrize(
    "call",
    [
        lambda: apus.nn.Linear(2, 1)(X),
        lambda: apus.nn.Sequential(apus.nn.Linear(2, 1))(X),
        lambda: apus.nn.LSTM(2, 1)(X),
        lambda: apus.nn.functional.relu(X),
    ],
)
def test_arrays_are_no_tensors(call):
    with pytest.raises(TypeError, match=r"input 0: ndarray is not a tensor; make one by apus\.tensor"):
        call()


def test_the_place_of_what_is_no_tensor():
    with pytest.raises(TypeError, match="input 1: list is not a tensor"):
        apus.nn.MSELoss()(apus.ones(3), [1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="input 0: NoneType is not a tensor"):
        apus.nn.ReLU()(None)
