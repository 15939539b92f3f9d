/** Which part of a name was looked for. */

export interface Part {
  text: string;
  matched: boolean;
}

/** As the server compares: without case and accents. A pattern fits the whole name. */
export function marked(name: string, wanted: string): Part[] {
  const { text, origin } = folded(name);
  const looked = folded(wanted).text;
  const at = looked === "" || /[*?[]/.test(wanted) ? -1 : text.indexOf(looked);
  if (at === -1) return [{ text: name, matched: false }];
  const start = origin[at]!;
  const end = origin[at + looked.length] ?? name.length;
  return [
    { text: name.slice(0, start), matched: false },
    { text: name.slice(start, end), matched: true },
    { text: name.slice(end), matched: false },
  ].filter((part) => part.text !== "");
}

/** Each character of the folded text, and where in the name it came from. */
function folded(name: string): { text: string; origin: number[] } {
  const origin: number[] = [];
  let text = "";
  let at = 0;
  for (const character of name) {
    const bare = character.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
    for (let unit = 0; unit < bare.length; unit += 1) origin.push(at);
    text += bare;
    at += character.length;
  }
  return { text, origin };
}
