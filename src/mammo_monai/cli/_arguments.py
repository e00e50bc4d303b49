"""Python Fire reads the arguments of a verb, without its surprises.

Fire alone would read "045" as 45 and "1,2" as a tuple, take an option without a value as the text "True", and
complain about an unknown option only after the verb has run. So values stay text unless the verb's annotation
says otherwise, and what Fire calls only keeps the arguments: the verb runs once all of them were understood.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import re
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import fire
from fire.decorators import SetParseFn, SetParseFns

from mammo_monai.errors import MammoError

Verb = Callable[..., "int | None"]

_FLAG = re.compile(r"--?[A-Za-z]")


def parse(name: str, verb: Verb, args: Sequence[str]) -> Callable[[], int | None]:
    """The verb with its arguments, ready to run.

    Raises:
        MammoError: reason "usage", when an argument is missing, unknown, without a value or of another kind.
    """
    try:
        return _read(name, verb, args)
    except MammoError as error:
        raise MammoError(f"{error}; see 'mammo-monai {name} --help'", error.reason) from None


def _read(name: str, verb: Verb, args: Sequence[str]) -> Callable[[], int | None]:
    hints = typing.get_type_hints(verb)
    calls: list[Callable[[], int | None]] = []
    kept = object()

    @SetParseFns(**{option: functools.partial(_convert, option, hint) for option, hint in hints.items()})
    @SetParseFn(str)
    @functools.wraps(verb)
    def keep(*values: Any, **options: Any) -> object:
        calls.append(functools.partial(verb, *values, **options))
        return kept

    command = list(_spelled_out(args, hints, inspect.signature(verb).parameters))
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # in place of Fire's own pages of usage
            result = fire.Fire(keep, command=command, name=name, serialize=lambda _: None)
    except fire.core.FireExit as stop:
        raise MammoError(stop.trace.elements[-1].ErrorAsStr(), "usage") from None
    if result is not kept:  # Fire went on into what it got
        raise MammoError("too many arguments", "usage")
    return calls[0]


def _spelled_out(
    args: Sequence[str], hints: Mapping[str, object], parameters: Mapping[str, inspect.Parameter]
) -> Iterator[str]:
    """The arguments, every switch with its value; an option that is unknown or lacks its value is refused."""
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    for arg, following in zip(args, [*args[1:], "--end"], strict=False):
        option = arg.lstrip("-").partition("=")[0].replace("-", "_")
        if arg in ("-", "--") or (_FLAG.match(arg) and not (open_ended or option in parameters)):
            raise MammoError(f"no option {arg}", "usage")
        if not _FLAG.match(arg) or "=" in arg:
            yield arg
        elif hints.get(option) is bool:
            yield f"{arg}=true"
        elif _FLAG.match(following):
            raise MammoError(f"option {arg} needs a value", "usage")
        else:
            yield arg


def _convert(option: str, hint: object, text: str) -> object:
    """The value of an option by its annotation; text unless that is a path, a whole number or a switch."""
    if hint is Path:
        return Path(text)
    if hint is int:
        if not (text.isascii() and text.isdigit()):
            raise MammoError(f"option --{option}: expected a whole number, found {text!r}", "usage")
        return int(text)
    if hint is bool:
        if text.lower() not in ("true", "false"):
            raise MammoError(f"option --{option} takes no value, found {text!r}", "usage")
        return text.lower() == "true"
    return text
