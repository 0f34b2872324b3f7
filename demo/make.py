"""Draws the demo's pictures, trains its model on more of them, exports and measures it: `python make.py`.

Needs `pip install torch==2.15.0 onnx==1.23.2 onnxruntime==1.32.0 opencv-python-headless==5.0.0.93
numpy==2.4.6`; about 12 minutes on one core.
"""

import shutil
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import torch

import measure
from network import IMGSZ, STRIDES, Detector
from pixels import letterbox
from scenes import NAMES, Scene, draw_scene
from training import train

DEMO = Path(__file__).parent
KEPT = {"train": 64, "val": 60}
TRAINING_SCENES, EPOCHS = 4000, 11
THREADS = 1
LARGEST_DIFFERENCE = 1e-3

DATA_YAML = f"""\
# Drawn by demo/make.py. Training used more pictures of the same kind than the ones kept here.
path: .
train: images/train
val: images/val
names:
{"".join(f"  {index}: {name}" + chr(10) for index, name in enumerate(NAMES))}"""


def main() -> None:
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    shutil.rmtree(DEMO / "data", ignore_errors=True)
    for seed, (part, count) in enumerate(KEPT.items()):
        write_pictures(part, draw(count, seed))
    (DEMO / "data" / "data.yaml").write_text(DATA_YAML)

    detector = train(draw(TRAINING_SCENES, len(KEPT)), EPOCHS)
    detector.fold()
    export(detector, DEMO / "model" / "best.onnx")
    check(detector, DEMO / "model" / "best.onnx")
    measure.main()


def draw(count: int, seed: int) -> list[Scene]:
    rng = np.random.default_rng(seed)
    return [draw_scene(rng) for _ in range(count)]


def write_pictures(part: str, scenes: list[Scene]) -> None:
    images, labels = DEMO / "data" / "images" / part, DEMO / "data" / "labels" / part
    images.mkdir(parents=True)
    labels.mkdir(parents=True)
    for number, scene in enumerate(scenes):
        (images / f"{number:03d}.jpg").write_bytes(scene.jpeg.tobytes())
        rows = (f"{int(kind)} " + " ".join(f"{v:.6f}" for v in box) + "\n" for kind, *box in scene.labels)
        (labels / f"{number:03d}.txt").write_text("".join(rows))


def export(detector: Detector, file: Path) -> None:
    """The names, the metadata and the layout of yolov5's export.py."""
    file.parent.mkdir(exist_ok=True)
    torch.onnx.export(
        detector,
        torch.zeros(1, 3, IMGSZ, IMGSZ),
        file,
        dynamo=False,
        opset_version=17,
        input_names=["images"],
        output_names=["output0"],
    )
    model = onnx.load(file)
    onnx.helper.set_model_props(model, {"stride": str(max(STRIDES)), "names": str(dict(enumerate(NAMES)))})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, file)


def check(detector: Detector, file: Path) -> None:
    """Fails where ONNX Runtime's output is not torch's."""
    image = cv2.imread(str(DEMO / "data" / "images" / "val" / "000.jpg"))
    x = measure.network_input(letterbox(image, IMGSZ).picture)
    with torch.no_grad():
        wanted = detector(torch.from_numpy(x)).numpy()
    (found,) = onnxruntime.InferenceSession(file).run(None, {"images": x})
    difference = float(np.abs(found - wanted).max())
    print(f"largest difference between torch and ONNX Runtime: {difference:.2g} (boxes in pixels)")
    if difference > LARGEST_DIFFERENCE:
        raise SystemExit("The exported model does not compute what the trained one does.")


if __name__ == "__main__":
    main()
