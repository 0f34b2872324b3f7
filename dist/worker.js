import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error('Error: Node must be 24 or newer, but this is ' + process.version + '. Install Node 24 and try again.');
  process.exit(1);
}

// src/validate/worker.ts
import { workerData } from "node:worker_threads";

// src/report/escape.ts
var UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;
function printable(text) {
  return text.replace(UNPRINTABLE, " ");
}

// src/errors.ts
var LONGEST = 2e3;
function readable(sentence) {
  return printable(sentence.length <= LONGEST ? sentence : `${sentence.slice(0, LONGEST)} …`);
}
var UserError = class extends Error {
  kind;
  problem;
  remedy;
  constructor(kind, problem, remedy, options) {
    const [what, todo] = [readable(problem), readable(remedy)];
    super(`${what} ${todo}`, options);
    this.name = "UserError";
    this.kind = kind;
    this.problem = what;
    this.remedy = todo;
  }
};
function messageOf(thrown) {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

// src/runtime/load.ts
import { createRequire } from "node:module";
function loadNativeParts(base) {
  const ort2 = load(base, ortPackage(base));
  ort2.env.wasm.numThreads = 1;
  return { ort: ort2, sharp: load(base, "sharp") };
}
function ortPackage(base) {
  try {
    const { dependencies = {} } = createRequire(base)("./package.json");
    return "onnxruntime-web" in dependencies ? "onnxruntime-web" : "onnxruntime-node";
  } catch {
    return "onnxruntime-node";
  }
}
function load(base, name) {
  try {
    return createRequire(base)(name);
  } catch (error) {
    throw missing(name, messageOf(error), error);
  }
}
function missing(name, reason, cause) {
  return new UserError(
    "runtime",
    `The package ${name} must be there for this platform (${process.platform}-${process.arch}), but it does not load: ${reason}.`,
    "Run `npm ci` in the folder of the action, or use a platform that it supports.",
    { cause }
  );
}

// src/workers/serve.ts
import { parentPort } from "node:worker_threads";

// src/workers/messages.ts
var READY = "ready";
var OUT_OF_MEMORY = {
  kind: "runtime",
  problem: "A worker thread ran out of memory.",
  remedy: "Use fewer threads (input `threads`), or a runner with more memory."
};
function toRecord(thrown) {
  if (thrown instanceof UserError) {
    const { kind, problem, remedy } = thrown;
    return { type: "user", kind, problem, remedy };
  }
  if (thrown instanceof RangeError && /allocation failed/i.test(thrown.message)) {
    return { type: "user", ...OUT_OF_MEMORY };
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { type: "bug", message: error.message, stack: error.stack ?? error.message };
}

// src/workers/serve.ts
function serve(methods2) {
  const port = parentPort;
  if (!port) throw new Error("serve() must run in a worker thread.");
  let last = Promise.resolve();
  port.on("message", ({ id, method, argument }) => {
    last = last.then(async () => {
      let answer;
      try {
        answer = { id, result: await methods2[method](argument) };
      } catch (error) {
        answer = { id, error: toRecord(error) };
      }
      port.postMessage(answer);
    });
  });
  port.postMessage(READY);
}

// src/validate/nms.ts
var CLASS_OFFSET = 7680;
var MAX_CANDIDATES = 3e4;
function nms(candidates, options) {
  const order = byDescendingConf(candidates).subarray(0, MAX_CANDIDATES);
  const { boxes, areas, classesApart, classes } = offsetByClass(candidates, order);
  const kept = new Uint32Array(Math.min(options.maxDet, order.length));
  const last = new Int32Array(classesApart ? classes : 1).fill(-1);
  const previous = new Int32Array(kept.length);
  let count = 0;
  for (let index = 0; index < order.length && count < kept.length; index++) {
    const list = classesApart ? candidates.cls[order[index]] : 0;
    let rival = last[list];
    while (rival !== -1 && !(overlap(boxes, areas, kept[rival], index) > options.iou))
      rival = previous[rival];
    if (rival !== -1) continue;
    previous[count] = last[list];
    last[list] = count;
    kept[count++] = index;
  }
  return select(
    candidates,
    kept.subarray(0, count).map((index) => order[index])
  );
}
function byDescendingConf({ conf, count }) {
  const bits = new Uint32Array(conf.buffer, conf.byteOffset, count);
  const keys = new BigUint64Array(count);
  const halves = new Uint32Array(keys.buffer);
  for (let index = 0; index < count; index++) {
    halves[index * 2] = index;
    halves[index * 2 + 1] = ~bits[index];
  }
  keys.sort();
  const order = new Uint32Array(count);
  for (let place = 0; place < count; place++) order[place] = halves[place * 2];
  return order;
}
function select(detections, indices) {
  const count = indices.length;
  const xyxy = new Float32Array(count * 4);
  const conf = new Float32Array(count);
  const cls = new Int32Array(count);
  for (let place = 0; place < count; place++) {
    const index = indices[place];
    xyxy.set(detections.xyxy.subarray(index * 4, index * 4 + 4), place * 4);
    conf[place] = detections.conf[index];
    cls[place] = detections.cls[index];
  }
  return { count, xyxy, conf, cls };
}
function offsetByClass({ xyxy, cls }, order) {
  const boxes = new Float32Array(order.length * 4);
  const areas = new Float32Array(order.length);
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let classes = 0;
  for (let index = 0; index < order.length; index++) {
    const from = order[index] * 4;
    const to = index * 4;
    const offset = cls[order[index]] * CLASS_OFFSET;
    for (let corner = 0; corner < 4; corner++) boxes[to + corner] = xyxy[from + corner] + offset;
    areas[index] = Math.fround(boxes[to + 2] - boxes[to]) * Math.fround(boxes[to + 3] - boxes[to + 1]);
    left = Math.min(left, xyxy[from]);
    right = Math.max(right, xyxy[from + 2]);
    classes = Math.max(classes, cls[order[index]] + 1);
  }
  return { boxes, areas, classesApart: right - left < CLASS_OFFSET, classes };
}
function overlap(boxes, areas, a, b) {
  const boxA = a * 4;
  const boxB = b * 4;
  const left = Math.max(boxes[boxA], boxes[boxB]);
  const right = Math.min(boxes[boxA + 2], boxes[boxB + 2]);
  if (!(right > left)) return 0;
  const top = Math.max(boxes[boxA + 1], boxes[boxB + 1]);
  const bottom = Math.min(boxes[boxA + 3], boxes[boxB + 3]);
  if (!(bottom > top)) return 0;
  const intersection = Math.fround(Math.fround(right - left) * Math.fround(bottom - top));
  return Math.fround(intersection / Math.fround(Math.fround(areas[a] + areas[b]) - intersection));
}

// src/validate/heads/candidates.ts
var Candidates = class {
  count = 0;
  xyxy = new Float32Array(4096 * 4);
  conf = new Float32Array(4096);
  cls = new Int32Array(4096);
  /** Adds a box given by centre, width and height; corners are float32 as in the references' `xywh2xyxy`. */
  addXywh(x, y, width, height, conf, cls) {
    this.addXyxy(x - width / 2, y - height / 2, x + width / 2, y + height / 2, conf, cls);
  }
  /** Adds a box given by its corners. */
  addXyxy(x1, y1, x2, y2, conf, cls) {
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
  #grow() {
    const { xyxy, conf, cls } = this;
    this.xyxy = new Float32Array(xyxy.length * 2);
    this.xyxy.set(xyxy);
    this.conf = new Float32Array(conf.length * 2);
    this.conf.set(conf);
    this.cls = new Int32Array(cls.length * 2);
    this.cls.set(cls);
  }
};

// src/validate/heads/anchor-free.ts
var anchorFree = {
  layout: "[batch, 4 + classes, boxes]",
  channelAxis: 1,
  channels: (nc) => 4 + nc,
  decode(output, [, channels, boxes], options) {
    const floor = Math.fround(options.conf);
    const x = (options.batchIndex ?? 0) * channels * boxes;
    const y = x + boxes;
    const width = y + boxes;
    const height = width + boxes;
    const scores = height + boxes;
    const hasCandidate = new Uint8Array(boxes);
    for (let cls = 0; cls < options.nc; cls++) {
      const row = scores + cls * boxes;
      for (let box = 0; box < boxes; box++) if (output[row + box] > floor) hasCandidate[box] = 1;
    }
    const candidates = new Candidates();
    for (let box = hasCandidate.indexOf(1); box !== -1; box = hasCandidate.indexOf(1, box + 1)) {
      for (let cls = 0; cls < options.nc; cls++) {
        const conf = output[scores + cls * boxes + box];
        if (conf > floor) {
          candidates.addXywh(
            output[x + box],
            output[y + box],
            output[width + box],
            output[height + box],
            conf,
            cls
          );
        }
      }
    }
    return nms(candidates, options);
  }
};

// src/validate/heads/end2end.ts
var end2end = {
  layout: "[batch, boxes, 6]",
  channelAxis: 2,
  channels: () => 6,
  decode(output, [, boxes, channels], options) {
    const floor = Math.fround(options.conf);
    const first = (options.batchIndex ?? 0) * boxes * channels;
    const found = new Candidates();
    for (let at = first; at < first + boxes * channels && found.count < options.maxDet; at += channels) {
      const conf = output[at + 4];
      if (conf > floor)
        found.addXyxy(output[at], output[at + 1], output[at + 2], output[at + 3], conf, output[at + 5]);
    }
    return select(found, byDescendingConf(found));
  }
};

// src/validate/heads/refusals.ts
var MAX_VALUES = 2 ** 27;
var MAX_BOXES = 11e5;
function refuseHugeOutput(dims) {
  const values = dims.reduce((product, length) => product * (length ?? 1), 1);
  const longest = Math.max(...dims.map((length) => length ?? 0));
  if (values <= MAX_VALUES && longest <= MAX_BOXES) return;
  throw new UserError(
    "model",
    `The model's output must have at most ${MAX_VALUES} values and ${MAX_BOXES} boxes a picture; it is [${dims.map((length) => length ?? "?").join(", ")}].`,
    "Export it at the size that it was trained at, with a batch of one."
  );
}

// src/validate/heads/yolov5.ts
var yolov5 = {
  layout: "[batch, boxes, 5 + classes]",
  channelAxis: 2,
  channels: (nc) => 5 + nc,
  decode(output, [, boxes, channels], options) {
    const floor = Math.fround(options.conf);
    const first = (options.batchIndex ?? 0) * boxes * channels;
    const candidates = new Candidates();
    for (let at = first; at < first + boxes * channels; at += channels) {
      const objectness = output[at + 4];
      if (!(objectness > floor)) continue;
      for (let cls = 0; cls < options.nc; cls++) {
        const conf = Math.fround(output[at + 5 + cls] * objectness);
        if (conf > floor)
          candidates.addXywh(output[at], output[at + 1], output[at + 2], output[at + 3], conf, cls);
      }
    }
    return nms(candidates, options);
  }
};

// src/validate/heads/index.ts
var HEADS = { yolov5, "anchor-free": anchorFree, end2end };
function checkOutput(head, dims, nc) {
  refuseHugeOutput(dims);
  const { channelAxis, channels, layout } = HEADS[head];
  if (dims.length === 3 && dims[channelAxis] === channels(nc)) return;
  throw new UserError(
    "model",
    `The model's output must be ${layout} with ${nc} ${nc === 1 ? "class" : "classes"}; it was [${dims.join(", ")}].`,
    "Check that data.yaml is the one the model was trained on, or export the model with fixed dimensions."
  );
}
function decode(head, output, dims, options) {
  checkOutput(head, dims, options.nc);
  return HEADS[head].decode(output, dims, options);
}

// src/validate/image/decode.ts
import { readFile } from "node:fs/promises";

// src/validate/image/samples.ts
var MAX_PIXELS = 2 * 89478485;
function toRgb({ width, height, channels }, sample) {
  const data = new Uint8Array(width * height * 3);
  for (let start = 0, out = 0; out < data.length; start += channels, out += 3) {
    data[out] = sample(start, 0);
    data[out + 1] = sample(start, 1);
    data[out + 2] = sample(start, 2);
  }
  return { width, height, data };
}

// src/validate/image/decode-bmp.ts
var CORE_HEADER_SIZE = 12;
var INFO_HEADER_SIZE = 40;
var UNCOMPRESSED = 0;
var BIT_FIELDS = 3;
var MASKS_555 = "7c00 3e0 1f";
var MASKS_565 = "f800 7e0 1f";
var MASKS_888 = "ff0000 ff00 ff";
function decodeBmp(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = readHeader(view);
  const { width, height, isTopDown, pixels: pixels2, pitch } = header;
  if (pixels2 + pitch * height > bytes.length) throw new Error("the BMP ends early");
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = pixels2 + pitch * (isTopDown ? y : height - 1 - y);
    const row = bytes.subarray(start, start + pitch);
    decodeRow(row, header, data.subarray(y * width * 3, (y + 1) * width * 3));
  }
  return { width, height, data };
}
function readHeader(view) {
  if (view.byteLength < 14 + INFO_HEADER_SIZE) throw new Error("the BMP ends early");
  const size = view.getUint32(14, true);
  if (size !== CORE_HEADER_SIZE && size < INFO_HEADER_SIZE)
    throw new Error(`its BMP header has ${size} bytes`);
  const isCore = size === CORE_HEADER_SIZE;
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const rows = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(isCore ? 24 : 28, true);
  const height = Math.abs(rows);
  if (width <= 0 || height === 0) throw new Error(`its BMP header says ${width}×${rows} pixels`);
  if (width * height > MAX_PIXELS) throw new Error(`it has more than ${MAX_PIXELS} pixels`);
  return {
    width,
    height,
    isTopDown: rows < 0,
    depth: sampleDepth(view, bits, isCore),
    palette: bits <= 8 ? readPalette(view, bits, size) : new Uint32Array(0),
    pixels: view.getUint32(10, true),
    pitch: Math.ceil(width * bits / 32) * 4
  };
}
function sampleDepth(view, bits, isCore) {
  const compression = isCore ? UNCOMPRESSED : view.getUint32(30, true);
  if (compression === UNCOMPRESSED && [1, 4, 8, 24, 32].includes(bits)) return bits;
  if (compression === UNCOMPRESSED && bits === 16) return 15;
  if (compression === BIT_FIELDS && view.byteLength >= 66) {
    const masks = [54, 58, 62].map((offset) => view.getUint32(offset, true).toString(16)).join(" ");
    if (bits === 16 && masks === MASKS_555) return 15;
    if (bits === 16 && masks === MASKS_565 || bits === 32 && masks === MASKS_888) return bits;
  }
  throw new Error(`it is a BMP of ${bits} bits with compression ${compression}, which is not decoded here`);
}
function readPalette(view, bits, headerSize) {
  const isCore = headerSize === CORE_HEADER_SIZE;
  const used = isCore ? 0 : view.getUint32(46, true);
  const entry = isCore ? 3 : 4;
  const count = Math.min(used || 1 << bits, 256);
  const start = 14 + headerSize;
  if (start + count * entry > view.byteLength) throw new Error("the BMP ends early");
  const palette = new Uint32Array(256);
  for (let i = 0; i < count; i++) {
    const offset = start + i * entry;
    palette[i] = view.getUint8(offset + 2) << 16 | view.getUint16(offset, true);
  }
  return palette;
}
function decodeRow(row, { depth, palette }, rgb) {
  if (depth <= 8) decodeIndices(row, depth, palette, rgb);
  else if (depth <= 16) decodePacked(row, depth, rgb);
  else decodeBytes(row, depth / 8, rgb);
}
function decodeIndices(row, depth, palette, rgb) {
  const mask = (1 << depth) - 1;
  for (let out = 0, bit = 0; out < rgb.length; out += 3, bit += depth) {
    const color = palette[row[bit >> 3] >> 8 - depth - (bit & 7) & mask];
    rgb[out] = color >> 16;
    rgb[out + 1] = color >> 8;
    rgb[out + 2] = color;
  }
}
function decodePacked(row, depth, rgb) {
  const greenMask = depth === 16 ? 252 : 248;
  const redShift = depth - 8;
  for (let out = 0, p = 0; out < rgb.length; out += 3, p += 2) {
    const value = row[p] | row[p + 1] << 8;
    rgb[out] = value >> redShift & 248;
    rgb[out + 1] = value >> redShift - 5 & greenMask;
    rgb[out + 2] = value << 3 & 248;
  }
}
function decodeBytes(row, step, rgb) {
  for (let out = 0, p = 0; out < rgb.length; out += 3, p += step) {
    rgb[out] = row[p + 2];
    rgb[out + 1] = row[p + 1];
    rgb[out + 2] = row[p];
  }
}

// src/validate/image/restored-jpeg.ts
var START_OF_SCAN = 218;
var APP1 = 225;
var APP2 = 226;
function isRestoredJpeg(bytes) {
  const isEnded = bytes.at(-2) === 255 && bytes.at(-1) === 217;
  return !isEnded && !isMpo(bytes);
}
function isMpo(bytes) {
  let hasPictureIndex = false;
  for (const { marker, content } of segments(bytes)) {
    if (marker === APP1 && content.includes(' hdrgm:Version="')) return false;
    if (marker === APP2 && content.toString("latin1", 0, 4) === "MPF\0") hasPictureIndex = true;
  }
  return hasPictureIndex;
}
function* segments(bytes) {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let offset = 2; offset + 4 <= buffer.length && buffer[offset] === 255; ) {
    const marker = buffer[offset + 1];
    if (marker === START_OF_SCAN) return;
    const end = offset + 2 + buffer.readUInt16BE(offset + 2);
    yield { marker, content: buffer.subarray(offset + 4, end) };
    offset = end;
  }
}

