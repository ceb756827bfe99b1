"""Apus estimators in scikit-learn's hands."""

import functools
import warnings

import numpy as np
import pytest
import sklearn.base
import sklearn.exceptions
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingRegressor, StackingRegressor, VotingClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks
from sklearn.utils.validation import check_is_fitted
from support import CLASSES, CLASSIFIERS, REGRESSORS, assert_same, class_name, data_for, outputs, quick

from apus.linear_model import LinearRegression, Ridge
from apus.tree import DecisionTreeClassifier, DecisionTreeRegressor

every_class = pytest.mark.parametrize("cls", CLASSES, ids=class_name)

#: Checks that scikit-learn runs on its own estimators only.
FURTHER_CHECKS = [
    "check_dataframe_column_names_consistency",
    "check_inplace_ensure_writeable",
]
TRANSFORMER_CHECKS = [
    "check_get_feature_names_out_error",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_global_output_transform_pandas",
]


#: Parameters with which scikit-learn runs the checks on its own estimator of that name: the inverse transform of KernelPCA
#: exists only when it was asked for.
CHECK_PARAMETERS = {"KernelPCA": {"fit_inverse_transform": True}}

#: Checks that must fail, and why. Documents of a query compete for its places, so that a document twice is another ranking
#: than one of twice the weight, which multiplies its gradients as in LightGBM.
EXPECTED_FAILURES = {
    "HistGradientBoostingRanker": {
        name: "weights multiply gradients, repeated documents take further places"
        for name in (
            "check_sample_weight_equivalence_on_dense_data",
            "check_sample_weight_equivalence_on_sparse_data",
        )
    }
}


@every_class
def test_check_estimator(cls):
    estimator = cls(**CHECK_PARAMETERS.get(cls.__name__, {}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = estimator_checks.check_estimator(estimator, on_fail=None, on_skip=None)
    expected = EXPECTED_FAILURES.get(cls.__name__, {})
    bad = [result for result in results if result["status"] != "passed" and result["check_name"] not in expected]
    assert not bad, "\n".join(f"{result['check_name']}: {result['exception']}" for result in bad)
    assert {result["check_name"] for result in results if result["status"] == "failed"} == set(expected)
    assert len(results) > 40


@every_class
def test_further_checks(cls):
    for name in FURTHER_CHECKS + (TRANSFORMER_CHECKS if hasattr(cls, "transform") else []):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            getattr(estimator_checks, name)(cls.__name__, quick(cls))


@every_class
def test_clone(cls):
    estimator = quick(cls).fit(*data_for(cls))
    twin = sklearn.base.clone(estimator)
    assert type(twin) is cls and twin.get_params() == estimator.get_params()
    with pytest.raises(sklearn.exceptions.NotFittedError):
        check_is_fitted(twin)
    check_is_fitted(estimator)


@every_class
def test_in_a_pipeline(cls):
    x, y = data_for(cls)
    alone, piped = quick(cls).fit(x, y), make_pipeline(quick(cls)).fit(x, y)
    expected = outputs(alone, x)
    # A pipeline hands on scikit-learn's own methods only.
    assert_same(outputs(piped, x), {name: value for name, value in expected.items() if hasattr(piped, name)})


@pytest.mark.parametrize("cls", REGRESSORS + CLASSIFIERS, ids=class_name)
def test_scores_are_those_of_scikit_learn(cls):
    x, y = data_for(cls)
    estimator = quick(cls).fit(x[:40], y[:40])
    predicted, weights = estimator.predict(x), np.arange(len(x)) % 4
    metric = sklearn.metrics.accuracy_score if cls in CLASSIFIERS else sklearn.metrics.r2_score
    powers = {"PoissonRegressor": 1, "GammaRegressor": 2}
    if cls.__name__ in powers:
        metric = functools.partial(sklearn.metrics.d2_tweedie_score, power=powers[cls.__name__])
    assert estimator.score(x, y) == pytest.approx(metric(y, predicted), rel=1e-12)
    expected = metric(y, predicted, sample_weight=weights)
    assert estimator.score(x, y, sample_weight=weights) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("cls", REGRESSORS + CLASSIFIERS, ids=class_name)
def test_cross_validation(cls):
    x, y = data_for(cls, rows=90)
    scores = cross_val_score(quick(cls), x, y, cv=3, n_jobs=2, error_score="raise")
    by_hand = [quick(cls).fit(x[train], y[train]).score(x[test], y[test]) for train, test in folds(cls, x, y)]
    np.testing.assert_array_equal(scores, by_hand)
    if hasattr(cls, "predict_proba"):
        assert cross_val_predict(quick(cls), x, y, cv=3, method="predict_proba").shape == (90, 2)


def folds(cls, x, y):
    return (StratifiedKFold(3) if cls in CLASSIFIERS else KFold(3)).split(x, y)


def test_grid_search():
    x, y = data_for(Ridge, rows=100)
    pipeline = make_pipeline(StandardScaler(), Ridge())
    search = GridSearchCV(pipeline, {"ridge__alpha": [0.01, 1.0, 100.0]}, cv=3).fit(x, y)
    assert search.best_params_ == {"ridge__alpha": 0.01}


def test_meta_estimators():
    x, y = data_for(LinearRegression, rows=100)
    assert BaggingRegressor(DecisionTreeRegressor(), 5, random_state=0).fit(x, y).score(x, y) > 0.9
    stack = StackingRegressor([("a", LinearRegression()), ("b", DecisionTreeRegressor())], Ridge())
    assert stack.fit(x, y).score(x, y) > 0.99
    assert TransformedTargetRegressor(LinearRegression(), func=np.exp, inverse_func=np.log).fit(x, y / 10)
    importance = permutation_importance(LinearRegression().fit(x, y), x, y, random_state=0).importances_mean
    assert np.argmax(importance) == 3
    x, y = data_for(DecisionTreeClassifier, rows=100)
    names = np.array(["no", "yes"])[y]
    vote = VotingClassifier([("a", DecisionTreeClassifier()), ("b", DecisionTreeClassifier(max_depth=2))])
    assert vote.fit(x, names).score(x, names) > 0.9
    three = np.array(["a", "b", "c"])[np.digitize(x[:, 0], [-0.5, 0.5])]
    assert OneVsRestClassifier(DecisionTreeClassifier()).fit(x, three).score(x, three) > 0.9


@pytest.mark.parametrize("cls", CLASSIFIERS + REGRESSORS, ids=class_name)
def test_kind_of_estimator(cls):
    assert sklearn.base.is_classifier(cls()) == (cls in CLASSIFIERS)
    assert sklearn.base.is_regressor(cls()) == (cls in REGRESSORS)
