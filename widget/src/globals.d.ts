/** The first ten hex digits of the SHA-256 of widget-panel.js, put in by build.mjs. */
declare const PANEL_VERSION: string;

declare module "*.css" {
  const css: string;
  export default css;
}
