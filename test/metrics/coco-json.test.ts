import { describe, expect, test } from 'vitest';
import { cocoGroundTruth, cocoResults } from '../../src/metrics/coco-json.ts';
import { imageIds } from '../../src/metrics/image-ids.ts';
import type { Sample } from '../../src/validate/types.ts';

describe('ids of images', () => {
  test('numbers in the file names, where all are different', () => {
    expect(imageIds(['a/000000000139.jpg', 'b/7.png'])).toEqual([139, 7]);
  });
  test('the place by name, where two are equal or one is no number', () => {
    expect(imageIds(['b/7.jpg', 'a/7.jpg', 'a/5.jpg'])).toEqual([3, 2, 1]);
    expect(imageIds(['x.jpg', '12.jpg'])).toEqual([2, 1]);
  });
  test('the place by number, where an image is there more than once', () => {
    expect(imageIds(['10.jpg', '9.jpg', '10.jpg'])).toEqual([2, 1, 3]);
  });
  test('numbers that came with the ground truth', () => {
    expect(imageIds(['10.jpg', 'x.jpg'], [7, 5])).toEqual([7, 5]);
  });
});

const geometry = {
  nativeWidth: 100,
  nativeHeight: 50,
  loadedWidth: 200,
  loadedHeight: 100,
  ratio: 1,
  padX: 0,
  padY: 50,
  left: 0,
  top: 50,
  width: 200,
  height: 200,
};

const SAMPLE: Sample = {
  path: 'images/12.jpg',
  geometry,
  labels: { count: 1, cls: Int32Array.of(2), xywhn: Float32Array.of(0.5, 0.5, 0.2, 0.4) },
  detections: {
    count: 1,
    xyxy: Float32Array.of(20, 70, 60, 110.00123),
    conf: Float32Array.of(0.123456789),
    cls: Int32Array.of(2),
  },
};

test('boxes in native pixels to three decimals, scores to five', () => {
  expect(cocoResults([SAMPLE], 'yolov5')).toEqual([
    { image_id: 12, category_id: 2, bbox: [10, 10, 20, 20.001], score: 0.12346 },
  ]);
});

test('ground truth is not rounded to the float32 of the labels', () => {
  const { images, categories, annotations } = cocoGroundTruth([SAMPLE], new Map([[2, 'cat']]));
  expect(images).toEqual([{ id: 12, file_name: '12.jpg', width: 100, height: 50 }]);
  expect(categories).toEqual([{ id: 2, name: 'cat' }]);
  expect(annotations).toEqual([
    { id: 1, image_id: 12, category_id: 2, bbox: [40, 15, 20, 20], area: 400, iscrowd: 0 },
  ]);
});

test('ground truth out of a COCO JSON goes back as it was, crowds and areas too', () => {
  const coco = {
    imageId: 400,
    width: 100,
    height: 50,
    cls: Int32Array.of(2, 0),
    ltwh: Float64Array.of(40.01, 15, 20, 20, 0, 0, 100, 50),
    area: Float64Array.of(123.4, 4000),
    crowd: Uint8Array.of(0, 1),
  };
  const sample = { ...SAMPLE, labels: { ...SAMPLE.labels, coco } };
  const { images, annotations } = cocoGroundTruth([sample], new Map([[2, 'cat']]));
  expect(images.map(({ id }) => id)).toEqual([400]);
  expect(annotations).toEqual([
    { id: 1, image_id: 400, category_id: 2, bbox: [40.01, 15, 20, 20], area: 123.4, iscrowd: 0 },
    { id: 2, image_id: 400, category_id: 0, bbox: [0, 0, 100, 50], area: 4000, iscrowd: 1 },
  ]);
  expect(cocoResults([sample], 'yolov5')[0]).toMatchObject({ image_id: 400 });
});
