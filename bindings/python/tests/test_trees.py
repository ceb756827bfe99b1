"""Trees and forests in Python: arrays, text and pictures, explanations, stages, and scikit-learn's answers to the same."""

import copy
import itertools
import pickle
import re
import xml.etree.ElementTree

import numpy as np
import pytest
import sklearn.ensemble
import sklearn.linear_model
import sklearn.tree
from sklearn.datasets import load_diabetes, load_iris

import apus
from apus.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from apus.inspection import permutation_importance
from apus.linear_model import Ridge
from apus.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    Tree,
    export_graphviz,
    export_svg,
    export_text,
)

IRIS = load_iris()
DIABETES = load_diabetes()


@pytest.mark.parametrize("options", [{}, {"show_weights": True}, {"max_depth": 1}, {"decimals": 4, "spacing": 5}])
def test_export_text_is_that_of_scikit_learn(options):
    x = IRIS.data.astype(np.float32)
    parameters = {"max_depth": 3, "random_state": 0}
    # Petal length and width alone leave no ties.
    ours = DecisionTreeClassifier(**parameters).fit(x[:, 2:3], IRIS.target)
    peer = sklearn.tree.DecisionTreeClassifier(**parameters).fit(x[:, 2:3], IRIS.target)
    assert export_text(ours, **options) == sklearn.tree.export_text(peer, **options)
    names = ["length"]
    expected = sklearn.tree.export_text(peer, feature_names=names, class_names=IRIS.target_names, **options)
    assert export_text(ours, feature_names=names, class_names=IRIS.target_names, **options) == expected
    ours = DecisionTreeRegressor(**parameters).fit(DIABETES.data[:, 2:3].astype(np.float32), DIABETES.target)
    peer = sklearn.tree.DecisionTreeRegressor(**parameters).fit(DIABETES.data[:, 2:3], DIABETES.target)
    options.pop("show_weights", None)
    assert export_text(ours, **options) == sklearn.tree.export_text(peer, **options)


def test_string_labels_name_the_classes():
    labels = IRIS.target_names[IRIS.target]
    text = export_text(DecisionTreeClassifier(max_depth=2).fit(IRIS.data, labels))
    assert "class: setosa" in text and "class: virginica" in text


def test_graph_and_picture(tmp_path):
    tree = DecisionTreeClassifier(max_depth=3).fit(IRIS.data, IRIS.target)
    dot = export_graphviz(tree, feature_names=IRIS.feature_names)
    assert len(re.findall(r"^\d+ \[label=", dot, re.M)) == tree.tree_.node_count
    assert len(re.findall(r"^\d+ -> \d+", dot, re.M)) == tree.tree_.node_count - 1
    picture = tmp_path / "tree.svg"
    assert export_svg(tree, picture, feature_names=["a<b", "c&d", 'e"f', "g"]) is None
    root = xml.etree.ElementTree.parse(picture).getroot()
    assert sum(element.tag.endswith("rect") for element in root) == tree.tree_.node_count
    forest = RandomForestClassifier(3).fit(IRIS.data, IRIS.target)
    assert export_graphviz(forest, tree=2) != export_graphviz(forest, tree=0)
    for wrong in ({"tree": 3}, {"feature_names": ["a"]}, {"max_depth": -1}, {"decimals": 99}):
        with pytest.raises(ValueError):
            export_graphviz(forest, **wrong)
    boosted = HistGradientBoostingRegressor(max_iter=2).fit(DIABETES.data, DIABETES.target)
    assert "value" in export_text(boosted, tree=1)


def _by_depth(tree):
    """Nodes of a tree as sorted tuples, whatever their order."""
    fields = ("feature", "impurity", "n_node_samples", "weighted_n_node_samples")
    columns = [np.round(getattr(tree, field), 9) for field in fields]
    return sorted(zip(*columns, np.round(tree.value[:, 0, 0], 9)))


