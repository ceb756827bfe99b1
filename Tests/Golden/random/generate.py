"""Golden random streams.

Made with PyTorch 2.15.0 (CPU, x86-64, AVX512 dispatch; AVX2 dispatch gives the same file) and numpy 2.

Run: python generate.py   (writes torch-streams.json beside this script)

Each case seeds a fresh generator, makes one or more calls and records of each: the first elements as little-endian bytes in
hexadecimal, FNV-1a (64 bits) of all bytes, and at the end 63 more random bits, which pin the position of the stream.
"""

import base64
import json
import pathlib

import numpy as np
import torch

HEAD = 24
SEEDS = [0, 1, 42, 2**32 + 5, 2**64 - 1]
SIZES = [1, 2, 15, 16, 17, 31, 32, 33, 100, 623, 624, 625, 1249, 5000]
DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "int32": torch.int32,
    "int64": torch.int64,
    "uint8": torch.uint8,
    "bool": torch.bool,
}
INT64_MIN = -(2**63)


def fnv1a(data: bytes) -> str:
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def execute(step, generator):
    count = step["count"]
    dtype = DTYPES[step["dtype"]]
    out = torch.empty(count, dtype=dtype)
    call = step["call"]
    if call == "uniform":
        out.uniform_(step["from"], step["to"], generator=generator)
    elif call == "normal":
        out.normal_(step["mean"], step["std"], generator=generator)
    elif call == "normal_strided":
        out = torch.empty(count, 2, dtype=dtype)[:, 0]
        out.normal_(step["mean"], step["std"], generator=generator)
    elif call == "random":
        out.random_(generator=generator)
    elif call == "integers":
        if "high" in step:
            out.random_(step["low"], step["high"], generator=generator)
        else:
            out.random_(step["low"], None, generator=generator)
    elif call == "randperm":
        out = torch.randperm(count, dtype=dtype, generator=generator)
    elif call == "bernoulli":
        out.bernoulli_(step["p"], generator=generator)
    elif call == "bernoulli_tensor":
        p = torch.arange(count, dtype=dtype) % 11 / 10
        out = torch.bernoulli(p, generator=generator)
    elif call == "exponential":
        out.exponential_(step["rate"], generator=generator)
    elif call == "cauchy":
        out.cauchy_(step["median"], step["scale"], generator=generator)
    elif call == "log_normal":
        out.log_normal_(step["mean"], step["std"], generator=generator)
    elif call == "geometric":
        out.geometric_(step["p"], generator=generator)
    elif call == "multinomial":
        weights = (torch.arange(3 * step["categories"], dtype=dtype) % 7 + 0.25).reshape(3, -1)
        out = torch.multinomial(weights, count, step["replacement"], generator=generator)
    elif call == "truncated_normal":
        torch.nn.init.trunc_normal_(out, step["mean"], step["std"], step["low"], step["high"], generator=generator)
    elif call == "dropout":
        # dropout takes no generator: lend it the default one.
        saved = torch.get_rng_state()
        torch.set_rng_state(generator.get_state())
        out = torch.nn.functional.dropout(torch.ones(count, dtype=dtype), step["p"])
        generator.set_state(torch.get_rng_state())
        torch.set_rng_state(saved)
    else:
        raise ValueError(call)
    return out.contiguous().numpy()


def case(seed, *steps):
    generator = torch.Generator().manual_seed(seed)
    recorded = []
    for step in steps:
        values = execute(step, generator)
        data = values.tobytes()
        recorded.append(
            {**step, "head": values.reshape(-1)[:HEAD].tobytes().hex(), "hash": fnv1a(data)}
        )
    after = torch.empty(1, dtype=torch.int64).random_(generator=generator).item()
    return {"seed": str(seed), "steps": recorded, "after": after}


def call(name, dtype, count, **arguments):
    return {"call": name, "dtype": dtype, "count": count, **arguments}


def uniform(dtype, count, low=0.0, high=1.0):
    return call("uniform", dtype, count, **{"from": low, "to": high})


def normal(dtype, count, mean=0.0, std=1.0, name="normal"):
    return call(name, dtype, count, mean=mean, std=std)


