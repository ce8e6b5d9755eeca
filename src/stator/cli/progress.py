"""How far something is: a bar on a terminal's standard error, nothing elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[float, float | None], object]  # how much is done, of how much (None: nobody knows)


@contextmanager
def bar(text: str, unit: str = "") -> Iterator[Advance]:
    """A bar under `text`; with `unit`, such as "items", it counts, without one it shows a share."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    count = (TextColumn(f"{{task.completed:,.0f}} {unit}"),) if unit else ()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        *count,
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(text, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
