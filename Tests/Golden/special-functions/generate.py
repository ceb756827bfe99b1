"""Golden values of the special functions: `special-functions.csv` with lines `function,argument,…,value`.

mpmath 1.3.0 at 90 digits or more; arguments are exact doubles, values are correctly rounded doubles. The incomplete
gamma and beta functions are summed here from their ascending series with as many digits as cancellation needs.
Run: python generate.py
"""
import random
import mpmath
from mpmath import mp, mpf

mp.dps = 90
random.seed(20240601)
lines = []


def emit(name, args, value):
    value = float(value)
    if value == 0 or abs(value) == float("inf") or abs(value) < 3e-308 or (name[:3] == "log" and abs(value) < 1e-40):
        return
    lines.append(",".join([name] + [repr(float(a)) for a in args] + [repr(value)]))


def log_uniform(low, high):
    import math
    return math.exp(random.uniform(math.log(low), math.log(high)))


def normal_tail(z):
    """Q(z), also far in the tail."""
    z = mpf(z)
    if z < 30:
        return mp.erfc(z / mp.sqrt(2)) / 2
    s = z
    for k in range(300, 0, -1):
        s = z + k / s
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi) / s


def solve(f, start):
    return mp.findroot(f, start, tol=mpf(10) ** -80, maxsteps=100)


xs = [random.uniform(-6, 6) for _ in range(60)] + [log_uniform(1e-300, 1) for _ in range(15)] + [0.44, 0.45, 0.46, 0.64, 0.65, 0.66]
for x in xs:
    m = mpf(x)
    emit("erf", [x], mp.erf(m))
    emit("erfc", [x], mp.erfc(m))
    emit("erfcx", [x], mp.exp(m * m) * mp.erfc(m))
for x in [random.uniform(6, 26.5) for _ in range(30)]:
    emit("erfc", [x], mp.erfc(mpf(x)))
    emit("erfcx", [x], normal_tail(mpf(x) * mp.sqrt(2)) * 2 * mp.exp(mpf(x) ** 2))
for x in [-26.0, -20.5, -9.1, 30.0, 100.0, 1e5, 1e9, 1e200]:
    emit("erfcx", [x], mp.exp(mpf(x) ** 2) * mp.erfc(mpf(x)) if x < 0 else normal_tail(mpf(x) * mp.sqrt(2)) * 2 * mp.exp(mpf(x) ** 2))
for x in [random.uniform(-8, 8) for _ in range(50)] + [-random.uniform(8, 37) for _ in range(40)] + [log_uniform(1e-200, 1e-3) for _ in range(5)]:
    emit("normalCDF", [x], normal_tail(-mpf(x)))
    emit("logNormalCDF", [x], mp.log(normal_tail(-mpf(x))))
for x in [-40.0, -100.5, -1234.5, -1e6, -3e10, -1e100, 10.0, 20.0, 35.0]:
    z = -mpf(x)
    if z > 0:
        value = mp.log(normal_tail(z)) if z < 1e7 else -z * z / 2 - mp.log(z * mp.sqrt(2 * mp.pi)) - 1 / z**2
    else:
        value = mp.log(1 - normal_tail(-z))
    emit("logNormalCDF", [x], value)

def quantile_of_log_tail(target):
    z = mp.sqrt(-2 * (target + mp.log(2)))
    for _ in range(200):
        q = mp.log(normal_tail(z))
        step = (q - target) * normal_tail(z) / (mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi))
        z += step
        if abs(step) < mpf(10) ** -50:
            break
    return z

for p in [random.uniform(0, 1) for _ in range(60)] + [log_uniform(1e-307, 0.1) for _ in range(60)] + [0.075, 0.925, 1e-11, 2e-11, 3e-11, 0.5 + 1e-10, 0.5 - 1e-13, 1 - 1e-12]:
    m = mpf(p)
    z = -quantile_of_log_tail(mp.log(m)) if p < 0.5 else quantile_of_log_tail(mp.log(1 - m))
    emit("normalQuantile", [p], z)
    emit("erfcInverse", [p], -(-quantile_of_log_tail(mp.log(m / 2))) / mp.sqrt(2))
    y = 2 * p - 1
    if y != 0 and abs(y) < 1:
        w = quantile_of_log_tail(mp.log((1 - abs(mpf(y))) / 2)) / mp.sqrt(2)
        emit("erfInverse", [y], w if y > 0 else -w)
for y in [log_uniform(1e-300, 1e-3) for _ in range(15)]:
    emit("erfInverse", [y], mpf(y) * mp.sqrt(mp.pi) / 2 * (1 + mp.pi / 12 * mpf(y) ** 2 + 7 * mp.pi**2 / 480 * mpf(y)**4 + 127 * mp.pi**3 / 40320 * mpf(y)**6 + mpf(4369) * mp.pi**4/5806080 * mpf(y)**8))
for t in [-0.1, -0.5, -0.69, -0.71, -1.5, -5.0, -24.0, -26.0, -100.0, -700.0, -800.0, -5000.0, -1e6, -1e12]:
    m = mpf(t)
    value = -quantile_of_log_tail(m) if t < -0.6931471805599453 else quantile_of_log_tail(mp.log(-mp.expm1(m)))
    emit("logNormalQuantile", [t], value)

