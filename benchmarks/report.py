"""The figures of a run as a table on the terminal, as Markdown, and as a chart."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from .fresh import STREAMED_SERVED
from .goals import GOALS, STREAM, THREADS, missed
from .workloads import CORMORANT, SQLALCHEMY, STDLIB

Figures = dict[str, Any]
ON_SQLITE = (SQLALCHEMY, CORMORANT, STDLIB)
# of one PostgreSQL workload: peer, and what heads its column
ON_SERVER = {
    CORMORANT: "Cormorant",
    SQLALCHEMY: "SQLAlchemy+psycopg2",
    "SQLAlchemy+psycopg": "SQLAlchemy+psycopg",
    "psycopg2": "psycopg2",
    "asyncpg": "asyncpg",
    "libpq": "libpq",
}


def number(value: float | None) -> str:
    """A ratio or a goal, to two or three digits."""
    return "" if value is None else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def goal(name: str, peer: str) -> str:
    """The goal of a workload beside a peer, in digits."""
    value = GOALS.get(name, {}).get(peer)
    return "" if value is None else f"{value:.2g}"


def is_served(figures: Figures) -> bool:
    """Whether a PostgreSQL server was measured."""
    return bool(figures["title"].startswith("PostgreSQL: "))


def console(results: dict[str, Figures]) -> None:
    """Print every row with its goal; what misses it is marked."""
    from rich.console import Console
    from rich.table import Table

    out = Table(title="Cormorant beside its peers (medians; x: peer / Cormorant; * misses goal)")
    for heading in ("workload", "unit"):
        out.add_column(heading)
    for heading in ("SQLAlchemy", "Cormorant", "sqlite3", "x SQLAlchemy", "goal"):
        out.add_column(heading, justify="right")
    for heading in ("x sqlite3", "goal"):
        out.add_column(heading, justify="right")
    served = Table(
        title="On PostgreSQL (medians in microseconds, memory in bytes; x: peer / Cormorant; goal)"
    )
    served.add_column("workload")
    for heading in ON_SERVER.values():
        served.add_column(heading, justify="right")
    for name, figures in results.items():
        short = missed(name, figures["ratios"])
        if is_served(figures):
            cells = [figures["title"].partition(": ")[2]]
            for peer in ON_SERVER:
                found = figures["peers"].get(peer)
                ratio = figures["ratios"].get(peer)
                text = "" if found is None else f"{found['median']:,.3g}"
                if ratio is not None:
                    text += f"  x {ratio:.2g}{'*' if peer in short else ''}"
                    text += f" ({goal(name, peer)})" if goal(name, peer) else ""
                cells.append(text)
            served.add_row(*cells)
            continue
        cells = [figures["title"], figures["unit"]]
        for peer in ON_SQLITE:
            found = figures["peers"].get(peer)
            cells.append(f"{found['median']:,.3g}" if found else "")
        for peer in (SQLALCHEMY, STDLIB):
            mark = "*" if peer in short else ""
            cells += [number(figures["ratios"].get(peer)) + mark, goal(name, peer)]
        out.add_row(*cells)
    printer = Console(width=None if sys.stdout.isatty() else 160)
    for table in (out, served):
        if table.row_count:
            printer.print(table)


def _about(about: dict[str, Any]) -> str:
    clock = (
        "Processor time, since other work shared the machine"
        if about["clock"] == "processor"
        else "Elapsed time"
    )
    return (
        f"Ratios of medians of {about['rounds']} interleaved rounds in one process; SQLAlchemy "
        f"{about['sqlalchemy']} with its compiled extensions, CPython {about['python']}, SQLite "
        f"{about['sqlite']}, {about['machine']}. {clock}. Loads are of {about['rows']:,} rows, "
        f"writes of {about['writes']:,} objects."
    )


def markdown(results: dict[str, Figures], about: dict[str, Any]) -> str:
    """The same as Markdown: ratios alone; a ratio that misses its goal is bold."""
    lines = [
        _about(about),
        "",
        "| work | times less than SQLAlchemy 2.0 | goal | than `sqlite3` | goal |",
        "|---|---|---|---|---|",
    ]
    served = [
        "| on PostgreSQL | times less than SQLAlchemy+psycopg2 | goal | than psycopg2 | than libpq |",
        "|---|---|---|---|---|",
    ]
    notes = []
    for name, figures in results.items():
        ratios, short = figures["ratios"], missed(name, figures["ratios"])

        def cell(peer: str, ratios: Any = ratios, short: Any = short) -> str:
            text = number(ratios.get(peer))
            return f"**{text}**" if peer in short else text

        if name == "threads":
            notes.append(
                f"Two threads with a connection each read {figures['speedup']:.2f} times as many "
                f"rows a second as one does (goal {THREADS}; it takes two free cores)."
            )
        elif name == "stream":
            most = figures["peers"][CORMORANT]["median"]
            notes.append(
                f"Five million entities read with `yield_per(1000)` take {most:.1f} MB above the "
                f"start (goal: under {STREAM})."
            )
        elif name == "pg_stream":
            most = figures["peers"][CORMORANT]["median"]
            notes.append(
                f"{STREAMED_SERVED:,} entities read so from PostgreSQL take {most:.1f} MB."
            )
        elif is_served(figures):
            words = [figures["title"].partition(": ")[2], cell(SQLALCHEMY), goal(name, SQLALCHEMY)]
            served.append("| " + " | ".join([*words, cell("psycopg2"), cell("libpq")]) + " |")
        else:
            words = [figures["title"], cell(SQLALCHEMY), goal(name, SQLALCHEMY)]
            lines.append("| " + " | ".join([*words, cell(STDLIB), goal(name, STDLIB)]) + " |")
    if len(served) > 2:
        lines += ["", *served]
    for note in notes:
        lines += ["", note]
    return "\n".join(lines)


_MARKS = re.compile(r"(<!-- figures -->\n).*?(\n<!-- end of figures -->)", re.S)


def rewrite(path: str, text: str) -> None:
    """Put the Markdown between the marks of a file."""
    file = Path(path)
    before = file.read_text()
    after, count = _MARKS.subn(lambda match: match[1] + text + match[2], before)
    if count != 1:
        raise SystemExit(f"{path} has no '<!-- figures -->' … '<!-- end of figures -->'")
    file.write_text(after)


def chart(results: dict[str, Figures], path: str) -> None:
    """Draw the ratios to SQLAlchemy as a bar chart, with their goals."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = {name: figures for name, figures in results.items() if SQLALCHEMY in figures["ratios"]}
    titles = [figures["title"] for figures in shown.values()]
    ratios = [figures["ratios"][SQLALCHEMY] for figures in shown.values()]
    _, axes = plt.subplots(figsize=(9, 0.42 * len(titles) + 1.2))
    bars = axes.barh(titles, ratios, color="#1f6f78")
    axes.bar_label(bars, [f"{ratio:.1f}x" for ratio in ratios], padding=3)
    for place, name in enumerate(shown):
        reach = GOALS.get(name, {}).get(SQLALCHEMY)
        if reach is not None:
            axes.plot([reach, reach], [place - 0.4, place + 0.4], color="#e0a030", linewidth=2)
    axes.axvline(1, color="#b33", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel("times less than SQLAlchemy (same run, medians; log scale; yellow: the goal)")
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.12)
    plt.tight_layout()
    plt.savefig(path, dpi=130)
