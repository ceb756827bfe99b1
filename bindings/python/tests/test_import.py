"""Importing the package: what it loads, how long it takes, where it finds the library."""

import pytest
from support import run_script, successful

import apus
from apus import _library
from apus import _signatures as c


def test_version_is_that_of_the_header():
    assert apus.__version__ == f"{c.APUS_VERSION_MAJOR}.{c.APUS_VERSION_MINOR}.{c.APUS_VERSION_PATCH}"


def test_import_needs_numpy_only():
    loaded = successful(
        """
        import sys
        import numpy
        before = set(sys.modules)
        import apus, apus.linear_model
        apus.linear_model.LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0]).predict([[3.0]])
        print(" ".join(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
        """
    ).split()
    assert not {"sklearn", "scipy", "pandas", "polars", "matplotlib", "tqdm", "joblib"} & set(loaded)


def test_import_takes_at_most_60_ms_beyond_numpy():
    script = """
        import time
        import numpy
        start = time.process_time()
        import apus
        print(time.process_time() - start)
    """
    # Processor time, as the machine may be busy with other things.
    assert min(float(successful(script)) for _ in range(5)) < 0.060


def test_missing_library_is_an_import_error():
    run = run_script("import apus", APUS_LIBRARY="/nonexistent/libapus.so.0")
    assert run.returncode == 1
    assert "ImportError: the Apus library could not be loaded" in run.stderr
    assert "/nonexistent/libapus.so.0" in run.stderr


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (set(), ["lib/x86-64-v4", "lib/x86-64-v3", "lib"]),
        ({"avx512vl"}, ["lib/x86-64-v3", "lib"]),
        ({"avx512f", "fma"}, ["lib"]),
        ({"avx2"}, ["lib"]),
    ],
)
def test_variant_follows_the_processor(missing, expected):
    flags = frozenset().union(*_library.LEVELS.values()) - missing
    found = [path.rpartition("/")[0] for path in _library.candidates("lib", flags)]
    assert found == expected


def test_unknown_function_is_an_attribute_error():
    with pytest.raises(AttributeError, match="apus_no_such_function"):
        _library.lib.apus_no_such_function


def test_threads():
    before = apus.get_num_threads()
    try:
        apus.set_num_threads(3)
        assert apus.get_num_threads() == 3
        for bad in (0, -1, 257):
            with pytest.raises(ValueError):
                apus.set_num_threads(bad)
        assert apus.get_num_threads() == 3
    finally:
        apus.set_num_threads(before)
    assert successful("import apus; print(apus.get_num_threads())", APUS_NUM_THREADS="5").strip() == "5"


def test_modules_appear_on_import_and_as_attributes():
    successful(
        """
        import importlib, pickle
        import apus
        assert "linear_model" in dir(apus)
        module = apus.linear_model
        assert module is importlib.import_module("apus.linear_model")
        from apus.linear_model import LinearRegression
        assert apus.LinearRegression is LinearRegression is module.LinearRegression
        assert "LinearRegression" in dir(module) and "LinearRegression" in module.__all__
        assert pickle.loads(pickle.dumps(LinearRegression)) is LinearRegression
        for missing in ("no_such_module", "NoSuchClass"):
            try:
                getattr(apus, missing)
            except AttributeError:
                pass
            else:
                raise AssertionError(missing)
        try:
            import apus.no_such_module
        except ModuleNotFoundError:
            pass
        else:
            raise AssertionError
        try:
            from apus.linear_model import NoSuchClass
        except ImportError:
            pass
        else:
            raise AssertionError
        """
    )


def test_directories_list_what_can_be_reached():
    listed = dir(apus)
    assert {"linear_model", "stats", "linalg", "nn", "optim", "load", "tensor", "randn", "softmax"} <= set(listed)
    assert not [name for name in listed if name.startswith("_") and name != "__version__"]
    assert [name for name in listed if not hasattr(apus, name)] == []
    assert "LinearRegression" in dir(apus.linear_model) and "np" not in dir(apus.linear_model)


def test_everything_public_is_documented():
    import inspect

    modules = (apus, apus.nn, apus.nn.functional, apus.nn.init, apus.optim, apus.optim.lr_scheduler, apus.linalg, apus.stats)
    for module in modules:
        for name in dir(module) if module is apus else getattr(module, "__all__", vars(module)):
            value = getattr(module, name)
            ours = getattr(value, "__module__", "").startswith("apus") and not name.startswith("_")
            if ours and (inspect.isclass(value) or inspect.isfunction(value)):
                assert value.__doc__, f"{module.__name__}.{name}"
