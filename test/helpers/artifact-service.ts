import AdmZip from 'adm-zip';
import { type PlayedServer, play } from './server.ts';

/** One file of an uploaded artifact. */
export interface StoredFile {
  readonly bytes: Buffer;
  /** Whether it lies in the zip as it is, not deflated. */
  readonly stored: boolean;
}

/** Plays GitHub's artifact service, as `@actions/artifact` speaks to it. */
export interface ArtifactService extends AsyncDisposable {
  readonly server: PlayedServer;
  /** What a step needs to find the service. */
  readonly env: { readonly ACTIONS_RESULTS_URL: string; readonly ACTIONS_RUNTIME_TOKEN: string };
  /** What the client said about an artifact when it began to upload: name, `expires_at` and more. */
  created(): readonly Readonly<Record<string, unknown>>[];
  /** The files of an artifact that was uploaded to its end, by their paths in the zip. */
  filesOf(name: string): ReadonlyMap<string, StoredFile>;
}

const METHODS = '/twirp/github.actions.results.api.v1.ArtifactService';

/** Starts an empty artifact service on this machine; the first artifact gets the number 4711. */
export async function playArtifactService(): Promise<ArtifactService> {
  const names: string[] = [];
  const server = await play([
    [
      new RegExp(`^POST ${METHODS}/CreateArtifact$`),
      ({ body }) => {
        const { name } = JSON.parse(String(body)) as { readonly name: string };
        const number = names.push(name) - 1;
        return {
          json: {
            ok: true,
            signed_upload_url: `${server.url}/blob/${number}.zip?sig=signature-of-the-upload`,
          },
        };
      },
    ],
    [
      new RegExp(`^POST ${METHODS}/FinalizeArtifact$`),
      ({ body }) => {
        const { name } = JSON.parse(String(body)) as { readonly name: string };
        return { json: { ok: true, artifact_id: String(4711 + names.indexOf(name)) } };
      },
    ],
    [/^PUT \/blob\//, () => ({ status: 201, headers: { etag: '"x"' } })],
  ]);
  const bodiesOf = (method: string) =>
    server.requests
      .filter(({ path }) => path === `${METHODS}/${method}`)
      .map(({ body }) => JSON.parse(String(body)) as Readonly<Record<string, unknown>>);
  return {
    server,
    env: { ACTIONS_RESULTS_URL: server.url, ACTIONS_RUNTIME_TOKEN: runtimeToken() },
    created: () => bodiesOf('CreateArtifact'),
    filesOf(name) {
      if (!bodiesOf('FinalizeArtifact').some((body) => body.name === name))
        throw new Error(`No artifact ${name} was uploaded to its end, only ${names.join(', ') || 'none'}.`);
      return unzip(blobOf(server, names.indexOf(name)));
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** What the client reads from a token: which run and job it is for. */
function runtimeToken(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ scp: 'Actions.Results:run-1:job-2' })}.x`;
}

/** A blob arrives whole, or as blocks and the list that orders them. */
function blobOf({ requests }: PlayedServer, number: number): Buffer {
  const blocks = new Map<string, Buffer>();
  let whole: Buffer = Buffer.alloc(0);
  for (const { path, body } of requests.filter((one) => one.path.startsWith(`/blob/${number}.zip?`))) {
    const query = new URL(path, 'http://localhost').searchParams;
    if (query.get('comp') === 'block') blocks.set(query.get('blockid')!, body);
    else if (query.get('comp') === 'blocklist')
      whole = Buffer.concat(
        [...String(body).matchAll(/<Latest>(.*?)<\/Latest>/g)].map(([, id]) => blocks.get(id!)!),
      );
    else whole = body;
  }
  return whole;
}

function unzip(zip: Buffer): ReadonlyMap<string, StoredFile> {
  return new Map(
    new AdmZip(zip)
      .getEntries()
      .filter(({ isDirectory }) => !isDirectory)
      .map((entry) => [entry.entryName, { bytes: entry.getData(), stored: entry.header.method === 0 }]),
  );
}
