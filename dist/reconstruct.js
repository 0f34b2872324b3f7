import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error('Error: Node must be 24 or newer, but this is ' + process.version + '. Install Node 24 and try again.');
  process.exit(1);
}

// src/prune/reconstruct/worker.ts
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
  const values = dims.reduce((product2, length) => product2 * (length ?? 1), 1);
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

// src/validate/session.ts
function inputTensor(ort, type, pixels, dims) {
  const tensor = new ort.Tensor(type, pixels, dims);
  return type === "float16" ? Object.defineProperty(tensor, "data", { value: pixels }) : tensor;
}

// src/calibrate/augment.ts
var LEAST_SIDE = 0.5;
function augmented(image, random) {
  const width = chosenSide(image.width, random);
  const height = chosenSide(image.height, random);
  const left = Math.floor(random() * (image.width - width + 1));
  const top = Math.floor(random() * (image.height - height + 1));
  return [image, mirrored(image), partOf(image, { left, top, width, height })];
}
function chosenSide(side, random) {
  return Math.max(1, Math.round(side * (LEAST_SIDE + (1 - LEAST_SIDE) * random())));
}
function mirrored({ width, height, data }) {
  const turned = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = width - 1; x >= 0; x--, to += 3) {
      const from = 3 * (y * width + x);
      turned[to] = data[from];
      turned[to + 1] = data[from + 1];
      turned[to + 2] = data[from + 2];
    }
  }
  return { width, height, data: turned };
}
function partOf(image, {
  left,
  top,
  width,
  height
}) {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 3 * ((top + y) * image.width + left);
    data.set(image.data.subarray(from, from + 3 * width), 3 * y * width);
  }
  return { width, height, data };
}

// src/calibrate/importance.ts
var OBJECT_GAIN = 4;
function placeWeights({ count, xyxy, conf }, grid, size) {
  const weights = new Float32Array(grid.height * grid.width).fill(1);
  const [scaleX, scaleY] = [grid.width / size.width, grid.height / size.height];
  for (let i = 0; i < count; i++) {
    const weight = 1 + OBJECT_GAIN * conf[i];
    const [left, top, right, bottom] = xyxy.subarray(4 * i, 4 * i + 4);
    const [x0, x1] = [
      Math.max(0, Math.floor(left * scaleX)),
      Math.min(grid.width, Math.ceil(right * scaleX))
    ];
    const [y0, y1] = [
      Math.max(0, Math.floor(top * scaleY)),
      Math.min(grid.height, Math.ceil(bottom * scaleY))
    ];
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const place = y * grid.width + x;
        if (weight > weights[place]) weights[place] = weight;
      }
    }
  }
  return weights;
}

// node_modules/@bufbuild/protobuf/dist/esm/is-message.js
function isMessage(arg, schema) {
  const isMessage2 = arg !== null && typeof arg == "object" && "$typeName" in arg && typeof arg.$typeName == "string";
  if (!isMessage2) {
    return false;
  }
  if (schema === void 0) {
    return true;
  }
  return schema.typeName === arg.$typeName;
}

// node_modules/@bufbuild/protobuf/dist/esm/descriptors.js
var ScalarType;
(function(ScalarType2) {
  ScalarType2[ScalarType2["DOUBLE"] = 1] = "DOUBLE";
  ScalarType2[ScalarType2["FLOAT"] = 2] = "FLOAT";
  ScalarType2[ScalarType2["INT64"] = 3] = "INT64";
  ScalarType2[ScalarType2["UINT64"] = 4] = "UINT64";
  ScalarType2[ScalarType2["INT32"] = 5] = "INT32";
  ScalarType2[ScalarType2["FIXED64"] = 6] = "FIXED64";
  ScalarType2[ScalarType2["FIXED32"] = 7] = "FIXED32";
  ScalarType2[ScalarType2["BOOL"] = 8] = "BOOL";
  ScalarType2[ScalarType2["STRING"] = 9] = "STRING";
  ScalarType2[ScalarType2["BYTES"] = 12] = "BYTES";
  ScalarType2[ScalarType2["UINT32"] = 13] = "UINT32";
  ScalarType2[ScalarType2["SFIXED32"] = 15] = "SFIXED32";
  ScalarType2[ScalarType2["SFIXED64"] = 16] = "SFIXED64";
  ScalarType2[ScalarType2["SINT32"] = 17] = "SINT32";
  ScalarType2[ScalarType2["SINT64"] = 18] = "SINT64";
})(ScalarType || (ScalarType = {}));

// node_modules/@bufbuild/protobuf/dist/esm/wire/varint.js
function varint64read() {
  const buf = this.buf;
  let pos = this.pos;
  let lo = 0;
  let hi = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const b = buf[pos++];
    lo |= (b & 127) << shift;
    if ((b & 128) == 0) {
      this.pos = pos;
      this.assertBounds();
      this.varint64Lo = lo;
      this.varint64Hi = hi;
      return;
    }
  }
  const middleByte = buf[pos++];
  lo |= (middleByte & 15) << 28;
  hi = (middleByte & 112) >> 4;
  if ((middleByte & 128) == 0) {
    this.pos = pos;
    this.assertBounds();
    this.varint64Lo = lo;
    this.varint64Hi = hi;
    return;
  }
  for (let shift = 3; shift <= 31; shift += 7) {
    const b = buf[pos++];
    hi |= (b & 127) << shift;
    if ((b & 128) == 0) {
      this.pos = pos;
      this.assertBounds();
      this.varint64Lo = lo;
      this.varint64Hi = hi;
      return;
    }
  }
  throw new Error("invalid varint");
}
var TWO_PWR_32_DBL = 4294967296;
function int64FromString(dec) {
  const minus = dec[0] === "-";
  if (minus) {
    dec = dec.slice(1);
  }
  const base = 1e6;
  let lowBits = 0;
  let highBits = 0;
  function add1e6digit(begin, end) {
    const digit1e6 = Number(dec.slice(begin, end));
    highBits *= base;
    lowBits = lowBits * base + digit1e6;
    if (lowBits >= TWO_PWR_32_DBL) {
      highBits = highBits + (lowBits / TWO_PWR_32_DBL | 0);
      lowBits = lowBits % TWO_PWR_32_DBL;
    }
  }
  add1e6digit(-24, -18);
  add1e6digit(-18, -12);
  add1e6digit(-12, -6);
  add1e6digit(-6);
  return minus ? negate(lowBits, highBits) : newBits(lowBits, highBits);
}
function int64ToString(lo, hi) {
  let bits = newBits(lo, hi);
  const negative = bits.hi & 2147483648;
  if (negative) {
    bits = negate(bits.lo, bits.hi);
  }
  const result = uInt64ToString(bits.lo, bits.hi);
  return negative ? "-" + result : result;
}
function uInt64ToString(lo, hi) {
  ({ lo, hi } = toUnsigned(lo, hi));
  if (hi <= 2097151) {
    return String(TWO_PWR_32_DBL * hi + lo);
  }
  const low = lo & 16777215;
  const mid = (lo >>> 24 | hi << 8) & 16777215;
  const high = hi >> 16 & 65535;
  let digitA = low + mid * 6777216 + high * 6710656;
  let digitB = mid + high * 8147497;
  let digitC = high * 2;
  const base = 1e7;
  if (digitA >= base) {
    digitB += Math.floor(digitA / base);
    digitA %= base;
  }
  if (digitB >= base) {
    digitC += Math.floor(digitB / base);
    digitB %= base;
  }
  return digitC.toString() + decimalFrom1e7WithLeadingZeros(digitB) + decimalFrom1e7WithLeadingZeros(digitA);
}
function toUnsigned(lo, hi) {
  return { lo: lo >>> 0, hi: hi >>> 0 };
}
function newBits(lo, hi) {
  return { lo: lo | 0, hi: hi | 0 };
}
function negate(lowBits, highBits) {
  highBits = ~highBits;
  if (lowBits) {
    lowBits = ~lowBits + 1;
  } else {
    highBits += 1;
  }
  return newBits(lowBits, highBits);
}
var decimalFrom1e7WithLeadingZeros = (digit1e7) => {
  const partial = String(digit1e7);
  return "0000000".slice(partial.length) + partial;
};
function varint32write(value, bytes) {
  if (value >>> 0 < 128) {
    bytes.push(value);
    return;
  }
  if (value >= 0) {
    while (value > 127) {
      bytes.push(value & 127 | 128);
      value = value >>> 7;
    }
    bytes.push(value);
  } else {
    for (let i = 0; i < 9; i++) {
      bytes.push(value & 127 | 128);
      value = value >> 7;
    }
    bytes.push(1);
  }
}
function varint32read() {
  let b = this.buf[this.pos++];
  if ((b & 128) === 0) {
    this.assertBounds();
    return b;
  }
  let result = b & 127;
  b = this.buf[this.pos++];
  result |= (b & 127) << 7;
  if ((b & 128) === 0) {
    this.assertBounds();
    return result;
  }
  b = this.buf[this.pos++];
  result |= (b & 127) << 14;
  if ((b & 128) === 0) {
    this.assertBounds();
    return result;
  }
  b = this.buf[this.pos++];
  result |= (b & 127) << 21;
  if ((b & 128) === 0) {
    this.assertBounds();
    return result;
  }
  b = this.buf[this.pos++];
  result |= (b & 15) << 28;
  for (let readBytes = 5; (b & 128) !== 0 && readBytes < 10; readBytes++)
    b = this.buf[this.pos++];
  if ((b & 128) !== 0)
    throw new Error("invalid varint");
  this.assertBounds();
  return result >>> 0;
}

// node_modules/@bufbuild/protobuf/dist/esm/proto-int64.js
var protoInt64 = /* @__PURE__ */ makeInt64Support();
function makeInt64Support() {
  const dv = new DataView(new ArrayBuffer(8));
  const ok = typeof BigInt === "function" && typeof dv.getBigInt64 === "function" && typeof dv.getBigUint64 === "function" && typeof dv.setBigInt64 === "function" && typeof dv.setBigUint64 === "function" && (!!globalThis.Deno || !!globalThis.Bun || typeof process != "object" || typeof process.env != "object" || process.env.BUF_BIGINT_DISABLE !== "1");
  if (ok) {
    const MIN = BigInt("-9223372036854775808");
    const MAX = BigInt("9223372036854775807");
    const UMIN = BigInt("0");
    const UMAX = BigInt("18446744073709551615");
    return {
      zero: BigInt(0),
      supported: true,
      parse(value) {
        const bi = typeof value == "bigint" ? value : BigInt(value);
        if (bi > MAX || bi < MIN) {
          throw new Error(`invalid int64: ${value}`);
        }
        return bi;
      },
      uParse(value) {
        const bi = typeof value == "bigint" ? value : BigInt(value);
        if (bi > UMAX || bi < UMIN) {
          throw new Error(`invalid uint64: ${value}`);
        }
        return bi;
      },
      enc(value) {
        dv.setBigInt64(0, this.parse(value), true);
        return {
          lo: dv.getInt32(0, true),
          hi: dv.getInt32(4, true)
        };
      },
      uEnc(value) {
        dv.setBigInt64(0, this.uParse(value), true);
        return {
          lo: dv.getInt32(0, true),
          hi: dv.getInt32(4, true)
        };
      },
      dec(lo, hi) {
        dv.setInt32(0, lo, true);
        dv.setInt32(4, hi, true);
        return dv.getBigInt64(0, true);
      },
      uDec(lo, hi) {
        dv.setInt32(0, lo, true);
        dv.setInt32(4, hi, true);
        return dv.getBigUint64(0, true);
      }
    };
  }
  return {
    zero: "0",
    supported: false,
    parse(value) {
      if (typeof value != "string") {
        value = value.toString();
      }
      assertInt64String(value);
      return value;
    },
    uParse(value) {
      if (typeof value != "string") {
        value = value.toString();
      }
      assertUInt64String(value);
      return value;
    },
    enc(value) {
      if (typeof value != "string") {
        value = value.toString();
      }
      assertInt64String(value);
      return int64FromString(value);
    },
    uEnc(value) {
      if (typeof value != "string") {
        value = value.toString();
      }
      assertUInt64String(value);
      return int64FromString(value);
    },
    dec(lo, hi) {
      return int64ToString(lo, hi);
    },
    uDec(lo, hi) {
      return uInt64ToString(lo, hi);
    }
  };
}
function assertInt64String(value) {
  if (!/^-?[0-9]+$/.test(value)) {
    throw new Error("invalid int64: " + value);
  }
}
function assertUInt64String(value) {
  if (!/^[0-9]+$/.test(value)) {
    throw new Error("invalid uint64: " + value);
  }
}

// node_modules/@bufbuild/protobuf/dist/esm/reflect/scalar.js
function scalarZeroValue(type, longAsString) {
  switch (type) {
    case ScalarType.STRING:
      return "";
    case ScalarType.BOOL:
      return false;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return 0;
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SFIXED64:
    case ScalarType.FIXED64:
    case ScalarType.SINT64:
      return longAsString ? "0" : protoInt64.zero;
    case ScalarType.BYTES:
      return new Uint8Array(0);
    default:
      return 0;
  }
}

// node_modules/@bufbuild/protobuf/dist/esm/reflect/unsafe.js
function unsafeIsSetExplicit(target, localName) {
  return Object.prototype.hasOwnProperty.call(target, localName) && target[localName] !== void 0;
}
function setOwn(obj, key, value) {
  if (key === "__proto__") {
    Object.defineProperty(obj, "__proto__", {
      value,
      writable: true,
      enumerable: true,
      configurable: true
    });
  } else {
    obj[key] = value;
  }
}

// node_modules/@bufbuild/protobuf/dist/esm/reflect/guard.js
function isObject(arg) {
  return arg !== null && typeof arg == "object" && !Array.isArray(arg);
}

// node_modules/@bufbuild/protobuf/dist/esm/wkt/wrappers.js
function isWrapperDesc(messageDesc2) {
  const f = messageDesc2.fields[0];
  return isWrapperTypeName(messageDesc2.typeName) && f !== void 0 && f.fieldKind == "scalar" && f.name == "value" && f.number == 1;
}
var wrapperTypeNames = /* @__PURE__ */ new Set([
  "google.protobuf.DoubleValue",
  "google.protobuf.FloatValue",
  "google.protobuf.Int64Value",
  "google.protobuf.UInt64Value",
  "google.protobuf.Int32Value",
  "google.protobuf.UInt32Value",
  "google.protobuf.BoolValue",
  "google.protobuf.StringValue",
  "google.protobuf.BytesValue"
]);
function isWrapperTypeName(name) {
  return wrapperTypeNames.has(name);
}

// node_modules/@bufbuild/protobuf/dist/esm/create.js
var EDITION_PROTO3 = 999;
var EDITION_PROTO2 = 998;
var IMPLICIT = 2;
function create(schema, init) {
  if (isMessage(init, schema)) {
    return init;
  }
  return compiledCreate(schema)(init);
}
var compiledCreates = /* @__PURE__ */ new WeakMap();
function compiledCreate(desc) {
  let compiled = compiledCreates.get(desc);
  if (compiled === void 0) {
    compiled = compileCreate(desc);
    compiledCreates.set(desc, compiled);
  }
  return compiled;
}
var INIT_SINGULAR = 0;
var INIT_LIST = 1;
var INIT_MAP = 2;
var INIT_ONEOF = 3;
function compileCreate(desc) {
  const typeName = desc.typeName;
  const { properties, prototype } = compileInitMessage(desc);
  return (init) => {
    let message;
    if (prototype !== void 0) {
      message = Object.create(prototype);
      message.$typeName = typeName;
    } else {
      message = { $typeName: typeName };
    }
    for (let i = 0; i < properties.length; i++) {
      const property = properties[i];
      const name = property.name;
      const initValue = init === null || init === void 0 ? void 0 : init[name];
      switch (property.kind) {
        case INIT_SINGULAR:
          if (initValue != null) {
            message[name] = property.convert !== void 0 ? property.convert(initValue) : initValue;
          } else if (property.constant !== void 0) {
            message[name] = property.constant;
          }
          break;
        case INIT_LIST:
          message[name] = property.convert !== void 0 && Array.isArray(initValue) ? initValue.map(property.convert) : initValue !== null && initValue !== void 0 ? initValue : [];
          break;
        case INIT_MAP:
          if (property.convert === void 0 || !isObject(initValue)) {
            message[name] = initValue !== null && initValue !== void 0 ? initValue : {};
          } else {
            const converted = {};
            const keys = Object.keys(initValue);
            for (let k = 0; k < keys.length; k++) {
              setOwn(converted, keys[k], property.convert(initValue[keys[k]]));
            }
            message[name] = converted;
          }
          break;
        case INIT_ONEOF: {
          const oneofValue = initValue;
          if ((oneofValue === null || oneofValue === void 0 ? void 0 : oneofValue.case) != null) {
            const convert = property.convert.get(oneofValue.case);
            if (convert !== void 0) {
              message[name] = {
                case: oneofValue.case,
                value: convert(oneofValue.value)
              };
              break;
            }
          }
          message[name] = { case: void 0 };
          break;
        }
      }
    }
    return message;
  };
}
function compileInitMessage(desc) {
  var _a, _b;
  const properties = [];
  const prototype = {};
  const usePrototype = needsPrototypeChain(desc);
  for (const member of desc.members) {
    const name = member.localName;
    if (member.kind == "oneof") {
      properties.push({
        name,
        kind: INIT_ONEOF,
        constant: void 0,
        convert: compileConvertOneof(member)
      });
      continue;
    }
    switch (member.fieldKind) {
      case "message": {
        properties.push({
          name,
          kind: INIT_SINGULAR,
          constant: void 0,
          convert: compileConvertMessage(member)
        });
        break;
      }
      case "list": {
        properties.push({
          name,
          kind: INIT_LIST,
          constant: void 0,
          convert: member.listKind == "message" ? (_a = compileConvertMessage(member)) !== null && _a !== void 0 ? _a : ((value) => value) : member.scalar == ScalarType.BYTES ? toU8Arr : void 0
        });
        break;
      }
      case "map": {
        properties.push({
          name,
          kind: INIT_MAP,
          constant: void 0,
          convert: member.mapKind == "message" ? (_b = compileConvertMessage(member)) !== null && _b !== void 0 ? _b : ((value) => value) : member.scalar == ScalarType.BYTES ? toU8Arr : void 0
        });
        break;
      }
      default: {
        const zeroValue = createZeroValue(member);
        properties.push({
          name,
          kind: INIT_SINGULAR,
          constant: member.presence == IMPLICIT ? zeroValue : void 0,
          convert: member.fieldKind == "scalar" && member.scalar == ScalarType.BYTES ? toU8Arr : void 0
        });
        if (usePrototype) {
          prototype[name] = zeroValue;
        }
        break;
      }
    }
  }
  return {
    properties,
    prototype: usePrototype ? prototype : void 0
  };
}
function compileConvertOneof(oneof) {
  const converters = /* @__PURE__ */ new Map();
  for (const field of oneof.fields) {
    let convert;
    if (field.fieldKind == "message") {
      convert = compileConvertMessage(field);
    } else if (field.fieldKind == "scalar" && field.scalar == ScalarType.BYTES) {
      convert = toU8Arr;
    }
    converters.set(field.localName, convert !== null && convert !== void 0 ? convert : ((value) => value));
  }
  return converters;
}
function compileConvertMessage(field) {
  if (field.fieldKind == "message" && !field.oneof && isWrapperDesc(field.message)) {
    return field.message.fields[0].scalar == ScalarType.BYTES ? toU8Arr : void 0;
  }
  if (field.message.typeName == "google.protobuf.Struct" && field.parent.typeName !== "google.protobuf.Value") {
    return void 0;
  }
  const messageDesc2 = field.message;
  let compiled;
  return (value) => {
    if (!isObject(value) || isMessage(value, messageDesc2)) {
      return value;
    }
    compiled !== null && compiled !== void 0 ? compiled : compiled = compiledCreate(messageDesc2);
    return compiled(value);
  };
}
function toU8Arr(value) {
  return Array.isArray(value) ? new Uint8Array(value) : value;
}
function needsPrototypeChain(desc) {
  switch (desc.file.edition) {
    case EDITION_PROTO3:
      return false;
    case EDITION_PROTO2:
      return true;
    default:
      return desc.fields.some((f) => f.presence != IMPLICIT && f.fieldKind != "message" && !f.oneof);
  }
}
function createZeroValue(field) {
  const defaultValue = field.getDefaultValue();
  if (defaultValue !== void 0) {
    return field.fieldKind == "scalar" && field.longAsString ? defaultValue.toString() : defaultValue;
  }
  return field.fieldKind == "scalar" ? scalarZeroValue(field.scalar, field.longAsString) : field.enum.values[0].number;
}

// node_modules/@bufbuild/protobuf/dist/esm/reflect/error.js
var FieldError = class extends Error {
  constructor(fieldOrOneof, message, name = "FieldValueInvalidError") {
    super(message);
    this.name = name;
    this.field = () => fieldOrOneof;
  }
};

// node_modules/@bufbuild/protobuf/dist/esm/wire/text-encoding.js
var te;
function configureTextEncoding(textEncoding) {
  var _a;
  te = Object.assign(Object.assign({}, textEncoding), { encodeUtf8Into: (_a = textEncoding.encodeUtf8Into) !== null && _a !== void 0 ? _a : emulateEncodeInto(textEncoding.encodeUtf8.bind(textEncoding)) });
}
function getTextEncoding() {
  if (!te) {
    const globals = globalThis;
    if (!globals.TextEncoder || !globals.TextDecoder) {
      throw new Error("encoding API missing: install TextEncoder and TextDecoder on globalThis");
    }
    const textEncoder = new globals.TextEncoder();
    const textDecoder = new globals.TextDecoder("utf-8", {
      ignoreBOM: true
    });
    let textDecoderStrict;
    const config = {
      encodeUtf8(text) {
        return textEncoder.encode(text);
      },
      decodeUtf8(bytes, strict) {
        if (strict) {
          if (!textDecoderStrict) {
            textDecoderStrict = new globals.TextDecoder("utf-8", {
              fatal: true,
              ignoreBOM: true
            });
          }
          return textDecoderStrict.decode(bytes);
        }
        return textDecoder.decode(bytes);
      },
      checkUtf8(text) {
        try {
          encodeURIComponent(text);
          return true;
        } catch (_) {
          return false;
        }
      }
    };
    if (textEncoder.encodeInto) {
      config.encodeUtf8Into = textEncoder.encodeInto.bind(textEncoder);
    }
    const nativeStringIsWellFormed = String.prototype.isWellFormed;
    if (nativeStringIsWellFormed) {
      config.checkUtf8 = (text) => {
        return nativeStringIsWellFormed.call(text);
      };
    }
    configureTextEncoding(config);
  }
  return te;
}
function emulateEncodeInto(encodeUtf8) {
  return (text, dest) => {
    const bytes = encodeUtf8(text);
    dest.set(bytes);
    return { written: bytes.byteLength };
  };
}

