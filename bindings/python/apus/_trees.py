"""Fitted trees as Python sees them: the arrays of `tree_`, pruning paths, and paths of rows."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

#: Attributes of a kind that are arrays over the nodes of all its trees.
_NODE_ARRAYS = (
    "children_left",
    "children_right",
    "feature",
    "threshold",
    "impurity",
    "n_node_samples",
    "weighted_n_node_samples",
    "missing_go_to_left",
)


#: Leaves whose paths are followed at a time.
_PATH_CELLS = 1 << 18


class Tree:
    """One tree of a fitted model as parallel arrays over its nodes, named as in scikit-learn's ``tree_``.

    Node 0 is the root, and nodes are in order of depth. Leaves have -1 as children and -2 as feature and threshold.

    Attributes
    ----------
    node_count : int
    max_depth : int
    n_leaves : int
    n_features : int
    children_left, children_right, feature, threshold, impurity, n_node_samples, weighted_n_node_samples, \
missing_go_to_left : ndarray of shape (node_count,)
    value : ndarray of shape (node_count, n_outputs, n_values)
    """

    def __init__(self, model, index: int = 0):
        offsets = model.attribute("tree_offsets_")
        if not 0 <= index < len(offsets) - 1:
            raise IndexError(f"tree: {index} is not in 0...{len(offsets) - 2}")
        nodes = slice(offsets[index], offsets[index + 1])
        for name in _NODE_ARRAYS:
            setattr(self, name, model.attribute(f"tree_{name}_")[nodes])
        values = model.attribute("tree_value_")[nodes]
        classes = model.attribute("n_classes_") if _has(model, "n_classes_") else None
        outputs = 1 if classes is None or isinstance(classes, int) else len(classes)
        if classes is None and _has(model, "n_outputs_"):
            outputs = model.attribute("n_outputs_")
        equal = classes is None or isinstance(classes, int) or len(set(classes)) == 1
        self.value = values.reshape(len(values), outputs, -1) if equal else values[:, None, :]
        self.node_count = len(values)
        self.n_features = model.feature_count
        self.n_outputs = outputs
        self.n_leaves = int(np.count_nonzero(self.children_left < 0))
        self.max_depth = self._depth()

    def _depth(self) -> int:
        level, depth = np.array([0]), 0
        while True:
            inner = level[self.children_left[level] >= 0]
            if not len(inner):
                return depth
            level = np.concatenate([self.children_left[inner], self.children_right[inner]])
            depth += 1

    def __repr__(self) -> str:
        return f"Tree(node_count={self.node_count}, max_depth={self.max_depth}, n_leaves={self.n_leaves})"


def _has(model, name: str) -> bool:
    return any(attribute.name == name for attribute in model.kind.attributes)


class _FittedTrees:
    """An attribute made of the fitted model's trees."""

    _name: str

    def __get__(self, estimator, owner=None):
        if estimator is None:
            return self
        if estimator._model is None:
            raise AttributeError(
                f"{type(estimator).__name__!r} object has no attribute {self._name!r}: it is not fitted yet; call fit first"
            )
        return self._of(estimator._model)


class TreeAttribute(_FittedTrees):
    """The fitted tree as arrays over its nodes: a :class:`apus.tree.Tree`."""

    _name = "tree_"

    @staticmethod
    def _of(model) -> Tree:
        return Tree(model)


class TreeList(_FittedTrees):
    """The fitted trees in order, each a :class:`apus.tree.Tree`."""

    _name = "trees_"

    @staticmethod
    def _of(model) -> list[Tree]:
        return [Tree(model, index) for index in range(len(model.attribute("tree_offsets_")) - 1)]


