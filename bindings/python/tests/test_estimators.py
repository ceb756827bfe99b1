"""What every estimator class has in common, for every kind of the library."""

import copy
import inspect
import pickle

import numpy as np
import pytest
from support import (
    CLASSES,
    CLASSIFIERS,
    assert_same,
    class_name,
    data_for,
    outputs,
    quick,
    with_operation,
)

import apus
from apus import _signatures as c
from apus._estimator import _FIT_OPTIONS
from apus.linear_model import LinearRegression, Ridge

every_class = pytest.mark.parametrize("cls", CLASSES, ids=class_name)


@every_class
def test_signature_and_parameters(cls):
    parameters = cls._kind.parameters
    signature = inspect.signature(cls)
    assert list(signature.parameters) == [parameter.name for parameter in parameters]
    for parameter in parameters:
        assert signature.parameters[parameter.name].default == parameter.default
    assert cls().get_params() == {parameter.name: parameter.default for parameter in parameters}
    with pytest.raises(TypeError, match="unexpected keyword argument 'no_such_parameter'"):
        cls(no_such_parameter=1)


@every_class
def test_documentation(cls):
    doc = inspect.getdoc(cls)
    assert "Parameters\n----------" in doc and "Attributes\n----------" in doc
    for parameter in cls._kind.parameters:
        assert f"\n{parameter.name} : " in doc
    for attribute in cls._kind.attributes:
        assert f"\n{attribute.name} : " in doc
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.getdoc(method), name
            assert method.__qualname__.endswith(name)
    assert cls.__module__ == f"apus.{cls._kind.module}"


@every_class
def test_only_the_operations_of_the_kind(cls):
    for operation in ("predict", "predict_proba", "decision_function", "transform", "inverse_transform"):
        expected = operation in cls._kind.operations
        if operation == "decision_function" and cls._kind.role == c.APUS_ROLE_REGRESSOR:
            expected = False
        assert hasattr(cls, operation) == expected
    assert hasattr(cls, "partial_fit") == cls._kind.has(c.APUS_TRAIT_PARTIAL_FIT)
    assert ("sample_weight" in inspect.signature(cls.fit).parameters) == cls._kind.has(c.APUS_TRAIT_SAMPLE_WEIGHT)


@every_class
def test_nothing_fitted_before_fit(cls):
    estimator = cls()
    x, y = data_for(cls)
    names = [attribute.name for attribute in cls._kind.attributes]
    for name in [*names, "n_features_in_", "feature_names_in_"]:
        assert not hasattr(estimator, name)
    for name in ("predict", "predict_proba", "decision_function", "transform", "inverse_transform"):
        if hasattr(estimator, name):
            with pytest.raises(apus.exceptions.NotFittedError, match=f"This {cls.__name__} instance is not fitted yet"):
                getattr(estimator, name)(x)
    with pytest.raises(apus.exceptions.NotFittedError):
        estimator.report()


@every_class
def test_fit_leaves_parameters_alone(cls):
    estimator = quick(cls)
    before = estimator.get_params()
    assert estimator.fit(*data_for(cls)) is estimator
    assert estimator.get_params() == before
    assert estimator.n_features_in_ == 4


@every_class
def test_attributes_have_their_forms(cls):
    estimator = quick(cls).fit(*data_for(cls))
    forms = {c.APUS_FORM_INT: int, c.APUS_FORM_DOUBLE: float, c.APUS_FORM_BOOL: bool, c.APUS_FORM_STRING: str}
    found = 0
    for attribute in cls._kind.attributes:
        value = getattr(estimator, attribute.name, None)
        if value is not None and attribute.form in forms:
            assert isinstance(value, forms[attribute.form]), attribute.name
        found += value is not None
    assert found or not cls._kind.attributes


@every_class
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_copies(cls, duplicate):
    x, y = data_for(cls)
    unfitted = duplicate(quick(cls))
    assert unfitted.get_params() == quick(cls).get_params()
    assert not unfitted.__sklearn_is_fitted__()
    estimator = quick(cls).fit(x, y)
    expected = outputs(estimator, x)
    twin = duplicate(estimator)
    assert type(twin) is cls
    assert_same(outputs(twin, x), expected)
    assert twin.n_features_in_ == 4
    # Refitting one leaves the other as it was.
    estimator.fit(x[:30, :3], y[:30])
    assert twin.n_features_in_ == 4 and estimator.n_features_in_ == 3
    assert_same(outputs(twin, x), expected)


@every_class
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_protocols(cls, protocol):
    x, y = data_for(cls)
    estimator = quick(cls).fit(x, y)
    assert_same(outputs(pickle.loads(pickle.dumps(estimator, protocol)), x), outputs(estimator, x))