def test_arrays_of_a_tree_are_those_of_scikit_learn():
    x = DIABETES.data[:, 2:3].astype(np.float32)
    ours = DecisionTreeRegressor(min_samples_leaf=5).fit(x, DIABETES.target)
    peer = sklearn.tree.DecisionTreeRegressor(min_samples_leaf=5).fit(x, DIABETES.target)
    tree, other = ours.tree_, peer.tree_
    assert isinstance(tree, Tree)
    assert (tree.node_count, tree.max_depth, tree.n_leaves) == (other.node_count, other.max_depth, other.n_leaves)
    assert tree.value.shape == other.value.shape and tree.n_features == 1
    np.testing.assert_allclose(_by_depth(tree), _by_depth(other), rtol=1e-7)
    inner = tree.children_left >= 0
    np.testing.assert_array_equal(tree.children_right[inner], tree.children_left[inner] + 1)
    np.testing.assert_allclose(np.sort(tree.threshold[inner]), np.sort(other.threshold[other.feature >= 0]))
    assert (tree.feature[~inner] == -2).all()
    assert (ours.get_depth(), ours.get_n_leaves()) == (peer.get_depth(), peer.get_n_leaves())
    forest = RandomForestClassifier(4).fit(IRIS.data, IRIS.target)
    assert [t.node_count for t in forest.trees_] == np.diff(forest.tree_offsets_).tolist()
    assert forest.trees_[0].value.shape[1:] == (1, 3)


