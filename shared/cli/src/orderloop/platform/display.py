"""Progress for people: a moving line in a terminal, plain lines anywhere else."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@dataclass
class Step:
    """One thing in progress; `detail` ends up behind its title."""

    title: str
    moving: Progress | None = None
    task: int = 0
    detail: str = ""
    began: float = field(default_factory=time.monotonic)

    def progress(self, done: int, total: int) -> None:
        if self.moving:
            self.moving.update(self.moving.task_ids[self.task], completed=done, total=total)

    def say(self, detail: str) -> None:
        """What it is busy with."""
        self.detail = detail
        if self.moving:
            self.moving.update(self.moving.task_ids[self.task], description=f"{self.title} [dim]{detail}")


class Display:
    """Says what is done and how long it took."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    @contextmanager
    def step(self, title: str, total: int | None = None) -> Generator[Step]:
        step = Step(title)
        try:
            if self.console.is_terminal:
                with self._moving() as moving:
                    _ = moving.add_task(title, total=total)
                    step.moving = moving
                    yield step
            else:
                yield step
        except BaseException:
            self.console.print(f"[red]✗[/] {title}")
            raise
        seconds = time.monotonic() - step.began
        self.console.print(f"[green]✓[/] {title:<22} [dim]{seconds:4.1f} s  {step.detail}", soft_wrap=True)

    def _moving(self) -> Progress:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        return Progress(*columns, console=self.console, transient=True)
