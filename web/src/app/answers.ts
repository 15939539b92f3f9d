/** Whether the server answers, as far as the latest question tells. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { Unreachable } from "../api/client";

export function useServerAnswers(): boolean {
  const queries = useQueryClient();
  const [answers, setAnswers] = useState(true);
  useEffect(() => {
    return queries.getQueryCache().subscribe((event) => {
      if (event.type !== "updated") return;
      const { status, error } = event.query.state;
      const failed = event.query.state.fetchFailureReason ?? error;
      if (failed instanceof Unreachable) setAnswers(false);
      else if (status === "success" && event.action.type === "success") setAnswers(true);
    });
  }, [queries]);
  return answers;
}