// node_modules/@bufbuild/protobuf/dist/esm/wire/binary-encoding.js
var WireType;
(function(WireType2) {
  WireType2[WireType2["Varint"] = 0] = "Varint";
  WireType2[WireType2["Bit64"] = 1] = "Bit64";
  WireType2[WireType2["LengthDelimited"] = 2] = "LengthDelimited";
  WireType2[WireType2["StartGroup"] = 3] = "StartGroup";
  WireType2[WireType2["EndGroup"] = 4] = "EndGroup";
  WireType2[WireType2["Bit32"] = 5] = "Bit32";
})(WireType || (WireType = {}));
var UINT32_MAX = 4294967295;
var INT32_MAX = 2147483647;
var INT32_MIN = -2147483648;
var BinaryWriter = class {
  constructor(encodeUtf8) {
    this.stackPos = [];
    this.encodeUtf8Into = encodeUtf8 ? emulateEncodeInto(encodeUtf8) : getTextEncoding().encodeUtf8Into;
    this.buffer = EMPTY_BUFFER;
    this.viewCache = EMPTY_VIEW;
    this.pos = 0;
  }
  ensureCapacity(size) {
    const required = this.pos + size;
    if (required > this.buffer.length) {
      let newLen = this.buffer.length || INITIAL_SIZE;
      while (newLen < required)
        newLen *= 2;
      const newBuf = new Uint8Array(newLen);
      if (this.pos > 0)
        newBuf.set(this.buffer);
      this.buffer = newBuf;
    }
  }
  /**
   * The DataView over `buffer`, rebuilt only if the buffer has grown since it
   * was last used.
   */
  view() {
    const bytes = this.buffer;
    const view = this.viewCache;
    if (view.byteLength === bytes.byteLength)
      return view;
    const newView = new DataView(bytes.buffer);
    this.viewCache = newView;
    return newView;
  }
  /**
   * Return all bytes written and reset this writer.
   */
  finish() {
    const result = this.buffer.slice(0, this.pos);
    this.pos = 0;
    this.stackPos = [];
    return result;
  }
  /**
   * Start a new fork for length-delimited data like a message
   * or a packed repeated field.
   *
   * Must be joined later with `join()`.
   */
  fork() {
    this.stackPos.push(this.pos);
    this.ensureCapacity(DEFAULT_LEN_PREFIX_SIZE);
    this.buffer[this.pos++] = 0;
    return this;
  }
  /**
   * Join the last fork. Write its length and bytes, then
   * return to the previous state.
   */
  join() {
    const forkPos = this.stackPos.pop();
    if (forkPos === void 0)
      throw new Error("invalid state, fork stack empty");
    const len = this.pos - forkPos - DEFAULT_LEN_PREFIX_SIZE;
    const lenPrefixSize = varint32Size(len);
    if (lenPrefixSize > DEFAULT_LEN_PREFIX_SIZE) {
      this.ensureCapacity(lenPrefixSize - DEFAULT_LEN_PREFIX_SIZE);
      this.buffer.copyWithin(forkPos + lenPrefixSize, forkPos + DEFAULT_LEN_PREFIX_SIZE, this.pos);
    }
    this.pos = forkPos;
    this.uint32(len);
    this.pos += len;
    return this;
  }
  /**
   * Writes a tag (field number and wire type).
   *
   * Equivalent to `uint32( (fieldNo << 3 | type) >>> 0 )`.
   *
   * Generated code should compute the tag ahead of time and call `uint32()`.
   */
  tag(fieldNo, type) {
    return this.uint32((fieldNo << 3 | type) >>> 0);
  }
  /**
   * Write a chunk of raw bytes.
   */
  raw(chunk) {
    this.ensureCapacity(chunk.length);
    this.buffer.set(chunk, this.pos);
    this.pos += chunk.length;
    return this;
  }
  /**
   * Write a `uint32` value, an unsigned 32 bit varint.
   */
  uint32(value) {
    assertUInt32(value);
    this.ensureCapacity(5);
    if (value < 128) {
      this.buffer[this.pos++] = value;
      return this;
    }
    while (value > 127) {
      this.buffer[this.pos++] = value & 127 | 128;
      value >>>= 7;
    }
    this.buffer[this.pos++] = value;
    return this;
  }
  /**
   * Write a `int32` value, a signed 32 bit varint.
   */
  int32(value) {
    assertInt32(value);
    if (value >= 0) {
      return this.uint32(value);
    }
    this.ensureCapacity(10);
    for (let i = 0; i < 9; i++) {
      this.buffer[this.pos++] = value & 127 | 128;
      value >>= 7;
    }
    this.buffer[this.pos++] = 1;
    return this;
  }
  /**
   * Write a `bool` value, a varint.
   */
  bool(value) {
    this.ensureCapacity(1);
    this.buffer[this.pos++] = value ? 1 : 0;
    return this;
  }
  /**
   * Write a `bytes` value, length-delimited arbitrary data.
   */
  bytes(value) {
    this.uint32(value.byteLength);
    return this.raw(value);
  }
  /**
   * Write a `string` value, length-delimited data converted to UTF-8 text.
   */
  string(value) {
    if (typeof value !== "string") {
      value = String(value);
    }
    const len = value.length;
    if (len <= ASCII_MAX_LENGTH) {
      this.ensureCapacity(len + 1);
      const ascii = this.buffer;
      let pos = this.pos;
      ascii[pos++] = len;
      let i = 0;
      for (; i < len; i++) {
        const code = value.charCodeAt(i);
        if (code > 127)
          break;
        ascii[pos++] = code;
      }
      if (i == len) {
        this.pos = pos;
        return this;
      }
    }
    this.ensureCapacity(len * 3 + 5);
    const lenPrefixSizeGuess = varint32Size(len);
    const buf = this.buffer;
    const start = this.pos;
    const { written } = this.encodeUtf8Into(value, buf.subarray(start + lenPrefixSizeGuess));
    const lenPrefixSize = varint32Size(written);
    if (lenPrefixSize != lenPrefixSizeGuess) {
      buf.copyWithin(start + lenPrefixSize, start + lenPrefixSizeGuess, start + lenPrefixSizeGuess + written);
    }
    this.uint32(written);
    this.pos += written;
    return this;
  }
  /**
   * Write a `float` value, 32-bit floating point number.
   */
  float(value) {
    assertFloat32(value);
    this.ensureCapacity(4);
    this.view().setFloat32(this.pos, value, true);
    this.pos += 4;
    return this;
  }
  /**
   * Write a `double` value, a 64-bit floating point number.
   */
  double(value) {
    this.ensureCapacity(8);
    this.view().setFloat64(this.pos, value, true);
    this.pos += 8;
    return this;
  }
  /**
   * Write a `fixed32` value, an unsigned, fixed-length 32-bit integer.
   */
  fixed32(value) {
    assertUInt32(value);
    this.ensureCapacity(4);
    this.view().setUint32(this.pos, value, true);
    this.pos += 4;
    return this;
  }
  /**
   * Write a `sfixed32` value, a signed, fixed-length 32-bit integer.
   */
  sfixed32(value) {
    assertInt32(value);
    this.ensureCapacity(4);
    this.view().setInt32(this.pos, value, true);
    this.pos += 4;
    return this;
  }
  /**
   * Write a `sint32` value, a signed, zigzag-encoded 32-bit varint.
   */
  sint32(value) {
    assertInt32(value);
    return this.uint32((value << 1 ^ value >> 31) >>> 0);
  }
  /**
   * Write a `sfixed64` value, a signed, fixed-length 64-bit integer.
   */
  sfixed64(value) {
    const tc = protoInt64.enc(value);
    this.ensureCapacity(8);
    const view = this.view();
    view.setInt32(this.pos, tc.lo, true);
    view.setInt32(this.pos + 4, tc.hi, true);
    this.pos += 8;
    return this;
  }
  /**
   * Write a `fixed64` value, an unsigned, fixed-length 64 bit integer.
   */
  fixed64(value) {
    const tc = protoInt64.uEnc(value);
    this.ensureCapacity(8);
    const view = this.view();
    view.setInt32(this.pos, tc.lo, true);
    view.setInt32(this.pos + 4, tc.hi, true);
    this.pos += 8;
    return this;
  }
  /**
   * Write a `int64` value, a signed 64-bit varint.
   */
  int64(value) {
    const tc = protoInt64.enc(value);
    return this.writeVarint64(tc.lo, tc.hi);
  }
  /**
   * Write a `sint64` value, a signed, zig-zag-encoded 64-bit varint.
   */
  sint64(value) {
    const tc = protoInt64.enc(value), sign = tc.hi >> 31, lo = tc.lo << 1 ^ sign, hi = (tc.hi << 1 | tc.lo >>> 31) ^ sign;
    return this.writeVarint64(lo, hi);
  }
  /**
   * Write a `uint64` value, an unsigned 64-bit varint.
   */
  uint64(value) {
    const tc = protoInt64.uEnc(value);
    return this.writeVarint64(tc.lo, tc.hi);
  }
  /**
   * Write a 64-bit varint directly into the buffer. Accepts the value as
   * split low/high 32-bit words.
   *
   * Ported from varint64write() to avoid the intermediate number[] buffer.
   * See https://github.com/protocolbuffers/protobuf/blob/8a71927d74a4ce34efe2d8769fda198f52d20d12/js/experimental/runtime/kernel/writer.js#L344
   */
  writeVarint64(lo, hi) {
    this.ensureCapacity(10);
    const buf = this.buffer;
    let pos = this.pos;
    for (let i = 0; i < 28; i = i + 7) {
      const shift = lo >>> i;
      const hasNext = !(shift >>> 7 == 0 && hi == 0);
      buf[pos++] = (hasNext ? shift | 128 : shift) & 255;
      if (!hasNext) {
        this.pos = pos;
        return this;
      }
    }
    const splitBits = lo >>> 28 & 15 | (hi & 7) << 4;
    const hasMoreBits = !(hi >> 3 == 0);
    buf[pos++] = (hasMoreBits ? splitBits | 128 : splitBits) & 255;
    if (!hasMoreBits) {
      this.pos = pos;
      return this;
    }
    for (let i = 3; i < 31; i = i + 7) {
      const shift = hi >>> i;
      const hasNext = !(shift >>> 7 == 0);
      buf[pos++] = (hasNext ? shift | 128 : shift) & 255;
      if (!hasNext) {
        this.pos = pos;
        return this;
      }
    }
    buf[pos++] = hi >>> 31 & 1;
    this.pos = pos;
    return this;
  }
};
var INITIAL_SIZE = 128;
var DEFAULT_LEN_PREFIX_SIZE = 1;
var EMPTY_BUFFER = new Uint8Array(0);
var EMPTY_VIEW = new DataView(EMPTY_BUFFER.buffer);
var ASCII_MAX_LENGTH = 32;
function varint32Size(value) {
  if (value < 128)
    return 1;
  if (value < 16384)
    return 2;
  if (value < 2097152)
    return 3;
  if (value < 268435456)
    return 4;
  return 5;
}
var BinaryReader = class {
  constructor(buf, decodeUtf8 = getTextEncoding().decodeUtf8) {
    this.decodeUtf8 = decodeUtf8;
    this.varint64Lo = 0;
    this.varint64Hi = 0;
    this.varint64 = varint64read;
    this.uint32 = varint32read;
    this.buf = buf;
    this.len = buf.length;
    this.pos = 0;
    this.view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
  }
  /**
   * Reads a tag - field number and wire type. Tags are uint32 varints; values
   * that do not fit in uint32 are rejected.
   */
  tag() {
    const start = this.pos;
    const tag = this.uint32();
    const bytesRead = this.pos - start;
    if (bytesRead > 5 || bytesRead == 5 && this.buf[this.pos - 1] > 15) {
      throw new Error("illegal tag: varint overflows uint32");
    }
    const fieldNo = tag >>> 3;
    const wireType = tag & 7;
    if (fieldNo <= 0 || wireType > 5) {
      throw new Error("illegal tag: field no " + fieldNo + " wire type " + wireType);
    }
    return [fieldNo, wireType];
  }
  /**
   * Skip one element and return the skipped data.
   *
   * When skipping StartGroup, provide the tags field number to check for
   * matching field number in the EndGroup tag. Recursion into nested groups
   * is guarded by the `recursionLimit` argument: When the limit is reached,
   * this method throws.
   */
  skip(wireType, fieldNo, recursionLimit = 100) {
    let start = this.pos;
    switch (wireType) {
      case WireType.Varint:
        while (this.buf[this.pos++] & 128) {
        }
        break;
      // @ts-ignore TS7029: Fallthrough case in switch -- ignore instead of expect-error for compiler settings without noFallthroughCasesInSwitch: true
      case WireType.Bit64:
        this.pos += 4;
      case WireType.Bit32:
        this.pos += 4;
        break;
      case WireType.LengthDelimited:
        let len = this.uint32();
        this.pos += len;
        break;
      case WireType.StartGroup:
        if (recursionLimit <= 0) {
          throw new Error("maximum recursion depth reached");
        }
        for (; ; ) {
          const [fn, wt] = this.tag();
          if (wt === WireType.EndGroup) {
            if (fieldNo !== void 0 && fn !== fieldNo) {
              throw new Error("invalid end group tag");
            }
            break;
          }
          this.skip(wt, fn, recursionLimit - 1);
        }
        break;
      default:
        throw new Error("cant skip wire type " + wireType);
    }
    this.assertBounds();
    return this.buf.subarray(start, this.pos);
  }
  /**
   * Throws error if position in byte array is out of range.
   */
  assertBounds() {
    if (this.pos > this.len)
      throw new RangeError("premature EOF");
  }
  /**
   * Read a `int32` field, a signed 32 bit varint.
   */
  int32() {
    return this.uint32() | 0;
  }
  /**
   * Read a `sint32` field, a signed, zigzag-encoded 32-bit varint.
   */
  sint32() {
    let zze = this.uint32();
    return zze >>> 1 ^ -(zze & 1);
  }
  /**
   * Read a `int64` field, a signed 64-bit varint.
   */
  int64() {
    this.varint64();
    return protoInt64.dec(this.varint64Lo, this.varint64Hi);
  }
  /**
   * Read a `uint64` field, an unsigned 64-bit varint.
   */
  uint64() {
    this.varint64();
    return protoInt64.uDec(this.varint64Lo, this.varint64Hi);
  }
  /**
   * Read a `sint64` field, a signed, zig-zag-encoded 64-bit varint.
   */
  sint64() {
    this.varint64();
    let lo = this.varint64Lo;
    let hi = this.varint64Hi;
    let s = -(lo & 1);
    lo = (lo >>> 1 | (hi & 1) << 31) ^ s;
    hi = hi >>> 1 ^ s;
    return protoInt64.dec(lo, hi);
  }
  /**
   * Read a `bool` field, a variant.
   */
  bool() {
    const b = this.buf[this.pos];
    if (b < 128) {
      this.pos++;
      return b !== 0;
    }
    this.varint64();
    return this.varint64Lo !== 0 || this.varint64Hi !== 0;
  }
  /**
   * Read a `fixed32` field, an unsigned, fixed-length 32-bit integer.
   */
  fixed32() {
    return this.view.getUint32((this.pos += 4) - 4, true);
  }
  /**
   * Read a `sfixed32` field, a signed, fixed-length 32-bit integer.
   */
  sfixed32() {
    return this.view.getInt32((this.pos += 4) - 4, true);
  }
  /**
   * Read a `fixed64` field, an unsigned, fixed-length 64 bit integer.
   */
  fixed64() {
    return protoInt64.uDec(this.sfixed32(), this.sfixed32());
  }
  /**
   * Read a `fixed64` field, a signed, fixed-length 64-bit integer.
   */
  sfixed64() {
    return protoInt64.dec(this.sfixed32(), this.sfixed32());
  }
  /**
   * Read a `float` field, 32-bit floating point number.
   */
  float() {
    return this.view.getFloat32((this.pos += 4) - 4, true);
  }
  /**
   * Read a `double` field, a 64-bit floating point number.
   */
  double() {
    return this.view.getFloat64((this.pos += 8) - 8, true);
  }
  /**
   * Read a `bytes` field, length-delimited arbitrary data.
   */
  bytes() {
    let len = this.uint32(), start = this.pos;
    this.pos += len;
    this.assertBounds();
    return this.buf.subarray(start, start + len);
  }
  /**
   * Read a `string` field, length-delimited data converted to UTF-8 text. If
   * `strict` is true, throw on invalid UTF-8 instead of substituting U+FFFD.
   */
  string(strict) {
    const len = this.uint32();
    const start = this.pos;
    this.pos += len;
    this.assertBounds();
    const buf = this.buf;
    if (len <= ASCII_MAX_LENGTH) {
      const codes = new Array(len);
      for (let i = 0; i < len; i++) {
        const byte = buf[start + i];
        if (byte > 127) {
          return this.decodeUtf8(buf.subarray(start, this.pos), strict);
        }
        codes[i] = byte;
      }
      return String.fromCharCode.apply(String, codes);
    }
    return this.decodeUtf8(buf.subarray(start, this.pos), strict);
  }
};
function assertInt32(arg) {
  if (typeof arg == "string") {
    arg = Number(arg);
  } else if (typeof arg != "number") {
    throw new Error("invalid int32: " + typeof arg);
  }
  if (!Number.isInteger(arg) || arg > INT32_MAX || arg < INT32_MIN)
    throw new Error("invalid int32: " + arg);
}
function assertUInt32(arg) {
  if (typeof arg == "string") {
    arg = Number(arg);
  } else if (typeof arg != "number") {
    throw new Error("invalid uint32: " + typeof arg);
  }
  if (!Number.isInteger(arg) || arg > UINT32_MAX || arg < 0)
    throw new Error("invalid uint32: " + arg);
}
function assertFloat32(arg) {
  if (typeof arg == "string") {
    const o = arg;
    arg = Number(arg);
    if (Number.isNaN(arg) && o !== "NaN") {
      throw new Error("invalid float32: " + o);
    }
  } else if (typeof arg != "number") {
    throw new Error("invalid float32: " + typeof arg);
  }
  if (!Number.isFinite(Math.fround(arg)) && Number.isFinite(arg)) {
    throw new Error("invalid float32: " + arg);
  }
}

// node_modules/@bufbuild/protobuf/dist/esm/reflect/message.js
var NULL_VALUE = 0;
function localMessageMapper(field) {
  if (usesJsonRepresentation(field)) {
    return {
      toMessage: (local) => wktStructToReflect(local),
      toLocal: (message) => wktStructToLocal(message)
    };
  }
  if (field.fieldKind == "message" && !field.oneof && isWrapperDesc(field.message)) {
    const wrapperDesc = field.message;
    const valueLocalName = wrapperDesc.fields[0].localName;
    return {
      toMessage: (local) => {
        const message = create(wrapperDesc);
        if (local !== void 0) {
          message[valueLocalName] = local;
        }
        return message;
      },
      toLocal: (message) => message[valueLocalName]
    };
  }
  const childDesc = field.message;
  return {
    toMessage: (local) => local === void 0 ? create(childDesc) : local,
    toLocal: (message) => message
  };
}
function usesJsonRepresentation(field) {
  return field.message.typeName == "google.protobuf.Struct" && field.parent.typeName != "google.protobuf.Value";
}
function wktStructToReflect(json) {
  const struct = {
    $typeName: "google.protobuf.Struct",
    fields: {}
  };
  if (isObject(json)) {
    for (const k of Object.keys(json)) {
      setOwn(struct.fields, k, wktValueToReflect(json[k]));
    }
  }
  return struct;
}
function wktStructToLocal(val) {
  const json = {};
  for (const k of Object.keys(val.fields)) {
    setOwn(json, k, wktValueToLocal(val.fields[k]));
  }
  return json;
}
function wktValueToLocal(val) {
  switch (val.kind.case) {
    case "structValue":
      return wktStructToLocal(val.kind.value);
    case "listValue":
      return val.kind.value.values.map(wktValueToLocal);
    case "nullValue":
    case void 0:
      return null;
    default:
      return val.kind.value;
  }
}
function wktValueToReflect(json) {
  const value = {
    $typeName: "google.protobuf.Value",
    kind: { case: void 0 }
  };
  switch (typeof json) {
    case "number":
      value.kind = { case: "numberValue", value: json };
      break;
    case "string":
      value.kind = { case: "stringValue", value: json };
      break;
    case "boolean":
      value.kind = { case: "boolValue", value: json };
      break;
    case "object":
      if (json === null) {
        value.kind = { case: "nullValue", value: NULL_VALUE };
      } else if (Array.isArray(json)) {
        const listValue = {
          $typeName: "google.protobuf.ListValue",
          values: []
        };
        if (Array.isArray(json)) {
          for (const e of json) {
            listValue.values.push(wktValueToReflect(e));
          }
        }
        value.kind = {
          case: "listValue",
          value: listValue
        };
      } else {
        value.kind = {
          case: "structValue",
          value: wktStructToReflect(json)
        };
      }
      break;
  }
  return value;
}

// node_modules/@bufbuild/protobuf/dist/esm/wire/base64-encoding.js
var nativeSetFromBase64 = Uint8Array.prototype.setFromBase64;
function base64Decode(base64Str) {
  const len = base64Str.length;
  let size = len - (len + 3 >> 2);
  if ((len & 3) == 0 && base64Str[len - 1] == "=") {
    size -= base64Str[len - 2] == "=" ? 2 : 1;
  }
  const bytes = new Uint8Array(size);
  let written = -1;
  if (nativeSetFromBase64) {
    try {
      const result = nativeSetFromBase64.call(bytes, base64Str);
      if (result.read == len) {
        written = result.written;
      }
    } catch (_a) {
    }
  }
  if (written < 0) {
    written = setFromBase64(bytes, base64Str);
  }
  return written == size ? bytes : bytes.subarray(0, written);
}
function setFromBase64(bytes, base64Str) {
  const table = getDecodeTable();
  let bytePos = 0, groupPos = 0, b, p = 0;
  for (let i = 0; i < base64Str.length; i++) {
    b = table[base64Str.charCodeAt(i)];
    if (b === void 0) {
      switch (base64Str[i]) {
        // @ts-ignore TS7029: Fallthrough case in switch -- ignore instead of expect-error for compiler settings without noFallthroughCasesInSwitch: true
        case "=":
          groupPos = 0;
        // reset state when padding found
        case "\n":
        case "\r":
        case "	":
        case " ":
          continue;
        // skip white-space, and padding
        default:
          throw Error("invalid base64 string");
      }
    }
    switch (groupPos) {
      case 0:
        p = b;
        groupPos = 1;
        break;
      case 1:
        bytes[bytePos++] = p << 2 | (b & 48) >> 4;
        p = b;
        groupPos = 2;
        break;
      case 2:
        bytes[bytePos++] = (p & 15) << 4 | (b & 60) >> 2;
        p = b;
        groupPos = 3;
        break;
      case 3:
        bytes[bytePos++] = (p & 3) << 6 | b;
        groupPos = 0;
        break;
    }
  }
  if (groupPos == 1)
    throw Error("invalid base64 string");
  return bytePos;
}
var nativeToBase64 = Uint8Array.prototype.toBase64;
var encodeTableStd;
var encodeTableUrl;
var decodeTable;
function getEncodeTable(encoding) {
  if (!encodeTableStd) {
    encodeTableStd = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".split("");
    encodeTableUrl = encodeTableStd.slice(0, -2).concat("-", "_");
  }
  return encoding == "url" ? (
    // biome-ignore lint/style/noNonNullAssertion: TS fails to narrow down
    encodeTableUrl
  ) : encodeTableStd;
}
function getDecodeTable() {
  if (!decodeTable) {
    decodeTable = [];
    const encodeTable = getEncodeTable("std");
    for (let i = 0; i < encodeTable.length; i++)
      decodeTable[encodeTable[i].charCodeAt(0)] = i;
    decodeTable["-".charCodeAt(0)] = encodeTable.indexOf("+");
    decodeTable["_".charCodeAt(0)] = encodeTable.indexOf("/");
  }
  return decodeTable;
}

// node_modules/@bufbuild/protobuf/dist/esm/reflect/names.js
function protoCamelCase(snakeCase) {
  let capNext = false;
  const b = [];
  for (let i = 0; i < snakeCase.length; i++) {
    let c = snakeCase.charAt(i);
    switch (c) {
      case "_":
        capNext = true;
        break;
      case "0":
      case "1":
      case "2":
      case "3":
      case "4":
      case "5":
      case "6":
      case "7":
      case "8":
      case "9":
        b.push(c);
        capNext = false;
        break;
      default:
        if (capNext) {
          capNext = false;
          c = c.toUpperCase();
        }
        b.push(c);
        break;
    }
  }
  return b.join("");
}
var reservedObjectProperties = /* @__PURE__ */ new Set([
  // names reserved by JavaScript
  "constructor",
  "toString",
  "toJSON",
  "valueOf"
]);
function safeObjectProperty(name) {
  return reservedObjectProperties.has(name) ? name + "$" : name;
}

// node_modules/@bufbuild/protobuf/dist/esm/codegenv2/restore-json-names.js
function restoreJsonNames(message) {
  for (const f of message.field) {
    if (!unsafeIsSetExplicit(f, "jsonName")) {
      f.jsonName = protoCamelCase(f.name);
    }
  }
  message.nestedType.forEach(restoreJsonNames);
}

