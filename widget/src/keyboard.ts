/** Where the panel takes the whole screen; the same words are in panel.css. */
export const SMALL = "(max-width: 480px), (max-height: 520px)";

/** On a phone, fits the full-screen panel into what the on-screen keyboard leaves visible. */
export function keepAboveKeyboard(root: ShadowRoot, dialog: HTMLDialogElement): void {
  const viewport = window.visualViewport;
  if (!viewport) {
    return;
  }
  const sheet = new CSSStyleSheet();
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  const fit = (): void => {
    // A pinched zoom makes the same viewport smaller; then the panel stays as it is.
    const { height, offsetTop, scale } = viewport;
    const fits = !dialog.open || scale > 1.01;
    sheet.replaceSync(
      fits ? "" : `@media ${SMALL} { .panel { height: ${height}px; top: ${offsetTop}px } }`,
    );
  };
  viewport.addEventListener("resize", fit);
  viewport.addEventListener("scroll", fit);
}
