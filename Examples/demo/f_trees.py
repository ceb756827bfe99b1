"""Penguins by trees and forests: a printed tree, its picture, importances three ways, isolation of odd birds"""

import time

import matplotlib.pyplot as plt
import numpy as np
from tables import penguins

from apus.ensemble import AdaBoostClassifier, IsolationForest, RandomForestClassifier
from apus.inspection import permutation_importance
from apus.tree import DecisionTreeClassifier, export_svg, export_text


def run(output):
    names, x, species = penguins()
    order = np.random.default_rng(0).permutation(len(x))
    train, test = order[:240], order[240:]

    categories = [names.index("island"), names.index("sex")]
    tree = DecisionTreeClassifier(max_depth=3, categorical_features=categories).fit(x[train], species[train])
    print("islands: 0 Biscoe, 1 Dream, 2 Torgersen; sex: 0 female, 1 male")
    print(export_text(tree, feature_names=names))
    export_svg(tree, output / "penguin-tree.svg", feature_names=names)
    path = DecisionTreeClassifier().cost_complexity_pruning_path(x[train], species[train])
    print(f"pruning path: {len(path.ccp_alphas)} trees, alphas up to {path.ccp_alphas[-1]:.3f}")

    start = time.perf_counter()
    forest = RandomForestClassifier(200, categorical_features=categories, oob_score=True, random_state=0)
    forest.fit(x[train], species[train])
    elapsed = time.perf_counter() - start
    boosted = AdaBoostClassifier(n_estimators=60).fit(np.nan_to_num(x[train], nan=-1), species[train])
    accuracy = boosted.score(np.nan_to_num(x[test], nan=-1), species[test])
    print(
        f"accuracy on 104 birds: tree {tree.score(x[test], species[test]):.3f}, forest "
        f"{forest.score(x[test], species[test]):.3f} (out of bag {forest.oob_score_:.3f}, {elapsed * 1e3:.0f} ms), "
        f"AdaBoost {accuracy:.3f} (missing values as -1, which trees and forests do not need)"
    )

    shuffled = permutation_importance(forest, x[test], species[test], n_repeats=20, random_state=0)
    shap = forest.shap_values(x[test])
    expected = forest.shap_expected_value()
    gap = np.abs(expected + shap.sum(axis=1) - forest.predict_proba(x[test])).max()
    print(f"SHAP values add up to the predicted probabilities within {gap:.1e}")
    print(f"{'':<18} {'impurity':>9} {'shuffled':>9} {'mean |SHAP|':>12}")
    strength = np.abs(shap).mean(axis=(0, 2))
    for row in zip(names, forest.feature_importances_, shuffled.importances_mean, strength):
        print(f"{row[0]:<18} {row[1]:>9.3f} {row[2]:>9.3f} {row[3]:>12.4f}")

    complete = ~np.isnan(x).any(axis=1)
    scores = IsolationForest(random_state=0).fit(x[complete][:, 1:5]).score_samples(x[complete][:, 1:5])
    odd = np.flatnonzero(complete)[np.argmin(scores)]
    print(f"oddest bird: row {odd}, {species[odd]}, " + ", ".join(f"{n} {v:g}" for n, v in zip(names[1:5], x[odd, 1:5])))

    _picture(output, names, forest, shuffled, shap, x[test])


def _picture(output, names, forest, shuffled, shap, x):
    figure, (bars, dots) = plt.subplots(1, 2, figsize=(12, 4.2))
    places = np.arange(len(names))
    bars.barh(places + 0.2, forest.feature_importances_, 0.38, label="impurity decrease")
    bars.barh(places - 0.2, shuffled.importances_mean, 0.38, xerr=shuffled.importances_std, label="fall of accuracy when shuffled, ± 1 deviation")
    bars.set_yticks(places, names)
    bars.legend(loc="upper right")
    bars.set_xlabel("share of the decrease; fall of accuracy")
    bars.set_title("random forest: importance of the features")
    third = list(forest.classes_).index("Gentoo")
    jitter = np.random.default_rng(1).uniform(-0.25, 0.25, len(x))
    for place in places:
        values = x[:, place]
        span = np.nanmax(values) - np.nanmin(values)
        colours = dots.scatter(shap[:, place, third], place + jitter, c=(values - np.nanmin(values)) / span, cmap="viridis", s=9)
    dots.axvline(0, color="grey", lw=0.8)
    dots.set_yticks(places, names)
    dots.set_xlabel("contribution to the probability of a Gentoo")
    dots.set_title("SHAP values of 104 birds")
    figure.colorbar(colours, ax=dots, ticks=[0, 1], label="feature's value").ax.set_yticklabels(["lowest", "highest"])
    figure.tight_layout()
    figure.savefig(output / "penguin-importances.png", dpi=120)
    plt.close(figure)
