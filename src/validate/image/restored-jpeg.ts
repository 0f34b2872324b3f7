const START_OF_SCAN = 0xda;
const APP1 = 0xe1;
const APP2 = 0xe2;

/**
 * Whether both validators write this JPEG anew, at quality 100, before they read its pixels: they do where
 * the file's last two bytes are no end-of-image marker, as with the trailers that some phones append.
 *
 * Source: yolov5 utils/dataloaders.py:897-945 and ultralytics 8.4.190 data/utils.py `check_image`, which ask
 * Pillow for the format; an MPO, which Pillow knows by its MPF segment (JpegImagePlugin.py `jpeg_factory`),
 * is left alone.
 */
export function isRestoredJpeg(bytes: Uint8Array): boolean {
  const isEnded = bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9;
  return !isEnded && !isMpo(bytes);
}

/** An Ultra HDR photograph carries an MPF segment as well, but Pillow takes it for a JPEG. */
function isMpo(bytes: Uint8Array): boolean {
  let hasPictureIndex = false;
  for (const { marker, content } of segments(bytes)) {
    if (marker === APP1 && content.includes(' hdrgm:Version="')) return false;
    if (marker === APP2 && content.toString('latin1', 0, 4) === 'MPF\0') hasPictureIndex = true;
  }
  return hasPictureIndex;
}

/** The segments before the first scan. */
function* segments(bytes: Uint8Array): Generator<{ readonly marker: number; readonly content: Buffer }> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let offset = 2; offset + 4 <= buffer.length && buffer[offset] === 0xff; ) {
    const marker = buffer[offset + 1]!;
    if (marker === START_OF_SCAN) return;
    const end = offset + 2 + buffer.readUInt16BE(offset + 2);
    yield { marker, content: buffer.subarray(offset + 4, end) };
    offset = end;
  }
}
