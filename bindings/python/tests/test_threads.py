"""Many threads, several processes, any number of the library's own threads."""

import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from support import CLASSES, assert_same, class_name, data_for, outputs, quick

import apus
from apus.ensemble import RandomForestRegressor
from apus.linear_model import LinearRegression

every_class = pytest.mark.parametrize("cls", CLASSES, ids=class_name)


@every_class
def test_the_same_bits_for_any_number_of_threads(cls):
    x, y = data_for(cls, rows=3000, columns=7)
    before, results = apus.get_num_threads(), []
    try:
        for count in (1, 2, 3, 8):
            apus.set_num_threads(count)
            results.append(outputs(quick(cls).fit(x, y), x))
    finally:
        apus.set_num_threads(before)
    for other in results[1:]:
        assert_same(other, results[0])


@every_class
def test_one_model_in_many_threads(cls):
    x, y = data_for(cls, rows=300)
    estimator = quick(cls).fit(x, y)
    expected = outputs(estimator, x)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: outputs(estimator, x), range(40)):
            assert_same(found, expected)


def test_fits_in_many_threads():
    x, y = data_for(LinearRegression, rows=5000)
    expected = LinearRegression().fit(x, y).coef_
    with ThreadPoolExecutor(8) as pool:
        for model in pool.map(lambda _: LinearRegression().fit(x, y), range(64)):
            np.testing.assert_array_equal(model.coef_, expected)


def test_two_fits_of_one_estimator_at_once():
    x, y = data_for(RandomForestRegressor, rows=500)
    model = RandomForestRegressor(n_estimators=200, random_state=0)
    started, outcomes = threading.Event(), []

    def fit(progress=None):
        try:
            model.fit(x, y, progress=progress)
            outcomes.append("fitted")
        except apus.exceptions.BusyError:
            outcomes.append("busy")

    first = threading.Thread(target=fit, args=(lambda stage, fraction: started.set(),))
    first.start()
    started.wait(10)
    fit()
    first.join()
    assert sorted(outcomes) == ["busy", "fitted"]
    assert model.score(x, y) > 0.9


def test_predicting_while_fitting():
    x, y = data_for(RandomForestRegressor, rows=300)
    model = RandomForestRegressor(n_estimators=3, random_state=0).fit(x, y)
    expected = model.predict(x)
    stop = threading.Event()

    def refit():
        while not stop.is_set():
            model.fit(x, y)

    thread = threading.Thread(target=refit)
    thread.start()
    for _ in range(200):
        np.testing.assert_array_equal(model.predict(x), expected)
    stop.set()
    thread.join()


def test_a_forked_child_goes_on():
    x, y = data_for(RandomForestRegressor, rows=2000)
    model = RandomForestRegressor(n_estimators=5, random_state=0).fit(x, y)
    expected = model.predict(x)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            same = (model.predict(x) == expected).all()
            again = RandomForestRegressor(n_estimators=5, random_state=0).fit(x, y)
            os.write(write, b"1" if same and (again.predict(x) == expected).all() else b"0")
        finally:
            os._exit(0)
    os.close(write)
    assert os.read(read, 1) == b"1"
    assert os.waitpid(child, 0)[1] == 0
    np.testing.assert_array_equal(model.predict(x), expected)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes(method):
    x, y = data_for(LinearRegression, rows=500)
    model = LinearRegression().fit(x, y)
    with multiprocessing.get_context(method).Pool(2) as pool:
        for predicted in pool.map(model.predict, [x] * 6):
            np.testing.assert_array_equal(predicted, model.predict(x))
