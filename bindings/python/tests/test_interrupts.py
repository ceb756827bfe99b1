"""Ctrl-C, cancel tokens and progress during long fits."""

import threading
import time

import numpy as np
import pytest
from support import CLASSES, assert_same, class_name, data_for, outputs, quick, run_script, successful

import apus
from apus.ensemble import RandomForestRegressor

X = np.random.default_rng(0).normal(size=(400, 5))
Y = X @ np.arange(5.0)

#: A fit that would take minutes.
LONG = RandomForestRegressor(n_estimators=1_000_000)


def test_sigint_ends_a_long_fit_within_a_second():
    output = successful(
        """
        import os, signal, threading, time
        import numpy as np
        from apus.ensemble import RandomForestRegressor
        x = np.random.default_rng(0).normal(size=(400, 5))
        y = x @ np.arange(5.0)
        model = RandomForestRegressor(n_estimators=5).fit(x, y)
        expected = model.predict(x)
        model.set_params(n_estimators=1_000_000)
        for _ in range(15):
            sent = []
            def interrupt():
                time.sleep(0.2)
                sent.append(time.perf_counter())
                os.kill(os.getpid(), signal.SIGINT)
            threading.Thread(target=interrupt).start()
            try:
                model.fit(x, y)
            except KeyboardInterrupt:
                print(time.perf_counter() - sent[0])
            assert (model.predict(x) == expected).all()
        model.set_params(n_estimators=5).fit(x, y)
        """
    )
    delays = [float(line) for line in output.split()]
    assert len(delays) == 15
    assert max(delays) < 1.0


def test_sigint_without_a_handler_ends_the_program():
    script = """
        import os, signal, threading, time
        import numpy as np
        from apus.ensemble import RandomForestRegressor
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        RandomForestRegressor(n_estimators=1_000_000).fit(np.eye(60), np.arange(60.0))
    """
    run = run_script(script, timeout=60)
    assert run.stderr.rstrip().endswith("KeyboardInterrupt")
    assert run.returncode in (-2, 130)


def test_interrupts_at_any_moment():
    # Interrupts around the start and the end of the worker thread: each is raised once, none hangs.
    output = successful(
        """
        import os, random, signal, threading, time
        import numpy as np
        from apus.linear_model import LinearRegression
        from apus.ensemble import RandomForestRegressor
        x = np.random.default_rng(0).normal(size=(200, 30))
        y = x @ np.arange(30.0)
        armed = [False]
        def interrupt(number, frame):
            if armed[0]:
                armed[0] = False
                raise KeyboardInterrupt
        signal.signal(signal.SIGINT, interrupt)
        stop = threading.Event()
        def pester():
            while not stop.wait(random.uniform(0.0002, 0.004)):
                os.kill(os.getpid(), signal.SIGINT)
        caught = fitted = 0
        threading.Thread(target=pester, daemon=True).start()
        end = time.monotonic() + 6
        while time.monotonic() < end:
            try:
                armed[0] = True
                LinearRegression().fit(x, y)
                RandomForestRegressor(n_estimators=2).fit(x, y, progress=lambda stage, fraction: None)
                armed[0] = False
                fitted += 1
            except KeyboardInterrupt:
                caught += 1
        stop.set()
        assert LinearRegression().fit(x, y).score(x, y) > 0.99
        print(caught, fitted)
        """,
        timeout=60,
    )
    caught, _ = map(int, output.split())
    assert caught > 100


def test_an_alarm_that_raises():
    successful(
        """
        import signal
        import numpy as np
        from apus.ensemble import RandomForestRegressor
        class Timeout(Exception): pass
        def ring(number, frame): raise Timeout
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            RandomForestRegressor(n_estimators=1_000_000).fit(np.eye(60), np.arange(60.0))
        except Timeout:
            pass
        else:
            raise AssertionError
        """
    )