// src/validate/image/tiff-alpha.ts
var EXTRA_SAMPLES = 338;
var KINDS = ["unspecified", "premultiplied", "straight"];
function readTiffAlpha(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittleEndian = bytes[0] === 73;
  const u16 = (offset) => offset + 2 <= bytes.length ? view.getUint16(offset, isLittleEndian) : 0;
  const u32 = (offset) => offset + 4 <= bytes.length ? view.getUint32(offset, isLittleEndian) : 0;
  const directory = u32(4);
  const count = u16(directory);
  for (let entry = directory + 2; entry < directory + 2 + count * 12; entry += 12) {
    if (u16(entry) === EXTRA_SAMPLES) return KINDS[u16(entry + 8)] ?? "unspecified";
  }
  return "unspecified";
}

// src/validate/image/decode-sharp.ts
async function decodeWithSharp(sharpModule, bytes, format, family) {
  const picture = open(sharpModule, bytes);
  const { space, depth, channels } = await picture.metadata();
  if (depth !== "uchar" && depth !== "ushort") throw new Error(`its samples are ${depth}, not 8 or 16 bits`);
  if (space === "cmyk") picture.pipelineColourspace("cmyk").toColourspace("cmyk");
  if (format === "jpeg" && isRestoredJpeg(bytes)) {
    const restored = await picture.jpeg({ quality: 100, chromaSubsampling: "4:4:4", optimiseCoding: false }).toBuffer();
    return decodeWithSharp(sharpModule, restored, format, family);
  }
  if (space === "cmyk") return (format === "jpeg" ? jpegInksToRgb : tiffInksToRgb)(await samplesOf(picture));
  if (format !== "tiff") return withoutAlpha(await samplesOf(picture.removeAlpha()));
  const isRounded = space === "rgb16" && family === "yolov5";
  const isMultiplied = channels === 4 && (depth === "uchar" || isRounded) && readTiffAlpha(bytes) !== "unspecified";
  const samples = isRounded ? await roundedSamplesOf(picture) : await samplesOf(picture);
  return isMultiplied ? multiplyByAlpha(samples) : withoutAlpha(samples);
}
async function sizeWithSharp(sharpModule, bytes) {
  const { autoOrient } = await open(sharpModule, bytes).metadata();
  return autoOrient;
}
function open(sharpModule, bytes) {
  return sharpModule(bytes, {
    autoOrient: true,
    failOn: "truncated",
    ignoreIcc: true,
    limitInputPixels: MAX_PIXELS
  });
}
async function samplesOf(picture) {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { ...info, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}
async function roundedSamplesOf(picture) {
  const wide = picture.toColourspace("rgb16").raw({ depth: "ushort" });
  const { data, info } = await wide.toBuffer({ resolveWithObject: true });
  const values = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return { ...info, data: Uint8Array.from(values, (value) => Math.floor((value + 128) / 257)) };
}
function withoutAlpha(samples) {
  const { width, height, channels, data } = samples;
  if (channels === 3) return { width, height, data };
  const isGrey = channels < 3;
  return toRgb(samples, (start, channel) => data[isGrey ? start : start + channel]);
}
function multiplyByAlpha(samples) {
  const { data } = samples;
  return toRgb(
    samples,
    (start, channel) => Math.floor((data[start + channel] * data[start + 3] + 127) / 255)
  );
}
function jpegInksToRgb(inks) {
  const { data } = inks;
  return toRgb(inks, (start, channel) => {
    const light = 255 - data[start + 3];
    return light - (data[start + channel] * light >> 8);
  });
}
function tiffInksToRgb(inks) {
  const { data } = inks;
  return toRgb(
    inks,
    (start, channel) => Math.floor((255 - data[start + 3]) * (255 - data[start + channel]) / 255)
  );
}

// src/validate/image/sniff.ts
var PNG_SIGNATURE = "PNG\r\n\n";
var TIFF_SIGNATURES = ["II*\0", "MM\0*", "II+\0", "MM\0+"];
var JPEG2000_SIGNATURES = ["\0\0\0\fjP  ", "ÿOÿQ"];
var AVIF_BRANDS = ["avif", "avis"];
function sniffFormat(bytes) {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512)).toString("latin1");
  if (head.startsWith("ÿØÿ")) return "jpeg";
  if (head.startsWith(PNG_SIGNATURE)) return "png";
  if (head.startsWith("RIFF") && head.startsWith("WEBP", 8)) return "webp";
  if (TIFF_SIGNATURES.some((signature) => head.startsWith(signature))) return "tiff";
  if (head.startsWith("BM")) return "bmp";
  if (head.startsWith("ftyp", 4) && AVIF_BRANDS.includes(head.slice(8, 12))) return "avif";
  return { refused: nameOfRefused(head) };
}
function nameOfRefused(head) {
  if (head.length === 0) return "empty";
  if (head.startsWith("ftyp", 4)) return `HEIF or video (${head.slice(8, 12)})`;
  if (JPEG2000_SIGNATURES.some((signature) => head.startsWith(signature))) return "JPEG 2000";
  if (head.startsWith("GIF8")) return "GIF";
  if (head.startsWith("%PDF")) return "PDF";
  if (/^P[Ff]\s/.test(head)) return "PFM";
  if (/<svg|<\?xml|<!doctype/i.test(head)) return "SVG, XML or HTML";
  return "of no known image format";
}