def decision_path(self, X):
    """Which nodes every row of X passes: a CSR matrix of shape (n_samples, n_nodes); for ensembles a pair of the matrix
    over all trees' nodes and the first node of every tree (and the number of nodes)."""
    from scipy.sparse import csr_matrix

    model = self._required_model()
    offsets = model.attribute("tree_offsets_")
    leaves = np.asarray(self._operate("apply", X), dtype=np.int64).reshape(-1, len(offsets) - 1) + offsets[:-1]
    parents = _parents(model, offsets)
    counts, columns = [np.zeros(1, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    block = max(1, _PATH_CELLS // leaves.shape[1])
    for start in range(0, len(leaves), block):
        levels = [leaves[start : start + block]]
        while (above := parents[levels[-1]]).max() >= 0:
            levels.append(above)
        # From the root down; -1 stays -1 above the root, as its parent is.
        nodes = np.stack(levels[::-1], axis=2).reshape(len(levels[0]), -1)
        counts.append(np.count_nonzero(nodes >= 0, axis=1))
        columns.append(nodes[nodes >= 0])
    indices = np.concatenate(columns)
    paths = csr_matrix(
        (np.ones(len(indices), dtype=np.int64), indices, np.cumsum(np.concatenate(counts))),
        shape=(len(leaves), int(offsets[-1])),
    )
    return paths if self._kind.module == "tree" else (paths, offsets)


def _parents(model, offsets: np.ndarray) -> np.ndarray:
    """The node above every node of all trees, -1 above roots; one entry more, -1, for what is above no node."""
    result = np.full(int(offsets[-1]) + 1, -1, dtype=np.int64)
    left, right = model.attribute("tree_children_left_"), model.attribute("tree_children_right_")
    inner = np.flatnonzero(left >= 0)
    first = np.repeat(offsets[:-1], np.diff(offsets))[inner]
    result[left[inner] + first] = inner
    result[right[inner] + first] = inner
    return result


def get_depth(self) -> int:
    """Depth of the deepest leaf."""
    return self._required_model().attribute("depth_")


def get_n_leaves(self) -> int:
    """Number of leaves."""
    return self._required_model().attribute("n_leaves_")


def cost_complexity_pruning_path(self, X, y, sample_weight=None):
    """The sequence of trees that minimal cost-complexity pruning makes of the full tree.

    Returns a namespace with ``ccp_alphas``, the effective alphas in ascending order, and ``impurities``, the sum of the
    impurities of the leaves of the tree that each of them leaves.
    """
    full = type(self)(**{**self.get_params(deep=False), "ccp_alpha": 0.0}).fit(X, y, sample_weight)
    return SimpleNamespace(ccp_alphas=full.ccp_path_alphas_.copy(), impurities=full.ccp_path_impurities_.copy())


def staged(method: str, decodes: bool):
    """A generator over the rounds of boosting out of the operation that returns all rounds."""

    def generator(self, X):
        model = self._required_model()
        stages = self._operate(method, X)
        for stage in stages:
            yield model.labels.decode(stage) if decodes and model.labels is not None else stage

    generator.__doc__ = f"{method.removeprefix('staged_')} after each round of boosting: a generator of its results."
    return generator


def staged_score(self, X, y, sample_weight=None):
    """score after each round of boosting: a generator of floats."""
    truth = np.asarray(y)
    weights = np.ones(len(truth)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    for predicted in self.staged_predict(X):
        if self._kind.is_classifier:
            yield float(np.average(predicted == truth, weights=weights))
        else:
            residual = np.sum(weights * (truth - predicted) ** 2)
            total = np.sum(weights * (truth - np.average(truth, weights=weights)) ** 2)
            yield float(1 - residual / total) if total > 0 else float(residual == 0)


def members(kind) -> dict:
    """What classes of a kind made of trees have beside what introspection says."""
    names = {attribute.name for attribute in kind.attributes}
    added: dict = {}
    if "tree_offsets_" in names:
        added["tree_" if kind.module == "tree" else "trees_"] = TreeAttribute() if kind.module == "tree" else TreeList()
        if kind.module == "tree":
            added["get_depth"], added["get_n_leaves"] = get_depth, get_n_leaves
    if "ccp_path_alphas_" in names:
        added["cost_complexity_pruning_path"] = cost_complexity_pruning_path
    if "decision_path" in kind.operations:
        added["decision_path"] = decision_path
    for name in ("staged_predict", "staged_predict_proba", "staged_decision_function"):
        if name in kind.operations:
            added[name] = staged(name, decodes=name == "staged_predict")
    if "staged_predict" in kind.operations:
        added["staged_score"] = staged_score
    return added
