"""Inputs and sample positions by integer arithmetic, so that a C++ test reproduces them bit for bit.

The formulas are written out in tests/fixtures/README.md.
"""
import numpy as np

_MASK = np.uint64(0xFFFFFFFF)


def _triangle(value, period):
    return np.abs(value % (2 * period) - period) * 255 // period


def _mix(x, y, c, seed):
    x, y, c = (v.astype(np.uint64) for v in (x, y, c))
    h = (x * np.uint64(73856093)) & _MASK
    h ^= (y * np.uint64(19349663)) & _MASK
    h ^= (c * np.uint64(83492791)) & _MASK
    h ^= np.uint64((seed * 2654435761) & 0xFFFFFFFF)
    for shift, factor in ((15, 0x2C1B3C6D), (12, 0x297A2D39)):
        h = ((h ^ (h >> np.uint64(shift))) * np.uint64(factor)) & _MASK
    return (h ^ (h >> np.uint64(15))).astype(np.int64)


def image(height, width, seed, channels=3):
    """uint8 [channels, height, width]: blocks, waves and grain; photo-like, unsymmetric, every channel different."""
    c, y, x = np.meshgrid(np.arange(channels), np.arange(height), np.arange(width), indexing="ij")
    blocks = _mix(x >> 5, y >> 5, c, seed) & 127
    grain = _mix(x, y, c, seed) & 15
    waves = (2 * _triangle(x * (c + 2) + 3 * y + seed, 97) + _triangle(2 * y * (c + 1) + x, 61)
             + _triangle((x * x + y * y) >> 6, 128)) >> 2
    return np.minimum(255, (waves * 5 >> 3) + (blocks * 5 >> 3) + grain).astype(np.uint8)


def model_input(height, width, seeds, channels=3):
    """float32 [len(seeds), channels, height, width], every value float32(pixel) / float32(255)."""
    pixels = np.stack([image(height, width, seed, channels) for seed in seeds])
    return pixels.astype(np.float32) / np.float32(255)


def sample_positions(size, limit):
    """Flat positions of the recorded samples: all when size <= limit, else `limit` of them, in this order."""
    if size <= limit:
        return np.arange(size, dtype=np.int64)
    k = (np.arange(limit, dtype=np.uint64) * np.uint64(2654435761)) & _MASK
    return ((k * np.uint64(size)) >> np.uint64(32)).astype(np.int64)
