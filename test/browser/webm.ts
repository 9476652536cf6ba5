/**
 * A video that a browser encodes for the test: a WebM file with an index (Cues) and a duration, by which players seek. Between its
 * clusters are elements without meaning (Void) of a given size, so that a file of a few seconds is long, and
 * seeking needs another part of it.
 */

const ID = {
  EBML: 0x1a45_dfa3,
  DocType: 0x4282,
  Segment: 0x1853_8067,
  Info: 0x1549_a966,
  TimestampScale: 0x2a_d7b1,
  Duration: 0x4489,
  Tracks: 0x1654_ae6b,
  TrackEntry: 0xae,
  TrackNumber: 0xd7,
  TrackUid: 0x73c5,
  TrackType: 0x83,
  CodecId: 0x86,
  Video: 0xe0,
  PixelWidth: 0xb0,
  PixelHeight: 0xba,
  Cluster: 0x1f43_b675,
  Timestamp: 0xe7,
  SimpleBlock: 0xa3,
  Cues: 0x1c53_bb6b,
  CuePoint: 0xbb,
  CueTime: 0xb3,
  CueTrackPositions: 0xb7,
  CueTrack: 0xf7,
  CueClusterPosition: 0xf1,
  Void: 0xec,
} as const;

type Content = Uint8Array | readonly Uint8Array[];

/** A frame and everything up to the next key frame. */
interface Group {
  readonly startMs: number;
  readonly blocks: Uint8Array[];
}

export interface VideoShape {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  /** Of what stands between two clusters. */
  readonly paddingBytes: number;
}

const FRAMES_PER_SECOND = 10;

export async function makeVideo(shape: VideoShape): Promise<Uint8Array<ArrayBuffer>> {
  const { seconds, paddingBytes } = shape;
  const groups = await encode(shape);
  const padding = element(ID.Void, new Uint8Array(paddingBytes));
  const head = [info(seconds * 1000), tracks(shape)];
  const clusters = groups.map(({ startMs, blocks }) =>
    joined([element(ID.Cluster, [element(ID.Timestamp, number(startMs)), ...blocks]), padding]),
  );
  // Of fixed length, so that it can be written before it is known where the clusters are.
  const cuesBytes = cues(groups, () => 0).length;
  let at = joined(head).length + cuesBytes;
  const places = clusters.map((cluster) => {
    const place = at;
    at += cluster.length;
    return place;
  });
  const index = cues(groups, (group) => places[group] ?? 0);
  return joined([
    element(ID.EBML, element(ID.DocType, new TextEncoder().encode("webm"))),
    element(ID.Segment, [...head, index, ...clusters]),
  ]);
}

/** A key frame each second; each frame of a colour of its own. */
async function encode({ width, height, seconds }: VideoShape): Promise<Group[]> {
  const groups: Group[] = [];
  let failure: Error | undefined;
  const encoder = new VideoEncoder({
    output(chunk) {
      const timeMs = chunk.timestamp / 1000;
      if (chunk.type === "key") groups.push({ startMs: timeMs, blocks: [] });
      const group = groups.at(-1);
      const frame = new Uint8Array(chunk.byteLength);
      chunk.copyTo(frame);
      const offset = timeMs - (group?.startMs ?? 0);
      const flags = chunk.type === "key" ? 0x80 : 0;
      const header = Uint8Array.of(0x81, offset >> 8, offset & 255, flags);
      group?.blocks.push(element(ID.SimpleBlock, [header, frame]));
    },
    error(error) {
      failure = error;
    },
  });
  encoder.configure({ codec: "vp8", width, height, framerate: FRAMES_PER_SECOND });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas");
  for (let frame = 0; frame < seconds * FRAMES_PER_SECOND; frame++) {
    context.fillStyle = `hsl(${frame * 7} 90% 50%)`;
    context.fillRect(0, 0, width, height);
    const timestamp = (frame * 1_000_000) / FRAMES_PER_SECOND;
    const image = new VideoFrame(canvas, { timestamp });
    encoder.encode(image, { keyFrame: frame % FRAMES_PER_SECOND === 0 });
    image.close();
  }
  await encoder.flush();
  encoder.close();
  if (failure !== undefined) throw failure;
  return groups;
}

function info(durationMs: number): Uint8Array {
  const duration = new Uint8Array(8);
  new DataView(duration.buffer).setFloat64(0, durationMs);
  return element(ID.Info, [
    element(ID.TimestampScale, number(1_000_000)),
    element(ID.Duration, duration),
  ]);
}

function tracks({ width, height }: VideoShape): Uint8Array {
  const VIDEO = 1;
  return element(
    ID.Tracks,
    element(ID.TrackEntry, [
      element(ID.TrackNumber, number(1)),
      element(ID.TrackUid, number(1)),
      element(ID.TrackType, number(VIDEO)),
      element(ID.CodecId, new TextEncoder().encode("V_VP8")),
      element(ID.Video, [
        element(ID.PixelWidth, number(width)),
        element(ID.PixelHeight, number(height)),
      ]),
    ]),
  );
}

function cues(groups: readonly Group[], placeOf: (group: number) => number): Uint8Array {
  const points = groups.map(({ startMs }, group) =>
    element(ID.CuePoint, [
      element(ID.CueTime, number(startMs)),
      element(ID.CueTrackPositions, [
        element(ID.CueTrack, number(1)),
        element(ID.CueClusterPosition, number(placeOf(group))),
      ]),
    ]),
  );
  return element(ID.Cues, points);
}

/** An EBML element; lengths are always written in eight bytes. */
function element(id: number, content: Content): Uint8Array {
  const body = content instanceof Uint8Array ? content : joined(content);
  const length = number(body.length);
  length[0] = 1;
  return joined([idBytes(id), length, body]);
}

function idBytes(id: number): Uint8Array {
  const bytes = number(id);
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.round(value)));
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
