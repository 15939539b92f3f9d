/** Whether our questions are answered, as far as the latest one tells. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { Unreachable } from "../api/client";

/** Who does not answer, or null. */
export function useSilence(): Unreachable["code"] | null {
  const queries = useQueryClient();
  const [silent, setSilent] = useState<Unreachable["code"] | null>(null);
  useEffect(() => {
    return queries.getQueryCache().subscribe((event) => {
      if (event.type !== "updated") return;
      const { status, error } = event.query.state;
      const failed = event.query.state.fetchFailureReason ?? error;
      if (failed instanceof Unreachable) setSilent(failed.code);
      else if (status === "success" && event.action.type === "success") setSilent(null);
    });
  }, [queries]);
  return silent;
}
