#!/usr/bin/env python3
"""Trains for a few steps, on coloured noise, and saves a checkpoint: train.py CHECKPOINT"""
import sys

import torch

from network import Classifier

CLASSES = ["red", "green", "blue"]
SIZE = (64, 96)


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    model = Classifier(len(CLASSES))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(30):
        labels = torch.randint(len(CLASSES), (16,))
        images = torch.rand(16, 3, *SIZE) * 0.5
        images[torch.arange(16), labels] += 0.5
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    torch.save({"architecture": "tiny_torch", "classes": CLASSES, "size": list(SIZE), "weights": model.state_dict()}, sys.argv[1])
    print(f"loss {loss.item():.3f}, saved {sys.argv[1]}")


if __name__ == "__main__":
    main()
