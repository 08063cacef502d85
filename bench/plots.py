"""The pictures of `make bench`, drawn from the results that were kept."""

from __future__ import annotations

import json
from typing import Any

import matplotlib

from bot.settings import ROOT

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.axes import Axes

RESULTS = ROOT / "bench" / "results"
_COLOURS = {
    "one process": "#1f6feb", "two processes": "#0b3d91", "stock Rasa": "#b35900",
    "status": "#1f6feb", "list": "#2da44e", "overdue": "#8250df", "file": "#b35900",
}


def main() -> None:
    """Draw `bench/results/serving.png` and `bench/results/record.png`, where there are results."""
    for name, draw in (("serving", _serving), ("record", _record)):
        path = RESULTS / f"{name}.json"
        if path.exists():
            figure, axes = pyplot.subplots(1, 3 if name == "serving" else 2, figsize=(13, 4.2))
            results = json.loads(path.read_text("utf-8"))
            draw(list(axes), results)
            figure.suptitle(results["machine"], fontsize=9, color="#57606a")
            figure.tight_layout()
            figure.savefig(RESULTS / f"{name}.png", dpi=110)
            pyplot.close(figure)


def _serving(axes: list[Axes], results: dict[str, Any]) -> None:
    _bars(axes[0], results["questions"], "per_second", "Questions answered in a second")
    _bars(axes[1], results["filings"], "filings_per_second", "Objections filed in a second")
    for name, row in results["turns"].items():
        axes[2].plot(
            [int(turn) for turn in row], list(row.values()), "o-", color=_COLOURS[name], label=name
        )
    axes[2].set(title="A turn of one long conversation", xlabel="turn", ylabel="ms")
    axes[2].set_ylim(bottom=0)
    axes[2].legend(frameon=False)


def _bars(axes: Axes, by_server: dict[str, Any], key: str, title: str) -> None:
    width = 0.8 / len(by_server)
    for place, (name, by_people) in enumerate(by_server.items()):
        at = [index + place * width for index in range(len(by_people))]
        values = [row[key] for row in by_people.values()]
        bars = axes.bar(at, values, width, color=_COLOURS[name], label=name)
        axes.bar_label(bars, [f"{value:.3g}" for value in values], fontsize=8, padding=2)
    people = list(next(iter(by_server.values())))
    axes.set_xticks([index + width * (len(by_server) - 1) / 2 for index in range(len(people))])
    axes.set_xticklabels(people)
    axes.set(title=title, xlabel="people at once")
    # Room for the legend above the bars.
    axes.set_ylim(top=axes.get_ylim()[1] * 1.5)
    axes.legend(frameon=False)


def _record(axes: list[Axes], results: dict[str, Any]) -> None:
    for one, (kind, by_task) in zip(axes, results["milliseconds"].items(), strict=True):
        for name, by_size in by_task.items():
            one.plot(
                [int(size) for size in by_size], list(by_size.values()), "o-",
                color=_COLOURS[name], label=name,
            )
        one.set(title=kind, xlabel="objections on record", ylabel="ms, median", xscale="log")
        one.set_ylim(bottom=0)
        one.legend(frameon=False)


if __name__ == "__main__":
    main()