// node_modules/@bufbuild/protobuf/dist/esm/wire/text-format.js
function parseTextFormatEnumValue(descEnum, value) {
  const enumValue = descEnum.values.find((v) => v.name === value);
  if (!enumValue) {
    throw new Error(`cannot parse ${descEnum} default value: ${value}`);
  }
  return enumValue.number;
}
function parseTextFormatScalarValue(type, value) {
  switch (type) {
    case ScalarType.STRING:
      return value;
    case ScalarType.BYTES: {
      const u = unescapeBytesDefaultValue(value);
      if (u === false) {
        throw new Error(`cannot parse ${ScalarType[type]} default value: ${value}`);
      }
      return u;
    }
    case ScalarType.INT64:
    case ScalarType.SFIXED64:
    case ScalarType.SINT64:
      return protoInt64.parse(value);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return protoInt64.uParse(value);
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      switch (value) {
        case "inf":
          return Number.POSITIVE_INFINITY;
        case "-inf":
          return Number.NEGATIVE_INFINITY;
        case "nan":
          return Number.NaN;
        default:
          return parseFloat(value);
      }
    case ScalarType.BOOL:
      return value === "true";
    case ScalarType.INT32:
    case ScalarType.UINT32:
    case ScalarType.SINT32:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return parseInt(value, 10);
  }
}
function unescapeBytesDefaultValue(str) {
  const b = [];
  const input = {
    tail: str,
    c: "",
    next() {
      if (this.tail.length == 0) {
        return false;
      }
      this.c = this.tail[0];
      this.tail = this.tail.substring(1);
      return true;
    },
    take(n) {
      if (this.tail.length >= n) {
        const r = this.tail.substring(0, n);
        this.tail = this.tail.substring(n);
        return r;
      }
      return false;
    }
  };
  while (input.next()) {
    switch (input.c) {
      case "\\":
        if (input.next()) {
          switch (input.c) {
            case "\\":
              b.push(input.c.charCodeAt(0));
              break;
            case "b":
              b.push(8);
              break;
            case "f":
              b.push(12);
              break;
            case "n":
              b.push(10);
              break;
            case "r":
              b.push(13);
              break;
            case "t":
              b.push(9);
              break;
            case "v":
              b.push(11);
              break;
            case "0":
            case "1":
            case "2":
            case "3":
            case "4":
            case "5":
            case "6":
            case "7": {
              const s = input.c;
              const t = input.take(2);
              if (t === false) {
                return false;
              }
              const n = parseInt(s + t, 8);
              if (Number.isNaN(n)) {
                return false;
              }
              b.push(n);
              break;
            }
            case "x": {
              const s = input.c;
              const t = input.take(2);
              if (t === false) {
                return false;
              }
              const n = parseInt(s + t, 16);
              if (Number.isNaN(n)) {
                return false;
              }
              b.push(n);
              break;
            }
            case "u": {
              const s = input.c;
              const t = input.take(4);
              if (t === false) {
                return false;
              }
              const n = parseInt(s + t, 16);
              if (Number.isNaN(n)) {
                return false;
              }
              const chunk = new Uint8Array(4);
              const view = new DataView(chunk.buffer);
              view.setInt32(0, n, true);
              b.push(chunk[0], chunk[1], chunk[2], chunk[3]);
              break;
            }
            case "U": {
              const s = input.c;
              const t = input.take(8);
              if (t === false) {
                return false;
              }
              const tc = protoInt64.uEnc(s + t);
              const chunk = new Uint8Array(8);
              const view = new DataView(chunk.buffer);
              view.setInt32(0, tc.lo, true);
              view.setInt32(4, tc.hi, true);
              b.push(chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7]);
              break;
            }
          }
        }
        break;
      default:
        b.push(input.c.charCodeAt(0));
    }
  }
  return new Uint8Array(b);
}

// node_modules/@bufbuild/protobuf/dist/esm/reflect/nested-types.js
function* nestedTypes(desc) {
  switch (desc.kind) {
    case "file":
      for (const message of desc.messages) {
        yield message;
        yield* nestedTypes(message);
      }
      yield* desc.enums;
      yield* desc.services;
      yield* desc.extensions;
      break;
    case "message":
      for (const message of desc.nestedMessages) {
        yield message;
        yield* nestedTypes(message);
      }
      yield* desc.nestedEnums;
      yield* desc.nestedExtensions;
      break;
  }
}

// node_modules/@bufbuild/protobuf/dist/esm/registry.js
function createEmbeddedFileRegistry(fileDescriptorProto, resolve) {
  return buildFileRegistry([fileDescriptorProto, resolve]);
}
function buildFileRegistry(args, check) {
  const registry = createBaseRegistry();
  if (!args.length) {
    return registry;
  }
  if ("$typeName" in args[0] && args[0].$typeName == "google.protobuf.FileDescriptorSet") {
    for (const file of args[0].file) {
      check === null || check === void 0 ? void 0 : check(file);
      addFile(file, registry);
    }
    return registry;
  }
  if ("$typeName" in args[0]) {
    let recurseDeps = function(file) {
      const deps = [];
      for (const protoFileName of file.dependency) {
        if (registry.getFile(protoFileName) != void 0) {
          continue;
        }
        if (seen.has(protoFileName)) {
          continue;
        }
        const dep = resolve(protoFileName);
        if (!dep) {
          throw new Error(`Unable to resolve ${protoFileName}, imported by ${file.name}`);
        }
        if ("kind" in dep) {
          registry.addFile(dep, false, true);
        } else {
          seen.add(dep.name);
          deps.push(dep);
        }
      }
      return deps.concat(...deps.map(recurseDeps));
    };
    const input = args[0];
    const resolve = args[1];
    const seen = /* @__PURE__ */ new Set();
    for (const file of [input, ...recurseDeps(input)].reverse()) {
      check === null || check === void 0 ? void 0 : check(file);
      addFile(file, registry);
    }
  } else {
    for (const fileReg of args) {
      for (const file of fileReg.files) {
        registry.addFile(file);
      }
    }
  }
  return registry;
}
function createBaseRegistry() {
  const types = /* @__PURE__ */ new Map();
  const extendees = /* @__PURE__ */ new Map();
  const files = /* @__PURE__ */ new Map();
  return {
    kind: "registry",
    types,
    extendees,
    [Symbol.iterator]() {
      return types.values();
    },
    get files() {
      return files.values();
    },
    addFile(file, skipTypes, withDeps) {
      files.set(file.proto.name, file);
      if (!skipTypes) {
        for (const type of nestedTypes(file)) {
          this.add(type);
        }
      }
      if (withDeps) {
        for (const f of file.dependencies) {
          this.addFile(f, skipTypes, withDeps);
        }
      }
    },
    add(desc) {
      if (desc.kind == "extension") {
        let numberToExt = extendees.get(desc.extendee.typeName);
        if (!numberToExt) {
          extendees.set(
            desc.extendee.typeName,
            // biome-ignore lint/suspicious/noAssignInExpressions: no
            numberToExt = /* @__PURE__ */ new Map()
          );
        }
        numberToExt.set(desc.number, desc);
      }
      types.set(desc.typeName, desc);
    },
    get(typeName) {
      return types.get(typeName);
    },
    getFile(fileName) {
      return files.get(fileName);
    },
    getMessage(typeName) {
      const t = types.get(typeName);
      return (t === null || t === void 0 ? void 0 : t.kind) == "message" ? t : void 0;
    },
    getEnum(typeName) {
      const t = types.get(typeName);
      return (t === null || t === void 0 ? void 0 : t.kind) == "enum" ? t : void 0;
    },
    getExtension(typeName) {
      const t = types.get(typeName);
      return (t === null || t === void 0 ? void 0 : t.kind) == "extension" ? t : void 0;
    },
    getExtensionFor(extendee, no) {
      var _a;
      return (_a = extendees.get(extendee.typeName)) === null || _a === void 0 ? void 0 : _a.get(no);
    },
    getService(typeName) {
      const t = types.get(typeName);
      return (t === null || t === void 0 ? void 0 : t.kind) == "service" ? t : void 0;
    }
  };
}
var EDITION_PROTO22 = 998;
var EDITION_PROTO32 = 999;
var EDITION_UNSTABLE = 9999;
var TYPE_STRING = 9;
var TYPE_GROUP = 10;
var TYPE_MESSAGE = 11;
var TYPE_BYTES = 12;
var TYPE_ENUM = 14;
var LABEL_REPEATED = 3;
var LABEL_REQUIRED = 2;
var JS_STRING = 1;
var IDEMPOTENCY_UNKNOWN = 0;
var EXPLICIT = 1;
var IMPLICIT2 = 2;
var LEGACY_REQUIRED = 3;
var PACKED = 1;
var DELIMITED = 2;
var OPEN = 1;
var VERIFY = 2;
var maximumEdition = 1002;
var featureDefaults = {
  // EDITION_PROTO2
  998: {
    fieldPresence: 1,
    // EXPLICIT,
    enumType: 2,
    // CLOSED,
    repeatedFieldEncoding: 2,
    // EXPANDED,
    utf8Validation: 3,
    // NONE,
    messageEncoding: 1,
    // LENGTH_PREFIXED,
    jsonFormat: 2,
    // LEGACY_BEST_EFFORT,
    enforceNamingStyle: 2,
    // STYLE_LEGACY,
    defaultSymbolVisibility: 1,
    // EXPORT_ALL,
    enforceProtoLimits: 1
    // LEGACY_NO_EXPLICIT_LIMITS,
  },
  // EDITION_PROTO3
  999: {
    fieldPresence: 2,
    // IMPLICIT,
    enumType: 1,
    // OPEN,
    repeatedFieldEncoding: 1,
    // PACKED,
    utf8Validation: 2,
    // VERIFY,
    messageEncoding: 1,
    // LENGTH_PREFIXED,
    jsonFormat: 1,
    // ALLOW,
    enforceNamingStyle: 2,
    // STYLE_LEGACY,
    defaultSymbolVisibility: 1,
    // EXPORT_ALL,
    enforceProtoLimits: 1
    // LEGACY_NO_EXPLICIT_LIMITS,
  },
  // EDITION_2023
  1e3: {
    fieldPresence: 1,
    // EXPLICIT,
    enumType: 1,
    // OPEN,
    repeatedFieldEncoding: 1,
    // PACKED,
    utf8Validation: 2,
    // VERIFY,
    messageEncoding: 1,
    // LENGTH_PREFIXED,
    jsonFormat: 1,
    // ALLOW,
    enforceNamingStyle: 2,
    // STYLE_LEGACY,
    defaultSymbolVisibility: 1,
    // EXPORT_ALL,
    enforceProtoLimits: 1
    // LEGACY_NO_EXPLICIT_LIMITS,
  },
  // EDITION_2024
  1001: {
    fieldPresence: 1,
    // EXPLICIT,
    enumType: 1,
    // OPEN,
    repeatedFieldEncoding: 1,
    // PACKED,
    utf8Validation: 2,
    // VERIFY,
    messageEncoding: 1,
    // LENGTH_PREFIXED,
    jsonFormat: 1,
    // ALLOW,
    enforceNamingStyle: 1,
    // STYLE2024,
    defaultSymbolVisibility: 2,
    // EXPORT_TOP_LEVEL,
    enforceProtoLimits: 1
    // LEGACY_NO_EXPLICIT_LIMITS,
  },
  // EDITION_2026
  1002: {
    fieldPresence: 1,
    // EXPLICIT,
    enumType: 1,
    // OPEN,
    repeatedFieldEncoding: 1,
    // PACKED,
    utf8Validation: 2,
    // VERIFY,
    messageEncoding: 1,
    // LENGTH_PREFIXED,
    jsonFormat: 1,
    // ALLOW,
    enforceNamingStyle: 3,
    // STYLE2026,
    defaultSymbolVisibility: 4,
    // STRICT,
    enforceProtoLimits: 2
    // PROTO_LIMITS2026,
  }
};
function addFile(proto, reg) {
  var _a, _b;
  const file = {
    kind: "file",
    proto,
    deprecated: (_b = (_a = proto.options) === null || _a === void 0 ? void 0 : _a.deprecated) !== null && _b !== void 0 ? _b : false,
    edition: getFileEdition(proto),
    name: proto.name.replace(/\.proto$/, ""),
    dependencies: findFileDependencies(proto, reg),
    enums: [],
    messages: [],
    extensions: [],
    services: [],
    toString() {
      return `file ${proto.name}`;
    }
  };
  const mapEntriesStore = /* @__PURE__ */ new Map();
  const mapEntries = {
    get(typeName) {
      return mapEntriesStore.get(typeName);
    },
    add(desc) {
      var _a2;
      assert(((_a2 = desc.proto.options) === null || _a2 === void 0 ? void 0 : _a2.mapEntry) === true);
      mapEntriesStore.set(desc.typeName, desc);
    }
  };
  for (const enumProto of proto.enumType) {
    addEnum(enumProto, file, void 0, reg);
  }
  for (const messageProto of proto.messageType) {
    addMessage(messageProto, file, void 0, reg, mapEntries);
  }
  for (const serviceProto of proto.service) {
    addService(serviceProto, file, reg);
  }
  addExtensions(file, reg);
  for (const mapEntry of mapEntriesStore.values()) {
    addFields(mapEntry, reg, mapEntries);
  }
  for (const message of file.messages) {
    addFields(message, reg, mapEntries);
    addExtensions(message, reg);
  }
  reg.addFile(file, true);
}
function addExtensions(desc, reg) {
  switch (desc.kind) {
    case "file":
      for (const proto of desc.proto.extension) {
        const ext = newField(proto, desc, reg);
        desc.extensions.push(ext);
        reg.add(ext);
      }
      break;
    case "message":
      for (const proto of desc.proto.extension) {
        const ext = newField(proto, desc, reg);
        desc.nestedExtensions.push(ext);
        reg.add(ext);
      }
      for (const message of desc.nestedMessages) {
        addExtensions(message, reg);
      }
      break;
  }
}
function addFields(message, reg, mapEntries) {
  const allOneofs = message.proto.oneofDecl.map((proto) => newOneof(proto, message));
  const oneofsSeen = /* @__PURE__ */ new Set();
  for (const proto of message.proto.field) {
    const oneof = findOneof(proto, allOneofs);
    const field = newField(proto, message, reg, oneof, mapEntries);
    message.fields.push(field);
    message.field[field.localName] = field;
    if (oneof === void 0) {
      message.members.push(field);
    } else {
      oneof.fields.push(field);
      if (!oneofsSeen.has(oneof)) {
        oneofsSeen.add(oneof);
        message.members.push(oneof);
      }
    }
  }
  for (const oneof of allOneofs.filter((o) => oneofsSeen.has(o))) {
    message.oneofs.push(oneof);
  }
  for (const child of message.nestedMessages) {
    addFields(child, reg, mapEntries);
  }
}
function addEnum(proto, file, parent, reg) {
  var _a, _b, _c, _d, _e, _f, _g;
  var _h, _j;
  const sharedPrefix = findEnumSharedPrefix(proto.name, proto.value);
  const desc = {
    kind: "enum",
    proto,
    deprecated: (_b = (_a = proto.options) === null || _a === void 0 ? void 0 : _a.deprecated) !== null && _b !== void 0 ? _b : false,
    file,
    parent,
    open: true,
    name: proto.name,
    typeName: makeTypeName(proto, parent, file),
    value: {},
    values: [],
    sharedPrefix,
    toString() {
      return `enum ${this.typeName}`;
    }
  };
  desc.open = isEnumOpen(desc);
  reg.add(desc);
  for (const p of proto.value) {
    const name = p.name;
    const value = {
      kind: "enum_value",
      proto: p,
      deprecated: (_d = (_c = p.options) === null || _c === void 0 ? void 0 : _c.deprecated) !== null && _d !== void 0 ? _d : false,
      parent: desc,
      name,
      localName: safeObjectProperty(sharedPrefix == void 0 ? name : name.substring(sharedPrefix.length)),
      number: p.number,
      jsonName: (_e = findEnumValueJsonName(p)) !== null && _e !== void 0 ? _e : name,
      toString() {
        return `enum value ${desc.typeName}.${name}`;
      }
    };
    desc.values.push(value);
    (_f = (_h = desc.value)[_j = p.number]) !== null && _f !== void 0 ? _f : _h[_j] = value;
  }
  ((_g = parent === null || parent === void 0 ? void 0 : parent.nestedEnums) !== null && _g !== void 0 ? _g : file.enums).push(desc);
}
function addMessage(proto, file, parent, reg, mapEntries) {
  var _a, _b, _c, _d;
  const desc = {
    kind: "message",
    proto,
    deprecated: (_b = (_a = proto.options) === null || _a === void 0 ? void 0 : _a.deprecated) !== null && _b !== void 0 ? _b : false,
    file,
    parent,
    name: proto.name,
    typeName: makeTypeName(proto, parent, file),
    fields: [],
    field: {},
    oneofs: [],
    members: [],
    nestedEnums: [],
    nestedMessages: [],
    nestedExtensions: [],
    toString() {
      return `message ${this.typeName}`;
    }
  };
  if (((_c = proto.options) === null || _c === void 0 ? void 0 : _c.mapEntry) === true) {
    mapEntries.add(desc);
  } else {
    ((_d = parent === null || parent === void 0 ? void 0 : parent.nestedMessages) !== null && _d !== void 0 ? _d : file.messages).push(desc);
    reg.add(desc);
  }
  for (const enumProto of proto.enumType) {
    addEnum(enumProto, file, desc, reg);
  }
  for (const messageProto of proto.nestedType) {
    addMessage(messageProto, file, desc, reg, mapEntries);
  }
}
function addService(proto, file, reg) {
  var _a, _b;
  const desc = {
    kind: "service",
    proto,
    deprecated: (_b = (_a = proto.options) === null || _a === void 0 ? void 0 : _a.deprecated) !== null && _b !== void 0 ? _b : false,
    file,
    name: proto.name,
    typeName: makeTypeName(proto, void 0, file),
    methods: [],
    method: {},
    toString() {
      return `service ${this.typeName}`;
    }
  };
  file.services.push(desc);
  reg.add(desc);
  for (const methodProto of proto.method) {
    const method = newMethod(methodProto, desc, reg);
    desc.methods.push(method);
    desc.method[method.localName] = method;
  }
}
function newMethod(proto, parent, reg) {
  var _a, _b, _c, _d;
  let methodKind;
  if (proto.clientStreaming && proto.serverStreaming) {
    methodKind = "bidi_streaming";
  } else if (proto.clientStreaming) {
    methodKind = "client_streaming";
  } else if (proto.serverStreaming) {
    methodKind = "server_streaming";
  } else {
    methodKind = "unary";
  }
  const input = reg.getMessage(trimLeadingDot(proto.inputType));
  const output = reg.getMessage(trimLeadingDot(proto.outputType));
  assert(input, `invalid MethodDescriptorProto: input_type ${proto.inputType} not found`);
  assert(output, `invalid MethodDescriptorProto: output_type ${proto.inputType} not found`);
  const name = proto.name;
  return {
    kind: "rpc",
    proto,
    deprecated: (_b = (_a = proto.options) === null || _a === void 0 ? void 0 : _a.deprecated) !== null && _b !== void 0 ? _b : false,
    parent,
    name,
    localName: safeObjectProperty(name.length ? safeObjectProperty(name[0].toLowerCase() + name.substring(1)) : name),
    methodKind,
    input,
    output,
    idempotency: (_d = (_c = proto.options) === null || _c === void 0 ? void 0 : _c.idempotencyLevel) !== null && _d !== void 0 ? _d : IDEMPOTENCY_UNKNOWN,
    toString() {
      return `rpc ${parent.typeName}.${name}`;
    }
  };
}
function newOneof(proto, parent) {
  return {
    kind: "oneof",
    proto,
    deprecated: false,
    parent,
    fields: [],
    name: proto.name,
    localName: safeObjectProperty(protoCamelCase(proto.name)),
    toString() {
      return `oneof ${parent.typeName}.${this.name}`;
    }
  };
}
function newField(proto, parentOrFile, reg, oneof, mapEntries) {
  var _a, _b, _c;
  const isExtension = mapEntries === void 0;
  const field = {
    kind: "field",
    proto,
    deprecated: (_b = (_a = proto.options) === null || _a === void 0 ? void 0 : _a.deprecated) !== null && _b !== void 0 ? _b : false,
    name: proto.name,
    number: proto.number,
    scalar: void 0,
    message: void 0,
    enum: void 0,
    presence: getFieldPresence(proto, oneof, isExtension, parentOrFile),
    utf8Validation: isUtf8Validated(proto, parentOrFile),
    listKind: void 0,
    mapKind: void 0,
    mapKey: void 0,
    delimitedEncoding: void 0,
    packed: void 0,
    longAsString: false,
    getDefaultValue: void 0
  };
  let toStr;
  if (isExtension) {
    const file = parentOrFile.kind == "file" ? parentOrFile : parentOrFile.file;
    const parent = parentOrFile.kind == "file" ? void 0 : parentOrFile;
    const typeName = makeTypeName(proto, parent, file);
    field.kind = "extension";
    field.file = file;
    field.parent = parent;
    field.oneof = void 0;
    field.typeName = typeName;
    field.jsonName = `[${typeName}]`;
    toStr = () => `extension ${typeName}`;
    const extendee = reg.getMessage(trimLeadingDot(proto.extendee));
    assert(extendee, `invalid FieldDescriptorProto: extendee ${proto.extendee} not found`);
    field.extendee = extendee;
  } else {
    const parent = parentOrFile;
    assert(parent.kind == "message");
    field.parent = parent;
    field.oneof = oneof;
    field.localName = oneof ? protoCamelCase(proto.name) : safeObjectProperty(protoCamelCase(proto.name));
    field.jsonName = proto.jsonName;
    toStr = () => `field ${parent.typeName}.${proto.name}`;
  }
  Object.defineProperty(field, "toString", {
    value: toStr,
    writable: true,
    enumerable: true,
    configurable: true
  });
  const label = proto.label;
  const type = proto.type;
  const jstype = (_c = proto.options) === null || _c === void 0 ? void 0 : _c.jstype;
  if (label === LABEL_REPEATED) {
    const mapEntry = type == TYPE_MESSAGE ? mapEntries === null || mapEntries === void 0 ? void 0 : mapEntries.get(trimLeadingDot(proto.typeName)) : void 0;
    if (mapEntry) {
      field.fieldKind = "map";
      const { key, value } = findMapEntryFields(mapEntry);
      field.mapKey = key.scalar;
      field.mapKind = value.fieldKind;
      field.message = value.message;
      field.delimitedEncoding = false;
      field.enum = value.enum;
      field.scalar = value.scalar;
      return field;
    }
    field.fieldKind = "list";
    switch (type) {
      case TYPE_MESSAGE:
      case TYPE_GROUP:
        field.listKind = "message";
        field.message = reg.getMessage(trimLeadingDot(proto.typeName));
        assert(field.message);
        field.delimitedEncoding = isDelimitedEncoding(proto, parentOrFile);
        break;
      case TYPE_ENUM:
        field.listKind = "enum";
        field.enum = reg.getEnum(trimLeadingDot(proto.typeName));
        assert(field.enum);
        break;
      default:
        field.listKind = "scalar";
        field.scalar = type;
        field.longAsString = jstype == JS_STRING;
        break;
    }
    field.packed = isPackedField(proto, parentOrFile);
    return field;
  }
  switch (type) {
    case TYPE_MESSAGE:
    case TYPE_GROUP:
      field.fieldKind = "message";
      field.message = reg.getMessage(trimLeadingDot(proto.typeName));
      assert(field.message, `invalid FieldDescriptorProto: type_name ${proto.typeName} not found`);
      field.delimitedEncoding = isDelimitedEncoding(proto, parentOrFile);
      field.getDefaultValue = () => void 0;
      break;
    case TYPE_ENUM: {
      const enumeration = reg.getEnum(trimLeadingDot(proto.typeName));
      assert(enumeration !== void 0, `invalid FieldDescriptorProto: type_name ${proto.typeName} not found`);
      field.fieldKind = "enum";
      field.enum = reg.getEnum(trimLeadingDot(proto.typeName));
      field.getDefaultValue = () => {
        return unsafeIsSetExplicit(proto, "defaultValue") ? parseTextFormatEnumValue(enumeration, proto.defaultValue) : void 0;
      };
      break;
    }
    default: {
      field.fieldKind = "scalar";
      field.scalar = type;
      field.longAsString = jstype == JS_STRING;
      field.getDefaultValue = () => {
        return unsafeIsSetExplicit(proto, "defaultValue") ? parseTextFormatScalarValue(type, proto.defaultValue) : void 0;
      };
      break;
    }
  }
  return field;
}
function getFileEdition(proto) {
  switch (proto.syntax) {
    case "":
    case "proto2":
      return EDITION_PROTO22;
    case "proto3":
      return EDITION_PROTO32;
    case "editions":
      if (proto.edition === EDITION_UNSTABLE) {
        return maximumEdition;
      }
      if (proto.edition in featureDefaults) {
        return proto.edition;
      }
      throw new Error(`${proto.name}: unsupported edition`);
    default:
      throw new Error(`${proto.name}: unsupported syntax "${proto.syntax}"`);
  }
}
function findFileDependencies(proto, reg) {
  return proto.dependency.map((wantName) => {
    const dep = reg.getFile(wantName);
    if (!dep) {
      throw new Error(`Cannot find ${wantName}, imported by ${proto.name}`);
    }
    return dep;
  });
}
function findEnumSharedPrefix(enumName, values) {
  const prefix = camelToSnakeCase(enumName) + "_";
  for (const value of values) {
    if (!value.name.toLowerCase().startsWith(prefix)) {
      return void 0;
    }
    const shortName = value.name.substring(prefix.length);
    if (shortName.length == 0) {
      return void 0;
    }
    if (/^\d/.test(shortName)) {
      return void 0;
    }
  }
  return prefix;
}
function findEnumValueJsonName(proto) {
  var _a, _b;
  const extensionNumber = 998;
  const fieldNumber = 1;
  let jsonName;
  for (const uf of (_b = (_a = proto.options) === null || _a === void 0 ? void 0 : _a.$unknown) !== null && _b !== void 0 ? _b : []) {
    if (uf.no !== extensionNumber || uf.wireType !== WireType.LengthDelimited) {
      continue;
    }
    const reader = new BinaryReader(new BinaryReader(uf.data).bytes());
    while (reader.pos < reader.len) {
      const [no, wireType] = reader.tag();
      if (no === fieldNumber && wireType === WireType.LengthDelimited) {
        jsonName = reader.string();
      } else {
        reader.skip(wireType, no);
      }
    }
  }
  return jsonName;
}
function camelToSnakeCase(camel) {
  return (camel.substring(0, 1) + camel.substring(1).replace(/[A-Z]/g, (c) => "_" + c)).toLowerCase();
}
function makeTypeName(proto, parent, file) {
  let typeName;
  if (parent) {
    typeName = `${parent.typeName}.${proto.name}`;
  } else if (file.proto.package.length > 0) {
    typeName = `${file.proto.package}.${proto.name}`;
  } else {
    typeName = `${proto.name}`;
  }
  return typeName;
}
function trimLeadingDot(typeName) {
  return typeName.startsWith(".") ? typeName.substring(1) : typeName;
}
function findOneof(proto, allOneofs) {
  if (!unsafeIsSetExplicit(proto, "oneofIndex")) {
    return void 0;
  }
  if (proto.proto3Optional) {
    return void 0;
  }
  const oneof = allOneofs[proto.oneofIndex];
  assert(oneof, `invalid FieldDescriptorProto: oneof #${proto.oneofIndex} for field #${proto.number} not found`);
  return oneof;
}
function getFieldPresence(proto, oneof, isExtension, parent) {
  if (proto.label == LABEL_REQUIRED) {
    return LEGACY_REQUIRED;
  }
  if (proto.label == LABEL_REPEATED) {
    return IMPLICIT2;
  }
  if (!!oneof || proto.proto3Optional) {
    return EXPLICIT;
  }
  if (isExtension) {
    return EXPLICIT;
  }
  const resolved = resolveFeature("fieldPresence", { proto, parent });
  if (resolved == IMPLICIT2 && (proto.type == TYPE_MESSAGE || proto.type == TYPE_GROUP)) {
    return EXPLICIT;
  }
  return resolved;
}
function isPackedField(proto, parent) {
  if (proto.label != LABEL_REPEATED) {
    return false;
  }
  switch (proto.type) {
    case TYPE_STRING:
    case TYPE_BYTES:
    case TYPE_GROUP:
    case TYPE_MESSAGE:
      return false;
  }
  const o = proto.options;
  if (o && unsafeIsSetExplicit(o, "packed")) {
    return o.packed;
  }
  return PACKED == resolveFeature("repeatedFieldEncoding", {
    proto,
    parent
  });
}
function findMapEntryFields(mapEntry) {
  const key = mapEntry.fields.find((f) => f.number === 1);
  const value = mapEntry.fields.find((f) => f.number === 2);
  assert(key && key.fieldKind == "scalar" && key.scalar != ScalarType.BYTES && key.scalar != ScalarType.FLOAT && key.scalar != ScalarType.DOUBLE && value && value.fieldKind != "list" && value.fieldKind != "map");
  return { key, value };
}
function isEnumOpen(desc) {
  var _a;
  return OPEN == resolveFeature("enumType", {
    proto: desc.proto,
    parent: (_a = desc.parent) !== null && _a !== void 0 ? _a : desc.file
  });
}
function isDelimitedEncoding(proto, parent) {
  if (proto.type == TYPE_GROUP) {
    return true;
  }
  return DELIMITED == resolveFeature("messageEncoding", {
    proto,
    parent
  });
}
function isUtf8Validated(proto, parent) {
  return VERIFY == resolveFeature("utf8Validation", {
    proto,
    parent
  });
}
function resolveFeature(name, ref) {
  var _a, _b;
  const featureSet = (_a = ref.proto.options) === null || _a === void 0 ? void 0 : _a.features;
  if (featureSet) {
    const val = featureSet[name];
    if (val != 0) {
      return val;
    }
  }
  if ("kind" in ref) {
    if (ref.kind == "message") {
      return resolveFeature(name, (_b = ref.parent) !== null && _b !== void 0 ? _b : ref.file);
    }
    const editionDefaults = featureDefaults[ref.edition];
    if (!editionDefaults) {
      throw new Error(`feature default for edition ${ref.edition} not found`);
    }
    return editionDefaults[name];
  }
  return resolveFeature(name, ref.parent);
}
function assert(condition, msg) {
  if (!condition) {
    throw new Error(msg);
  }
}

