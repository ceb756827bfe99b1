"""The Python part of ``make demo``: runs every section in Examples/demo and writes the pictures into the given folder."""

import importlib
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")

FOLDER = pathlib.Path(__file__).resolve().parent


def main(output):
    output = pathlib.Path(output)
    output.mkdir(parents=True, exist_ok=True)
    sys.path.insert(0, str(FOLDER))
    for file in sorted((FOLDER / "demo").glob("[a-z]*.py")):
        section = importlib.import_module(f"demo.{file.stem}")
        print(f"\n-- {section.__doc__.strip().splitlines()[0]}")
        section.run(output)
    print(f"\nPictures: {', '.join(str(path) for path in sorted(output.glob('*.png')))}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "demo-output")
