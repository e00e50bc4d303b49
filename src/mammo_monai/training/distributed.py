"""What torchrun needs beside the bundle's own configuration: one process per GPU, or per CPU share with gloo."""

from __future__ import annotations

import os

import torch
import torch.distributed as dist
from torch import nn


def start() -> None:
    """Join the process group that torchrun describes in the environment."""
    if torch.cuda.is_available():
        torch.cuda.set_device(rank_device())
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")


def stop() -> None:
    """Leave the process group."""
    if dist.is_initialized():
        dist.destroy_process_group()


def rank() -> int:
    """Number of this process, 0 without torchrun; known before :func:`start`."""
    return int(os.environ.get("RANK", "0"))


def world_size() -> int:
    """Number of processes, 1 without torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank_device() -> torch.device:
    """The GPU of this process, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("cpu")


def parallel(network: nn.Module, device: str | torch.device) -> nn.Module:
    """``network`` on its device in a DistributedDataParallel wrapper; frozen parameters are not waited for."""
    gpu = [device] if torch.device(device).type == "cuda" else None
    return nn.parallel.DistributedDataParallel(network.to(device), device_ids=gpu)