def test_pruning_path_is_that_of_scikit_learn():
    x = DIABETES.data[:, 2:3].astype(np.float32)
    ours = DecisionTreeRegressor(max_depth=5).cost_complexity_pruning_path(x, DIABETES.target)
    peer = sklearn.tree.DecisionTreeRegressor(max_depth=5).cost_complexity_pruning_path(x, DIABETES.target)
    np.testing.assert_allclose(ours.ccp_alphas, peer.ccp_alphas, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(ours.impurities, peer.impurities, rtol=1e-9)


def test_decision_paths():
    tree = DecisionTreeClassifier().fit(IRIS.data, IRIS.target)
    paths = tree.decision_path(IRIS.data)
    leaves = tree.apply(IRIS.data).copy()
    assert paths.shape == (150, tree.tree_.node_count)
    assert (paths[np.arange(150), leaves] == 1).all() and (paths[:, 0].toarray() == 1).all()
    for row in (0, 70, 149):
        node = 0
        for step in paths[row].indices[1:]:
            goes_left = IRIS.data[row, tree.tree_.feature[node]] <= tree.tree_.threshold[node]
            node = tree.tree_.children_left[node] + (not goes_left)
            assert node == step
    forest = RandomForestClassifier(3).fit(IRIS.data, IRIS.target)
    paths, starts = forest.decision_path(IRIS.data)
    np.testing.assert_array_equal(paths.toarray(), forest._operate("decision_path", IRIS.data))
    assert paths.has_sorted_indices
    assert paths.shape[1] == starts[-1] and len(starts) == 4


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeRegressor(), RandomForestClassifier(8), ExtraTreesRegressor(8),
        HistGradientBoostingClassifier(max_iter=5), HistGradientBoostingRegressor(max_iter=20),
    ],
    ids=lambda model: type(model).__name__,
)  # fmt: skip
@pytest.mark.parametrize("background", [False, True])
def test_shapley_values_add_up(model, background):
    data = IRIS if model._kind.is_classifier else DIABETES
    model.fit(data.data, data.target)
    x = data.data[::15]
    given = {"background": data.data[:20]} if background else {}
    values, expected = model.shap_values(x, **given), model.shap_expected_value(**given)
    pairs = model.shap_interaction_values(x, **given)
    raw = model.decision_function(x) if hasattr(model, "decision_function") else None
    if raw is None:
        raw = model.predict_proba(x) if hasattr(model, "predict_proba") else model.predict(x)
        if type(model).__name__.startswith("Hist"):
            raw = model.predict(x)
    np.testing.assert_allclose(expected + values.sum(axis=1), raw, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(pairs.sum(axis=2), values, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(pairs, pairs.swapaxes(1, 2), rtol=1e-12)
    one = np.concatenate([model.shap_values(row[None], **given) for row in x])
    np.testing.assert_array_equal(one, values)
    with pytest.raises(ValueError):
        model.shap_values(x[:, :2])
    with pytest.raises(ValueError):
        model.shap_values(x, background=x[:, :2])


def test_permutation_importance():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    y = 3 * x[:, 1] + x[:, 3]
    for model in (Ridge(), RandomForestRegressor(20)):
        found = permutation_importance(model.fit(x, y), x, y, n_repeats=6, random_state=1)
        assert found.importances.shape == (4, 6)
        assert np.argsort(found.importances_mean)[-2:].tolist() == [3, 1]
    expected = 2 * np.array([0, 9, 0, 1]) / 10
    linear = permutation_importance(Ridge(alpha=1e-6).fit(x, y), x, y, n_repeats=50)
    np.testing.assert_allclose(linear.importances_mean, expected, atol=0.15)
    np.testing.assert_allclose(linear.importances_std, linear.importances.std(axis=1))

    def loss(model, features, target):
        return -np.abs(model.predict(features) - target).mean()

    assert permutation_importance(Ridge().fit(x, y), x, y, scoring=loss).importances_mean.argmax() == 1
    with pytest.raises(ValueError):
        permutation_importance(Ridge().fit(x, y), x, y, n_repeats=0)
    with pytest.raises(ValueError):
        permutation_importance(Ridge().fit(x, y), x[:10], y)
    names = np.array(["no", "yes"])[(y > 0).astype(int)]
    assert permutation_importance(DecisionTreeClassifier().fit(x, names), x, names).importances_mean.argmax() == 1


def test_quantiles_of_a_forest():
    rng = np.random.default_rng(1)
    x = rng.uniform(-2, 2, size=(3000, 1))
    y = x[:, 0] + (0.2 + np.abs(x[:, 0])) * rng.normal(size=3000)
    forest = RandomForestRegressor(100, min_samples_leaf=40, keep_targets=True).fit(x, y)
    probe = np.array([[-1.5], [0.0], [1.5]])
    low, middle, high = forest.predict_quantiles(probe, quantiles=[0.1, 0.5, 0.9]).T
    spread = 0.2 + np.abs(probe[:, 0])
    np.testing.assert_allclose(low, probe[:, 0] - 1.2816 * spread, atol=0.5)
    np.testing.assert_allclose(middle, probe[:, 0], atol=0.35)
    np.testing.assert_allclose(high, probe[:, 0] + 1.2816 * spread, atol=0.5)
    inside = forest.predict_quantiles(x, quantiles=[0.05, 0.95])
    assert 0.86 < np.mean((y >= inside[:, 0]) & (y <= inside[:, 1])) < 0.94
    assert forest.predict_quantiles(probe, quantiles=0.5).shape == (3, 1)
    for wrong in (0.0, 1.5, [0.5, np.nan]):
        with pytest.raises(ValueError):
            forest.predict_quantiles(probe, quantiles=wrong)


def test_proximity():
    forest = RandomForestClassifier(30).fit(IRIS.data, IRIS.target)
    near = forest.proximity(IRIS.data)
    assert near.shape == (150, 150) and (np.diag(near) == 1).all()
    assert near[:50, :50].mean() > 0.9 > 0.1 > near[:50, 50:].mean()
    np.testing.assert_array_equal(forest.proximity(IRIS.data[:5], other=IRIS.data), near[:5])


@pytest.mark.parametrize("cls", [AdaBoostClassifier, HistGradientBoostingClassifier])
def test_stages_of_classifiers(cls):
    names = IRIS.target_names[IRIS.target]
    model = (cls(n_estimators=12) if cls is AdaBoostClassifier else cls(max_iter=12)).fit(IRIS.data, names)
    stages = list(model.staged_predict(IRIS.data))
    np.testing.assert_array_equal(stages[-1], model.predict(IRIS.data))
    assert next(model.staged_predict(IRIS.data)).shape == (150,)
    scores = list(model.staged_score(IRIS.data, names))
    assert len(scores) == len(stages) and scores[-1] == pytest.approx(model.score(IRIS.data, names))
    *_, last = model.staged_decision_function(IRIS.data)
    np.testing.assert_array_equal(last, model.decision_function(IRIS.data))


def test_adaboost_is_that_of_scikit_learn():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 5)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] * x[:, 2] + 0.5 * rng.normal(size=400) > 0).astype(int)
    ours = AdaBoostClassifier(n_estimators=30).fit(x, y)
    peer = sklearn.ensemble.AdaBoostClassifier(n_estimators=30).fit(x, y)
    np.testing.assert_allclose(ours.estimator_weights_, peer.estimator_weights_, rtol=1e-9)
    np.testing.assert_allclose(ours.estimator_errors_, peer.estimator_errors_, rtol=1e-9)
    np.testing.assert_allclose(ours.decision_function(x), peer.decision_function(x), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.predict_proba(x), peer.predict_proba(x), rtol=1e-9)
    np.testing.assert_allclose(ours.feature_importances_, peer.feature_importances_, rtol=1e-6, atol=1e-9)


