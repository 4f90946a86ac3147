"""Settings are one small file; a mistake in it is named, with its cure, and nothing is guessed."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import pytest

from device.coach import device_states
from device.journal import Journal
from device.run import open_coach
from device.settings import Settings, SettingsError, load
from tests.virtual import VirtualClock


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    assert load(tmp_path / "settings.toml") == Settings()


def test_what_is_written_is_taken_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[session]\nreps = 8\n[panel]\nquiet = true\nbrightness = 1\n")

    settings = load(file)

    assert settings.session.reps == 8
    assert settings.panel.quiet
    assert settings.panel.brightness == 1.0
    assert settings.pins == Settings().pins


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[session]\nreps = 30", "`reps` must be between 3 and 10, not 30"),
        ("[session]\nreps = 8.5", "`reps` must be a whole number"),
        ("[session]\nreps = true", "`reps` must be a number"),
        ("[panel]\nquiet = 1", "`quiet` must be true or false"),
        ("[panel]\nbrightnes = 1", "Did you mean `brightness`?"),
        ("[button]\njoin_within = 0.3", "`join_within` must be between 0.4 and 1.2, not 0.3"),
        ("[button]\njoin_within = 1.3", "`join_within` must be between 0.4 and 1.2, not 1.3"),
        ("[button]\nshortest_press = 0", "`shortest_press` must be between 0.02 and 0.3, not 0"),
        ("[pannel]\n", "Did you mean `panel`?"),
        ("panel = 3", "`panel` is a table"),
        ("[pins]\nbutton = 3", "GPIO 3 belongs to the real-time clock"),
        ("[pins]\nready = 17", "already used by camera"),
        ("[pins]\nilluminator = 17", "already used by camera"),
        ("[pins]\nilluminator = 26.5", "`illuminator` must be a whole number"),
        ("[pins]\nilluminator = true", "`illuminator` must be a number"),
        ("reps = ", "not valid TOML"),
        ("a = " + "[" * 9000, "not valid TOML"),
        ("[panel]\nbrightness = nan", "`brightness` must be between"),
        ("[session]\nreps = " + "9" * 5000, "a number of thousands of digits"),
        ("[session]\nreps = 0x" + "F" * 20_000, "not a number of that many digits"),
        ("[panel]\nbrightness = -" + "9" * 4000, "not a number of that many digits"),
        ("[panel]\n" + "k" * 60_000 + " = 1", "unknown setting `kkk"),
        ('[panel]\n"a\\n\\u001b[2J" = 1', "unknown setting `a??[2J`"),
        ('[panel]\nquiet = "' + "x" * 60_000 + '"', "`quiet` must be true or false"),
    ],
    ids=lambda value: value[:30],
)
def test_a_mistake_is_named_with_its_cure(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)

    with pytest.raises(SettingsError, match=f"^{file}: ") as refused:
        load(file)

    assert said in str(refused.value)
    assert str(refused.value).isprintable(), "one line, and nothing that a terminal acts on"
    assert len(str(refused.value)) < 400


def test_slow_hands_get_the_time_that_the_file_gives_them(tmp_path: Path) -> None:
    """Two presses a second apart are the massage timer for one, and two presses for another."""
    file, clock = tmp_path / "settings.toml", VirtualClock()
    begun = {}
    for gap in (0.4, 1.2):
        file.write_text(f"[button]\njoin_within = {gap}\n")
        with Journal(tmp_path / f"{gap}.db", clock) as journal:
            coach = open_coach(journal, load(file))
            now = clock.monotonic()
            coach.clock(clock.reading())
            for press in (now + 1.0, now + 2.2):
                coach.button_down(press)
                coach.button_up(press + 0.2)
            coach.tick(now + 4.0)
            begun[gap] = coach.state
    assert begun == {
        0.4: device_states.DeviceState.SESSION,
        1.2: device_states.DeviceState.MASSAGE,
    }


def test_an_illuminator_is_there_only_if_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    assert "illuminator" not in load(file).pins.fitted()
    file.write_text("[pins]\nilluminator = 26\n")
    assert load(file).pins.fitted()["illuminator"] == 26


def test_something_huge_or_binary_is_no_settings_file(tmp_path: Path) -> None:
    huge, binary = tmp_path / "huge.toml", tmp_path / "binary.toml"
    huge.write_bytes(b"#" * 100_000)
    binary.write_bytes(b"\xff\xfe\x00settings")
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)

    for file in (huge, binary, pipe, tmp_path):
        with pytest.raises(SettingsError, match=str(file)):
            load(file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_editors_of_all_kinds_may_write_it(tmp_path: Path, encoding: str, end: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(f"# for Zoë{end}[panel]{end}quiet = true{end}".encode(encoding))
    assert load(file).panel.quiet


def test_the_other_order_of_bytes_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(codecs.BOM_UTF16_BE + "[panel]\nquiet = true\n".encode("utf-16-be"))
    assert load(file).panel.quiet
