import type { Detections } from '../types.ts';

/** Boxes that passed the confidence floor, in the order in which they were found; grows as they are added. */
export class Candidates implements Detections {
  count = 0;
  xyxy = new Float32Array(4096 * 4);
  conf = new Float32Array(4096);
  cls = new Int32Array(4096);

  /** Adds a box given by centre, width and height; corners are float32 as in the references' `xywh2xyxy`. */
  addXywh(x: number, y: number, width: number, height: number, conf: number, cls: number): void {
    this.addXyxy(x - width / 2, y - height / 2, x + width / 2, y + height / 2, conf, cls);
  }

  /** Adds a box given by its corners. */
  addXyxy(x1: number, y1: number, x2: number, y2: number, conf: number, cls: number): void {
    const index = this.count++;
    if (index === this.conf.length) this.#grow();
    const box = index * 4;
    this.xyxy[box] = x1;
    this.xyxy[box + 1] = y1;
    this.xyxy[box + 2] = x2;
    this.xyxy[box + 3] = y2;
    this.conf[index] = conf;
    this.cls[index] = cls;
  }

  #grow(): void {
    const { xyxy, conf, cls } = this;
    this.xyxy = new Float32Array(xyxy.length * 2);
    this.xyxy.set(xyxy);
    this.conf = new Float32Array(conf.length * 2);
    this.conf.set(conf);
    this.cls = new Int32Array(cls.length * 2);
    this.cls.set(cls);
  }
}
