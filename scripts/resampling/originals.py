"""Resampling by the originals: Pillow and OpenCV, under the names that enginery gives their filters."""

import cv2
import numpy
from PIL import Image

PILLOW = {
    "pillow-nearest": Image.Resampling.NEAREST,
    "pillow-box": Image.Resampling.BOX,
    "pillow-bilinear": Image.Resampling.BILINEAR,
    "pillow-bicubic": Image.Resampling.BICUBIC,
    "pillow-lanczos": Image.Resampling.LANCZOS,
}
OPENCV = {
    "opencv-nearest": cv2.INTER_NEAREST,
    "opencv-linear": cv2.INTER_LINEAR,
    "opencv-cubic": cv2.INTER_CUBIC,
    "opencv-area": cv2.INTER_AREA,
}
FILTERS = [*PILLOW, *OPENCV]


def resize_plane(plane, name, width, height, box):
    return numpy.asarray(Image.fromarray(plane).resize((width, height), PILLOW[name], box=box))


def resize(pixels, name, width, height, box=None):
    """`pixels` is [height, width, channels]; `box` is left, top, right, bottom."""
    if name in OPENCV:
        if box is not None:
            left, top, right, bottom = box
            pixels = numpy.ascontiguousarray(pixels[top:bottom, left:right])
        result = cv2.resize(pixels, (width, height), interpolation=OPENCV[name])
        return result.reshape(height, width, pixels.shape[2])
    if pixels.shape[2] == 3:
        return resize_plane(pixels, name, width, height, box)
    # Pillow gives the second or fourth channel a meaning of its own; one at a time has none.
    planes = [resize_plane(numpy.ascontiguousarray(pixels[:, :, c]), name, width, height, box) for c in range(pixels.shape[2])]
    return numpy.stack(planes, axis=2)
