"""What is published with an image, and what is said where none can be made."""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from device.errors import CallerError
from tests.conftest import ROOT
from tools import image
from tools.documents import updated
from tools.environment import ToolError
from tools.image import BOARDS, OUT, imager_list, main, sbom, version

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DOWNLOADS = "https://example.org/releases/v1"

# What Raspberry Pi Imager's doc/json-schema/os-list-schema.json and doc/schema-notes.md demand of a
# list with images in it, in our own words; the release's workflow asks the published file itself.
TEXT, COUNT = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 1}
SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
OS = {
    "name": TEXT,
    "description": TEXT,
    "icon": TEXT,
    "url": {"type": "string", "pattern": r"\.(zip|gz|xz)$"},
    "extract_size": COUNT,
    "extract_sha256": SHA256,
    "image_download_size": COUNT,
    "release_date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
    "devices": {"type": "array", "items": TEXT, "minItems": 1},
}
IMAGER_DEMANDS = {
    "type": "object",
    "required": ["os_list"],
    "properties": {
        "os_list": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": list(OS),
                "properties": {
                    **OS,
                    "image_download_sha256": SHA256,
                    "init_format": {"enum": ["systemd", "cloudinit", "cloudinit-rpi", "none", ""]},
                    "architecture": {"enum": ["armhf", "armv8"]},
                },
            },
        }
    },
    "additionalProperties": False,
}


def packed(folder: Path, board: str, card: bytes) -> Path:
    """A small file where an image would be."""
    path = folder / f"liftlight-{version()}-{board}.img.xz"
    path.write_bytes(lzma.compress(card))
    return path


def test_the_bill_of_materials_is_valid_and_names_all_that_the_installer_adds() -> None:
    bill = sbom(NOW)
    assert not JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill))
    there = {part["name"]: part for part in bill["components"]}
    lock = (ROOT / "firmware_config" / "requirements-trixie.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.M)
    assert pins
    for name, number in pins:
        assert there[name]["version"] == number
        assert there[name]["hashes"][0]["content"] in lock
    for model in (ROOT / "models").glob("*.tflite"):
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
        assert there[model.stem]["hashes"] == [{"alg": "SHA-256", "content": digest}]
    script = ROOT / "device" / "sync" / "report" / "vendor" / "uPlot.iife.min.js"
    digest = hashlib.sha256(script.read_bytes()).hexdigest()
    assert there["uplot"]["hashes"][0]["content"] == digest
    assert set(bill["dependencies"][0]["dependsOn"]) == {p["bom-ref"] for p in bill["components"]}


def test_a_bill_of_materials_that_lacks_something_would_be_noticed() -> None:
    bill = sbom(NOW)
    del bill["components"][0]["name"]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill))


def test_imager_is_told_what_it_will_find_packed_and_unpacked(tmp_path: Path) -> None:
    card = b"a card" * 100_000
    files = {board: packed(tmp_path, board, card + board.encode()) for board in ("pi4", "zero2w")}
    told = imager_list(tmp_path, f"{DOWNLOADS}/", date(2026, 3, 1))
    jsonschema.validate(told, IMAGER_DEMANDS)
    four, zero = told["os_list"]
    assert "Raspberry Pi 4" in four["name"]
    assert four["devices"] == ["pi4-64bit"]
    assert "Zero 2 W" in zero["name"]
    assert four["url"] == f"{DOWNLOADS}/{files['pi4'].name}"
    assert four["extract_size"] == len(card) + len("pi4")
    assert four["extract_sha256"] == hashlib.sha256(card + b"pi4").hexdigest()
    assert four["image_download_size"] == files["pi4"].stat().st_size
    assert four["image_download_sha256"] == hashlib.sha256(files["pi4"].read_bytes()).hexdigest()


@pytest.mark.parametrize("field", OS)
def test_a_list_without_what_imager_demands_would_be_noticed(tmp_path: Path, field: str) -> None:
    packed(tmp_path, "pi5", b"a card")
    told = imager_list(tmp_path, DOWNLOADS, date(2026, 3, 1))
    del told["os_list"][0][field]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, IMAGER_DEMANDS)


def test_a_folder_without_images_and_a_damaged_image_are_said(tmp_path: Path) -> None:
    with pytest.raises(CallerError, match="`make image` makes one"):
        imager_list(tmp_path, DOWNLOADS, date(2026, 3, 1))
    whole = packed(tmp_path, "pi4", os.urandom(10_000))
    whole.write_bytes(whole.read_bytes()[:5_000])
    with pytest.raises(ToolError, match="is damaged"):
        imager_list(tmp_path, DOWNLOADS, date(2026, 3, 1))