gs = [log_uniform(1e-300, 1) for _ in range(15)] + [random.uniform(0, 40) for _ in range(60)] + [log_uniform(40, 1e15) for _ in range(15)]
gs += [1 + 2.0**-k for k in (52, 40, 30, 20, 10)] + [2 - 2.0**-k for k in (52, 40, 30, 20, 10)] + [1 - 2.0**-k for k in (53, 33, 13)] + [2 + 2.0**-k for k in (51, 31, 11)]
gs += [-random.uniform(0, 20) for _ in range(30)] + [-0.5, -1.5, -2.4570247382208006, -2.7476826467274127, -3.955294284858598]
for x in gs:
    m = mpf(x)
    emit("logGamma", [x], mp.log(abs(mp.gamma(m))) if abs(x) < 1e4 else mp.loggamma(m))
    if -20 < x < 171:
        emit("gamma", [x], mp.gamma(m))
    emit("digamma", [x], mp.digamma(m))
    if 1e-100 < x < 1e6:
        emit("trigamma", [x], mp.psi(1, m))
for x in [1.4616321449683622, 1.4616321449683625, 1.46, 1.4616, -0.504083008264455, -1.5734984731623906]:
    emit("digamma", [x], mp.digamma(mpf(x)))

for _ in range(60):
    a, b = log_uniform(1e-3, 1e6), log_uniform(1e-3, 1e6)
    emit("logBeta", [a, b], mp.loggamma(mpf(a)) + mp.loggamma(mpf(b)) - mp.loggamma(mpf(a) + mpf(b)))
for a, b in [(1e-10, 3.0), (0.5, 1e12), (1e12, 1e12), (5.5, 1e14), (1e-200, 1e-100)]:
    emit("logBeta", [a, b], mp.loggamma(mpf(a)) + mp.loggamma(mpf(b)) - mp.loggamma(mpf(a) + mpf(b)))


def gamma_tails(a, x):
    """(P, Q) at high precision, from the ascending series."""
    a, x = mpf(a), mpf(x)
    with mp.workdps(90):
        lead = mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1))
        if x > a + 60 + 12 * mp.sqrt(a):
            # Far in the upper tail: the continued fraction, backwards.
            tail = mpf(0)
            for n in range(4000, 0, -1):
                tail = n * (a - n) / (x + 2 * n + 1 - a + tail)
            q = lead * a / (x + 1 - a + tail)
            return 1 - q, q
        extra = 0
        s, term, n = mpf(1), mpf(1), 0
        while term > s * mpf(10) ** -88:
            n += 1
            term *= x / (a + n)
            s += term
        p = lead * s
        return p, 1 - p


def safe_q(a, x):
    p, q = gamma_tails(a, x)
    if q < mpf(10) ** -40:
        with mp.workdps(200):
            return mp.gammainc(mpf(a), mpf(x), mp.inf, regularized=True)
    return q


pairs = []
for _ in range(110):
    a = log_uniform(1e-3, 2e4)
    x = a * log_uniform(0.2, 5) if random.random() < 0.4 else max(a + random.gauss(0, 3) * a**0.5, a * 0.05)
    pairs.append((a, x))
pairs += [(1e-8, 0.3), (1e-20, 1e-5), (1e-3, 1.09), (0.5, 1.11), (0.99, 1.05), (0.3, 1e-200), (1e-10, 20.0), (0.25, 500.0), (3.5, 600.0), (39.0, 38.0), (41.0, 60.0), (41.0, 22.0), (15.9, 16.0), (16.1, 16.0), (100.0, 700.0), (1e5, 1.001e5), (1e5, 0.998e5), (300.0, 20.0)]
for a, x in pairs:
    p, q = gamma_tails(a, x)
    emit("gammaLower", [a, x], p)
    emit("logGammaLower", [a, x], mp.log(p))
    q = safe_q(a, x)
    emit("gammaUpper", [a, x], q)
    emit("logGammaUpper", [a, x], mp.log(q))
for a, x in [(0.5, 800.0), (3.0, 1e4), (200.0, 5000.0)]:
    with mp.workdps(90):
        emit("logGammaUpper", [a, x], mp.log(gamma_tails(a, x)[1]))
for a, x in [(500.0, 1e-3), (5000.0, 100.0), (3.0, 1e-200)]:
    emit("logGammaLower", [a, x], mp.log(gamma_tails(a, x)[0]))


def beta_lower(a, b, x, y):
    """I_x(a, b) from the series with positive terms."""
    with mp.workdps(90):
        lead = mp.exp(a * mp.log(x) + b * mp.log(y) + mp.loggamma(a + b) - mp.loggamma(a + 1) - mp.loggamma(b))
        s, term, n = mpf(1), mpf(1), 0
        while term > s * mpf(10) ** -88 or (a + b + n) * x > (a + 1 + n):
            term *= (a + b + n) / (a + 1 + n) * x
            s += term
            n += 1
            if n > 30000:
                return None
        return lead * s