// src/validate/image/decode.ts
var MIN_SIDE = 10;
var FORMATS = {
  yolov5: ["jpeg", "png", "webp", "bmp", "tiff"],
  ultralytics: ["jpeg", "png", "webp", "bmp", "tiff", "avif"]
};
async function decodeImage(sharpModule, source, family) {
  try {
    const bytes = typeof source === "string" ? await readFile(source) : source;
    const format = acceptedFormat(bytes, family);
    const image = format === "bmp" ? decodeBmp(bytes) : await decodeWithSharp(sharpModule, bytes, format, family);
    if (Math.min(image.width, image.height) >= MIN_SIDE) return image;
    throw new Error(`it has ${image.width}×${image.height} pixels, and each side needs ${MIN_SIDE}`);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    const name = typeof source === "string" ? source : "the given bytes";
    throw new UserError(
      "dataset",
      `An image must be a whole file that can be decoded, but ${name} cannot be used: ${messageOf(error)}.`,
      "Replace the file, or take it out of the data set.",
      { cause: error }
    );
  }
}
async function imageSize(sharpModule, path, family) {
  try {
    const bytes = await readFile(path);
    const format = acceptedFormat(bytes, family);
    const { width, height } = format === "bmp" ? decodeBmp(bytes) : await sizeWithSharp(sharpModule, bytes);
    return { width, height };
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    return null;
  }
}
function acceptedFormat(bytes, family) {
  const format = sniffFormat(bytes);
  const formats = FORMATS[family];
  if (typeof format === "string" && formats.includes(format)) return format;
  const found = typeof format === "string" ? format : format.refused;
  throw new Error(`it is ${found}, and must be one of ${formats.join(", ")}`);
}

