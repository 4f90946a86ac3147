"""The `liftlight` command. Each subcommand is a few lines here; its room does the work.

The exit code is 0 when all is done, 2 for a mistake of the caller's, 1 for a fault of the machine
or the program. Every mistake and fault, also a stdout that takes nothing more, is one line on
stderr that says what happened and what to do.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from device.errors import CallerError, LiftLightError
from device.files import OutputError, give_up_stdout, take_streams
from device.system import default_data, own_data

FAILED = 1
CALLER = 2

EXIT_CODES = "exit codes: 0 done, 1 machine or program failed, 2 what was given is wrong"


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, and say what was probably meant."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, and exit as for a mistake of the caller's."""
        end = "" if message.endswith("?") else "."
        self.exit(CALLER, f"liftlight: {message}{end} `{self.prog} --help` shows what there is.\n")

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Exit as `error` does for arguments that nothing takes; of options it names the first."""
        options = (word.partition("=")[0] for word in unknown if word.startswith("-"))
        option = next(options, None)
        if option is None:
            self.error(f"nothing takes {unknown[0]!r}")
        self.error(
            f"there is no option {option!r}{_did_you_mean(option, self._option_string_actions)}"
        )

    def _check_value(self, action: argparse.Action, value: str) -> None:
        # As Python 3.14 does by itself (`suggest_on_error`).
        if action.choices is None or value in action.choices:
            return
        if action.dest == "command":
            self.error(f"there is no command {value!r}{_did_you_mean(value, action.choices)}")
        name, choices = action.option_strings[0], " or ".join(action.choices)
        self.error(f"{name} takes {choices}, not {value!r}{_did_you_mean(value, action.choices)}")


def _did_you_mean(word: str, there: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, there, n=1)
    return f": did you mean {close[0]!r}?" if close else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    take_streams()
    try:
        try:
            parser = command_line()
            options, unknown = parser.parse_known_args(arguments)
            if unknown:
                options.parser.refuse(unknown)
            return int((_version if options.version else options.run)(options))
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
    print(f"liftlight: {line}", file=sys.stderr)


def command_line() -> Parser:
    """Return the parser of everything that `liftlight` takes."""
    parser = Parser(
        prog="liftlight",
        description="A bedside device that coaches the Cheek Lifter: it watches, counts only "
        "controlled lifts, times each hold with light and sound, and rests.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    parser.set_defaults(run=_help, parser=parser)
    commands = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", parser_class=Parser
    )

    def add_command(
        name: str,
        does: str,
        run: Callable[[argparse.Namespace], int],
        codes: str = EXIT_CODES,
    ) -> Parser:
        command = commands.add_parser(
            name, help=does, description=f"{does[0].upper()}{does[1:]}.", epilog=codes
        )
        command.set_defaults(run=run, parser=command)
        return command

    run = add_command("run", "be the device: wait for the button", _run)
    run.add_argument(
        "--camera",
        default="picamera2",
        metavar="WHAT",
        help="picamera2 (default), v4l2:/dev/videoN, video:PATH, trace:PATH or subject[:SCENARIO]",
    )
    run.add_argument(
        "--panel",
        choices=("gpio", "terminal"),
        default="gpio",
        help="the one on the header (gpio, default), or one drawn in a terminal",
    )
    _add_data(run)

    demo = add_command("demo", "watch a whole session with a synthetic person", _demo)
    demo.add_argument(
        "character",
        nargs="?",
        default="steady",
        metavar="WHO",
        help="steady (default), hasty, tired, lopsided, sleepy or sideways",
    )
    demo.add_argument("--window", action="store_true", help="show what the camera sees")
    demo.add_argument("--record", type=file, metavar="OUT.mp4", help="save it as a film")

    replay = add_command(
        "replay", "count the lifts in a video or a trace, as fast as it goes", _replay
    )
    replay.add_argument(
        "recording", type=file, metavar="VIDEO", help="a video, or a trace, which ends in .csv"
    )
    replay.add_argument(
        "--events",
        type=file,
        metavar="FILE",
        help="write the events there as JSON Lines, on stdout for -; without, they go to stdout, "
        "in plain words if that is a terminal",
    )
    replay.add_argument(
        "--practised",
        type=_span,
        metavar="FROM-TO",
        help="a practised lift lies between these seconds",
    )
    replay.add_argument(
        "--annotate", type=file, metavar="OUT.mp4", help="write a video that shows what was seen"
    )
    replay.add_argument(
        "--plot", type=file, metavar="OUT.png", help="draw the whole signal with every verdict"
    )

    status = add_command("status", "say whether the device is resting, and why", _status)
    _add_json(status)
    _add_data(status)

    doctor = add_command(
        "doctor", "check this machine, and name the cures", _doctor,
        "exit codes: 0 all is well, 1 something is broken, 2 what was given is wrong",
    )  # fmt: skip
    parts = doctor.add_mutually_exclusive_group()
    parts.add_argument(
        "--panel",
        nargs="?",
        const="gpio",
        choices=("gpio", "terminal"),
        help="light and sound everything on the panel in turn, and try the button",
    )
    parts.add_argument(
        "--aim",
        action="store_true",
        help="say live how near, turned, lit and sharp the camera sees the face",
    )
    doctor.add_argument("--camera", metavar="WHAT", help="the camera to aim, as for run")
    _add_json(doctor)
    _add_data(doctor)

    report = add_command("report", "write report.html, which any browser opens", _report)
    report.add_argument("folder", type=folder, metavar="DIR", help="the folder to write it into")
    _add_data(report)

    sync = add_command("sync", "export everything to a mounted stick", _sync)
    sync.add_argument("folder", type=folder, metavar="DIR", help="where the stick is mounted")
    _add_data(sync)

    restore = add_command("restore", "bring an export back into the journal", _restore)
    restore.add_argument("folder", type=folder, metavar="DIR", help="a stick, or an export on it")
    _add_data(restore)

    off = add_command("panel-off", "make every light dark and the buzzer silent", _panel_off)
    _add_data(off)
    return parser


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data",
        type=folder,
        default=default_data(),
        metavar="DIR",
        help="where the journal and settings.toml are (%(default)s)",
    )


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print it as JSON, for programs")


def file(text: str) -> Path:
    """Return the path of an argument that names a file; raises ArgumentTypeError for none."""
    # Path("") would be the current folder.
    if not text:
        raise argparse.ArgumentTypeError("'' names nothing")
    return Path(text)


def folder(text: str) -> Path:
    """Return the path of an argument that names a folder; raises what `file` does."""
    return file(text)


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


def _help(options: argparse.Namespace) -> int:
    options.parser.print_help()
    return 0


def _version(_: argparse.Namespace) -> int:
    from importlib import metadata  # noqa: PLC0415  (each command loads what it needs)

    try:
        print(f"liftlight {metadata.version('liftlight')}")
    except metadata.PackageNotFoundError:
        raise LiftLightError(
            "it is not installed here, so it has no version: `make run` installs it."
        ) from None
    return 0


def _run(options: argparse.Namespace) -> int:
    # On the device a data folder that is missing is a partition that is not mounted.
    if options.panel == "terminal" or options.data == own_data():
        _make_folder(options.data)
    if options.panel == "terminal":
        from device.run import run_at_a_desk  # noqa: PLC0415

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

    return status(options.data, as_json=options.json)


def _doctor(options: argparse.Namespace) -> int:
    if options.camera and not options.aim:
        raise CallerError("--camera goes with --aim: `liftlight doctor --aim --camera WHAT`.")
    if options.json and (options.panel or options.aim):
        raise CallerError("--json is for the checks alone: leave out --panel and --aim.")
    data, here = options.data, Path(os.environ.get("LG_WD") or os.curdir)
    with suppress(FileNotFoundError):  # The folder that we are in may have been deleted.
        data, here = data.absolute(), here.absolute()
    with ExitStack() as scratch:
        # As soon as it is imported, lgpio leaves a file in this folder, and fails if it cannot. If
        # no disk takes one, that is for the checks to find.
        with suppress(OSError):
            os.environ["LG_WD"] = scratch.enter_context(TemporaryDirectory())
        if options.panel:
            from device.doctor.live import tour  # noqa: PLC0415

            return tour(options.panel, data)
        if options.aim:
            from device.doctor.live import aim  # noqa: PLC0415

            return aim(options.camera or "picamera2", data)
        from device.doctor import doctor  # noqa: PLC0415

        return doctor(data, here, as_json=options.json)


def _report(options: argparse.Namespace) -> int:
    from device.journal import JOURNAL_NAME  # noqa: PLC0415
    from device.settings import language_in  # noqa: PLC0415
    from device.sync.report import REPORT, write_report  # noqa: PLC0415

    out = options.folder / REPORT
    write_report(options.data / JOURNAL_NAME, out, language=language_in(options.data))
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
