"""The open cases by age, as a picture."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from bot.objections.listing import SOON_DAYS
from bot.objections.tally import WEEKS, Tally

__all__ = ["draw"]

# Told apart by hatching too, for those who do not see the colours, and on paper.
_PARTS = (
    ("later", "due later", "#8fb3d9", ""),
    ("soon", f"due within {SOON_DAYS} days", "#f2c14e", "..."),
    ("overdue", "overdue", "#c8372d", "///"),
)


def draw(tally: Tally, file: Path) -> None:
    """Write a PNG: a bar for each week since receipt. Raises OSError when that is not possible."""
    figure = Figure(figsize=(9, 4.8), dpi=120, layout="constrained")
    axes = figure.subplots()
    bottom = [0] * WEEKS
    for name, label, colour, hatch in _PARTS:
        counts = [int(getattr(age, name)) for age in tally.ages]
        axes.bar(
            range(WEEKS),
            counts,
            bottom=bottom,
            width=0.85,
            label=f"{label}: {sum(counts):,}",
            color=colour,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.6,
        )
        bottom = [below + count for below, count in zip(bottom, counts, strict=True)]
    for week, age in enumerate(tally.ages):
        if age.overdue:
            axes.annotate(
                f"{age.overdue:,}",
                (week, bottom[week]),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                color="#9c211a",
                fontsize=8,
            )
    axes.set_title(f"Open cases by age, {tally.at:%Y-%m-%d}: {tally.open:,}", loc="left")
    axes.set_xlabel("weeks since receipt")
    axes.set_ylabel("open cases")
    axes.set_xticks(range(WEEKS), [*map(str, range(WEEKS - 1)), f"{WEEKS - 1}+"])
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set_ylim(0, max([1, *bottom]) * 1.12)
    axes.yaxis.grid(visible=True, color="#e3e3e3", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlim(-0.7, WEEKS - 0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper right")
    figure.savefig(file, format="png")
