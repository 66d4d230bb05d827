"""What is exported for consumers: one fixture of each family and task."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Subject:
    name: str
    task: str
    checkpoint: str                 # below tests/fixtures
    end_to_end: bool = False        # the head that selects detections itself
    framework: bool = True          # whether the framework's own exporter takes the checkpoint


def _family(name, task="detect", **options):
    return Subject(name, task, f"families/{name}.pt", **options)


SUBJECTS = (
    _family("yolov3-spp"), _family("yolov3-tiny"), _family("yolov5"), Subject("yolov5-2021", "detect", "yolov5-2021.pt", framework=False),
    _family("yolov6"), Subject("yolov8", "detect", "yolov8.pt"), _family("yolov8-ghost"), _family("yolov8-world"), _family("yolov8-worldv2"),
    _family("yolov9e"), _family("yolov10"), Subject("yolov10 end to end", "detect", "families/yolov10.pt", end_to_end=True),
    Subject("yolo11", "detect", "yolo11-sample.pt"), _family("yolo12"), _family("yolo26"),
    Subject("yolo26 end to end", "detect", "families/yolo26.pt", end_to_end=True), _family("rtdetr-l"),
    _family("yolov8-seg", "segment"), _family("yolov9c-seg", "segment"), Subject("yolov5-seg", "segment", "yolov5-seg.pt", framework=False),
    _family("yolo26-seg", "segment"), _family("yoloe-26-seg", "segment"), _family("yolov8-pose", "pose"), _family("yolo11-pose", "pose"),
    _family("yolo26-pose", "pose"), _family("yolo11-obb", "obb"), _family("yolo26-obb", "obb"), Subject("yolov8-cls", "classify", "yolov8-cls.pt"),
    Subject("yolo11-cls", "classify", "yolo11-cls.pt"), Subject("yolov5-cls", "classify", "yolov5-cls.pt", framework=False),
    Subject("resnet-cls", "classify", "resnet-cls.pt"), Subject("yolo26-sem", "semantic", "yolo26-sem.pt"))
