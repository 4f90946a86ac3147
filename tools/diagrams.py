"""`python -m tools.diagrams`: the diagrams of the coach's states in device/coach/README.md.

They are drawn from the very tables that the coach follows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from device.coach import agenda, button, device_states, session
from device.coach.counting import phases
from tools.documents import bring_up_to_date
from tools.environment import ROOT, argument_parser

README = ROOT / "device" / "coach" / "README.md"


def diagram(table: agenda.Table[agenda.State, agenda.Trigger]) -> str:
    """Return a Mermaid state diagram of a table, with what leads away from every state below it."""
    living = [state for state, row in table.items() if row]
    everywhere = {
        trigger: target
        for trigger, target in table[living[0]].items()
        if all(table[state].get(trigger) is target for state in living)
    }
    arrows: dict[tuple[agenda.State, agenda.State], list[str]] = {}
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
    "appliance": lambda: f"\n{diagram(device_states.TRANSITIONS)}\n",
    "button": lambda: f"\n{meanings()}\n",
    "session": lambda: f"\n{diagram(session.TRANSITIONS)}\n",
    "lift": lambda: f"\n{diagram(phases.TRANSITIONS)}\n",
}


def main() -> int:
    """Draw the diagrams; return the exit code."""
    argument_parser("tools.diagrams", __doc__).parse_args()
    return bring_up_to_date(README, PARTS)


if __name__ == "__main__":
    sys.exit(main())
