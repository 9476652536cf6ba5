/** What happened, said to screen readers through the one live region of the page. */

export function announce(text: string): void {
  const region = document.getElementById("announcer");
  if (region === null) return;
  // The same text twice is no change, hence silent; a no-break space makes it one.
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
