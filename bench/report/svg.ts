/** What the drawings share: colours for light and dark pages, and text that is never markup. */

const STYLE = `
  svg { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif }
  .page { fill: #ffffff }
  text { fill: #1e2427 }
  .title { font-size: 15px; font-weight: 600 }
  .heading { font-weight: 600 }
  .note { fill: #5a6267 }
  .own { fill: #17777c }
  .own-text { font-weight: 600 }
  .encrypted { fill: #c08a2d }
  .plain { fill: #9aa5ab }
  .limit { fill: none; stroke: #7b868c; stroke-dasharray: 3 2 }
  .range { stroke: #1e2427; stroke-opacity: 0.55 }
  .grid { stroke: #dfe3e5 }
  .line { fill: none; stroke-width: 2 }
  .c0 { stroke: #17777c } .c1 { stroke: #b4531a } .c2 { stroke: #5e4fa2 } .c3 { stroke: #3f7d20 }
  .c4 { stroke: #a8327a } .c5 { stroke: #8a6d00 } .c6 { stroke: #2563b0 } .c7 { stroke: #6b7378 }
  .f0 { fill: #17777c } .f1 { fill: #b4531a } .f2 { fill: #5e4fa2 } .f3 { fill: #3f7d20 }
  .f4 { fill: #a8327a } .f5 { fill: #8a6d00 } .f6 { fill: #2563b0 } .f7 { fill: #6b7378 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 }
    text { fill: #e4e8e9 }
    .note { fill: #a3adb3 }
    .own { fill: #5cc2c4 }
    .encrypted { fill: #d8a64b }
    .plain { fill: #66737b }
    .limit { stroke: #97a4ab }
    .range { stroke: #e4e8e9 }
    .grid { stroke: #2b343a }
    .c0 { stroke: #5cc2c4 } .c1 { stroke: #f08c4a } .c2 { stroke: #a99bf0 } .c3 { stroke: #86cf62 }
    .c4 { stroke: #f07cc0 } .c5 { stroke: #e0c04a } .c6 { stroke: #7ab4f5 } .c7 { stroke: #a3adb3 }
    .f0 { fill: #5cc2c4 } .f1 { fill: #f08c4a } .f2 { fill: #a99bf0 } .f3 { fill: #86cf62 }
    .f4 { fill: #f07cc0 } .f5 { fill: #e0c04a } .f6 { fill: #7ab4f5 } .f7 { fill: #a3adb3 }
  }
`;

export function svg(
  width: number,
  height: number,
  title: string,
  parts: readonly string[],
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">
<style>${STYLE}</style>
<rect class="page" width="${width}" height="${height}" rx="8"/>
${parts.join("\n")}
</svg>
`;
}

export function text(
  x: number,
  y: number,
  words: string,
  kind = "",
  anchor: "start" | "middle" | "end" = "start",
): string {
  const style = kind === "" ? "" : ` class="${kind}"`;
  return `<text x="${round(x)}" y="${round(y)}"${style} text-anchor="${anchor}">${escape(words)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>`;
}

export function rect(x: number, y: number, width: number, height: number, kind: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="2" class="${kind}"/>`;
}

function escape(words: string): string {
  return words
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
