"""Weight decay on some parameters only."""

from __future__ import annotations

from typing import Any

from torch import nn


def convolution_decay(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Parameter groups for an optimiser: decay on the kernels of convolutions, none on biases, norms, dense layers.

    This is Keras' ``kernel_regularizer`` of the convolutions. Its ``l2(x)`` adds x times the sum of squares to the
    loss, whose gradient is 2x times the kernel: ``weight_decay`` of ``torch.optim.Adam`` or ``SGD`` is 2x (of
    ``AdamW`` it is another thing). Parameters that are not trained are left out.

    Args:
        network: the whole network, wrapped for distributed training or not.
        weight_decay: of the kernels; 0 is no decay at all.
    """
    kernels = {
        id(module.weight) for module in network.modules() if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d)
    }
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in trained if id(p) in kernels], "weight_decay": weight_decay},
        {"params": [p for p in trained if id(p) not in kernels], "weight_decay": 0.0},
    ]
