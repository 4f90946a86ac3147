"""The `liftlight` command. Each subcommand is a few lines here; its room does the work.

The exit code is 0 when all is done, 2 for a mistake of the caller's, 1 for a fault of the machine
or the program. Every mistake and fault, also a stdout that takes nothing more, is one line on
stderr that says what happened and what to do.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from device.errors import CallerError, LiftLightError
from device.files import OutputError, give_up_stdout, take_stdout
from device.system import default_data, own_data

FAILED = 1
CALLER = 2


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(CALLER, f"liftlight: {message}. `{self.prog} --help` shows what there is.\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    take_stdout()
    try:
        try:
            options = _parser().parse_args(arguments)
            return int(options.run(options))
        finally:
            sys.stdout.flush()
    except LiftLightError as error:
        if isinstance(error, OutputError):
            give_up_stdout()
        _say(" ".join(str(error).split()))
        return error.exit_code
    except KeyboardInterrupt:
        _say("stopped.")
        return FAILED


def _say(line: str) -> None:
    # Where stderr takes nothing either, the exit code still tells.
    with suppress(OSError):
        print(f"liftlight: {line}", file=sys.stderr)


def _parser() -> _Parser:
    parser = _Parser(
        prog="liftlight",
        description="A bedside device that coaches the Cheek Lifter: it watches, counts only "
        "controlled lifts, times each hold with light and sound, and rests.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    run = commands.add_parser("run", help="be the device: wait for the button")
    run.add_argument(
        "--camera",
        default="picamera2",
        metavar="WHAT",
        help="picamera2 (default), v4l2:/dev/videoN, video:PATH, trace:PATH or subject[:SCENARIO]",
    )
    run.add_argument("--panel", choices=("gpio", "terminal"), default="gpio")
    _add_data(run)
    run.set_defaults(run=_run)

    demo = commands.add_parser("demo", help="watch a whole session with a synthetic person")
    demo.add_argument(
        "character",
        nargs="?",
        default="steady",
        metavar="WHO",
        help="steady (default), hasty, tired, lopsided, sleepy or sideways",
    )
    demo.add_argument("--window", action="store_true", help="show what the camera sees")
    demo.add_argument("--record", type=_path, metavar="OUT.mp4", help="save it as a film")
    demo.set_defaults(run=_demo)

    replay = commands.add_parser(
        "replay", help="count the lifts in a video or a trace, as fast as it goes"
    )
    replay.add_argument("recording", type=_path, metavar="VIDEO")
    replay.add_argument(
        "--events",
        type=_path,
        metavar="FILE",
        help="write the events there (stdout without, or for -)",
    )
    replay.add_argument(
        "--practised",
        type=_span,
        metavar="FROM-TO",
        help="a practised lift lies between these seconds",
    )
    replay.add_argument(
        "--annotate", type=_path, metavar="OUT.mp4", help="write a video that shows what was seen"
    )
    replay.add_argument(
        "--plot", type=_path, metavar="OUT.png", help="draw the whole signal with every verdict"
    )
    replay.set_defaults(run=_replay)

    status = commands.add_parser("status", help="say whether the device is resting, and why")
    _add_data(status)
    status.set_defaults(run=_status)

    doctor = commands.add_parser("doctor", help="check this machine, and name the cures")
    doctor.add_argument(
        "--panel",
        nargs="?",
        const="gpio",
        choices=("gpio", "terminal"),
        help="light and sound everything on the panel in turn, and try the button",
    )
    _add_data(doctor)
    doctor.set_defaults(run=_doctor)

    report = commands.add_parser("report", help="write report.html, which any browser opens")
    report.add_argument("folder", type=_path, metavar="DIR", help="the folder to write it into")
    _add_data(report)
    report.set_defaults(run=_report)

    sync = commands.add_parser("sync", help="export everything to a mounted stick")
    sync.add_argument("folder", type=_path, metavar="DIR", help="where the stick is mounted")
    _add_data(sync)
    sync.set_defaults(run=_sync)

    restore = commands.add_parser("restore", help="bring an export back into the journal")
    restore.add_argument("folder", type=_path, metavar="DIR", help="a stick, or an export on it")
    _add_data(restore)
    restore.set_defaults(run=_restore)

    off = commands.add_parser("panel-off", help="make every light dark and the buzzer silent")
    _add_data(off)
    off.set_defaults(run=_panel_off)
    return parser


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data",
        type=_path,
        default=default_data(),
        metavar="DIR",
        help="where the journal and settings.toml are (%(default)s)",
    )


def _path(text: str) -> Path:
    # Path("") would be the current folder.
    if not text:
        raise argparse.ArgumentTypeError("'' names nothing")
    return Path(text)


def _span(text: str) -> tuple[float, float]:
    try:
        start, end = (float(part) for part in text.split("-"))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not two times in seconds, as in 3.5-7"
        ) from None
    if not 0 <= start < end:
        raise argparse.ArgumentTypeError(f"in {text!r} the first time must come before the second")
    return start, end


def _run(options: argparse.Namespace) -> int:
    # On the device a data folder that is missing is a partition that is not mounted.
    if options.panel == "terminal" or options.data == own_data():
        _make_folder(options.data)
    if options.panel == "terminal":
        from device.run import run_at_a_desk  # noqa: PLC0415  (each command loads what it needs)

        return run_at_a_desk(options.camera, options.data)
    from device.start import start  # noqa: PLC0415

    return start(options.camera, options.data)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CallerError(
            f"cannot make the data folder {folder} ({error.strerror}): name another with --data."
        ) from error


def _demo(options: argparse.Namespace) -> int:
    from device.desk import demo  # noqa: PLC0415

    return demo.demo(options.character, options.window, options.record)


def _replay(options: argparse.Namespace) -> int:
    from device.desk import replay  # noqa: PLC0415

    return replay.replay_recording(
        options.recording, options.events, options.practised, options.annotate, options.plot
    )


def _status(options: argparse.Namespace) -> int:
    from device.status import status  # noqa: PLC0415

    return status(options.data)


def _doctor(options: argparse.Namespace) -> int:
    data, here = options.data, Path(os.environ.get("LG_WD") or os.curdir)
    with suppress(FileNotFoundError):  # The folder that we are in may have been deleted.
        data, here = data.absolute(), here.absolute()
    # As soon as it is imported, lgpio leaves a file in this folder, and fails if it cannot.
    with TemporaryDirectory() as scratch:
        os.environ["LG_WD"] = scratch
        if options.panel:
            from device.doctor import tour  # noqa: PLC0415

            return tour(options.panel, data)
        from device.doctor import doctor  # noqa: PLC0415

        return doctor(data, here)


def _report(options: argparse.Namespace) -> int:
    from device.journal import JOURNAL_NAME  # noqa: PLC0415
    from device.sync.report import REPORT, write_report  # noqa: PLC0415

    out = options.folder / REPORT
    write_report(options.data / JOURNAL_NAME, out)
    print(out)
    return 0


def _sync(options: argparse.Namespace) -> int:
    from device.sync import stick  # noqa: PLC0415

    return stick.sync_command(options.data, options.folder)


def _restore(options: argparse.Namespace) -> int:
    from device.sync import restore  # noqa: PLC0415

    return restore.restore_command(options.data, options.folder)


def _panel_off(options: argparse.Namespace) -> int:
    from device.panel_off import panel_off_command  # noqa: PLC0415

    return panel_off_command(options.data)


if __name__ == "__main__":
    sys.exit(main())
