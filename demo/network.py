"""The demo's detector: Conv + SiLU backbone, a neck of two levels, heads in YOLOv5's output format."""

import torch
from torch import Tensor, nn

IMGSZ = 160
STRIDES = (8, 16)
ANCHORS = (((11.0, 11.0), (17.0, 17.0), (25.0, 25.0)), ((36.0, 36.0), (50.0, 50.0), (70.0, 70.0)))


class Conv(nn.Module):
    """Convolution, batch norm, SiLU; `fold` makes the batch norm part of the convolution."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 1, stride: int = 1):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False)
        self.bn: nn.Module = nn.BatchNorm2d(channels_out, eps=1e-3, momentum=0.03)
        self.act = nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.bn(self.conv(x)))

    def fold(self) -> None:
        self.conv = nn.utils.fusion.fuse_conv_bn_eval(self.conv, self.bn)
        self.bn = nn.Identity()


class Residual(nn.Module):
    """A 1×1 and a 3×3 convolution beside a shortcut."""

    def __init__(self, channels: int):
        super().__init__()
        self.cv1 = Conv(channels, channels // 2)
        self.cv2 = Conv(channels // 2, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.cv2(self.cv1(x))


class Heads(nn.Module):
    """One 1×1 convolution a level; in evaluation also the decoding into boxes in pixels and scores."""

    def __init__(self, channels: tuple[int, ...], class_count: int):
        super().__init__()
        self.width = 5 + class_count
        self.m = nn.ModuleList(nn.Conv2d(c, len(ANCHORS[0]) * self.width, 1) for c in channels)
        for level, (stride, conv) in enumerate(zip(STRIDES, self.m)):
            side = IMGSZ // stride
            ys, xs = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
            grid = torch.stack((xs, ys), 2).float().reshape(1, 1, side, side, 2) - 0.5
            self.register_buffer(f"grid{level}", grid, persistent=False)
            self.register_buffer(
                f"anchors{level}", torch.tensor(ANCHORS[level]).reshape(1, -1, 1, 1, 2), persistent=False
            )
            with torch.no_grad():
                # Most cells are empty: start there, or the first steps only unlearn the objects.
                bias = conv.bias.view(len(ANCHORS[0]), self.width)
                bias[:, 4] = -4.5
                bias[:, 5:] = -1.5

    def forward(self, features: list[Tensor]) -> list[Tensor] | Tensor:
        """A raw (b, anchors, side, side, 5 + classes) a level; in evaluation one (b, boxes, 5 + classes)."""
        raw = [
            conv(x)
            .view(x.shape[0], len(ANCHORS[0]), self.width, IMGSZ // stride, IMGSZ // stride)
            .permute(0, 1, 3, 4, 2)
            for conv, x, stride in zip(self.m, features, STRIDES)
        ]
        if self.training:
            return raw
        levels = []
        for level, (x, stride) in enumerate(zip(raw, STRIDES)):
            xy, wh, scores = x.sigmoid().split((2, 2, self.width - 4), 4)
            xy = (xy * 2 + getattr(self, f"grid{level}")) * stride
            wh = (wh * 2) ** 2 * getattr(self, f"anchors{level}")
            levels.append(torch.cat((xy, wh, scores), 4).view(x.shape[0], -1, self.width))
        return torch.cat(levels, 1)


class Detector(nn.Module):
    """Input (b, 3, IMGSZ, IMGSZ), RGB from 0 to 1; output as `Heads` gives it."""

    def __init__(self, class_count: int):
        super().__init__()
        self.model = nn.ModuleList(
            [
                Conv(3, 16, 3, 2),
                Conv(16, 32, 3, 2),
                Residual(32),
                Conv(32, 64, 3, 2),
                nn.Sequential(Residual(64), Residual(64)),
                Conv(64, 112, 3, 2),
                Residual(112),
                Conv(112, 64),
                nn.Upsample(scale_factor=2.0, mode="nearest"),
                Conv(128, 64),
                Residual(64),
                Conv(64, 48, 3, 2),
                Residual(112),
                Heads((64, 112), class_count),
            ]
        )

    def forward(self, x: Tensor) -> list[Tensor] | Tensor:
        for layer in self.model[:5]:
            x = layer(x)
        fine = x
        coarse = self.model[7](self.model[6](self.model[5](x)))
        x = torch.cat((self.model[8](coarse), fine), 1)
        fine = self.model[10](self.model[9](x))
        coarse = self.model[12](torch.cat((self.model[11](fine), coarse), 1))
        return self.model[13]([fine, coarse])

    def fold(self) -> None:
        """Makes every batch norm part of its convolution; only in evaluation."""
        for module in self.modules():
            if isinstance(module, Conv):
                module.fold()
