/** What every page needs around it: words, colours, the server's answers, the address. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode, useState } from "react";
import { Router } from "wouter";

import { Refusal } from "../api/client";
import { theme } from "../ui/theme";
import type { Words } from "../words/en";
import { WordsProvider, type Language } from "../words/words";
import { fragmentAddress, useFragment, useFragmentSearch } from "./location";
import { Pages } from "./Pages";
import { Shell } from "./Shell";

export function App({ words, language }: { words: Words; language: Language }) {
  const [queries] = useState(makeQueries);
  return (
    <StrictMode>
      <WordsProvider first={words} language={language}>
        <MantineProvider
          theme={theme}
          defaultColorScheme="auto"
          withCssVariables={false}
          withGlobalClasses={false}
        >
          <QueryClientProvider client={queries}>
            <Router {...addresses}>
              <Shell>
                <Pages />
              </Shell>
            </Router>
          </QueryClientProvider>
        </MantineProvider>
      </WordsProvider>
    </StrictMode>
  );
}

const addresses = {
  hook: useFragment,
  searchHook: useFragmentSearch,
  hrefs: fragmentAddress,
};

function makeQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // A refusal is an answer: asking again at once gives the same.
        retry: (count, error) => !(error instanceof Refusal) && count < 2,
        networkMode: "always", // the server may well be on this machine
        staleTime: 5000,
      },
      mutations: { networkMode: "always" },
    },
  });
}