def stream_cases():
    floats = ["float32", "float64"]
    for dtype in floats:
        for seed in SEEDS:
            yield case(seed, uniform(dtype, 700))
            yield case(seed, normal(dtype, 700))
            yield case(seed, normal(dtype, 7))
        for size in SIZES:
            yield case(7, uniform(dtype, size, -0.3, 0.4))
            yield case(7, normal(dtype, size, 1.5, 0.02))
        for low, high in [(0.0, 0.1), (-0.1, 0.1), (3.0, 3.0), (-1e30, 1e30), (1.0, 1.0000003), (100.0, 117.0)]:
            yield case(11, uniform(dtype, 3000, low, high))
        for mean, std in [(0.0, 0.0), (-1e3, 1e-3), (0.1, 3e8)]:
            yield case(12, normal(dtype, 3000, mean, std))
            yield case(12, normal(dtype, 9, mean, std))
        yield case(13, normal(dtype, 40, 2.0, 0.5, name="normal_strided"))
        for rate in [1.0, 0.3]:
            yield case(14, call("exponential", dtype, 1000, rate=rate))
        yield case(14, call("cauchy", dtype, 1000, median=0.2, scale=2.5))
        yield case(14, call("log_normal", dtype, 1001, mean=0.2, std=0.7))
        yield case(15, call("bernoulli_tensor", dtype, 2000))
        for p in [0.0, 0.1, 0.5, 1.0]:
            yield case(16, call("dropout", dtype, 500, p=p))
        for categories, count, replacement in [(5, 50, True), (200, 100, True), (5, 1, False), (200, 60, False), (40, 40, False)]:
            yield case(17, call("multinomial", dtype, count, categories=categories, replacement=replacement))
        for count in [10, 2000]:
            yield case(18, call("truncated_normal", dtype, count, mean=0.0, std=1.0, low=-2.0, high=2.0))
            yield case(18, call("truncated_normal", dtype, count, mean=0.1, std=0.02, low=0.09, high=0.3))
            yield case(18, call("truncated_normal", dtype, count, mean=0.0, std=1.0, low=1.5, high=2.5))
    # A cached variate survives other calls; each path leaves the stream where the next call finds it.
    yield case(
        21, normal("float32", 3), uniform("float32", 5), normal("float64", 2), normal("float32", 20), normal("float64", 1),
        call("log_normal", "float32", 4, mean=0.0, std=1.0), call("randperm", "int64", 10), uniform("float64", 623),
        uniform("float32", 1), uniform("float64", 3), call("bernoulli", "bool", 9, p=0.5), normal("float64", 5),
    )


def integer_cases():
    for dtype in DTYPES:
        for seed in [0, 2**64 - 1]:
            yield case(seed, call("random", dtype, 1000))
        for p in [0.0, 0.25, 0.7, 1.0]:
            yield case(31, call("bernoulli", dtype, 650, p=p))
        if dtype != "bool":
            yield case(32, call("geometric", dtype, 800, p=0.03))
    ranges = {
        "float32": [(-7, 8), (0, 2**24), (2**24 - 3, 2**24 + 9), (-(2**40), 2**40 + 1), (-5, None), (INT64_MIN, None)],
        "float64": [(-7, 8), (-(2**40), 2**40 + 1), (-(2**62), 2**62), (-5, None), (INT64_MIN, None)],
        "int32": [(0, 1), (0, 10), (-3, 4), (0, 2**28 - 1), (0, 2**28), (0, 2**28 + 1), (-(2**31), 2**31 - 1), (-9, None)],
        "int64": [
            (0, 10), (0, 2**28 - 1), (0, 2**28), (0, 3 * 2**30), (-(10**15), 10**15), (-(2**62), 2**62), (5, None),
            (INT64_MIN + 1, None), (INT64_MIN, 2**63 - 1), (INT64_MIN, None),
        ],
        "uint8": [(0, 10), (250, 256), (3, None)],
        "bool": [(0, 2), (0, 1), (0, None)],
    }
    for dtype, bounds in ranges.items():
        for low, high in bounds:
            arguments = {"low": low} if high is None else {"low": low, "high": high}
            yield case(33, call("integers", dtype, 900, **arguments))
    for dtype in ["int32", "int64"]:
        for size in SIZES:
            yield case(34, call("randperm", dtype, size))


def state_cases():
    generator = torch.Generator()
    programs = {
        "seeded": [],
        "word 623": [uniform("float32", 623)],
        "word 624": [uniform("float32", 624)],
        "word 625": [uniform("float32", 625)],
        "cached normal": [normal("float64", 3), uniform("float64", 400)],
    }
    for name, steps in programs.items():
        generator.manual_seed(2**64 - 2)
        for step in steps:
            execute(step, generator)
        state = base64.b64encode(generator.get_state().numpy().tobytes()).decode()
        values = execute(normal("float64", 5), generator)
        yield {"name": name, "seed": str(2**64 - 2), "steps": steps, "state": state, "then": values.tobytes().hex()}


def main():
    folder = pathlib.Path(__file__).parent
    cases = [*stream_cases(), *integer_cases()]
    with open(folder / "torch-streams.json", "w") as file:
        file.write('{"cases": [\n')
        file.write(",\n".join(json.dumps(item, separators=(",", ":")) for item in cases))
        file.write("\n]}\n")
    with open(folder / "torch-states.json", "w") as file:
        json.dump({"states": list(state_cases())}, file, indent=0)
        file.write("\n")


main()
