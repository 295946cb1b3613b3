"""What every command needs: errors as one line with an exit code, quiet interrupts, and opening stores."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import typer
from typer.core import TyperCommand, TyperGroup

from lineage.model import gc_tuning
from lineage.model.errors import BadUse, LineageError, NotFound, SetAside
from lineage.parameters import PANELS

if TYPE_CHECKING:
    from lineage import Lineage

BUG = 70
"""Exit code of an error that is not the user's (EX_SOFTWARE)."""
INTERRUPTED = 130
READER_GONE = 141
"""As a shell reports SIGPIPE."""

LONGEST_HELP = 59
"""Characters of the text of a command that fit behind its name on a line of 80."""
LONGEST_ASK = 200
"""Most characters of an ask that a message repeats."""

_debug = False
_quiet = False


def start() -> None:
    """Reset the settings of the command line that ran before in this process; set up output and garbage collection."""
    global _debug, _quiet
    _debug = _quiet = False
    for stream in (sys.stdout, sys.stderr):
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            # A terminal of a small alphabet shows escapes for what it has no letters for, instead of an error.
            reconfigure(errors="backslashreplace")
    gc_tuning.collect_rarely()


def debugging(wanted: bool) -> None:
    """Take `--debug`, which may come before or after the command."""
    global _debug
    _debug = _debug or wanted


def quieting(wanted: bool) -> None:
    """Take `--quiet`."""
    global _quiet
    _quiet = _quiet or wanted


def is_quiet() -> bool:
    """Is nothing wanted but the answer?"""
    return _quiet


def note(line: str) -> None:
    """Write a line to standard error that is neither an answer nor an error; with `--quiet` nothing."""
    if not _quiet:
        say(line)


def say(line: str) -> None:
    """Write one line to standard error, without control characters."""
    from lineage.render.text import clean

    sys.stderr.write(clean(line) + "\n")


class _Quick:
    """Completes for a shell without what takes long: converted values, and texts that rich would print."""

    def parse_args(self, ctx: Any, args: Any) -> Any:  # Any: typer hides its parser's classes
        """Parse what was typed; where a shell asks, each value stays as it is."""
        if ctx.resilient_parsing:
            for parameter in self.get_params(ctx):  # type: ignore[attr-defined]  # of the class it is mixed into
                parameter.process_value = lambda ctx, value: value
        return super().parse_args(ctx, args)  # type: ignore[misc]  # as above

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:  # Any: as above
        """What could come next."""
        found = super().shell_complete(ctx, incomplete)  # type: ignore[misc]  # as above
        for one in found:
            one.help = None
        return found


class Described(_Quick, TyperCommand):
    """A command with its arguments in the usage line as its help names them."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # Any: as above
        """The parts of the usage line behind the name."""
        arguments = (one for one in self.get_params(ctx) if one.param_type_name == "argument")
        return ["[OPTIONS]", *(str(one.metavar) for one in arguments)]


class Commands(_Quick, TyperGroup):
    """The commands, by either spelling of a name, and the handling of their errors."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # Any: typer hides its parser's classes
        """The command of that name; `cross_account` is `cross-account`."""
        return super().get_command(ctx, cmd_name.replace("_", "-"))

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # Any: as above
        """The commands panel by panel, each with its text on one line."""
        commands = [self.commands[name] for name in self.list_commands(ctx)]
        wide = max(len(str(command.name)) for command in commands)
        for panel in PANELS:
            rows = [
                (str(command.name).ljust(wide), command.get_short_help_str(LONGEST_HELP))
                for command in commands
                if getattr(command, "rich_help_panel", None) == panel
            ]
            if rows:
                with formatter.section(panel):
                    formatter.write_dl(rows)

    def invoke(self, ctx: Any) -> Any:  # Any: typer hides its parser's classes
        """Run a command. Every error ends in one line, unless `--debug` asks for more."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except NotFound as error:
            _tell(error.head)
            for candidate in error.candidates:
                say(f"  {candidate}")
            raise typer.Exit(error.exit_code) from None
        except LineageError as error:
            _tell(str(error))
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The rest of the buffer has no reader; Python would report that at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(READER_GONE) from None
        except OSError as error:
            why = error.strerror or type(error).__name__
            _tell(f"{error.filename}: {why}" if error.filename else why)
            raise typer.Exit(LineageError.exit_code) from None
        except Exception as error:
            if hasattr(error, "exit_code"):
                raise  # the parser's own: wrong usage, --help, an exit
            # The exit code of a bug must not read "not found". Its message may quote the input, so it is shown with
            # --debug only.
            _tell(f"unexpected {type(error).__name__}; run it again with --debug and report what that shows")
            raise typer.Exit(BUG) from None
        return result


def _tell(line: str) -> None:
    if _debug:
        from loaders.secrets import scrub_text

        for shown in scrub_text(traceback.format_exc()).splitlines():
            say(shown)
    say(f"error: {line}")


def opened(target: str, *, create: bool = False) -> Lineage:
    """The store at a path or address; of one to ask, a note says if a load of it is unfinished.

    Raises `StoreUnreachable`, and `BadUse` for an address with a password in it.
    """
    refuse_password(target)
    import lineage

    found = lineage.open(target, create=create)
    if not create and found.is_unfinished:
        note("a load is running or was ended early, so new sessions may be missing; to finish one: lineage load PATH")
    return found


def refuse_password(target: str) -> None:
    """Raises `BadUse` for an address with a password in it."""
    if "://" in target and "@" in urlsplit(target).netloc:
        raise BadUse("--store: no user or password in the address; put them into NEO4J_USERNAME and NEO4J_PASSWORD")


def refuse_missing(missing: str, near: Iterable[str]) -> NoReturn:
    """Say what was not found and what is near it, and exit."""
    if not missing.strip():
        note("nothing was asked for: give an event ID, an access key, a session, an ARN, a name or an address")
        raise typer.Exit(NotFound.exit_code)
    note(f"not found: {missing if len(missing) <= LONGEST_ASK else f'{missing[:LONGEST_ASK]}…'}")
    for line in near:
        note(f"  {line}")
    raise typer.Exit(NotFound.exit_code)


def refuse_set_aside(count: int, unread: int) -> None:
    """Raises `SetAside` where records were set aside, or files had none."""
    told = []
    if count:
        told.append(f"{count:,} record{'s were' if count > 1 else ' was'} set aside")
    if unread:
        told.append(f"{unread:,} file{'s' if unread > 1 else ''} had no record")
    if told:
        raise SetAside(f"--strict: {' and '.join(told)}; all others are loaded")
