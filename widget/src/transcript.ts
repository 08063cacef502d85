/** The conversation as a text to keep. */
import { moment } from "./locale.ts";
import type { HistoryItem } from "./messages.ts";
import { strings } from "./strings.ts";

/** One paragraph for each message, with who said it and when; `**` and such stay as they came. */
export function transcript(history: HistoryItem[], tag: string): string {
  // Far from today, so that each moment has its date.
  const always = new Date(0);
  const paragraphs = history.map(({ from, text, at }) => {
    const who = from === "person" ? strings.you : strings.bot;
    const when = at === null ? "" : `, ${moment(new Date(at), always, tag)}`;
    return `${who}${when}\n${text}`;
  });
  return `${[strings.title, ...paragraphs].join("\n\n")}\n`;
}
