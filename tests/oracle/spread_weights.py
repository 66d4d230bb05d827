"""Random weights with which a wrong graph gives wrong numbers.

Stock initialisation proves little: every batch norm is the identity and every score is the same. Here one pass over
photo-like images visits the layers in order and sets, for every batch norm, a running variance between 1e-4 and 3
(so that eps = 1e-3 matters), a running mean off the true one, spread gains and biases; and for every last convolution
of a head a wanted mean and deviation of its logits, so that scores spread over (0, 1) without saturating.
"""
import torch
import torch.nn.functional as F
from torch import nn

from formula import model_input

# head member -> (mean, deviation) of its logits; a box member's logits are distribution bins
_LOGITS = {"cv2": (0.0, 1.2), "cv3": (-3.0, 1.5)}
_CALIBRATION_SEEDS = (3, 7, 11, 12, *range(101, 109))


def _last(module, kinds):
    return [m for m in module.modules() if isinstance(m, kinds)][-1]


def calibration_images(size, channels=3):
    """float32 [15, channels, size, size]: images of the formula, and some of them smoothed as photographs are."""
    x = torch.from_numpy(model_input(size, size, _CALIBRATION_SEEDS, channels))
    return torch.cat([x, F.avg_pool2d(F.pad(x[:3], (4, 4, 4, 4), mode="replicate"), 9, stride=1)])


def spread_weights(model, seed, images, small_variances=True):
    """Changes the model (ultralytics' DetectionModel or ClassificationModel, not fused) in place; returns it in eval."""
    random = torch.Generator().manual_seed(seed)
    uniform = lambda n, low, high: torch.rand(n, generator=random) * (high - low) + low
    normal = lambda *shape: torch.randn(*shape, generator=random)
    hooks = []

    def settle_batch_norm(conv, norm):
        def before(_, inputs):
            x, n = inputs[0], norm.num_features
            variance = x.var(dim=(0, 2, 3), unbiased=False).clamp(min=1e-8)
            exponent = uniform(n, -4.0, 0.5) if small_variances else uniform(n, -0.5, 0.5)
            # At most 2: what is nearly constant on these images would be wild on others.
            scale = (10.0 ** exponent / variance).sqrt().clamp(max=2) if conv is not None else torch.ones(n)
            if conv is not None:
                conv.weight.mul_(scale.view(-1, 1, 1, 1))
            x = x * scale.view(1, -1, 1, 1)
            norm.running_var.copy_(x.var(dim=(0, 2, 3), unbiased=False) * uniform(n, 0.8, 1.2))
            norm.running_mean.copy_(x.mean(dim=(0, 2, 3)) + normal(n) * 0.1 * norm.running_var.sqrt())
            # A channel whose variance is near eps comes out small; its gain makes up for a part of it.
            damped = (norm.running_var / (norm.running_var + norm.eps)).sqrt()
            norm.weight.copy_(uniform(n, 0.6, 1.4) * torch.where(uniform(n, 0, 1) < 0.1, -1.0, 1.0) / damped.sqrt())
            norm.bias.copy_(normal(n) * 0.25)
            return (x,)
        hooks.append(norm.register_forward_pre_hook(before))

    def settle_logits(layer, mean, deviation):
        def before(_, inputs):
            layer.weight.copy_(normal(layer.weight.shape) / layer.weight[0].numel() ** 0.5)
            x = inputs[0]
            y = F.conv2d(x, layer.weight) if isinstance(layer, nn.Conv2d) else F.linear(x, layer.weight)
            y = (y.transpose(0, 1) if y.ndim == 4 else y.movedim(-1, 0)).flatten(1)
            scale = deviation / y.std(1).clamp(min=1e-3)
            layer.weight.mul_(scale.view(-1, *[1] * (layer.weight.ndim - 1)))
            layer.bias.copy_(mean + normal(layer.bias.shape) * 0.4 - y.mean(1) * scale)
        hooks.append(layer.register_forward_pre_hook(before))

    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.weight[0].numel() > 1 and module.weight.requires_grad:
            # Trained filters answer to contrast, not to the mean; without this, batch norm amplifies rounding.
            share = 0.5 if module.weight[0].numel() == 9 else 1.0
            module.weight.data -= share * module.weight.data.mean((1, 2, 3), keepdim=True)
    paired = {}
    for module in model.modules():
        if isinstance(getattr(module, "conv", None), nn.Conv2d) and isinstance(getattr(module, "bn", None), nn.BatchNorm2d):
            paired[module.bn] = module.conv
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            settle_batch_norm(paired.get(module), module)
    head = model.model[-1]
    for member, (mean, deviation) in _LOGITS.items():
        for branch in getattr(head, member, ()):
            settle_logits(_last(branch, nn.Conv2d), mean, deviation)
    if hasattr(head, "linear"):
        settle_logits(head.linear, 0.0, 1.5)

    model.eval()
    with torch.no_grad():
        model(images)
    for hook in hooks:
        hook.remove()
    return model