@every_class
def test_save_and_load(cls, tmp_path):
    x, y = data_for(cls)
    path = tmp_path / "modèle 1.apus"
    estimator = quick(cls)
    estimator.save(path)
    loaded = apus.load(path)
    assert type(loaded) is cls and loaded.get_params() == estimator.get_params()
    assert not loaded.__sklearn_is_fitted__()
    estimator.fit(x, y).save(path)
    loaded = apus.load(str(path))
    assert loaded.get_params() == estimator.get_params()
    assert loaded.n_features_in_ == 4
    assert_same(outputs(loaded, x), outputs(estimator, x))


@every_class
def test_loaded_models_can_be_fitted_again(cls, tmp_path):
    x, y = data_for(cls)
    estimator = quick(cls).fit(x, y)
    estimator.save(tmp_path / "model")
    again = apus.load(tmp_path / "model").fit(x[:40], y[:40])
    assert_same(outputs(again, x), outputs(quick(cls).fit(x[:40], y[:40]), x))


@every_class
def test_repr_shows_what_differs_from_the_defaults(cls):
    assert repr(cls()) == f"{cls.__name__}()"
    for parameter in cls._kind.parameters:
        if isinstance(parameter.default, float):
            changed = cls(**{parameter.name: 0.125})
            assert repr(changed) == f"{cls.__name__}({parameter.name}=0.125)"


@every_class
def test_set_params(cls):
    estimator = cls()
    assert estimator.set_params() is estimator
    with pytest.raises(ValueError, match="Invalid parameter 'no_such_parameter'"):
        estimator.set_params(no_such_parameter=1)
    for parameter in cls._kind.parameters:
        marker = object()
        estimator.set_params(**{parameter.name: marker})
        assert getattr(estimator, parameter.name) is marker
        with pytest.raises((ValueError, TypeError), match=parameter.name):
            estimator.fit(*data_for(cls))
        estimator.set_params(**{parameter.name: parameter.default})


@every_class
def test_parameters_outside_their_range_are_named(cls):
    x, y = data_for(cls)
    for parameter in cls._kind.parameters:
        numeric = parameter.types & (c.APUS_TYPE_INT | c.APUS_TYPE_DOUBLE)
        if numeric and np.isfinite(parameter.minimum):
            with pytest.raises(apus.exceptions.InvalidParameterError, match=f"The {parameter.name!r} parameter of "):
                cls(**{parameter.name: parameter.minimum - 1}).fit(x, y)
        if parameter.choices:
            with pytest.raises(apus.exceptions.InvalidParameterError, match="no_such_choice"):
                cls(**{parameter.name: "no_such_choice"}).fit(x, y)


@every_class
def test_a_failed_fit_leaves_the_model(cls):
    x, y = data_for(cls)
    estimator = quick(cls).fit(x, y)
    before = outputs(estimator, x)
    bad = x.copy()
    bad[3, 1] = np.inf
    with pytest.raises(ValueError, match="row 3, column 1"):
        estimator.fit(bad, y)
    assert_same(outputs(estimator, x), before)


@every_class
def test_one_row_at_a_time_gives_the_same_bits(cls):
    x, y = data_for(cls)
    estimator = quick(cls).fit(x, y)
    together = outputs(estimator, x)
    single = [outputs(estimator, x[row : row + 1]) for row in range(len(x))]
    assert_same({name: np.concatenate([row[name] for row in single]) for name in together}, together)


@pytest.mark.parametrize("cls", with_operation("partial_fit"), ids=class_name)
def test_partial_fit_equals_fit(cls):
    x, y = data_for(cls)
    batches = quick(cls)
    for start in range(0, len(x), 20):
        assert batches.partial_fit(x[start : start + 20], y[start : start + 20]) is batches
    whole = quick(cls).fit(x, y)
    for name, values in outputs(batches, x).items():
        np.testing.assert_allclose(values, outputs(whole, x)[name], rtol=1e-9, atol=1e-9)
    with pytest.raises(ValueError, match="X has 3 features, but .* is expecting 4 features"):
        batches.partial_fit(x[:, :3], y)


@pytest.mark.parametrize("cls", with_operation("transform"), ids=class_name)
def test_transformers(cls):
    x, y = data_for(cls)
    estimator = quick(cls)
    result = estimator.fit_transform(x, y)
    names = estimator.get_feature_names_out()
    assert names.dtype == object and len(names) == result.shape[1]
    frame = estimator.set_output(transform="pandas").transform(x)
    assert frame.columns.tolist() == names.tolist()
    np.testing.assert_array_equal(frame.to_numpy(), np.asarray(estimator.set_output(transform="default").transform(x)))


