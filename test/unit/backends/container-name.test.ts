import { expect, test } from "vitest";
import { encodeContainerName } from "../../../src/backends/container-name.js";

test.each([
  ["notes", "notes"],
  ["my-repo_2", "my-repo_2"],
  ["My", "%4dy"],
  ["a/b", "a%2fb"],
  ["..", "%2e%2e"],
  ["%2e", "%252e"],
  ["\u00e9", "%c3%a9"],
  ["e\u0301", "e%cc%81"],
  ["\u{1f512}", "%f0%9f%94%92"],
])("%j is stored as %s", (name, encoded) => {
  expect(encodeContainerName(name)).toBe(encoded);
});

test.each([[""], ["\ud800"], ["a\udfffb"]])("%j is no name", (name) => {
  expect(() => encodeContainerName(name)).toThrow(
    expect.objectContaining({ code: "EINVAL" }) as Error,
  );
});

test("a name that is too long once encoded is refused", () => {
  expect(encodeContainerName("a".repeat(200))).toHaveLength(200);
  const tooLong = expect.objectContaining({ code: "ENAMETOOLONG" }) as Error;
  expect(() => encodeContainerName("a".repeat(201))).toThrow(tooLong);
  expect(() => encodeContainerName("A".repeat(67))).toThrow(tooLong);
});
