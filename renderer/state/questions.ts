import { createStore, type StoreApi } from 'zustand/vanilla';

/** Something the window asks the user: buttons, and a line of text where one is wanted. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** Answers as buttons; the first is the one that Enter gives. */
  readonly answers: readonly Answer[];
  /** A line to fill in. */
  readonly field?: { readonly label: string; readonly value: string; readonly suggestions?: readonly string[] };
}

export interface Answer {
  readonly id: string;
  readonly label: string;
  /** True for one that destroys something. */
  readonly danger?: boolean;
}

/** `id` null: dismissed with Escape. */
export interface Reply {
  readonly id: string | null;
  readonly text: string;
}

interface Asked {
  readonly question: Question;
  readonly reply: (reply: Reply) => void;
}

export type QuestionsStore = StoreApi<{ readonly asked: readonly Asked[] }>;

export const createQuestions = (): QuestionsStore => createStore(() => ({ asked: [] as readonly Asked[] }));

/** Asks; questions wait for each other. */
export function ask(store: QuestionsStore, question: Question): Promise<Reply> {
  return new Promise((resolve) => {
    const asked: Asked = {
      question,
      reply: (reply) => {
        store.setState((state) => ({ asked: state.asked.filter((other) => other !== asked) }));
        resolve(reply);
      },
    };
    store.setState((state) => ({ asked: [...state.asked, asked] }));
  });
}