def beta_tails(a, b, x):
    """I and 1 − I; where one side converges too slowly it is the complement of the other, which then is not tiny."""
    lower, upper = beta_lower(a, b, x, 1 - x), beta_lower(b, a, 1 - x, x)
    lower = 1 - upper if lower is None else lower
    upper = 1 - lower if upper is None else upper
    if abs(lower + upper - 1) > mpf(10) ** -40:
        raise RuntimeError("inconsistent")
    return lower, upper


triples = []
for _ in range(120):
    a, b = log_uniform(0.02, 3000), log_uniform(0.02, 3000)
    mean = a / (a + b)
    sd = (a * b / (a + b) ** 2 / (a + b + 1)) ** 0.5
    x = random.uniform(0, 1) if random.random() < 0.3 else mean + random.gauss(0, 2.5) * sd
    if 0 < x < 1 and 1e-4 < 1 - x:
        triples.append((a, b, x))
triples += [(0.5, 0.5, 0.3), (1e-6, 2.0, 0.1), (1e-10, 1e-10, 0.5), (2.0, 1e-5, 0.9), (15.0, 0.5, 0.8), (15.0, 0.5, 0.95), (500.0, 0.5, 0.99), (500.0, 0.5, 0.998), (5e3, 0.5, 0.999), (39.0, 39.0, 0.5), (41.0, 41.0, 0.4), (1.0, 5.0, 1e-200), (3.0, 40000.0, 1e-4), (30.0, 1e6, 2.5e-5), (0.5, 1e8, 1e-8), (100.0, 30.0, 0.75), (200.0, 35.0, 0.83), (60.0, 12.0, 0.8)]
for a, b, x in triples:
    ma, mb, mx = mpf(a), mpf(b), mpf(x)
    lower, upper = beta_tails(ma, mb, mx)
    emit("betaLower", [a, b, x], lower)
    emit("betaUpper", [a, b, x], upper)
    emit("logBetaLower", [a, b, x], mp.log(lower))
    emit("logBetaUpper", [a, b, x], mp.log(upper))
for a, b, x in [(500.0, 20.0, 1e-3), (20.0, 3000.0, 0.7), (3.0, 2.0, 1e-250)]:
    lower, upper = beta_tails(mpf(a), mpf(b), mpf(x))
    emit("logBetaLower", [a, b, x], mp.log(lower))
    emit("logBetaUpper", [a, b, x], mp.log(upper))

for p in [random.uniform(0, 1) for _ in range(40)] + [log_uniform(1e-300, 0.1) for _ in range(15)] + [0.3, 0.65, 0.5 + 1e-12]:
    m = mpf(p)
    emit("logit", [p], mp.log(m / (1 - m)))
for x in [random.uniform(-40, 40) for _ in range(40)] + [-700.0, -745.0, 700.0, 1e-10]:
    m = mpf(x)
    emit("expit", [x], 1 / (1 + mp.exp(-m)))
    emit("logExpit", [x], -mp.log1p(mp.exp(-m)))
for x in [-1000.0, -1e5]:
    emit("logExpit", [x], mpf(x))

# Inverses: the argument is a double probability, the value solves the equation exactly.
for _ in range(40):
    a = log_uniform(0.3, 500)
    p = random.uniform(0, 1) if random.random() < 0.5 else log_uniform(1e-200, 0.1)
    guess = a * max(1 - 1 / (9 * a) + (float(mp.sqrt(2) * mp.erfinv(2 * mpf(p) - 1)) if p > 1e-15 else -8) / (9 * a) ** 0.5, 1e-3) ** 3
    t = mp.log(mpf(guess))
    for _ in range(300):
        x = mp.exp(t)
        P, Q = gamma_tails(a, x)
        step = (mp.log(P) - mp.log(mpf(p))) * P / mp.exp(mpf(a) * t - x - mp.loggamma(a))
        step = max(min(step, mpf(3)), mpf(-3))
        t -= step
        if abs(step) < mpf(10) ** -45:
            emit("gammaLowerInverse", [a, p], mp.exp(t))
            break
for _ in range(40):
    a, b = log_uniform(0.3, 300), log_uniform(0.3, 300)
    p = random.uniform(0, 1) if random.random() < 0.5 else log_uniform(1e-200, 0.1)
    t = mp.log(mpf(a) / b)
    done = False
    for _ in range(400):
        r = mp.exp(t)
        x, y = r / (1 + r), 1 / (1 + r)
        if y < mpf("1e-3"):
            break
        L = beta_lower(mpf(a), mpf(b), x, y)
        if L is None:
            break
        density = mp.exp(a * mp.log(x) + b * mp.log(y) + mp.loggamma(mpf(a) + b) - mp.loggamma(a) - mp.loggamma(b))
        step = (mp.log(L) - mp.log(mpf(p))) * L / density
        step = max(min(step, mpf(3)), mpf(-3))
        t -= step
        if abs(step) < mpf(10) ** -40:
            done = True
            break
    if done:
        emit("betaLowerInverse", [a, b, p], mp.exp(t) / (1 + mp.exp(t)))

with open("special-functions.csv", "w") as file:
    file.write("\n".join(lines) + "\n")
print(len(lines))