def test_the_commands_write_both_and_print_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed(tmp_path, "pi4", b"a card")
    assert main(["sbom", str(tmp_path)]) == 0
    assert main(["imager", "--downloads", DOWNLOADS, str(tmp_path)]) == 0
    bill, told = map(Path, capsys.readouterr().out.split())
    assert json.loads(bill.read_text(encoding="utf-8"))["bomFormat"] == "CycloneDX"
    jsonschema.validate(json.loads(told.read_text(encoding="utf-8")), IMAGER_DEMANDS)


def test_where_no_image_can_be_made_one_line_says_all_that_is_missing(tmp_path: Path) -> None:
    """With nothing on the PATH, so that it is so on any computer."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.image", "build", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    for missing in ("rpi-image-gen", "xz", "git"):
        assert missing in line


GENERATOR = """#!/bin/sh
# In the place of rpi-image-gen: keeps what it was told, and writes a card where that would.
printf '%s\\n' "$@" >"$TOLD"
for one; do case $one in IGconf_sys_workroot=*) work=${one#*=} ;; esac; done
mkdir -p "$work/image-liftlight"
printf 'a card' >"$work/image-liftlight/liftlight.img"
"""


@pytest.fixture
def generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which a stand-in for rpi-image-gen keeps its arguments."""
    if shutil.which("xz") is None:
        pytest.skip("xz packs the image: apt install xz-utils")
    stand_in = tmp_path / "bin" / "rpi-image-gen"
    stand_in.parent.mkdir()
    stand_in.write_text(GENERATOR, encoding="utf-8")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(stand_in.parent), prepend=os.pathsep)
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    return tmp_path / "told"


def test_the_image_is_packed_and_its_sum_holds(
    tmp_path: Path, generator: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(image.PASSWORD, "$6$salt$hash")
    out = tmp_path / "out"
    assert main(["build", "--board", "zero2w", str(out)]) == 0
    told = generator.read_text(encoding="utf-8").splitlines()
    assert "IGconf_device_layer=rpizero2w" in told
    assert "IGconf_device_user1passhash=$6$salt$hash" in told
    assert told[told.index("-S") + 1] == str(ROOT / "firmware_config" / "image")
    checksum = out / f"liftlight-{version()}-zero2w.img.xz.sha256"
    subprocess.run(["sha256sum", "--check", checksum.name], cwd=out, check=True, timeout=60)
    (entry,) = imager_list(out, DOWNLOADS, date(2026, 3, 1))["os_list"]
    assert entry["extract_size"] == len("a card")


def test_no_image_without_a_password_for_maintenance(
    tmp_path: Path,
    generator: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv(image.PASSWORD, raising=False)
    assert main(["build", str(tmp_path / "out")]) == 2
    assert "openssl passwd -6" in capsys.readouterr().err
    assert not generator.exists()


def test_each_board_is_one_of_the_workflow_and_the_guide() -> None:
    workflow = (ROOT / ".github" / "workflows" / "image.yml").read_text(encoding="utf-8")
    assert f"board: [{', '.join(BOARDS)}]" in workflow
    guide = image.GUIDE.read_text(encoding="utf-8")
    for board in BOARDS:
        assert f"`{board}`" in guide
    assert f"`{OUT.relative_to(ROOT)}`" in guide
    assert image.PASSWORD in workflow
    assert image.PASSWORD in guide


def test_the_guides_step_is_up_to_date() -> None:
    assert image.GUIDE.read_text(encoding="utf-8") == updated(
        image.GUIDE, {"clone": image.clone_step}
    ), "write it again: python -m tools.image guide"


def test_the_guide_clones_from_the_packages_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "https://example.org/liftlight.git"
    monkeypatch.setattr(image, "_project", lambda: {"urls": {"Repository": address}})
    assert f"git clone {address} liftlight" in image.clone_step()
    assert "bundle" not in image.clone_step()


def test_without_an_address_the_card_carries_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guide's own commands, with folders in place of the card's boot partition."""
    monkeypatch.setattr(image, "_project", dict)
    bundle, clone = re.findall(
        r"^ +git (bundle .*|clone .*?)(?: && .*)?$", image.clone_step(), re.M
    )
    checkout, card, device = (tmp_path / name for name in ("checkout", "card", "device"))
    for folder in (checkout, card, device):
        folder.mkdir()

    def git(where: Path, line: str) -> None:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *line.split()], cwd=where, check=True, timeout=60)

    git(checkout, "init --quiet --initial-branch=main")
    (checkout / "install.sh").write_text("first", encoding="utf-8")
    git(checkout, "add .")
    git(checkout, "commit --quiet --message=First")
    make = bundle.replace("BOOTFS", str(card))
    git(checkout, make)
    git(device, clone.replace("/boot/firmware", str(card)))
    (checkout / "install.sh").write_text("second", encoding="utf-8")
    git(checkout, "commit --quiet --all --message=Second")
    git(checkout, make)
    git(device / "liftlight", "pull --quiet")
    assert (device / "liftlight" / "install.sh").read_text(encoding="utf-8") == "second"
