/**
 * LazyFile: a File whose bytes stay in the repo until they are asked for. It is a File to whoever calls its methods. The browser itself
 * knows of an empty one: a real one would need its bytes in the browser's hands, who writes large ones to the disk, in the clear.
 */
import { LazyBytes, type LazySource } from "./lazy-bytes.js";

export class LazyFile extends File {
  readonly #bytes: LazyBytes;

  constructor(source: LazySource, name: string, options: FilePropertyBag) {
    super([], name, options);
    this.#bytes = new LazyBytes(source, 0, source.size);
    showSize(this, this.#bytes);
  }

  override slice(start?: number, end?: number, contentType?: string): Blob {
    return new LazyBlob(this.#bytes.slice(start, end), contentType);
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.arrayBuffer();
  }

  override bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#bytes.bytes();
  }

  override text(): Promise<string> {
    return this.#bytes.text();
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#bytes.stream();
  }
}

/** A part of a LazyFile. */
class LazyBlob extends Blob {
  readonly #bytes: LazyBytes;

  constructor(bytes: LazyBytes, type = "") {
    super([], { type });
    this.#bytes = bytes;
    showSize(this, bytes);
  }

  override slice(start?: number, end?: number, contentType?: string): Blob {
    return new LazyBlob(this.#bytes.slice(start, end), contentType);
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.arrayBuffer();
  }

  override bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#bytes.bytes();
  }

  override text(): Promise<string> {
    return this.#bytes.text();
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#bytes.stream();
  }
}

/** The size that the browser knows is that of nothing. */
function showSize(blob: Blob, { size }: LazyBytes): void {
  Object.defineProperty(blob, "size", { value: size, configurable: true });
}
