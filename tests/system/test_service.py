"""Stories of the service: which data it means, and when the watchdog hears from its loop."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.clock import SystemClock
from device.coach import Coach, History
from device.errors import ModelError
from device.loop import Loop
from device.panel import Panel, Pins
from device.startup_faults import Failure
from device.system.service import DATA, SERVICE, Watchdog, default_data, own_data
from tests.device.test_loop import Face, Memory, ShownPanel
from tests.virtual import VirtualClock, VirtualInbox

LIMIT_S = 6.0


class Systemd:
    """The service manager's end of the socket."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.setblocking(False)

    def watchdog(self, limit: float = LIMIT_S) -> Watchdog:
        limits = {"WATCHDOG_USEC": str(int(limit * 1e6))} if limit else {}
        return Watchdog({"NOTIFY_SOCKET": str(self.path), **limits})

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    manager = Systemd(tmp_path)
    yield manager
    manager.close()


def loop(watchdog: Watchdog, until: float, panel: type[ShownPanel] = ShownPanel) -> Loop:
    clock = VirtualClock()
    inbox = VirtualInbox(clock, Face(clock), until=until)
    return Loop(inbox, Coach(History()), panel(clock), Memory(), clock, watchdog=watchdog)


def test_an_idle_device_is_ready_once_and_then_feeds_often_enough(systemd: Systemd) -> None:
    # No longer: a socket that is read afterwards keeps ten messages.
    loop(systemd.watchdog(), until=2 * LIMIT_S).run()
    first, *rest = systemd.heard()
    assert first == "READY=1\nWATCHDOG=1"
    assert set(rest) == {"WATCHDOG=1"}
    assert len(rest) >= 2 * 3


def test_a_round_that_does_not_end_feeds_nothing(systemd: Systemd) -> None:
    class Stuck(ShownPanel):
        def tick(self) -> None:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        loop(systemd.watchdog(), until=300.0, panel=Stuck).run()
    assert systemd.heard() == []


@pytest.fixture
def signals() -> Iterator[None]:
    """Give back the signals that a fault which is shown listens to."""
    before = {
        number: signal.getsignal(number)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
def test_while_a_fault_is_shown_it_is_fed_and_not_told_of_being_ready(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(systemd.path))
    monkeypatch.setenv("WATCHDOG_USEC", "300000")
    clock = SystemClock()
    with Panel(Pins(), clock, MockFactory(pin_class=MockPWMPin)) as panel:
        Failure(ModelError("damaged: run the installer"), clock, None).show(panel, 0.6)
    heard = systemd.heard()
    assert set(heard) == {"WATCHDOG=1"}
    assert len(heard) >= 4


def test_without_a_limit_it_only_says_that_it_is_ready(systemd: Systemd) -> None:
    watchdog = systemd.watchdog(limit=0)
    for now in (1.0, 2.0, 300.0):
        watchdog.feed(now)
    assert systemd.heard() == ["READY=1\nWATCHDOG=1"]
    assert watchdog.next_deadline() is None


def test_at_a_desk_nobody_waits_for_it() -> None:
    watchdog = Watchdog({})
    watchdog.feed(1.0)
    assert watchdog.next_deadline() is None


def test_a_manager_that_does_not_listen_never_holds_up_the_loop(systemd: Systemd) -> None:
    watchdog = systemd.watchdog()
    for now in range(0, 100_000, 100):
        watchdog.feed(float(now))
    assert systemd.heard()


def test_a_manager_that_is_gone_stops_nothing(systemd: Systemd) -> None:
    watchdog = systemd.watchdog()
    systemd.close()
    systemd.path.unlink()
    watchdog.feed(1.0)


def test_an_abstract_address_is_understood() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("")  # the kernel picks an abstract one
        name = manager.getsockname()
        Watchdog({"NOTIFY_SOCKET": "@" + name[1:].decode()}).feed(1.0)
        assert manager.recv(100) == b"READY=1\nWATCHDOG=1"


def test_where_it_is_installed_the_devices_data_is_meant_if_none_is_named(tmp_path: Path) -> None:
    assert default_data(tmp_path) == own_data()
    unit = tmp_path / "etc/systemd/system" / SERVICE
    unit.parent.mkdir(parents=True)
    unit.touch()
    assert default_data(tmp_path) == DATA == Path("/data/liftlight")