// src/round.ts
function roundHalfEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

// src/validate/image/resize-area.ts
var SLIVER = 1e-3;
function areaTable(from, to) {
  const scale = 1 / (to / from);
  const start = new Int32Array(to + 1);
  const index = [];
  const weight = [];
  for (let i = 0; i < to; i++) {
    const begin = i * scale;
    const end = begin + scale;
    const cell = Math.min(scale, from - begin);
    const lastWhole = Math.min(Math.floor(end), from - 1);
    const firstWhole = Math.min(Math.ceil(begin), lastWhole);
    if (firstWhole - begin > SLIVER) {
      index.push(firstWhole - 1);
      weight.push((firstWhole - begin) / cell);
    }
    for (let whole = firstWhole; whole < lastWhole; whole++) {
      index.push(whole);
      weight.push(1 / cell);
    }
    if (end - lastWhole > SLIVER) {
      index.push(lastWhole);
      weight.push(Math.min(end - lastWhole, 1, cell) / cell);
    }
    start[i + 1] = index.length;
  }
  return { start, index: Int32Array.from(index), weight: Float32Array.from(weight) };
}
function averageRows({ data, width, height }, row, { start, index, weight }, upper, lower) {
  const base = row * width * 3;
  const below = row + 1 < height ? width * 3 : 0;
  const count = start.length - 1;
  for (let x = 0, o = 0; x < count; x++, o += 3) {
    const first = start[x];
    const stop = start[x + 1];
    let red = Math.fround(0);
    let green = Math.fround(0);
    let blue = Math.fround(0);
    let redBelow = Math.fround(0);
    let greenBelow = Math.fround(0);
    let blueBelow = Math.fround(0);
    for (let k = first, p = base + index[first] * 3; k < stop; k++, p += 3) {
      const q = p + below;
      const share = weight[k];
      red = Math.fround(red + Math.fround(data[p] * share));
      green = Math.fround(green + Math.fround(data[p + 1] * share));
      blue = Math.fround(blue + Math.fround(data[p + 2] * share));
      redBelow = Math.fround(redBelow + Math.fround(data[q] * share));
      greenBelow = Math.fround(greenBelow + Math.fround(data[q + 1] * share));
      blueBelow = Math.fround(blueBelow + Math.fround(data[q + 2] * share));
    }
    upper[o] = red;
    upper[o + 1] = green;
    upper[o + 2] = blue;
    lower[o] = redBelow;
    lower[o + 1] = greenBelow;
    lower[o + 2] = blueBelow;
  }
}
function resizeByWeights(image, width, height) {
  const columns = areaTable(image.width, width);
  const rows = areaTable(image.height, height);
  const samples = width * 3;
  const data = new Uint8ClampedArray(samples * height);
  const sums = new Float32Array(samples);
  const upper = new Float32Array(samples);
  const lower = new Float32Array(samples);
  let averaged = -2;
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = rows.start[y]; k < rows.start[y + 1]; k++) {
      const row = rows.index[k];
      if (row !== averaged && row !== averaged + 1) {
        averageRows(image, row, columns, upper, lower);
        averaged = row;
      }
      addWeighted(row === averaged ? upper : lower, rows.weight[k], sums);
    }
    data.set(sums, y * samples);
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}
function addWeighted(average, share, sums) {
  for (let i = 0; i < sums.length; i++) sums[i] = Math.fround(sums[i] + Math.fround(average[i] * share));
}
function resizeByCells(image, width, height, across, down) {
  const samples = width * 3;
  const data = new Uint8ClampedArray(samples * height);
  const sums = new Int32Array(samples);
  const share = Math.fround(1 / (across * down));
  const isHalf = across === 2 && down === 2;
  for (let y = 0; y < height; y++) {
    sumCells(image, y * down, across, down, sums);
    const out = y * samples;
    for (let i = 0; i < samples; i++) {
      const sum = sums[i];
      data[out + i] = isHalf ? sum + 2 >> 2 : Math.fround(sum * share);
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}
function sumCells(image, row, across, down, sums) {
  const { data, width } = image;
  sums.fill(0);
  for (let y = row; y < row + down; y++) {
    let p = y * width * 3;
    for (let o = 0; o < sums.length; o += 3) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (const stop = p + across * 3; p < stop; p += 3) {
        red += data[p];
        green += data[p + 1];
        blue += data[p + 2];
      }
      sums[o] = sums[o] + red;
      sums[o + 1] = sums[o + 1] + green;
      sums[o + 2] = sums[o + 2] + blue;
    }
  }
}
function wholeScale(from, to) {
  const scale = 1 / (to / from);
  const whole = Math.round(scale);
  return Math.abs(scale - whole) < Number.EPSILON ? whole : void 0;
}
function resizeArea(image, width, height) {
  if (width > image.width || height > image.height) {
    throw new RangeError(`resizeArea shrinks only: ${image.width}×${image.height} to ${width}×${height}`);
  }
  const across = wholeScale(image.width, width);
  const down = wholeScale(image.height, height);
  return across !== void 0 && down !== void 0 ? resizeByCells(image, width, height, across, down) : resizeByWeights(image, width, height);
}

// src/validate/image/resize-linear.ts
var WEIGHT_ONE = 2048;
function linearTable(from, to, clamp) {
  const index = new Int32Array(to);
  const weight0 = new Int32Array(to);
  const weight1 = new Int32Array(to);
  const scale = 1 / (to / from);
  for (let i = 0; i < to; i++) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    let left = Math.floor(position);
    let share = Math.fround(position - left);
    if (clamp && (left < 0 || left >= from - 1)) {
      left = left < 0 ? 0 : from - 1;
      share = 0;
    }
    index[i] = left;
    weight0[i] = roundHalfEven(Math.fround(1 - share) * WEIGHT_ONE);
    weight1[i] = roundHalfEven(share * WEIGHT_ONE);
  }
  return { index, weight0, weight1 };
}
function interpolateRow(image, row, columns, out) {
  const { data, width } = image;
  const { index, weight0, weight1 } = columns;
  const start = row * width * 3;
  const last = width - 1;
  for (let x = 0, o = 0; x < index.length; x++, o += 3) {
    const left = index[x];
    const p = start + left * 3;
    const q = left < last ? p + 3 : p;
    const w0 = weight0[x];
    const w1 = weight1[x];
    out[o] = data[p] * w0 + data[q] * w1;
    out[o + 1] = data[p + 1] * w0 + data[q + 1] * w1;
    out[o + 2] = data[p + 2] * w0 + data[q + 2] * w1;
  }
}
function resizeLinear(image, width, height) {
  const columns = linearTable(image.width, width, true);
  const rows = linearTable(image.height, height, false);
  const samples = width * 3;
  const data = new Uint8Array(samples * height);
  let upper = { row: -1, sums: new Int32Array(samples) };
  let lower = { row: -1, sums: new Int32Array(samples) };
  const lastRow = image.height - 1;
  for (let y = 0; y < height; y++) {
    const top = Math.min(Math.max(rows.index[y], 0), lastRow);
    const bottom = Math.min(Math.max(rows.index[y] + 1, 0), lastRow);
    if (lower.row === top) [upper, lower] = [lower, upper];
    if (upper.row !== top) {
      interpolateRow(image, top, columns, upper.sums);
      upper.row = top;
    }
    if (lower.row !== bottom) {
      interpolateRow(image, bottom, columns, lower.sums);
      lower.row = bottom;
    }
    blendRows(upper.sums, lower.sums, rows.weight0[y], rows.weight1[y], data, y * samples);
  }
  return { width, height, data };
}
function blendRows(upper, lower, weight0, weight1, out, start) {
  for (let i = 0; i < upper.length; i++) {
    const a = weight0 * (upper[i] >> 4) >> 16;
    const b = weight1 * (lower[i] >> 4) >> 16;
    out[start + i] = a + b + 2 >> 2;
  }
}

