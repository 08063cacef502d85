/** Which language the widget speaks. The bot itself answers in English whatever it is. */

export interface Locale {
  language: string;
  /** With its region, for dates and numbers: "de-AT". */
  tag: string;
  direction: "ltr" | "rtl";
}

/**
 * The first of `wanted` that is among `languages`; English when there is none. `wanted` are language
 * tags in the order of preference; what is no tag ("", "de_AT") is passed over.
 */
export function chooseLocale(wanted: readonly string[], languages: readonly string[]): Locale {
  for (const tag of wanted) {
    try {
      const { language } = new Intl.Locale(tag);
      if (languages.includes(language)) {
        return { language, tag, direction: language === "ar" ? "rtl" : "ltr" };
      }
    } catch {
      // No tag.
    }
  }
  return { language: "en", tag: "en", direction: "ltr" };
}

/** A moment as people write it there: the time, and the day unless it is today's. */
export function moment(at: Date, now: Date, tag: string): string {
  const isToday = at.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(tag, {
    timeStyle: "short",
    ...(isToday ? {} : { dateStyle: "medium" }),
  }).format(at);
}

/** A span of time in words: "7 seconds", "2 minutes". */
export function span(seconds: number, tag: string): string {
  const isLong = seconds > 90;
  return new Intl.NumberFormat(tag, {
    style: "unit",
    unit: isLong ? "minute" : "second",
    unitDisplay: "long",
  }).format(isLong ? Math.ceil(seconds / 60) : seconds);
}
