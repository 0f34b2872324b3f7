"""Prints the demo model's mAP unpruned and after l1 pruning, by yolov5's rules: `python measure.py`.

Needs the packages that make.py names, without torch.
"""

from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from pixels import Placed, letterbox

DEMO = Path(__file__).parent
CONF, NMS_IOU, MAX_DETECTIONS = 0.001, 0.6, 300
CLASS_OFFSET = 7680
IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10, dtype=np.float32)


def main() -> None:
    model = onnx.load(DEMO / "model" / "best.onnx")
    for amount in (0.0, 0.1, 0.3, 0.5):
        mAP50, mAP50_95 = mean_average_precision(l1_pruned(model, amount), DEMO / "data" / "images" / "val")
        print(f"l1 {amount:4.0%}  mAP50 {mAP50:.4f}  mAP50-95 {mAP50_95:.4f}")


def l1_pruned(model: onnx.ModelProto, amount: float) -> onnx.ModelProto:
    """A copy with the round(amount × count) least weights of every Conv made 0, ties to the lowest index."""
    pruned = onnx.ModelProto()
    pruned.CopyFrom(model)
    names = {node.input[1] for node in pruned.graph.node if node.op_type == "Conv"}
    for tensor in pruned.graph.initializer:
        if tensor.name in names:
            weights = numpy_helper.to_array(tensor).copy()
            least = np.argsort(np.abs(weights), axis=None, kind="stable")[: round(amount * weights.size)]
            weights.reshape(-1)[least] = 0
            tensor.raw_data = weights.tobytes()
    return pruned


def mean_average_precision(model: onnx.ModelProto, folder: Path) -> tuple[float, float]:
    """mAP50 and mAP50-95 over the pictures of a folder and their labels."""
    session = onnxruntime.InferenceSession(model.SerializeToString())
    side = session.get_inputs()[0].shape[2]
    confidences, classes, hits, label_classes = [], [], [], []
    for file in sorted(folder.glob("*.jpg")):
        image = cv2.imread(str(file))
        placed = letterbox(image, side)
        (output,) = session.run(None, {"images": network_input(placed.picture)})
        height, width = image.shape[:2]
        limit = np.array((width, height, width, height), np.float32)
        boxes, scores, kinds = _suppress(output[0])
        boxes = _native(boxes, placed, limit)
        label_text = Path(str(file).replace("/images/", "/labels/")).with_suffix(".txt").read_text()
        labels = np.array(label_text.split(), np.float32).reshape(-1, 5)
        label_boxes = _native_labels(labels[:, 1:], placed, side, limit)
        hits.append(_match(boxes, kinds, label_boxes, labels[:, 0]))
        confidences.append(scores)
        classes.append(kinds)
        label_classes.append(labels[:, 0])
    order = np.argsort(-np.concatenate(confidences), kind="stable")
    sorted_hits, sorted_classes = np.concatenate(hits)[order], np.concatenate(classes)[order]
    all_labels = np.concatenate(label_classes)
    table = np.array(
        [
            [_average_precision(hits, label_count) for hits in sorted_hits[sorted_classes == kind].T]
            for kind, label_count in zip(*np.unique(all_labels, return_counts=True))
        ]
    )
    return float(table[:, 0].mean()), float(table.mean())


def network_input(picture: np.ndarray) -> np.ndarray:
    """(side, side, 3) uint8 to (1, 3, side, side) float32 from 0 to 1."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / 255


def _native(boxes: np.ndarray, placed: Placed, limit: np.ndarray) -> np.ndarray:
    """Boxes xyxy from pixels of the network's input to pixels of the picture."""
    return np.clip((boxes - np.tile(placed.pad, 2).astype(np.float32)) / placed.gain, 0, limit)


def _native_labels(shares: np.ndarray, placed: Placed, side: int, limit: np.ndarray) -> np.ndarray:
    """Labels by the way that yolov5 takes: through the network's input, whose axes differ a little in scale,
    while the way back knows one scale (utils/dataloaders.py:719-736, val.py:303-306)."""
    inner, pad = (np.tile(pair, 2).astype(np.float32) for pair in (placed.inner_size, placed.pad))
    return _native(np.clip(_corners(shares) * inner + pad, 0, side - 1e-3), placed, limit)


def _corners(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate((boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2), 1)


def _overlaps(first: np.ndarray, second: np.ndarray, eps: float = 0.0) -> np.ndarray:
    """IoU of every box of one list with every box of the other, (n, m)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (first, second)]
    return common / (areas[0][:, None] + areas[1][None] - common + np.float32(eps))


def _suppress(output: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Non-maximum suppression of (n, 5 + classes): boxes xyxy, scores, classes (utils/general.py:658-767)."""
    output = output[output[:, 4] > CONF]
    scores = output[:, 5:] * output[:, 4:5]
    candidate, kinds = np.nonzero(scores > CONF)
    boxes, scores = _corners(output[candidate, :4]), scores[candidate, kinds]
    order = np.argsort(-scores, kind="stable")
    boxes, scores, kinds = boxes[order], scores[order], kinds[order]
    shifted = boxes + (kinds[:, None] * CLASS_OFFSET).astype(np.float32)
    alive = np.ones(len(boxes), bool)
    for index in range(len(boxes)):
        if alive[index]:
            alive[index + 1 :] &= _overlaps(shifted[index : index + 1], shifted[index + 1 :])[0] <= NMS_IOU
    kept = np.flatnonzero(alive)[:MAX_DETECTIONS]
    return boxes[kept], scores[kept], kinds[kept]


def _match(
    boxes: np.ndarray, kinds: np.ndarray, label_boxes: np.ndarray, label_kinds: np.ndarray
) -> np.ndarray:
    """Hits, (detections, thresholds): a detection is for its best label only, which goes to the surest
    of its detections (utils/metrics.py:224-265)."""
    hits = np.zeros((len(boxes), len(IOU_THRESHOLDS)), bool)
    if not len(boxes) or not len(label_boxes):
        return hits
    overlaps = np.where(kinds[:, None] == label_kinds[None], _overlaps(boxes, label_boxes, 1e-7), -1)
    best, best_overlap = overlaps.argmax(1), overlaps.max(1)
    for column, threshold in enumerate(IOU_THRESHOLDS):
        owners = np.flatnonzero(best_overlap >= threshold)
        _, first = np.unique(best[owners], return_index=True)
        hits[owners[first], column] = True
    return hits


def _average_precision(hits: np.ndarray, label_count: int) -> float:
    """Area under the precision envelope at 101 points; 0 without detections (utils/metrics.py:45-126)."""
    if not len(hits):
        return 0.0
    found = hits.cumsum()
    recall = np.concatenate(([0.0], found / (label_count + 1e-16), [1.0]))
    precision = np.concatenate(([1.0], found / np.arange(1, len(hits) + 1), [0.0]))
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    x = np.linspace(0, 1, 101)
    return float(np.trapezoid(np.interp(x, recall, envelope), x))


if __name__ == "__main__":
    main()
