"""Trains the demo's detector on freshly drawn pictures."""

import copy
import math

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from network import ANCHORS, IMGSZ, STRIDES, Detector
from pixels import letterbox
from scenes import NAMES, Scene

BATCH = 16
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 0.05
SHRINKAGE = 0.4
EMA_DECAY = 0.995
BOX_GAIN, OBJECT_GAIN, CLASS_GAIN = 0.5, (2.0, 1.0), 0.4
LARGEST_RATIO = 3.0


def train(scenes: list[Scene], epochs: int) -> Detector:
    """A detector in evaluation mode: the moving average of the trained weights."""
    pictures, targets = _tensors(scenes)
    detector = Detector(len(NAMES)).train()
    for module in detector.modules():
        if isinstance(module, nn.Conv2d):
            module.to(memory_format=torch.channels_last)
    average = copy.deepcopy(detector).eval()
    optimizer = torch.optim.AdamW(_groups(detector), lr=LEARNING_RATE, betas=(0.9, 0.99))
    steps = epochs * (len(scenes) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
    for epoch in range(epochs):
        total = 0.0
        order = torch.randperm(len(scenes))
        for first in range(0, len(scenes) - BATCH + 1, BATCH):
            x, t = _batch(pictures, targets, order[first : first + BATCH])
            loss = _loss(detector(x), t)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(detector.parameters(), 10.0)
            optimizer.step()
            _shrink(optimizer.param_groups[0])
            schedule.step()
            _follow(average, detector, schedule.last_epoch)
            total += loss.item()
        print(f"epoch {epoch + 1:3d}/{epochs}  loss {total / (len(scenes) // BATCH):.4f}", flush=True)
    return average


def _rate(step: int, steps: int) -> float:
    warm = min(1.0, (step + 1) / 100)
    return warm * (0.01 + 0.99 * (1 + math.cos(math.pi * min(1.0, step / steps))) / 2)


def _groups(detector: nn.Module) -> list[dict]:
    """Weight decay on convolution weights only."""
    decayed = [p for p in detector.parameters() if p.ndim > 1]
    others = [p for p in detector.parameters() if p.ndim == 1]
    return [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]


@torch.no_grad()
def _shrink(group: dict) -> None:
    """Draws every weight towards 0 by the same step (an L1 penalty): those that matter least end up small.

    Without it, a model as small as this one loses half its mAP to pruning 30 % of every layer.
    """
    for weights in group["params"]:
        step = group["lr"] * SHRINKAGE * weights.abs().mean()
        weights.sub_(weights.sign() * step)


@torch.no_grad()
def _follow(average: nn.Module, detector: nn.Module, step: int) -> None:
    decay = EMA_DECAY * (1 - math.exp(-step / 200))
    for kept, new in zip(average.state_dict().values(), detector.state_dict().values()):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)


def _tensors(scenes: list[Scene]) -> tuple[Tensor, list[Tensor]]:
    """Pictures (n, 3, IMGSZ, IMGSZ) uint8; a picture's labels in rows class, x, y, w, h, in its pixels."""
    pictures = np.empty((len(scenes), IMGSZ, IMGSZ, 3), np.uint8)
    targets = []
    for index, scene in enumerate(scenes):
        placed = letterbox(cv2.imdecode(scene.jpeg, cv2.IMREAD_COLOR), IMGSZ)
        pictures[index] = placed.picture
        labels = scene.labels.copy()
        labels[:, 1:] *= np.tile(placed.inner_size, 2)
        labels[:, 1:3] += placed.pad
        targets.append(torch.tensor(labels, dtype=torch.float32))
    return torch.from_numpy(pictures).permute(0, 3, 1, 2), targets


