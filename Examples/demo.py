"""The Python part of ``make demo``: runs every section in Examples/demo and writes the pictures into the given folder."""

import importlib
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")

from cycler import cycler  # noqa: E402

# The colours of Okabe and Ito, which people with any colour vision tell apart; solid first, then the same dashed.
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000"]
matplotlib.rcParams["axes.prop_cycle"] = cycler(linestyle=["-", "--"]) * cycler(color=COLOURS)

FOLDER = pathlib.Path(__file__).resolve().parent


def main(output):
    output = pathlib.Path(output)
    output.mkdir(parents=True, exist_ok=True)
    sys.path.insert(0, str(FOLDER))
    for file in sorted((FOLDER / "demo").glob("[a-z]*.py")):
        section = importlib.import_module(f"demo.{file.stem}")
        print(f"\n-- {section.__doc__.strip().splitlines()[0]}")
        section.run(output)
    pictures = [path.name for path in sorted(output.iterdir()) if path.suffix in (".png", ".svg")]
    print(f"\nPictures in {output}: {', '.join(pictures)}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "demo-output")
