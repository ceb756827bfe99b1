"""Fits least squares and ridge to a table, in Python: ``python linear_regression.py longley.csv``.

The first column of the file is the target, the others are features; lines that start with '#' are comments.
"""

import sys

import numpy as np

from apus.linear_model import LinearRegression, Ridge


def c_hexadecimal(value):
    """The number's bits as C's and Swift's printers write them."""
    mantissa, exponent = float(value).hex().split("p")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}p{exponent}"


def main(path):
    with open(path) as file:
        lines = [line for line in file if not line.startswith("#")]
    names = lines[0].strip().split(",")[1:]
    table = np.loadtxt(lines[1:], delimiter=",")
    x, y = table[:, 1:], table[:, 0]
    for title, model in [
        ("ordinary least squares", LinearRegression()),
        ("ridge, alpha = 1", Ridge(alpha=1.0)),
    ]:
        model.fit(x, y)
        print(title)
        rows = list(zip(names, model.coef_)) + [("intercept", model.intercept_), ("R2", model.score(x, y))]
        for name, value in rows:
            print(f"  {name:<10} {value:22.13g}  {c_hexadecimal(value)}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: linear_regression.py TABLE.csv")
    main(sys.argv[1])