def _batch(pictures: Tensor, targets: list[Tensor], chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures and labels (picture, class, x, y, w, h), mirrored, turned and recoloured at random."""
    x = torch.empty((len(chosen), 3, IMGSZ, IMGSZ))
    rows = []
    for place, index in enumerate(chosen.tolist()):
        picture, labels = pictures[index], targets[index].clone()
        across, upright, turned = (torch.rand(3) < 0.5).tolist()
        if across:
            picture, labels[:, 1] = picture.flip(2), IMGSZ - labels[:, 1]
        if upright:
            picture, labels[:, 2] = picture.flip(1), IMGSZ - labels[:, 2]
        if turned:
            picture, labels = picture.transpose(1, 2), labels[:, (0, 2, 1, 4, 3)]
        x[place] = picture[torch.randperm(3)].float() / 255
        rows.append(torch.cat((torch.full((len(labels), 1), float(place)), labels), 1))
    return x.contiguous(memory_format=torch.channels_last), torch.cat(rows)


def _loss(raw: list[Tensor], targets: Tensor) -> Tensor:
    """Boxes by complete IoU, objectness towards that IoU, classes by cross entropy.

    A label belongs to every anchor whose sides differ by less than LARGEST_RATIO, in its own cell and the two
    nearest neighbours: the format's centres reach half a cell beyond their own.
    """
    box_losses, class_losses, object_loss = [], [], 0.0
    for maps, stride, anchors, gain in zip(raw, STRIDES, ANCHORS, OBJECT_GAIN):
        anchor, picture, cell, labels = _assign(targets, torch.tensor(anchors), stride, maps.shape[2])
        wanted = torch.zeros(maps.shape[:4])
        if len(labels):
            places = (picture, anchor, cell[:, 1], cell[:, 0])
            found = maps[places]
            xy = (found[:, :2].sigmoid() * 2 - 0.5 + cell) * stride
            wh = (found[:, 2:4].sigmoid() * 2) ** 2 * torch.tensor(anchors)[anchor]
            iou, complete = _complete_iou(xy, wh, labels[:, 1:3], labels[:, 3:])
            box_losses.append(1 - complete)
            kinds = F.one_hot(labels[:, 0].long(), len(NAMES)).float()
            class_losses.append(F.binary_cross_entropy_with_logits(found[:, 5:], kinds, reduction="none"))
            wanted.index_put_(places, iou.detach().clamp(0))
        object_loss += gain * F.binary_cross_entropy_with_logits(maps[..., 4], wanted)
    if not box_losses:
        return object_loss
    return BOX_GAIN * torch.cat(box_losses).mean() + CLASS_GAIN * torch.cat(class_losses).mean() + object_loss


def _assign(
    targets: Tensor, anchors: Tensor, stride: int, side: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Anchor, picture, cell (x, y) and label (class, x, y, w, h) of every pair to learn from."""
    ratio = targets[:, None, 4:] / anchors
    fits = torch.maximum(ratio, 1 / ratio).amax(2) < LARGEST_RATIO
    target, anchor = fits.nonzero(as_tuple=True)
    position = targets[target, 2:4] / stride
    own = position.floor()
    towards = torch.where(position - own < 0.5, -1.0, 1.0)
    sideways = towards * torch.tensor([1.0, 0.0])
    upwards = towards * torch.tensor([0.0, 1.0])
    cells = torch.cat((own, own + sideways, own + upwards)).long()
    target, anchor = target.repeat(3), anchor.repeat(3)
    inside = ((cells >= 0) & (cells < side)).all(1)
    chosen = targets[target[inside]]
    return anchor[inside], chosen[:, 0].long(), cells[inside], chosen[:, 1:]


def _complete_iou(xy: Tensor, wh: Tensor, label_xy: Tensor, label_wh: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and complete IoU (Zheng et al., arXiv 2005.03572) of boxes in centre form, pair by pair."""
    low, high = xy - wh / 2, xy + wh / 2
    label_low, label_high = label_xy - label_wh / 2, label_xy + label_wh / 2
    overlap = (torch.minimum(high, label_high) - torch.maximum(low, label_low)).clamp(0).prod(1)
    iou = overlap / (wh.prod(1) + label_wh.prod(1) - overlap + 1e-7)
    span = torch.maximum(high, label_high) - torch.minimum(low, label_low)
    distance = (xy - label_xy).square().sum(1) / (span.square().sum(1) + 1e-7)
    shape = (torch.atan(label_wh[:, 0] / label_wh[:, 1]) - torch.atan(wh[:, 0] / wh[:, 1])).square()
    shape = shape * 4 / math.pi**2
    with torch.no_grad():
        weight = shape / (1 - iou + shape + 1e-7)
    return iou, iou - distance - weight * shape
