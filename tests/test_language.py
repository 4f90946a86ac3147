"""What a person reads is in their language: nothing is untranslated, and the stick chooses."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest

from device.errors import CallerError
from device.language import ENGLISH, LANGUAGES, Told, translations
from device.settings import SettingsError, load
from device.sync import stick
from device.sync.report import words
from tests.sync.test_stick import NOW
from tools import translate
from tools.environment import ROOT
from tools.long_log import write_weeks

OTHERS = [code for code in LANGUAGES if code != ENGLISH]


@pytest.mark.parametrize("domain", translate.DOMAINS, ids=lambda domain: domain.name)
@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_and_no_catalogue_is_older_than_the_code(
    domain: translate.Domain, language: str
) -> None:
    complaints = list(translate.check(domain, language, translate.collected(domain)))
    assert complaints == [], "run python -m tools.translate, and translate what is empty"


def spoilt(tmp_path: Path, old: str, new: str) -> list[str]:
    """Return what is found wrong with a German catalogue in which a text was exchanged."""
    device = translate.DOMAINS[0]
    copy = translate.Domain(device.name, device.source, tmp_path)
    shutil.copytree(device.po("de").parent, copy.po("de").parent)
    written = copy.po("de").read_text(encoding="utf-8")
    assert old in written
    copy.po("de").write_text(written.replace(old, new, 1), encoding="utf-8")
    return list(translate.check(copy, "de", translate.collected(device)))


def test_what_is_missing_stale_or_has_other_values_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translate, "ROOT", tmp_path.parent)
    faults = (
        ('msgstr "Wie es läuft"', 'msgstr ""', "is not translated"),
        ('msgstr "nur {free} MB frei"', 'msgstr "nur {frei} MB frei"', "has other values"),
        ('msgid "How it goes"', 'msgid "How it went"', "knows nothing of 'How it goes'"),
        ("Wie es läuft", "Wie es so läuft", "is older"),
    )
    for number, (old, new, said) in enumerate(faults):
        assert any(said in line for line in spoilt(tmp_path / str(number), old, new)), said


def test_a_text_with_values_is_english_until_it_is_said_in_another_language() -> None:
    told = Told("only {free} MB free", free=12)
    assert told == "only 12 MB free"
    assert told.said(translations("de").gettext) == "nur 12 MB frei"
    around = Told("{sound}, twice", sound=Told("{sound}, then 1 short note", sound="relax"))
    assert around.said(translations("de").gettext) == "entspannen, dann 1 kurzer Ton, zweimal"


def test_a_date_is_written_as_the_language_writes_it() -> None:
    first, later = date(2026, 6, 1), date(2026, 12, 24)
    written = {code: words.Words(code).day_name(first) for code in LANGUAGES}
    assert written == {
        "en": "Mon 1 Jun 2026",
        "de": "Mo, 1. Juni 2026",
        "es": "lun 1 jun 2026",
        "fr": "lun. 1er juin 2026",
    }
    assert words.Words("fr").day_name(later) == "jeu. 24 déc. 2026"


def test_a_language_that_nobody_speaks_here_is_refused_with_those_there_are(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('[text]\nlanguage = "it"\n')
    with pytest.raises(SettingsError, match=r'one of "en", "de", "es", "fr", not \'it\'') as error:
        load(settings)
    assert isinstance(error.value, CallerError)


def test_the_stick_of_somebody_who_reads_german_is_german_from_the_stick_that_says_so_on(
    tmp_path: Path,
) -> None:
    data, plugged = tmp_path / "data", tmp_path / "stick"
    data.mkdir()
    plugged.mkdir()
    write_weeks(data / "journal.db", 3)
    home = stick.sync(data, plugged, NOW).folder.parent
    assert "How it goes" in (home / "open-me.html").read_text(encoding="utf-8")
    settings = (home / "settings.toml").read_text()
    assert '# language = "en"  # en, de, es, fr' in settings

    (home / "settings.toml").write_text(settings.replace('# language = "en"', 'language = "de"'))
    stick.sync(data, plugged, NOW)

    report = (home / "open-me.html").read_text(encoding="utf-8")
    assert '<html lang="de">' in report
    assert "Wie es läuft" in report
    assert "How it goes" not in report
    health = (home / "health.txt").read_text(encoding="utf-8-sig")
    assert health.startswith("LiftLight: wie es dem Gerät geht")
    assert "Der Computer:" in health
    assert "Öffnen Sie open-me.html" in (home / "read-me.txt").read_text(encoding="utf-8-sig")

    (home / "settings.toml").write_text("[text]\nlanguage = 7\n")
    stick.sync(data, plugged, NOW)
    note = next(home.glob("settings-*.txt")).read_text(encoding="utf-8-sig")
    assert note.startswith("Die Einstellungen auf diesem Stick wurden nicht verwendet")
    assert "muss eines von" in note


def test_a_mistake_in_the_settings_is_told_in_the_language_that_they_choose(tmp_path: Path) -> None:
    """Somebody edited them right on the card: nothing else has checked them."""
    data, plugged = tmp_path / "data", tmp_path / "stick"
    data.mkdir()
    plugged.mkdir()
    write_weeks(data / "journal.db", 1)
    (data / "settings.toml").write_text('[text]\nlanguage = "de"\n[panel]\nquiet = 1\n')

    home = stick.sync(data, plugged, NOW).folder.parent

    health = (home / "health.txt").read_text(encoding="utf-8-sig")
    assert "muss true oder false sein" in health
    assert "must be" not in health
    assert '<html lang="de">' in (home / "open-me.html").read_text(encoding="utf-8")


def test_two_new_settings_files_are_explained_in_the_persons_language(tmp_path: Path) -> None:
    data, plugged = tmp_path / "data", tmp_path / "stick"
    data.mkdir()
    plugged.mkdir()
    write_weeks(data / "journal.db", 1)
    (data / "settings.toml").write_text('[text]\nlanguage = "fr"\n')
    home = stick.sync(data, plugged, NOW).folder.parent
    for name in ("settings.toml", "settings.toml.txt"):
        (home / name).write_text("[panel]\nquiet = true\n")

    stick.sync(data, plugged, NOW)

    note = (home / "settings-problem.txt").read_text(encoding="utf-8-sig")
    assert "sont nouveaux tous les deux. Enlevez-en un." in note
    assert "beside it" not in note


def test_the_catalogues_are_in_what_is_installed(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for language in OTHERS:
        assert f"device/locale/{language}/LC_MESSAGES/liftlight.mo" in names
