"""Whether a consumer's outputs are the artifact's: by role, with what metadata.json says of each output."""
import numpy as np

# The most that outputs may differ by. Where the network itself is less steady than that, as random weights are, by as much as its outputs
# move when every pixel moves by MOVED of its value: a consumer's arithmetic is not better than its input.
LIMITS = {"boxes_px": 0.05, "scores": 1e-3, "probabilities": 1e-3}
OF_MAGNITUDE = 1e-3     # of what has no unit
MOVED = 1e-6
LOWEST_SCORE = 0.01     # ranked rows below this have no order


def moved(x, seed):
    """The input with every pixel moved up or down."""
    return (x * (1 + MOVED * np.random.default_rng(seed).choice([-1, 1], x.shape))).astype(np.float32)


def parts(spec):
    """(role, index) of each group of channels of an output."""
    groups = spec.get("channel_groups")
    if not groups:
        return [(spec["role"], ...)]
    return [(group["role"], (slice(None),) * group["axis"] + (slice(group["begin"], group["end"], group.get("step", 1)),)) for group in groups]


def limits(spec, outputs, reference):
    """An array of the reference's shape: the most that each of its numbers may differ by. `outputs` are those of moved inputs."""
    most = np.zeros(reference.shape)
    for role, index in parts(spec):
        most[index] = LIMITS.get(role, OF_MAGNITUDE * max(1.0, float(np.abs(reference[index]).max(initial=0.0))))
    if is_ranked(spec):
        outputs = [_as_ranked(spec, other, reference, most) for other in outputs]
    for role, index in parts(spec):
        moves = [float(np.abs(other[index] - reference[index]).max(initial=0.0)) for other in outputs]
        most[index] = np.maximum(most[index], max(moves, default=0.0))
    return most


def is_ranked(spec):
    return spec["layout"] == "NDC"


def difference(spec, answer, reference, most):
    """'' where they agree, else what differs."""
    if answer.size != reference.size:
        return f"{spec['name']} has {answer.size} numbers, not {reference.size}"
    answer = answer.reshape(reference.shape).astype(np.float64)
    if not np.isfinite(answer).all():
        return f"{spec['name']} is not finite"
    if is_ranked(spec):
        answer = _as_ranked(spec, answer, reference, most)
    apart = np.abs(answer - reference)
    return f"{spec['name']} differs by {float(apart.max()):.1g}" if (apart > most).any() else ""


def _as_ranked(spec, answer, reference, most):
    """The answer's rows in the reference's order: of equal scores the order is the engine's. Rows without a score stay the reference's."""
    score = next(index for role, index in parts(spec) if role == "scores")[-1].start
    ordered = reference.copy()
    for image, row in zip(*np.nonzero(reference[..., score] > LOWEST_SCORE)):
        apart = np.abs(answer[image] - reference[image, row]) / most[image, row]
        ordered[image, row] = answer[image, apart.max(1).argmin()]
    return ordered
