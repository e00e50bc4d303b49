"""The ``mammo-monai`` command: one verb per module of this folder, each a function of the module's name."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import typing
from collections.abc import Sequence
from types import ModuleType

from mammo_monai import listing
from mammo_monai.cli._arguments import Verb, parse
from mammo_monai.errors import MammoError
from mammo_monai.notice import NOTICE

_HELP = frozenset({"-h", "--help"})


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:] if args is None else args))


def run(args: Sequence[str]) -> int:
    """Run one verb.

    Returns:
        0, or 1 for an expected failure, 2 for arguments that were not understood, 130 after Ctrl-C, 141 when
        the reader of our output has gone.
    """
    try:
        code = _dispatch(list(args))
        sys.stdout.flush()
    except MammoError as error:
        print("error:", *str(error).splitlines(), file=sys.stderr)
        return 2 if error.reason == "usage" else 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at exit
        return 141
    return code


def _verbs() -> list[str]:
    return sorted(name.replace("_", "-") for name in listing.names(__name__))


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}")


def _verb(name: str) -> Verb:
    return getattr(_module(name), name.replace("-", "_"))


def _dispatch(args: list[str]) -> int:
    if not args or args[0] in _HELP:
        print(_overview())
        return 0
    name, rest = "version" if args[0] == "--version" else args[0], args[1:]
    if name not in _verbs():
        raise MammoError(f"no command {name!r}; choose one of {', '.join(_verbs())}", "usage")
    verb = _verb(name)
    if _HELP & set(rest):
        print(_help(name, verb))
        return 0
    return parse(name, verb, rest)() or 0


def _overview() -> str:
    docs = {name: _module(name).__doc__ or "" for name in _verbs()}
    verbs = "\n".join(f"  {name:12} {doc.splitlines()[0].rstrip('.')}" for name, doc in docs.items())
    return f"usage: mammo-monai COMMAND ...\n\n{verbs}\n\n'mammo-monai COMMAND --help' explains one.\n{NOTICE}"


def _help(name: str, verb: Verb) -> str:
    hints = typing.get_type_hints(verb)
    usage = [_usage(parameter, hints[key]) for key, parameter in inspect.signature(verb).parameters.items()]
    return f"usage: mammo-monai {' '.join([name, *usage])}\n\n{inspect.getdoc(verb)}\n\n{NOTICE}"


def _usage(parameter: inspect.Parameter, hint: object) -> str:
    if parameter.kind is parameter.VAR_KEYWORD:
        return "[--OPTION VALUE ...]"
    shown = parameter.name.upper()
    if parameter.kind is parameter.KEYWORD_ONLY:
        shown = f"--{parameter.name}" if hint is bool else f"--{parameter.name} {shown}"
    return shown if parameter.default is parameter.empty else f"[{shown}]"
