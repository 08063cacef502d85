/**
 * The little markup that a bot message may have: `**bold**`, lines that begin with `- `, and bare
 * http(s) addresses. Everything else stays the text it was, character by character.
 */

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "link"; url: string }
  | { kind: "bold"; children: Inline[] };

export type Block = { kind: "paragraph"; children: Inline[] } | { kind: "list"; items: Inline[][] };

const BOLD = /\*\*(?![\s*])((?:(?!\*\*)[^\n])*[^\s*])\*\*/;
const URL_START = /(?<![\p{L}\p{N}])https?:\/\/(?:(?!\*\*)[^\s<>"“”])+/iu;
const CLOSERS: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

/** Paragraphs and lists, in order. Blank lines part paragraphs; a paragraph keeps its own breaks. */
export function parseBlocks(source: string): Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  const endParagraph = (): void => {
    if (lines.length > 0) {
      blocks.push({ kind: "paragraph", children: parseInline(lines.join("\n")) });
      lines = [];
    }
  };
  for (const line of source.replace(/\r\n?/g, "\n").split("\n")) {
    if (line.startsWith("- ")) {
      endParagraph();
      const last = blocks.at(-1);
      const item = parseInline(line.slice(2));
      if (last?.kind === "list") {
        last.items.push(item);
      } else {
        blocks.push({ kind: "list", items: [item] });
      }
    } else if (line.trim() === "") {
      endParagraph();
    } else {
      lines.push(line);
    }
  }
  endParagraph();
  return blocks;
}

/** Bold and links of one paragraph or list item; whichever begins first wins. */
export function parseInline(source: string): Inline[] {
  const bold = BOLD.exec(source);
  const link = findLink(source);
  if (bold && (!link || bold.index < link.index)) {
    return [
      ...asText(source.slice(0, bold.index)),
      { kind: "bold", children: parseInline(bold[1] ?? "") },
      ...parseInline(source.slice(bold.index + bold[0].length)),
    ];
  }
  if (link) {
    return [
      ...asText(source.slice(0, link.index)),
      { kind: "link", url: link.url },
      ...parseInline(source.slice(link.index + link.url.length)),
    ];
  }
  return asText(source);
}

function asText(text: string): Inline[] {
  return text === "" ? [] : [{ kind: "text", text }];
}

function findLink(source: string): { index: number; url: string } | null {
  let from = 0;
  for (;;) {
    const match = URL_START.exec(source.slice(from));
    if (!match) {
      return null;
    }
    const url = withoutTrailingPunctuation(match[0]);
    if (isPlainWebAddress(url)) {
      return { index: from + match.index, url };
    }
    from += match.index + match[0].length;
  }
}

/** A sentence's full stop and a bracket that was opened before the address are not part of it. */
function withoutTrailingPunctuation(url: string): string {
  let end = url.length;
  for (; end > 0; end -= 1) {
    const last = url.charAt(end - 1);
    const opener = CLOSERS[last];
    const kept = url.slice(0, end);
    const unbalanced =
      opener !== undefined && kept.split(last).length > kept.split(opener).length;
    if (!unbalanced && !".,;:!?'’*_".includes(last)) {
      break;
    }
  }
  return url.slice(0, end);
}

function isPlainWebAddress(url: string): boolean {
  try {
    const parsed = new URL(url);
    // `https://known.example@other.example` shows one place and leads to another.
    return /^https?:$/.test(parsed.protocol) && parsed.username === "" && parsed.password === "";
  } catch {
    return false;
  }
}