// node_modules/@bufbuild/protobuf/dist/esm/codegenv2/boot.js
function boot(boot2) {
  const root = bootFileDescriptorProto(boot2);
  root.messageType.forEach(restoreJsonNames);
  const reg = createEmbeddedFileRegistry(root, () => void 0);
  return reg.getFile(root.name);
}
function bootFileDescriptorProto(init) {
  const proto = /* @__PURE__ */ Object.create({
    syntax: "",
    edition: 0
  });
  return Object.assign(proto, Object.assign(Object.assign({ $typeName: "google.protobuf.FileDescriptorProto", dependency: [], publicDependency: [], weakDependency: [], optionDependency: [], service: [], extension: [] }, init), { messageType: init.messageType.map(bootDescriptorProto), enumType: init.enumType.map(bootEnumDescriptorProto) }));
}
function bootDescriptorProto(init) {
  var _a, _b, _c, _d, _e, _f, _g, _h;
  const proto = /* @__PURE__ */ Object.create({
    visibility: 0
  });
  return Object.assign(proto, {
    $typeName: "google.protobuf.DescriptorProto",
    name: init.name,
    field: (_b = (_a = init.field) === null || _a === void 0 ? void 0 : _a.map(bootFieldDescriptorProto)) !== null && _b !== void 0 ? _b : [],
    extension: [],
    nestedType: (_d = (_c = init.nestedType) === null || _c === void 0 ? void 0 : _c.map(bootDescriptorProto)) !== null && _d !== void 0 ? _d : [],
    enumType: (_f = (_e = init.enumType) === null || _e === void 0 ? void 0 : _e.map(bootEnumDescriptorProto)) !== null && _f !== void 0 ? _f : [],
    extensionRange: (_h = (_g = init.extensionRange) === null || _g === void 0 ? void 0 : _g.map((e) => Object.assign({ $typeName: "google.protobuf.DescriptorProto.ExtensionRange" }, e))) !== null && _h !== void 0 ? _h : [],
    oneofDecl: [],
    reservedRange: [],
    reservedName: []
  });
}
function bootFieldDescriptorProto(init) {
  const proto = /* @__PURE__ */ Object.create({
    label: 1,
    typeName: "",
    extendee: "",
    defaultValue: "",
    oneofIndex: 0,
    jsonName: "",
    proto3Optional: false
  });
  return Object.assign(proto, Object.assign(Object.assign({ $typeName: "google.protobuf.FieldDescriptorProto" }, init), { options: init.options ? bootFieldOptions(init.options) : void 0 }));
}
function bootFieldOptions(init) {
  var _a, _b, _c;
  const proto = /* @__PURE__ */ Object.create({
    ctype: 0,
    packed: false,
    jstype: 0,
    lazy: false,
    unverifiedLazy: false,
    deprecated: false,
    weak: false,
    debugRedact: false,
    retention: 0
  });
  return Object.assign(proto, Object.assign(Object.assign({ $typeName: "google.protobuf.FieldOptions" }, init), { targets: (_a = init.targets) !== null && _a !== void 0 ? _a : [], editionDefaults: (_c = (_b = init.editionDefaults) === null || _b === void 0 ? void 0 : _b.map((e) => Object.assign({ $typeName: "google.protobuf.FieldOptions.EditionDefault" }, e))) !== null && _c !== void 0 ? _c : [], uninterpretedOption: [] }));
}
function bootEnumDescriptorProto(init) {
  const proto = /* @__PURE__ */ Object.create({
    visibility: 0
  });
  return Object.assign(proto, {
    $typeName: "google.protobuf.EnumDescriptorProto",
    name: init.name,
    reservedName: [],
    reservedRange: [],
    value: init.value.map((e) => Object.assign({ $typeName: "google.protobuf.EnumValueDescriptorProto" }, e))
  });
}

// node_modules/@bufbuild/protobuf/dist/esm/codegenv2/message.js
function messageDesc(file, path, ...paths) {
  return paths.reduce((acc, cur) => acc.nestedMessages[cur], file.messages[path]);
}

