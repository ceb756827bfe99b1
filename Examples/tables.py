"""The tables that come with the project."""

import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent / "data"


def longley():
    """Employment of the United States, 1947-1962: feature names, features, target (thousands)."""
    return _target_first("longley.csv")


def wine():
    """Chemical analyses of 178 wines: feature names, features, cultivar (1, 2 or 3)."""
    return _target_first("wine.csv")


def _lines(file):
    return [line for line in (FOLDER / file).read_text().splitlines() if not line.startswith("#")]


def _numbers(file):
    lines = _lines(file)
    return lines[0].split(","), np.loadtxt(lines[1:], delimiter=",")


def _target_first(file):
    names, table = _numbers(file)
    return names[1:], table[:, 1:], table[:, 0]


def penguins():
    """Penguins of three species: feature names, features (NaN where missing; island and sex as numbers), species."""
    lines = _lines("penguins.csv")
    names, rows = lines[0].split(","), [line.split(",") for line in lines[1:]]
    codes = {"Biscoe": 0, "Dream": 1, "Torgersen": 2, "FEMALE": 0, "MALE": 1, "": np.nan}
    features = [[codes[field] if field in codes else float(field) for field in row[1:]] for row in rows]
    return names[1:], np.array(features, dtype=np.float64), np.array([row[0] for row in rows])


def coriolanus():
    """The beginning of Shakespeare's Coriolanus."""
    return (FOLDER / "coriolanus.txt").read_text().partition("\n")[2]


def diabetes():
    """Progression of diabetes in 442 patients: feature names, features, target."""
    return _target_first("diabetes.csv")


def red_wine():
    """Red vinho verde: feature names, physicochemical tests, quality as tasters marked it."""
    names, table = _numbers("winequality-red.csv")
    return names[:-1], table[:, :-1], table[:, -1]


def spector():
    """Grades after a course of economics: feature names, features, whether the grade rose."""
    return _target_first("spector.csv")
