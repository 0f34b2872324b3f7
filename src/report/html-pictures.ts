import { html, shortName } from './escape.ts';
import type { Box, PictureFiles, ReportedBox, ReportedPicture } from './pictures.ts';
import type { Report } from './report.ts';

/** The images that lost most, before and after side by side. */
export function pictureSection({ details, validation }: Report, files: PictureFiles): string {
  const names = new Map(validation.before.perClass.map(({ id, name }) => [id, name]));
  const shown = details.pictures.flatMap((picture, i) => {
    const bytes = picture.file === null ? undefined : files.get(picture.file);
    return bytes ? [pictureFigure(picture, bytes, `picture-${i + 1}`, names)] : [];
  });
  if (shown.length === 0) return '';
  const conf = details.pictures[0]!.conf.toFixed(2);
  return `<section aria-labelledby="pictures"><h2 id="pictures">What got worse</h2>
<p>The ${shown.length} images that lost most; detections above confidence ${conf}. <span class="key lost">dashed</span> marks an object that the unpruned model found and the pruned one does not, <span class="key hit">green</span> a detection that is for an object, <span class="key miss">grey</span> one that is for none.</p>
<div class="pictures">
${shown.join('\n')}
</div></section>`;
}

function pictureFigure(
  picture: ReportedPicture,
  bytes: Uint8Array,
  id: string,
  names: ReadonlyMap<number, string>,
): string {
  const { path, width, height, labels, before, after } = picture;
  const lost = labels.filter(({ foundBefore, foundAfter }) => foundBefore && !foundAfter);
  const name = shortName(path.split(/[\\/]/).at(-1) ?? path, 60);
  const image = `<image id="${id}" width="${width}" height="${height}" href="data:image/jpeg;base64,${Buffer.from(bytes).toString('base64')}"/>`;
  const nameOf = (cls: number) => shortName(names.get(cls) ?? String(cls), 24);
  const stroke = Math.max(width, height) / 250;
  const view = (title: string, content: string, source: string) =>
    `<div><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${html(`${title}: ${name}`)}">${source}${content}</svg><p>${title}</p></div>`;
  const boxes = (list: readonly ReportedBox[]) =>
    list
      .toReversed()
      .map(({ id: cls, conf, box, hit }) =>
        boxSvg(box, `${nameOf(cls)} ${conf.toFixed(2)}`, hit ? 'hit' : 'miss', stroke, width),
      )
      .join('');
  const lostBoxes = lost
    .map(({ id: cls, box }) => boxSvg(box, `lost: ${nameOf(cls)}`, 'lost', stroke, width))
    .join('');
  return `<figure class="picture"><figcaption><bdi>${html(name)}</bdi> <small>${lost.length === 0 ? 'weaker' : `${lost.length} lost`}</small></figcaption>
<div class="views">${view('unpruned', boxes(before), image)}${view('pruned', boxes(after) + lostBoxes, `<use href="#${id}"/>`)}</div></figure>`;
}

/** Widest letter of the label's font, as a share of its size: labels shall fit, whatever font is there. */
const LETTER = 0.62;

function boxSvg(
  [left, top, right, bottom]: Box,
  label: string,
  kind: string,
  stroke: number,
  width: number,
): string {
  const size = stroke * 7;
  const labelWidth = ([...label].length * LETTER + 0.6) * size;
  const x = Math.max(0, Math.min(left, width - labelWidth));
  const y = Math.max(top - size * 1.3, 0);
  return (
    `<g class="box ${kind}"><rect x="${left}" y="${top}" width="${fixed(right - left)}" height="${fixed(bottom - top)}" stroke-width="${fixed(stroke)}"${kind === 'lost' ? ` stroke-dasharray="${fixed(stroke * 4)} ${fixed(stroke * 2)}"` : ''}/>` +
    `<rect class="tag" x="${fixed(x)}" y="${fixed(y)}" width="${fixed(labelWidth)}" height="${fixed(size * 1.3)}"/>` +
    `<text x="${fixed(x + size * 0.3)}" y="${fixed(y + size)}" font-size="${fixed(size)}">${html(label)}</text></g>`
  );
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
