import { describe, expect, test } from 'vitest';
import { parseMetadata } from '../../src/validate/metadata.ts';

const parse = (props: Readonly<Record<string, string>>) => parseMetadata(new Map(Object.entries(props)));

describe('parseMetadata', () => {
  test('reads what yolov5 writes', () => {
    expect(parse({ stride: '32', names: "{0: 'red liquid', 1: 'tip'}" })).toEqual({
      names: new Map([
        [0, 'red liquid'],
        [1, 'tip'],
      ]),
      stride: 32,
      imgsz: null,
      task: null,
      end2end: null,
      nms: null,
      isRtDetr: false,
      keypoints: false,
      warnings: [],
    });
  });

  test('reads what Ultralytics writes, height before width', () => {
    expect(
      parse({
        stride: '32',
        task: 'detect',
        batch: '1',
        imgsz: '[384, 640]',
        names: "{0: 'person'}",
        args: "{'batch': 1, 'dynamic': False, 'opset': None, 'nms': True}",
        end2end: 'True',
      }),
    ).toEqual({
      names: new Map([[0, 'person']]),
      stride: 32,
      imgsz: { width: 640, height: 384 },
      task: 'detect',
      end2end: true,
      nms: true,
      isRtDetr: false,
      keypoints: false,
      warnings: [],
    });
  });

  test('takes lists, text keys and numbers for names', () => {
    expect(parse({ names: "['a', 'b']" }).names).toEqual(
      new Map([
        [0, 'a'],
        [1, 'b'],
      ]),
    );
    expect(parse({ names: '{"0": "a", "1": 7}' }).names).toEqual(
      new Map([
        [0, 'a'],
        [1, '7'],
      ]),
    );
  });

  test('takes one number for both sides', () => {
    expect(parse({ imgsz: '640' }).imgsz).toEqual({ width: 640, height: 640 });
  });

  test('sees keypoints', () => expect(parse({ kpt_shape: '[17, 3]' }).keypoints).toBe(true));

  test.each([
    ['names', "{0: 'person'", 'it ends too early'],
    ['names', "'person'", 'it must list the class names'],
    ['names', '{}', 'it lists no class'],
    ['names', "{'x': 'person'}", '"x" is not a class index'],
    ['names', "{-1: 'person'}", '-1 is not a class index'],
    ['names', '{0: None}', 'class 0 has no name'],
    ['stride', 'tensor(32)', 'unexpected "tensor(32)" at character 1'],
    ['stride', '0', 'it must be a positive whole number'],
    ['imgsz', '[640]', 'it must be a positive whole number'],
    ['imgsz', "'640'", 'it must be a positive whole number'],
    ['end2end', 'true', 'unexpected'],
    ['end2end', '1', 'it must be True or False'],
    ['args', '[]', 'it must be a dict'],
  ])('leaves out %s: %s with a warning', (name, text, reason) => {
    const metadata = parse({ [name]: text, kpt_shape: 'also broken' });
    const key = name === 'args' ? 'nms' : name;
    expect(metadata).toMatchObject({ [key]: null });
    expect(metadata.warnings).toHaveLength(1);
    expect(metadata.warnings[0]).toContain(`metadata "${name}" is ignored: ${reason}`);
  });
});