def test_any_estimator_can_be_boosted_and_bagged(tmp_path):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 4))
    y = x @ [1.0, 2, 0, -1] + 0.1 * rng.normal(size=200)
    for model in (
        AdaBoostRegressor(Ridge(), n_estimators=5), BaggingRegressor(Ridge(alpha=0.5), n_estimators=6, oob_score=True),
        AdaBoostRegressor(DecisionTreeRegressor(max_depth=5), n_estimators=10, loss="square"),
        BaggingRegressor(max_features=0.5),
    ):  # fmt: skip
        model.fit(x, y)
        assert model.score(x, y) > 0.8
        model.save(tmp_path / "model")
        np.testing.assert_array_equal(apus.load(tmp_path / "model").predict(x), model.predict(x))
    words = np.array(["down", "up"])[(y > 0).astype(int)]
    for model in (
        AdaBoostClassifier(DecisionTreeClassifier(max_depth=3), n_estimators=10),
        BaggingClassifier(AdaBoostClassifier(n_estimators=5), n_estimators=4),
    ):
        assert model.fit(x, words).score(x, words) > 0.9
        model.save(tmp_path / "model")
        np.testing.assert_array_equal(apus.load(tmp_path / "model").predict(x), model.predict(x))
    assert model.get_params()["estimator__n_estimators"] == 5
    with pytest.raises(ValueError, match="not a classifier"):
        BaggingClassifier(Ridge()).fit(x, words)


def test_isolation_forest_finds_what_scikit_learn_finds():
    rng = np.random.default_rng(4)
    x = np.vstack([rng.normal(size=(950, 3)), rng.uniform(-8, 8, size=(50, 3))])
    ours = IsolationForest(contamination=0.05, random_state=0).fit(x)
    peer = sklearn.ensemble.IsolationForest(contamination=0.05, random_state=0).fit(x)
    assert (ours.predict(x) == -1).sum() == 50
    assert np.corrcoef(ours.score_samples(x), peer.score_samples(x))[0, 1] > 0.97
    assert abs(ours.offset_ - peer.offset_) < 0.02
    np.testing.assert_array_equal(ours.fit_predict(x), ours.predict(x))
    np.testing.assert_allclose(ours.decision_function(x), ours.score_samples(x) - ours.offset_)


def test_results_do_not_depend_on_threads():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(500, 6)), rng.integers(0, 3, size=500)
    before, found = apus.get_num_threads(), []
    try:
        for threads in (1, 2, 3, 8):
            apus.set_num_threads(threads)
            boosted = AdaBoostClassifier(n_estimators=20).fit(x, y)
            forest = RandomForestClassifier(5, max_features=None).fit(x, y)
            scores = IsolationForest().fit(x).score_samples(x)
            found.append([boosted.decision_function(x), forest.predict_proba(x), forest.shap_values(x[:9]), scores])
    finally:
        apus.set_num_threads(before)
    for first, other in itertools.product(found[:1], found[1:]):
        for a, b in zip(first, other):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("cls", [DecisionTreeRegressor, RandomForestClassifier, ExtraTreesRegressor])
