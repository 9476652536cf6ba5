/** Icons: strokes on a 20 by 20 grid, drawn in the colour of the text. Decoration only, never a label. */

const PATHS = {
  folder: "M2.5 5.5h5l2 2h8v8.5h-15z",
  file: "M5 2.5h6.5l3.5 3.5v11.5H5zM11.5 2.5V6H15",
  link: "M8 12l4-4M6.5 9.5l-1.6 1.6a2.8 2.8 0 0 0 4 4l1.6-1.6M13.5 10.5l1.6-1.6a2.8 2.8 0 0 0-4-4L9.5 6.5",
  image: "M3 4h14v12H3zM3 13.5l4-4 3.5 3.5 2.5-2.5 4 4M12.5 8h.01",
  text: "M5 2.5h10v15H5zM7.5 6.5h5M7.5 9.5h5M7.5 12.5h3",
  upload: "M10 13V3.5M6.5 7L10 3.5 13.5 7M3.5 12.5v4h13v-4",
  uploadFolder: "M2.5 5.5h5l2 2h8v8.5h-15zM10 14v-4.5M8 11.2l2-2 2 2",
  download: "M10 3.5V13M6.5 9.5L10 13l3.5-3.5M3.5 14v2.5h13V14",
  newFolder: "M2.5 5.5h5l2 2h8v8.5h-15zM10 9.5v4.5M7.8 11.8h4.4",
  rename: "M3.5 16.5l.8-3.4L13 4.4l2.6 2.6-8.7 8.7zM11.5 6l2.5 2.5",
  cut: "M5.5 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM14.5 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM6.8 12.5L14 3.5M13.2 12.5L6 3.5",
  paste: "M6.5 4.5H4v13h12v-13h-2.5M7 3h6v3H7z",
  trash: "M3.5 5.5h13M8 5.5v-2h4v2M5 5.5l.8 12h8.4l.8-12M8.3 8.5v6M11.7 8.5v6",
  lock: "M4.5 9h11v8h-11zM7 9V6.5a3 3 0 0 1 6 0V9",
  eye: "M1.8 10s3-5.3 8.2-5.3 8.2 5.3 8.2 5.3-3 5.3-8.2 5.3S1.8 10 1.8 10zM10 12.4a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8z",
  check: "M10 2.5l6.5 2.3v4.7c0 4-2.7 6.6-6.5 8-3.8-1.4-6.5-4-6.5-8V4.8zM7 10l2.2 2.2L13.2 8",
  close: "M5 5l10 10M15 5L5 15",
  chevron: "M7.5 5l5 5-5 5",
  tree: "M3.5 4h4M3.5 4v11h5M3.5 9.5h5M11 9.5h5.5M11 15h5.5M10 4h6.5",
  search: "M8.8 14.1a5.3 5.3 0 1 0 0-10.6 5.3 5.3 0 0 0 0 10.6zM12.7 12.7l4.3 4.3",
  history: "M3.6 8a6.8 6.8 0 1 1-.3 3.6M3.2 4v4h4M10 6.5V10l2.6 1.7",
  camera: "M2.5 6.5h3.2L7 4.5h6l1.3 2h3.2v10h-15zM10 14a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6z",
  restore: "M4 8.5h8a4 4 0 0 1 0 8H7M7 5L3.5 8.5 7 12",
  export: "M10 2.5v8M6.8 5.6L10 2.5l3.2 3.1M5.5 8.5h-2v8h13v-8h-2",
  import: "M10 2.5v8M6.8 7.5L10 10.5l3.2-3M5.5 8.5h-2v8h13v-8h-2",
  key: "M7 13.5a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.4zM10.6 9.8h6.9v3M14.3 9.8v2.4",
  finger: "M5 12.5V9a5 5 0 0 1 10 0v2.5M7.7 15.5V9a2.3 2.3 0 0 1 4.6 0v4M10 9v7.5M12.4 16.2l.3-1.2",
  paper: "M5 2.5h10v15H5zM7.5 6h5M7.5 8.5h2M11 8.5h1.5M7.5 11h5M7.5 13.5h3",
  copy: "M7 6.5h9.5v11H7zM13 6.5v-4H3.5v11H7",
  print: "M6 7.5v-5h8v5M6 14H3.5V7.5h13V14H14M6 11.5h8v6H6z",
  plus: "M10 4.5v11M4.5 10h11",
} as const;

export type IconName = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
