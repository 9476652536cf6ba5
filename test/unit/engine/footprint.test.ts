import { expect, test } from "vitest";
import { Footprint } from "../../../src/engine/footprint.js";
import { Prng } from "../../simulated-disk/prng.js";

const letter = (prng: Prng): string => String.fromCharCode(97 + prng.below(26));

test.each([1, 2, 3])(
  "a footprint is concerned by the keys in what it has read or written, and by no other (seed %i)",
  (seed) => {
    const prng = new Prng(seed);
    for (let round = 0; round < 200; round++) {
      const footprint = new Footprint();
      const concerned = new Set<string>();
      for (let i = prng.below(5); i > 0; i--) {
        const [from, to] = [letter(prng), prng.chance(0.1) ? undefined : letter(prng)];
        footprint.readInterval(from, to);
        for (let key = 97; key < 123; key++) {
          const name = String.fromCharCode(key);
          if (name >= from && (to === undefined || name <= to)) concerned.add(name);
        }
      }
      const [read, written] = [letter(prng), letter(prng)];
      footprint.read(read);
      footprint.write(written);
      concerned.add(read).add(written);
      for (let key = 97; key < 123; key++) {
        const name = String.fromCharCode(key);
        expect(footprint.concerns(new Set([name])), name).toBe(concerned.has(name));
      }
    }
  },
);

test("100 000 foreign keys are compared with 50 000 intervals in less than a few seconds", () => {
  const footprint = new Footprint();
  const numbered = (i: number): string => String(i).padStart(9, "0");
  for (let i = 0; i < 50_000; i++) footprint.readInterval(numbered(i * 10), numbered(i * 10 + 5));
  const foreign = new Set(Array.from({ length: 100_000 }, (_, i) => numbered(i * 10 + 7)));
  const begun = performance.now();
  expect(footprint.concerns(foreign)).toBe(false);
  expect(performance.now() - begun).toBeLessThan(5000);
});
