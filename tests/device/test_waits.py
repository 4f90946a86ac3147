"""Nothing in the device waits without a limit, and no test starts a process that outlives it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LIMITED_BY = {
    # Called with so many arguments, or with this word, it has a limit.
    "wait": (1, "timeout"),
    "join": (1, "timeout"),
    "result": (1, "timeout"),
    "exception": (1, "timeout"),
    "get": (1, "timeout"),
    "communicate": (2, "timeout"),
    "acquire": (2, "timeout"),
    "wait_for": (2, "timeout"),
    "select": (4, "timeout"),
    "run": (99, "timeout"),
    "check_call": (99, "timeout"),
    "check_output": (99, "timeout"),
}
OF_SUBPROCESS = ("run", "check_call", "check_output")


def calls(source: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))


def unlimited(call: ast.Call) -> bool:
    """Whether a call may wait for ever, as far as its own line tells."""
    if not isinstance(call.func, ast.Attribute):
        return False
    name, owner = call.func.attr, ast.unparse(call.func.value)
    if name == "flock":
        return "LOCK_NB" not in ast.unparse(call) and "LOCK_UN" not in ast.unparse(call)
    if name not in LIMITED_BY or (name in OF_SUBPROCESS) != (owner == "subprocess"):
        return False
    enough, word = LIMITED_BY[name]
    given = {key.arg: key.value for key in call.keywords}
    limit = given.get(word) or (call.args[enough - 1] if len(call.args) >= enough else None)
    return limit is None or (isinstance(limit, ast.Constant) and limit.value is None)


@pytest.mark.parametrize(
    ("line", "waits_for_ever"),
    [
        ("thread.join()", True),
        ("thread.join(3.0)", False),
        ("thread.join(None)", True),
        ("', '.join(words)", False),
        ("queue.get()", True),
        ("queue.get(timeout=until)", False),
        ("table.get(key)", False),
        ("process.communicate('text')", True),
        ("select.select([pipe], [], [])", True),
        ("changed.wait_for(lambda: over, 5.0)", False),
        ("subprocess.run(['mount'], check=True)", True),
        ("subprocess.run(['mount'], timeout=5)", False),
        ("loop.run()", False),
        ("fcntl.flock(lock, fcntl.LOCK_EX)", True),
        ("fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)", False),
    ],
)
def test_a_wait_without_a_limit_is_known_by_its_line(line: str, waits_for_ever: bool) -> None:
    (call,) = calls(line)
    assert unlimited(call) == waits_for_ever


def test_nothing_in_the_device_waits_without_a_limit() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {ast.unparse(call)}"
        for path in (ROOT / "device").rglob("*.py")
        for call in calls(path.read_text(encoding="utf-8"))
        if unlimited(call)
    }
    assert not found


def test_a_process_of_a_test_is_ended_and_waited_for() -> None:
    # `subprocess.run` kills and waits by itself when its test runs out of time.
    found = {
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in (ROOT / "tests").rglob("*.py")
        if path.name != "processes.py"
        for call in calls(path.read_text(encoding="utf-8"))
        if ast.unparse(call.func) in ("Popen", "subprocess.Popen")
    }
    assert not found, "start it with tests.processes.running"


def test_the_end_of_a_test_that_failed_has_a_limit(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "from tests import conftest\n"
        "from tests.conftest import pytest_runtest_teardown\n"
        "conftest.END_WITHIN_S = 0.2\n"
    )
    (tmp_path / "test_it.py").write_text(
        "import threading, pytest\n"
        "@pytest.fixture\n"
        "def hung():\n"
        "    yield\n"
        "    threading.Event().wait(60)\n"
        "def test_it(hung):\n"
        "    assert False\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert "its end took longer than 0.2 s" in done.stdout, done.stdout + done.stderr
