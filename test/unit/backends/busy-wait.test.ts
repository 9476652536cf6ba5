import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { waitWhileBusy } from "../../../src/backends/busy-wait.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("what is free is taken at once", async () => {
  expect(await waitWhileBusy(5000, () => Promise.resolve("free"))).toBe("free");
});

test("what becomes free in time is taken", async () => {
  let attempts = 0;
  const result = waitWhileBusy(5000, () =>
    Promise.resolve((attempts += 1) === 12 ? "free" : undefined),
  );
  await vi.advanceTimersByTimeAsync(5000);
  expect(await result).toBe("free");
});

test("what stays busy is REPO_BUSY, not before the time is over", async () => {
  let settled = false;
  const result = waitWhileBusy(5000, () => Promise.resolve(undefined)).catch((error: unknown) => {
    settled = true;
    return error;
  });
  await vi.advanceTimersByTimeAsync(4900);
  expect(settled).toBe(false);
  await vi.advanceTimersByTimeAsync(500);
  expect(await result).toMatchObject({ code: "REPO_BUSY" });
});

test("a failed attempt is not repeated", async () => {
  let attempts = 0;
  const attempt = (): Promise<undefined> => {
    attempts += 1;
    return Promise.reject(new Error("broken"));
  };
  await expect(waitWhileBusy(5000, attempt)).rejects.toThrow("broken");
  expect(attempts).toBe(1);
});
