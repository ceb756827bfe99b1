"""Fits least squares, the pseudo-inverse's solution and ridge to a table, in Python: ``python linear_regression.py longley.csv``.

The first column of the file is the target, the others are features; lines that start with '#' are comments.
"""

import sys

import numpy as np

from apus.linalg import matmul, pinv
from apus.linear_model import LinearRegression, Ridge


def c_hexadecimal(value):
    """The number's bits as C's and Swift's printers write them."""
    mantissa, exponent = float(value).hex().split("p")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}p{exponent}"


def report(title, names, values):
    print(title)
    for name, value in zip(names, values):
        print(f"  {name:<10} {value:22.13g}  {c_hexadecimal(value)}")


def fit_and_report(title, model, names, x, y):
    model.fit(x, y)
    report(title, [*names, "intercept", "R2"], [*model.coef_, model.intercept_, model.score(x, y)])


def main(path):
    with open(path) as file:
        lines = [line for line in file if not line.startswith("#")]
    names = lines[0].strip().split(",")[1:]
    table = np.loadtxt(lines[1:], delimiter=",")
    x, y = table[:, 1:], table[:, 0]
    design = np.column_stack([x, np.ones(len(x))])
    fit_and_report("ordinary least squares", LinearRegression(), names, x, y)
    report("pseudo-inverse", [*names, "intercept"], matmul(pinv(design), y))
    fit_and_report("ridge, alpha = 1", Ridge(alpha=1.0), names, x, y)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: linear_regression.py TABLE.csv")
    main(sys.argv[1])