// src/validate/image/letterbox.ts
var PADDING_GREY = 114;
function load2(image, imgsz, family) {
  const ratio = imgsz / Math.max(image.width, image.height);
  if (ratio === 1) return image;
  const width = Math.ceil(image.width * ratio);
  const height = Math.ceil(image.height * ratio);
  if (family === "yolov5") return (ratio < 1 ? resizeArea : resizeLinear)(image, width, height);
  return resizeLinear(image, Math.min(width, imgsz), Math.min(height, imgsz));
}
function fitPicture(image, size, family, imgsz = Math.max(size.width, size.height)) {
  const loaded = load2(image, imgsz, family);
  const ratio = Math.min(size.height / loaded.height, size.width / loaded.width, 1);
  const width = Math.max(roundHalfEven(loaded.width * ratio), 1);
  const height = Math.max(roundHalfEven(loaded.height * ratio), 1);
  const isFitting = width === loaded.width && height === loaded.height;
  const padX = (size.width - width) / 2;
  const padY = (size.height - height) / 2;
  return {
    image: isFitting ? loaded : resizeLinear(loaded, width, height),
    geometry: {
      nativeWidth: image.width,
      nativeHeight: image.height,
      loadedWidth: loaded.width,
      loadedHeight: loaded.height,
      ratio,
      padX,
      padY,
      left: Math.floor(padX),
      top: Math.floor(padY),
      width: size.width,
      height: size.height
    }
  };
}

