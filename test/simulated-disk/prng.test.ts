import { expect, test } from "vitest";
import { Prng } from "./prng.js";

test("the same seed gives the same stream, another seed another", () => {
  const draw = (seed: number): number[] => {
    const prng = new Prng(seed);
    return Array.from({ length: 8 }, () => prng.u32());
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(0).every((value) => value === 0)).toBe(false);
});

test("a fork does not depend on what was drawn before", () => {
  const [fresh, used] = [new Prng(3), new Prng(3)];
  used.bytes(100);
  expect(used.fork("a").u32()).toBe(fresh.fork("a").u32());
  expect(used.fork("a").u32()).not.toBe(fresh.fork("b").u32());
});

test("below is in range and reaches every value", () => {
  const prng = new Prng(5);
  const counts = new Array<number>(7).fill(0);
  for (let draw = 0; draw < 7000; draw += 1) {
    const value = prng.below(7);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  expect(counts).toHaveLength(7);
  for (const count of counts) expect(count).toBeGreaterThan(800);
  expect(prng.below(2 ** 53)).toBeGreaterThan(2 ** 40);
});

test("chance follows its probability; 0 is never and 1 is always", () => {
  const prng = new Prng(6);
  const hits = (p: number): number =>
    Array.from({ length: 2000 }, () => prng.chance(p)).filter(Boolean).length;
  expect(hits(0)).toBe(0);
  expect(hits(1)).toBe(2000);
  expect(Math.abs(hits(0.25) - 500)).toBeLessThan(100);
});

test("sample takes as many as asked, in order, without repeats", () => {
  const prng = new Prng(7);
  const items = Array.from({ length: 30 }, (_, index) => index);
  const seen = new Set<number>();
  for (let round = 0; round < 100; round += 1) {
    const sample = prng.sample(items, 5);
    expect(sample).toHaveLength(5);
    expect(sample).toEqual([...new Set(sample)].sort((a, b) => a - b));
    for (const item of sample) seen.add(item);
  }
  expect(seen.size).toBe(30);
  expect(prng.sample(items, Infinity)).toEqual(items);
});
