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
