"""From a picture to the detector's square: yolov5's validation resize and letterbox."""

import math
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Placed:
    """A picture in the square.

    picture: (side, side, 3) uint8, RGB. gain: its scale. inner_size: (w, h) of the part that is not padding,
    before the second rounding. pad: (x, y) of that part's corner, unrounded. In pixels.
    """

    picture: np.ndarray
    gain: float
    inner_size: tuple[float, float]
    pad: tuple[float, float]


def letterbox(image: np.ndarray, side: int) -> Placed:
    """An image (h, w, 3), BGR, by yolov5's rule (utils/dataloaders.py:768-790, augmentations.py:85-115)."""
    native_height, native_width = image.shape[:2]
    gain = side / max(native_height, native_width)
    if gain != 1:
        size = (math.ceil(native_width * gain), math.ceil(native_height * gain))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA if gain < 1 else cv2.INTER_LINEAR)
    height, width = image.shape[:2]
    shrink = min(side / height, side / width, 1.0)
    inner = (round(width * shrink), round(height * shrink))
    if inner != (width, height):
        image = cv2.resize(image, inner, interpolation=cv2.INTER_LINEAR)
    pad = ((side - inner[0]) / 2, (side - inner[1]) / 2)
    left, top = (round(p - 0.1) for p in pad)
    right, bottom = (round(p + 0.1) for p in pad)
    image = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    return Placed(image[..., ::-1], height / native_height, (width * shrink, height * shrink), pad)
