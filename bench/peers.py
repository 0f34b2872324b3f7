"""Other tools on the same files, each in a process of its own; prints one line of JSON. See bench/bench.ts."""

import json
import sys
import time


def val(model, data, imgsz):
    from ultralytics import YOLO

    options = {"imgsz": int(imgsz), "batch": 1, "rect": False, "plots": False, "verbose": False, "workers": 2}
    results = YOLO(model, task="detect").val(data=data, **options)
    return {"mAP50_95": float(results.box.map)}


def loop(model, data):
    """What a script of one evening does: one session on all cores, one picture after the other, no figures."""
    from pathlib import Path

    import cv2
    import numpy as np
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    height, width = entry.shape[2:]
    boxes = 0
    for path in sorted((Path(data).parent / "images").iterdir()):
        image = cv2.imread(str(path))
        scale = min(height / image.shape[0], width / image.shape[1])
        image = cv2.resize(image, (round(image.shape[1] * scale), round(image.shape[0] * scale)))
        canvas = np.full((height, width, 3), 114, np.uint8)
        canvas[: image.shape[0], : image.shape[1]] = image
        tensor = np.ascontiguousarray(canvas[:, :, ::-1].transpose(2, 0, 1)[None]).astype(np.float32) / 255
        boxes += session.run(None, {entry.name: tensor})[0].shape[1]
    return {"boxes": boxes}


def letterbox(image, size, repeats):
    """imread and both families' resizes: INTER_AREA is yolov5's, INTER_LINEAR Ultralytics'."""
    import cv2

    found = {}
    for name, method in [("area", cv2.INTER_AREA), ("linear", cv2.INTER_LINEAR)]:
        seconds = []
        for _ in range(int(repeats)):
            started = time.perf_counter()
            picture = cv2.imread(image)
            scale = int(size) / max(picture.shape[:2])
            picture = cv2.resize(
                picture, (round(picture.shape[1] * scale), round(picture.shape[0] * scale)), interpolation=method
            )
            seconds.append(time.perf_counter() - started)
        found[name] = min(seconds)
    return found


def coco(truth, detections):
    """Seconds of matching and figures, without reading the files."""
    found = {}
    for name, module in [("faster-coco-eval", "faster_coco_eval"), ("hotcoco", "hotcoco"), ("pycocotools", "pycocotools")]:
        try:
            if module == "faster_coco_eval":
                from faster_coco_eval import COCO, COCOeval_faster as COCOeval
            elif module == "hotcoco":
                from hotcoco import COCO, COCOeval
            else:
                from pycocotools.coco import COCO
                from pycocotools.cocoeval import COCOeval
        except ImportError:
            continue
        ground_truth = COCO(truth)
        results = ground_truth.loadRes(detections)
        seconds = []
        for _ in range(1 if name == "pycocotools" else 3):
            started = time.perf_counter()
            evaluation = COCOeval(ground_truth, results, "bbox")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
            seconds.append(time.perf_counter() - started)
        found[name] = {"seconds": min(seconds), "AP": float(evaluation.stats[0])}
    return found


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    out = sys.stdout
    sys.stdout = sys.stderr
    result = {"val": val, "loop": loop, "letterbox": letterbox, "coco": coco}[command](*arguments)
    print(json.dumps(result), file=out)
