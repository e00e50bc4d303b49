"""Where a network's parameters come from: torchvision's ImageNet files, a checkpoint, or nowhere."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import torch
import torchvision
from torch import nn

from mammo_monai.errors import MammoError
from mammo_monai.networks.card import card
from mammo_monai.networks.checkpoints import sha256

logger = logging.getLogger(__name__)

_PREFIXES = {"all": "", "stem": "stem.", "backbone": "backbone.", "head": "head."}
_CONTAINERS = ("network", "model", "state_dict")
_OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12])\.")  # "norm.1" of 2017 is "norm1" today


Part = Literal["all", "stem", "backbone", "head"]


def load_weights(
    network: nn.Module,
    weights: str | Path | Mapping[Part, str | Path],
    parts: Part = "all",
    strict: bool = True,
) -> nn.Module:
    """Fill a network's parameters and buffers in place, and log one line with what was and was not taken.

    The same in full, as plain data, is put into the network's attribute ``weights_report``: a list with an entry for
    each file: ``file``, ``part``, and the names of tensors ``taken``, ``left_out`` (of the file), ``missing`` (in the
    file) and ``misshaped``.

    Args:
        network: has children ``backbone`` and ``head``, and perhaps a ``stem`` before the backbone; ``backbone_name``
            is the backbone's torchvision name.
        weights: one of

            * "imagenet": torchvision's default weights of the backbone, from torch's cache folder or
              downloaded, checked against the digest in the file's name;
            * "none";
            * a checkpoint: a state dict, or a dict that holds one under "network", "model" or "state_dict". A
              "module." before the names (distributed training) is dropped. The file of a torchvision network
              is taken as backbone alone, its classifier left out. Where ``<name>.json`` with a "sha256" lies
              beside ``<name>.pt``, the file must have that digest;
            * several of these, by part: {"backbone": "imagenet", "head": "run/model.pt"}.
        parts: what to fill from the file.
        strict: every tensor of these parts must be in the file with the same shape, and none besides.
            Otherwise what fits is taken; if nothing fits it is an error all the same.

    Returns:
        the same network.

    Raises:
        MammoError: no such part (``weights-part``) or file (``weights-missing``), empty (``weights-empty``), not
            readable as tensors alone (``weights-unreadable``), no state dict in it (``weights-content``), another
            digest (``weights-digest``), not downloaded (``weights-offline``), tensors missing or superfluous
            (``weights-architecture``), different in shape only (``weights-shape``), or as of ``card``.
    """
    given = weights.items() if isinstance(weights, Mapping) else [(parts, weights)]
    vars(network)["weights_report"] = [
        _load(network, source, part, strict) for part, source in given if source != "none"
    ]
    return network


def backbone_given(weights: str | Path | Mapping[Part, str | Path], parts: Part = "all") -> bool:
    """Whether :func:`load_weights` would fill the backbone, so that it has something to keep."""
    given = weights if isinstance(weights, Mapping) else {parts: weights}
    return any(part in ("all", "backbone") and source != "none" for part, source in given.items())


def _load(network: nn.Module, weights: str | Path, parts: Part, strict: bool) -> dict[str, object]:
    """Fill one part from one source; the entry of the report."""
    if parts not in _PREFIXES:
        raise MammoError(f"weights: no part '{parts}'; choose one of {', '.join(_PREFIXES)}", "weights-part")
    file = _imagenet_file(str(network.backbone_name)) if weights == "imagenet" else Path(weights).expanduser()
    whole = state = read_state(file)
    own = network.state_dict()
    head: dict[str, torch.Tensor] = {}
    if parts in ("all", "backbone") and not own.keys() & state.keys():
        if parts == "all":  # AlexNet's dense layers but the last: a head that keeps torchvision's names takes what fits
            named = {f"head.{key}": value for key, value in state.items()}
            head = {key: value for key, value in named.items() if key in own and value.shape == own[key].shape}
            network.load_state_dict(head, strict=False)
        state, parts = _as_backbone(state, own), "backbone"
    filled = _fill(network, state, _PREFIXES[parts], strict, file)
    taken = [*filled.pop("taken"), *head]
    left_out = [key for key in whole if not {key, f"backbone.{key}", f"head.{key}"} & {*taken}]
    return {"file": str(file), "part": parts, "taken": taken, "left_out": left_out, **filled}


def read_state(file: Path) -> dict[str, torch.Tensor]:
    """State dict in a checkpoint file, on the CPU, running none of it; errors of :func:`load_weights`."""
    if not (os.access(file, os.R_OK) and file.is_file()):
        raise MammoError(
            f"{file}: no such weights file that can be read; give a checkpoint, 'imagenet' or 'none'",
            "weights-missing",
        )
    if file.stat().st_size == 0:
        raise MammoError(f"{file}: the weights file is empty (0 bytes); copy it again", "weights-empty")
    recorded = card(str(file))
    if "sha256" in recorded:
        # A kill between the two renames of a training leaves the new card beside the weights that it "replaces".
        accepted = [str(recorded[key]) for key in ("sha256", "replaces") if key in recorded]
        _verify_digest(file, accepted, f"{file.with_suffix('.json')}; restore the pair from the training's folder")
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged or hostile file makes the reader raise
        raise MammoError(
            f"{file}: not readable as tensors alone (damaged, or holding code, which is never run); "
            "copy it again or save it anew with torch.save(network.state_dict(), file)",
            "weights-unreadable",
        ) from error
    if isinstance(content, Mapping):
        content = next((content[key] for key in _CONTAINERS if isinstance(content.get(key), Mapping)), content)
    if not isinstance(content, Mapping) or not content or not all(map(_is_dense, content.values())):
        raise MammoError(
            f"{file}: holds no state dict; expected one, or a dict with one under {' or '.join(_CONTAINERS)}",
            "weights-content",
        )
    return {_OLD_DENSENET.sub(r"\1\2.", str(key).removeprefix("module.")): value for key, value in content.items()}


def _imagenet_file(name: str) -> Path:
    """The default weight file of a torchvision network, in torch's cache folder; downloaded where absent."""
    if name not in torchvision.models.list_models(torchvision.models):
        raise MammoError(
            f"network '{name}' has no ImageNet weights; use weights 'none' or a checkpoint", "weights-none"
        )
    url: str = torchvision.models.get_model_weights(name).DEFAULT.url
    file = Path(torch.hub.get_dir(), "checkpoints", url.rpartition("/")[2])
    digest = file.stem.rpartition("-")[2]  # torch.hub's convention: resnet50-<first digits of SHA-256>.pth
    if not file.exists():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(url, str(file), digest)
        except (OSError, RuntimeError) as error:  # no network, no right to write; a digest that differs
            raise MammoError(
                f"the ImageNet weights of '{name}' could not be downloaded ({error}); fetch {url} elsewhere "
                f"and put {file.name} into the folder {file.parent}, or use weights 'none'",
                "weights-offline",
            ) from error
    _verify_digest(file, [digest], "its name")
    return file


