/** What the button in the corner says; the panel's own sentences are loaded with it. */

/** By language: the button, why nothing opens, and how many messages came to the closed chat. */
const all: Record<string, Labels> = {
  en: ["Ask or object", "The chat did not load. Please try again.", "New messages:"],
  ar: ["اسأل أو اعترض", "لم تُحمَّل المحادثة. حاول مرة أخرى.", "رسائل جديدة:"],
  de: ["Fragen oder widersprechen", "Der Chat wurde nicht geladen. Bitte noch einmal.", "Neue Nachrichten:"],
  es: ["Preguntar u oponerse", "El chat no se cargó. Inténtalo de nuevo.", "Mensajes nuevos:"],
  fr: ["Question ou opposition", "Le chat n’a pas pu s’ouvrir. Réessayez.", "Nouveaux messages :"],
  pt: ["Perguntar ou opor-se", "O chat não carregou. Tente de novo.", "Mensagens novas:"],
};

export type Labels = [open: string, failed: string, unread: string];

/** Those that the widget speaks; each but English has a file in locales/. */
export const LANGUAGES = Object.keys(all);

export function labels(language: string): Labels {
  return all[language]!;
}