// src/validate/image/tensor.ts
var UNIT_FLOAT32 = Float32Array.from({ length: 256 }, (_, value) => value / 255);
var UNIT_FLOAT16 = Uint16Array.from({ length: 256 }, (_, value) => halfBits(value / 255));
function halfBits(value) {
  const [bits = 0] = new Uint32Array(Float32Array.of(value).buffer);
  if (bits === 0) return 0;
  const rebased = bits - (127 - 15 << 23);
  return rebased + 4096 >> 13;
}
function writeRow(data, from, count, unit, target, offset, plane) {
  const green = offset + plane;
  const blue = green + plane;
  for (let i = 0, p = from; i < count; i++, p += 3) {
    target[offset + i] = unit[data[p]];
    target[green + i] = unit[data[p + 1]];
    target[blue + i] = unit[data[p + 2]];
  }
}
function layIntoTensor({ image, geometry: { left, top, width, height } }, target) {
  const unit = target instanceof Float32Array ? UNIT_FLOAT32 : UNIT_FLOAT16;
  const grey = unit[PADDING_GREY];
  const plane = width * height;
  const isFilled = image.width === width && image.height === height;
  if (!isFilled) target.fill(grey, 0, 3 * plane);
  for (let y = 0; y < image.height; y++) {
    const at = (top + y) * width + left;
    writeRow(image.data, y * image.width * 3, image.width, unit, target, at, plane);
  }
}