def test_a_handler_that_returns_does_not_disturb():
    successful(
        """
        import signal
        import numpy as np
        from apus.ensemble import RandomForestRegressor
        heard = []
        signal.signal(signal.SIGALRM, lambda number, frame: heard.append(number))
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        RandomForestRegressor(n_estimators=400).fit(np.random.default_rng(0).normal(size=(500, 5)), np.arange(500.0))
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert len(heard) > 1
        """
    )


class TestCancel:
    def test_from_another_thread(self):
        token = apus.CancelToken()
        threading.Timer(0.2, token.trip).start()
        with pytest.raises(apus.exceptions.CancelledError):
            LONG.fit(X, Y, cancel=token)
        assert not LONG.__sklearn_is_fitted__()
        with pytest.raises(apus.exceptions.CancelledError):
            LONG.fit(X, Y, cancel=token)
        token.reset()
        RandomForestRegressor(n_estimators=2).fit(X, Y, cancel=token)

    def test_in_a_thread(self):
        token, raised = apus.CancelToken(), []

        def work():
            try:
                RandomForestRegressor(n_estimators=1_000_000).fit(X, Y, cancel=token)
            except apus.exceptions.CancelledError as error:
                raised.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(0.2)
        token.trip()
        thread.join(10)
        assert len(raised) == 1

    @pytest.mark.parametrize("cls", CLASSES, ids=class_name)
    def test_every_kind_looks_at_the_token(self, cls):
        token = apus.CancelToken()
        token.trip()
        x, y = data_for(cls)
        estimator = quick(cls).fit(x, y)
        before = outputs(estimator, x)
        with pytest.raises(apus.exceptions.CancelledError):
            estimator.fit(x, y, cancel=token)
        assert_same(outputs(estimator, x), before)


class TestProgress:
    def test_runs_on_the_calling_thread_and_rises_to_one(self):
        for run in (lambda work: work(), in_thread):
            seen, threads = [], set()

            def report(stage, fraction):
                seen.append((stage, fraction))
                threads.add(threading.get_ident())

            def work():
                threads.add(threading.get_ident())
                RandomForestRegressor(n_estimators=50).fit(X, Y, progress=report)

            run(work)
            assert len(threads) == 1
            fractions = [fraction for _, fraction in seen]
            assert fractions and fractions == sorted(fractions) and 0 <= fractions[0] and fractions[-1] <= 1
            assert all(isinstance(stage, str) and stage for stage, _ in seen)

    @pytest.mark.parametrize("error", [KeyError("mine"), KeyboardInterrupt(), SystemExit(3), StopIteration()])
    def test_what_it_raises_comes_back(self, error):
        def report(stage, fraction):
            raise error

        for run in (lambda work: work(), in_thread):
            model = RandomForestRegressor(n_estimators=3).fit(X, Y)
            before = outputs(model, X)
            with pytest.raises(type(error)) as raised:
                run(lambda: model.set_params(n_estimators=1_000_000).fit(X, Y, progress=report))
            assert raised.value is error
            assert_same(outputs(model, X), before)

    def test_fitting_the_same_estimator_from_within_is_busy(self):
        model = RandomForestRegressor(n_estimators=3)
        with pytest.raises(apus.exceptions.BusyError):
            model.fit(X, Y, progress=lambda stage, fraction: model.fit(X, Y))
        model.fit(X, Y)

    def test_using_others_from_within_is_fine(self):
        model, other = RandomForestRegressor(n_estimators=3), RandomForestRegressor(n_estimators=2)
        model.fit(X, Y, progress=lambda stage, fraction: other.fit(X, Y).predict(X))

    def test_a_bar(self, capfd):
        RandomForestRegressor(n_estimators=20).fit(X, Y, progress=True)
        assert "%" in capfd.readouterr().err
        RandomForestRegressor(n_estimators=20).fit(X, Y, progress=False)
        assert capfd.readouterr().err == ""

    def test_no_callable(self):
        with pytest.raises(TypeError, match="progress"):
            RandomForestRegressor(n_estimators=2).fit(X, Y, progress=5)


def in_thread(work):
    """Runs `work` in a thread and raises what it raised."""
    outcome = []

    def run():
        try:
            work()
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if outcome:
        raise outcome[0]
