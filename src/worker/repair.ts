/**
 * repair: the redundancy of the header area, made whole again (docs/ARCHITECTURE.md, "Repair is opening with a
 * report"). Opening has vetted the container and written a bad header copy again; what is left are the cells.
 */
import { RepoError } from "../errors.js";
import { damagedCells } from "./cells.js";
import type { OpenContainer } from "./container.js";
import { readPublicHeader } from "./container-header.js";
import type { RepairReport } from "./protocol.js";

/** @throws BACKEND_IO if the storage does not keep what is written; what commits throw */
export async function repairContainer(container: OpenContainer): Promise<RepairReport> {
  const { engine, store, sealer, rewrittenCopies } = container;
  const damaged = async (): Promise<number[]> =>
    damagedCells(await store.readHeader(), sealer, engine.newest.generation);
  const cells = await damaged();
  if (cells.length > 0) await engine.renewCells();
  const { readable } = await readPublicHeader(await store.readHeader());
  if (readable.length < 2 || (await damaged()).length > 0)
    throw new RepoError("BACKEND_IO", { message: "what was repaired is damaged again" });
  return { generation: engine.newest.generation, headerCopies: rewrittenCopies, cells };
}