// node_modules/@bufbuild/protobuf/dist/esm/wkt/google/protobuf/descriptor_pb.js
var file_google_protobuf_descriptor = /* @__PURE__ */ boot({ "name": "google/protobuf/descriptor.proto", "package": "google.protobuf", "messageType": [{ "name": "FileDescriptorSet", "field": [{ "name": "file", "number": 1, "type": 11, "label": 3, "typeName": ".google.protobuf.FileDescriptorProto" }], "extensionRange": [{ "start": 536e6, "end": 536000001 }] }, { "name": "FileDescriptorProto", "field": [{ "name": "name", "number": 1, "type": 9, "label": 1 }, { "name": "package", "number": 2, "type": 9, "label": 1 }, { "name": "dependency", "number": 3, "type": 9, "label": 3 }, { "name": "public_dependency", "number": 10, "type": 5, "label": 3 }, { "name": "weak_dependency", "number": 11, "type": 5, "label": 3 }, { "name": "option_dependency", "number": 15, "type": 9, "label": 3 }, { "name": "message_type", "number": 4, "type": 11, "label": 3, "typeName": ".google.protobuf.DescriptorProto" }, { "name": "enum_type", "number": 5, "type": 11, "label": 3, "typeName": ".google.protobuf.EnumDescriptorProto" }, { "name": "service", "number": 6, "type": 11, "label": 3, "typeName": ".google.protobuf.ServiceDescriptorProto" }, { "name": "extension", "number": 7, "type": 11, "label": 3, "typeName": ".google.protobuf.FieldDescriptorProto" }, { "name": "options", "number": 8, "type": 11, "label": 1, "typeName": ".google.protobuf.FileOptions" }, { "name": "source_code_info", "number": 9, "type": 11, "label": 1, "typeName": ".google.protobuf.SourceCodeInfo" }, { "name": "syntax", "number": 12, "type": 9, "label": 1 }, { "name": "edition", "number": 14, "type": 14, "label": 1, "typeName": ".google.protobuf.Edition" }] }, { "name": "DescriptorProto", "field": [{ "name": "name", "number": 1, "type": 9, "label": 1 }, { "name": "field", "number": 2, "type": 11, "label": 3, "typeName": ".google.protobuf.FieldDescriptorProto" }, { "name": "extension", "number": 6, "type": 11, "label": 3, "typeName": ".google.protobuf.FieldDescriptorProto" }, { "name": "nested_type", "number": 3, "type": 11, "label": 3, "typeName": ".google.protobuf.DescriptorProto" }, { "name": "enum_type", "number": 4, "type": 11, "label": 3, "typeName": ".google.protobuf.EnumDescriptorProto" }, { "name": "extension_range", "number": 5, "type": 11, "label": 3, "typeName": ".google.protobuf.DescriptorProto.ExtensionRange" }, { "name": "oneof_decl", "number": 8, "type": 11, "label": 3, "typeName": ".google.protobuf.OneofDescriptorProto" }, { "name": "options", "number": 7, "type": 11, "label": 1, "typeName": ".google.protobuf.MessageOptions" }, { "name": "reserved_range", "number": 9, "type": 11, "label": 3, "typeName": ".google.protobuf.DescriptorProto.ReservedRange" }, { "name": "reserved_name", "number": 10, "type": 9, "label": 3 }, { "name": "visibility", "number": 11, "type": 14, "label": 1, "typeName": ".google.protobuf.SymbolVisibility" }], "nestedType": [{ "name": "ExtensionRange", "field": [{ "name": "start", "number": 1, "type": 5, "label": 1 }, { "name": "end", "number": 2, "type": 5, "label": 1 }, { "name": "options", "number": 3, "type": 11, "label": 1, "typeName": ".google.protobuf.ExtensionRangeOptions" }] }, { "name": "ReservedRange", "field": [{ "name": "start", "number": 1, "type": 5, "label": 1 }, { "name": "end", "number": 2, "type": 5, "label": 1 }] }] }, { "name": "ExtensionRangeOptions", "field": [{ "name": "uninterpreted_option", "number": 999, "type": 11, "label": 3, "typeName": ".google.protobuf.UninterpretedOption" }, { "name": "declaration", "number": 2, "type": 11, "label": 3, "typeName": ".google.protobuf.ExtensionRangeOptions.Declaration", "options": { "retention": 2 } }, { "name": "features", "number": 50, "type": 11, "label": 1, "typeName": ".google.protobuf.FeatureSet" }, { "name": "verification", "number": 3, "type": 14, "label": 1, "typeName": ".google.protobuf.ExtensionRangeOptions.VerificationState", "defaultValue": "UNVERIFIED", "options": { "retention": 2 } }], "nestedType": [{ "name": "Declaration", "field": [{ "name": "number", "number": 1, "type": 5, "label": 1 }, { "name": "full_name", "number": 2, "type": 9, "label": 1 }, { "name": "type", "number": 3, "type": 9, "label": 1 }, { "name": "reserved", "number": 5, "type": 8, "label": 1 }, { "name": "repeated", "number": 6, "type": 8, "label": 1 }] }], "enumType": [{ "name": "VerificationState", "value": [{ "name": "DECLARATION", "number": 0 }, { "name": "UNVERIFIED", "number": 1 }] }], "extensionRange": [{ "start": 990, "end": 999 }, { "start": 1e3, "end": 536870912 }] }, { "name": "FieldDescriptorProto", "field": [{ "name": "name", "number": 1, "type": 9, "label": 1 }, { "name": "number", "number": 3, "type": 5, "label": 1 }, { "name": "label", "number": 4, "type": 14, "label": 1, "typeName": ".google.protobuf.FieldDescriptorProto.Label" }, { "name": "type", "number": 5, "type": 14, "label": 1, "typeName": ".google.protobuf.FieldDescriptorProto.Type" }, { "name": "type_name", "number": 6, "type": 9, "label": 1 }, { "name": "extendee", "number": 2, "type": 9, "label": 1 }, { "name": "default_value", "number": 7, "type": 9, "label": 1 }, { "name": "oneof_index", "number": 9, "type": 5, "label": 1 }, { "name": "json_name", "number": 10, "type": 9, "label": 1 }, { "name": "options", "number": 8, "type": 11, "label": 1, "typeName": ".google.protobuf.FieldOptions" }, { "name": "proto3_optional", "number": 17, "type": 8, "label": 1 }], "enumType": [{ "name": "Type", "value": [{ "name": "TYPE_DOUBLE", "number": 1 }, { "name": "TYPE_FLOAT", "number": 2 }, { "name": "TYPE_INT64", "number": 3 }, { "name": "TYPE_UINT64", "number": 4 }, { "name": "TYPE_INT32", "number": 5 }, { "name": "TYPE_FIXED64", "number": 6 }, { "name": "TYPE_FIXED32", "number": 7 }, { "name": "TYPE_BOOL", "number": 8 }, { "name": "TYPE_STRING", "number": 9 }, { "name": "TYPE_GROUP", "number": 10 }, { "name": "TYPE_MESSAGE", "number": 11 }, { "name": "TYPE_BYTES", "number": 12 }, { "name": "TYPE_UINT32", "number": 13 }, { "name": "TYPE_ENUM", "number": 14 }, { "name": "TYPE_SFIXED32", "number": 15 }, { "name": "TYPE_SFIXED64", "number": 16 }, { "name": "TYPE_SINT32", "number": 17 }, { "name": "TYPE_SINT64", "number": 18 }] }, { "name": "Label", "value": [{ "name": "LABEL_OPTIONAL", "number": 1 }, { "name": "LABEL_REPEATED", "number": 3 }, { "name": "LABEL_REQUIRED", "number": 2 }] }] }, { "name": "OneofDescriptorProto", "field": [{ "name": "name", "number": 1, "type": 9, "label": 1 }, { "name": "options", "number": 2, "type": 11, "label": 1, "typeName": ".google.protobuf.OneofOptions" }] }, { "name": "EnumDescriptorProto", "field": [{ "name": "name", "number": 1, "type": 9, "label": 1 }, { "name": "value", "number": 2, "type": 11, "label": 3, "typeName": ".google.protobuf.EnumValueDescriptorProto" }, { "name": "options", "number": 3, "type": 11, "label": 1, "typeName": ".google.protobuf.EnumOptions" }, { "name": "reserved_range", "number": 4, "type": 11, "label": 3, "typeName": ".google.protobuf.EnumDescriptorProto.EnumReservedRange" }, { "name": "reserved_name", "number": 5, "type": 9, "label": 3 }, { "name": "visibility", "number": 6, "type": 14, "label": 1, "typeName": ".google.protobuf.SymbolVisibility" }], "nestedType": [{ "name": "EnumReservedRange", "field": [{ "name": "start", "number": 1, "type": 5, "label": 1 }, { "name": "end", "number": 2, "type": 5, "label": 1 }] }] }, { "name": "EnumValueDescriptorProto", "field": [{ "name": "name", "number": 1, "type": 9, "label": 1 }, { "name": "number", "number": 2, "type": 5, "label": 1 }, { "name": "options", "number": 3, "type": 11, "label": 1, "typeName": ".google.protobuf.EnumValueOptions" }] }, { "name": "ServiceDescriptorProto", "field": [{ "name": "name", "number": 1, "type": 9, "label": 1 }, { "name": "method", "number": 2, "type": 11, "label": 3, "typeName": ".google.protobuf.MethodDescriptorProto" }, { "name": "options", "number": 3, "type": 11, "label": 1, "typeName": ".google.protobuf.ServiceOptions" }] }, { "name": "MethodDescriptorProto", "field": [{ "name": "name", "number": 1, "type": 9, "label": 1 }, { "name": "input_type", "number": 2, "type": 9, "label": 1 }, { "name": "output_type", "number": 3, "type": 9, "label": 1 }, { "name": "options", "number": 4, "type": 11, "label": 1, "typeName": ".google.protobuf.MethodOptions" }, { "name": "client_streaming", "number": 5, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "server_streaming", "number": 6, "type": 8, "label": 1, "defaultValue": "false" }] }, { "name": "FileOptions", "field": [{ "name": "java_package", "number": 1, "type": 9, "label": 1 }, { "name": "java_outer_classname", "number": 8, "type": 9, "label": 1 }, { "name": "java_multiple_files", "number": 10, "type": 8, "label": 1, "defaultValue": "false", "options": {} }, { "name": "java_generate_equals_and_hash", "number": 20, "type": 8, "label": 1, "options": { "deprecated": true } }, { "name": "java_string_check_utf8", "number": 27, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "optimize_for", "number": 9, "type": 14, "label": 1, "typeName": ".google.protobuf.FileOptions.OptimizeMode", "defaultValue": "SPEED" }, { "name": "go_package", "number": 11, "type": 9, "label": 1 }, { "name": "cc_generic_services", "number": 16, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "java_generic_services", "number": 17, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "py_generic_services", "number": 18, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "deprecated", "number": 23, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "cc_enable_arenas", "number": 31, "type": 8, "label": 1, "defaultValue": "true", "options": {} }, { "name": "objc_class_prefix", "number": 36, "type": 9, "label": 1 }, { "name": "csharp_namespace", "number": 37, "type": 9, "label": 1 }, { "name": "swift_prefix", "number": 39, "type": 9, "label": 1 }, { "name": "php_class_prefix", "number": 40, "type": 9, "label": 1 }, { "name": "php_namespace", "number": 41, "type": 9, "label": 1 }, { "name": "php_metadata_namespace", "number": 44, "type": 9, "label": 1 }, { "name": "ruby_package", "number": 45, "type": 9, "label": 1 }, { "name": "features", "number": 50, "type": 11, "label": 1, "typeName": ".google.protobuf.FeatureSet" }, { "name": "uninterpreted_option", "number": 999, "type": 11, "label": 3, "typeName": ".google.protobuf.UninterpretedOption" }], "enumType": [{ "name": "OptimizeMode", "value": [{ "name": "SPEED", "number": 1 }, { "name": "CODE_SIZE", "number": 2 }, { "name": "LITE_RUNTIME", "number": 3 }] }], "extensionRange": [{ "start": 990, "end": 999 }, { "start": 1e3, "end": 536870912 }] }, { "name": "MessageOptions", "field": [{ "name": "message_set_wire_format", "number": 1, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "no_standard_descriptor_accessor", "number": 2, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "deprecated", "number": 3, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "map_entry", "number": 7, "type": 8, "label": 1 }, { "name": "deprecated_legacy_json_field_conflicts", "number": 11, "type": 8, "label": 1, "options": { "deprecated": true } }, { "name": "features", "number": 12, "type": 11, "label": 1, "typeName": ".google.protobuf.FeatureSet" }, { "name": "uninterpreted_option", "number": 999, "type": 11, "label": 3, "typeName": ".google.protobuf.UninterpretedOption" }], "extensionRange": [{ "start": 990, "end": 999 }, { "start": 1e3, "end": 536870912 }] }, { "name": "FieldOptions", "field": [{ "name": "ctype", "number": 1, "type": 14, "label": 1, "typeName": ".google.protobuf.FieldOptions.CType", "defaultValue": "STRING" }, { "name": "packed", "number": 2, "type": 8, "label": 1 }, { "name": "jstype", "number": 6, "type": 14, "label": 1, "typeName": ".google.protobuf.FieldOptions.JSType", "defaultValue": "JS_NORMAL" }, { "name": "lazy", "number": 5, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "unverified_lazy", "number": 15, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "deprecated", "number": 3, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "weak", "number": 10, "type": 8, "label": 1, "defaultValue": "false", "options": { "deprecated": true } }, { "name": "debug_redact", "number": 16, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "retention", "number": 17, "type": 14, "label": 1, "typeName": ".google.protobuf.FieldOptions.OptionRetention" }, { "name": "targets", "number": 19, "type": 14, "label": 3, "typeName": ".google.protobuf.FieldOptions.OptionTargetType" }, { "name": "edition_defaults", "number": 20, "type": 11, "label": 3, "typeName": ".google.protobuf.FieldOptions.EditionDefault" }, { "name": "features", "number": 21, "type": 11, "label": 1, "typeName": ".google.protobuf.FeatureSet" }, { "name": "feature_support", "number": 22, "type": 11, "label": 1, "typeName": ".google.protobuf.FieldOptions.FeatureSupport" }, { "name": "uninterpreted_option", "number": 999, "type": 11, "label": 3, "typeName": ".google.protobuf.UninterpretedOption" }], "nestedType": [{ "name": "EditionDefault", "field": [{ "name": "edition", "number": 3, "type": 14, "label": 1, "typeName": ".google.protobuf.Edition" }, { "name": "value", "number": 2, "type": 9, "label": 1 }] }, { "name": "FeatureSupport", "field": [{ "name": "edition_introduced", "number": 1, "type": 14, "label": 1, "typeName": ".google.protobuf.Edition" }, { "name": "edition_deprecated", "number": 2, "type": 14, "label": 1, "typeName": ".google.protobuf.Edition" }, { "name": "deprecation_warning", "number": 3, "type": 9, "label": 1 }, { "name": "edition_removed", "number": 4, "type": 14, "label": 1, "typeName": ".google.protobuf.Edition" }, { "name": "removal_error", "number": 5, "type": 9, "label": 1 }] }], "enumType": [{ "name": "CType", "value": [{ "name": "STRING", "number": 0 }, { "name": "CORD", "number": 1 }, { "name": "STRING_PIECE", "number": 2 }] }, { "name": "JSType", "value": [{ "name": "JS_NORMAL", "number": 0 }, { "name": "JS_STRING", "number": 1 }, { "name": "JS_NUMBER", "number": 2 }] }, { "name": "OptionRetention", "value": [{ "name": "RETENTION_UNKNOWN", "number": 0 }, { "name": "RETENTION_RUNTIME", "number": 1 }, { "name": "RETENTION_SOURCE", "number": 2 }] }, { "name": "OptionTargetType", "value": [{ "name": "TARGET_TYPE_UNKNOWN", "number": 0 }, { "name": "TARGET_TYPE_FILE", "number": 1 }, { "name": "TARGET_TYPE_EXTENSION_RANGE", "number": 2 }, { "name": "TARGET_TYPE_MESSAGE", "number": 3 }, { "name": "TARGET_TYPE_FIELD", "number": 4 }, { "name": "TARGET_TYPE_ONEOF", "number": 5 }, { "name": "TARGET_TYPE_ENUM", "number": 6 }, { "name": "TARGET_TYPE_ENUM_ENTRY", "number": 7 }, { "name": "TARGET_TYPE_SERVICE", "number": 8 }, { "name": "TARGET_TYPE_METHOD", "number": 9 }] }], "extensionRange": [{ "start": 990, "end": 999 }, { "start": 1e3, "end": 536870912 }] }, { "name": "OneofOptions", "field": [{ "name": "features", "number": 1, "type": 11, "label": 1, "typeName": ".google.protobuf.FeatureSet" }, { "name": "uninterpreted_option", "number": 999, "type": 11, "label": 3, "typeName": ".google.protobuf.UninterpretedOption" }], "extensionRange": [{ "start": 990, "end": 999 }, { "start": 1e3, "end": 536870912 }] }, { "name": "EnumOptions", "field": [{ "name": "allow_alias", "number": 2, "type": 8, "label": 1 }, { "name": "deprecated", "number": 3, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "deprecated_legacy_json_field_conflicts", "number": 6, "type": 8, "label": 1, "options": { "deprecated": true } }, { "name": "features", "number": 7, "type": 11, "label": 1, "typeName": ".google.protobuf.FeatureSet" }, { "name": "uninterpreted_option", "number": 999, "type": 11, "label": 3, "typeName": ".google.protobuf.UninterpretedOption" }], "extensionRange": [{ "start": 990, "end": 999 }, { "start": 1e3, "end": 536870912 }] }, { "name": "EnumValueOptions", "field": [{ "name": "deprecated", "number": 1, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "features", "number": 2, "type": 11, "label": 1, "typeName": ".google.protobuf.FeatureSet" }, { "name": "debug_redact", "number": 3, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "feature_support", "number": 4, "type": 11, "label": 1, "typeName": ".google.protobuf.FieldOptions.FeatureSupport" }, { "name": "uninterpreted_option", "number": 999, "type": 11, "label": 3, "typeName": ".google.protobuf.UninterpretedOption" }], "extensionRange": [{ "start": 990, "end": 999 }, { "start": 1e3, "end": 536870912 }] }, { "name": "ServiceOptions", "field": [{ "name": "features", "number": 34, "type": 11, "label": 1, "typeName": ".google.protobuf.FeatureSet" }, { "name": "deprecated", "number": 33, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "uninterpreted_option", "number": 999, "type": 11, "label": 3, "typeName": ".google.protobuf.UninterpretedOption" }], "extensionRange": [{ "start": 990, "end": 999 }, { "start": 1e3, "end": 536870912 }] }, { "name": "MethodOptions", "field": [{ "name": "deprecated", "number": 33, "type": 8, "label": 1, "defaultValue": "false" }, { "name": "idempotency_level", "number": 34, "type": 14, "label": 1, "typeName": ".google.protobuf.MethodOptions.IdempotencyLevel", "defaultValue": "IDEMPOTENCY_UNKNOWN" }, { "name": "features", "number": 35, "type": 11, "label": 1, "typeName": ".google.protobuf.FeatureSet" }, { "name": "uninterpreted_option", "number": 999, "type": 11, "label": 3, "typeName": ".google.protobuf.UninterpretedOption" }], "enumType": [{ "name": "IdempotencyLevel", "value": [{ "name": "IDEMPOTENCY_UNKNOWN", "number": 0 }, { "name": "NO_SIDE_EFFECTS", "number": 1 }, { "name": "IDEMPOTENT", "number": 2 }] }], "extensionRange": [{ "start": 990, "end": 999 }, { "start": 1e3, "end": 536870912 }] }, { "name": "UninterpretedOption", "field": [{ "name": "name", "number": 2, "type": 11, "label": 3, "typeName": ".google.protobuf.UninterpretedOption.NamePart" }, { "name": "identifier_value", "number": 3, "type": 9, "label": 1 }, { "name": "positive_int_value", "number": 4, "type": 4, "label": 1 }, { "name": "negative_int_value", "number": 5, "type": 3, "label": 1 }, { "name": "double_value", "number": 6, "type": 1, "label": 1 }, { "name": "string_value", "number": 7, "type": 12, "label": 1 }, { "name": "aggregate_value", "number": 8, "type": 9, "label": 1 }], "nestedType": [{ "name": "NamePart", "field": [{ "name": "name_part", "number": 1, "type": 9, "label": 2 }, { "name": "is_extension", "number": 2, "type": 8, "label": 2 }] }] }, { "name": "FeatureSet", "field": [{ "name": "field_presence", "number": 1, "type": 14, "label": 1, "typeName": ".google.protobuf.FeatureSet.FieldPresence", "options": { "retention": 1, "targets": [4, 1], "editionDefaults": [{ "value": "EXPLICIT", "edition": 900 }, { "value": "IMPLICIT", "edition": 999 }, { "value": "EXPLICIT", "edition": 1e3 }] } }, { "name": "enum_type", "number": 2, "type": 14, "label": 1, "typeName": ".google.protobuf.FeatureSet.EnumType", "options": { "retention": 1, "targets": [6, 1], "editionDefaults": [{ "value": "CLOSED", "edition": 900 }, { "value": "OPEN", "edition": 999 }] } }, { "name": "repeated_field_encoding", "number": 3, "type": 14, "label": 1, "typeName": ".google.protobuf.FeatureSet.RepeatedFieldEncoding", "options": { "retention": 1, "targets": [4, 1], "editionDefaults": [{ "value": "EXPANDED", "edition": 900 }, { "value": "PACKED", "edition": 999 }] } }, { "name": "utf8_validation", "number": 4, "type": 14, "label": 1, "typeName": ".google.protobuf.FeatureSet.Utf8Validation", "options": { "retention": 1, "targets": [4, 1], "editionDefaults": [{ "value": "NONE", "edition": 900 }, { "value": "VERIFY", "edition": 999 }] } }, { "name": "message_encoding", "number": 5, "type": 14, "label": 1, "typeName": ".google.protobuf.FeatureSet.MessageEncoding", "options": { "retention": 1, "targets": [4, 1], "editionDefaults": [{ "value": "LENGTH_PREFIXED", "edition": 900 }] } }, { "name": "json_format", "number": 6, "type": 14, "label": 1, "typeName": ".google.protobuf.FeatureSet.JsonFormat", "options": { "retention": 1, "targets": [3, 6, 1], "editionDefaults": [{ "value": "LEGACY_BEST_EFFORT", "edition": 900 }, { "value": "ALLOW", "edition": 999 }] } }, { "name": "enforce_naming_style", "number": 7, "type": 14, "label": 1, "typeName": ".google.protobuf.FeatureSet.EnforceNamingStyle", "options": { "retention": 2, "targets": [1, 2, 3, 4, 5, 6, 7, 8, 9], "editionDefaults": [{ "value": "STYLE_LEGACY", "edition": 900 }, { "value": "STYLE2024", "edition": 1001 }, { "value": "STYLE2026", "edition": 1002 }] } }, { "name": "default_symbol_visibility", "number": 8, "type": 14, "label": 1, "typeName": ".google.protobuf.FeatureSet.VisibilityFeature.DefaultSymbolVisibility", "options": { "retention": 2, "targets": [1], "editionDefaults": [{ "value": "EXPORT_ALL", "edition": 900 }, { "value": "EXPORT_TOP_LEVEL", "edition": 1001 }, { "value": "STRICT", "edition": 1002 }] } }, { "name": "enforce_proto_limits", "number": 9, "type": 14, "label": 1, "typeName": ".google.protobuf.FeatureSet.ProtoLimitsFeature.EnforceProtoLimits", "options": { "retention": 2, "targets": [6, 3, 4, 5], "editionDefaults": [{ "value": "LEGACY_NO_EXPLICIT_LIMITS", "edition": 900 }, { "value": "PROTO_LIMITS2026", "edition": 1002 }] } }], "nestedType": [{ "name": "VisibilityFeature", "enumType": [{ "name": "DefaultSymbolVisibility", "value": [{ "name": "DEFAULT_SYMBOL_VISIBILITY_UNKNOWN", "number": 0 }, { "name": "EXPORT_ALL", "number": 1 }, { "name": "EXPORT_TOP_LEVEL", "number": 2 }, { "name": "LOCAL_ALL", "number": 3 }, { "name": "STRICT", "number": 4 }] }] }, { "name": "ProtoLimitsFeature", "enumType": [{ "name": "EnforceProtoLimits", "value": [{ "name": "PROTO_LIMITS_UNKNOWN", "number": 0 }, { "name": "LEGACY_NO_EXPLICIT_LIMITS", "number": 1 }, { "name": "PROTO_LIMITS2026", "number": 2 }] }] }], "enumType": [{ "name": "FieldPresence", "value": [{ "name": "FIELD_PRESENCE_UNKNOWN", "number": 0 }, { "name": "EXPLICIT", "number": 1 }, { "name": "IMPLICIT", "number": 2 }, { "name": "LEGACY_REQUIRED", "number": 3 }] }, { "name": "EnumType", "value": [{ "name": "ENUM_TYPE_UNKNOWN", "number": 0 }, { "name": "OPEN", "number": 1 }, { "name": "CLOSED", "number": 2 }] }, { "name": "RepeatedFieldEncoding", "value": [{ "name": "REPEATED_FIELD_ENCODING_UNKNOWN", "number": 0 }, { "name": "PACKED", "number": 1 }, { "name": "EXPANDED", "number": 2 }] }, { "name": "Utf8Validation", "value": [{ "name": "UTF8_VALIDATION_UNKNOWN", "number": 0 }, { "name": "VERIFY", "number": 2 }, { "name": "NONE", "number": 3 }] }, { "name": "MessageEncoding", "value": [{ "name": "MESSAGE_ENCODING_UNKNOWN", "number": 0 }, { "name": "LENGTH_PREFIXED", "number": 1 }, { "name": "DELIMITED", "number": 2 }] }, { "name": "JsonFormat", "value": [{ "name": "JSON_FORMAT_UNKNOWN", "number": 0 }, { "name": "ALLOW", "number": 1 }, { "name": "LEGACY_BEST_EFFORT", "number": 2 }] }, { "name": "EnforceNamingStyle", "value": [{ "name": "ENFORCE_NAMING_STYLE_UNKNOWN", "number": 0 }, { "name": "STYLE2024", "number": 1 }, { "name": "STYLE_LEGACY", "number": 2 }, { "name": "STYLE2026", "number": 3 }] }], "extensionRange": [{ "start": 1e3, "end": 9995 }, { "start": 9995, "end": 1e4 }, { "start": 1e4, "end": 10001 }] }, { "name": "FeatureSetDefaults", "field": [{ "name": "defaults", "number": 1, "type": 11, "label": 3, "typeName": ".google.protobuf.FeatureSetDefaults.FeatureSetEditionDefault" }, { "name": "minimum_edition", "number": 4, "type": 14, "label": 1, "typeName": ".google.protobuf.Edition" }, { "name": "maximum_edition", "number": 5, "type": 14, "label": 1, "typeName": ".google.protobuf.Edition" }], "nestedType": [{ "name": "FeatureSetEditionDefault", "field": [{ "name": "edition", "number": 3, "type": 14, "label": 1, "typeName": ".google.protobuf.Edition" }, { "name": "overridable_features", "number": 4, "type": 11, "label": 1, "typeName": ".google.protobuf.FeatureSet" }, { "name": "fixed_features", "number": 5, "type": 11, "label": 1, "typeName": ".google.protobuf.FeatureSet" }] }] }, { "name": "SourceCodeInfo", "field": [{ "name": "location", "number": 1, "type": 11, "label": 3, "typeName": ".google.protobuf.SourceCodeInfo.Location" }], "nestedType": [{ "name": "Location", "field": [{ "name": "path", "number": 1, "type": 5, "label": 3, "options": { "packed": true } }, { "name": "span", "number": 2, "type": 5, "label": 3, "options": { "packed": true } }, { "name": "leading_comments", "number": 3, "type": 9, "label": 1 }, { "name": "trailing_comments", "number": 4, "type": 9, "label": 1 }, { "name": "leading_detached_comments", "number": 6, "type": 9, "label": 3 }] }], "extensionRange": [{ "start": 536e6, "end": 536000001 }] }, { "name": "GeneratedCodeInfo", "field": [{ "name": "annotation", "number": 1, "type": 11, "label": 3, "typeName": ".google.protobuf.GeneratedCodeInfo.Annotation" }], "nestedType": [{ "name": "Annotation", "field": [{ "name": "path", "number": 1, "type": 5, "label": 3, "options": { "packed": true } }, { "name": "source_file", "number": 2, "type": 9, "label": 1 }, { "name": "begin", "number": 3, "type": 5, "label": 1 }, { "name": "end", "number": 4, "type": 5, "label": 1 }, { "name": "semantic", "number": 5, "type": 14, "label": 1, "typeName": ".google.protobuf.GeneratedCodeInfo.Annotation.Semantic" }], "enumType": [{ "name": "Semantic", "value": [{ "name": "NONE", "number": 0 }, { "name": "SET", "number": 1 }, { "name": "ALIAS", "number": 2 }] }] }] }], "enumType": [{ "name": "Edition", "value": [{ "name": "EDITION_UNKNOWN", "number": 0 }, { "name": "EDITION_LEGACY", "number": 900 }, { "name": "EDITION_PROTO2", "number": 998 }, { "name": "EDITION_PROTO3", "number": 999 }, { "name": "EDITION_2023", "number": 1e3 }, { "name": "EDITION_2024", "number": 1001 }, { "name": "EDITION_2026", "number": 1002 }, { "name": "EDITION_UNSTABLE", "number": 9999 }, { "name": "EDITION_1_TEST_ONLY", "number": 1 }, { "name": "EDITION_2_TEST_ONLY", "number": 2 }, { "name": "EDITION_99997_TEST_ONLY", "number": 99997 }, { "name": "EDITION_99998_TEST_ONLY", "number": 99998 }, { "name": "EDITION_99999_TEST_ONLY", "number": 99999 }, { "name": "EDITION_MAX", "number": 2147483647 }] }, { "name": "SymbolVisibility", "value": [{ "name": "VISIBILITY_UNSET", "number": 0 }, { "name": "VISIBILITY_LOCAL", "number": 1 }, { "name": "VISIBILITY_EXPORT", "number": 2 }] }] });
var FileDescriptorProtoSchema = /* @__PURE__ */ messageDesc(file_google_protobuf_descriptor, 1);
var ExtensionRangeOptions_VerificationState;
(function(ExtensionRangeOptions_VerificationState2) {
  ExtensionRangeOptions_VerificationState2[ExtensionRangeOptions_VerificationState2["DECLARATION"] = 0] = "DECLARATION";
  ExtensionRangeOptions_VerificationState2[ExtensionRangeOptions_VerificationState2["UNVERIFIED"] = 1] = "UNVERIFIED";
})(ExtensionRangeOptions_VerificationState || (ExtensionRangeOptions_VerificationState = {}));
var FieldDescriptorProto_Type;
(function(FieldDescriptorProto_Type2) {
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["DOUBLE"] = 1] = "DOUBLE";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["FLOAT"] = 2] = "FLOAT";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["INT64"] = 3] = "INT64";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["UINT64"] = 4] = "UINT64";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["INT32"] = 5] = "INT32";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["FIXED64"] = 6] = "FIXED64";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["FIXED32"] = 7] = "FIXED32";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["BOOL"] = 8] = "BOOL";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["STRING"] = 9] = "STRING";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["GROUP"] = 10] = "GROUP";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["MESSAGE"] = 11] = "MESSAGE";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["BYTES"] = 12] = "BYTES";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["UINT32"] = 13] = "UINT32";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["ENUM"] = 14] = "ENUM";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["SFIXED32"] = 15] = "SFIXED32";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["SFIXED64"] = 16] = "SFIXED64";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["SINT32"] = 17] = "SINT32";
  FieldDescriptorProto_Type2[FieldDescriptorProto_Type2["SINT64"] = 18] = "SINT64";
})(FieldDescriptorProto_Type || (FieldDescriptorProto_Type = {}));
var FieldDescriptorProto_Label;
(function(FieldDescriptorProto_Label2) {
  FieldDescriptorProto_Label2[FieldDescriptorProto_Label2["OPTIONAL"] = 1] = "OPTIONAL";
  FieldDescriptorProto_Label2[FieldDescriptorProto_Label2["REPEATED"] = 3] = "REPEATED";
  FieldDescriptorProto_Label2[FieldDescriptorProto_Label2["REQUIRED"] = 2] = "REQUIRED";
})(FieldDescriptorProto_Label || (FieldDescriptorProto_Label = {}));
var FileOptions_OptimizeMode;
(function(FileOptions_OptimizeMode2) {
  FileOptions_OptimizeMode2[FileOptions_OptimizeMode2["SPEED"] = 1] = "SPEED";
  FileOptions_OptimizeMode2[FileOptions_OptimizeMode2["CODE_SIZE"] = 2] = "CODE_SIZE";
  FileOptions_OptimizeMode2[FileOptions_OptimizeMode2["LITE_RUNTIME"] = 3] = "LITE_RUNTIME";
})(FileOptions_OptimizeMode || (FileOptions_OptimizeMode = {}));
var FieldOptions_CType;
(function(FieldOptions_CType2) {
  FieldOptions_CType2[FieldOptions_CType2["STRING"] = 0] = "STRING";
  FieldOptions_CType2[FieldOptions_CType2["CORD"] = 1] = "CORD";
  FieldOptions_CType2[FieldOptions_CType2["STRING_PIECE"] = 2] = "STRING_PIECE";
})(FieldOptions_CType || (FieldOptions_CType = {}));
var FieldOptions_JSType;
(function(FieldOptions_JSType2) {
  FieldOptions_JSType2[FieldOptions_JSType2["JS_NORMAL"] = 0] = "JS_NORMAL";
  FieldOptions_JSType2[FieldOptions_JSType2["JS_STRING"] = 1] = "JS_STRING";
  FieldOptions_JSType2[FieldOptions_JSType2["JS_NUMBER"] = 2] = "JS_NUMBER";
})(FieldOptions_JSType || (FieldOptions_JSType = {}));
var FieldOptions_OptionRetention;
(function(FieldOptions_OptionRetention2) {
  FieldOptions_OptionRetention2[FieldOptions_OptionRetention2["RETENTION_UNKNOWN"] = 0] = "RETENTION_UNKNOWN";
  FieldOptions_OptionRetention2[FieldOptions_OptionRetention2["RETENTION_RUNTIME"] = 1] = "RETENTION_RUNTIME";
  FieldOptions_OptionRetention2[FieldOptions_OptionRetention2["RETENTION_SOURCE"] = 2] = "RETENTION_SOURCE";
})(FieldOptions_OptionRetention || (FieldOptions_OptionRetention = {}));
var FieldOptions_OptionTargetType;
(function(FieldOptions_OptionTargetType2) {
  FieldOptions_OptionTargetType2[FieldOptions_OptionTargetType2["TARGET_TYPE_UNKNOWN"] = 0] = "TARGET_TYPE_UNKNOWN";
  FieldOptions_OptionTargetType2[FieldOptions_OptionTargetType2["TARGET_TYPE_FILE"] = 1] = "TARGET_TYPE_FILE";
  FieldOptions_OptionTargetType2[FieldOptions_OptionTargetType2["TARGET_TYPE_EXTENSION_RANGE"] = 2] = "TARGET_TYPE_EXTENSION_RANGE";
  FieldOptions_OptionTargetType2[FieldOptions_OptionTargetType2["TARGET_TYPE_MESSAGE"] = 3] = "TARGET_TYPE_MESSAGE";
  FieldOptions_OptionTargetType2[FieldOptions_OptionTargetType2["TARGET_TYPE_FIELD"] = 4] = "TARGET_TYPE_FIELD";
  FieldOptions_OptionTargetType2[FieldOptions_OptionTargetType2["TARGET_TYPE_ONEOF"] = 5] = "TARGET_TYPE_ONEOF";
  FieldOptions_OptionTargetType2[FieldOptions_OptionTargetType2["TARGET_TYPE_ENUM"] = 6] = "TARGET_TYPE_ENUM";
  FieldOptions_OptionTargetType2[FieldOptions_OptionTargetType2["TARGET_TYPE_ENUM_ENTRY"] = 7] = "TARGET_TYPE_ENUM_ENTRY";
  FieldOptions_OptionTargetType2[FieldOptions_OptionTargetType2["TARGET_TYPE_SERVICE"] = 8] = "TARGET_TYPE_SERVICE";
  FieldOptions_OptionTargetType2[FieldOptions_OptionTargetType2["TARGET_TYPE_METHOD"] = 9] = "TARGET_TYPE_METHOD";
})(FieldOptions_OptionTargetType || (FieldOptions_OptionTargetType = {}));
var MethodOptions_IdempotencyLevel;
(function(MethodOptions_IdempotencyLevel2) {
  MethodOptions_IdempotencyLevel2[MethodOptions_IdempotencyLevel2["IDEMPOTENCY_UNKNOWN"] = 0] = "IDEMPOTENCY_UNKNOWN";
  MethodOptions_IdempotencyLevel2[MethodOptions_IdempotencyLevel2["NO_SIDE_EFFECTS"] = 1] = "NO_SIDE_EFFECTS";
  MethodOptions_IdempotencyLevel2[MethodOptions_IdempotencyLevel2["IDEMPOTENT"] = 2] = "IDEMPOTENT";
})(MethodOptions_IdempotencyLevel || (MethodOptions_IdempotencyLevel = {}));
var FeatureSet_VisibilityFeature_DefaultSymbolVisibility;
(function(FeatureSet_VisibilityFeature_DefaultSymbolVisibility2) {
  FeatureSet_VisibilityFeature_DefaultSymbolVisibility2[FeatureSet_VisibilityFeature_DefaultSymbolVisibility2["DEFAULT_SYMBOL_VISIBILITY_UNKNOWN"] = 0] = "DEFAULT_SYMBOL_VISIBILITY_UNKNOWN";
  FeatureSet_VisibilityFeature_DefaultSymbolVisibility2[FeatureSet_VisibilityFeature_DefaultSymbolVisibility2["EXPORT_ALL"] = 1] = "EXPORT_ALL";
  FeatureSet_VisibilityFeature_DefaultSymbolVisibility2[FeatureSet_VisibilityFeature_DefaultSymbolVisibility2["EXPORT_TOP_LEVEL"] = 2] = "EXPORT_TOP_LEVEL";
  FeatureSet_VisibilityFeature_DefaultSymbolVisibility2[FeatureSet_VisibilityFeature_DefaultSymbolVisibility2["LOCAL_ALL"] = 3] = "LOCAL_ALL";
  FeatureSet_VisibilityFeature_DefaultSymbolVisibility2[FeatureSet_VisibilityFeature_DefaultSymbolVisibility2["STRICT"] = 4] = "STRICT";
})(FeatureSet_VisibilityFeature_DefaultSymbolVisibility || (FeatureSet_VisibilityFeature_DefaultSymbolVisibility = {}));
var FeatureSet_ProtoLimitsFeature_EnforceProtoLimits;
(function(FeatureSet_ProtoLimitsFeature_EnforceProtoLimits2) {
  FeatureSet_ProtoLimitsFeature_EnforceProtoLimits2[FeatureSet_ProtoLimitsFeature_EnforceProtoLimits2["PROTO_LIMITS_UNKNOWN"] = 0] = "PROTO_LIMITS_UNKNOWN";
  FeatureSet_ProtoLimitsFeature_EnforceProtoLimits2[FeatureSet_ProtoLimitsFeature_EnforceProtoLimits2["LEGACY_NO_EXPLICIT_LIMITS"] = 1] = "LEGACY_NO_EXPLICIT_LIMITS";
  FeatureSet_ProtoLimitsFeature_EnforceProtoLimits2[FeatureSet_ProtoLimitsFeature_EnforceProtoLimits2["PROTO_LIMITS2026"] = 2] = "PROTO_LIMITS2026";
})(FeatureSet_ProtoLimitsFeature_EnforceProtoLimits || (FeatureSet_ProtoLimitsFeature_EnforceProtoLimits = {}));
var FeatureSet_FieldPresence;
(function(FeatureSet_FieldPresence2) {
  FeatureSet_FieldPresence2[FeatureSet_FieldPresence2["FIELD_PRESENCE_UNKNOWN"] = 0] = "FIELD_PRESENCE_UNKNOWN";
  FeatureSet_FieldPresence2[FeatureSet_FieldPresence2["EXPLICIT"] = 1] = "EXPLICIT";
  FeatureSet_FieldPresence2[FeatureSet_FieldPresence2["IMPLICIT"] = 2] = "IMPLICIT";
  FeatureSet_FieldPresence2[FeatureSet_FieldPresence2["LEGACY_REQUIRED"] = 3] = "LEGACY_REQUIRED";
})(FeatureSet_FieldPresence || (FeatureSet_FieldPresence = {}));
var FeatureSet_EnumType;
(function(FeatureSet_EnumType2) {
  FeatureSet_EnumType2[FeatureSet_EnumType2["ENUM_TYPE_UNKNOWN"] = 0] = "ENUM_TYPE_UNKNOWN";
  FeatureSet_EnumType2[FeatureSet_EnumType2["OPEN"] = 1] = "OPEN";
  FeatureSet_EnumType2[FeatureSet_EnumType2["CLOSED"] = 2] = "CLOSED";
})(FeatureSet_EnumType || (FeatureSet_EnumType = {}));
var FeatureSet_RepeatedFieldEncoding;
(function(FeatureSet_RepeatedFieldEncoding2) {
  FeatureSet_RepeatedFieldEncoding2[FeatureSet_RepeatedFieldEncoding2["REPEATED_FIELD_ENCODING_UNKNOWN"] = 0] = "REPEATED_FIELD_ENCODING_UNKNOWN";
  FeatureSet_RepeatedFieldEncoding2[FeatureSet_RepeatedFieldEncoding2["PACKED"] = 1] = "PACKED";
  FeatureSet_RepeatedFieldEncoding2[FeatureSet_RepeatedFieldEncoding2["EXPANDED"] = 2] = "EXPANDED";
})(FeatureSet_RepeatedFieldEncoding || (FeatureSet_RepeatedFieldEncoding = {}));
var FeatureSet_Utf8Validation;
(function(FeatureSet_Utf8Validation2) {
  FeatureSet_Utf8Validation2[FeatureSet_Utf8Validation2["UTF8_VALIDATION_UNKNOWN"] = 0] = "UTF8_VALIDATION_UNKNOWN";
  FeatureSet_Utf8Validation2[FeatureSet_Utf8Validation2["VERIFY"] = 2] = "VERIFY";
  FeatureSet_Utf8Validation2[FeatureSet_Utf8Validation2["NONE"] = 3] = "NONE";
})(FeatureSet_Utf8Validation || (FeatureSet_Utf8Validation = {}));
var FeatureSet_MessageEncoding;
(function(FeatureSet_MessageEncoding2) {
  FeatureSet_MessageEncoding2[FeatureSet_MessageEncoding2["MESSAGE_ENCODING_UNKNOWN"] = 0] = "MESSAGE_ENCODING_UNKNOWN";
  FeatureSet_MessageEncoding2[FeatureSet_MessageEncoding2["LENGTH_PREFIXED"] = 1] = "LENGTH_PREFIXED";
  FeatureSet_MessageEncoding2[FeatureSet_MessageEncoding2["DELIMITED"] = 2] = "DELIMITED";
})(FeatureSet_MessageEncoding || (FeatureSet_MessageEncoding = {}));
var FeatureSet_JsonFormat;
(function(FeatureSet_JsonFormat2) {
  FeatureSet_JsonFormat2[FeatureSet_JsonFormat2["JSON_FORMAT_UNKNOWN"] = 0] = "JSON_FORMAT_UNKNOWN";
  FeatureSet_JsonFormat2[FeatureSet_JsonFormat2["ALLOW"] = 1] = "ALLOW";
  FeatureSet_JsonFormat2[FeatureSet_JsonFormat2["LEGACY_BEST_EFFORT"] = 2] = "LEGACY_BEST_EFFORT";
})(FeatureSet_JsonFormat || (FeatureSet_JsonFormat = {}));
var FeatureSet_EnforceNamingStyle;
(function(FeatureSet_EnforceNamingStyle2) {
  FeatureSet_EnforceNamingStyle2[FeatureSet_EnforceNamingStyle2["ENFORCE_NAMING_STYLE_UNKNOWN"] = 0] = "ENFORCE_NAMING_STYLE_UNKNOWN";
  FeatureSet_EnforceNamingStyle2[FeatureSet_EnforceNamingStyle2["STYLE2024"] = 1] = "STYLE2024";
  FeatureSet_EnforceNamingStyle2[FeatureSet_EnforceNamingStyle2["STYLE_LEGACY"] = 2] = "STYLE_LEGACY";
  FeatureSet_EnforceNamingStyle2[FeatureSet_EnforceNamingStyle2["STYLE2026"] = 3] = "STYLE2026";
})(FeatureSet_EnforceNamingStyle || (FeatureSet_EnforceNamingStyle = {}));
var GeneratedCodeInfo_Annotation_Semantic;
(function(GeneratedCodeInfo_Annotation_Semantic2) {
  GeneratedCodeInfo_Annotation_Semantic2[GeneratedCodeInfo_Annotation_Semantic2["NONE"] = 0] = "NONE";
  GeneratedCodeInfo_Annotation_Semantic2[GeneratedCodeInfo_Annotation_Semantic2["SET"] = 1] = "SET";
  GeneratedCodeInfo_Annotation_Semantic2[GeneratedCodeInfo_Annotation_Semantic2["ALIAS"] = 2] = "ALIAS";
})(GeneratedCodeInfo_Annotation_Semantic || (GeneratedCodeInfo_Annotation_Semantic = {}));
var Edition;
(function(Edition2) {
  Edition2[Edition2["EDITION_UNKNOWN"] = 0] = "EDITION_UNKNOWN";
  Edition2[Edition2["EDITION_LEGACY"] = 900] = "EDITION_LEGACY";
  Edition2[Edition2["EDITION_PROTO2"] = 998] = "EDITION_PROTO2";
  Edition2[Edition2["EDITION_PROTO3"] = 999] = "EDITION_PROTO3";
  Edition2[Edition2["EDITION_2023"] = 1e3] = "EDITION_2023";
  Edition2[Edition2["EDITION_2024"] = 1001] = "EDITION_2024";
  Edition2[Edition2["EDITION_2026"] = 1002] = "EDITION_2026";
  Edition2[Edition2["EDITION_UNSTABLE"] = 9999] = "EDITION_UNSTABLE";
  Edition2[Edition2["EDITION_1_TEST_ONLY"] = 1] = "EDITION_1_TEST_ONLY";
  Edition2[Edition2["EDITION_2_TEST_ONLY"] = 2] = "EDITION_2_TEST_ONLY";
  Edition2[Edition2["EDITION_99997_TEST_ONLY"] = 99997] = "EDITION_99997_TEST_ONLY";
  Edition2[Edition2["EDITION_99998_TEST_ONLY"] = 99998] = "EDITION_99998_TEST_ONLY";
  Edition2[Edition2["EDITION_99999_TEST_ONLY"] = 99999] = "EDITION_99999_TEST_ONLY";
  Edition2[Edition2["EDITION_MAX"] = 2147483647] = "EDITION_MAX";
})(Edition || (Edition = {}));
var SymbolVisibility;
(function(SymbolVisibility2) {
  SymbolVisibility2[SymbolVisibility2["VISIBILITY_UNSET"] = 0] = "VISIBILITY_UNSET";
  SymbolVisibility2[SymbolVisibility2["VISIBILITY_LOCAL"] = 1] = "VISIBILITY_LOCAL";
  SymbolVisibility2[SymbolVisibility2["VISIBILITY_EXPORT"] = 2] = "VISIBILITY_EXPORT";
})(SymbolVisibility || (SymbolVisibility = {}));