def _verify_digest(file: Path, accepted: Sequence[str], source: str) -> None:
    found = sha256(file)
    if not any(digest and found.startswith(digest.lower()) for digest in accepted):
        raise MammoError(
            f"{file}: damaged or replaced, copy it again; its SHA-256 is not the '{accepted[0]}' of {source}",
            "weights-digest",
        )


def _is_dense(value: object) -> bool:
    """Whether a parameter can be filled from a value: a dense, real tensor with its data in the file."""
    return (
        isinstance(value, torch.Tensor)
        and value.layout == torch.strided
        and not value.is_complex()
        and not value.is_meta
    )


def _as_backbone(state: Mapping[str, torch.Tensor], own: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A torchvision network's tensors under ``backbone``, less modules that the backbone lacks (fc, ...)."""
    kept = {key.split(".")[1] for key in own if key.startswith("backbone.")}
    return {f"backbone.{key}": value for key, value in state.items() if key.split(".")[0] in kept}


def _fill(
    network: nn.Module, state: Mapping[str, torch.Tensor], prefix: str, strict: bool, file: Path
) -> dict[str, list[str]]:
    """Copy the tensors whose names begin with ``prefix``, all or (not strict) those that fit; say which."""
    own = {key: value for key, value in network.state_dict().items() if key.startswith(prefix)}
    given = {key: value for key, value in state.items() if key.startswith(prefix)}
    fitting = {key: value for key, value in given.items() if key in own and value.shape == own[key].shape}
    # Files older than PyTorch 0.4.1 have no batch counters, and nothing depends on them.
    missing = [key for key in own if key not in given and not key.endswith("num_batches_tracked")]
    unexpected = [key for key in given if key not in own]
    misshaped = [
        f"{key} {tuple(given[key].shape)} instead of {tuple(own[key].shape)}"
        for key in own
        if key in given and key not in fitting
    ]
    problems = {"missing": missing, "unexpected": unexpected, "of another shape": misshaped}
    report = f"{len(fitting)} tensors fit" + "".join(
        f", {len(keys)} {problem} (first: {keys[0]})" if keys else f", 0 {problem}"
        for problem, keys in problems.items()
    )
    if not fitting or (strict and any(problems.values())):
        raise MammoError(
            f"{file}: not the weights of this network: {report}; use the backbone, num_classes, spatial_size "
            "and in_channels it was trained with, or load the part that fits (backbone, head)",
            "weights-architecture" if missing or unexpected else "weights-shape",
        )
    network.load_state_dict(fitting, strict=False)
    logger.info("%s: %s", file, report)
    return {"taken": [*fitting], "missing": missing, "misshaped": misshaped}