class TestLabels:
    @pytest.mark.parametrize("cls", CLASSIFIERS, ids=class_name)
    @pytest.mark.parametrize(
        "labels",
        [
            np.array(["no", "yes"]),
            np.array(["no", "yes"], dtype=object),
            np.array(["ä", "ü" * 40]),
            np.array([b"a", b"b"]),
            np.array([False, True]),
            np.array([-1, 1], dtype=np.int8),
            np.array([2.0, 7.0]),
            np.array([10, 20], dtype=np.uint16),
            np.array([0, 2**40]),
        ],
        ids=lambda labels: f"{labels.dtype}",
    )
    def test_any_labels(self, cls, labels, tmp_path):
        x, codes = data_for(cls)
        y = labels[codes]
        estimator = quick(cls).fit(x, y)
        np.testing.assert_array_equal(estimator.classes_, labels)
        assert estimator.classes_.dtype == labels.dtype
        predicted = estimator.predict(x)
        assert predicted.dtype == labels.dtype
        assert np.mean(predicted == y) == pytest.approx(estimator.score(x, y))
        assert estimator.score(x, y) > 0.8
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(estimator)).predict(x), predicted)
        if labels.dtype.kind != "S":
            estimator.save(tmp_path / "model")
            loaded = apus.load(tmp_path / "model")
            np.testing.assert_array_equal(loaded.predict(x), predicted)
            assert loaded.predict(x).dtype == labels.dtype
            assert loaded.score(x, y) == estimator.score(x, y)

    @pytest.mark.parametrize("cls", CLASSIFIERS, ids=class_name)
    def test_unseen_labels_are_named(self, cls):
        x, codes = data_for(cls)
        estimator = quick(cls).fit(x, np.array(["no", "yes"])[codes])
        with pytest.raises(ValueError, match="a label that fit did not see: .*maybe"):
            estimator.score(x, np.array(["no", "maybe"])[codes])

    @pytest.mark.parametrize("cls", CLASSIFIERS, ids=class_name)
    @pytest.mark.parametrize("label", [None, np.nan, 1.5, 1j, np.datetime64("2020-01-01")])
    def test_labels_that_are_none(self, cls, label):
        x, codes = data_for(cls)
        y = np.where(codes == 1, "yes", "no").astype(object)
        y[5] = label
        with pytest.raises((ValueError, TypeError)):
            quick(cls).fit(x, y)

    @pytest.mark.parametrize(
        "cls", [cls for cls in CLASSIFIERS if hasattr(cls(), "class_weight")], ids=class_name
    )
    def test_class_weight_by_label(self, cls):
        x, codes = data_for(cls)
        y = np.array(["no", "yes"])[codes]
        by_label = quick(cls).set_params(class_weight={"yes": 3.0}).fit(x, y)
        in_order = quick(cls).set_params(class_weight=[1.0, 3.0]).fit(x, y)
        assert_same(outputs(by_label, x), outputs(in_order, x))
        with pytest.raises(ValueError, match="'maybe' is not a class of y"):
            quick(cls).set_params(class_weight={"maybe": 3.0}).fit(x, y)

    @pytest.mark.parametrize(
        "cls", [cls for cls in CLASSIFIERS if cls._kind.has(c.APUS_TRAIT_MULTI_OUTPUT)], ids=class_name
    )
    @pytest.mark.parametrize("labels", [np.array(["a", "b"], dtype=object), np.array([3, 5])], ids=["text", "numbers"])
    def test_several_outputs(self, cls, labels, tmp_path):
        x, codes = data_for(cls)
        y = labels[np.stack([codes, 1 - codes, codes], axis=1)]
        estimator = quick(cls).fit(x, y)
        assert [classes.tolist() for classes in estimator.classes_] == [labels.tolist()] * 3
        assert estimator.predict(x).shape == y.shape
        assert np.mean(estimator.predict(x) == y) > 0.8
        assert [part.shape for part in estimator.predict_proba(x)] == [(len(x), 2)] * 3
        estimator.save(tmp_path / "model")
        np.testing.assert_array_equal(apus.load(tmp_path / "model").predict(x), estimator.predict(x))