// node_modules/@bufbuild/protobuf/dist/esm/from-binary.js
function makeReadContext(options) {
  return Object.assign(Object.assign({ readUnknownFields: true, recursionLimit: 100 }, options), { depth: 0 });
}
function fromBinary(schema, bytes, options) {
  const message = create(schema);
  compiledReader(schema).read(message, new BinaryReader(bytes), makeReadContext(options), bytes.byteLength);
  return message;
}
var compiledReaders = /* @__PURE__ */ new WeakMap();
function compiledReader(desc) {
  let compiled = compiledReaders.get(desc);
  if (compiled === void 0) {
    compiled = compileMessage(desc);
  }
  return compiled;
}
function compileMessage(desc) {
  const descString = String(desc);
  const fieldReaders = /* @__PURE__ */ new Map();
  const compiled = {
    read: compileMessageReader(descString, fieldReaders),
    readGroup: compileGroupReader(descString, fieldReaders)
  };
  compiledReaders.set(desc, compiled);
  for (const field of desc.fields) {
    fieldReaders.set(field.number, compileFieldReader(field));
  }
  return compiled;
}
function compileMessageReader(descString, fieldReaders) {
  return (message, reader, ctx, length) => {
    var _a;
    if (++ctx.depth > ctx.recursionLimit) {
      throw new Error(`cannot decode ${descString} from binary: maximum recursion depth of ${ctx.recursionLimit} reached`);
    }
    const end = reader.pos + length;
    const unknownFields = (_a = message.$unknown) !== null && _a !== void 0 ? _a : [];
    while (reader.pos < end) {
      const [fieldNo, wireType] = reader.tag();
      const fieldReader = fieldReaders.get(fieldNo);
      if (fieldReader === void 0) {
        const data = reader.skip(wireType, fieldNo, ctx.recursionLimit - ctx.depth);
        if (ctx.readUnknownFields) {
          unknownFields.push({ no: fieldNo, wireType, data });
        }
        continue;
      }
      fieldReader(message, reader, ctx, wireType);
    }
    if (unknownFields.length > 0) {
      message.$unknown = unknownFields;
    }
    ctx.depth--;
  };
}
function compileGroupReader(descString, fieldReaders) {
  return (message, reader, ctx, fieldNo) => {
    var _a;
    if (++ctx.depth > ctx.recursionLimit) {
      throw new Error(`cannot decode ${descString} from binary: maximum recursion depth of ${ctx.recursionLimit} reached`);
    }
    let recordFieldNo;
    let wireType;
    const unknownFields = (_a = message.$unknown) !== null && _a !== void 0 ? _a : [];
    while (reader.pos < reader.len) {
      [recordFieldNo, wireType] = reader.tag();
      if (wireType == WireType.EndGroup) {
        break;
      }
      const fieldReader = fieldReaders.get(recordFieldNo);
      if (fieldReader === void 0) {
        const data = reader.skip(wireType, recordFieldNo, ctx.recursionLimit - ctx.depth);
        if (ctx.readUnknownFields) {
          unknownFields.push({ no: recordFieldNo, wireType, data });
        }
        continue;
      }
      fieldReader(message, reader, ctx, wireType);
    }
    if (wireType != WireType.EndGroup || recordFieldNo !== fieldNo) {
      throw new Error("invalid end group tag");
    }
    if (unknownFields.length > 0) {
      message.$unknown = unknownFields;
    }
    ctx.depth--;
  };
}
function compileFieldReader(field) {
  switch (field.fieldKind) {
    case "scalar":
      return compileScalarFieldReader(field);
    case "enum":
      return compileEnumFieldReader(field);
    case "message":
      return compileMessageFieldReader(field);
    case "list":
      return compileListFieldReader(field);
    case "map":
      return compileMapFieldReader(field);
  }
}
function compileScalarFieldReader(field) {
  const readScalar = compileScalarReader(field.scalar, field.utf8Validation, field.longAsString);
  const localName = field.localName;
  if (field.oneof) {
    const oneofLocalName = field.oneof.localName;
    return (message, reader) => {
      message[oneofLocalName] = {
        case: localName,
        value: readScalar(reader)
      };
    };
  }
  return (message, reader) => {
    message[localName] = readScalar(reader);
  };
}
function compileEnumFieldReader(field) {
  var _a;
  const localName = field.localName;
  const oneofLocalName = (_a = field.oneof) === null || _a === void 0 ? void 0 : _a.localName;
  if (field.enum.open) {
    if (oneofLocalName !== void 0) {
      return (message, reader) => {
        message[oneofLocalName] = { case: localName, value: reader.int32() };
      };
    }
    return (message, reader) => {
      message[localName] = reader.int32();
    };
  }
  const values = field.enum.values;
  const fieldNo = field.number;
  return (message, reader, ctx, wireType) => {
    var _a2;
    const val = reader.int32();
    if (values.some((v) => v.number === val)) {
      if (oneofLocalName !== void 0) {
        message[oneofLocalName] = { case: localName, value: val };
      } else {
        message[localName] = val;
      }
    } else if (ctx.readUnknownFields) {
      const bytes = [];
      varint32write(val, bytes);
      const unknownFields = (_a2 = message.$unknown) !== null && _a2 !== void 0 ? _a2 : [];
      unknownFields.push({
        no: fieldNo,
        wireType,
        data: new Uint8Array(bytes)
      });
      message.$unknown = unknownFields;
    }
  };
}
function compileMessageFieldReader(field) {
  const localName = field.localName;
  const { toMessage, toLocal } = localMessageMapper(field);
  const readChild = compileChildReader(field);
  if (field.oneof) {
    const oneofLocalName = field.oneof.localName;
    return (message, reader, ctx) => {
      const oneof = message[oneofLocalName];
      const child = toMessage(oneof.case === localName ? oneof.value : void 0);
      readChild(child, reader, ctx);
      message[oneofLocalName] = { case: localName, value: toLocal(child) };
    };
  }
  return (message, reader, ctx) => {
    const child = toMessage(message[localName]);
    readChild(child, reader, ctx);
    message[localName] = toLocal(child);
  };
}
function compileChildReader(field) {
  const compiledChild = compiledReader(field.message);
  if (field.delimitedEncoding) {
    const fieldNo = field.number;
    return (child, reader, ctx) => compiledChild.readGroup(child, reader, ctx, fieldNo);
  }
  return (child, reader, ctx) => compiledChild.read(child, reader, ctx, reader.uint32());
}
function compileListFieldReader(field) {
  const localName = field.localName;
  if (field.listKind == "message") {
    const { toMessage, toLocal } = localMessageMapper(field);
    const readChild = compileChildReader(field);
    return (message, reader, ctx) => {
      const child = toMessage(void 0);
      readChild(child, reader, ctx);
      message[localName].push(toLocal(child));
    };
  }
  const scalarType = field.listKind == "enum" ? ScalarType.INT32 : field.scalar;
  const longAsString = field.listKind == "scalar" ? field.longAsString : false;
  const readScalar = compileScalarReader(scalarType, field.utf8Validation, longAsString);
  const packedPossible = scalarType != ScalarType.STRING && scalarType != ScalarType.BYTES;
  return (message, reader, ctx, wireType) => {
    const items = message[localName];
    if (wireType == WireType.LengthDelimited && packedPossible) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) {
        items.push(readScalar(reader));
      }
    } else {
      items.push(readScalar(reader));
    }
  };
}
function compileMapFieldReader(field) {
  const localName = field.localName;
  const readKey = compileScalarReader(field.mapKey, field.utf8Validation, false);
  const keyZero = scalarZeroValue(field.mapKey, false);
  let readValue;
  let valueDefault;
  switch (field.mapKind) {
    case "scalar": {
      const scalar = field.scalar;
      const readScalar = compileScalarReader(scalar, field.utf8Validation, false);
      readValue = (reader) => readScalar(reader);
      if (scalar == ScalarType.BYTES) {
        valueDefault = () => new Uint8Array(0);
      } else {
        const zero = scalarZeroValue(scalar, false);
        valueDefault = () => zero;
      }
      break;
    }
    case "enum": {
      const zero = field.enum.values[0].number;
      readValue = (reader) => reader.int32();
      valueDefault = () => zero;
      break;
    }
    case "message": {
      const { toMessage, toLocal } = localMessageMapper(field);
      const readChild = compiledReader(field.message).read;
      readValue = (reader, ctx, existing) => {
        const child = toMessage(existing);
        readChild(child, reader, ctx, reader.uint32());
        return toLocal(child);
      };
      valueDefault = () => toLocal(toMessage(void 0));
      break;
    }
  }
  return (message, reader, ctx) => {
    const record = message[localName];
    let key;
    let val;
    const len = reader.uint32();
    const end = reader.pos + len;
    while (reader.pos < end) {
      const [fieldNo, wireType] = reader.tag();
      switch (fieldNo) {
        case 1:
          key = readKey(reader);
          break;
        case 2:
          val = readValue(reader, ctx, val);
          break;
        default:
          reader.skip(wireType, fieldNo, ctx.recursionLimit - ctx.depth);
      }
    }
    if (key === void 0) {
      key = keyZero;
    }
    if (val === void 0) {
      val = valueDefault();
    }
    setOwn(record, key, val);
  };
}
function compileScalarReader(type, utf8Validation, longAsString) {
  switch (type) {
    case ScalarType.STRING:
      return (reader) => reader.string(utf8Validation);
    case ScalarType.BOOL:
      return (reader) => reader.bool();
    case ScalarType.DOUBLE:
      return (reader) => reader.double();
    case ScalarType.FLOAT:
      return (reader) => reader.float();
    case ScalarType.INT32:
      return (reader) => reader.int32();
    case ScalarType.INT64:
      if (longAsString) {
        return (reader) => String(reader.int64());
      }
      return (reader) => reader.int64();
    case ScalarType.UINT64:
      if (longAsString) {
        return (reader) => String(reader.uint64());
      }
      return (reader) => reader.uint64();
    case ScalarType.FIXED64:
      if (longAsString) {
        return (reader) => String(reader.fixed64());
      }
      return (reader) => reader.fixed64();
    case ScalarType.BYTES:
      return (reader) => reader.bytes();
    case ScalarType.FIXED32:
      return (reader) => reader.fixed32();
    case ScalarType.SFIXED32:
      return (reader) => reader.sfixed32();
    case ScalarType.SFIXED64:
      if (longAsString) {
        return (reader) => String(reader.sfixed64());
      }
      return (reader) => reader.sfixed64();
    case ScalarType.SINT64:
      if (longAsString) {
        return (reader) => String(reader.sint64());
      }
      return (reader) => reader.sint64();
    case ScalarType.UINT32:
      return (reader) => reader.uint32();
    case ScalarType.SINT32:
      return (reader) => reader.sint32();
  }
}

// node_modules/@bufbuild/protobuf/dist/esm/codegenv2/file.js
function fileDesc(b64, imports) {
  var _a;
  const root = fromBinary(FileDescriptorProtoSchema, base64Decode(b64));
  root.messageType.forEach(restoreJsonNames);
  root.dependency = (_a = imports === null || imports === void 0 ? void 0 : imports.map((f) => f.proto.name)) !== null && _a !== void 0 ? _a : [];
  const reg = createEmbeddedFileRegistry(root, (protoFileName) => imports === null || imports === void 0 ? void 0 : imports.find((f) => f.proto.name === protoFileName));
  return reg.getFile(root.name);
}

