"""Statistics of the Palmer penguins: tests between groups, Tukey's comparisons, correlations with p-values, a fitted normal"""

import time

import matplotlib.pyplot as plt
import numpy as np
from tables import penguins

from apus import stats

MEASURES = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
SHORT = ["bill length", "bill depth", "flipper length", "body mass"]


def run(output):
    names, features, species = penguins()
    table = features[:, [names.index(name) for name in MEASURES]]
    complete = ~np.isnan(table).any(axis=1)
    table, species, sex = table[complete], species[complete], features[complete, names.index("sex")]
    kinds = sorted(set(species))

    start = time.perf_counter()
    tested = [compare(table[:, column], species, kinds) for column in range(len(MEASURES))]
    elapsed = time.perf_counter() - start
    print(f"differences between {', '.join(kinds)} ({len(table)} birds)")
    print(f"{'':<15} {'F':>8} {'log10 p':>8} {'eta²':>6}   {'Welch p':>9} {'Kruskal p':>10} {'Levene p':>9}")
    for name, (f, welch, kruskal, levene) in zip(SHORT, tested):
        print(
            f"{name:<15} {f.statistic:8.1f} {f.logpvalue / np.log(10):8.1f} {f.effect_size:6.3f}   {welch.pvalue:9.2g} "
            f"{kruskal.pvalue:10.2g} {levene.pvalue:9.2g}"
        )
    print(f"sixteen tests in {elapsed * 1e3:.2f} ms")

    mass = table[:, 3]
    groups = [mass[species == kind] for kind in kinds]
    print("\nbody mass, Tukey's honestly significant differences (g)")
    for i, j, difference, _, p, low, high in stats.tukey_hsd(*groups):
        pair = f"{kinds[int(i)]} - {kinds[int(j)]}"
        print(f"{pair:<20} {difference:9.1f}  95 % interval {low:8.1f} ... {high:8.1f}  p = {p:.3g}")
    known = ~np.isnan(sex)
    welch = stats.ttest_ind(mass[known & (sex == 1)], mass[known & (sex == 0)], equal_var=False)
    low, high = welch.confidence_interval()
    print(
        f"males - females: {welch.estimate:.0f} g ({low:.0f} ... {high:.0f}), Cohen's d {welch.effect_size:.2f}, "
        f"t = {welch.statistic:.2f} with {welch.df:.1f} degrees of freedom, p = {welch.pvalue:.2g}"
    )

    r, p = stats.pearson_matrix(table)
    figure, (heat, histogram) = plt.subplots(1, 2, figsize=(11.5, 4.6))
    draw_correlations(heat, r, p)
    draw_normal(histogram, groups[kinds.index("Gentoo")])
    figure.tight_layout()
    figure.savefig(output / "statistics.png", dpi=120)
    plt.close(figure)


def compare(values, species, kinds):
    """One-way, Welch's, Kruskal's and Levene's tests of one measure."""
    groups = [values[species == kind] for kind in kinds]
    return stats.f_oneway(*groups), stats.anova_welch(*groups), stats.kruskal(*groups), stats.levene(*groups)


def draw_correlations(axes, r, p):
    """Coefficients as colours, with p-values below them."""
    image = axes.imshow(r, cmap="RdBu_r", vmin=-1, vmax=1)
    for i in range(len(r)):
        for j in range(len(r)):
            text = f"{r[i, j]:.2f}" if i == j else f"{r[i, j]:.2f}\np = {p[i, j]:.1g}"
            axes.text(j, i, text, ha="center", va="center", fontsize=9, color="white" if abs(r[i, j]) > 0.6 else "black")
    axes.set_xticks(range(len(SHORT)), SHORT, rotation=20)
    axes.set_yticks(range(len(SHORT)), SHORT)
    axes.set_title("correlation of the measures, all species")
    axes.figure.colorbar(image, ax=axes, shrink=0.85, label="Pearson's r")


def draw_normal(axes, mass):
    """Histogram of one species with the normal of greatest likelihood."""
    result = stats.fit(stats.norm, mass)
    (mean, deviation), (mean_error, deviation_error) = result.x, result.bse
    fitted = stats.norm(mean, deviation)
    test = stats.shapiro(mass)
    axes.hist(mass, bins=18, density=True, color="0.75", edgecolor="white", label=f"{len(mass)} birds")
    grid = np.linspace(mass.min() - 300, mass.max() + 300, 400)
    label = f"normal: mean {mean:.0f} ± {mean_error:.0f} g, deviation {deviation:.0f} ± {deviation_error:.0f} g"
    axes.plot(grid, fitted.pdf(grid), "C3", label=label)
    low, high = fitted.interval(0.95)
    axes.axvspan(low, high, color="C3", alpha=0.08, label=f"95 % of it: {low:.0f} ... {high:.0f} g")
    axes.set_xlabel("body mass (g)")
    axes.set_ylabel("density (per g)")
    axes.set_title(f"Gentoo penguins: Shapiro-Wilk W = {test.statistic:.4f}, p = {test.pvalue:.2f}")
    axes.set_ylim(top=1.45 * axes.get_ylim()[1])
    axes.legend(fontsize=8, loc="upper right")