// src/validate/rectangles.ts
var MARGIN = 0.5;
function largestRectangle(rule) {
  return { width: side(1, rule), height: side(1, rule) };
}
function side(share, { imgsz, stride }) {
  return Math.ceil(share * imgsz / stride + MARGIN) * stride;
}

// src/validate/session.ts
async function openSession(ort2, path, options) {
  try {
    return await ort2.InferenceSession.create(path, {
      executionProviders: [options.provider],
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      // DirectML cannot reuse memory by pattern: https://onnxruntime.ai/docs/execution-providers/DirectML-ExecutionProvider.html
      ...options.provider === "dml" && { enableMemPattern: false }
    });
  } catch (error) {
    throw refusal(path, options.provider, messageOf(error), error);
  }
}
function refusal(path, provider, message, cause) {
  const reason = message.replace(/\s+/g, " ").trim();
  const customOperator = /no op registered for ([\w.]+)|([\w.]+)\(-?\d+\) is not a registered function/i.exec(
    reason
  );
  if (customOperator) {
    return new UserError(
      "model",
      `${path} uses the operator ${customOperator[1] ?? customOperator[2]}, which ONNX Runtime does not have: ${reason}.`,
      "Export the model with standard ONNX operators only (no plugins, no built-in NMS of another runtime).",
      { cause }
    );
  }
  if (provider !== "cpu") {
    return new UserError(
      "runtime",
      `The models must run by ${provider}, but ONNX Runtime cannot load ${path} there: ${reason}.`,
      "Set `device: cpu`; if the model loads then, its operators or the memory of this GPU are what is missing.",
      { cause }
    );
  }
  return new UserError(
    "model",
    `ONNX Runtime cannot load ${path}: ${reason}.`,
    "The file may be damaged or made for another runtime: export the model again.",
    { cause }
  );
}
function batchSize({ batch }) {
  return batch === "dynamic" ? 1 : batch;
}
function describeSession(session) {
  const describe = (metadata) => metadata.map(
    (value) => value.isTensor ? { name: value.name, type: value.type, shape: value.shape } : { name: value.name, type: "none", shape: [] }
  );
  return { inputs: describe(session.inputMetadata), outputs: describe(session.outputMetadata) };
}
async function infer(ort2, session, detector, pixels2, { width, height } = detector, buffers = null) {
  const { input, output } = detector;
  const tensor = inputTensor(ort2, input.type, pixels2, [batchSize(input), 3, height, width]);
  const buffer = buffers?.get(session);
  const fetches = buffer ? { [output]: buffer } : [output];
  const results = await session.run({ [input.name]: tensor }, fetches).catch((error) => {
    throw failedRun(error);
  });
  const result = results[output];
  if (!buffer && isAsPromised(session, output, result)) buffers?.set(session, result);
  const { data, dims } = result;
  if (data instanceof Float32Array) return { data, dims };
  const halves = data;
  return { data: Float32Array.from(new Float16Array(halves.buffer, halves.byteOffset, halves.length)), dims };
}
function failedRun(error) {
  const reason = messageOf(error).replace(/\s+/g, " ").trim();
  return new UserError(
    "model",
    `The model must run on a picture, but ONNX Runtime stops in it: ${reason}.`,
    "The file may be damaged, or need more memory than this machine has: export the model again.",
    { cause: error }
  );
}
function isAsPromised(session, output, { type, dims }) {
  const promised = session.outputMetadata.find(({ name }) => name === output);
  if (!promised?.isTensor || type !== "float32" || promised.shape.length !== dims.length) return false;
  return dims.every((dim, i) => dim === promised.shape[i]);
}
function inputTensor(ort2, type, pixels2, dims) {
  const tensor = new ort2.Tensor(type, pixels2, dims);
  return type === "float16" ? Object.defineProperty(tensor, "data", { value: pixels2 }) : tensor;
}