// node_modules/@bufbuild/protobuf/dist/esm/to-binary.js
var IMPLICIT3 = 2;
var LEGACY_REQUIRED2 = 3;
var writeDefaults = {
  writeUnknownFields: true
};
function makeWriteOptions(options) {
  return options ? Object.assign(Object.assign({}, writeDefaults), options) : writeDefaults;
}
function toBinary(schema, message, options) {
  const writer = new BinaryWriter();
  compiledWriter(schema)(writer, makeWriteOptions(options), message);
  return writer.finish();
}
var compiledWriters = /* @__PURE__ */ new WeakMap();
function compiledWriter(desc) {
  let compiled = compiledWriters.get(desc);
  if (compiled === void 0) {
    compiled = compileMessage2(desc);
  }
  return compiled;
}
function compileMessage2(desc) {
  const typeName = desc.typeName;
  const sortedFields = desc.fields.concat().sort((a, b) => a.number - b.number);
  const foreignField = sortedFields[0];
  const fieldWriters = [];
  const compiled = (writer, opts, message) => {
    if (message.$typeName !== typeName && foreignField !== void 0) {
      throw new FieldError(foreignField, `cannot use ${foreignField} with message ${message.$typeName}`, "ForeignFieldError");
    }
    for (let i = 0; i < fieldWriters.length; i++) {
      fieldWriters[i](writer, opts, message);
    }
    const unknown = message.$unknown;
    if (unknown !== void 0 && opts.writeUnknownFields) {
      for (let i = 0; i < unknown.length; i++) {
        const { no, wireType, data } = unknown[i];
        writer.tag(no, wireType).raw(data);
      }
    }
  };
  compiledWriters.set(desc, compiled);
  for (const field of sortedFields) {
    fieldWriters.push(compileField(field));
  }
  return compiled;
}
function compileField(field) {
  switch (field.fieldKind) {
    case "message":
    case "scalar":
    case "enum":
      return compileSingularField(field);
    case "list":
      return compileListField(field);
    case "map":
      return compileMapField(field);
  }
}
function compileSingularField(field) {
  const writeValue = compileSingularValue(field);
  const localName = field.localName;
  if (field.oneof) {
    const oneofLocalName = field.oneof.localName;
    return (writer, opts, message) => {
      const oneof = message[oneofLocalName];
      if (oneof.case === localName) {
        writeValue(writer, opts, oneof.value);
      }
    };
  }
  if (field.presence != IMPLICIT3) {
    const requiredError = field.presence == LEGACY_REQUIRED2 ? `cannot encode ${field} to binary: required field not set` : void 0;
    return (writer, opts, message) => {
      const value = message[localName];
      if (value !== void 0 && Object.prototype.hasOwnProperty.call(message, localName)) {
        writeValue(writer, opts, value);
      } else if (requiredError !== void 0) {
        throw new Error(requiredError);
      }
    };
  }
  if (field.fieldKind == "enum") {
    const zero = field.enum.values[0].number;
    return (writer, opts, message) => {
      const value = message[localName];
      if (value !== zero) {
        writeValue(writer, opts, value);
      }
    };
  }
  switch (field.scalar) {
    case ScalarType.BOOL:
      return (writer, opts, message) => {
        const value = message[localName];
        if (value !== false) {
          writeValue(writer, opts, value);
        }
      };
    case ScalarType.STRING:
      return (writer, opts, message) => {
        const value = message[localName];
        if (value !== "") {
          writeValue(writer, opts, value);
        }
      };
    case ScalarType.BYTES:
      return (writer, opts, message) => {
        const value = message[localName];
        if (!(value instanceof Uint8Array) || value.byteLength > 0) {
          writeValue(writer, opts, value);
        }
      };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return (writer, opts, message) => {
        const value = message[localName];
        if (!Object.is(value, 0)) {
          writeValue(writer, opts, value);
        }
      };
    default:
      return (writer, opts, message) => {
        const value = message[localName];
        if (value != 0) {
          writeValue(writer, opts, value);
        }
      };
  }
}
function compileSingularValue(field) {
  switch (field.fieldKind) {
    case "message": {
      const { toMessage } = localMessageMapper(field);
      const writeChild = compileChildWriter(field);
      return (writer, opts, value) => {
        writeChild(writer, opts, toMessage(value));
      };
    }
    case "scalar":
    case "enum": {
      const scalarType = field.fieldKind == "enum" ? ScalarType.INT32 : field.scalar;
      const fieldNo = field.number;
      const wireType = writeTypeOfScalar(scalarType);
      const writeScalar = compileScalarValue(scalarType, field.parent.typeName, field.name);
      return (writer, opts, value) => {
        writer.tag(fieldNo, wireType);
        writeScalar(writer, value);
      };
    }
  }
}
function compileListField(field) {
  const localName = field.localName;
  const fieldNo = field.number;
  switch (field.listKind) {
    case "message": {
      const { toMessage } = localMessageMapper(field);
      const writeChild = compileChildWriter(field);
      return (writer, opts, message) => {
        const items = message[localName];
        for (let i = 0; i < items.length; i++) {
          writeChild(writer, opts, toMessage(items[i]));
        }
      };
    }
    case "scalar":
    case "enum": {
      const scalarType = field.listKind == "enum" ? ScalarType.INT32 : field.scalar;
      const writeScalar = compileScalarValue(scalarType, field.parent.typeName, field.name);
      if (field.packed) {
        return (writer, opts, message) => {
          const items = message[localName];
          if (items.length == 0) {
            return;
          }
          writer.tag(fieldNo, WireType.LengthDelimited).fork();
          for (let i = 0; i < items.length; i++) {
            writeScalar(writer, items[i]);
          }
          writer.join();
        };
      }
      const wireType = writeTypeOfScalar(scalarType);
      return (writer, opts, message) => {
        const items = message[localName];
        for (let i = 0; i < items.length; i++) {
          writer.tag(fieldNo, wireType);
          writeScalar(writer, items[i]);
        }
      };
    }
  }
}
function compileMapField(field) {
  const localName = field.localName;
  const fieldNo = field.number;
  const writeKey = compileMapKey(field);
  if (field.mapKind == "message") {
    const { toMessage } = localMessageMapper(field);
    const writeMessage = compiledWriter(field.message);
    return (writer, opts, message) => {
      const record = message[localName];
      const keys = Object.keys(record);
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i];
        writer.tag(fieldNo, WireType.LengthDelimited).fork();
        writeKey(writer, key);
        writer.tag(2, WireType.LengthDelimited).fork();
        writeMessage(writer, opts, toMessage(record[key]));
        writer.join();
        writer.join();
      }
    };
  }
  const scalarType = field.mapKind == "enum" ? ScalarType.INT32 : field.scalar;
  const valueWireType = writeTypeOfScalar(scalarType);
  const writeScalar = compileScalarValue(scalarType, field.parent.typeName, field.name);
  return (writer, opts, message) => {
    const record = message[localName];
    const keys = Object.keys(record);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      writer.tag(fieldNo, WireType.LengthDelimited).fork();
      writeKey(writer, key);
      writer.tag(2, valueWireType);
      writeScalar(writer, record[key]);
      writer.join();
    }
  };
}
function compileMapKey(field) {
  const wireType = writeTypeOfScalar(field.mapKey);
  const writeScalar = compileScalarValue(field.mapKey, field.parent.typeName, field.name);
  const convertKey = compileMapKeyConverter(field.mapKey);
  return (writer, key) => {
    writer.tag(1, wireType);
    writeScalar(writer, convertKey(key));
  };
}
function compileMapKeyConverter(type) {
  switch (type) {
    case ScalarType.STRING:
      return (key) => key;
    case ScalarType.BOOL:
      return (key) => key === "true" ? true : key === "false" ? false : key;
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return (key) => {
        try {
          return protoInt64.uParse(key);
        } catch (_a) {
          return key;
        }
      };
    case ScalarType.INT64:
    case ScalarType.SFIXED64:
    case ScalarType.SINT64:
      return (key) => {
        try {
          return protoInt64.parse(key);
        } catch (_a) {
          return key;
        }
      };
    default:
      return (key) => {
        const n = Number.parseInt(key);
        return Number.isFinite(n) ? n : key;
      };
  }
}
function compileScalarValue(type, messageName, fieldName) {
  const writeScalar = compileScalarWrite(type);
  return (writer, value) => {
    try {
      writeScalar(writer, value);
    } catch (e) {
      if (e instanceof Error) {
        throw new Error(`cannot encode field ${messageName}.${fieldName} to binary: ${e.message}`);
      }
      throw e;
    }
  };
}
function compileScalarWrite(type) {
  switch (type) {
    case ScalarType.STRING:
      return (writer, value) => writer.string(value);
    case ScalarType.BOOL:
      return (writer, value) => writer.bool(value);
    case ScalarType.DOUBLE:
      return (writer, value) => writer.double(value);
    case ScalarType.FLOAT:
      return (writer, value) => writer.float(value);
    case ScalarType.INT32:
      return (writer, value) => writer.int32(value);
    case ScalarType.INT64:
      return (writer, value) => writer.int64(value);
    case ScalarType.UINT64:
      return (writer, value) => writer.uint64(value);
    case ScalarType.FIXED64:
      return (writer, value) => writer.fixed64(value);
    case ScalarType.BYTES:
      return (writer, value) => writer.bytes(value);
    case ScalarType.FIXED32:
      return (writer, value) => writer.fixed32(value);
    case ScalarType.SFIXED32:
      return (writer, value) => writer.sfixed32(value);
    case ScalarType.SFIXED64:
      return (writer, value) => writer.sfixed64(value);
    case ScalarType.SINT64:
      return (writer, value) => writer.sint64(value);
    case ScalarType.UINT32:
      return (writer, value) => writer.uint32(value);
    case ScalarType.SINT32:
      return (writer, value) => writer.sint32(value);
  }
}
function compileChildWriter(field) {
  const fieldNo = field.number;
  const writeMessage = compiledWriter(field.message);
  if (field.delimitedEncoding) {
    return (writer, opts, child) => {
      writer.tag(fieldNo, WireType.StartGroup);
      writeMessage(writer, opts, child);
      writer.tag(fieldNo, WireType.EndGroup);
    };
  }
  return (writer, opts, child) => {
    writer.tag(fieldNo, WireType.LengthDelimited).fork();
    writeMessage(writer, opts, child);
    writer.join();
  };
}
function writeTypeOfScalar(type) {
  switch (type) {
    case ScalarType.BYTES:
    case ScalarType.STRING:
      return WireType.LengthDelimited;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WireType.Bit64;
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
    case ScalarType.FLOAT:
      return WireType.Bit32;
    default:
      return WireType.Varint;
  }
}

// src/onnx/onnx_pb.ts
var file_onnx = /* @__PURE__ */ fileDesc("Cgpvbm54LnByb3RvEg55b2xvcHJ1bmUub25ueCKoAgoKTW9kZWxQcm90bxISCgppcl92ZXJzaW9uGAEgASgDEjgKDG9wc2V0X2ltcG9ydBgIIAMoCzIiLnlvbG9wcnVuZS5vbm54Lk9wZXJhdG9yU2V0SWRQcm90bxIVCg1wcm9kdWNlcl9uYW1lGAIgASgJEhgKEHByb2R1Y2VyX3ZlcnNpb24YAyABKAkSKQoFZ3JhcGgYByABKAsyGi55b2xvcHJ1bmUub25ueC5HcmFwaFByb3RvEj4KDm1ldGFkYXRhX3Byb3BzGA4gAygLMiYueW9sb3BydW5lLm9ubnguU3RyaW5nU3RyaW5nRW50cnlQcm90bxIwCglmdW5jdGlvbnMYGSADKAsyHS55b2xvcHJ1bmUub25ueC5GdW5jdGlvblByb3RvIjUKEk9wZXJhdG9yU2V0SWRQcm90bxIOCgZkb21haW4YASABKAkSDwoHdmVyc2lvbhgCIAEoAyI0ChZTdHJpbmdTdHJpbmdFbnRyeVByb3RvEgsKA2tleRgBIAEoCRINCgV2YWx1ZRgCIAEoCSLGAQoKR3JhcGhQcm90bxInCgRub2RlGAEgAygLMhkueW9sb3BydW5lLm9ubnguTm9kZVByb3RvEjAKC2luaXRpYWxpemVyGAUgAygLMhsueW9sb3BydW5lLm9ubnguVGVuc29yUHJvdG8SLQoFaW5wdXQYCyADKAsyHi55b2xvcHJ1bmUub25ueC5WYWx1ZUluZm9Qcm90bxIuCgZvdXRwdXQYDCADKAsyHi55b2xvcHJ1bmUub25ueC5WYWx1ZUluZm9Qcm90byJHCg5WYWx1ZUluZm9Qcm90bxIMCgRuYW1lGAEgASgJEicKBHR5cGUYAiABKAsyGS55b2xvcHJ1bmUub25ueC5UeXBlUHJvdG8ikAEKCVR5cGVQcm90bxI1Cgt0ZW5zb3JfdHlwZRgBIAEoCzIgLnlvbG9wcnVuZS5vbm54LlR5cGVQcm90by5UZW5zb3IaTAoGVGVuc29yEhEKCWVsZW1fdHlwZRgBIAEoBRIvCgVzaGFwZRgCIAEoCzIgLnlvbG9wcnVuZS5vbm54LlRlbnNvclNoYXBlUHJvdG8ifgoQVGVuc29yU2hhcGVQcm90bxI3CgNkaW0YASADKAsyKi55b2xvcHJ1bmUub25ueC5UZW5zb3JTaGFwZVByb3RvLkRpbWVuc2lvbhoxCglEaW1lbnNpb24SEQoJZGltX3ZhbHVlGAEgASgDEhEKCWRpbV9wYXJhbRgCIAEoCSKMAQoJTm9kZVByb3RvEg0KBWlucHV0GAEgAygJEg4KBm91dHB1dBgCIAMoCRIMCgRuYW1lGAMgASgJEg8KB29wX3R5cGUYBCABKAkSDgoGZG9tYWluGAcgASgJEjEKCWF0dHJpYnV0ZRgFIAMoCzIeLnlvbG9wcnVuZS5vbm54LkF0dHJpYnV0ZVByb3RvIlYKDUZ1bmN0aW9uUHJvdG8SDAoEbmFtZRgBIAEoCRInCgRub2RlGAcgAygLMhkueW9sb3BydW5lLm9ubnguTm9kZVByb3RvEg4KBmRvbWFpbhgKIAEoCSLmAQoOQXR0cmlidXRlUHJvdG8SDAoEbmFtZRgBIAEoCRIJCgFmGAIgASgCEgkKAWkYAyABKAMSCQoBcxgEIAEoDBImCgF0GAUgASgLMhsueW9sb3BydW5lLm9ubnguVGVuc29yUHJvdG8SJQoBZxgGIAEoCzIaLnlvbG9wcnVuZS5vbm54LkdyYXBoUHJvdG8SDgoGZmxvYXRzGAcgAygCEgwKBGludHMYCCADKAMSKgoGZ3JhcGhzGAsgAygLMhoueW9sb3BydW5lLm9ubnguR3JhcGhQcm90bxIMCgR0eXBlGBQgASgFIswBCgtUZW5zb3JQcm90bxIMCgRkaW1zGAEgAygDEhEKCWRhdGFfdHlwZRgCIAEoBRISCgpmbG9hdF9kYXRhGAQgASgMEhIKCmludDMyX2RhdGEYBSABKAwSDAoEbmFtZRgIIAEoCRIQCghyYXdfZGF0YRgJIAEoDBI9Cg1leHRlcm5hbF9kYXRhGA0gAygLMiYueW9sb3BydW5lLm9ubnguU3RyaW5nU3RyaW5nRW50cnlQcm90bxIVCg1kYXRhX2xvY2F0aW9uGA4gASgFYgZwcm90bzM");
var ModelProtoSchema = /* @__PURE__ */ messageDesc(file_onnx, 0);

// src/onnx/graph-writer.ts
var ELEMENT_TYPES = { float32: 1, int64: 7, float64: 11 };
var GraphWriter = class {
  #nodes = [];
  #initializers = [];
  #inputs = [];
  #outputs = [];
  #nextName = 0;
  input({ name, dims }, type = "float32") {
    const shape = {
      dim: dims.map((dim) => typeof dim === "string" ? { dimParam: dim } : { dimValue: BigInt(dim) })
    };
    this.#inputs.push({ name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape } } });
    return name;
  }
  output(name) {
    this.#outputs.push({ name });
  }
  /** Takes a node of another model over. */
  copy(node) {
    this.#nodes.push(node);
  }
  /** Takes a constant of another model over. */
  copyInitializer(tensor) {
    this.#initializers.push(tensor);
  }
  /** Adds a node with one result, and returns the result's name. */
  add(opType, inputs, attributes = {}) {
    const result = this.#name();
    const attribute = Object.entries(attributes).map(([name, value]) => attributeInit(name, value));
    this.#nodes.push({ opType, input: [...inputs], output: [result], attribute });
    return result;
  }
  /** Adds a list of whole numbers, and returns its name. */
  ints(values) {
    const name = this.#name();
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.#initializers.push({ name, dims: [BigInt(values.length)], dataType: ELEMENT_TYPES.int64, rawData });
    return name;
  }
  #name() {
    return `__written_${this.#nextName++}`;
  }
  /** The model's bytes. */
  finish() {
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: 8n,
        opsetImport: [{ version: 17n }],
        graph: {
          node: this.#nodes,
          initializer: this.#initializers,
          input: this.#inputs,
          output: this.#outputs
        }
      })
    );
  }
};
var [STRING, INT, INTS] = [3, 2, 7];
function attributeInit(name, value) {
  if (typeof value === "string") return { name, type: STRING, s: new TextEncoder().encode(value) };
  if (typeof value === "number") return { name, type: INT, i: BigInt(value) };
  return { name, type: INTS, ints: value.map(BigInt) };
}

// src/calibrate/matrix-product.ts
async function openMatrixProduct(ort, type) {
  const open2 = (transA) => ort.InferenceSession.create(gemmModel(type, transA), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1
  });
  const [transposed2, plain] = [await open2(true), await open2(false)];
  const run = async (session, a, b) => (await session.run({ a, b }))[session.outputNames[0]].data;
  return {
    transposed: (a, b, k) => run(
      transposed2,
      new ort.Tensor(type, a, [k, a.length / k]),
      new ort.Tensor(type, b, [k, b.length / k])
    ),
    plain: (a, b, k) => a.length * b.length / k <= FEW_OPERATIONS ? Promise.resolve(productByLoop(a, b, k)) : run(
      plain,
      new ort.Tensor(type, a, [a.length / k, k]),
      new ort.Tensor(type, b, [k, b.length / k])
    )
  };
}
var FEW_OPERATIONS = 1e4;
function productByLoop(a, b, k) {
  const n = b.length / k;
  const c = a instanceof Float64Array ? new Float64Array(a.length / k * n) : new Float32Array(a.length / k * n);
  for (let i = 0; i < a.length; i++) {
    const [to, from] = [Math.floor(i / k) * n, i % k * n];
    for (let j = 0; j < n; j++) c[to + j] += a[i] * b[from + j];
  }
  return c;
}
function gemmModel(type, transA) {
  const graph = new GraphWriter();
  const a = graph.input({ name: "a", dims: transA ? ["k", "m"] : ["m", "k"] }, type);
  const b = graph.input({ name: "b", dims: ["k", "n"] }, type);
  graph.output(graph.add("Gemm", [a, b], { transA: Number(transA) }));
  return graph.finish();
}

// src/calibrate/block.ts
function block(matrix, columns, { top, left, height, width }) {
  const part = matrix instanceof Float64Array ? new Float64Array(height * width) : new Float32Array(height * width);
  for (let row = 0; row < height; row++) {
    const from = (top + row) * columns + left;
    part.set(matrix.subarray(from, from + width), row * width);
  }
  return part;
}

// src/calibrate/patches.ts
function gridOf({ strides, dilations, pads, kernel }, map) {
  const axis = (size, i) => {
    const extent = (kernel[i] - 1) * dilations[i] + 1;
    if (typeof pads !== "string") {
      const length2 = Math.floor((size + pads[i] + pads[i + 2] - extent) / strides[i]) + 1;
      return { length: length2, before: pads[i] };
    }
    const length = Math.ceil(size / strides[i]);
    const total = Math.max((length - 1) * strides[i] + extent - size, 0);
    return { length, before: pads === "SAME_UPPER" ? total >> 1 : total - (total >> 1) };
  };
  const [vertical, horizontal] = [axis(map.height, 0), axis(map.width, 1)];
  return {
    height: vertical.length,
    width: horizontal.length,
    top: vertical.before,
    left: horizontal.before
  };
}
function gatherPatches(site, segment, map, grid, places) {
  const { strides, dilations, kernel, channels } = site;
  const [kernelHeight, kernelWidth] = kernel;
  const { columns } = segment;
  const area = kernelHeight * kernelWidth;
  const plane = map.height * map.width;
  const channelCount = columns / area;
  const firstPlane = (segment.group * channels + segment.start / area) * plane;
  const patches = new Float32Array(places.length * columns);
  for (let p = 0; p < places.length; p++) {
    const place = places[p];
    const y0 = Math.floor(place / grid.width) * strides[0] - grid.top;
    const x0 = place % grid.width * strides[1] - grid.left;
    for (let ky = 0; ky < kernelHeight; ky++) {
      const y = y0 + ky * dilations[0];
      if (y < 0 || y >= map.height) continue;
      for (let kx = 0; kx < kernelWidth; kx++) {
        const x = x0 + kx * dilations[1];
        if (x < 0 || x >= map.width) continue;
        let from = firstPlane + y * map.width + x;
        let to = p * columns + ky * kernelWidth + kx;
        for (let c = 0; c < channelCount; c++) {
          patches[to] = map.data[from];
          from += plane;
          to += area;
        }
      }
    }
  }
  return patches;
}

// src/calibrate/random.ts
function mulberry32(seed, drawn = 0) {
  let state = seed + Math.imul(drawn, 1831565813) >>> 0;
  return () => {
    state = state + 1831565813 >>> 0;
    let t = state;
    t = Math.imul(t ^ t >>> 15, t | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return ((t ^ t >>> 14) >>> 0) / 4294967296;
  };
}
function sampleIndices(random, total, count) {
  const indices = Uint32Array.from({ length: total }, (_, i) => i);
  if (count >= total) return indices;
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(random() * (total - i));
    const moved = indices[other];
    indices[other] = indices[i];
    indices[i] = moved;
  }
  return indices.slice(0, count).sort();
}

