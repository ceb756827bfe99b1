"""Golden standard normal quantiles for the inversion in NormalVariate.

Made with mpmath 1.3.0 at 60 digits.

Run: python generate_normal_variates.py   (writes normal-variates.json beside this script)

A draw of 64 bits stands for the probability 1/2 ± (m + 1/2) / 2^53, where m is bits 12...63 and the sign is minus if bit 11 is
set. Each case is [bits as 16 hexadecimal digits, the quantile rounded to float64].
"""

import json
import pathlib
import random

import mpmath

mpmath.mp.dps = 60


def quantile(bits: int) -> float:
    distance = (mpmath.mpf(bits >> 12) + 0.5) / 2**53
    # Solved for the tail probability, which is exact, in the logarithm, which is smooth.
    tail = mpmath.mpf(0.5) - distance
    start = mpmath.sqrt(max(mpmath.mpf(0), -2 * mpmath.log(2 * tail)))
    z = mpmath.findroot(lambda x: mpmath.log(mpmath.erfc(x / mpmath.sqrt(2)) / 2) - mpmath.log(tail), start)
    return float(-z if bits >> 11 & 1 else z)


def main():
    draw = random.Random(5)
    magnitudes = [0, 1, 2**20, 2**52 - 1, 2**52 - 2, 2**52 - 1000, 2**52 - 2**20, int(0.425 * 2**53), int(0.4250001 * 2**53)]
    magnitudes += [2**52 - 125000, 2**52 - 125200]  # both sides of the second split, tail probability e^-25
    magnitudes += [draw.randrange(2**52) for _ in range(60)]
    magnitudes += [2**52 - 1 - int(2 ** draw.uniform(0, 50)) for _ in range(60)]
    cases = [[f"{m << 12 | (i & 1) << 11:016x}", quantile(m << 12 | (i & 1) << 11)] for i, m in enumerate(magnitudes)]
    path = pathlib.Path(__file__).parent / "normal-variates.json"
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


main()
