"""The Optuna study behind ``tune``: opened, gone on in, and its trials by what became of them."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_monai.errors import MammoError, missing_extra
from mammo_monai.studies.ranges import Ranges

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

FOLDER, HOST, ERROR, OVERLAY = "folder", "host", "error", "overlay"
"""Attributes of a trial: where it trains, on which machine; the line it failed with; its settings."""
STARTUP = 5
"""Trials before any is pruned, as Optuna's own default."""


def open_search(name: str, storage: str, ranges: Ranges, identity: Mapping[str, Any], seed: int, warmup: int) -> Study:
    """The search ``name`` in ``storage``, made when it is not there.

    Args:
        name: of the search.
        storage: an SQLAlchemy address; several machines may share it.
        ranges: to search in.
        identity: what must be equal for trials to be compared, beside the ranges.
        seed: of the sampler.
        warmup: epochs of a trial before it may be pruned.

    Raises:
        MammoError: Optuna is not installed, the storage does not answer, or holds this search with other ranges or
            another identity (``changed-search``).
    """
    try:
        import optuna
        from optuna.exceptions import StorageInternalError
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError:
        raise missing_extra("tune needs Optuna", "tune") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        search = optuna.create_study(
            study_name=name,
            storage=storage,
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=warmup),
        )
    except (SQLAlchemyError, StorageInternalError, ValueError, ImportError) as error:
        raise MammoError(f"--storage: cannot be opened ({str(error).splitlines()[0]})", "storage") from None
    # A sampler of the same seed would draw the same first trials once more.
    search.sampler = optuna.samplers.TPESampler(seed=seed + len(search.trials), constant_liar=True)
    stated = json.loads(json.dumps({"ranges": ranges, **identity}))
    known = search.user_attrs.get("identity")
    if known is not None and known != stated:
        changed = [part for part in stated if stated[part] != known.get(part)]
        raise MammoError(
            f"the search {name!r} was begun with other {', '.join(changed)}; choose another --name", "changed-search"
        )
    search.set_user_attr("identity", stated)
    return search


def take_up_interrupted(search: Study, out: Path) -> int:
    """Put trials that died in ``out`` on this machine first in the queue, in their own folders; returns how many.

    The caller holds the lock of ``out``, so that whatever seems to run there does not.
    """
    from optuna.trial import TrialState

    left = [
        trial
        for trial in search.get_trials(states=(TrialState.RUNNING,))
        if trial.user_attrs.get(HOST) == socket.gethostname() and Path(trial.user_attrs.get(FOLDER, "")).parent == out
    ]
    for trial in left:
        search.tell(trial.number, state=TrialState.FAIL)
        search.enqueue_trial(trial.params, user_attrs={FOLDER: trial.user_attrs[FOLDER]})
    return len(left)


def counted(search: Study) -> list[FrozenTrial]:
    """Trials that came to an end: complete, pruned, or failed by themselves; not those taken up again."""
    from optuna.trial import TrialState

    ended = search.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL))
    return [trial for trial in ended if trial.state != TrialState.FAIL or ERROR in trial.user_attrs]