def test_sparse_features_give_the_trees_of_dense_ones(cls):
    sparse = pytest.importorskip("scipy.sparse")
    rng = np.random.default_rng(6)
    x = rng.integers(-2, 3, size=(300, 12)) * (rng.uniform(size=(300, 12)) < 0.3).astype(float)
    y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int) + (x[:, 3] > 0)
    model = cls(random_state=1)
    dense = model.fit(x, y).predict(x)
    assert model.n_leaves_ > 10
    np.testing.assert_array_equal(model.fit(sparse.csr_matrix(x), y).predict(x), dense)
    np.testing.assert_array_equal(model.predict(sparse.csr_matrix(x)), dense)
    np.testing.assert_array_equal(model.shap_values(sparse.csr_matrix(x[:9])), model.shap_values(x[:9]))


@pytest.mark.parametrize(
    "model", [AdaBoostClassifier(), AdaBoostRegressor(), BaggingClassifier(), BaggingRegressor(), IsolationForest()]
)
def test_ensembles_on_sparse_features_are_those_on_dense_ones(model):
    sparse = pytest.importorskip("scipy.sparse")
    rng = np.random.default_rng(9)
    x = rng.integers(-2, 3, size=(200, 12)) * (rng.uniform(size=(200, 12)) < 0.3).astype(float)
    y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int) + (x[:, 3] > 0)
    dense = model.fit(x, y).predict(x)
    np.testing.assert_array_equal(model.fit(sparse.csc_matrix(x), y).predict(sparse.csr_matrix(x)), dense)
    if hasattr(model, "staged_predict"):
        for given, expected in zip(model.staged_predict(sparse.csr_matrix(x)), model.staged_predict(x), strict=True):
            np.testing.assert_array_equal(given, expected)


def test_missing_values_in_ensembles():
    rng = np.random.default_rng(10)
    x = rng.normal(size=(300, 3))
    y = x[:, 0] > 0
    x[rng.uniform(size=x.shape) < 0.1] = np.nan
    x[7] = [40, -40, 40]
    scores = IsolationForest().fit(x).score_samples(x)
    peer = sklearn.ensemble.IsolationForest(random_state=0).fit(x).score_samples(x)
    assert scores.argmin() == peer.argmin() == 7
    assert np.corrcoef(scores, peer)[0, 1] > 0.9
    assert BaggingClassifier().fit(x, y).score(x, y) > 0.9
    with pytest.raises(ValueError, match="X: contains NaN, first at row"):
        BaggingRegressor(Ridge()).fit(x, y)


def test_categorical_features():
    rng = np.random.default_rng(7)
    city, noise = rng.integers(0, 40, size=600), rng.normal(size=600)
    effect = rng.permutation(40) % 2
    x, y = np.column_stack([city, noise]), effect[city]
    tree = DecisionTreeClassifier(categorical_features=[0]).fit(x, y)
    assert (tree.get_depth(), tree.score(x, y)) == (1, 1.0)
    np.testing.assert_array_equal(
        DecisionTreeClassifier(categorical_features=np.array([True, False])).fit(x, y).predict(x), y
    )
    assert "feature_0 in {" in export_text(tree)
    for wrong in ([2], [-1], [True]):
        with pytest.raises(ValueError):
            DecisionTreeClassifier(categorical_features=np.array(wrong)).fit(x, y)
    with pytest.raises(ValueError, match="categorical"):
        DecisionTreeClassifier(categorical_features=[1]).fit(x, y)


def labelled_frame(rows=400):
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(3)
    city = pandas.Categorical(rng.choice(["oslo", "rome", "bonn"], rows), categories=["rome", "oslo", "bonn", "lima"])
    frame = pandas.DataFrame({"size": rng.normal(size=rows), "city": city, "word": rng.choice(["a", "b"], rows)})
    return frame, ((city == "oslo") ^ (frame["word"] == "b")).to_numpy().astype(int)