// src/validate/worker.ts
var { nativeBase, session: sessionOptions } = workerData;
var { ort, sharp } = loadNativeParts(nativeBase);
sharp.cache(false);
sharp.concurrency(1);
var sessions = [];
var outputs = ortPackage(nativeBase) === "onnxruntime-node" ? /* @__PURE__ */ new WeakMap() : null;
var plan = null;
var pixels = new Float32Array(0);
function valuesOf(input, { width, height }) {
  return batchSize(input) * 3 * width * height;
}
var methods = {
  /** Opens one more model; every later image goes through it too. */
  async load(path) {
    const session = await openSession(ort, path, sessionOptions);
    sessions.push(session);
    return describeSession(session);
  },
  /** Closes all models. */
  async unload() {
    for (const session of sessions.splice(0)) await session.release();
  },
  async configure(next) {
    plan = next;
    const { detector } = next;
    const { input, rect } = detector;
    const largest = rect ? largestRectangle(rect) : detector;
    pixels = new (input.type === "float16" ? Uint16Array : Float32Array)(valuesOf(input, largest));
  },
  /** @returns the picture's size, or `null` for a file that cannot be decoded. */
  async size(path) {
    return imageSize(sharp, path, plan.detector.family);
  },
  /** @returns the detections, or why the file cannot be decoded. */
  async detect({ path, size }) {
    const { detector, options } = plan;
    const target = size ?? detector;
    const started = performance.now();
    const picture = await decodeImage(sharp, path, detector.family).catch((error) => {
      if (error instanceof UserError) return error;
      throw error;
    });
    if (picture instanceof UserError) return { unreadable: picture.problem };
    const imgsz = Math.max(detector.width, detector.height);
    const fitted = fitPicture(picture, target, detector.family, imgsz);
    const tensor = pixels.subarray(0, valuesOf(detector.input, target));
    layIntoTensor(fitted, tensor);
    const prepared = performance.now();
    const inference = [];
    const detections = [];
    let decoding = 0;
    for (const session of sessions) {
      const before = performance.now();
      const output = await infer(ort, session, detector, tensor, target, outputs);
      const inferred = performance.now();
      detections.push(decode(detector.head, output.data, output.dims, { ...options, nc: detector.nc }));
      inference.push(inferred - before);
      decoding += performance.now() - inferred;
    }
    return {
      geometry: fitted.geometry,
      detections,
      milliseconds: { pixels: prepared - started, inference, decode: decoding }
    };
  }
};
serve(methods);
