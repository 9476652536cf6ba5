/** An application's page, as anybody would write it after the README. */
import { isRepoError, openRepo } from "cofferfs";

const password = "correct horse battery staple";

/**
 * Writes into a new repo, opens it again and returns what is there.
 * @param {string} uri
 */
async function roundTrip(uri) {
  const first = await openRepo(uri, { password, create: true });
  await first.fs.mkdir("/letters");
  await first.fs.writeFile("/letters/first.txt", "Nobody but us reads this.");
  await first.fs.writeFile("/noise", new Uint8Array(300_000).fill(7));
  const written = await first.fs.readFile("/letters/first.txt", "utf8");
  await first.close();

  const refused = await openRepo(uri, { password: "wrong" }).catch(
    (/** @type {unknown} */ error) => (isRepoError(error) ? error.code : String(error)),
  );
  const second = await openRepo(uri, { password });
  const text = await second.fs.readFile("/letters/first.txt", "utf8");
  const { length } = await second.fs.readFile("/noise");
  const { ok } = await second.check();
  await second.close();
  return { written, refused, text, length, ok };
}

Object.assign(globalThis, { roundTrip });
