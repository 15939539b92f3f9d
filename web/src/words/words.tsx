/** Which language the app speaks: the browser's, or the one chosen. */

import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";

import type { Words } from "./en";

export type Language = "en" | "de";
export const LANGUAGES: Record<Language, string> = { en: "English", de: "Deutsch" };

const CHOICE = "csb-language";

interface Speaking {
  words: Words;
  language: Language;
  /** The language with its country, as the browser has it: dates and numbers differ by it. */
  locale: string;
  choose: (language: Language) => void;
}

const Context = createContext<Speaking | null>(null);

/** The words of a language, loaded when it is spoken. */
export async function loadWords(language: Language): Promise<Words> {
  return language === "de" ? (await import("./de")).de : (await import("./en")).en;
}

export function firstLanguage(): Language {
  const chosen = localStorage.getItem(CHOICE);
  if (chosen === "en" || chosen === "de") return chosen;
  const wanted = navigator.languages.map((name) => name.slice(0, 2));
  return (wanted.find((name) => name === "en" || name === "de") ?? "en") as Language;
}

function localeOf(language: Language): string {
  return navigator.languages.find((name) => name.slice(0, 2) === language) ?? language;
}

export function WordsProvider(props: { first: Words; language: Language; children: ReactNode }) {
  const [speaking, setSpeaking] = useState({ words: props.first, language: props.language });

  useEffect(() => {
    document.documentElement.lang = speaking.language;
  }, [speaking.language]);

  const value = useMemo(() => {
    const choose = async (language: Language) => {
      localStorage.setItem(CHOICE, language);
      setSpeaking({ words: await loadWords(language), language });
    };
    const locale = localeOf(speaking.language);
    return { ...speaking, locale, choose: (language: Language) => void choose(language) };
  }, [speaking]);
  return <Context.Provider value={value}>{props.children}</Context.Provider>;
}

export function useSpeaking(): Speaking {
  const speaking = useContext(Context);
  if (speaking === null) throw new Error("WordsProvider is missing");
  return speaking;
}

export function useWords(): Words {
  return useSpeaking().words;
}
