/** Every sentence that the panel itself says. What the bot says comes from the server. */
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
  send: "Send",
  writing: "Writing an answer",
  opening: "Opening the conversation",
  notSent: "Not sent yet",
  notAccepted: "Not accepted",
  retry: "Try again",
  wantToObject: "I want to object",
  renewed: "The earlier conversation has ended. This is a new one.",
  remove: "Delete this conversation",
  removeQuestion: "Delete this conversation? An objection that you have filed stays filed.",
  removeYes: "Delete",
  removeNo: "Keep",
  removed: "The conversation is deleted.",
  tooLong: (length: number, most: number): string =>
    `This is ${length} characters long. Please use at most ${most}.`,

  network: "There is no connection to the chat. Check your internet, then try again.",
  timeout: "The answer is taking too long. Please try again.",
  server: "Something went wrong on our side. Please try again.",
  notReady: "The chat is not ready yet. Please try again in a moment.",
  refused: "The chat could not accept this.",
  foreign: "The chat cannot be used from this website.",
  tooMany: (seconds: number | null): string =>
    seconds === null || seconds > 90
      ? "Too many messages came in a short time. Please wait a few minutes, then try again."
      : `Too many messages came in a short time. Please wait ${seconds} ` +
        `${seconds === 1 ? "second" : "seconds"}, then try again.`,
};