class TestRandomState:
    CLASSES = [cls for cls in CLASSES if hasattr(cls(), "random_state")]

    @pytest.mark.parametrize("cls", CLASSES, ids=class_name)
    @pytest.mark.parametrize("seed", [0, 2**63, 2**64 - 1])
    def test_seeds(self, cls, seed, tmp_path):
        x, y = data_for(cls)
        first = quick(cls).set_params(random_state=seed).fit(x, y)
        second = quick(cls).set_params(random_state=np.uint64(seed)).fit(x, y)
        assert_same(outputs(first, x), outputs(second, x))
        first.save(tmp_path / "model")
        assert apus.load(tmp_path / "model").random_state == seed

    @pytest.mark.parametrize("cls", CLASSES, ids=class_name)
    @pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
    def test_generators(self, cls, make):
        x, y = data_for(cls)
        first = quick(cls).set_params(random_state=make(5)).fit(x, y)
        second = quick(cls).set_params(random_state=make(5)).fit(x, y)
        assert_same(outputs(first, x), outputs(second, x))
        generator = make(5)
        assert quick(cls).set_params(random_state=generator).fit(x, y).random_state is generator

    @pytest.mark.parametrize("cls", CLASSES, ids=class_name)
    @pytest.mark.parametrize("seed", [2**64, -1, 1.5, "seed"])
    def test_bad_seeds(self, cls, seed):
        x, y = data_for(cls)
        with pytest.raises((ValueError, TypeError), match="random_state"):
            quick(cls).set_params(random_state=seed).fit(x, y)


class TestWeights:
    X, Y = data_for(LinearRegression)

    def test_a_number_stands_for_every_row(self):
        expected = LinearRegression().fit(self.X, self.Y, sample_weight=np.full(len(self.X), 2.0))
        given = LinearRegression().fit(self.X, self.Y, sample_weight=2)
        np.testing.assert_array_equal(given.coef_, expected.coef_)

    def test_weights_count_rows(self):
        weights = np.arange(len(self.X)) % 3
        weighted = LinearRegression().fit(self.X, self.Y, weights)
        repeated = LinearRegression().fit(np.repeat(self.X, weights, axis=0), np.repeat(self.Y, weights))
        np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-10)
        assert weighted.score(self.X, self.Y, weights) == pytest.approx(
            weighted.score(np.repeat(self.X, weights, axis=0), np.repeat(self.Y, weights))
        )


class TestPositionalParameters:
    def test_as_in_scikit_learn(self):
        assert Ridge(2.0).alpha == 2.0
        with pytest.raises(TypeError, match="positional"):
            LinearRegression(False)
        with pytest.raises(TypeError, match="positional"):
            Ridge(2.0, True)

    def test_arrays_as_parameters(self):
        x, y = data_for(Ridge)
        targets = np.stack([y, y], axis=1)
        model = Ridge([0.5, 5.0]).fit(x, targets)
        np.testing.assert_allclose(model.coef_[0], Ridge(0.5).fit(x, y).coef_, rtol=1e-9)
        assert model.alpha == [0.5, 5.0]


class TestFitArguments:
    BOOSTERS = {
        "HistGradientBoostingClassifier",
        "HistGradientBoostingRegressor",
        "GradientBoostingClassifier",
        "GradientBoostingRegressor",
    }
    RANKER = {"HistGradientBoostingRanker"}
    #: Every argument of fit beside X, y and weights, and the classes that take it.
    TAKERS = {
        "group": RANKER,
        "validation_x": BOOSTERS | RANKER,
        "validation_y": BOOSTERS | RANKER,
        "validation_sample_weight": BOOSTERS,
        "validation_group": BOOSTERS | RANKER,
        "initial_score": BOOSTERS | RANKER,
        "objective": BOOSTERS | RANKER,
        "groups": {"LinearRegression", "LogisticRegression", "GLM"},
        "sigma": {"LinearRegression"},
        "offset": {"GLM"},
        "exposure": {"GLM"},
    }

    def test_the_list_is_complete(self):
        assert set(self.TAKERS) == {*_FIT_OPTIONS, "objective"}
        assert set().union(*self.TAKERS.values()) <= {cls.__name__ for cls in CLASSES}

    @every_class
    def test_what_a_class_does_not_take_is_refused(self, cls):
        x, y = data_for(cls)
        model = quick(cls).fit(x, y)
        before = outputs(model, x)
        for name, takers in self.TAKERS.items():
            if cls.__name__ not in takers:
                value = (lambda y, raw: (raw - y, np.ones_like(raw))) if name == "objective" else np.ones(len(x))
                with pytest.raises(ValueError, match=f"^{name}: is not an argument of {cls.__name__}'s fit"):
                    model.fit(x, y, **{name: value})
        assert_same(outputs(model, x), before)

    def test_unknown_fit_option(self):
        with pytest.raises(TypeError, match="unexpected keyword argument 'weights'"):
            Ridge().fit([[1.0], [2.0]], [1.0, 2.0], weights=[1.0, 1.0])
