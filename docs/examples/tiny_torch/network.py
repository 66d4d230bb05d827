"""A small image classifier, as a trainer of one's own would have it."""
import torch


class Classifier(torch.nn.Module):
    def __init__(self, classes: int):
        super().__init__()
        self.features = torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 3, stride=2, padding=1), torch.nn.BatchNorm2d(8), torch.nn.ReLU(),
            torch.nn.Conv2d(8, 16, 3, stride=2, padding=1), torch.nn.BatchNorm2d(16), torch.nn.ReLU())
        self.head = torch.nn.Linear(16, classes)

    def forward(self, images):
        return self.head(self.features(images).mean(dim=(2, 3)))
