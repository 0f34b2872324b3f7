import { expect, it } from 'vitest';
import { loadDataset } from '../../src/dataset/dataset.ts';
import { findImages } from '../../src/dataset/images.ts';
import { casePath, describeCases } from './shared.ts';

describeCases('real data sets', () => {
  const sets = [
    { name: 'coco-mini', images: 46, boxes: 449, classes: 80, used: 47, backgrounds: 2 },
    { name: 'tips', images: 19, boxes: 200, classes: 3, used: 3, backgrounds: 2 },
  ];
  const families = ['yolov5', 'ultralytics'] as const;

  it.each(sets.flatMap((set) => families.map((family) => ({ ...set, family }))))(
    '$name for $family: $images images, $boxes boxes',
    async ({ name, family, ...expected }) => {
      const dataset = await loadDataset(casePath('data', name, 'data.yaml'), { split: 'val', family });
      expect({
        images: dataset.images.length,
        boxes: dataset.labelCount,
        classes: dataset.names.size,
        used: new Set(dataset.images.flatMap(({ labels }) => [...labels.cls])).size,
        backgrounds: dataset.images.filter(({ labels }) => labels.count === 0).length,
      }).toEqual(expected);
      expect(dataset.warnings).toEqual([]);
    },
  );

  it('refuses the train images of tips, which have no labels', async () => {
    const train = loadDataset(casePath('data', 'tips', 'data.yaml'), { split: 'train', family: 'yolov5' });
    await expect(train).rejects.toThrow(/none of 60 has: 60 are without a label file/);
  });

  it('finds the images for calibration', async () => {
    expect(await findImages(['calibration'], casePath('data'), 'yolov5')).toHaveLength(60);
  });
});
