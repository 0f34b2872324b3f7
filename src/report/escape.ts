/** Control characters (Cc), line and paragraph separators, and changes of writing direction. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

/** Longest name that is shown in full. */
const LONGEST_NAME = 120;

/** Makes one line of a text from outside: nothing that a terminal obeys or that turns the writing direction. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, ' ');
}

/** Characters of a line of the log that anybody reads; GitHub cuts an annotation at 4,096. */
const LONGEST_LINE = 4000;

/** A line of the log: printable, and not longer than anybody reads. */
export function logLine(text: string): string {
  return printable(text.length <= LONGEST_LINE ? text : `${text.slice(0, LONGEST_LINE)} …`);
}

/** A name from outside at a length that a table (or, with fewer characters, a chart) can hold. */
export function shortName(name: string, longest = LONGEST_NAME): string {
  const characters = [...printable(name)];
  return characters.length <= longest ? characters.join('') : `${characters.slice(0, longest - 1).join('')}…`;
}

/** Escapes text from outside for Markdown, in a table as well: it shows as it is and starts nothing. */
export function markdown(text: string): string {
  return html(text).replace(/[\\`*_{}[\]()#+!|~@:$^=-]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Escapes text from outside as inline code in Markdown, in a table as well. */
export function markdownCode(text: string): string {
  return `<code>${markdown(text)}</code>`;
}

/** Escapes text from outside for HTML and XML, in attributes in double quotes as well. */
export function html(text: string): string {
  return printable(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}
