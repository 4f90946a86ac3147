"""The house: rooms in one order, each with a face, and no way round it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ROOMS = (
    "device.system",
    "device.camera.subject",
    "device.camera",
    "device.vision",
    "device.coach.counting",
    "device.coach",
    "device.panel",
    "device.journal",
    "device.doctor",
    "device.doctor.live",
    "device.sync.report",
    "device.sync",
    "device.desk",
)
"""Folders of `device/` that have a face."""

ORDER = (
    ("device.errors", "device.files", "device.language", "device.processes"),
    ("device.system",),
    ("device.clock",),
    ("device.sample",),
    ("device.trace",),
    ("device.camera",),
    ("device.vision",),
    ("device.coach.agenda", "device.coach.cues", "device.coach.events"),
    ("device.coach.counting",),
    ("device.coach",),
    ("device.panel",),
    ("device.settings",),
    ("device.journal",),
    ("device.doctor",),
    ("device.sync",),
    ("device",),
    ("device.doctor.live", "device.desk"),
    ("device.cli", "device.__main__"),
)
"""From left to right, the way of the data: nothing imports what stands to its right. What is not
named, the loop and what is around it, stands at `device`."""


def modules(folder: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield the name and the syntax tree of each module below `folder`."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each module and name that is imported from `device`, wherever it is written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("device"):
            yield from ((node.module, name.name) for name in node.names)
        elif isinstance(node, ast.Import):
            yield from ((name.name, "") for name in node.names if name.name.startswith("device."))


def belongs(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")


def room_of(module: str) -> str | None:
    """Return the innermost room that `module` lives in."""
    return max((room for room in ROOMS if belongs(module, room)), key=len, default=None)


def face_of(room: str) -> set[str]:
    """Return the names in `__all__` of a room, without importing it."""
    tree = ast.parse((ROOT / room.replace(".", "/") / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    raise AssertionError(f"{room} has no __all__")


def test_a_room_is_entered_by_its_face() -> None:
    faces = {room: face_of(room) for room in ROOMS}
    past = []
    for folder in ("device", "tools", "tests"):
        for module, tree in modules(folder):
            for target, name in imports(tree):
                room = room_of(target)
                at_home = room is None or belongs(module, room.split(".report")[0])
                tested = room is not None and module.startswith(f"tests.{room.split('.')[1]}.")
                if not (at_home or tested) and (target != room or name not in faces[room]):
                    past.append(f"{module}: {target}.{name}")
    assert not past, "imported past a face:\n" + "\n".join(past)


def private_uses(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the place in `device` and each private name of it that a module touches.

    It sees `from x import _y`, `x._y` on anything that was imported from `device`, and a patch of
    `_y` on it or by its path.
    """
    known = {
        name.asname or name.name: f"{node.module}.{name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("device")
        for name in node.names
    }

    def is_private(name: str) -> bool:
        return name.startswith("_") and not name.startswith("__")

    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (
                (str(node.module), name.name) for name in node.names if is_private(name.name)
            )
        elif isinstance(node, ast.Attribute) and is_private(node.attr):
            owner = ast.unparse(node.value).partition(".")[0].partition("(")[0]
            if owner in known:
                yield known[owner], node.attr
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".setattr"):
            owner = ast.unparse(node.args[0]).partition(".")[0]
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            for text in (one for one in texts if isinstance(one, str)):
                path, _, name = text.rpartition(".")
                if is_private(name) and (path or owner in known):
                    yield path or known[owner], name


def test_no_test_touches_what_is_private_in_another_room() -> None:
    touched = [
        f"{module}: {target} {name}"
        for module, tree in modules("tests")
        for target, name in private_uses(tree)
        if target.startswith("device")
        and not module.startswith(f"tests.{target.split('.')[1]}.")
        and not (room_of(target) is None and module.startswith("tests.device."))
    ]
    assert not touched, "private names of other rooms:\n" + "\n".join(touched)


def test_no_import_runs_backwards() -> None:
    def place(module: str) -> int:
        return max(
            (len(room), index)
            for index, rooms in enumerate(ORDER)
            for room in rooms
            if belongs(module, room)
        )[1]

    backwards = [
        f"{module}: {target}"
        for module, tree in modules("device")
        for target, _ in imports(tree)
        if place(target) > place(module)
    ]
    assert not backwards, "\n".join(backwards)


def test_the_device_knows_nothing_of_tools_or_tests() -> None:
    for module, tree in modules("device"):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith(("tools", "tests")), module


def test_there_is_no_import_circle() -> None:
    names = {name for name, _ in modules("device")}
    needs: dict[str, set[str]] = {}
    for module, tree in modules("device"):
        # What a function imports is loaded when it runs, and what only a type checker reads never.
        at_once = ast.Module(
            [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], []
        )
        found = {
            f"{target}.{name}" if f"{target}.{name}" in names else target
            for target, name in imports(at_once)
        }
        needs[module] = {target for target in found if target in names} - {module}

    def walk(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way[way.index(module) :], module))
        if module not in done:
            for target in sorted(needs[module]):
                walk(target, (*way, module))
            done.add(module)

    done: set[str] = set()
    for module in sorted(needs):
        walk(module, ())


@pytest.mark.parametrize(
    ("module", "kept_out"),
    [
        # A library that is missing or broken must not keep the fault light dark.
        ("device.start", ("numpy", "cv2")),
        # A Zero 2 W takes seconds for these.
        ("device.status", ("numpy", "cv2", "gpiozero", "jinja2")),
        ("device.sync.plug", ("numpy", "cv2", "gpiozero", "jinja2")),
        ("device.sync.stick", ("numpy", "cv2", "gpiozero", "jinja2")),
        ("device.panel_off", ("numpy", "cv2")),
        # The words and tables of the coach, which others use without it.
        ("device.coach.cues", ("numpy", "cv2")),
        ("device.coach.rest", ("numpy", "cv2")),
        ("device.coach.device_states", ("numpy", "cv2")),
    ],
)
def test_what_must_start_at_once_loads_no_large_library(
    module: str, kept_out: tuple[str, ...]
) -> None:
    loaded = f"import sys, {module}; print(*(name for name in {kept_out!r} if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", loaded],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == ""


def test_a_face_keeps_what_it_promises() -> None:
    for room in ROOMS:
        names = sorted(face_of(room))
        wanted = f"from {room} import {', '.join(names)}"
        subprocess.run([sys.executable, "-c", wanted], cwd=ROOT, timeout=60, check=True)
