/** The app's first line: the words, then the pages. */

import "@mantine/core/styles.layer.css";
import "../ui/theme.css";

import { createRoot } from "react-dom/client";

import { firstLanguage, loadWords } from "../words/words";
import { App } from "./App";
import { reloadWhenPartsAreLacking } from "./reloading";

reloadWhenPartsAreLacking();

const language = firstLanguage();
const root = createRoot(document.getElementById("root")!);
void loadWords(language).then((words) => root.render(<App words={words} language={language} />));