def test_columns_of_categories(tmp_path):
    frame, y = labelled_frame()
    both = frame.assign(word=frame["word"].astype("category"))
    models = [
        HistGradientBoostingClassifier(min_samples_leaf=5).fit(both, y),
        HistGradientBoostingClassifier(min_samples_leaf=5, categorical_features=["city", "word"]).fit(frame, y),
        HistGradientBoostingClassifier(min_samples_leaf=5, categorical_features=[1, 2]).fit(frame, y),
        HistGradientBoostingClassifier(min_samples_leaf=5, categorical_features=[False, True, True]).fit(frame, y),
        RandomForestClassifier(20, categorical_features="from_dtype", random_state=0).fit(both, y),
        DecisionTreeClassifier(categorical_features=["word", "city"]).fit(frame, y),
    ]
    for model in models:
        assert model.score(both, y) == 1.0
        np.testing.assert_array_equal(model.predict(frame.iloc[::-1]), y[::-1])
        assert list(model.feature_names_in_) == ["size", "city", "word"]
    # Numbers of categories are those of their order: listed by the type, else sorted.
    codes = np.column_stack([frame["size"], frame["city"].cat.codes, frame["word"] == "b"]).astype(float)
    with pytest.warns(UserWarning, match="feature names"):
        np.testing.assert_array_equal(models[0].predict_proba(codes), models[0].predict_proba(both))
    # What fit has not seen goes the way of missing values.
    strange = frame.assign(word="z", city="lima")
    missing = frame.assign(word=None, city=None)
    np.testing.assert_array_equal(models[1].predict_proba(strange.assign(city=None)), models[1].predict_proba(missing))
    models[1].save(tmp_path / "model.apus")
    for again in (apus.load(tmp_path / "model.apus"), pickle.loads(pickle.dumps(models[1])), copy.deepcopy(models[1])):
        np.testing.assert_array_equal(again.predict_proba(strange), models[1].predict_proba(strange))
    held = HistGradientBoostingClassifier(max_iter=20, min_samples_leaf=5, eval_metric=["accuracy", "auc"])
    held.fit(both, y, X_val=both, y_val=y)
    np.testing.assert_array_equal(held.train_metrics_, held.validation_metrics_)
    with pytest.raises(ValueError, match="'town' is not a column of X"):
        DecisionTreeClassifier(categorical_features=["town"]).fit(frame, y)
    with pytest.raises(ValueError, match="need a data frame"):
        DecisionTreeClassifier(categorical_features=["town"]).fit(codes, y)


@pytest.mark.parametrize("cls", [RandomForestClassifier, ExtraTreesClassifier, RandomForestRegressor, ExtraTreesRegressor])
def test_members_of_a_forest(cls):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    y = (x[:, 0] + x[:, 1] > 0).astype(int) + (x[:, 2] > 1)
    forest = cls(n_estimators=7, random_state=0, n_jobs=-1, verbose=0).fit(x, np.array(["u", "v", "w"])[y] if "Cl" in cls.__name__ else y)
    members = forest.estimators_
    assert len(members) == 7
    assert {type(member).__name__ for member in members} == {cls.__name__.replace("RandomForest", "DecisionTree").replace("Trees", "Tree")}
    method = "predict_proba" if "Cl" in cls.__name__ else "predict"
    mean = np.mean([getattr(member, method)(x) for member in members], axis=0)
    np.testing.assert_allclose(mean, getattr(forest, method)(x), rtol=1e-12)
    assert sum(member.tree_.node_count for member in members) == forest.tree_offsets_[-1]
    with pytest.raises(AttributeError, match="not fitted"):
        cls().estimators_


def test_members_of_a_bagging():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(150, 5))
    y = x @ [1, 2, 0, 0, -1] + rng.normal(size=150)
    model = BaggingRegressor(Ridge(), n_estimators=4, max_features=3, max_samples=None).fit(x, y)
    each = [member.predict(x[:, used]) for member, used in zip(model.estimators_, model.estimators_features_)]
    np.testing.assert_allclose(np.mean(each, axis=0), model.predict(x), rtol=1e-12)


def test_isolation_forest_goes_on():
    x = np.random.default_rng(2).normal(size=(300, 3))
    whole = IsolationForest(n_estimators=30, random_state=1, n_jobs=2).fit(x)
    model = IsolationForest(n_estimators=10, random_state=1, warm_start=True).fit(x)
    model.set_params(n_estimators=30).fit(x)
    np.testing.assert_array_equal(model.score_samples(x), whole.score_samples(x))
    before = model.score_samples(x)
    with pytest.raises(ValueError, match="n_estimators: 5 is less than the 30 trees"):
        model.set_params(n_estimators=5).fit(x)
    with pytest.raises(ValueError, match="max_samples: 10 rows per tree, the earlier fit"):
        model.set_params(n_estimators=40, max_samples=10).fit(x)
    np.testing.assert_array_equal(model.score_samples(x), before)


