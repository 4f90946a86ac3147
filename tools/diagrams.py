"""Draw the coach's state machines in device/coach/README.md from the tables the coach follows.

python -m tools.diagrams
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from device.coach import button, device_states, session
from device.coach.counting import phases
from tools.marked import bring_up_to_date

State = TypeVar("State", bound=enum.Enum)
Trigger = TypeVar("Trigger", bound=enum.Enum)

README = Path(__file__).resolve().parent.parent / "device" / "coach" / "README.md"


def diagram(table: Mapping[State, Mapping[Trigger, State]]) -> str:
    """Return a Mermaid state diagram of a table, with what leads away from every state below it."""
    living = [state for state, row in table.items() if row]
    everywhere = {
        trigger: target
        for trigger, target in table[living[0]].items()
        if all(table[state].get(trigger) is target for state in living)
    }
    arrows: dict[tuple[State, State], list[str]] = {}
    for state, row in table.items():
        for trigger, target in row.items():
            if trigger not in everywhere:
                arrows.setdefault((state, target), []).append(trigger.value)
    lines = [
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {living[0].name}",
        *(f"    {state.name} : {state.value}" for state in table),
        *(f"    {a.name} --> {b.name} : {' / '.join(how)}" for (a, b), how in arrows.items()),
        "```",
    ]
    if everywhere:
        ways = (
            f"*{trigger.value}* to **{target.value}**" for trigger, target in everywhere.items()
        )
        lines += ["", f"And from every state that is not final: {', '.join(ways)}."]
    return "\n".join(lines) + "\n"


def meanings() -> str:
    """Return what each gesture means in each state, as a table in Markdown."""
    rows = [
        f"| begun in | {' | '.join(button.Gesture)} |",
        "|---" * (len(button.Gesture) + 1) + "|",
    ]
    for state, row in device_states.MEANINGS.items():
        grammar = device_states.GRAMMARS[state]
        cells = [row[gesture].value if gesture in row else "" for gesture in button.Gesture]
        cells[list(button.Gesture).index(button.Gesture.HOLD)] += f" ({grammar.hold:.0f} s)"
        rows.append(f"| {state.value} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


PARTS: dict[str, Callable[[], str]] = {
    "device": lambda: f"\n{diagram(device_states.TRANSITIONS)}\n",
    "button": lambda: f"\n{meanings()}\n",
    "session": lambda: f"\n{diagram(session.TRANSITIONS)}\n",
    "lift": lambda: f"\n{diagram(phases.TRANSITIONS)}\n",
}


if __name__ == "__main__":
    sys.exit(bring_up_to_date(README, PARTS))
