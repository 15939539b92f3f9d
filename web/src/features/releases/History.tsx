/** Who gave out what, and when. */

import type { Schemas } from "../../api/client";
import { Records, type Column } from "../../ui/Records";
import { When } from "../../ui/When";
import { useWords } from "../../words/words";
import styles from "./Releases.module.css";

type Change = Schemas["RolloutChange"];

export function History({ history }: { history: Change[] }) {
  const words = useWords().releases;
  const columns = useColumns();
  if (history.length === 0) return null;
  return (
    <section className={styles.panel}>
      <h2>{words.history}</h2>
      <Records
        caption={words.history}
        columns={columns}
        rows={history}
        keyOf={(change) => String(change.changed)}
      />
    </section>
  );
}

function useColumns(): Column<Change>[] {
  const words = useWords().releases;
  return [
    { title: words.what, cell: (change) => <What change={change} /> },
    { title: words.who, cell: ({ by }) => (by ? <bdi>{by}</bdi> : words.itself) },
    { title: words.when, cell: ({ changed }) => <When at={changed} /> },
  ];
}

function What({ change }: { change: Change }) {
  const words = useWords().releases;
  const { version, stage, first } = change.rollout;
  if (stage === "off") return <>{words.didOff(version ?? "")}</>;
  if (stage === "all") return <>{words.didAll(version ?? "")}</>;
  return <>{words.didFirst(version ?? "", first?.length ?? 0)}</>;
}
