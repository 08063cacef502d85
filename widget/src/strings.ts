/**
 * Every sentence that the panel itself says, in English until `translate` puts others in their
 * place. What the bot says comes from the server. Places in braces are filled by `fill`.
 */
export const strings = {
  title: "Your posts and AI",
  subtitle: "Automated assistant",
  close: "Close the chat",
  log: "Conversation",
  youSaid: "You said:",
  botSaid: "The assistant said:",
  choices: "Answers to choose from",
  composer: "Your message",
  placeholder: "Write a message",
  answer: "Write your answer",
  send: "Send",
  step: "Step {step} of {of}",
  back: "Back",
  change: "Change",
  summary: "What would be filed",
  writing: "Writing an answer",
  opening: "Opening the conversation",
  notSent: "Waiting to be sent",
  notAccepted: "Not accepted",
  retry: "Try again",
  wantToObject: "I want to object",
  renewed: "The earlier conversation has ended. This is a new one.",
  unknown: "Your login could not be taken over, so the chat asks for your details.",
  keep: "Save this conversation",
  you: "You",
  bot: "Assistant",
  remove: "Delete this conversation",
  removeQuestion: "Delete this conversation? An objection that you have filed stays filed.",
  removeYes: "Delete",
  removeNo: "Keep",
  removed: "The conversation is deleted.",
  tooLong: "This is {length} characters long. Please use at most {most}.",

  offline: "There is no connection. What you write is sent when it is back.",
  timeout: "The answer is taking too long. Please try again.",
  server: "Something went wrong on our side. Please try again.",
  notReady: "The chat is not ready yet. Please try again in a moment.",
  refused: "The chat could not accept this.",
  foreign: "The chat cannot be used from this website.",
  tooMany: "Too many messages came in a short time. Please wait {time}, then try again.",
};

export type Strings = typeof strings;

/** Takes the sentences of another language; those that it does not have stay English. */
export function translate(others: unknown): void {
  for (const [name, text] of Object.entries(others ?? {})) {
    if (name in strings && typeof text === "string") {
      strings[name as keyof Strings] = text;
    }
  }
}

/** Puts values into the places of a sentence: `{name}`. */
export function fill(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