def test_importances_by_scorer():
    x, y = load_diabetes(return_X_y=True)
    model = Ridge().fit(x, y)
    peer = sklearn.linear_model.Ridge().fit(x, y)
    named = permutation_importance(model, x, y, scoring="neg_mean_absolute_error", n_jobs=2, random_state=0)
    other = permutation_importance(peer, x, y, scoring="neg_mean_absolute_error", random_state=0)
    np.testing.assert_allclose(named["importances_mean"], other.importances_mean, rtol=1e-7)
    own = permutation_importance(peer, x, y, random_state=0, max_samples=0.5)
    assert own.importances.shape == (10, 5)
    assert own.importances_mean.argmax() == named.importances_mean.argmax()
    with pytest.raises(ValueError, match="max_samples: 2.0"):
        permutation_importance(model, x, y, max_samples=2.0)
    frame, labels = labelled_frame()
    both = frame.assign(word=frame["word"].astype("category"))
    forest = RandomForestClassifier(10, categorical_features="from_dtype", random_state=0).fit(both, labels)
    falls = permutation_importance(forest, both, labels, scoring="accuracy", random_state=0).importances_mean
    assert falls[0] < 0.1 < min(falls[1:])


@pytest.mark.parametrize("kind", [RandomForestClassifier, HistGradientBoostingClassifier])
@pytest.mark.parametrize("names", [("no", "yes"), (3, 7)])
def test_warm_start_keeps_its_classes(kind, names):
    x, y = load_iris(return_X_y=True)
    x, y = x[:100], y[:100]
    count = "n_estimators" if kind is RandomForestClassifier else "max_iter"
    model = kind(warm_start=True, **{count: 3}).fit(x, np.array(names)[y])
    before = model.predict_proba(x)
    model.set_params(**{count: 5})
    with pytest.raises(ValueError, match="class"):
        model.fit(x, np.array([names[0], names[1] * 2])[y])
    assert model.predict_proba(x).tobytes() == before.tobytes()
    assert model.fit(x, np.array(names)[y]).predict(x)[0] == names[0]


def test_class_weights_of_samples_and_of_several_outputs():
    rng = np.random.default_rng(5)
    x = rng.standard_normal((400, 4))
    y = (x[:, 0] + rng.standard_normal(400) > 1.2).astype(int)
    plain = RandomForestClassifier(60, min_samples_leaf=20).fit(x, y)
    balanced = RandomForestClassifier(60, min_samples_leaf=20, class_weight="balanced_subsample").fit(x, y)
    peer = sklearn.ensemble.RandomForestClassifier(
        60, min_samples_leaf=20, class_weight="balanced_subsample", random_state=0
    ).fit(x, y)
    share = [np.mean(model.predict_proba(x)[:, 1]) for model in (plain, balanced, peer)]
    assert share[0] < 0.3 < share[1] and abs(share[1] - share[2]) < 0.02
    # Without draws every tree sees all rows.
    whole = ExtraTreesClassifier(5, class_weight="balanced_subsample").fit(x, y)
    assert whole.predict_proba(x).tobytes() == ExtraTreesClassifier(5, class_weight="balanced").fit(x, y).predict_proba(x).tobytes()
    both = np.column_stack([y, x[:, 1] > 0])
    weights = [{0: 1.0, 1: 5.0}, {0: 3.0, 1: 1.0}]
    ours = DecisionTreeClassifier(max_depth=2, class_weight=weights).fit(x, both)
    theirs = sklearn.tree.DecisionTreeClassifier(max_depth=2, class_weight=weights).fit(x, both)
    for a, b in zip(ours.predict_proba(x), theirs.predict_proba(x)):
        np.testing.assert_allclose(a, b, atol=1e-12)
    with pytest.raises(ValueError, match="class_weight"):
        DecisionTreeClassifier(class_weight=weights[:1]).fit(x, both)
    with pytest.raises(ValueError, match="class_weight"):
        DecisionTreeClassifier(class_weight="balanced_subsample").fit(x, y)
