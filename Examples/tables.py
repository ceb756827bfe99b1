"""The tables that come with the project."""

import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent / "data"


def longley():
    """Employment of the United States, 1947-1962: feature names, features, target (thousands)."""
    lines = [line for line in (FOLDER / "longley.csv").read_text().splitlines() if not line.startswith("#")]
    table = np.loadtxt(lines[1:], delimiter=",")
    return lines[0].split(",")[1:], table[:, 1:], table[:, 0]