// src/calibrate/moments.ts
function emptyMoments({ momentCount, segments: segments2 }) {
  const last = segments2.at(-1);
  return {
    products: shared(momentCount),
    sums: shared(last.sumOffset + last.columns),
    total: 0
  };
}
function shared(length) {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}
var FEW_COLUMNS = 32;
async function addPicture(moments, site, map, weightsOf, { placeCount, random, product: product2 }) {
  const grid = gridOf(site, map);
  const places = sampleIndices(random, grid.height * grid.width, placeCount);
  const allWeights = weightsOf(grid);
  const weights = Float32Array.from(places, (place) => allWeights[place]);
  const roots = weights.map(Math.sqrt);
  for (const weight of weights) moments.total += weight;
  for (const segment of site.segments) {
    const { columns, momentOffset, sumOffset } = segment;
    const patches = gatherPatches(site, segment, map, grid, places);
    const sums = moments.sums.subarray(sumOffset, sumOffset + columns);
    for (let p = 0, at = 0; p < places.length; p++) {
      const [weight, root] = [weights[p], roots[p]];
      for (let j = 0; j < columns; j++, at++) {
        sums[j] += weight * patches[at];
        patches[at] *= root;
      }
    }
    const products = moments.products.subarray(momentOffset, momentOffset + columns ** 2);
    if (columns <= FEW_COLUMNS) addProducts(products, patches, columns);
    else await addSquare({ products, columns, product: product2 }, patches, places.length, 0);
  }
}
var SQUARE_COLUMNS = 192;
async function addSquare(to, x, places, first) {
  const width = x.length / places;
  if (width <= SQUARE_COLUMNS) {
    addBlock(to, await to.product.transposed(x, x, places), first, first, width);
    return;
  }
  const half = width >> 1;
  const columns = (from, to2) => block(x, width, { top: 0, left: from, height: places, width: to2 - from });
  const [left, right] = [columns(0, half), columns(half, width)];
  await addSquare(to, left, places, first);
  await addSquare(to, right, places, first + half);
  addBlock(to, await to.product.transposed(left, right, places), first, first + half, width - half);
}
function addBlock({ products, columns }, block2, top, left, width) {
  for (let from = 0, to = top * columns + left; from < block2.length; from += width, to += columns) {
    for (let j = 0; j < width; j++) products[to + j] += block2[from + j];
  }
}
function addProducts(products, patches, columns) {
  for (let row = 0; row < patches.length; row += columns) {
    for (let i = 0; i < columns; i++) {
      const value = patches[row + i];
      if (value === 0) continue;
      for (let j = 0; j < columns; j++) products[i * columns + j] += value * patches[row + j];
    }
  }
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
  const { width, height, isTopDown, pixels, pitch } = header;
  if (pixels + pitch * height > bytes.length) throw new Error("the BMP ends early");
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = pixels + pitch * (isTopDown ? y : height - 1 - y);
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
    const restored2 = await picture.jpeg({ quality: 100, chromaSubsampling: "4:4:4", optimiseCoding: false }).toBuffer();
    return decodeWithSharp(sharpModule, restored2, format, family);
  }
  if (space === "cmyk") return (format === "jpeg" ? jpegInksToRgb : tiffInksToRgb)(await samplesOf(picture));
  if (format !== "tiff") return withoutAlpha(await samplesOf(picture.removeAlpha()));
  const isRounded = space === "rgb16" && family === "yolov5";
  const isMultiplied = channels === 4 && (depth === "uchar" || isRounded) && readTiffAlpha(bytes) !== "unspecified";
  const samples = isRounded ? await roundedSamplesOf(picture) : await samplesOf(picture);
  return isMultiplied ? multiplyByAlpha(samples) : withoutAlpha(samples);
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
function load(image, imgsz, family) {
  const ratio = imgsz / Math.max(image.width, image.height);
  if (ratio === 1) return image;
  const width = Math.ceil(image.width * ratio);
  const height = Math.ceil(image.height * ratio);
  if (family === "yolov5") return (ratio < 1 ? resizeArea : resizeLinear)(image, width, height);
  return resizeLinear(image, Math.min(width, imgsz), Math.min(height, imgsz));
}
function fitPicture(image, size, family, imgsz = Math.max(size.width, size.height)) {
  const loaded = load(image, imgsz, family);
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

// src/calibrate/picture.ts
async function readPicture(sharp, path, { family }) {
  return decodeImage(sharp, path, family).catch((error) => {
    if (error instanceof UserError) return error.problem;
    throw error;
  });
}
function pixelsOf(picture, detector) {
  const count = 3 * detector.width * detector.height;
  const pixels = detector.input.type === "float16" ? new Uint16Array(count) : new Float32Array(count);
  layIntoTensor(fitPicture(picture, detector, detector.family), pixels);
  return pixels;
}

// src/calibrate/collector.ts
var OBJECTS = { conf: 0.05, iou: 0.7, maxDet: 300 };
var Collector = class _Collector {
  #native;
  #setup;
  #session;
  #product;
  constructor(native2, setup, session, product2) {
    this.#native = native2;
    this.#setup = setup;
    this.#session = session;
    this.#product = product2;
  }
  static async open(native2, setup) {
    const session = await native2.ort.InferenceSession.create(setup.path, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3
    });
    return new _Collector(native2, setup, session, await openMatrixProduct(native2.ort, "float32"));
  }
  /** The sums over a chunk's images, the same on every thread. */
  async collect({ images }) {
    const { detector, sites, seed, augment } = this.#setup;
    const moments = sites.map(emptyMoments);
    const unreadable = [];
    const drawnByImage = [];
    for (const { path, index, drawn } of images) {
      const now = [];
      drawnByImage.push(now);
      const picture = await readPicture(this.#native.sharp, path, detector);
      if (typeof picture === "string") {
        unreadable.push({ path, reason: picture });
        continue;
      }
      const pictureSeed = seed + index * 2654435769;
      const pictures = augment ? augmented(picture, mulberry32(pictureSeed)) : [picture];
      for (const [i, image] of pictures.entries()) {
        now.push(
          await this.#add(moments, pixelsOf(image, detector), pictureSeed + i * 3266489909, drawn[i] ?? 0)
        );
      }
    }
    return { moments, drawn: drawnByImage, unreadable };
  }
  /** @returns how many random numbers have been drawn for the picture. */
  async #add(moments, pixels, seed, drawn) {
    const { detector, sites, placeCount } = this.#setup;
    const next = mulberry32(seed, drawn);
    let count = drawn;
    const random = () => {
      count++;
      return next();
    };
    const { input, output, width, height } = detector;
    const tensor = inputTensor(this.#native.ort, input.type, pixels, [1, 3, height, width]);
    const wanted = /* @__PURE__ */ new Set([output, ...sites.map((site) => site.input)]);
    wanted.delete(input.name);
    const results = await this.#session.run({ [input.name]: tensor }, [...wanted]);
    const found = results[output];
    const detections = decode(detector.head, toFloats(found), found.dims, { ...OBJECTS, nc: detector.nc });
    const maps = /* @__PURE__ */ new Map();
    for (const [i, site] of sites.entries()) {
      let map = maps.get(site.input);
      if (!map) {
        map = featureMap(site.input === input.name ? tensor : results[site.input]);
        maps.set(site.input, map);
      }
      await addPicture(moments[i], site, map, (grid) => placeWeights(detections, grid, detector), {
        placeCount,
        random,
        product: this.#product
      });
    }
    return count;
  }
  async close() {
    await this.#session.release();
  }
};
function featureMap(tensor) {
  const [, channels, height, width] = tensor.dims;
  return { data: toFloats(tensor), channels, height, width };
}
function toFloats({ data }) {
  if (data instanceof Float32Array) return data;
  const { buffer, byteOffset, length } = data;
  return Float32Array.from(new Float16Array(buffer, byteOffset, length));
}

// src/runtime/load.ts
import { createRequire } from "node:module";
function loadNativeParts(base) {
  const ort = load2(base, ortPackage(base));
  ort.env.wasm.numThreads = 1;
  return { ort, sharp: load2(base, "sharp") };
}
function ortPackage(base) {
  try {
    const { dependencies = {} } = createRequire(base)("./package.json");
    return "onnxruntime-web" in dependencies ? "onnxruntime-web" : "onnxruntime-node";
  } catch {
    return "onnxruntime-node";
  }
}
function load2(base, name) {
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

// src/calibrate/moment-source.ts
import { closeSync, openSync, readSync } from "node:fs";
function readMoments(source, offset, count) {
  if (source instanceof Float64Array) return source.slice(offset, offset + count);
  const numbers = new Float64Array(count);
  const bytes = new Uint8Array(numbers.buffer);
  const file = openSync(source.path, "r");
  try {
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(file, bytes, at, bytes.length - at, offset * 8 + at);
      if (read === 0) throw new Error(`${source.path} is shorter than what was written to it.`);
      at += read;
    }
  } finally {
    closeSync(file);
  }
  return numbers;
}

// src/prune/n-m.ts
function* patternGroups([, channels, height, width], m) {
  const area = height * width;
  for (let first = 0; first < channels; first += m) {
    for (let place = 0; place < area; place++) {
      yield Array.from({ length: m }, (_, i) => (first + i) * area + place);
    }
  }
}

// src/prune/smallest.ts
function smallestIndices(values, k) {
  const n = values.length;
  const indices = new Uint32Array(n);
  for (let i = 0; i < n; i++) indices[i] = i;
  const pairs = { keys: values.slice(), indices };
  if (k > 0 && k < n) {
    if (k * 64 <= n) heapSelect(pairs, 0, k, n);
    else introselect(pairs, k - 1);
  }
  return indices.subarray(0, k);
}
function introselect(pairs, nth) {
  const { keys } = pairs;
  let first = 0;
  let last = keys.length;
  let depth = 2 * Math.floor(Math.log2(last));
  while (last - first > 3) {
    if (depth === 0) {
      heapSelect(pairs, first, nth + 1, last);
      swap(pairs, first, nth);
      return;
    }
    depth--;
    const cut = partitionAroundMedian(pairs, first, last);
    if (cut <= nth) first = cut;
    else last = cut;
  }
  insertionSort(pairs, first, last);
}
function partitionAroundMedian(pairs, first, last) {
  const { keys } = pairs;
  swap(pairs, first, medianOf(keys, first + 1, first + (last - first >> 1), last - 1));
  const pivot = keys[first];
  let low = first + 1;
  let high = last;
  for (; ; ) {
    while (keys[low] < pivot) low++;
    high--;
    while (pivot < keys[high]) high--;
    if (low >= high) return low;
    swap(pairs, low, high);
    low++;
  }
}
function medianOf(keys, a, b, c) {
  if (keys[a] < keys[b]) {
    if (keys[b] < keys[c]) return b;
    return keys[a] < keys[c] ? c : a;
  }
  if (keys[a] < keys[c]) return a;
  return keys[b] < keys[c] ? c : b;
}
function insertionSort(pairs, first, last) {
  for (let i = first + 1; i < last; i++) {
    for (let j = i; j > first && pairs.keys[j] < pairs.keys[j - 1]; j--) swap(pairs, j, j - 1);
  }
}
function heapSelect(pairs, first, middle, last) {
  const { keys, indices } = pairs;
  const size = middle - first;
  for (let parent = size - 2 >> 1; parent >= 0; parent--) {
    adjustHeap(pairs, first, parent, size, keys[first + parent], indices[first + parent]);
  }
  for (let i = middle; i < last; i++) {
    if (keys[i] < keys[first]) {
      const key = keys[i];
      const index = indices[i];
      keys[i] = keys[first];
      indices[i] = indices[first];
      adjustHeap(pairs, first, 0, size, key, index);
    }
  }
}
function adjustHeap(pairs, first, start, size, key, index) {
  const { keys, indices } = pairs;
  let hole = start;
  let child = hole;
  while (child < size - 1 >> 1) {
    child = 2 * (child + 1);
    if (keys[first + child] < keys[first + child - 1]) child--;
    keys[first + hole] = keys[first + child];
    indices[first + hole] = indices[first + child];
    hole = child;
  }
  if ((size & 1) === 0 && child === size - 2 >> 1) {
    child = 2 * child + 1;
    keys[first + hole] = keys[first + child];
    indices[first + hole] = indices[first + child];
    hole = child;
  }
  while (hole > start) {
    const parent = hole - 1 >> 1;
    if (!(keys[first + parent] < key)) break;
    keys[first + hole] = keys[first + parent];
    indices[first + hole] = indices[first + parent];
    hole = parent;
  }
  keys[first + hole] = key;
  indices[first + hole] = index;
}
function swap({ keys, indices }, a, b) {
  const key = keys[a];
  const index = indices[a];
  keys[a] = keys[b];
  indices[a] = indices[b];
  keys[b] = key;
  indices[b] = index;
}

// src/prune/reconstruct/quadratic.ts
var DAMPING = 0.01;
function damped(moments, columns) {
  const h = moments.slice();
  let trace = 0;
  for (let j = 0; j < columns; j++) trace += h[j * columns + j];
  const more = trace > 0 ? DAMPING * trace / columns : 1;
  for (let j = 0; j < columns; j++) h[j * columns + j] += more;
  return h;
}
function descent({ original, h, columns, product: product2 }, rows) {
  return product2.plain(
    original.map((value, i) => value - rows[i]),
    h,
    columns
  );
}
function costOf({ original }, rows, descentThere) {
  let cost = 0;
  for (let i = 0; i < rows.length; i++) cost += (original[i] - rows[i]) * descentThere[i];
  return cost;
}
async function rowEnergies({ original, h, columns, product: product2 }) {
  const products = await product2.plain(original, h, columns);
  const energies = new Float64Array(original.length / columns);
  for (let i = 0; i < original.length; i++) {
    energies[Math.floor(i / columns)] += original[i] * products[i];
  }
  return energies;
}

// src/prune/reconstruct/refit.ts
var SOLVED = 1e-12;
async function refit(quadratic, rows, mask, steps) {
  const { h, columns, product: product2 } = quadratic;
  const rowCount = rows.length / columns;
  const inverseDiagonal = Float64Array.from({ length: columns }, (_, j) => 1 / h[j * columns + j]);
  const solution = rows.slice();
  const residual = await descent(quadratic, rows);
  const direction = new Float64Array(rows.length);
  const norms = new Float64Array(rowCount);
  for (let r = 0, i = 0; r < rowCount; r++) {
    for (let j = 0; j < columns; j++, i++) {
      if (mask[i] === 1) residual[i] = 0;
      direction[i] = residual[i] * inverseDiagonal[j];
      norms[r] += residual[i] * direction[i];
    }
  }
  const enough = norms.map((norm) => norm * SOLVED);
  for (let step = 0; step < steps && norms.some((norm, r) => norm > enough[r]); step++) {
    const moved = await product2.plain(direction, h, columns);
    for (let r = 0; r < rowCount; r++) {
      const [first, end] = [r * columns, (r + 1) * columns];
      if (!(norms[r] > enough[r])) {
        direction.fill(0, first, end);
        continue;
      }
      let curvature = 0;
      for (let i = first; i < end; i++) curvature += direction[i] * moved[i];
      const length = norms[r] / curvature;
      let norm = 0;
      for (let i = first, j = 0; i < end; i++, j++) {
        solution[i] += length * direction[i];
        residual[i] = mask[i] === 1 ? 0 : residual[i] - length * moved[i];
        norm += residual[i] ** 2 * inverseDiagonal[j];
      }
      const keep = norm / norms[r];
      norms[r] = norm;
      for (let i = first, j = 0; i < end; i++, j++) {
        direction[i] = mask[i] === 1 ? 0 : residual[i] * inverseDiagonal[j] + keep * direction[i];
      }
    }
  }
  return solution;
}

// src/prune/reconstruct/exchange.ts
var ROUNDS = 5;
var FIRST_SHARE = 0.2;
var REFIT_STEPS = 8;
async function exchange(quadratic, start, inverseDiagonal, propose) {
  const { h, columns } = quadratic;
  const scale = inverseDiagonal.map((value, j) => Math.sqrt(h[j * columns + j] / value));
  let best = start;
  let gradient = await descent(quadratic, best.rows);
  let cost = costOf(quadratic, best.rows, gradient);
  let share = FIRST_SHARE;
  for (let round = 0; round < ROUNDS; round++) {
    const { rows, mask } = best;
    const gains = gradient.map((value, i) => value ** 2 / scale[i % columns]);
    const losses = rows.map((value, i) => value ** 2 * scale[i % columns]);
    const zeros = mask.reduce((sum, value) => sum + value, 0);
    const exchanges = propose(gains, losses, mask, Math.ceil(share * Math.min(zeros, mask.length - zeros)));
    if (exchanges.length === 0) break;
    const [nextRows, nextMask] = [rows.slice(), mask.slice()];
    for (const { back, gone } of exchanges) {
      nextMask[back] = 0;
      nextMask[gone] = 1;
      nextRows[gone] = 0;
    }
    const fitted = await refit(quadratic, nextRows, nextMask, REFIT_STEPS);
    const nextGradient = await descent(quadratic, fitted);
    const nextCost = costOf(quadratic, fitted, nextGradient);
    if (nextCost < cost) {
      best = { rows: fitted, mask: nextMask };
      gradient = nextGradient;
      cost = nextCost;
    } else share /= 2;
  }
  return best;
}
var anywhere = (gains, losses, mask, most) => {
  const zeros = indicesOf(mask, 1);
  const kept = indicesOf(mask, 0);
  const backs = least(zeros, (index) => -gains[index], most);
  const gones = least(kept, (index) => losses[index], most);
  const exchanges = [];
  for (let i = 0; i < Math.min(backs.length, gones.length); i++) {
    const [back, gone] = [backs[i], gones[i]];
    const gain = gains[back] - losses[gone];
    if (gain <= 0) break;
    exchanges.push({ back, gone, gain });
  }
  return exchanges;
};
function withinGroups(m) {
  return (gains, losses, mask, most) => {
    const exchanges = [];
    for (let first = 0; first < mask.length; first += m) {
      let [back, gone] = [-1, -1];
      for (let i = first; i < first + m; i++) {
        if (mask[i] === 1) {
          if (back < 0 || gains[i] > gains[back]) back = i;
        } else if (gone < 0 || losses[i] < losses[gone]) gone = i;
      }
      if (back < 0 || gone < 0) continue;
      const gain = gains[back] - losses[gone];
      if (gain > 0) exchanges.push({ back, gone, gain });
    }
    return exchanges.sort((a, b) => b.gain - a.gain || a.back - b.back).slice(0, most);
  };
}
function indicesOf(mask, wanted) {
  const indices = new Uint32Array(mask.length);
  let count = 0;
  for (const [i, value] of mask.entries()) if (value === wanted) indices[count++] = i;
  return indices.slice(0, count);
}
function least(indices, key, count) {
  const keys = Float64Array.from(indices, key);
  return [...smallestIndices(keys, Math.min(count, keys.length))].sort((a, b) => keys[a] - keys[b] || a - b).map((at) => indices[at]);
}

// src/prune/reconstruct/inverse-root.ts
var SMALL = 48;
async function inverseRoot(h, size, product2) {
  return (await inverseLowerFactor(h.slice().reverse(), size, product2)).reverse();
}
async function inverseLowerFactor(a, size, product2) {
  if (size <= SMALL) return invertLower(factorize(a, size), size);
  const half = size >> 1;
  const rest = size - half;
  const first = await inverseLowerFactor(
    block(a, size, { top: 0, left: 0, height: half, width: half }),
    half,
    product2
  );
  const corner = await product2.plain(
    block(a, size, { top: half, left: 0, height: rest, width: half }),
    transposed(first, half, half),
    half
  );
  const below = block(a, size, { top: half, left: half, height: rest, width: rest });
  const taken = await product2.plain(corner, transposed(corner, rest, half), half);
  for (let i = 0; i < below.length; i++) below[i] -= taken[i];
  const second = await inverseLowerFactor(below, rest, product2);
  const between = await product2.plain(await product2.plain(second, corner, rest), first, half);
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < half; i++) inverse.set(first.subarray(i * half, (i + 1) * half), i * size);
  for (let i = 0; i < rest; i++) {
    const row = (half + i) * size;
    for (let j = 0; j < half; j++) inverse[row + j] = -between[i * half + j];
    inverse.set(second.subarray(i * rest, (i + 1) * rest), row + half);
  }
  return inverse;
}
function transposed(matrix, height, width) {
  const turned = new Float64Array(matrix.length);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) turned[j * height + i] = matrix[i * width + j];
  }
  return turned;
}
function factorize(a, size) {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = a[i * size + j];
      for (let k = 0; k < j; k++) rest -= a[i * size + k] * a[j * size + k];
      a[i * size + j] = i === j ? Math.sqrt(rest) : rest / a[j * size + j];
    }
  }
  return a;
}
function invertLower(lower, size) {
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = inverse.subarray(i * size, i * size + i + 1);
    for (let k = 0; k < i; k++) {
      const factor = lower[i * size + k];
      const above = k * size;
      for (let j = 0; j <= k; j++) row[j] -= factor * inverse[above + j];
    }
    const scale = 1 / lower[i * size + i];
    for (let j = 0; j < i; j++) row[j] *= scale;
    row[i] = scale;
  }
  return inverse;
}

// src/prune/reconstruct/sweep.ts
var BLOCK = 64;
async function sweep(rows, root, columns, mask, product2, chooseBlock, granularity = 1) {
  const rowCount = rows.length / columns;
  const step = Math.ceil(BLOCK / granularity) * granularity;
  for (let start = 0; start < columns; start += step) {
    const end = Math.min(start + step, columns);
    chooseBlock(start, end);
    const width = end - start;
    const errors = new Float64Array(rowCount * width);
    for (let r = 0; r < rowCount; r++) {
      const row = r * columns;
      for (let j = start; j < end; j++) {
        if (mask[row + j] !== 1) continue;
        const error = rows[row + j] / root[j * columns + j];
        errors[r * width + j - start] = error;
        rows[row + j] = 0;
        for (let k = j + 1; k < end; k++) rows[row + k] -= error * root[j * columns + k];
      }
    }
    const later = columns - end;
    if (later === 0) break;
    const toLater = block(root, columns, { top: start, left: end, height: width, width: later });
    const taken = await product2.plain(errors, toLater, width);
    for (let r = 0, at = 0; r < rowCount; r++) {
      for (let k = r * columns + end; k < (r + 1) * columns; k++, at++) rows[k] -= taken[at];
    }
  }
}
function chooseLeast(rows, root, columns, mask, { start, end, count }) {
  const rowCount = rows.length / columns;
  const width = end - start;
  const scores = new Float64Array(rowCount * width);
  for (let r = 0, at = 0; r < rowCount; r++) {
    for (let j = start; j < end; j++, at++) {
      scores[at] = (rows[r * columns + j] / root[j * columns + j]) ** 2;
    }
  }
  for (const index of smallestIndices(scores, count)) {
    mask[Math.floor(index / width) * columns + start + index % width] = 1;
  }
}

// src/prune/reconstruct/layer-solver.ts
var FIRST_REFIT_STEPS = 20;
async function obsScores(problem, product2) {
  const scores = [];
  for (const segment of problem.segments) {
    const quadratic = quadraticOf(problem, segment, product2);
    const { original, columns, h } = quadratic;
    const inverseDiagonal = diagonalOfInverse(await inverseRoot(h, columns, product2), columns);
    const energies = await rowEnergies(quadratic);
    scores.push(
      Float32Array.from(
        original,
        (value, i) => value === 0 ? 0 : value ** 2 / inverseDiagonal[i % columns] / energies[Math.floor(i / columns)]
      )
    );
  }
  return scores;
}
async function solveLayer(problem, target, product2) {
  const values = problem.values.slice();
  for (const [i, segment] of problem.segments.entries()) {
    const original = quadraticOf(problem, segment, product2);
    if ("pattern" in target) {
      const order = patternOrder(problem, segment, target.pattern);
      const rows = await solvePattern(reordered(original, order), target.pattern);
      writeRows(values, problem, segment, restored(rows, order));
    } else if (target.counts[i] > 0) {
      writeRows(values, problem, segment, await solveCount(original, target.counts[i]));
    }
  }
  return values;
}
async function solveCount(quadratic, count) {
  const { columns } = quadratic;
  return solve(
    quadratic,
    (rows, root, mask, start, end) => {
      const share = Math.round(count * end / columns) - Math.round(count * start / columns);
      chooseLeast(rows, root, columns, mask, { start, end, count: share });
    },
    anywhere
  );
}
async function solvePattern(quadratic, { n, m }) {
  const { columns } = quadratic;
  return solve(
    quadratic,
    (rows, root, mask, start, end) => {
      for (let row = 0; row < rows.length; row += columns) {
        for (let first = start; first < end; first += m) {
          const score = (j) => (rows[row + j] / root[j * columns + j]) ** 2;
          const group = Array.from({ length: m }, (_, i) => first + i);
          group.sort((a, b) => score(a) - score(b) || a - b);
          for (const j of group.slice(0, m - n)) mask[row + j] = 1;
        }
      }
    },
    withinGroups(m),
    m
  );
}
async function solve(quadratic, choose, propose, granularity = 1) {
  const { original, columns, h, product: product2 } = quadratic;
  const root = await inverseRoot(h, columns, product2);
  const rows = original.slice();
  const mask = new Uint8Array(rows.length);
  const chooseBlock = (start, end) => choose(rows, root, mask, start, end);
  await sweep(rows, root, columns, mask, product2, chooseBlock, granularity);
  const fitted = await refit(quadratic, rows, mask, FIRST_REFIT_STEPS);
  const found = await exchange(quadratic, { rows: fitted, mask }, diagonalOfInverse(root, columns), propose);
  return found.rows;
}
async function outputError(problem, values, product2) {
  let [cost, energy] = [0, 0];
  for (const segment of problem.segments) {
    const original = quadraticOf(problem, segment, product2);
    const rows = quadraticOf({ ...problem, values }, segment, product2).original;
    cost += costOf(original, rows, await descent(original, rows));
    for (const row of await rowEnergies(original)) energy += row;
  }
  return energy > 0 ? Math.max(cost, 0) / energy : 0;
}
function quadraticOf({ shape, group, values, sources, centres }, { group: index, start, columns, momentOffset, sumOffset }, product2) {
  const rowCount = shape[0] / group;
  const rowLength = values.length / shape[0];
  const original = new Float64Array(rowCount * columns);
  for (let r = 0; r < rowCount; r++) {
    const from = (index * rowCount + r) * rowLength + start;
    original.set(values.subarray(from, from + columns), r * columns);
  }
  const [first, ...others] = sources.map((source) => readMoments(source, momentOffset, columns ** 2));
  const seen = first ?? new Float64Array(columns ** 2);
  for (const other of others) for (let i = 0; i < seen.length; i++) seen[i] += other[i];
  for (const { sums, total } of centres) {
    centre(seen, sums.subarray(sumOffset, sumOffset + columns), total);
  }
  return { original, columns, h: damped(seen, columns), product: product2 };
}
function centre(moments, sums, total) {
  if (total === 0) return;
  const { length } = sums;
  for (let i = 0, at = 0; i < length; i++) {
    const mean = sums[i] / total;
    for (let j = 0; j < length; j++, at++) moments[at] -= mean * sums[j];
  }
}
function writeRows(values, { shape, group }, { group: index, start, columns }, rows) {
  const rowCount = shape[0] / group;
  const rowLength = values.length / shape[0];
  for (let r = 0; r < rowCount; r++) {
    const to = (index * rowCount + r) * rowLength + start;
    values.set(rows.subarray(r * columns, (r + 1) * columns), to);
  }
}
function patternOrder({ shape }, { columns }, { m }) {
  const [out, , height, width] = shape;
  return [...patternGroups([out, columns / (height * width), height, width], m)].flat();
}
function reordered(quadratic, order) {
  const { original, columns, h } = quadratic;
  const rowCount = original.length / columns;
  const moved = new Float64Array(original.length);
  const movedH = new Float64Array(h.length);
  for (let i = 0; i < rowCount; i++) {
    for (let j = 0; j < columns; j++) moved[i * columns + j] = original[i * columns + order[j]];
  }
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < columns; j++) movedH[i * columns + j] = h[order[i] * columns + order[j]];
  }
  return { ...quadratic, original: moved, h: movedH };
}
function restored(rows, order) {
  const columns = order.length;
  const moved = new Float64Array(rows.length);
  for (let row = 0; row < rows.length; row += columns) {
    for (let j = 0; j < columns; j++) moved[row + order[j]] = rows[row + j];
  }
  return moved;
}
function diagonalOfInverse(root, columns) {
  const diagonal = new Float64Array(columns);
  for (let i = 0; i < columns; i++) {
    for (let j = i; j < columns; j++) diagonal[j] += root[i * columns + j] ** 2;
  }
  return diagonal;
}

// src/prune/reconstruct/worker.ts
var native = loadNativeParts(workerData.nativeBase);
native.sharp.cache(false);
native.sharp.concurrency(1);
var product = await openMatrixProduct(native.ort, "float64");
var collector = null;
var methods = {
  /** Opens the model that later chunks go through, and closes the one before. */
  async openCollector(setup) {
    await collector?.close();
    collector = await Collector.open(native, setup);
  },
  async collect(chunk) {
    return collector.collect(chunk);
  },
  async score(problem) {
    return obsScores(problem, product);
  },
  async solve({ problem, target }) {
    const values = await solveLayer(problem, target, product);
    return { values, outputError: await outputError(problem, values, product) };
  }
};
serve(methods);
