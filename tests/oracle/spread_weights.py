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

# head member -> (mean, deviation) of its logits; a box member's logits are distribution bins, or distances
_LOGITS = {"cv2": (0.0, 1.2), "cv3": (-3.0, 1.5), "one2one_cv2": (0.0, 1.2), "one2one_cv3": (-3.0, 1.5), "cv4": (0.0, 1.0),
           "one2one_cv4": (0.0, 1.0), "cv4_kpts": (0.0, 1.0), "one2one_cv4_kpts": (0.0, 1.0), "enc_score_head": (-2.0, 1.5),
           "dec_score_head": (-2.0, 1.0), "enc_bbox_head": (0.0, 0.2), "dec_bbox_head": (0.0, 0.2)}
_DISTANCES = (3.0, 0.8)     # of a box member without bins
_CALIBRATION_SEEDS = (3, 7, 11, 12, *range(101, 109))


def calibration_images(size, channels=3):
    """float32 [15, channels, size, size]: images of the formula, and some of them smoothed as photographs are."""
    x = torch.from_numpy(model_input(size, size, _CALIBRATION_SEEDS, channels))
    return torch.cat([x, F.avg_pool2d(F.pad(x[:3], (4, 4, 4, 4), mode="replicate"), 9, stride=1)])


def spread_weights(model, seed, images, small_variances=True):
    """Changes the model (any of ultralytics', not fused) in place; returns it in eval.

    Without small variances convolutions stay as they are and gains are smaller, most of all before attention: a deep
    model's float32 outputs then stay close to its float64 ones, as a trained model's do.
    """
    random = torch.Generator().manual_seed(seed)
    uniform = lambda n, low, high: torch.rand(n, generator=random) * (high - low) + low
    normal = lambda *shape: torch.randn(*shape, generator=random)
    hooks = []

    def settle_batch_norm(conv, norm):
        def before(_, inputs):
            x, n = inputs[0], norm.num_features
            variance = x.var(dim=(0, 2, 3), unbiased=False).clamp(min=1e-8)
            # At most 2: what is nearly constant on these images would be wild on others.
            wild = small_variances and conv is not None
            scale = (10.0 ** uniform(n, -4.0, 0.5) / variance).sqrt().clamp(max=2) if wild else torch.ones(n)
            if wild:
                conv.weight.mul_(scale.view(-1, 1, 1, 1))
            x = x * scale.view(1, -1, 1, 1)
            norm.running_var.copy_(x.var(dim=(0, 2, 3), unbiased=False) * uniform(n, 0.8, 1.2))
            norm.running_mean.copy_(x.mean(dim=(0, 2, 3)) + normal(n) * 0.1 * norm.running_var.sqrt())
            # A channel whose variance is near eps comes out small; its gain makes up for a part of it.
            damped = (norm.running_var / (norm.running_var + norm.eps)).sqrt()
            norm.weight.copy_(uniform(n, 0.6, 1.4) * torch.where(uniform(n, 0, 1) < 0.1, -1.0, 1.0) / damped.sqrt())
            norm.bias.copy_(normal(n) * 0.25)
            if not small_variances:
                norm.weight.mul_(0.3 if norm in before_attention else 0.7)
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
        if small_variances and isinstance(module, nn.Conv2d) and module.weight[0].numel() > 1 and module.weight.requires_grad:
            # Trained filters answer to contrast, not to the mean; without this, batch norm amplifies rounding.
            share = 0.5 if module.weight[0].numel() == 9 else 1.0
            module.weight.data -= share * module.weight.data.mean((1, 2, 3), keepdim=True)
    if not small_variances:
        for name, parameter in model.named_parameters():
            if parameter.ndim <= 2 and not parameter.any() and ".bn" not in name:
                parameter.data.normal_(0, 0.1, generator=random)    # initialised with zeros: nothing would show that it is read
    paired = {}
    for module in model.modules():
        if isinstance(getattr(module, "conv", None), nn.Conv2d) and isinstance(getattr(module, "bn", None), nn.BatchNorm2d):
            paired[module.bn] = module.conv
    before_attention = {module.qkv.bn for module in model.modules() if hasattr(module, "qkv")}
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            settle_batch_norm(paired.get(module), module)
    head = model.model[-1]
    for member, (mean, deviation) in _LOGITS.items():
        if member.endswith("cv2") and getattr(head, "reg_max", 16) == 1:
            mean, deviation = _DISTANCES
        branches = getattr(head, member, None) or ()
        for branch in branches if isinstance(branches, nn.ModuleList) else [branches] if isinstance(branches, nn.Module) else ():
            layers = [m for m in branch.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
            if layers and layers[-1].bias is not None:
                settle_logits(layers[-1], mean, deviation)
    for module in model.modules():
        if hasattr(module, "logit_scale") and isinstance(getattr(module, "bias", None), nn.Parameter):
            module.bias.data.fill_(-3.0)        # a contrastive head: of normalised features, or of batch-normalised ones
            if hasattr(module, "norm"):
                module.logit_scale.data.fill_(0.3)
    if hasattr(head, "linear"):
        settle_logits(head.linear, 0.0, 1.5)

    model.eval()
    with torch.no_grad():
        model(images)
    for hook in hooks:
        hook.remove()
    return model
