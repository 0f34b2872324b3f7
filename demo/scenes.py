"""Draws the demo's pictures: coloured shapes with their labels, over noisy and cluttered backgrounds."""

from dataclasses import dataclass

import cv2
import numpy as np

NAMES = ("circle", "square", "triangle", "star", "cross")

JPEG_QUALITY = 72
RADIUS = (11.0, 40.0)
EMPTY_SHARE = 0.04
LEAST_VISIBLE = 0.7
SUBPIXEL_BITS = 4
QUARTER_TURN = np.array([(0, -1), (1, 0)])


@dataclass(frozen=True)
class Scene:
    """A picture and its labels.

    jpeg: the encoded picture. labels: (n, 5) float64, each row class, centre x, centre y, width, height, the
    last four as shares of the picture's width and height.
    """

    jpeg: np.ndarray
    labels: np.ndarray


def draw_scene(rng: np.random.Generator) -> Scene:
    """One picture of 144 to 224 pixels a side with up to seven shapes."""
    height, width = (int(side) for side in rng.integers(144, 225, 2))
    image = _background(rng, height, width)
    _clutter(rng, image)
    owner = np.full((height, width), -1)
    drawn_pixels: list[int] = []
    labels = []
    count = 0 if rng.random() < EMPTY_SHARE else int(rng.integers(1, 8))
    for _ in range(count):
        kind = int(rng.integers(len(NAMES)))
        outline = _place(rng, kind, owner, drawn_pixels)
        if outline is None:
            continue
        _paint(rng, image, outline)
        mask = _mask(outline, height, width)
        owner[mask] = len(drawn_pixels)
        drawn_pixels.append(int(mask.sum()))
        labels.append((kind, *_box(outline, height, width)))
    image = _degrade(rng, image)
    _, jpeg = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return Scene(jpeg, np.array(labels, np.float64).reshape(-1, 5))


def _outline(kind: int) -> np.ndarray:
    """Corners of a shape within the unit circle, (n, 2)."""
    if NAMES[kind] == "cross":
        arm = 0.3
        quarter = np.array([(arm, arm), (arm, 0.95), (-arm, 0.95)])
        corners = [quarter]
        for _ in range(3):
            corners.append(corners[-1] @ QUARTER_TURN.T)
        return np.concatenate(corners)
    corner_count = {"circle": 40, "square": 4, "triangle": 3, "star": 10}[NAMES[kind]]
    angles = np.arange(corner_count) * 2 * np.pi / corner_count
    radii = np.where(np.arange(corner_count) % 2, 0.42, 1.0) if NAMES[kind] == "star" else 1.0
    return np.stack([np.cos(angles) * radii, np.sin(angles) * radii], 1)


def _place(
    rng: np.random.Generator, kind: int, owner: np.ndarray, drawn_pixels: list[int]
) -> np.ndarray | None:
    """A random pose, mostly inside the picture, that hides little of any earlier shape; (n, 2) pixels."""
    height, width = owner.shape
    for _ in range(12):
        radius = np.exp(rng.uniform(*np.log(RADIUS)))
        stretch = rng.uniform(0.75, 1.25, 2)
        angle = rng.uniform(0, 2 * np.pi)
        turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
        centre = rng.uniform(0, (width, height))
        outline = (_outline(kind) * radius) @ turn.T * stretch + centre
        mask = _mask(outline, height, width)
        if mask.sum() < 0.7 * _area(outline):
            continue
        hidden = np.bincount(owner[mask] + 1, minlength=len(drawn_pixels) + 1)[1:]
        visible = np.bincount(owner[owner >= 0], minlength=len(drawn_pixels)) - hidden
        if np.all(visible >= LEAST_VISIBLE * np.array(drawn_pixels)):
            return outline
    return None


def _area(outline: np.ndarray) -> float:
    return float(cv2.contourArea(outline.astype(np.float32)))


def _fixed_point(outline: np.ndarray) -> np.ndarray:
    # OpenCV's pixel (0, 0) has its centre at (0, 0), label coordinates have its corner there.
    return np.rint((outline - 0.5) * (1 << SUBPIXEL_BITS)).astype(np.int32)


def _mask(outline: np.ndarray, height: int, width: int) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [_fixed_point(outline)], 1, cv2.LINE_8, SUBPIXEL_BITS)
    return mask.astype(bool)


def _box(outline: np.ndarray, height: int, width: int) -> np.ndarray:
    """Centre, width and height of the part inside the picture, as shares of the picture."""
    size = np.array((width, height))
    low, high = np.clip(outline.min(0), 0, size), np.clip(outline.max(0), 0, size)
    return np.concatenate([(low + high) / 2 / size, (high - low) / size])


def _background(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Smooth blotches of two random colours, (height, width, 3) float32."""
    cells = int(rng.integers(2, 12))
    field = rng.random((cells, cells), np.float32)
    field = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    first, second = rng.uniform(0, 255, (2, 3)).astype(np.float32)
    reach = np.float32(rng.uniform(0.2, 0.8))
    return first + (second - first) * field * reach


def _clutter(rng: np.random.Generator, image: np.ndarray) -> None:
    """Unlabelled lines, arcs and loose scraps that are none of the shapes."""
    height, width = image.shape[:2]
    for _ in range(int(rng.integers(0, 10))):
        colour = _contrasting(rng, image, rng.uniform(0, (width, height)))
        start = rng.integers(0, (width, height))
        if rng.random() < 0.5:
            end = start + rng.integers(-70, 71, 2)
            cv2.line(image, start.tolist(), end.tolist(), colour, int(rng.integers(1, 4)), cv2.LINE_AA)
        elif rng.random() < 0.5:
            axes = rng.integers(5, 40, 2).tolist()
            sweep = float(rng.uniform(40, 200))
            turn = float(rng.uniform(0, 360))
            thickness = int(rng.integers(1, 4))
            cv2.ellipse(image, start.tolist(), axes, turn, 0, sweep, colour, thickness, cv2.LINE_AA)
        else:
            scrap = start + rng.uniform(-12, 12, (int(rng.integers(5, 8)), 2))
            cv2.fillPoly(image, [_fixed_point(scrap)], colour, cv2.LINE_AA, SUBPIXEL_BITS)


def _paint(rng: np.random.Generator, image: np.ndarray, outline: np.ndarray) -> None:
    points = [_fixed_point(outline)]
    colour = _contrasting(rng, image, outline.mean(0))
    cv2.fillPoly(image, points, colour, cv2.LINE_AA, SUBPIXEL_BITS)
    if rng.random() < 0.3:
        cv2.polylines(image, points, True, rng.uniform(0, 255, 3).tolist(), 1, cv2.LINE_AA, SUBPIXEL_BITS)


def _contrasting(rng: np.random.Generator, image: np.ndarray, point: np.ndarray) -> list[float]:
    """A random colour that stands out, more or less, from the picture's colour at a point."""
    height, width = image.shape[:2]
    x, y = (int(v) for v in np.clip(point, 0, (width - 1, height - 1)))
    direction = rng.normal(size=3)
    direction /= np.linalg.norm(direction)
    contrast = rng.uniform(45, 180)
    wanted = image[y, x] + direction * contrast
    inward = np.where((wanted > 255) | (wanted < 0), -1, 1)
    return np.clip(image[y, x] + inward * direction * contrast, 0, 255).tolist()


def _degrade(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Blur and sensor noise; uint8."""
    if rng.random() < 0.5:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.3)))
    noise = rng.normal(0, rng.uniform(0, 9), image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)
